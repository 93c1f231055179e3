"""What there is to know for dunning, a few queries for many customers; and what would be decided on a day, without doing it."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import F, Max, Q, Sum, Value
from django.db.models.functions import Coalesce, TruncDate

from collections_app.models import (
    Activity,
    DunningLetter,
    Escalation,
    Inquiry,
    PaymentPlan,
    PlannedStep,
    PromiseItem,
    StrategyStep,
)
from collections_app.policy.dunning import Account, Contact, Debit, Decision, decide, left_out
from collections_app.selectors.addresses import unreached
from collections_app.selectors.plan_items import offered_left, without_rests
from collections_app.selectors.strategies import StrategyBook
from collections_app.selectors.strategies import minimum_in as minimum_in
from customers.models import Customer
from disputes.models import Dispute
from ledger.models import OpenItem
from messaging.models import Message
from messaging.selectors import reach_of
from org.models import Company

BATCH = 200
Key = tuple[int, str]
NOTHING: dict[str, int] = {}
NO_OFFER = (0, "")
HOW = {"email": "e-mail", "unposted": "a letter still to be posted", "planned": "a call planned"}
"""Contacts whose code isn't their word."""


@dataclass(frozen=True, slots=True)
class Case:
    """A customer in one currency with what is decided about it; `step` is the strategy's step of a letter, `to` where it goes."""

    customer: Customer
    decision: Decision
    step: StrategyStep | None
    to: tuple[str, ...]

    @property
    def title(self) -> str:
        """`2 Firm reminder`, or `Level 2` where the step has no name; of what comes before the due date its name alone."""
        name, level = self.step.name if self.step else "", self.decision.level
        return f"{level or ''} {name}".strip() if name else f"Level {level}"


def candidates(company: Company, day: date, among: Collection[int] | None = None, book: StrategyBook | None = None) -> list[int]:
    """Keys of customers with something past due, or to be announced by some strategy, in their order; of these alone, if told.

    `book` are the strategies, where others than those in force on the day are asked about.
    """
    found = set(late_customers(company, day, among))
    early = (book or StrategyBook(company, day)).longest_early
    if early is not None:
        soon = _of(OpenItem.objects.open().owed().filter(company=company, due_date__range=(day, day + timedelta(days=early))), among)
        found |= set(soon.order_by().values_list("customer", flat=True))
    return sorted(found)


def late_customers(company: Company, day: date, among: Collection[int] | None = None) -> list[int]:
    """Keys of customers with something past due, in their order."""
    late = _of(OpenItem.objects.past_due(day).filter(company=company), among)
    return list(late.order_by("customer").values_list("customer", flat=True).distinct())


def late_count(company: Company, day: date, most: int) -> int:
    """How many customers have something past due; more than `most` aren't counted on."""
    if Customer.objects.filter(company=company)[: most + 1].count() <= most:
        return 0
    late = OpenItem.objects.past_due(day).filter(company=company).exclude(customer=None)
    return late.order_by("customer").values("customer").distinct()[: most + 1].count()


def _of(items: Any, among: Collection[int] | None) -> Any:
    """Items of customers, or of these customers alone."""
    return items.exclude(customer=None) if among is None else items.filter(customer__in=among)


def cases(company: Company, day: date, customer_ids: Sequence[int] | None = None) -> Iterator[Case]:
    """What is decided about each customer with something past due, a case a currency, all of a customer's together.

    Balances are those of now, also for an earlier day: nobody is asked for what was paid meanwhile.
    """
    book = StrategyBook(company, day)
    ids = candidates(company, day) if customer_ids is None else list(customer_ids)
    for start in range(0, len(ids), BATCH):
        yield from _cases(book, ids[start : start + BATCH])


def _cases(book: StrategyBook, ids: Sequence[int]) -> Iterator[Case]:
    customers = Customer.objects.select_related("company", "collector").in_bulk(ids)
    ways = reach_of(ids, "dunning")
    for account in accounts(customers, book.day):
        customer = customers[account.customer_id]
        decision = decide(account, book.rules_of(customer, account.currency), book.day)
        if decision:
            early = decision.is_letter and not decision.level
            step = book.early_step_of(customer) if early else book.step_of(customer, decision.level)
            way = ways[customer.pk]
            if decision.is_letter and (why := unreached(customer, way)):
                decision, step = left_out(decision, "unreached", why), None
            yield Case(customer, decision, step, way.to)


def accounts(customers: dict[int, Customer], day: date) -> list[Account]:
    """Each customer's account in each currency with debits open, in the order of customers and currencies."""
    ids = list(customers)
    debits, credits = debits_of(ids, day), _credits(ids)
    contacts, paid, facts = _contacts(ids, day), _paid(ids, day), _facts(ids)
    return [
        Account(
            customer_id=pk, currency=currency, debits=tuple(items), credits=credits.get((pk, currency), 0),
            is_active=customers[pk].is_active, is_held=customers[pk].dunning_hold, held_until=customers[pk].dunning_hold_until,
            hold_reason=customers[pk].dunning_hold_reason, paid_today=paid.get((pk, currency), 0), last_contact=contacts.get(pk),
            facts=facts.get(pk, frozenset()) | facts.get((pk, currency), frozenset()),
        )
        for (pk, currency), items in sorted(debits.items())
    ]  # fmt: skip


def debits_of(ids: Collection[int], on: date | None = None) -> dict[Key, list[Debit]]:
    """Customer and currency → what is open of each invoice, debit memo and fee now, and what of that is disputed, promised, or in a plan
    that waits for an answer (on a day, else at all)."""
    names = "customer currency pk number document_date due_date amount balance".split()
    rows = without_rests(OpenItem.objects.open().owed().filter(customer__in=ids))
    items = list(rows.order_by("due_date", "pk").values_list(*names))
    contests = Dispute.objects.all().open().filter(customer__in=ids).order_by().values_list("open_item")
    disputed: dict[int, int] = dict(contests.annotate(total=Sum("amount")))
    promised, offered, given, planned = promised_left(ids), offered_left(ids, on), _given(ids), _planned(ids)
    found: dict[Key, list[Debit]] = defaultdict(list)
    for customer, currency, pk, number, day, due, amount, balance in items:
        contested, awaited = min(disputed.get(pk, 0), balance), min(promised.get(pk, 0), balance)
        of_offers, offer = offered.get(pk, NO_OFFER)
        found[customer, currency].append(
            Debit(
                pk, number, day, due, amount, balance, contested, awaited, given.get(pk, 0), pk in given, planned.get(pk, NOTHING),
                min(of_offers, balance), offer,
            )
        )  # fmt: skip
    return found


def _credits(ids: Collection[int]) -> dict[Key, int]:
    rows = OpenItem.objects.open().credits().filter(customer__in=ids).values("customer", "currency").order_by()
    return {(r["customer"], r["currency"]): -r["total"] for r in rows.annotate(total=Sum("balance"))}


def promised_left(ids: Collection[int]) -> dict[int, int]:
    """Open item → what is promised for it and has not come in since the promise was given."""
    shares = PromiseItem.objects.filter(promise__state="open", promise__customer__in=ids)
    found: dict[int, int] = defaultdict(int)
    for item, amount, before, balance in shares.values_list("open_item", "amount", "balance_before", "open_item__balance"):
        found[item] += max(0, amount - max(0, before - balance))
    return found


def _given(ids: Collection[int]) -> dict[int, int]:
    """Open item → the highest level at which it was asked for; 0 where it was announced alone."""
    found: dict[int, int] = {}
    letters = DunningLetter.objects.filter(customer__in=ids, reason="").exclude(message__state=Message.State.CANCELLED)
    for level, items in letters.values_list("level", "items"):
        for item in items:
            found[item["id"]] = max(found.get(item["id"], 0), level)
    return found


def _planned(ids: Collection[int]) -> dict[int, dict[str, int]]:
    """Open item → channel → days of the latest step that was planned for it as the oldest item."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    planned = PlannedStep.objects.filter(customer__in=ids).exclude(state=PlannedStep.State.DROPPED, note=PlannedStep.SUPERSEDED)
    rows = planned.order_by().values_list("cycle", "step__channel", "step__days")
    for cycle, channel, days in rows:
        of_item = found[int(cycle.rpartition("#")[2])]
        of_item[channel] = max(of_item.get(channel, days), days)
    return found


def _facts(ids: Collection[int]) -> dict[int | Key, frozenset[str]]:
    """Customer, or customer and currency → which of the stop conditions `plan`, `escalated` and `inquiry` hold."""
    found: dict[int | Key, set[str]] = defaultdict(set)
    for key in PaymentPlan.objects.filter(customer__in=ids, state=PaymentPlan.State.ACTIVE).values_list("customer", "currency"):
        found[key].add("plan")
    for key in Escalation.objects.filter(customer__in=ids, state=Escalation.State.PLACED).values_list("customer", "currency"):
        found[key].add("escalated")
    waiting = Inquiry.objects.filter(customer__in=ids, state__in=[Inquiry.State.NEW, Inquiry.State.OPEN])
    for customer in waiting.values_list("customer", flat=True):
        found[customer].add("inquiry")
    return {key: frozenset(facts) for key, facts in found.items()}


def _contacts(ids: Collection[int], day: date) -> dict[int, Contact]:
    """The last contact of any channel up to the day; reminders count by the day of their run, and those of the day itself don't. One on
    paper counts again on the day it is posted, and each day until then: the next would lie in the same envelope."""
    calls = Activity.objects.filter(customer__in=ids, happened_on__lte=day).exclude(kind=Activity.Kind.NOTE)
    letters = DunningLetter.objects.filter(customer__in=ids, run__day__lt=day, reason__in=["", "cancelled", "undelivered", "declined"])
    unposted = letters.filter(message__channel=Message.Channel.LETTER, message__state=Message.State.PENDING)
    mail = Message.objects.went_to_customers().filter(Q(dunning_letter=None) | Q(channel="letter", state="sent"), customer__in=ids)
    mail = mail.annotate(on=TruncDate(Coalesce("sent_at", "created_at"))).filter(on__lte=day)
    planned = PlannedStep.objects.filter(
        customer__in=ids, due_on__lte=day, step__channel=StrategyStep.Channel.CALL, state=PlannedStep.State.OPEN
    )
    rows = [
        *(planned.values("customer", how=Value("planned")).annotate(last=Max("due_on")).order_by()),
        *(calls.values("customer", how=F("kind")).annotate(last=Max("happened_on")).order_by()),
        *(mail.values("customer", how=F("channel")).annotate(last=Max("on")).order_by()),
        *(letters.values("customer").annotate(last=Max("run__day")).order_by()),
        *({"customer": pk, "how": "unposted", "last": day} for pk in set(unposted.order_by().values_list("customer", flat=True))),
    ]
    found: dict[int, Contact] = {}
    for row in sorted(rows, key=lambda r: r["last"]):
        how = row.get("how", "reminder")
        found[row["customer"]] = Contact(row["last"], HOW.get(how, how))
    return found


def _paid(ids: Collection[int], day: date) -> dict[Key, int]:
    """What came in on the day, whether it has been applied or not."""
    rows = OpenItem.objects.filter(customer__in=ids, kind="receipt", document_date=day).values("customer", "currency").order_by()
    return {(r["customer"], r["currency"]): -r["total"] for r in rows.annotate(total=Sum("amount"))}
