"""The queue of receipts: which wait, in which band, what they sum to."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Sum, Value, When

from arops.lib import money
from cashapp.models import Receipt
from org.actors import Actor

SHOWN = 60
"""What is posted leaves the list and the next come up; the totals count all."""

VIEWS = (
    ("clear", "To clear"), ("waiting", "Waiting"), ("discuss", "Discuss"), ("account", "On account"), ("posted", "Posted lately"),
    ("returned", "Returned"),
)  # fmt: skip
_LISTED = (
    "number", "amount", "currency", "value_date", "payer_name", "band", "score", "hint", "question", "lease_until", "on_account",
    "returned_on", "joined_back", "customer__name", "suggested__name", "open_item__balance", "lease_by__name",
)  # fmt: skip
"""What the list shows of a receipt; its text may be long and stays in the database."""
_ORDER = Case(When(band="green", then=Value(0)), When(band="review", then=Value(1)), default=Value(2), output_field=IntegerField())
_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the queue shows: a view, and what narrows it. Empty means all."""

    view: str = "clear"
    company: str = ""
    currency: str = ""
    band: str = ""
    q: str = ""

    @classmethod
    def of(cls, query: Any) -> "Filters":
        """The filters of a query string; what isn't known is dropped."""
        given = {name: str(query.get(name, "")).replace("\0", "").strip()[:80] for name in ("company", "currency", "band", "q")}
        if given["band"] not in Receipt.Band.values:
            given["band"] = ""
        view = str(query.get("view", ""))
        return cls(view if view in dict(VIEWS) else "clear", **given)

    @property
    def narrowed(self) -> int:
        """How many filters are set."""
        return sum(bool(x) for x in (self.company, self.currency, self.band, self.q))

    def query(self, **changes: Any) -> str:
        """The query string that shows the same."""
        wanted = {
            "view": self.view if self.view != "clear" else "", "company": self.company, "currency": self.currency, "band": self.band,
            "q": self.q,
        } | changes  # fmt: skip
        return urlencode({k: v for k, v in wanted.items() if v not in (None, "")})


@dataclass
class Group:
    """A band of the queue: how many in all, what they sum to by currency, and those that are shown."""

    band: str
    label: str
    count: int = 0
    sums: dict[str, int] = field(default_factory=dict)
    rows: list[Receipt] = field(default_factory=list)

    @property
    def words(self) -> str:
        """The sums for people: "251,006.55 EUR · 1,200.00 USD"."""
        return in_words(self.sums)

    @property
    def lines(self) -> list[str]:
        """The same, a line a currency."""
        return self.words.split(" · ") if self.sums else []


def in_words(sums: dict[str, int]) -> str:
    """Sums by currency for people."""
    return " · ".join(f"{money.format(amount, currency)} {currency}" for currency, amount in sorted(sums.items()) if amount)


def receipts_in(actor: Actor, filters: Filters, now: datetime, today: date) -> QuerySet[Receipt]:
    """The receipts of a view, as filtered, in the order in which they are worked."""
    found = _narrowed(_of_view(Receipt.objects.visible_to(actor, "cash.view"), filters.view, now, today), filters)
    found = found.select_related("customer", "suggested", "open_item", "lease_by")
    if filters.view in ("clear", "discuss", "waiting"):
        return found.order_by(_ORDER, "-score", "-amount", "pk")
    return found.order_by("-value_date", "-pk")


def _of_view(found: Any, view: str, now: datetime, today: date) -> Any:
    if view == "clear":
        return found.to_clear().filter(_here(today), question="")
    if view == "waiting":
        return found.to_clear().filter(waits_until__gt=today, question="")
    if view == "discuss":
        return found.unapplied().exclude(question="")
    if view == "account":
        return found.unapplied().filter(on_account=True)
    if view == "returned":
        return found.exclude(returned_on=None)
    lately = Receipt.objects.filter(matches__at__gte=now - _DAY, matches__reversed_by=None)
    return found.filter(pk__in=lately.values("pk"))


def _here(today: date) -> Q:
    """Receipts that wait for nothing, or no longer."""
    return Q(waits_until=None) | Q(waits_until__lte=today)


def _narrowed(found: Any, filters: Filters) -> Any:
    if filters.company:
        found = found.filter(company__code=filters.company)
    if filters.currency:
        found = found.filter(currency=filters.currency)
    if filters.band and filters.view == "clear":
        found = found.filter(band=filters.band)
    if filters.q:
        found = found.filter(_holding(filters.q))
    return found


def _holding(text: str) -> Q:
    """Receipts by number, payer, text, or amount as typed."""
    wanted = Q(number__icontains=text) | Q(payer_name__icontains=text) | Q(text__icontains=text) | Q(customer__name__icontains=text)
    wanted |= Q(suggested__name__icontains=text)
    for amount in amounts_in(text):
        wanted |= Q(amount=amount)
    return wanted


def amounts_in(text: str) -> set[int]:
    """Minor units that a typed amount may mean, in currencies of no, two and three decimals; none for what is no amount."""
    found = set()
    for currency in ("JPY", "USD", "KWD"):
        try:
            found.add(money.parse(text.replace(",", "").replace(" ", ""), currency))
        except money.MoneyError:
            continue
    return {a for a in found if a > 0}


def groups_of(actor: Actor, filters: Filters, now: datetime, today: date) -> list[Group]:
    """The queue by band (one group where the view knows no bands): two queries."""
    found = receipts_in(actor, filters, now, today)
    banded = filters.view in ("clear", "discuss", "waiting")
    labels = dict(Receipt.Band.choices) if banded else {"": dict(VIEWS)[filters.view]}
    groups = {band: Group(band, label) for band, label in labels.items()}
    amount = F("amount") if filters.view in ("posted", "returned") else -F("open_item__balance")
    totals = found.order_by().values("band", "currency").annotate(n=Count("pk"), total=Sum(amount))
    for row in totals:
        group = groups[row["band"] if banded else ""]
        group.count += row["n"]
        group.sums[row["currency"]] = group.sums.get(row["currency"], 0) + row["total"]
    for receipt in found.only(*_LISTED)[:SHOWN]:
        groups[receipt.band if banded else ""].rows.append(receipt)
    return [g for g in groups.values() if g.count]


def counts_of_views(actor: Actor, filters: Filters, today: date) -> list[tuple[str, str, int]]:
    """Each view with how many receipts it holds under the same filters (-1: not counted); one query."""
    waiting = _narrowed(Receipt.objects.visible_to(actor, "cash.view").unapplied(), replace(filters, band="")).order_by()
    counts = waiting.aggregate(
        clear=Count("pk", filter=_here(today) & Q(on_account=False, question="")),
        waiting=Count("pk", filter=Q(on_account=False, question="", waits_until__gt=today)), discuss=Count("pk", filter=~Q(question="")),
        account=Count("pk", filter=Q(on_account=True)),
    )  # fmt: skip
    return [(view, label, counts.get(view, -1)) for view, label in VIEWS]


def total_of(groups: Iterable[Group]) -> tuple[int, str]:
    """Count and sums over groups."""
    sums: dict[str, int] = {}
    count = 0
    for group in groups:
        count += group.count
        for currency, amount in group.sums.items():
            sums[currency] = sums.get(currency, 0) + amount
    return count, in_words(sums)


def cleared_today(actor: Actor, now: datetime, today: date) -> tuple[int, str]:
    """How many receipts were posted in the last day, and what they sum to."""
    found = receipts_in(actor, Filters(view="posted"), now, today).order_by()
    sums = found.values("currency").annotate(n=Count("pk"), total=Sum("amount"))
    return sum(r["n"] for r in sums), in_words({r["currency"]: r["total"] for r in sums})
