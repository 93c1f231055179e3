"""What follows of a record: what its lines come to, what was billed of it, what is left."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, Exists, F, Func, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, Coalesce

from arops.lib import money
from orders.models import Contract, ContractVersion, Delivery, PurchaseOrder, PurchaseOrderLine, SalesOrder, SalesOrderLine, WorkOrder

_INCLUDED = ContractVersion.Freight.INCLUDED


@dataclass(frozen=True, slots=True)
class Figures:
    """Minor units, net: `value` by the record and its lines (None: it has none), `billed` by invoices less credit memos."""

    value: int | None = None
    billed: int | None = None

    @property
    def left(self) -> int | None:
        """What may still be billed; below zero when too much was."""
        return None if self.value is None else self.value - (self.billed or 0)


def figures(records: Sequence[Any]) -> dict[int, Figures]:
    """Figures of records of one kind by their key, in two statements."""
    if not records:
        return {}
    value, billed = _values(records), billed_of(records)
    return {r.pk: Figures(value.get(r.pk), billed.get(r.pk, 0) if not isinstance(r, Delivery) else None) for r in records}


def _values(records: Sequence[Any]) -> dict[int, int]:
    if isinstance(records[0], SalesOrder):
        return _of_orders(records)
    return _of_purchase_orders(records) if isinstance(records[0], PurchaseOrder) else {}


def _of_orders(records: Sequence[Any]) -> dict[int, int]:
    """What the lines come to, and the freight that was agreed to be billed."""
    currency = {r.pk: r.currency for r in records}
    found: dict[int, int] = defaultdict(int)
    lines = SalesOrderLine.objects.filter(order__in=currency).order_by()
    for order, quantity, price in lines.values_list("order_id", "quantity", "unit_price").iterator(5_000):
        found[order] += money.round_to_minor(quantity * price, currency[order])
    for record in records:
        if record.freight_amount and record.freight != _INCLUDED:
            found[record.pk] += record.freight_amount
    return found


def _of_purchase_orders(records: Sequence[Any]) -> dict[int, int]:
    """The order's own amount, else what its lines say; none where some line is without amount and price."""
    currency = {r.pk: r.currency for r in records if r.amount is None}
    sums: dict[int, int | None] = {}
    lines = PurchaseOrderLine.objects.filter(order__in=currency).order_by()
    for order, quantity, price, amount in lines.values_list("order_id", "quantity", "unit_price", "amount").iterator(5_000):
        before, this = sums.get(order, 0), line_value(quantity, price, amount, currency[order])
        sums[order] = None if before is None or this is None else before + this
    return {r.pk: r.amount for r in records if r.amount is not None} | {k: v for k, v in sums.items() if v is not None}


def line_value(quantity: Decimal | None, price: Decimal | None, amount: int | None, currency: str) -> int | None:
    """Minor units of a line; None where it names neither an amount nor quantity and price."""
    if amount is not None:
        return amount
    return None if quantity is None or price is None else money.round_to_minor(quantity * price, currency)


LINKS = {Contract: "agreement", PurchaseOrder: "purchase_order", SalesOrder: "sales_order", WorkOrder: "job"}
"""How a line of an invoice points to a record of each kind."""


def invoice_lines(model: Any) -> Any:
    """The table of invoice lines, which stands on a higher floor, as the record's own reverse relation knows it."""
    return model._meta.get_field("invoice_lines").related_model


def billed_of(records: Sequence[Any]) -> dict[int, int]:
    """Minor units billed, net, by the record's key: invoices and debit memos less credit memos. What releases retainage was billed before,
    with the invoice that it was held back of."""
    link = LINKS.get(type(records[0])) if records else None
    if not link:
        return {}
    lines = invoice_lines(type(records[0])).objects.filter(**{f"{link}__in": [r.pk for r in records]}, releases=None)
    found = signed_sums(lines.values_list(link, "invoice__kind").annotate(total=Sum("amount")).order_by())
    for key, _, amount in credited_whole(lines, link):
        found[key] -= amount
    return found


def credited_whole(lines: QuerySet[Any], key: str) -> Iterator[tuple[Any, Decimal, int]]:
    """What credit memos without lines took back of invoices' lines, their share of each: key, quantity, minor units."""
    memos = {"invoice__memos__kind": "credit_memo", "invoice__memos__lines": None}
    rows = lines.filter(**memos).exclude(invoice__kind="credit_memo").exclude(invoice__subtotal=0).order_by()
    for found, quantity, amount, whole, memo in rows.values_list(
        key, "quantity", "amount", "invoice__subtotal", "invoice__memos__subtotal"
    ):
        share = Decimal(memo) / whole
        yield found, quantity * share, round(amount * share)


def signed_sums(rows: Iterable[tuple[int, str, Any]]) -> dict[int, Any]:
    """(key, kind of document, sum) summed by key, credit memos below zero."""
    found: dict[int, Any] = {}
    for key, kind, total in rows:
        found[key] = found.get(key, 0) + (-total if kind == "credit_memo" else total)
    return found


def sums_of(found: QuerySet[Any], currency: str) -> dict[str, int]:
    """What records of one currency come to in all: value, billed and left, minor units; summed by the database, for there may be many."""
    valued = _valued(found)
    billed = _billed(found)
    if valued is None:
        return {"billed": billed}
    value = _value(valued, currency)
    return {"value": value, "billed": billed, "left": value - (billed if valued is found else _billed(valued))}


def _valued(found: QuerySet[Any]) -> QuerySet[Any] | None:
    """Those whose value can be told; None where the kind has none."""
    if found.model is SalesOrder:
        return found
    if found.model is not PurchaseOrder:
        return None
    lines = PurchaseOrderLine.objects.filter(order=OuterRef("pk"))
    unclear = Exists(lines.filter(Q(quantity=None) | Q(unit_price=None), amount=None))
    return found.filter(Q(amount__isnull=False) | (Exists(lines) & ~unclear))


def _value(valued: QuerySet[Any], currency: str) -> int:
    product = _Minor(F("quantity") * F("unit_price"), digits=money.exponent(currency))
    if valued.model is SalesOrder:
        lines = SalesOrderLine.objects.filter(order__in=valued.values("pk"))
        freight = valued.exclude(freight=_INCLUDED).aggregate(total=Sum("freight_amount"))["total"] or 0
        return int((lines.aggregate(total=Sum(product))["total"] or 0) + freight)
    own = valued.aggregate(total=Sum("amount"))["total"] or 0
    rest = PurchaseOrderLine.objects.filter(order__in=valued.filter(amount=None).values("pk"))
    each = Coalesce(Cast("amount", DecimalField(max_digits=30, decimal_places=0)), product)
    return int(own + (rest.aggregate(total=Sum(each))["total"] or 0))


class _Minor(Func):
    """An amount in minor units, halves to the even one, as `arops.lib.money` rounds."""

    output_field = DecimalField()

    def __init__(self, amount: Any, digits: int, **extra: Any) -> None:
        scaled = f"(%(expressions)s) * {10 ** int(digits)}"
        whole = f"trunc({scaled})"
        template = f"CASE WHEN abs({scaled} - {whole}) = 0.5 AND mod({whole}, 2) = 0 THEN {whole} ELSE round({scaled}) END"
        super().__init__(amount, template=template, **({"digits": digits} | extra))


def _billed(found: QuerySet[Any]) -> int:
    link = LINKS[found.model]
    lines = invoice_lines(found.model).objects.filter(**{f"{link}__in": found.values("pk")}, releases=None)
    rows = lines.order_by().values_list(Value(0), "invoice__kind").annotate(total=Sum("amount"))
    return int(signed_sums(rows).get(0, 0)) - sum(amount for _, _, amount in credited_whole(lines, "invoice"))
