"""One box for everything: customers, documents, receipts and disputes by name, number, purchase order or amount, within sight."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from arops.lib import money
from arops.lib.http import address
from customers.models import Customer
from disputes.models import Dispute
from ledger.models import OpenItem
from org.actors import Actor


@dataclass(frozen=True, slots=True)
class Hit:
    """One find, as the palette shows it."""

    kind: str
    label: str
    hint: str
    url: str


def search(actor: Actor, text: str, limit: int = 8) -> list[Hit]:
    """Customers first, then documents and receipts, then disputes; each kind's exact numbers before the rest."""
    wanted = " ".join(text.split())[:100]
    if len(wanted) < 2:
        return []
    return [*_customers(actor, wanted, limit), *_items(actor, wanted, limit), *_disputes(actor, wanted, limit)]


def _customers(actor: Actor, text: str, limit: int) -> list[Hit]:
    found: Any = Customer.objects.visible_to(actor, "customers.view").select_related("company")
    exact = found.filter(number__iexact=text)
    named = found.filter(Q(name__icontains=text) | Q(number__istartswith=text)).exclude(number__iexact=text)
    rows = [*exact[:limit], *named[: limit - min(limit, len(exact[:limit]))]]
    return [Hit("customer", c.name, f"{c.number} · {c.company.code}", reverse("customers:detail", args=[c.pk])) for c in rows]


def _items(actor: Actor, text: str, limit: int) -> list[Hit]:
    found: Any = OpenItem.objects.visible_to(actor, "invoices.view").select_related("customer", "company")
    rows = list(found.filter(number__iexact=text)[:limit])
    rows += list(found.filter(_holds(text)).exclude(pk__in=[r.pk for r in rows]).order_by("-document_date")[: limit - len(rows)])
    return [_item_hit(item) for item in rows]


def _holds(text: str) -> Q:
    held = Q(number__icontains=text) | Q(po_number__iexact=text)
    plain = text.replace(",", "")
    try:
        cents = abs(money.parse(plain, "USD"))
    except money.MoneyError:
        return held
    return held | Q(balance=cents) | Q(amount=cents) | Q(amount=-cents) if "." in plain or cents >= 100_00 else held


def _item_hit(item: OpenItem) -> Hit:
    kind = "receipt" if item.kind == "receipt" else "invoice"
    whose = item.customer.name if item.customer else "unidentified"
    amount = f"{money.format(item.balance, item.currency)} {item.currency} open" if item.balance else "closed"
    return Hit(kind, f"{item.number} · {whose}", f"{item.get_kind_display()} · {amount}", reverse("ledger:item", args=[item.pk]))


def _disputes(actor: Actor, text: str, limit: int) -> list[Hit]:
    found: QuerySet[Dispute] = Dispute.objects.visible_to(actor, "disputes.view").select_related("customer")
    rows = found.filter(Q(number__icontains=text) | Q(open_item__number__iexact=text))[:limit]
    return [Hit("dispute", f"{d.number} · {d.customer.name}", d.get_state_display(), address("disputes:detail", d.pk)) for d in rows]
