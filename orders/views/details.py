"""One record: its facts and lines, its neighbours along the chain, the invoices that bill it, its files and its history."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from arops.lib import clock, money
from arops.lib.http import address, page
from orders.models import Contract, Delivery, PurchaseOrder, SalesOrder, WorkOrder
from orders.selectors import agreement, details, steps
from orders.selectors.chain import chain
from orders.selectors.figures import Figures, figures
from orders.selectors.history import history
from orders.selectors.listing import KINDS, Row
from orders.views.columns import PAGES, state_of
from org.access import allowed
from org.selectors import actor_names
from workflow.services.attachments import files_of

LISTED = 100
"""Prices that the page shows unless all are asked for."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact with its label; `url` where it leads somewhere, `tone` where it is good or bad news."""

    label: str
    text: str
    url: str = ""
    note: str = ""
    tone: str = ""


@allowed("orders.view")
def contract(request: HttpRequest, pk: int) -> HttpResponse:
    """A contract: today's prices, milestones and what recurs, every version beside the one before."""
    record = _found(request, Contract, pk)
    today, versions = clock.today(), agreement.versions_of(record)
    current, sums = agreement.current(record, versions, today), figures([record])[record.pk]
    prices = agreement.prices_on(current, today) if current else []
    every, drawn = request.GET.get("prices") == "all", steps.drafted(record)
    context = {
        "versions": agreement.compare(versions, record.currency), "current": current, "prices": prices if every else prices[:LISTED],
        "more_prices": 0 if every else max(0, len(prices) - LISTED),
        "steps": steps.with_bills(record, agreement.steps_on(record, current, today), drawn),
        "next_rise": agreement.next_rise(current, today) if current else None, "count": len(versions), "drawn": drawn.total,
    }  # fmt: skip
    return _page(request, record, "contracts", sums, _contract_figures(record, current, sums, context), _contract_facts(record), context)


@allowed("orders.view")
def purchase_order(request: HttpRequest, pk: int) -> HttpResponse:
    """A customer's purchase order: what is left of its amount and of each line."""
    record = _found(request, PurchaseOrder, pk)
    sums, lines = figures([record])[record.pk], details.purchase_order_lines(record)
    return _page(request, record, "purchase-orders", sums, _po_figures(record, sums), _po_facts(record), {"lines": lines})


@allowed("orders.view")
def order(request: HttpRequest, pk: int) -> HttpResponse:
    """An order: what of each line was delivered, done and billed."""
    record = _found(request, SalesOrder, pk)
    sums, lines = figures([record])[record.pk], details.order_lines(record)
    waiting = any(p.to_deliver for p in lines if not p.line.is_service)
    context = {"lines": lines, "can_deliver": waiting and record.state != "cancelled"}
    return _page(request, record, "orders", sums, _order_figures(record, sums, lines), _order_facts(record), context)


@allowed("orders.view")
def delivery(request: HttpRequest, pk: int) -> HttpResponse:
    """A delivery against its order."""
    record = _found(request, Delivery, pk)
    context = {"lines": details.delivery_lines(record)}
    return _page(request, record, "deliveries", Figures(), _delivery_figures(record), _delivery_facts(record), context)


@allowed("orders.view")
def work_order(request: HttpRequest, pk: int) -> HttpResponse:
    """A job: hours and parts, technician, the customer's sign-off."""
    record = _found(request, WorkOrder, pk)
    sums, lines = figures([record])[record.pk], list(record.lines.all())  # type: ignore[attr-defined]
    context = {"lines": lines, "is_open": record.state in ("ordered", "scheduled", "started")}
    return _page(request, record, "work-orders", sums, _work_figures(record, sums, lines), _work_facts(record), context)


def _found(request: HttpRequest, model: Any, pk: int) -> Any:
    user: Any = request.user
    return get_object_or_404(details.in_sight(user, model), pk=pk)


def _page(
    request: HttpRequest, record: Any, code: str, sums: Figures, numbers: list[Fact], facts: list[Fact], context: dict[str, Any]
) -> HttpResponse:
    """What every record's page has: head, chain, figures, facts, invoices, files, history."""
    user: Any = request.user
    kind, today = KINDS[code], clock.today()
    if code == "contracts":
        record = Contract.objects.prefetch_related("versions").select_related("company", "customer").get(pk=record.pk)
    words, tone = state_of(Row(record, sums), today)
    billed = details.billed_lines(record)
    can_edit = user.can("orders.edit", record.company_id)
    frame = {
        "record": record, "kind": kind, "name": PAGES[code], "body": f"orders/{PAGES[code].replace('-', '_')}.html", "cur": record.currency,
        "state": words, "tone": tone, "figures": numbers, "facts": [*facts, *_origin(record)], "chain": chain(user, record),
        "billed": billed[: details.SHOWN], "billed_more": len(billed) > details.SHOWN, "history": history(record), "today": today,
        "can_edit": can_edit, "list_url": reverse(f"orders:{code}"), "edit_url": reverse(f"orders:{PAGES[code]}-edit", args=[record.pk]),
        "files": files_of(user, record), "public_id": f"{_PREFIX[code]}_{record.pk}",
    }  # fmt: skip
    return page(request, "orders/detail.html", frame | context)


_PREFIX = {"contracts": "ctr", "purchase-orders": "po", "orders": "ord", "deliveries": "dlv", "work-orders": "wo"}


def _origin(record: Any) -> list[Fact]:
    """Where it came from."""
    names = actor_names({record.created_by})
    known = [Fact("Id there", record.external_id)] if record.external_id else []
    made = f"{names.get(record.created_by) or record.created_by}, {record.created_at:%Y-%m-%d %H:%M}"
    return [Fact("System", record.source_system), *known, Fact("Entered by", made), Fact("Changes", str(record.revision - 1))]


def said(amount: int | None, currency: str) -> str:
    """An amount for a figure; a dash for none."""
    return "–" if amount is None else money.format(amount, currency)


def day(value: date | None, otherwise: str = "–") -> str:
    """A day for a figure."""
    return f"{value:%-d %b %Y}" if value else otherwise


def _some(*facts: Fact) -> list[Fact]:
    """Facts that say something."""
    return [fact for fact in facts if fact.text]


def _link(label: str, record: Any, name: str) -> Fact:
    return Fact(label, record.number, address(f"orders:{name}", record.pk)) if record else Fact(label, "")


def _contract_figures(record: Contract, current: Any, sums: Figures, context: dict[str, Any]) -> list[Fact]:
    cur, limit = record.currency, current.not_to_exceed if current else None
    left = None if limit is None else limit - (sums.billed or 0)
    over = left is not None and left < context["drawn"]
    rise = context["next_rise"]
    held = f"v{current.number}" if current else "none"
    until = (f"to {day(current.valid_to)}" if current.valid_to else "until further notice") if current else "nothing holds today"
    return [
        Fact("In force", held, note=until, tone="" if current else "bad"),
        Fact(f"Not to exceed, {cur}", said(limit, cur), note="net, over its life" if limit else "no limit agreed"),
        Fact(f"Billed, {cur}", said(sums.billed, cur), "#billed" if sums.billed else "", _used(limit, sums.billed or 0)),
        Fact(f"Left, {cur}", said(left, cur), note=_waiting(left, context["drawn"], cur), tone="bad" if over else ""),
        Fact("Prices rise", day(rise, "never"), note=f"by {agreement.plain(current.escalator_percent)} %" if rise else ""),
    ]


def _used(limit: int | None, billed: int) -> str:
    return f"{100 * billed // limit} % used" if limit else ""


def _waiting(left: int | None, drawn: int, cur: str) -> str:
    """What drafts would take of what is left."""
    if not drawn:
        return ""
    return f"{said(drawn, cur)} in drafts" + (f", {said(left - drawn, cur)} after them" if left is not None else "")


def _contract_facts(record: Contract) -> list[Fact]:
    return _some(
        Fact("Title", record.title), Fact("Project", record.project), Fact("Signed", day(record.signed_on, "")),
        Fact("Ended early", day(record.ended_on, "")), Fact("Currency", record.currency),
    )  # fmt: skip


def _po_figures(record: PurchaseOrder, sums: Figures) -> list[Fact]:
    cur, today = record.currency, clock.today()
    late = record.expires_on is not None and record.expires_on < today
    share = f"{100 * (sums.billed or 0) // sums.value} % used" if sums.value else ""
    return [
        Fact(f"Amount, {cur}", said(sums.value, cur), note="blanket" if record.is_blanket else "one-off"),
        Fact(f"Billed, {cur}", said(sums.billed, cur), "#billed" if sums.billed else "", share),
        Fact(f"Left, {cur}", said(sums.left, cur), tone="bad" if (sums.left or 0) < 0 else ""),
        Fact("Issued", day(record.issued_on)),
        Fact("Expires", day(record.expires_on, "never"), note="expired" if late else "", tone="bad" if late else ""),
    ]


def _po_facts(record: PurchaseOrder) -> list[Fact]:
    return _some(
        _link("Contract", record.contract, "contract"), Fact("Buyer", record.buyer), Fact("Terms", record.payment_terms),
        Fact("Bill to", record.bill_to), Fact("Ship to", record.ship_to),
    )  # fmt: skip


def _order_figures(record: SalesOrder, sums: Figures, lines: Iterable[details.Progress]) -> list[Fact]:
    cur, goods = record.currency, [p for p in lines if not p.line.is_service]
    waiting = sum(1 for p in goods if p.to_deliver)
    delivered = "nothing to deliver" if not goods else "all delivered" if not waiting else f"{waiting} of {len(goods)} lines wait"
    return [
        Fact(f"Value, {cur}", said(sums.value, cur)),
        Fact(f"Billed, {cur}", said(sums.billed, cur), "#billed" if sums.billed else ""),
        Fact(f"Left, {cur}", said(sums.left, cur), tone="bad" if (sums.left or 0) < 0 else ""),
        Fact("Ordered", day(record.ordered_on), note=f"for {day(record.requested_on)}" if record.requested_on else ""),
        Fact("Goods", delivered[:1].upper() + delivered[1:]),
    ]


def _order_facts(record: SalesOrder) -> list[Fact]:
    freight = record.get_freight_display() or "as the contract says"
    agreed = f", {money.format(record.freight_amount, record.currency)} agreed" if record.freight_amount else ""
    written = "" if record.purchase_order and record.purchase_order.number == record.po_number else record.po_number
    return _some(
        _link("Purchase order", record.purchase_order, "purchase-order"), Fact("PO as the desk wrote it", written),
        _link("Contract", record.contract, "contract"), Fact("Terms", record.payment_terms), Fact("Tax code", record.tax_code),
        Fact("Freight", freight + agreed), Fact("Order desk", record.entered_by), Fact("Sales", record.sales_representative),
        Fact("Bill to", record.bill_to), Fact("Ship to", record.ship_to),
    )  # fmt: skip


def _delivery_figures(record: Delivery) -> list[Fact]:
    return [
        Fact("Shipped", day(record.shipped_on)),
        Fact("Delivered", day(record.delivered_on, "under way")),
        Fact("Signed by", record.signed_by or "nobody", tone="" if record.signed_by else "warn"),
        Fact("Carrier", record.carrier or "–"),
        Fact("Order", record.order.number, reverse("orders:order", args=[record.order_id])),
    ]


def _delivery_facts(record: Delivery) -> list[Fact]:
    own = record.order
    return _some(
        _link("Order", own, "order"), _link("Purchase order", own.purchase_order, "purchase-order"),
        _link("Contract", own.contract, "contract"), Fact("Note", record.note),
    )  # fmt: skip


def _work_figures(record: WorkOrder, sums: Figures, lines: Iterable[Any]) -> list[Fact]:
    hours = sum((line.quantity for line in lines if line.kind == "hours"), Decimal(0))
    signed = day(record.signed_off_on, "not signed")
    return [
        Fact("Scheduled", day(record.scheduled_on), note=f"ordered {day(record.ordered_on)}"),
        Fact("Completed", day(record.completed_on, "not yet")),
        Fact("Signed off", signed, note=record.signed_off_by, tone="warn" if record.state == "done" and not record.signed_off_on else ""),
        Fact("Hours", agreement.plain(hours)),
        Fact(f"Billed, {record.currency}", said(sums.billed, record.currency), "#billed" if sums.billed else ""),
    ]


def _work_facts(record: WorkOrder) -> list[Fact]:
    limit = said(record.not_to_exceed, record.currency) if record.not_to_exceed else ""
    return _some(
        Fact("Kind", record.kind), Fact("Site", record.site), Fact("Technician", record.technician), Fact("Cost code", record.cost_code),
        _link("Order", record.order, "order"), _link("Contract", record.contract, "contract"),
        _link("Purchase order", record.purchase_order, "purchase-order"), Fact("Not to exceed", limit), Fact("Note", record.note),
    )  # fmt: skip
