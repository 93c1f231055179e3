"""One receipt on the workbench: what its payer wrote, what is known of the payer, and the ways to apply it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from arops.lib import money
from cashapp.models import BankFile, Match, MatchProposal, Receipt, ReceiptDraft
from cashapp.selectors.queue import amounts_in
from customers.models import Customer
from disputes.models import Dispute
from disputes.selectors import disputed_by_item
from ledger.models import OpenItem
from org.actors import Actor
from workflow.models import Event

YEAR = timedelta(days=365)
FOUND = 12
PARTS = ("amount", "discount", "write_off", "short", "charges", "withheld")


@dataclass(frozen=True, slots=True)
class Row:
    """An item of the allocation and what it gets, in minor units with the sign of its balance."""

    item: OpenItem
    amount: int = 0
    discount: int = 0
    write_off: int = 0
    short: int = 0
    reason: str = "short_payment"
    disputed: int = 0
    why: str = ""
    charges: int = 0
    withheld: int = 0

    @property
    def settled_otherwise(self) -> int:
        """What leaves it beside the cash: discount, written off, charges, tax."""
        return self.discount + self.write_off + self.charges + self.withheld

    @property
    def left(self) -> int:
        """What stays open on it."""
        return self.item.balance - self.amount - self.settled_otherwise

    @property
    def fits(self) -> bool:
        """Whether the item can take it."""
        used = self.item.balance - self.left + self.short
        return 0 <= used <= self.item.balance if self.item.balance > 0 else self.item.balance <= used <= 0

    @property
    def opened_up(self) -> bool:
        """Whether more than the amount is said about it."""
        return bool(self.settled_otherwise or self.short or (self.item.balance > 0 and self.left))


@dataclass(frozen=True, slots=True)
class Answer:
    """One of the engine's answers as a choice: `fits` is False when an item was paid meanwhile or is out of sight."""

    proposal: MatchProposal
    rows: tuple[Row, ...]
    title: str
    rest: str
    fits: bool

    @property
    def rank(self) -> int:
        """The key that chooses it."""
        return self.proposal.rank


@dataclass
class Work:
    """Everything the workbench shows of a receipt."""

    receipt: Receipt
    answers: list[Answer]
    rows: list[Row]
    rest: bool
    rank: int
    is_draft: bool
    segments: list[tuple[str, str]]
    thread: list[Event]
    payer: dict[str, Any] = field(default_factory=dict)
    file: tuple[int, str] | None = None
    write_off_limit: int = 0
    charges_limit: int = 0

    @property
    def chosen(self) -> Answer | None:
        """The answer that the allocation was begun from."""
        return next((a for a in self.answers if a.rank == self.rank), None)

    @property
    def choices(self) -> list[Answer]:
        """The answers that say what to pay; keys 1 to 9 choose among them."""
        return [a for a in self.answers if a.rows][:9]

    @property
    def is_stale(self) -> bool:
        """Whether an answer can't be posted any more, so that the engine should look again."""
        return any(not a.fits for a in self.choices)

    @property
    def applied(self) -> int:
        """Cash given to items."""
        return sum(r.amount for r in self.rows)

    @property
    def difference(self) -> int:
        """What has no place yet (below zero: more is given out than there is)."""
        left = self.receipt.unapplied - self.applied
        return 0 if self.rest and left > 0 else left

    @property
    def on_account(self) -> int:
        """What would stay on account."""
        return max(0, self.receipt.unapplied - self.applied) if self.rest else 0


def receipt_in_sight(actor: Actor, pk: int, permission: str = "cash.view") -> Receipt | None:
    """The receipt with what the workbench needs of it, or None."""
    found = Receipt.objects.visible_to(actor, permission).order_by()
    return found.select_related("company", "customer", "suggested", "open_item", "lease_by", "split_from").filter(pk=pk).first()


def receipt_to_act_on(actor: Actor, pk: int) -> Receipt | None:
    """The receipt alone, of those the actor may work on, or None."""
    return Receipt.objects.visible_to(actor, "cash.apply").order_by().select_related("open_item").filter(pk=pk).first()


def receipt_whole(actor: Actor, pk: int) -> Receipt | None:
    """The receipt with the bank's line and file, for its own page; or None."""
    found = Receipt.objects.visible_to(actor, "cash.view").select_related(
        "company", "bank_account", "customer", "open_item", "split_from", "statement_line__statement__bank_file__stored_file"
    )
    return found.defer("statement_line__statement__bank_file__stored_file__content").filter(pk=pk).first()


def file_of(receipt: Receipt) -> tuple[int, str] | None:
    """Key and name of the bank file that brought the receipt."""
    if receipt.statement_line_id is None:
        return None
    found = BankFile.objects.order_by().filter(statements__lines=receipt.statement_line_id)
    return found.values_list("pk", "stored_file__name").first()


def work_on(actor: Actor, receipt: Receipt, today: date, typed: Mapping[str, Any] | None = None) -> Work:
    """A receipt's work: what was typed just now, else the person's draft, else the engine's best answer."""
    proposals = list(receipt.proposals.select_related("customer").order_by("rank"))
    draft = dict(typed) if typed is not None else _draft(actor, receipt)
    ids = {a["item"] for p in proposals for a in p.allocations} | {r["item"] for r in (draft or {}).get("rows", [])}
    items = items_in_sight(actor, receipt, ids)
    disputed = disputed_by_item(ids) if ids else {}
    answers = [_answer(p, items, disputed, receipt) for p in _nameable(actor, receipt.company_id, proposals, ids - items.keys())]
    best = next((a for a in answers if a.rows and a.fits), None)
    best = best if best and best.proposal.outcome != "ask" else None
    if draft is not None:
        rows = [row_of(items[r["item"]], r, disputed) for r in draft.get("rows", []) if r["item"] in items]
        rest, rank = bool(draft.get("rest")), int(draft.get("rank") or 0)
    else:
        rows, rest, rank = (list(best.rows), best.proposal.residual > 0, best.rank) if best else ([], False, 0)
    evidence = proposals[0].evidence if proposals else []
    work = Work(
        receipt, answers, rows, rest, rank, draft is not None and typed is None, segments(receipt.text, evidence), thread_of(receipt)
    )
    work.payer, work.file = payer_facts(receipt, today), file_of(receipt)
    return work


def _nameable(actor: Actor, company_id: int, proposals: Sequence[MatchProposal], missing: set[int]) -> Sequence[MatchProposal]:
    """Proposals without those that name somebody out of sight: a customer, or items (of `missing`) of one. Their reasons would tell."""
    reach = actor.reach("cash.view")
    if reach.everything or company_id in reach.companies:
        return proposals
    owners = {p.customer_id for p in proposals} - {None}
    if owners:
        owners -= set(Customer.objects.visible_to(actor, "cash.view").filter(pk__in=owners).values_list("pk", flat=True))
    if missing:
        missing -= set(OpenItem.objects.visible_to(actor, "cash.view").filter(pk__in=missing).values_list("pk", flat=True))
    return [p for p in proposals if p.customer_id not in owners and not any(a["item"] in missing for a in p.allocations)]


def items_in_sight(actor: Actor, receipt: Receipt, ids: Iterable[int]) -> dict[int, OpenItem]:
    """Items of the receipt's company and currency by key, those the actor may apply cash to."""
    wanted = set(ids)
    if not wanted:
        return {}
    found = OpenItem.objects.visible_to(actor, "cash.view").filter(pk__in=wanted, company=receipt.company_id, currency=receipt.currency)
    return {i.pk: i for i in found.select_related("customer")}


def items_of_allocations(actor: Actor, company_id: int, proposals: Iterable[MatchProposal]) -> dict[int, OpenItem]:
    """The items of some proposals by key, those in sight."""
    ids = {a["item"] for p in proposals for a in p.allocations}
    found = OpenItem.objects.visible_to(actor, "cash.view").filter(pk__in=ids, company=company_id) if ids else []
    return {i.pk: i for i in found}


def row_of(item: OpenItem, share: Mapping[str, Any], disputed: Mapping[int, int]) -> Row:
    """A row out of a proposal's allocation or a draft's."""
    parts = {name: int(share.get(name) or 0) for name in PARTS}
    why = "exact" if parts["amount"] == item.balance else "in full" if sum(parts.values()) - parts["short"] == item.balance else "part"
    return Row(item, **parts, reason=share.get("reason") or "short_payment", disputed=disputed.get(item.pk, 0), why=why)


def _draft(actor: Actor, receipt: Receipt) -> dict[str, Any] | None:
    """The person's half-done work, unless the receipt changed since."""
    found = ReceiptDraft.objects.filter(receipt=receipt, user=actor.reach().person_id).first()
    return found.data if found and found.data.get("version") == receipt.version else None


def _answer(p: MatchProposal, items: Mapping[int, OpenItem], disputed: Mapping[int, int], receipt: Receipt) -> Answer:
    rows = tuple(row_of(items[a["item"]], a, disputed) for a in p.allocations if a["item"] in items)
    fits = len(rows) == len(p.allocations) and all(r.fits for r in rows)
    numbers = [r.item.number for r in rows[:3]]
    title = " + ".join(numbers) + (f" + {len(rows) - 3} more" if len(rows) > 3 else "")
    return Answer(p, rows, title, _rest_words(p, receipt.currency), fits)


def _rest_words(p: MatchProposal, currency: str) -> str:
    amount = money.format(abs(p.residual), currency)
    if p.residual > 0:
        return f"{amount} stays on account"
    written = sum(a["write_off"] for a in p.allocations)
    if p.residual < 0:
        other = {"bank_charges": "bank charges", "tax_withheld": "tax withheld"}.get(p.treatment)
        return f"{amount} {other or ('within tolerance' if written else 'deducted')}"
    discount = sum(a["discount"] for a in p.allocations)
    return f"{money.format(discount, currency)} discount" if discount else ""


def segments(text: str, evidence: Sequence[Sequence[Any]]) -> list[tuple[str, str]]:
    """The text cut at what was found in it: (stretch, number of the item it names or nothing)."""
    found, at = [], 0
    for start, end, _how, number in sorted(evidence, key=lambda e: e[0]):
        if not at <= start < end <= len(text):
            continue
        found += [(text[at:start], ""), (text[start:end], str(number))]
        at = end
    found.append((text[at:], ""))
    return [(t, n) for t, n in found if t]


def thread_of(receipt: Receipt) -> list[Event]:
    """Questions and answers on a receipt, oldest first."""
    kinds = ["receipt.asked", "receipt.answered"]
    return list(Event.objects.filter(subject_type="cashapp.receipt", subject_id=receipt.pk, type__in=kinds).order_by("pk"))


def payer_facts(receipt: Receipt, today: date) -> dict[str, Any]:
    """What is known of the payer, named or supposed: how often this account paid, how receipts were matched, what is open."""
    customer = receipt.customer or receipt.suggested
    if customer is None:
        return {}
    year = Match.objects.filter(receipt__customer=customer, reversed_by=None, at__date__gt=today - YEAR)
    counts = year.aggregate(all=Count("pk"), by_people=Count("pk", filter=Q(actor__startswith="user:")))
    items = OpenItem.objects.open().collectable().filter(customer=customer, currency=receipt.currency)
    owed = Q(amount__gt=0)
    sums = items.aggregate(
        n=Count("pk", filter=owed), open=Sum("balance", filter=owed), overdue=Sum("balance", filter=owed & Q(due_date__lt=today))
    )
    seen = Receipt.objects.filter(customer=customer, payer_account=receipt.payer_account).exclude(pk=receipt.pk)
    return {
        "customer": customer, "known": receipt.customer_id is not None, "matches": counts["all"],
        "alone": counts["all"] - counts["by_people"],
        "open": sums["open"] or 0, "overdue": sums["overdue"] or 0, "items": sums["n"],
        "seen": seen.count() if receipt.payer_account else 0,
        "short": Dispute.objects.filter(customer=customer, source__startswith="short_pay:", opened_on__gt=today - YEAR).count(),
    }  # fmt: skip


def find_items(actor: Actor, receipt: Receipt, text: str, without: Iterable[int]) -> list[OpenItem]:
    """Open items to add, by number, purchase order, customer or amount; the payer's own come first. Without text: the payer's."""
    items = OpenItem.objects.visible_to(actor, "cash.apply").open().collectable()
    items = items.filter(company=receipt.company_id, currency=receipt.currency, customer__isnull=False).exclude(pk__in=[*without])
    items = items.exclude(kind="receipt", receipt__on_account=False).exclude(pk=receipt.open_item_id)
    payer = receipt.customer_id or receipt.suggested_id
    if not text:
        return list(items.filter(customer=payer).select_related("customer").order_by("due_date", "pk")[:FOUND]) if payer else []
    return _own_first(holding(items, text), payer)


def holding(items: Any, text: str) -> Any:
    """Items by number, purchase order, customer or amount, as typed."""
    wanted = Q(number__icontains=text) | Q(po_number__icontains=text) | Q(customer__name__icontains=text) | Q(customer__number=text)
    for amount in amounts_in(text):
        wanted |= Q(balance=amount) | Q(amount=amount) | Q(balance=-amount)
    return items.filter(wanted).select_related("customer")


def _own_first(items: Any, payer: int | None) -> list[OpenItem]:
    own = list(items.filter(customer=payer).order_by("due_date", "pk")[:FOUND]) if payer else []
    others = items.exclude(customer=payer) if payer else items
    return own + list(others.order_by("due_date", "pk")[: FOUND - len(own)])


def find_customers(actor: Actor, receipt: Receipt, text: str) -> QuerySet[Customer]:
    """Customers who may be the payer, by name or number."""
    found = Customer.objects.visible_to(actor, "cash.apply").filter(company=receipt.company_id, is_active=True)
    found = found.filter(Q(name__icontains=text) | Q(number__iexact=text)) if text else found.none()
    return found.order_by("name")[:5]


def history_of(receipt: Receipt) -> list[Event]:
    """What happened to a receipt, latest first."""
    return list(Event.objects.filter(subject_type="cashapp.receipt", subject_id=receipt.pk).order_by("-pk")[:100])


def is_leased(receipt: Receipt, actor: Actor, now: datetime) -> bool:
    """Whether someone else has it in hand."""
    return bool(receipt.lease_until and receipt.lease_until > now and receipt.lease_by_id != actor.reach().person_id)
