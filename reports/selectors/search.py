"""One box for everything within sight: customers, documents, receipts, disputes, and what was agreed, ordered and done; by name, number,
purchase order or amount."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from arops.lib import money
from arops.lib.http import address
from customers.models import Customer
from disputes.models import Dispute
from invoicing.models import Invoice
from ledger.models import OpenItem
from orders.selectors.listing import KINDS
from org.actors import Actor


@dataclass(frozen=True, slots=True)
class Hit:
    """One find, as the palette shows it."""

    kind: str
    label: str
    hint: str
    url: str


_RECORDS = {
    "contracts": "orders:contract", "purchase-orders": "orders:purchase-order", "orders": "orders:order", "deliveries": "orders:delivery",
    "work-orders": "orders:work-order",
}  # fmt: skip
"""Kinds of records of the order's life → their pages."""
MOST = 2_000
"""Keys looked at for one meaning of a text."""


def search(actor: Actor, text: str, limit: int = 8) -> list[Hit]:
    """Customers first, then documents and receipts, disputes, orders; each kind's exact numbers before the rest."""
    wanted = " ".join(text.split())[:100]
    if len(wanted) < 2:
        return []
    money_finds = [*_customers(actor, wanted, limit), *_items(actor, wanted, limit), *_disputes(actor, wanted, limit)]
    return [*money_finds, *_records(actor, wanted, limit)]


def _customers(actor: Actor, text: str, limit: int) -> list[Hit]:
    found: Any = Customer.objects.visible_to(actor, "customers.view").select_related("company")
    exact = found.filter(number__iexact=text)
    named = found.filter(Q(name__icontains=text) | Q(number__istartswith=text)).exclude(number__iexact=text)
    rows = [*exact[:limit], *named[: limit - min(limit, len(exact[:limit]))]]
    return [Hit("customer", c.name, f"{c.number} · {c.company.code}", reverse("customers:detail", args=[c.pk])) for c in rows]


def _items(actor: Actor, text: str, limit: int) -> list[Hit]:
    """By number, then by purchase order, then by amount: one after the other, each by its own index, until there are enough."""
    found: Any = OpenItem.objects.visible_to(actor, "invoices.view").select_related("customer", "company").order_by("-document_date", "-pk")
    rows: list[OpenItem] = []
    for way in _ways(actor, text):
        if len(rows) < limit:
            rows += found.filter(way).exclude(pk__in=[row.pk for row in rows])[: limit - len(rows)]
    return [_item_hit(item) for item in rows]


def _ways(actor: Actor, text: str) -> Iterator[Q]:
    """What a text may mean of an item, the most certain first. Two letters are in half of all numbers: they count as whole ones."""
    seen: Any = OpenItem.objects.visible_to(actor, "invoices.view")
    yield Q(pk__in=list(seen.filter(number__iexact=text).order_by().values_list("pk", flat=True)[:MOST]))
    if len(text) > 2:
        yield Q(pk__in=list(seen.filter(number__icontains=text).order_by("-pk").values_list("pk", flat=True)[:MOST]))
    ordered: Any = Invoice.objects.visible_to(actor, "invoices.view").exclude(po_number="").filter(po_number__istartswith=text)
    keys = ordered.order_by().values_list("open_item", "po_number")[:MOST]
    yield Q(pk__in=[item for item, po in keys if po.upper() == text.upper()])
    if cents := _amount(text):
        yield Q(balance=cents) | Q(amount=cents) | Q(amount=-cents)


def _amount(text: str) -> int:
    """The minor units that a text means (of a currency with two decimals); 0 where it is rather a number than an amount."""
    plain = text.replace(",", "")
    try:
        cents = abs(money.parse(plain, "USD"))
    except money.MoneyError:
        return 0
    return cents if "." in plain or cents >= 100_00 else 0


def _item_hit(item: OpenItem) -> Hit:
    kind = "receipt" if item.kind == "receipt" else "invoice"
    whose = item.customer.name if item.customer else "unidentified"
    amount = f"{money.format(item.balance, item.currency)} {item.currency} open" if item.balance else "closed"
    return Hit(kind, f"{item.number} · {whose}", f"{item.get_kind_display()} · {amount}", reverse("ledger:item", args=[item.pk]))


def _records(actor: Actor, text: str, limit: int) -> list[Hit]:
    """Contracts, purchase orders, orders, deliveries and work orders by the beginning of their numbers."""
    found: list[Hit] = []
    for kind, page in _RECORDS.items():
        seen: Any = KINDS[kind].model.objects.visible_to(actor, "orders.view").named(text)
        # Unordered first: for the latest of few the planner would rather walk all records backwards than use the index of numbers.
        keys = sorted(seen.order_by().values_list("pk", flat=True)[:MOST], reverse=True)[: limit - min(limit, len(found))]
        rows = KINDS[kind].model.objects.select_related("customer").filter(pk__in=keys).order_by("-pk")
        words = KINDS[kind].one.capitalize()
        found += [Hit("order", f"{r.number} · {r.customer.name}", words, address(page, r.pk)) for r in rows]
    return found


def _disputes(actor: Actor, text: str, limit: int) -> list[Hit]:
    found: QuerySet[Dispute] = Dispute.objects.visible_to(actor, "disputes.view").select_related("customer")
    rows = found.filter(Q(number__icontains=text) | Q(open_item__number__iexact=text))[:limit]
    return [Hit("dispute", f"{d.number} · {d.customer.name}", d.get_state_display(), address("disputes:detail", d.pk)) for d in rows]
