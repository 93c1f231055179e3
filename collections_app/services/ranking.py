"""The work list is written: all of a company at night, and whoever something happened to since, when the list is opened and on the beat.

A batch of customers is read, judged by the pure policy and written in a transaction of its own, so that a ranking that is killed leaves
whole batches; it is simply run again. The tasks of a customer are replaced as a set: what has no cause any more is gone, what has keeps
its id, for other systems refer to it.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import OperationalError, connection, transaction

from arops.lib import money
from arops.lib.bulk import copy_rows
from collections_app.models import Ranking, Snooze, WorkTask
from collections_app.policy.worklist import Task, tasks_of
from collections_app.selectors.accounts import CASH_DESK, Who, accounts, people_among, people_of
from collections_app.selectors.chances import chances_of
from collections_app.selectors.likelihood import odds_of
from collections_app.selectors.moves import Moves, Point, moves_since
from customers.models import Customer
from ledger.errors import MissingRate
from ledger.selectors import rate_on
from org.models import Company, Department
from workflow.services.audit import settled_id

BATCH = 4_000
AT_ONCE = 2_000
"""Customers that are ranked while somebody waits for the page; more are left to the beat."""
PATIENCE = 1_000
"""Milliseconds that a page waits for another ranking of the company to end."""
_COLUMNS = (
    "company_id customer_id owner_id key kind bucket title currency amount effect score due_on oldest_due reasons why next_action routed_to"
    " minutes ranked_at"
).split()


def rank(*, company: Company, day: date, now: datetime, customers: Collection[int] | None = None) -> int:
    """Write the tasks of all customers of a company (or of these) as of a day, and say how many there are.

    Tasks are derived: nobody's right is needed, and nothing else is changed by it.
    """
    if customers is not None:
        with transaction.atomic():
            return _write(_Book(company, day, now), people_among(company.pk, customers))
    point = settled_point()
    book, written, after = _Book(company, day, now), 0, 0
    while people := people_of(company.pk, after, BATCH):
        with transaction.atomic():
            _lock(company, day, 60 * PATIENCE)
            written += _write(book, people)
        after = people[-1].pk
    _keep(company, day, now, point)
    return written


def catch_up(*, company: Company, day: date, now: datetime, patience: float = 0, at_once: int | None = AT_ONCE) -> int | None:
    """Rank those anew about whom something was told or booked since the last time, and say how many they were.

    None: it is too much for a page (more than `at_once` customers, None for any number), or another process is at it; the beat will.
    Waits for an event end here, too. `patience` (seconds) is how long to wait for whoever writes just now.
    """
    try:
        with transaction.atomic():
            ranking = _lock(company, day)
            point = settled_point(patience)
            if ranking.day == day and ranking.ranked_at is not None:
                return _follow(ranking, company, day, now, point, at_once)
    except OperationalError:  # another ranking holds the lock
        return None
    if at_once is not None and Customer.objects.filter(company=company)[: at_once + 1].count() > at_once:
        return None
    return rank(company=company, day=day, now=now)


def settled_point(patience: float = 0) -> Point:
    """Up to where all is written that ever will be. Take it first, read afterwards; 0 where somebody is writing just now."""
    return Point(settled_id(patience), settled_id(patience, "ledger_entry"))


def _follow(ranking: Ranking, company: Company, day: date, now: datetime, point: Point, at_once: int | None) -> int | None:
    since = Point(ranking.event_id, ranking.entry_id)
    moves = moves_since(company.pk, since)
    if at_once is not None and len(moves.customers) > at_once:
        return None
    if moves.customers:
        _wake(company, day, moves)
        _write(_Book(company, day, now), people_among(company.pk, moves.customers))
    if (point.event_id, point.entry_id) != (since.event_id, since.entry_id):
        _keep(company, day, now, point)
    return len(moves.customers)


def _wake(company: Company, day: date, moves: Moves) -> None:
    """What waited for an event that has come is on the list again, and says what has come."""
    waiting = Snooze.objects.filter(company=company, is_done=False, until__gt=day, woken_by="").exclude(event="")
    for event, customers in moves.woken.items():
        waiting.filter(event=event, customer__in=customers).update(until=day, woken_by=event)


def _lock(company: Company, day: date, patience: int = PATIENCE) -> Ranking:
    """The company's ranking, locked until the transaction ends; raises OperationalError when another has it for too long."""
    Ranking.objects.get_or_create(company=company, defaults={"day": day})
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = %s", [patience])
        found: Ranking = Ranking.objects.select_for_update(of=("self",), no_key=True).get(company=company)
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
    return found


def _keep(company: Company, day: date, now: datetime, point: Point) -> None:
    """Say how far was looked; a point that wasn't settled yet stays where it was, so that nothing is passed over."""
    reached = {name: at for name, at in (("event_id", point.event_id), ("entry_id", point.entry_id)) if at}
    Ranking.objects.update_or_create(company=company, defaults={"day": day, "ranked_at": now, **reached})


class _Book:
    """What all batches of a ranking share: the day, the odds and chances of the company, what currencies are worth."""

    def __init__(self, company: Company, day: date, now: datetime) -> None:
        self.company, self.day, self.now = company, day, now
        self.odds, self.chances = odds_of(company), chances_of(company)
        self.credits_with = Department.objects.filter(company=company, code__in=CASH_DESK).values_list("code", flat=True).first() or ""
        self._rates: dict[str, Decimal] = {}

    def worth(self, amount: int, currency: str) -> int:
        """Minor units of the company's currency; where there is no rate, as many whole units."""
        base = self.company.base_currency
        if currency == base:
            return amount
        if currency not in self._rates:
            try:
                self._rates[currency] = rate_on(currency, base, self.day)
            except MissingRate:
                self._rates[currency] = Decimal(1)
        return money.convert(amount, currency, self._rates[currency], base)


def _write(book: _Book, people: Sequence[Who]) -> int:
    """Replace the tasks of these customers, in the caller's transaction."""
    collectors = {who.pk: who.collector for who in people}
    found = accounts(people, book.day, book.credits_with)
    tasks = [task for account in found for task in tasks_of(account, book.day, book.odds, book.worth, book.chances)]
    before = WorkTask.objects.filter(customer__in=list(collectors))
    ids = dict(before.values_list("key", "pk"))
    before.delete()
    stay, fresh = [t for t in tasks if t.key[:80] in ids], [t for t in tasks if t.key[:80] not in ids]
    kept = ((ids[t.key[:80]], *row) for t, row in zip(stay, _rows(book, stay, collectors.__getitem__), strict=True))
    copy_rows("collections_app_worktask", ["id", *_COLUMNS], kept)
    copy_rows("collections_app_worktask", _COLUMNS, _rows(book, fresh, collectors.__getitem__))
    return len(tasks)


def _rows(book: _Book, tasks: Sequence[Task], collector: Callable[[int], int | None]) -> Iterator[tuple[object, ...]]:
    for t in tasks:
        yield (
            book.company.pk, t.customer_id, t.owner or collector(t.customer_id), t.key[:80], t.kind, t.bucket, t.title[:200], t.currency,
            t.amount, t.effect, t.score, t.due_on, t.oldest_due, _array(t.reasons), t.why[:300], t.next_action[:200], t.routed_to,
            t.minutes, book.now,
        )  # fmt: skip


def _array(texts: Sequence[str]) -> str:
    """Texts as PostgreSQL writes an array of them."""
    return "{" + ",".join('"' + text[:200].replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts) + "}"
