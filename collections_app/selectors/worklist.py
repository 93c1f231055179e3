"""The work list as it was last ranked (see services/ranking): what a person's list holds, its counts and sums, one task, the next one."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from hashlib import md5
from typing import Any, TypeVar

from django.core.cache import cache
from django.db import connection
from django.db.models import Case, Count, F, Max, Min, Q, QuerySet, Value, When

from collections_app.models import CustomerTag, Ranking, Snooze, WorkLease, WorkTask
from collections_app.policy.worklist import OUR_FAULT, kinds_that_ask
from customers.models import Customer
from org.models import Department, User

OVERDUE, TODAY, WAITING = "due", "doing", "wait"
SCOPES = ("mine", "ours", "all")
MANY, KEPT = 5_000, 30
"""Tasks of everybody from which counts and sums over them are kept, and for how many seconds."""
EVERYTHING = ""
ONCE = """WITH tasks AS ({})
SELECT part, currency, sum(fits) FROM tasks WHERE fits IS NOT NULL GROUP BY 1, 2 UNION ALL
SELECT '', currency, sum(most) FROM (SELECT account, currency, max(most) AS most FROM tasks GROUP BY 1, 2) AS accounts GROUP BY 2
ORDER BY 3 DESC"""
"""Of each account its largest task counts alone, under each heading and over all, so that no money counts twice."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """How the list is narrowed: `scope` is mine (my portfolio), ours (what my departments are to fix) or all in sight; `tag` marks the
    customer, `owner` is the key of the person whose tasks they are (0: nobody's)."""

    kind: str = ""
    scope: str = "mine"
    text: str = ""
    bucket: str = ""
    tag: str = ""
    owner: int | None = None


@dataclass(frozen=True, slots=True)
class WorkItem:
    """A task with until when it is put off (None: it is on today's list), for which event, and what ended an earlier wait."""

    task: WorkTask
    waits_until: date | None = None
    waits_for: str = ""
    woken_by: str = ""

    @property
    def customer(self) -> Customer:
        """Whose account it is."""
        return self.task.customer

    @property
    def waits_for_label(self) -> str:
        """The event it waits for, in words."""
        return dict(Snooze.Event.choices).get(self.waits_for, "")

    @property
    def woken_label(self) -> str:
        """The event that ended its wait, in words."""
        return dict(Snooze.Event.choices).get(self.woken_by, "")


@dataclass(frozen=True, slots=True)
class Group:
    """Tasks of the list under a heading: how many there are, what they are about by currency, and the first of them."""

    name: str
    label: str
    count: int
    sums: dict[str, int]
    items: Sequence[WorkItem]

    @property
    def cut(self) -> int:
        """How many are not shown."""
        return self.count - len(self.items)


@dataclass(slots=True)
class Counts:
    """How many tasks there are now by kind, by bucket, and by group."""

    kinds: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    buckets: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    groups: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    now: int = 0


class WorkList:
    """A person's list on a day, narrowed as asked. What is read is read once."""

    def __init__(self, user: User, today: date, asked: Asked) -> None:
        self.user, self.today, self.asked = user, today, asked

    @cached_property
    def _snoozes(self) -> list[Snooze]:
        return list(Snooze.objects.filter(user=self.user, until__gte=self.today - timedelta(days=14)))

    @cached_property
    def put_off(self) -> dict[str, Snooze]:
        """What the person put off or did, that isn't back yet, by task."""
        return {s.task_key: s for s in self._snoozes if s.until > self.today}

    @cached_property
    def woken(self) -> dict[str, str]:
        """What waited for an event that has come in the last two weeks, by task."""
        return {s.task_key: s.woken_by for s in self._snoozes if s.woken_by and s.until <= self.today}

    def done_until(self, day: date) -> int:
        """How many tasks were done that rest until a day: those of one day."""
        return sum(s.is_done and s.until == day for s in self._snoozes)

    @cached_property
    def departments(self) -> list[tuple[int, str]]:
        """Company and code of each department the person belongs to."""
        return list(Department.objects.filter(memberships__user=self.user).values_list("company", "code"))

    @cached_property
    def late_before(self) -> date:
        """Tasks of earlier days are overdue; where the list is still that of yesterday, yesterday's are today's."""
        ranked = Ranking.objects.visible_to(self.user, "collections.view").aggregate(day=Min("day"))["day"]
        return min(ranked or self.today, self.today)

    def in_scope(self) -> QuerySet[WorkTask]:
        """The tasks in sight, mine or all, of customers that fit the text, whatever their kind and bucket."""
        rows: QuerySet[WorkTask] = WorkTask.objects.visible_to(self.user, "collections.view")
        if self.asked.scope == "mine":
            rows = rows.filter(owner=self.user)
        elif self.asked.scope == "ours":
            ours = Q(pk__in=[])
            for company, code in self.departments:
                ours |= Q(company=company, routed_to=code)
            rows = rows.filter(ours)
        if self.asked.owner is not None:
            rows = rows.filter(owner=self.asked.owner or None)
        if self.asked.tag:
            rows = rows.filter(customer__in=CustomerTag.objects.filter(tag__name__iexact=self.asked.tag).values("customer"))
        if self.asked.text:
            rows = rows.filter(Q(customer__name__icontains=self.asked.text) | Q(customer__number__iexact=self.asked.text))
        return rows

    def now(self) -> QuerySet[WorkTask]:
        """The tasks in scope that aren't put off, of the kind and bucket asked for, the most worth doing first."""
        return self._narrowed(self.in_scope().exclude(key__in=list(self.put_off)))

    def _narrowed(self, rows: QuerySet[WorkTask]) -> QuerySet[WorkTask]:
        if self.asked.kind:
            rows = rows.filter(kind=self.asked.kind)
        if self.asked.bucket:
            rows = rows.filter(bucket=self.asked.bucket)
        return rows

    @cached_property
    def counts(self) -> Counts:
        """Counts of all that is there now, in one statement."""
        found = Counts()
        for kind, bucket, name, n in self._kept("counts", self._counted, lambda rows: sum(row[3] for row in rows)):
            found.now += n
            if self.asked.bucket in ("", bucket):
                found.kinds[kind] += n
            if self.asked.kind in ("", kind):
                found.buckets[bucket] += n
            if self.asked.kind in ("", kind) and self.asked.bucket in ("", bucket):
                found.groups[name] += n
        return found

    def _counted(self) -> list[tuple[Any, ...]]:
        rows = self.in_scope().exclude(key__in=list(self.put_off)).order_by().values_list("kind", "bucket", self._heading)
        return list(rows.annotate(n=Count("pk")))

    @property
    def _heading(self) -> Case:
        return Case(When(due_on__lt=self.late_before, then=Value(OVERDUE)), default=Value(TODAY))

    def _kept(self, name: str, ask: Callable[[], T], size: Callable[[T], int]) -> T:
        """An answer over everybody's tasks, half a minute old at most where they are many; what the person does shows at once."""
        if self.asked.scope != "all":
            return ask()
        asks = [self.asked.text, self.asked.tag, str(self.asked.owner), *sorted(self.put_off)]
        mine = md5("\0".join(asks).encode(), usedforsecurity=False).hexdigest()
        key = f"worklist:{name}:{self.user.pk}:{self.today}:{self.late_before}:{mine}"
        kept: T | None = cache.get(key)
        if kept is None:
            kept = ask()
            if size(kept) >= MANY:
                cache.set(key, kept, KEPT)
        return kept

    def at_stake(self) -> dict[str, int]:
        """Currency → what today's tasks are about, each account counted once at its largest task."""
        return self._sums.get(EVERYTHING, {})

    @cached_property
    def _sums(self) -> dict[str, dict[str, int]]:
        """Heading → currency → what its tasks of the kind and bucket asked for are about; under `EVERYTHING` those of all."""
        return self._kept(f"sums:{self.asked.kind}:{self.asked.bucket}", self._summed, lambda _: self.counts.now)

    def _summed(self) -> dict[str, dict[str, int]]:
        rows = self.in_scope().exclude(key__in=list(self.put_off)).order_by()
        asked = Q(**{name: word for name, word in (("kind", self.asked.kind), ("bucket", self.asked.bucket)) if word})
        largest = rows.values("currency", account=F("customer_id"), part=self._heading)
        sql, params = largest.annotate(most=Max("amount"), fits=Max("amount", filter=asked or None)).query.sql_with_params()
        found: dict[str, dict[str, int]] = defaultdict(dict)
        with connection.cursor() as cursor:
            cursor.execute(ONCE.format(sql), params)
            for name, currency, total in cursor.fetchall():
                found[name][currency] = int(total)
        return dict(found)

    def groups(self, most: int) -> list[Group]:
        """The list under its headings; of each the first `most`."""
        counts, now, sums = self.counts, self.now().select_related("customer"), self._sums
        late, today = Q(due_on__lt=self.late_before), Q(due_on__gte=self.late_before)
        parts = ((OVERDUE, "Overdue", late), (TODAY, "Today", today))
        found = [
            Group(name, label, n, sums.get(name, {}), self._items(now.filter(which)[:most]) if n else ())
            for name, label, which in parts
            for n in (counts.groups[name],)
        ]
        return [*found, self._waiting(most)]

    def _items(self, rows: QuerySet[WorkTask]) -> list[WorkItem]:
        return [WorkItem(task, woken_by=self.woken.get(task.key, "")) for task in rows]

    def _waiting(self, most: int) -> Group:
        keys = [key for key, snooze in self.put_off.items() if not snooze.is_done]
        tasks = list(self._narrowed(self.in_scope().filter(key__in=keys)).select_related("customer")) if keys else []
        tasks.sort(key=lambda task: (self.put_off[task.key].until, -task.score))
        accounts: dict[tuple[int, str], int] = defaultdict(int)
        for task in tasks:
            accounts[task.customer_id, task.currency] = max(accounts[task.customer_id, task.currency], task.amount)
        sums: dict[str, int] = defaultdict(int)
        for (_, currency), amount in accounts.items():
            sums[currency] += amount
        items = [WorkItem(t, self.put_off[t.key].until, self.put_off[t.key].event) for t in tasks[:most]]
        return Group(WAITING, "Waiting", len(tasks), dict(sums), items)

    def item(self, key: str) -> WorkItem | None:
        """One task in sight by its key, whatever the list is narrowed to."""
        rows = WorkTask.objects.visible_to(self.user, "collections.view").filter(key=key)
        task = rows.select_related("customer__company", "owner").first()
        if task is None:
            return None
        off = self.put_off.get(key)
        return WorkItem(task, off.until if off else None, off.event if off else "", self.woken.get(key, ""))

    def callable(self) -> QuerySet[WorkTask]:
        """The tasks of today's list that are calls."""
        return self.now().filter(kind__in=kinds_that_ask()).exclude(bucket=OUR_FAULT)

    def free(self, now: datetime, passed: Collection[str] = ()) -> QuerySet[WorkTask]:
        """What can be served: not passed over, and of no account that a colleague works on."""
        taken = WorkLease.objects.filter(until__gt=now).exclude(user=self.user).values("customer")
        return self.now().exclude(key__in=list(passed)).exclude(customer__in=taken)


def scope_of(user: User) -> str:
    """What a person's list usually shows: the portfolio of who has one, what is to be fixed by who belongs to a department, else all."""
    if user.portfolio.exists() or WorkTask.objects.filter(owner=user).exists():
        return "mine"
    return "ours" if Department.objects.filter(memberships__user=user).exists() else "all"


def lease_of(customer: Customer, user: User, now: datetime) -> WorkLease | None:
    """Who else works on the account now; None when nobody does."""
    return WorkLease.objects.filter(customer=customer, until__gt=now).exclude(user=user).select_related("user").first()
