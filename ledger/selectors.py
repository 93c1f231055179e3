"""Reading the books: items with their states, rates, the first day that takes postings, trial balances."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from ledger.drafts import Books, ItemState
from ledger.errors import MissingRate
from ledger.models import Entry, FxRate, Line, OpenItem, Period
from org.actors import Actor
from org.models import Company
from org.querysets import own_customers


def books_of(company: Company, currency: str, day: date) -> Books:
    """The company's books for an entry in that currency on that day. Raises MissingRate."""
    return Books(company.pk, company.base_currency, currency, rate_on(currency, company.base_currency, day))


def rate_on(currency: str, base: str, day: date) -> Decimal:
    """Units of `base` for one unit of `currency`: the latest rate on or before the day, read either way round. Raises MissingRate."""
    if currency == base:
        return Decimal(1)
    direct = FxRate.objects.filter(currency=currency, base=base, day__lte=day).order_by("-day").first()
    if direct:
        return direct.rate
    inverse = FxRate.objects.filter(currency=base, base=currency, day__lte=day).order_by("-day").first()
    if inverse:
        return 1 / inverse.rate
    raise MissingRate(f"no rate of {currency} in {base} on or before {day}: enter one under exchange rates")


def rate_between(source: str, target: str, base: str, day: date) -> Decimal:
    """Units of `target` for one unit of `source` on the day, to 8 places: as known between the two, else by what both are worth in `base`.
    Raises MissingRate."""
    try:
        return round(rate_on(source, target, day), 8)
    except MissingRate:
        return round(rate_on(source, base, day) / rate_on(target, base, day), 8)


def item_state(item: OpenItem) -> ItemState:
    """An item as drafts want it."""
    return ItemState(item.pk, item.account_id, item.currency, item.balance, item.base_balance)


def lock_items(ids: Iterable[int]) -> dict[int, OpenItem]:
    """Items by key, locked in the order of keys until the transaction ends, so that what is read now is what is posted on."""
    locked = OpenItem.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=set(ids)).order_by("pk")
    return {item.pk: item for item in locked}


def moved_to_instalments(company_id: int) -> QuerySet[Line, Any]:
    """Keys of the company's items that payment plans took something of, as a query to filter by: a balance of zero isn't payment there.

    It begins at the instalments, which are few, not at the journal.
    """
    lines = Line.objects.filter(entry__opens__company=company_id, entry__opens__kind=OpenItem.Kind.INSTALMENT, amount__lt=0)
    return lines.order_by().values("open_item")


def open_instalments(item_ids: Iterable[int]) -> dict[int, list[OpenItem]]:
    """Key of an item → instalments, by due date, that hold a part of it and aren't paid; items without any are left away."""
    lines = Line.objects.filter(open_item__in=set(item_ids), amount__lt=0, entry__kind=Entry.Kind.INSTALMENT)
    pairs = list(lines.filter(entry__opens__balance__gt=0).order_by().values_list("open_item", "entry__opens"))
    held = {item.pk: item for item in OpenItem.objects.filter(pk__in={instalment for _, instalment in pairs})}
    found: dict[int, list[OpenItem]] = {}
    for pk, instalment in sorted(pairs, key=lambda pair: (held[pair[1]].due_date, pair[1])):
        found.setdefault(pk, []).append(held[instalment])
    return found


def first_open_day(company_id: int, wanted: date) -> date | None:
    """The first day on or after `wanted` that lies in an open period; None when there is none."""
    for period in Period.objects.filter(company=company_id, state=Period.State.OPEN, span__endswith__gt=wanted).order_by("span"):
        return max(wanted, period.span.lower)
    return None


def trial_balance(company_id: int, as_of: date) -> dict[str, int]:
    """Account code → balance in the company's currency (minor units), of all that took effect up to the day."""
    lines = Line.objects.filter(entry__company=company_id, entry__effective_date__lte=as_of)
    return dict(lines.values_list("account__code").annotate(total=Sum("base_amount")).order_by("account__code"))


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A line on an item with the balance after it, and the other items of its entry (what it was set off against)."""

    line: Line
    balance: int
    against: list[OpenItem]


def item_history(item: OpenItem) -> list[HistoryRow]:
    """Every line on the item in the order it took effect; the last balance is the item's."""
    lines = list(item.lines.select_related("entry", "entry__reverses", "entry__reversed_by").order_by("entry__effective_date", "pk"))
    others: dict[int, list[OpenItem]] = {}
    entry_ids = [line.entry_id for line in lines]
    for other in Line.objects.filter(entry__in=entry_ids).exclude(open_item=item).exclude(open_item=None).select_related("open_item"):
        if other.open_item and other.open_item not in others.setdefault(other.entry_id, []):
            others[other.entry_id].append(other.open_item)
    balance, rows = 0, []
    for line in lines:
        balance += line.amount
        rows.append(HistoryRow(line, balance, others.get(line.entry_id, [])))
    return rows


def entries_touching(actor: Actor, entries: QuerySet[Entry]) -> QuerySet[Entry]:
    """Entries in sight: those of whole companies, and where a portfolio is the limit those that move items of its customers."""
    reach = actor.reach("invoices.view")
    if reach.everything:
        return entries
    own = OpenItem.objects.filter(own_customers(reach, "customer__collector_id"), lines__entry=OuterRef("pk"))
    return entries.filter(Q(company_id__in=reach.companies) | (Q(company_id__in=reach.portfolios) & Exists(own)))
