"""What came in for promises and when, what is still awaited, and which promise replaced which."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import Greatest

from collections_app.models import Promise, PromiseInstalment, PromiseItem

REGROUPED = ("instalment", "retention", "release")
"""Kinds of entries that move a debt from one item to another: nothing is paid by them."""


Window = tuple[int, date, date, datetime]
"""Item, first and last day, and from which moment of the first day on: what came on it before the word was given isn't its doing."""
Paid = dict[Window, int]


def paid_between(wanted: Sequence[Window], today: date) -> Paid:
    """Window → minor units by which the applications in it reduced its item, less those reversed until `today`; what only moved to
    another item (`REGROUPED`) isn't paid by that."""
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            # LATERAL, so that the lines are always looked up by item, also before the tables were ever analysed.
            "SELECT w.item, w.first, w.last, w.since, -coalesce(p.paid, 0)"
            " FROM unnest(%s::bigint[], %s::date[], %s::date[], %s::timestamptz[]) AS w(item, first, last, since) LEFT JOIN LATERAL ("
            "   SELECT sum(l.amount) AS paid FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry_id JOIN ledger_openitem o"
            "   ON o.id = l.open_item_id AND l.entry_id <> o.opened_by_id LEFT JOIN ledger_entry r ON r.id = e.reverses_id"
            "   WHERE l.open_item_id = w.item AND coalesce(r.effective_date, e.effective_date) BETWEEN w.first AND w.last"
            "   AND (coalesce(r.effective_date, e.effective_date) > w.first OR coalesce(r.posted_at, e.posted_at) >= w.since)"
            "   AND coalesce(r.kind, e.kind) <> ALL(%s) AND e.effective_date <= %s OFFSET 0) p ON true GROUP BY 1, 2, 3, 4, 5",
            [*(list(column) for column in zip(*wanted, strict=True)), list(REGROUPED), today],
        )
        return {(item, first, last, since): max(0, int(amount)) for item, first, last, since, amount in cursor.fetchall()}


def received_in_time(promise_ids: Collection[int], upto: date) -> dict[int, int]:
    """Promise → minor units of it that its items were reduced by from the day it was given to the day it named, less what was
    reversed since, up to a day.
    """
    names = ("promise", "amount", "open_item", "promise__given_on", "promise__due_on", "promise__created_at")
    shares = list(PromiseItem.objects.filter(promise__in=promise_ids).values_list(*names))
    paid = paid_between([window for _, _, *window in shares], upto)
    received: dict[int, int] = defaultdict(int)
    for promise, amount, *window in shares:
        received[promise] += min(amount, paid[tuple(window)])
    return received


@dataclass(frozen=True, slots=True)
class Week:
    """What is promised for a week, by currency in minor units, and of how many promises; `first` is its Monday."""

    first: date
    last: date
    amounts: dict[str, int]
    promises: int


def expected_by_week(promises: QuerySet[Promise], today: date, weeks: int = 6) -> list[Week]:
    """What is still awaited of open promises, week by week from this one; instalments count in the week of their day. What is past its
    day counts in this week, what comes later than the last week isn't counted."""
    monday = today - timedelta(days=today.weekday())
    rows = promises.filter(state=Promise.State.OPEN).order_by()
    whole = rows.filter(instalments=None).values_list("due_on", "currency")
    left = Greatest(0, F("amount") - F("received"))
    parts = PromiseInstalment.objects.filter(promise__in=rows.values("pk"), amount__gt=F("received"))
    amounts: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    counts: dict[int, int] = defaultdict(int)
    counted: dict[int, set[int]] = defaultdict(set)
    for day, currency, n, total in whole.annotate(n=Count("pk"), total=Sum(left)):
        week = max(0, (day - monday).days // 7)
        amounts[week][currency] += total
        counts[week] += n
    for promise, currency, day, amount, received in parts.values_list("promise", "promise__currency", "due_on", "amount", "received"):
        week = max(0, (day - monday).days // 7)
        amounts[week][currency] += amount - received
        counted[week].add(promise)
    return [
        Week(monday + timedelta(weeks=n), monday + timedelta(weeks=n, days=6), dict(amounts[n]), counts[n] + len(counted[n]))
        for n in range(weeks)
    ]


def history_of(promise: Promise) -> list[Promise]:
    """The promises that this one replaced and those that replaced it, the first first."""
    chain, earlier = [promise], promise.supersedes
    while earlier is not None:
        chain.insert(0, earlier)
        earlier = earlier.supersedes
    later = Promise.objects.filter(supersedes=promise).first()
    while later is not None:
        chain.append(later)
        later = Promise.objects.filter(supersedes=later).first()
    return chain
