"""What there is to know for dunning, a few queries for many customers; and what would be decided on a day, without doing it."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Max, Sum
from django.db.models.functions import Coalesce, TruncDate

from collections_app.models import Activity, DunningLetter, PromiseItem, StrategyStep
from collections_app.policy.dunning import Account, Contact, Debit, Decision, decide
from collections_app.selectors.strategies import StrategyBook
from collections_app.selectors.strategies import minimum_in as minimum_in
from customers.models import Contact as Person
from customers.models import Customer
from disputes.models import Dispute
from ledger.models import OpenItem
from messaging.models import Message
from org.models import Company

BATCH = 200
Key = tuple[int, str]


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


def candidates(company: Company, day: date) -> list[int]:
    """Keys of customers with something past due, in their order."""
    late = OpenItem.objects.past_due(day).filter(company=company).exclude(customer=None)
    return sorted(set(late.values_list("customer", flat=True)))


def cases(company: Company, day: date, customer_ids: Sequence[int] | None = None) -> Iterator[Case]:
    """What is decided about each customer with something past due, a case a currency, all of a customer's together.

    Balances are those of now, also for an earlier day: nobody is asked for what was paid meanwhile.
    """
    book = StrategyBook(company, day)
    ids = candidates(company, day) if customer_ids is None else list(customer_ids)
    for start in range(0, len(ids), BATCH):
        yield from _cases(book, ids[start : start + BATCH])


def _cases(book: StrategyBook, ids: Sequence[int]) -> Iterator[Case]:
    customers = Customer.objects.select_related("company").in_bulk(ids)
    recipients = _recipients(ids)
    for account in accounts(customers, book.day):
        customer = customers[account.customer_id]
        decision = decide(account, book.rules_of(customer, account.currency), book.day)
        if decision:
            yield Case(customer, decision, book.step_of(customer, decision.level), recipients.get(customer.pk, ()))


def accounts(customers: dict[int, Customer], day: date) -> list[Account]:
    """Each customer's account in each currency with debits open, in the order of customers and currencies."""
    ids = list(customers)
    debits, credits = _debits(ids), _credits(ids)
    contacts, paid = _contacts(ids, day), _paid(ids, day)
    return [
        Account(
            customer_id=pk, currency=currency, debits=tuple(items), credits=credits.get((pk, currency), 0),
            is_active=customers[pk].is_active, is_held=customers[pk].dunning_hold, held_until=customers[pk].dunning_hold_until,
            hold_reason=customers[pk].dunning_hold_reason, paid_today=paid.get((pk, currency), 0), last_contact=contacts.get(pk),
        )
        for (pk, currency), items in sorted(debits.items())
    ]  # fmt: skip


def _debits(ids: Collection[int]) -> dict[Key, list[Debit]]:
    names = "customer currency pk number document_date due_date amount balance".split()
    items = list(OpenItem.objects.open().owed().filter(customer__in=ids).order_by("due_date", "pk").values_list(*names))
    contests = Dispute.objects.all().open().filter(customer__in=ids).order_by().values_list("open_item")
    disputed: dict[int, int] = dict(contests.annotate(total=Sum("amount")))
    promised, given = promised_left(ids), _given(ids)
    found: dict[Key, list[Debit]] = defaultdict(list)
    for customer, currency, pk, number, day, due, amount, balance in items:
        contested, awaited = min(disputed.get(pk, 0), balance), min(promised.get(pk, 0), balance)
        found[customer, currency].append(Debit(pk, number, day, due, amount, balance, contested, awaited, given.get(pk, 0)))
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
    """Open item → the highest level at which it was asked for."""
    found: dict[int, int] = defaultdict(int)
    letters = DunningLetter.objects.filter(customer__in=ids, reason="").exclude(message__state=Message.State.CANCELLED)
    for level, items in letters.values_list("level", "items"):
        for item in items:
            found[item["id"]] = max(found[item["id"]], level)
    return found


def _contacts(ids: Collection[int], day: date) -> dict[int, Contact]:
    """The last contact of any channel up to the day; reminders count by the day of their run, and those of the day itself don't."""
    calls = Activity.objects.filter(customer__in=ids, happened_on__lte=day).exclude(kind=Activity.Kind.NOTE)
    letters = DunningLetter.objects.filter(customer__in=ids, run__day__lt=day, reason__in=["", "cancelled", "undelivered"])
    mail = Message.objects.went_to_customers().filter(customer__in=ids, dunning_letter=None)
    mail = mail.annotate(on=TruncDate(Coalesce("sent_at", "created_at"))).filter(on__lte=day)
    rows = [
        *(calls.values("customer", how=F("kind")).annotate(last=Max("happened_on")).order_by()),
        *(mail.values("customer", how=F("channel")).annotate(last=Max("on")).order_by()),
        *(letters.values("customer").annotate(last=Max("run__day")).order_by()),
    ]
    found: dict[int, Contact] = {}
    for row in sorted(rows, key=lambda r: r["last"]):
        found[row["customer"]] = Contact(row["last"], {"email": "e-mail"}.get(row.get("how", "reminder"), row.get("how", "reminder")))
    return found


def _paid(ids: Collection[int], day: date) -> dict[Key, int]:
    """What came in on the day, whether it has been applied or not."""
    rows = OpenItem.objects.filter(customer__in=ids, kind="receipt", document_date=day).values("customer", "currency").order_by()
    return {(r["customer"], r["currency"]): -r["total"] for r in rows.annotate(total=Sum("amount"))}


def _recipients(ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Customer → the addresses of those who get letters, each once."""
    people = Person.objects.filter(customer__in=ids, is_active=True, receives_letters=True).exclude(email="").order_by("role", "pk")
    found: dict[int, dict[str, None]] = defaultdict(dict)
    for customer, email in people.values_list("customer", "email"):
        found[customer][email] = None
    return {customer: tuple(emails) for customer, emails in found.items()}
