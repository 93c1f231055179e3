"""Advices beside their receipt: each line with the document it names, where the two disagree, and what keeping to the advice would post."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Q

from cashapp.engine.advised import Told
from cashapp.engine.disagreement import Advice, Difference, Document, Part, as_advised, differences, judge
from cashapp.engine.references import key
from cashapp.models import MatchPolicy, Receipt, Remittance, RemittanceJoin, RemittanceLine
from cashapp.selectors.advice_lines import reasons_of_codes, told_of
from cashapp.selectors.payers import group_roots
from ledger.models import Line, OpenItem
from org.actors import Actor

MOST_LINES = 500
"""Lines that the workbench shows of an advice; the sums are of all."""


@dataclass(frozen=True, slots=True)
class Joined:
    """An advice of the receipt in hand: how they were joined, its lines judged, and the other receipts that it speaks of."""

    remittance: Remittance
    join: RemittanceJoin
    advice: Advice
    others: tuple[Receipt, ...]
    segments: tuple[tuple[str, str], ...]


@dataclass
class Advices:
    """What the advices of a receipt say, and where that disagrees with the money."""

    joined: list[Joined] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    left: int = 0

    @property
    def wants_more(self) -> bool:
        """Whether another advice may be about: there is none, or more money came than is advised."""
        return not self.joined or any(d.kind == "more" for d in self.differences)

    @property
    def missing(self) -> int:
        """What is advised and hasn't come, in minor units; 0 where all came."""
        return sum(d.amount for d in self.differences if d.kind == "less")


def advices_of(actor: Actor, receipt: Receipt, policy: MatchPolicy) -> Advices:
    """The advices joined to a receipt, as far as the actor sees them: six queries, none where there is no advice."""
    joins = list(
        RemittanceJoin.objects.visible_to(actor, "cash.view").filter(receipt=receipt, ended_at=None).order_by("pk")
        .select_related("remittance__stored_file", "remittance__mail", "remittance__customer")
        .defer("remittance__stored_file__content")
    )  # fmt: skip
    if not joins:
        return Advices()
    lines = _lines_of([j.remittance_id for j in joins])
    codes = reasons_of_codes([receipt.company_id])
    told = {pk: [(told_of(line, codes), line.code) for line in some] for pk, some in lines.items()}
    documents = _documents(actor, receipt, [t for some in told.values() for t, _ in some], policy)
    others = _others(actor, joins, receipt)
    found = Advices([_joined(j, told.get(j.remittance_id, []), documents, others, receipt.currency) for j in joins])
    advices = [j.advice for j in found.joined]
    elsewhere = {r.pk: r.amount for some in others.values() for r in some}
    by_bank = [str(s["number"]) for s in receipt.structured if s.get("number")]
    found.differences = differences(advices, receipt.amount, sum(elsewhere.values()), by_bank, receipt.currency)
    found.parts, found.left = as_advised((line for a in advices for line in a.lines), receipt.unapplied)
    return found


def _lines_of(advices: Sequence[int]) -> dict[int, list[RemittanceLine]]:
    found: dict[int, list[RemittanceLine]] = defaultdict(list)
    for line in RemittanceLine.objects.filter(remittance__in=advices).select_related("remittance").order_by("remittance", "ordinal"):
        found[line.remittance_id].append(line)
    return found


def _others(actor: Actor, joins: Sequence[RemittanceJoin], receipt: Receipt) -> dict[int, list[Receipt]]:
    """The other receipts of the same advices, those in sight."""
    rows = RemittanceJoin.objects.visible_to(actor, "cash.view").filter(remittance__in=[j.remittance_id for j in joins], ended_at=None)
    found: dict[int, list[Receipt]] = defaultdict(list)
    # An advice of nobody's is everybody's to see; the receipts that it speaks of are not.
    seen = Receipt.objects.visible_to(actor, "cash.view").filter(company=receipt.company_id).order_by().values("pk")
    for row in rows.filter(receipt__in=seen).exclude(receipt=receipt).select_related("receipt").order_by("receipt"):
        found[row.remittance_id].append(row.receipt)
    return found


def _joined(
    join: RemittanceJoin, lines: list[tuple[Told, str]], documents: dict[str, Document], others: dict[int, list[Receipt]], currency: str
) -> Joined:
    judged = tuple(judge(told, documents.get(key(told.named)), currency, code) for told, code in lines)
    names = [line.told.named for line in judged if line.told.named]
    remittance = join.remittance
    return Joined(
        remittance, join, Advice(remittance.total, judged), tuple(others.get(remittance.pk, ())), tuple(marked(remittance.text, names))
    )


def _documents(actor: Actor, receipt: Receipt, told: Iterable[Told], policy: MatchPolicy) -> dict[str, Document]:
    """Key of a document's name → the item: by number, else by purchase order where only one item bears it; the payer's own first."""
    names = {form for t in told for n in (t.number, t.po_number) if n for form in (n.strip(), n.strip().upper())}
    if not names:
        return {}
    rows: Any = OpenItem.objects.visible_to(actor, "cash.view").filter(company=receipt.company_id, currency=receipt.currency)
    rows = rows.filter(Q(number__in=names) | Q(po_number__in=names), customer__isnull=False).exclude(kind="receipt").order_by("pk")
    items = list(rows)
    payer = receipt.customer_id or receipt.suggested_id
    roots = group_roots({i.customer_id for i in items} | ({payer} if payer else set()))
    by_number, by_order = _named(items, payer)
    found = by_order | by_number
    here = _paid_by(receipt) if receipt.unapplied != receipt.amount else set()
    return {name: _document(item, receipt, policy, roots, payer, here) for name, item in found.items()}


def _paid_by(receipt: Receipt) -> set[int]:
    """The items that this receipt has paid of, by what stands posted of it."""
    posted = Line.objects.filter(entry__match__receipt=receipt, entry__match__reversed_by=None, open_item__isnull=False)
    return set(posted.exclude(open_item=receipt.open_item_id).values_list("open_item_id", flat=True))


def _named(items: Sequence[OpenItem], payer: int | None) -> tuple[dict[str, OpenItem], dict[str, OpenItem]]:
    numbers: dict[str, list[OpenItem]] = defaultdict(list)
    orders: dict[str, list[OpenItem]] = defaultdict(list)
    for item in sorted(items, key=lambda i: (i.customer_id != payer, i.balance == 0, i.pk)):
        numbers[key(item.number)].append(item)
        if item.po_number and item.balance:
            orders[key(item.po_number)].append(item)
    return {n: some[0] for n, some in numbers.items()}, {n: some[0] for n, some in orders.items() if len(some) == 1}


def _document(item: OpenItem, receipt: Receipt, policy: MatchPolicy, roots: dict[int, int], payer: int | None, here: set[int]) -> Document:
    until = item.discount_until
    in_time = until is not None and receipt.value_date <= until + timedelta(days=policy.discount_grace_days)
    discount = min(item.discount_amount, item.balance) if in_time and item.balance > 0 else 0
    is_ours = payer is None or item.customer_id is None or roots[item.customer_id] == roots[payer]
    return Document(item.pk, item.number, item.balance, discount, is_ours, item.pk in here)


def marked(text: str, names: Iterable[str]) -> list[tuple[str, str]]:
    """The text cut at the names that stand in it: (stretch, the name or nothing). Longer names go first; places don't overlap.

    >>> marked("for inv-1 and INV-12", ["INV-1", "INV-12"])
    [('for ', ''), ('inv-1', 'INV-1'), (' and ', ''), ('INV-12', 'INV-12')]
    """
    low, places = text.lower(), list[tuple[int, int, str]]()
    for name in sorted({n for n in names if len(n) > 2}, key=lambda n: (-len(n), n)):
        at = low.find(name.lower())
        while at >= 0:
            end = at + len(name)
            if not any(a < end and at < b for a, b, _ in places):
                places.append((at, end, name))
            at = low.find(name.lower(), end)
    found, at = list[tuple[str, str]](), 0
    for start, end, name in sorted(places):
        found += [(text[at:start], ""), (text[start:end], name)]
        at = end
    return [(stretch, name) for stretch, name in [*found, (text[at:], "")] if stretch]
