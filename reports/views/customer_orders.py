"""What was agreed with a customer, ordered and is under way: the page's tab of the order's life."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse

from arops.lib import clock
from customers.models import Customer
from orders.selectors import listing
from orders.views.columns import PAGES, state_of, to

SHOWN = 12
GROUPS = (
    ("contracts", "in_force", "Contracts in force"), ("purchase-orders", "usable", "Open purchase orders"),
    ("orders", "open", "Open orders"),
    ("work-orders", "open", "Open work orders"), ("work-orders", "unsigned", "Work done, not signed for"),
    ("deliveries", "under_way", "Deliveries under way"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A record of a group, as the tab shows it."""

    row: listing.Row
    id: str
    url: str
    about: str
    day: date | None
    state: str
    tone: str


@dataclass(frozen=True, slots=True)
class Group:
    """Records of one kind in one state; `more` is the list of all of them when there are more, `every` that of the kind."""

    label: str
    lines: list[Line]
    more: str
    every: str


def orders_tab(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """The groups that have something in them. Raises PermissionDenied without orders.view."""
    user: Any = request.user
    if not user.can("orders.view", customer.company_id):
        raise PermissionDenied("this needs the permission orders.view")
    groups = [_group(user, customer, *group) for group in GROUPS]
    lists = [(kind.label, f"{reverse(f'orders:{kind.code}')}?customer={customer.pk}") for kind in listing.KINDS.values()]
    can_edit = user.can("orders.edit", customer.company_id)
    entered = [kind for kind in listing.KINDS.values() if can_edit and kind.code != "deliveries"]
    new = [(kind.one, f"{reverse(f'orders:{kind.code}-new')}?customer={customer.pk}") for kind in entered]
    return {"groups": [g for g in groups if g.lines], "lists": lists, "new": new}


def _group(user: Any, customer: Customer, code: str, state: str, label: str) -> Group:
    kind, today = listing.KINDS[code], clock.today()
    found = listing.matching(user, kind, listing.Filters(customer=customer.pk, state=state), today)
    rows, after = listing.page_of(kind, found, sort="-date", size=SHOWN)
    every = f"{reverse(f'orders:{code}')}?{urlencode({'customer': customer.pk, 'state': state})}"
    return Group(label, [_line(code, row, today) for row in rows], every if after else "", every)


def _line(code: str, row: listing.Row, today: date) -> Line:
    record = row.record
    names = ("title", "po_number", "kind", "buyer", "carrier")
    about = next((text for name in names if (text := getattr(record, name, ""))), "")
    days = ("issued_on", "ordered_on", "shipped_on", "signed_on")
    day = next((value for name in days if (value := getattr(record, name, None))), None)
    return Line(row, f"{PAGES[code]}-{record.pk}", to(PAGES[code], record.pk), about, day, *state_of(row, today))
