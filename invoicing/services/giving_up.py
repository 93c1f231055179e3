"""Balances given up: write-offs of what customers owe, refunds of what we owe them. Both are asked for; both are one entry when allowed.

A write-off goes to bad debt, or to rounding where its reason says that the balance is too small to collect (`reasons.ROUNDING`). Many at
once by a rule are a request a customer, so that each is held against the limits like any other. Taken back, a write-off is a new entry.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from arops.lib import money
from arops.lib.http import address
from arops.lib.refusal import Refused
from invoicing.models import Invoice
from invoicing.selectors import CONTESTED
from invoicing.services.reasons import ROUNDING, Reason, reason_of
from ledger import drafts, posting
from ledger.drafts import Part
from ledger.models import Entry, OpenItem
from ledger.selectors import books_of, item_state, lock_items
from ledger.services import reverse_entries
from org.actors import Actor, require
from org.models import Company
from workflow.models import Approval
from workflow.services import record
from workflow.services.approvals import Evidence, ask, register_approval
from workflow.services.authority import Authority, Fact, person_id_of, sums_of

OWED = (OpenItem.Kind.INVOICE, OpenItem.Kind.DEBIT_MEMO, OpenItem.Kind.LATE_FEE, OpenItem.Kind.INSTALMENT)
RULE_ITEMS = 2_000
"""Items that one run of the rule takes up; the next run takes the next."""


class WriteOffRefused(Refused):
    """A balance that can't be given up as asked; the message says why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Which balances are too small and too old to collect: at most `below` minor units, due more than `days` days ago."""

    company: Company
    currency: str
    below: int
    days: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What a rule would write off of one customer, and whether the actor may alone."""

    items: tuple[OpenItem, ...]
    total: int
    alone: bool

    @property
    def customer(self) -> object:
        """Whose items they are."""
        return self.items[0].customer


@transaction.atomic
def request_write_off(
    *, actor: Actor, items: Sequence[tuple[OpenItem, int]], reason_code: str, day: date, token: str, today: date, now: datetime,
    reason: str = "", evidence: Sequence[Evidence] = (),
) -> Approval:  # fmt: skip
    """Ask to give up open balances of one customer: items with the share of each. Within one's limit it is done at once.

    Raises WriteOffRefused, ReasonRefused, ApprovalRefused, NotAllowed.
    """
    if not items or len({(i.company_id, i.customer_id, i.currency) for i, _ in items}) != 1:
        raise WriteOffRefused("write off items of one customer and one currency at a time")
    first, total = items[0][0], sum(amount for _, amount in items)
    named = reason_of(first.company_id, "write_off", reason_code, files=len(evidence))
    for item, amount in items:
        if item.kind not in OWED:
            raise WriteOffRefused(f"{item.number} is no invoice: credits are applied or refunded")
        if amount <= 0:
            raise WriteOffRefused("write off more than zero")
    numbers = ", ".join(item.number for item, _ in items[:3]) + (f" and {len(items) - 3} more" if len(items) > 3 else "")
    owner = first.customer.name if first.customer else ""
    return _ask(
        "write_off", actor, first, total, f"Write off {numbers}, {owner}", named, reason, items, evidence, day, token, today, now,
    )  # fmt: skip


@transaction.atomic
def request_refund(
    *, actor: Actor, item: OpenItem, amount: int, reason_code: str, day: date, token: str, today: date, now: datetime, reason: str = "",
    evidence: Sequence[Evidence] = (), pay_to: str = "", makers: Sequence[str] = (),
) -> Approval:  # fmt: skip
    """Ask to pay a credit back: a credit memo that is open, or cash on account. When allowed it stands in refunds payable. `pay_to` says
    where to, and is part of what is approved; `makers` are further people who may not decide.

    Raises WriteOffRefused, ReasonRefused, ApprovalRefused, NotAllowed.
    """
    named = reason_of(item.company_id, "refund", reason_code, files=len(evidence))
    if item.customer is None or item.kind not in (OpenItem.Kind.CREDIT_MEMO, OpenItem.Kind.RECEIPT):
        raise WriteOffRefused(f"{item.number} is no credit of a customer")
    if amount <= 0:
        raise WriteOffRefused("refund more than zero")
    if amount > -item.balance:
        said = f"{money.format(-item.balance, item.currency)} {item.currency}" if item.balance < 0 else "nothing"
        raise WriteOffRefused(f"{said} of {item.number} is open")
    title = f"Refund {item.number}, {item.customer.name}"
    pay = {"pay_to": pay_to} if pay_to else {}
    return _ask("refund", actor, item, amount, title, named, reason, [(item, amount)], evidence, day, token, today, now, makers, pay)


def _ask(
    kind: str, actor: Actor, first: OpenItem, total: int, title: str, named: Reason, reason: str, items: Sequence[tuple[OpenItem, int]],
    evidence: Sequence[Evidence], day: date, token: str, today: date, now: datetime, makers: Sequence[str] = (),
    more: Mapping[str, str] | None = None,
) -> Approval:  # fmt: skip
    payload = {
        "items": [[item.pk, item.number, amount] for item, amount in items], "day": day.isoformat(), "reason_code": named.code,
        "account": "refunds" if kind == "refund" else "rounding" if named.code in ROUNDING else "bad_debt",
        "evidence": [[file.name, file.digest] for file in evidence], **(more or {}),
    }  # fmt: skip
    return ask(
        actor=actor, company=first.company, kind=kind, amount=total, currency=first.currency, title=title, payload=payload,
        reason=f"{named.name}: {reason.strip()}" if reason.strip() else named.name, customer_id=first.customer_id,
        subject=first if len(items) == 1 else None, makers=[*makers_of([item.pk for item, _ in items]), *makers], token=token,
        today=today, now=now, evidence=evidence,
    )  # fmt: skip


def makers_of(item_ids: Sequence[int]) -> list[str]:
    """People who issued the documents of these items: they don't decide what becomes of them."""
    found = Invoice.objects.filter(open_item__in=item_ids, issued_by__startswith="user:")
    return sorted(set(found.values_list("issued_by", flat=True)))


def _facts(approval: Approval) -> list[Fact]:
    """What will be given up, item by item, and to which account."""
    wanted, cur = approval.payload, approval.currency
    now = {item.pk: item for item in OpenItem.objects.filter(pk__in=[row[0] for row in wanted["items"]]).select_related("customer")}
    first = now.get(wanted["items"][0][0])
    facts = [Fact("Customer", first.customer.name, address("customers:detail", first.customer_id))] if first and first.customer else []
    for pk, number, amount in wanted["items"]:
        words = (
            f"{money.format(amount, cur)} of {money.format(abs(now[pk].balance), cur)} open, due {now[pk].due_date}" if pk in now else ""
        )
        facts.append(Fact(number, words, address("ledger:item", pk)))
    accounts = {"refunds": "refunds payable", "rounding": "rounding and tolerance", "bad_debt": "bad debt"}
    facts += [Fact("Paid to", wanted["pay_to"])] if "pay_to" in wanted else []
    return [*facts, Fact("Posts to", accounts[wanted["account"]]), Fact("Dated", wanted["day"])]


@register_approval(
    "write_off", label="Write-off", request="writeoffs.request", approve="writeoffs.approve", draw=_facts, counts_with=("settlement",)
)
def write_off(approval: Approval, actor: Actor) -> Entry:
    """Post what was approved: out of the items, into bad debt or rounding. Raises WriteOffRefused, LedgerError."""
    return _post(approval, actor, 1)


@register_approval("refund", label="Refund", request="refunds.request", approve="refunds.approve", draw=_facts)
def refund(approval: Approval, actor: Actor) -> Entry:
    """Post what was approved: out of the credit, into refunds payable. Raises WriteOffRefused, LedgerError."""
    return _post(approval, actor, -1)


def _post(approval: Approval, actor: Actor, sign: int) -> Entry:
    wanted, day = approval.payload, date.fromisoformat(approval.payload["day"])
    locked = lock_items(pk for pk, _, _ in wanted["items"])
    for pk, number, amount in wanted["items"]:
        left = sign * locked[pk].balance
        if amount > left:
            said = f"{money.format(left, approval.currency)} {approval.currency} are" if left > 0 else "nothing is"
            raise WriteOffRefused(f"of {number} {said} open by now")
    parts = [Part(item_state(locked[pk]), sign * amount) for pk, _, amount in wanted["items"]]
    draft = drafts.application(
        books_of(approval.company, approval.currency, day), parts=parts, day=day, source=f"{approval.kind}:approval:{approval.pk}",
        others=[(wanted["account"], sign * approval.amount)], kind=approval.kind, narrative=approval.reason[:300],
    )  # fmt: skip
    posted = posting.post_one(draft, actor=actor)
    for pk, number, amount in wanted["items"]:
        record(
            actor=actor, type=f"item.{'written_off' if sign > 0 else 'refunded'}", company_id=approval.company_id, subject=locked[pk],
            customer_id=locked[pk].customer_id, number=number, amount=amount, currency=approval.currency, approval=approval.pk,
        )  # fmt: skip
    return Entry.objects.get(pk=posted.entry_id)


@transaction.atomic
def reverse_write_off(*, actor: Actor, entry: Entry, reason: str, today: date) -> int:
    """Take a write-off back by a new entry: the items are open again. Answers with its key.

    Raises WriteOffRefused, AlreadyReversed, PeriodNotOpen, NotAllowed.
    """
    require(actor, "writeoffs.approve", entry.company_id)
    if entry.kind != Entry.Kind.WRITE_OFF:
        raise WriteOffRefused("only a write-off is taken back so")
    if not reason.strip():
        raise WriteOffRefused("say why it is taken back")
    (posted,) = reverse_entries(entries=[entry], day=today, actor=actor, reason=reason.strip())
    record(actor=actor, type="write_off.reversed", company_id=entry.company_id, subject=entry, reason=reason.strip(), by=posted.entry_id)
    return posted.entry_id


def preview_rule(*, actor: Actor, rule: Rule, today: date) -> list[Batch]:
    """What the rule would write off, by customer, the largest first: nothing in dispute, and nothing asked for already."""
    items = list(_items(actor, rule, today))
    grouped: dict[int, list[OpenItem]] = {}
    for item in items:
        grouped.setdefault(item.customer_id or 0, []).append(item)
    authority = Authority.of(rule.company.pk, "write_off", rule.currency, today)
    limit = authority.alone(authority.people.get(person_id_of(actor.label) or 0))
    keys = [Approval(company=rule.company, kind="write_off", currency=rule.currency, customer_ref=pk) for pk in grouped]
    earlier = {key[3]: total for key, total in sums_of(keys, today).items()}
    made = [_batch(found, earlier.get(pk, 0), limit) for pk, found in grouped.items()]
    return sorted(made, key=lambda b: (-b.total, b.items[0].customer_id or 0))


def _batch(items: list[OpenItem], earlier: int, limit: int) -> Batch:
    total = sum(item.balance for item in items)
    return Batch(tuple(items), total, earlier + total <= limit)


def _items(actor: Actor, rule: Rule, today: date) -> Sequence[OpenItem]:
    waiting = Approval.objects.waiting().filter(company=rule.company, kind="write_off").values_list("payload", flat=True)
    asked = {row[0] for payload in waiting for row in payload["items"]}
    found = OpenItem.objects.visible_to(actor, "writeoffs.request").filter(
        company=rule.company, currency=rule.currency, kind__in=OWED, balance__gt=0, balance__lte=rule.below, customer__isnull=False,
        due_date__lt=today - timedelta(days=rule.days),
    )  # fmt: skip
    contested = OpenItem.objects.filter(disputes__state__in=CONTESTED)
    ordered = found.exclude(pk__in=contested).exclude(pk__in=asked).select_related("customer", "company").order_by("due_date", "pk")
    return list(ordered[:RULE_ITEMS])


def write_off_by_rule(
    *, actor: Actor, rule: Rule, items: Sequence[int], day: date, token: str, today: date, now: datetime
) -> tuple[list[Approval], list[str]]:  # fmt: skip
    """Ask for what the preview showed, a request a customer, each by itself: the requests, and why others were refused. What is not in the
    rule any more by now (paid, disputed) is left out."""
    wanted, made, refused = set(items), [], []
    for batch in preview_rule(actor=actor, rule=rule, today=today):
        chosen = [(item, item.balance) for item in batch.items if item.pk in wanted]
        if not chosen:
            continue
        customer = chosen[0][0].customer_id
        try:
            made.append(
                request_write_off(
                    actor=actor, items=chosen, reason_code="small_balance", day=day, token=f"rule:{token}:{customer}", today=today, now=now,
                    reason=f"below {money.format(rule.below, rule.currency)}, older than {rule.days} days",
                )
            )  # fmt: skip
        except Refused as error:
            refused.append(f"{chosen[0][0].customer}: {error}")
    return made, refused
