"""Which offers stand on one invoice, and the invoice as a row that `invoicing.payload` reads. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from arops.lib import money
from invoicing.billing.model import Offer, OfferLine
from invoicing.billing.money import certificate_for, plain, rate_on, retained, tax_on
from invoicing.checks.facts import Customer, Facts

ORIGINS = {"work": "work", "delivery": "order", "order": "order", "milestone": "milestone", "schedule": "schedule", "progress": "progress"}
"""Kind of source → the origin of drafts of it (invoicing.Draft.Origin)."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One invoice to be: its row, what it claims, where it comes from."""

    row: dict[str, Any]
    bases: tuple[str, ...]
    origin: str
    offers: tuple[Offer, ...]


def wants(customer: Customer, kind: str, day: date) -> bool:
    """Whether a requirement of that kind is in force for the customer on the day."""
    return any(r.kind == kind and r.valid_from <= day and (r.valid_to is None or day <= r.valid_to) for r in customer.requirements)


def plan(facts: Facts, offers: Iterable[Offer], company: str, day: date) -> list[Planned]:
    """The invoices of these offers, dated `day`: as few as the customer's rules allow, those longest due first.

    Never on one invoice: other customers, currencies, purchase orders, terms, cost codes, shares of retainage. Without a rule of the
    customer's, each order and each contract has its own; `consolidated` puts them together (goods of several orders stay apart, for a line
    belongs to its document's order); `one_work_order` gives each work order its own.
    """
    groups: dict[tuple[Any, ...], list[Offer]] = {}
    for offer in sorted(offers, key=lambda o: (o.day, o.key)):
        groups.setdefault(_together(offer, facts.customers[offer.customer], day), []).append(offer)
    return [_planned(facts, group, company, day) for group in groups.values()]


def _together(offer: Offer, customer: Customer, day: date) -> tuple[Any, ...]:
    head = (
        offer.customer, offer.currency, offer.po_number, offer.payment_terms, offer.cost_code, offer.retainage_percent,
        offer.kind in ("milestone", "schedule"),
    )  # fmt: skip
    if offer.kind == "work" and wants(customer, "one_work_order", day):
        return (*head, offer.key)
    goods = offer.order if offer.kind in ("delivery", "order") else ""
    if wants(customer, "consolidated", day):
        return (*head, goods)
    return (*head, goods or offer.order, offer.contract, offer.day if offer.kind == "schedule" else None)


def _planned(facts: Facts, offers: Sequence[Offer], company: str, day: date) -> Planned:
    first = offers[0]
    kinds = {ORIGINS[o.kind] for o in offers}
    lines = [line for offer in offers for line in offer.lines]
    row = {
        "company": company, "kind": "invoice", "customer": f"cus_{first.customer}", "currency": first.currency,
        "document_date": day.isoformat(), "payment_terms": first.payment_terms, "po_number": first.po_number,
        "cost_code": first.cost_code, "lines": [line_row(n, line, first.currency) for n, line in enumerate(lines, 1)],
    }  # fmt: skip
    orders = {o.order for o in offers}
    if len(orders) == 1 and first.order:
        row["order"] = first.order
    origin = kinds.pop() if len(kinds) == 1 else "order"
    keys = tuple(key for offer in offers for key in offer.keys)
    return Planned(finished(row, facts, first.customer, first.retainage_percent), keys, origin, tuple(offers))


def line_row(number: int, line: OfferLine, currency: str) -> dict[str, Any]:
    """A line as the payload wants it; what is empty is left out."""
    row = {
        "number": number, "sku": line.sku, "description": line.description, "quantity": plain(line.quantity), "unit": line.unit,
        "unit_price": plain(line.unit_price), "amount": money.to_text(line.amount, currency), "tax_code": line.tax_code,
        "po_line": line.po_line, "order_line": line.order_line, "work_order": line.work_order, "contract": line.contract,
        "period_from": line.period_from and line.period_from.isoformat(), "period_to": line.period_to and line.period_to.isoformat(),
    }  # fmt: skip
    return {name: value for name, value in row.items() if value not in ("", None)}


def finished(row: Mapping[str, Any], facts: Facts, customer: int, retainage_percent: Decimal = Decimal(0)) -> dict[str, Any]:
    """A row with the tax of its lines, its sums and what is kept back of it; certificates that free it of tax are named in `reason`.

    A code without a rate on the document's day is charged nothing: the check says so.
    """
    whose, day, currency = facts.customers[customer], date.fromisoformat(row["document_date"]), row["currency"]
    lines, named = [], dict[str, None]()
    for line in row["lines"]:
        amount, percent = money.parse(line["amount"], currency), Decimal(0)
        rate = rate_on(facts.tax_rates, line.get("tax_code", ""), day)
        if rate and not wants(whose, "no_tax_line", day):
            paper = certificate_for(whose, rate, day)
            percent = Decimal(0) if paper else rate.percent
            if paper:
                named[f"Exempt from {rate.name} tax by certificate {paper.reference or 'on file'}"] = None
        lines.append({**line, "tax_amount": money.to_text(tax_on(amount, percent), currency)})
    net = sum(money.parse(line["amount"], currency) for line in lines)
    tax = sum(money.parse(line["tax_amount"], currency) for line in lines)
    sums = {"subtotal": net, "tax_total": tax, "total": net + tax}
    done = {**row, "lines": lines, **{name: money.to_text(value, currency) for name, value in sums.items()}}
    kept = retained(net, retainage_percent)
    if kept > 0:
        done["retainage"] = money.to_text(kept, currency)
    said = "; ".join(filter(None, [_unnamed(str(row.get("reason") or "")), *named]))[:200]
    if said or row.get("reason"):
        done["reason"] = said
    return done


def _unnamed(reason: str) -> str:
    """A reason without the certificates that were named in it before."""
    return "; ".join(part for part in reason.split("; ") if not part.startswith("Exempt from "))
