"""Drafts of what was done: from work orders, deliveries, orders, milestones and schedules; progress claims; retainage that is released."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from arops.lib import money
from arops.lib.merging import day_in, language_of, merge
from arops.lib.words import by_language
from customers.models import Customer
from invoicing.billing.grouping import Planned, finished, line_row, plan
from invoicing.billing.model import OfferLine
from invoicing.billing.offers import frame_of, tax_code_for
from invoicing.billing.progress import due_now
from invoicing.checks.facts import Contract as ContractFacts
from invoicing.checks.facts import Facts
from invoicing.models import Draft, DraftBasis, Invoice
from invoicing.selectors.batch import Batch
from invoicing.selectors.chain import Chain, Placed
from invoicing.selectors.facts import load
from invoicing.selectors.unbilled import Asked, Unbilled, asked_by, of_company, policy_of, probe, probe_line
from invoicing.services.checking import check_draft
from invoicing.services.drafting import BilledAlready, DraftRefused, document_of, save_draft
from ledger.models import OpenItem
from orders.models import Contract
from org.actors import Actor, require
from org.models import Company

PROGRESS = "PROGRESS"
"""The article of a progress claim's line."""


class BillingRefused(DraftRefused):
    """Something that can't be billed as asked; the message says why."""


@dataclass(slots=True)
class Made:
    """What became of a choice: drafts, and what was left out with the reason, by its key."""

    drafts: list[Draft] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """For a job's page."""
        return {"drafts": len(self.drafts), "left_out": len(self.left_out)}


def make_drafts(*, actor: Actor, company: Company, keys: Collection[str], today: date, day: date | None = None) -> Made:
    """Drafts dated `day` (today) of what these keys name, as few as the customers' rules allow. What is not ready, or was billed by
    someone in the meantime, is left out with the reason. Raises NotAllowed.
    """
    require(actor, "invoices.issue", company.pk)
    found = of_company(company, asked_by(actor.reach("invoices.issue"), company.pk, today), frozenset(keys))
    made = Made()
    offered = {offer.key: offer for offer in found.offers}
    for key in keys:
        offer = offered.get(key)
        if offer is None:
            made.left_out[key] = "it was billed already, or there is no such work"
        elif not offer.is_ready:
            made.left_out[key] = f"{offer.number}: {'; '.join(r.words for r in offer.reasons) or 'nothing of it is billable'}"
    _keep(actor, found, [offered[k] for k in keys if k in offered and offered[k].is_ready], today, day or today, made)
    return made


def _keep(actor: Actor, found: Unbilled, ready: Sequence[Any], today: date, day: date, made: Made) -> None:
    if not ready or found.facts is None:
        return
    for planned in plan(found.facts, ready, found.company.code, day):
        try:
            made.drafts.append(_saved(actor, planned, today))
        except (BilledAlready, DraftRefused) as refusal:
            made.left_out |= {offer.key: str(refusal) for offer in planned.offers}


@transaction.atomic
def _saved(actor: Actor, planned: Planned, today: date) -> Draft:
    draft = save_draft(actor=actor, row=planned.row, origin=planned.origin, bases=planned.bases, today=today)
    return check_draft(actor=actor, draft=draft, today=today)


def bill_schedules(*, actor: Actor, company: Company, day: date) -> Made:
    """Drafts of every recurring amount that is due by that day and not billed, each period once, those missed before included."""
    require(actor, "invoices.issue", company.pk)
    found = of_company(company, Asked(company.pk, day), kinds=("schedule",))
    made = Made()
    for offer in found.offers:
        if not offer.is_ready:
            made.left_out[offer.key] = f"{offer.number}: {'; '.join(r.words for r in offer.reasons)}"
    _keep(actor, found, [o for o in found.offers if o.is_ready], day, day, made)
    return made


@transaction.atomic
def claim_progress(
    *, actor: Actor, contract: Contract, today: date, day: date, percent: Decimal | None = None, amount: int | None = None, note: str = "",
) -> Draft:  # fmt: skip
    """A draft for progress on a contract: `percent` complete in all, less what was billed before, or an `amount` (net, minor units).

    What the contract lets the customer keep is held back. One claim at a time. Raises BillingRefused, BilledAlready, NotAllowed.
    """
    require(actor, "invoices.issue", contract.company_id)
    list(Contract.objects.select_for_update(of=("self",), no_key=True).filter(pk=contract.pk))
    facts = _facts_about(contract, today)
    known = facts.contracts[contract.pk]
    count = DraftBasis.objects.filter(key__startswith=f"progress:{contract.pk}:").count() + 1
    if Draft.objects.live().filter(bases__key__startswith=f"progress:{contract.pk}:").exists():
        raise BilledAlready(f"a progress claim on {contract.number} is a draft already: issue or discard it first")
    try:
        due = due_now(known, day, percent, amount)
    except ValueError as error:
        raise BillingRefused(str(error)) from None
    row = _progress_row(facts, known, contract, due, day, note or f"Progress claim {count} on {contract.number}")
    draft = save_draft(actor=actor, row=row, origin=Draft.Origin.PROGRESS, bases=[f"progress:{contract.pk}:{count}"], today=today)
    return check_draft(actor=actor, draft=draft, today=today)


def _progress_row(facts: Facts, known: ContractFacts, contract: Contract, due: int, day: date, words: str) -> dict[str, Any]:
    frame = frame_of(facts, contract.pk, day)
    code, price = tax_code_for(facts, contract.pk, day), money.to_decimal(due, contract.currency)
    line = OfferLine(PROGRESS, words[:300], Decimal(1), "EA", price, due, code, contract=contract.number)
    row = {
        "company": contract.company.code, "kind": "invoice", "customer": f"cus_{contract.customer_id}", "currency": contract.currency,
        "document_date": day.isoformat(), "payment_terms": frame["payment_terms"], "po_number": frame["po_number"],
        "lines": [line_row(1, line, contract.currency)],
    }  # fmt: skip
    return finished(row, facts, contract.customer_id, frame["retainage_percent"])


def _facts_about(contract: Contract, today: date) -> Facts:
    asked = Asked(contract.company_id, today)
    placed = [probe(asked, contract.customer_id, [probe_line("", contract=contract.pk)])]
    return load(Batch(placed, Chain(placed), policy_of(contract.company)))[1]


@transaction.atomic
def release_retainage(*, actor: Actor, amounts: Mapping[Invoice, int], today: date, day: date) -> Draft:
    """A draft that bills retainage of these invoices of one customer, in whole or in part (positive minor units each).

    Raises BillingRefused, BilledAlready, NotAllowed.
    """
    invoices = sorted(amounts, key=lambda i: (i.document_date, i.pk))
    if not invoices or len({(i.customer_id, i.currency) for i in invoices}) != 1:
        raise BillingRefused("retainage of one customer and currency is released at a time")
    first = invoices[0]
    require(actor, "invoices.issue", first.company_id)
    held = held_of(invoices)
    for invoice in invoices:
        if not 0 < amounts[invoice] <= held.get(invoice.number, 0):
            left = money.format(held.get(invoice.number, 0), invoice.currency)
            raise BillingRefused(f"{left} {invoice.currency} is still held of {invoice.number}: release more than nothing, and no more")
    row = {
        "company": first.company.code, "kind": "invoice", "customer": f"cus_{first.customer_id}", "currency": first.currency,
        "document_date": day.isoformat(), "payment_terms": first.payment_terms, "po_number": first.po_number,
        "lines": [_release_line(n, invoice, amounts[invoice]) for n, invoice in enumerate(invoices, 1)],
    }  # fmt: skip
    row = finished(row, _no_tax(first), first.customer_id)
    draft = save_draft(actor=actor, row=row, origin=Draft.Origin.RETAINAGE, bases=[_release_key(i) for i in invoices], today=today)
    return check_draft(actor=actor, draft=draft, today=today)


def _release_key(invoice: Invoice) -> str:
    """Two drafts don't release of one invoice at once; once one is issued, what is left can be released by another."""
    return f"retainage:{invoice.pk}:{invoice.releasing_lines.count() + 1}"


def _release_line(number: int, invoice: Invoice, amount: int) -> dict[str, Any]:
    contract = invoice.lines.exclude(contract="").values_list("contract", flat=True).first() or ""
    text = money.to_text(amount, invoice.currency)
    language = language_of(invoice.customer.language)
    said = merge(by_language("paper")[language]["release_line"], {"number": invoice.number, "day": day_in(invoice.document_date, language)})
    row = {
        "number": number, "sku": "RETAINAGE", "description": said, "quantity": "1", "unit": "EA", "unit_price": text, "amount": text,
        "releases": f"inv_{invoice.pk}", "contract": contract,
    }  # fmt: skip
    return {name: value for name, value in row.items() if value}


def held_of(invoices: Iterable[Invoice]) -> dict[str, int]:
    """Number of an invoice → retainage of it that is still held (minor units)."""
    found = list(invoices)
    items = OpenItem.objects.filter(
        kind=OpenItem.Kind.RETAINAGE, company__in={i.company_id for i in found}, number__in=[i.number for i in found]
    ).exclude(balance=0)
    return dict(items.values_list("number", "balance"))


def _no_tax(invoice: Invoice) -> Facts:
    """Facts enough for lines without tax: retainage was taxed with the invoice it was held back of."""
    asked = Asked(invoice.company_id, invoice.document_date)
    placed = [Placed(0, invoice.company_id, invoice.customer_id, probe(asked, invoice.customer_id, ()).document)]
    return load(Batch(placed, Chain(placed)))[1]


def with_tax(*, company: Company, customer: Customer, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with the taxes of its lines worked out anew for its day, by the rates of their codes and the customer's certificates."""
    document = document_of({**row, **dict.fromkeys(("subtotal", "tax_total", "total"))})
    if isinstance(document, list):
        raise BillingRefused("; ".join(p.detail for p in document), document)
    placed = [Placed(0, company.pk, customer.pk, document)]
    facts = load(Batch(placed, Chain(placed), policy_of(company)))[1]
    kept = row.get("retainage")
    done = finished(_with_amounts(row, document), facts, customer.pk)
    return {**done, "retainage": kept} if kept else done


def _with_amounts(row: Mapping[str, Any], document: Any) -> dict[str, Any]:
    amounts = {line.number: money.to_text(line.amount, document.currency) for line in document.lines}
    lines = [{**line, "number": n, "amount": amounts[n]} for line, n in zip(row["lines"], amounts, strict=True)]
    return {**row, "lines": lines}


__all__ = [
    "BillingRefused", "Made", "bill_schedules", "claim_progress", "held_of", "make_drafts", "release_retainage", "with_tax",
]  # fmt: skip
