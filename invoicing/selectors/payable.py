"""Payable or not: what stands between issued invoices and their payment, by the papers and rules of their customers. A fixed number of
queries, however many invoices are asked about."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from arops.lib.bulk import in_array
from customers.models import BillingRequirement, CustomerDocument
from customers.requirements import LIEN, Bill, Gap, gaps_of
from customers.selectors import papers_of, rules_in_force
from invoicing.models import Invoice, InvoiceDelivery, InvoiceLine
from ledger.models import Entry
from ledger.selectors import open_instalments
from org.actors import Actor
from workflow.models import Attachment

REASONS = {
    "w9": "W-9", "vendor_form": "vendor set-up form", "insurance": "insurance certificate", "exemption": "exemption certificate",
    "po_copy": "purchase order copy", "lien_release": "lien release", "po_number": "purchase order number", "cost_code": "cost code",
    "attachment": "attachment", "sign_off": "sign-off", "portal": "customer’s portal", "rejected": "rejected by the customer",
}  # fmt: skip
"""Code of a gap → what it is called where gaps are summed."""
TELLING = ("document", "lien_release", "po_number", "po_format", "cost_code", "attachment", "sign_off", "portal")
"""Kinds of rules that can hold an issued invoice up."""
_OWED = (Invoice.Kind.INVOICE, Invoice.Kind.DEBIT_MEMO)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Blocked:
    """Money that waits for one reason at one customer: how much, since when, who must act."""

    code: str
    customer_id: int
    currency: str
    amount: int
    invoices: int
    oldest: date | None
    waits_for: frozenset[str]


def gaps_in(invoices: Iterable[Invoice], today: date) -> dict[int, tuple[Gap, ...]]:
    """Key of an invoice → what it lacks before its customer pays; empty: payable. Credit memos and paid ones lack nothing but releases."""
    rows = [_row(i) for i in invoices if i.kind in _OWED]
    return {**{row["pk"]: () for row in rows}, **_judged(rows, today)}


def _row(invoice: Invoice) -> Row:
    return {
        "pk": invoice.pk, "customer_id": invoice.customer_id, "number": invoice.number, "document_date": invoice.document_date,
        "po_number": invoice.po_number, "cost_code": invoice.cost_code, "open_item__balance": invoice.open_item.balance,
    }  # fmt: skip


def _judged(rows: Sequence[Row], today: date) -> dict[int, tuple[Gap, ...]]:
    if not rows:
        return {}
    customers = {row["customer_id"] for row in rows}
    papers = papers_of(customers)
    rules = rules_in_force(customers, min(row["document_date"] for row in rows))
    keys = [row["pk"] for row in rows]
    lines = _lines(keys)
    files = _files(rows, lines) if _any(rules, "attachment") else {}
    earlier = _earlier(rules, lines)
    delivered = dict(InvoiceDelivery.objects.filter(invoice__in=in_array(keys)).values_list("invoice_id", "state"))
    found = {}
    for row in rows:
        bill = _bill(row, lines.get(row["pk"], []), files, earlier, delivered.get(row["pk"], ""))
        held = [(r.kind, r.params) for r in rules.get(row["customer_id"], ()) if _holds(r, bill.dated)]
        gaps = gaps_of(bill, papers.get(row["customer_id"], ()), held, today)
        if delivered.get(row["pk"]) == InvoiceDelivery.State.REJECTED:
            gaps = (Gap("rejected", "the customer has rejected it", "", row["document_date"]), *gaps)
        found[row["pk"]] = tuple(gap for gap in gaps if not bill.is_paid or gap.code == "lien_release")
    return found


def _holds(rule: BillingRequirement, day: date) -> bool:
    return rule.valid_from <= day and (rule.valid_to is None or rule.valid_to >= day)


def _any(rules: Mapping[int, Sequence[BillingRequirement]], kind: str) -> bool:
    return any(rule.kind == kind for found in rules.values() for rule in found)


def _lines(keys: Sequence[int]) -> dict[int, list[Row]]:
    """What lines name: contracts, work orders with their signature, orders."""
    fields = ("invoice_id", "contract", "agreement__number", "job_id", "job__number", "job__signed_off_on", "sales_order_id")
    linked = Q(agreement__isnull=False) | Q(job__isnull=False) | Q(sales_order__isnull=False) | ~Q(contract="")
    found = defaultdict(list)
    for row in InvoiceLine.objects.filter(linked, invoice__in=in_array(keys)).values(*fields):
        found[row["invoice_id"]].append(row)
    return found


def _contracts(lines: Iterable[Row]) -> frozenset[str]:
    return frozenset(text for row in lines for text in (row["contract"], row["agreement__number"]) if text)


def _bill(row: Row, lines: Sequence[Row], files: Mapping[int, set[str]], earlier: Mapping[int, tuple[str, bool]], state: str) -> Bill:
    return Bill(
        number=row["number"], dated=row["document_date"], contracts=_contracts(lines), po_number=row["po_number"],
        cost_code=row["cost_code"], files=frozenset(files.get(row["pk"], ())), earlier=earlier.get(row["pk"]),
        is_paid=row["open_item__balance"] == 0,
        unsigned=tuple(sorted({x["job__number"] for x in lines if x["job_id"] and x["job__signed_off_on"] is None})),
        has_arrived=state in ("delivered", "accepted"), is_accepted=state == "accepted",
    )  # fmt: skip


def _files(rows: Sequence[Row], lines: Mapping[int, list[Row]]) -> dict[int, set[str]]:
    """Kinds of files beside each invoice, its work orders and its orders."""
    owners: dict[tuple[str, int], set[int]] = defaultdict(set)
    for row in rows:
        owners["invoicing.invoice", row["pk"]].add(row["pk"])
        for line in lines.get(row["pk"], ()):
            owners["orders.workorder", line["job_id"] or 0].add(row["pk"])
            owners["orders.salesorder", line["sales_order_id"] or 0].add(row["pk"])
    about = Q()
    for label in {label for label, _ in owners}:
        about |= Q(subject_type=label, subject_id__in=[pk for sort, pk in owners if sort == label])
    found: dict[int, set[str]] = defaultdict(set)
    for label, pk, kind in Attachment.objects.filter(about, removed_at=None).values_list("subject_type", "subject_id", "kind"):
        for invoice in owners[label, pk]:
            found[invoice].add(kind)
    return found


def _earlier(rules: Mapping[int, Sequence[BillingRequirement]], lines: Mapping[int, list[Row]]) -> dict[int, tuple[str, bool]]:
    """For customers that want lien releases: the invoice before each of the same contract, and whether its money is there."""
    wanting = {customer for customer, found in rules.items() if any(rule.kind == "lien_release" for rule in found)}
    if not wanting:
        return {}
    before = Invoice.objects.filter(customer__in=wanting, kind=Invoice.Kind.INVOICE).order_by("document_date", "pk")
    history = list(before.values("pk", "customer_id", "number", "open_item", "open_item__balance"))
    spread = open_instalments(row["open_item"] for row in history)
    named = {**_lines([row["pk"] for row in history]), **lines}
    last: dict[tuple[int, str], tuple[str, bool]] = {}
    found = {}
    for row in history:
        keys = [(row["customer_id"], contract) for contract in _contracts(named.get(row["pk"], ())) or ("",)]
        known = next((last[key] for key in keys if key in last), None)
        if known:
            found[row["pk"]] = known
        last |= dict.fromkeys(keys, (row["number"], row["open_item__balance"] == 0 and row["open_item"] not in spread))
    return found


def is_cleared(customer_id: int, number: str) -> bool | None:
    """Whether the invoice's money is there; None when the customer has no such invoice. What was written off was given up, not paid; what
    stands in instalments isn't paid yet."""
    rows = Invoice.objects.filter(customer=customer_id, number=number, kind__in=_OWED).values_list("open_item", "open_item__balance")
    found = list(rows[:1])
    if not found:
        return None
    item, balance = found[0]
    given_up = Entry.objects.filter(kind=Entry.Kind.WRITE_OFF, lines__open_item=item, reversed_by=None)
    return bool(balance == 0 and not given_up.exists() and not open_instalments([item]))


def candidates(among: Any) -> QuerySet[Invoice]:
    """Of the invoices, open ones that may lack something: their customer has papers, rules that can hold up, or rejected it."""
    waiting = CustomerDocument.objects.exclude(state="cancelled").exclude(kind__in=LIEN)
    ruled = BillingRequirement.objects.filter(kind__in=TELLING)
    suspects = Q(customer__in=waiting.values("customer")) | Q(customer__in=ruled.values("customer")) | Q(delivery__state="rejected")
    return among.filter(suspects, kind__in=_OWED, open_item__balance__gt=0)  # type: ignore[no-any-return]


def blocked_in(found: QuerySet[Invoice], today: date) -> dict[int, tuple[Gap, ...]]:
    """Of the invoices, those that aren't payable, with what they lack."""
    return {row["pk"]: gaps for row, gaps in blocked_rows(found, today)}


def blocked_rows(found: QuerySet[Invoice], today: date) -> list[tuple[Row, tuple[Gap, ...]]]:
    """The same with what was read of them: `pk`, `customer_id`, `currency`, `open_item__balance` and others."""
    fields = ("pk", "customer_id", "number", "document_date", "po_number", "cost_code", "open_item__balance", "currency")
    rows = list(found.order_by().values(*fields))
    judged = _judged(rows, today)
    return [(row, judged[row["pk"]]) for row in rows if judged[row["pk"]]]


def blocked_money(actor: Actor, today: date) -> tuple[list[Blocked], dict[str, tuple[int, int]]]:
    """Money blocked per reason, customer and currency, the most first; and by currency how much in all (each invoice once) of how many
    invoices. An invoice that lacks two things counts under both reasons."""
    sums: dict[tuple[str, int, str], list[Any]] = {}
    totals: dict[str, tuple[int, int]] = {}
    for row, gaps in blocked_rows(candidates(Invoice.objects.visible_to(actor, "invoices.view")), today):
        customer, currency, balance = row["customer_id"], row["currency"], row["open_item__balance"]
        amount, count = totals.get(currency, (0, 0))
        totals[currency] = (amount + balance, count + 1)
        for code in {gap.code for gap in gaps}:
            entry = sums.setdefault((code, customer, currency), [0, 0, [], set()])
            mine = [gap for gap in gaps if gap.code == code]
            entry[0], entry[1] = entry[0] + balance, entry[1] + 1
            entry[2] += [gap.since for gap in mine if gap.since]
            entry[3] |= {gap.waits_for for gap in mine}
    blocked = [
        Blocked(code, customer, currency, amount, count, min(days, default=None), frozenset(who))
        for (code, customer, currency), (amount, count, days, who) in sums.items()
    ]
    return sorted(blocked, key=lambda b: (-b.amount, b.code, b.customer_id)), totals
