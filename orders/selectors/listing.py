"""The five lists of the order's life: which records the filters mean, a page of them by cursor, figures and totals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from arops.lib import keyset
from customers.models import Customer
from orders.models import Contract, ContractVersion, Delivery, PurchaseOrder, SalesOrder, WorkOrder
from orders.selectors.figures import Figures, figures, sums_of
from org.actors import Actor

PAGE = 100
SUMMED = 2_000
"""Records up to which a list says count and totals at once; beyond, they are asked for."""
_NAMES, _NUMBERS = 500, 2_000

Narrow = Callable[[Any, date], Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record with a list of its own: `day` is the date it is sorted and filtered by, `also` further fields a text is looked
    for in (from their beginning), `through` how it hangs on other records, `sums` what its footer adds up."""

    code: str
    label: str
    one: str
    model: Any
    day: str
    day_words: str
    states: dict[str, tuple[str, Narrow]]
    related: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()

    @property
    def sorts(self) -> dict[str, str]:
        """Name of an order → the column it means. Contracts go by when they were entered, for not all bear a date."""
        return {"date": "pk" if self.model is Contract else self.day, "number": "number", "customer": "customer__name"}

    @property
    def label_lower(self) -> str:
        """As attachments and events name it."""
        return str(self.model._meta.label_lower)


def _in_force(found: Any, day: date) -> Any:
    """Contracts of which a version holds on the day."""
    holds = Q(valid_to=None) | Q(valid_to__gte=day)
    versions = ContractVersion.objects.filter(holds, contract=OuterRef("pk"), valid_from__lte=day)
    return found.filter(Exists(versions)).filter(Q(ended_on=None) | Q(ended_on__gt=day))


def _over(found: Any, day: date) -> Any:
    begun = ContractVersion.objects.filter(contract=OuterRef("pk"), valid_from__lte=day)
    going = begun.filter(Q(valid_to=None) | Q(valid_to__gte=day))
    return found.filter(Exists(begun)).filter(~Exists(going) | Q(ended_on__lte=day))


def _to_come(found: Any, day: date) -> Any:
    return found.filter(~Exists(ContractVersion.objects.filter(contract=OuterRef("pk"), valid_from__lte=day)))


def _is(**fields: Any) -> Narrow:
    return lambda found, day: found.filter(**fields)


KINDS = {
    kind.code: kind
    for kind in (
        Kind(
            "contracts", "Contracts", "contract", Contract, "signed_on", "signed",
            {"in_force": ("in force", _in_force), "over": ("over", _over), "to_come": ("to come", _to_come)},
        ),
        Kind(
            "purchase-orders", "Purchase orders", "purchase order", PurchaseOrder, "issued_on", "issued",
            {
                "usable": ("open", lambda found, day: found.usable(day)),
                "expired": ("expired", lambda found, day: found.filter(state="open", expires_on__lt=day)),
                "closed": ("closed", _is(state="closed")), "cancelled": ("cancelled", _is(state="cancelled")),
            },
            related=("contract",), through=("contract",), sums=("value", "billed", "left"),
        ),
        Kind(
            "orders", "Orders", "order", SalesOrder, "ordered_on", "ordered",
            {s: (label, _is(state=s)) for s, label in SalesOrder.State.choices},
            related=("contract", "purchase_order"), also=("po_number",), through=("contract", "purchase_order"), sums=("value", "billed"),
        ),
        Kind(
            "deliveries", "Deliveries", "delivery", Delivery, "shipped_on", "shipped",
            {"under_way": ("under way", _is(delivered_on=None)), "arrived": ("arrived", _is(delivered_on__isnull=False))},
            related=("order",), through=("order",),
        ),
        Kind(
            "work-orders", "Work orders", "work order", WorkOrder, "ordered_on", "ordered",
            {
                "open": ("open", _is(state__in=("ordered", "scheduled", "started"))),
                **{s: (label, _is(state=s)) for s, label in WorkOrder.State.choices},
                "unsigned": ("done, not signed", _is(state="done", signed_off_on=None)),
            },
            related=("order", "contract", "purchase_order"), through=("contract", "purchase_order", "order"), sums=("billed",),
        ),
    )
}  # fmt: skip
"""Code, which is also the end of the address → kind."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; what is empty narrows nothing. `through` are keys of records that these hang on."""

    text: str = ""
    company: int | None = None
    customer: int | None = None
    state: str = ""
    dated_from: date | None = None
    dated_to: date | None = None
    through: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """A record of a list with what follows from its lines and from what was billed of it."""

    record: Any
    figures: Figures


@dataclass(frozen=True, slots=True)
class Totals:
    """Count and sums by currency: (currency, records, {name of a sum: minor units}). None: more than is summed unasked."""

    rows: list[tuple[str, int, dict[str, int]]] | None

    @property
    def count(self) -> int | None:
        """How many records; None when there are more than are counted unasked."""
        return None if self.rows is None else sum(n for _, n, _ in self.rows)


def matching(actor: Actor, kind: Kind, filters: Filters, today: date) -> QuerySet[Any]:
    """The records in sight that the filters mean."""
    found: Any = kind.model.objects.visible_to(actor, "orders.view")
    exact = {
        "company": filters.company, "customer": filters.customer, f"{kind.day}__gte": filters.dated_from,
        f"{kind.day}__lte": filters.dated_to, **{name: key for name, key in filters.through.items() if name in kind.through},
    }  # fmt: skip
    found = found.filter(**{name: value for name, value in exact.items() if value is not None})
    if filters.state in kind.states:
        found = kind.states[filters.state][1](found, today)
    return _named(found, kind, filters.text, actor) if filters.text else found


def _named(found: Any, kind: Kind, text: str, actor: Actor) -> Any:
    """By number or customer. Keys are looked up first, each by its own index, for an OR over tables uses none."""
    names = Q(name__icontains=text) | Q(number__iexact=text)
    customers = list(Customer.objects.visible_to(actor, "orders.view").filter(names).values_list("pk", flat=True)[:_NAMES])
    numbers: set[int] = set()
    for name in ("number", *kind.also):
        numbers.update(found.filter(**{f"{name}__istartswith": text}).order_by().values_list("pk", flat=True)[:_NUMBERS])
    if kind.model is Contract:
        titled = Q(title__icontains=text) | Q(project__istartswith=text)
        numbers.update(found.filter(titled).order_by().values_list("pk", flat=True)[:_NUMBERS])
    return found.filter(Q(pk__in=numbers) | Q(customer__in=customers)) if customers else found.filter(pk__in=numbers)


def page_of(kind: Kind, found: QuerySet[Any], *, sort: str, after: str = "", size: int = PAGE) -> tuple[list[Row], str]:
    """A page's rows and the cursor of the next. `sort` is a name of the kind's sorts, `-` before it for the largest first."""
    part = keyset.slice_of(found, kind.sorts[sort.lstrip("-")], down=sort.startswith("-"), after=after, size=size)
    return rows_of(kind, part.keys), part.after


def rows_of(kind: Kind, keys: Sequence[int]) -> list[Row]:
    """The records of these keys, in their order, with their figures: a fixed number of queries."""
    whole = kind.model.objects.select_related("company", "customer", *kind.related)
    if kind.model is Contract:
        whole = whole.prefetch_related("versions")
    records = keyset.in_order(whole, keys)
    known = figures(records)
    return [Row(record, known[record.pk]) for record in records]


def totals(kind: Kind, found: QuerySet[Any], *, everything: bool = False) -> Totals:
    """Count and sums by currency; of more than SUMMED records only where `everything` is asked for."""
    bare = found.order_by()
    if not everything and len(bare.values_list("pk", flat=True)[: SUMMED + 1]) > SUMMED:
        return Totals(None)
    counts = bare.values_list("currency").annotate(n=Count("pk")).order_by("currency")
    return Totals([(code, n, _sums(kind, bare.filter(currency=code), code)) for code, n in counts])


def _sums(kind: Kind, found: QuerySet[Any], currency: str) -> dict[str, int]:
    sums = sums_of(found, currency) if kind.sums else {}
    return {name: sums[name] for name in kind.sums}
