"""Reading documents: the list by its filters, cheap on a million rows; one document with what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from customers.models import Customer
from invoicing.models import Invoice
from invoicing.selectors.payable import blocked_in, candidates
from ledger.models import OpenItem
from org.actors import Actor

PAGE = 100
SUMMED = 5_000
"""Documents up to which the list says count and totals at once; beyond, they are asked for."""
SORTS = {
    "date": "document_date", "due": "open_item__due_date", "number": "number", "customer": "customer__name", "total": "open_item__amount",
    "open": "open_item__balance",
}  # fmt: skip
STATES = ("open", "overdue", "disputed", "blocked", "paid")
CONTESTED = ("open", "investigating", "waiting", "decision", "settling")
_NAMES, _NUMBERS = 500, 2_000


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to; what is empty narrows nothing. Amounts are minor units of a document's total."""

    text: str = ""
    company: int | None = None
    customer: int | None = None
    kind: str = ""
    state: str = ""
    currency: str = ""
    dated_from: date | None = None
    dated_to: date | None = None
    due_from: date | None = None
    due_to: date | None = None
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """Count and sums by currency: (currency, documents, amount, open), signed minor units. None: more than is summed unasked."""

    rows: list[tuple[str, int, int, int]] | None

    @property
    def count(self) -> int | None:
        """How many documents; None when there are more than are counted unasked."""
        return None if self.rows is None else sum(n for _, n, _, _ in self.rows)


@dataclass(frozen=True, slots=True)
class Slice:
    """A page of the list, and the cursor of the next."""

    rows: list[Invoice] = field(default_factory=list)
    after: str = ""


def matching(actor: Actor, filters: Filters, today: date) -> QuerySet[Invoice]:
    """The documents in sight that the filters mean."""
    found: Any = Invoice.objects.visible_to(actor, "invoices.view")
    exact = {
        "company": filters.company, "customer": filters.customer, "kind": filters.kind, "currency": filters.currency,
        "document_date__gte": filters.dated_from, "document_date__lte": filters.dated_to,
        "open_item__due_date__gte": filters.due_from, "open_item__due_date__lte": filters.due_to,
    }  # fmt: skip
    found = found.filter(**{name: value for name, value in exact.items() if value not in (None, "")})
    found = found.amounting(filters.least, filters.most)
    found = _in_state(found, filters.state, today)
    return _named(found, filters.text, actor) if filters.text else found


def _in_state(found: Any, state: str, today: date) -> Any:
    if state == "open":
        return found.open()
    if state == "overdue":
        return found.overdue(today)
    if state == "paid":
        return found.paid()
    if state == "disputed":
        return found.filter(open_item__in=OpenItem.objects.filter(disputes__state__in=CONTESTED))
    if state == "blocked":
        return found.filter(pk__in=list(blocked_in(candidates(found), today)))
    return found


def _named(found: Any, text: str, actor: Actor) -> Any:
    """By number, purchase order or customer. Keys are looked up first, each by its own index, for an OR over tables uses none."""
    names = Q(name__icontains=text) | Q(number__iexact=text)
    customers = list(Customer.objects.visible_to(actor, "invoices.view").filter(names).values_list("pk", flat=True)[:_NAMES])
    numbers = Q(number__icontains=text) if len(text) > 2 else Q(number__iexact=text)
    items = OpenItem.objects.visible_to(actor, "invoices.view").filter(numbers, kind__in=Invoice.Kind.values)
    keys = list(items.order_by("-pk").values_list("pk", flat=True)[:_NUMBERS])
    if customers or len(keys) == _NUMBERS:
        return found.named(text, customers, keys)
    # Few documents: their keys are taken too, for the planner would rather walk all documents by date than OR two indexes.
    ordered = list(found.named(text, [], []).order_by().values_list("pk", flat=True)[:_NUMBERS])
    if len(ordered) == _NUMBERS:
        return found.named(text, customers, keys)
    return found.filter(pk__in={*ordered, *Invoice.objects.filter(open_item__in=keys).values_list("pk", flat=True)})


def totals(found: QuerySet[Invoice], *, everything: bool = False) -> Totals:
    """Count and sums by currency; of more than SUMMED documents only where `everything` is asked for."""
    columns = ("currency", "open_item__amount", "open_item__balance")
    if everything:
        sums = found.order_by().values("currency").annotate(n=Count("pk"), a=Sum(columns[1]), b=Sum(columns[2])).order_by("currency")
        return Totals([(row["currency"], row["n"], row["a"], row["b"]) for row in sums])
    read = list(found.order_by().values_list(*columns)[: SUMMED + 1])
    return Totals(None if len(read) > SUMMED else _summed(read))


def _summed(rows: Sequence[tuple[str, int, int]]) -> list[tuple[str, int, int, int]]:
    sums: dict[str, list[int]] = {}
    for currency, amount, balance in rows:
        entry = sums.setdefault(currency, [0, 0, 0])
        entry[0] += 1
        entry[1] += amount
        entry[2] += balance
    return [(currency, *entry) for currency, entry in sorted(sums.items())]  # type: ignore[misc]


def slice_of(found: QuerySet[Invoice], *, sort: str = "-date", after: str = "", size: int = PAGE) -> Slice:
    """The page after the cursor. `sort` is a name of SORTS, `-` before it for the largest first; a cursor that makes no sense is none."""
    down, path = sort.startswith("-"), SORTS[sort.lstrip("-")]
    sign = "-" if down else ""
    cursor = _cursor(after, path)
    if cursor:
        value, pk = cursor
        way = "lt" if down else "gt"
        beyond = Q(**{f"{path}__{way}": value}) | Q(**{path: value, f"pk__{way}": pk})
        found = found.filter(beyond, **{f"{path}__{way}e": value})
    # Keys first, rows after: a million wide rows would be sorted on disk, a million keys are not.
    keys = list(found.order_by(f"{sign}{path}", f"{sign}pk").values_list("pk", flat=True)[: size + 1])
    whole = Invoice.objects.select_related("company", "customer", "open_item").in_bulk(keys[:size])
    rows = [whole[key] for key in keys[:size]]
    return Slice(rows, _cursor_of(rows[-1], path) if len(keys) > size else "")


def _cursor_of(row: Invoice, path: str) -> str:
    value: Any = row
    for name in path.split("__"):
        value = getattr(value, name)
    return f"{value}~{row.pk}"


def _cursor(text: str, path: str) -> tuple[Any, int] | None:
    value, _, pk = text.rpartition("~")
    if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        return None
    try:
        if path.endswith("date"):
            return date.fromisoformat(value), int(pk)
        if path.endswith(("amount", "balance")):
            return int(value), int(pk)
    except ValueError:
        return None
    return (value, int(pk)) if "\x00" not in value else None


def contested(rows: Sequence[Invoice]) -> set[int]:
    """Keys of open items, among those of the rows, on which a dispute is open."""
    keys = [row.open_item_id for row in rows]
    return set(OpenItem.objects.filter(pk__in=keys, disputes__state__in=CONTESTED).values_list("pk", flat=True))


def in_sight(actor: Actor, permission: str = "invoices.view") -> QuerySet[Invoice]:
    """Documents as a page of one shows them, in sight by the permission."""
    found: Any = Invoice.objects.visible_to(actor, permission)
    return found.select_related("company", "customer", "open_item__opened_by", "refers_to")  # type: ignore[no-any-return]


def credited(invoice: Invoice) -> int:
    """Minor units of the credit memos that refer to a document so far."""
    return invoice.memos.filter(kind=Invoice.Kind.CREDIT_MEMO).aggregate(total=Sum("total"))["total"] or 0


def customers_like(actor: Actor, text: str, permission: str = "invoices.issue", limit: int = 20) -> list[Customer]:
    """Customers in sight by name or number, for a choice."""
    found: Any = Customer.objects.visible_to(actor, permission).active().select_related("company")
    if text:
        found = found.filter(Q(name__icontains=text) | Q(number__istartswith=text))
    return list(found.order_by("name", "pk")[:limit])
