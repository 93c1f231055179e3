"""`manage.py bench disputes`: the pages about cases over a million invoices and a hundred thousand cases, each beside the same figures in
plain SQL; cases opened at once beside COPY; how often the proposed finding is right."""

import io
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

from arops.lib.bulk import take_ids
from disputes import bench_proposals
from disputes.bench_world import ACTOR, World, build
from disputes.bench_world.rows import TODAY
from disputes.models import Dispute, Problem, Repeat
from disputes.services import NewDispute, open_disputes
from disputes.services.measuring import measure_problem
from disputes.services.problems import change_problem, raise_repeat, start_acting, start_measuring
from disputes.services.repeats import find_repeats
from ledger.models import OpenItem
from org.models import User

Write = Callable[[str], Any]
GOAL = 100
"""Milliseconds at p95 for a queue, a case and the Pareto."""
ROUNDS, PAGE = 60, 100
OPENED, AT_ONCE = 5_000, 500
OPEN = "d.state NOT IN ('resolved', 'rejected')"
SEEN = "d.company_id = ANY(%(companies)s) AND (%(everything)s OR c.collector_id = %(person)s)"
FROM = f"FROM disputes_dispute d JOIN customers_customer c ON c.id = d.customer_id WHERE {SEEN}"
QUEUE = (
    f"SELECT d.*, c.name, o.number {FROM.replace('WHERE', 'JOIN ledger_openitem o ON o.id = d.open_item_id WHERE')} AND {OPEN}"
    f" ORDER BY d.due_date, d.id LIMIT {PAGE}",
    f"SELECT count(*), count(*) FILTER (WHERE d.owner_id = %(person)s), count(*) FILTER (WHERE d.due_date < %(today)s),"
    f" count(*) FILTER (WHERE d.waiting_on = 'customer'), count(*) FILTER (WHERE d.owner_id IS NULL), sum(d.amount) {FROM} AND {OPEN}",
)
CASE = (
    "SELECT * FROM disputes_dispute d JOIN customers_customer c ON c.id = d.customer_id JOIN ledger_openitem o ON o.id = d.open_item_id"
    " WHERE d.id = %(case)s",
    *(f"SELECT * FROM disputes_{name} WHERE dispute_id = %(case)s" for name in (
        "disputeline", "disputestep", "disputenote", "disputefinding", "settlement", "disputewatcher", "disputemovement",
    )),
    *(f"SELECT * FROM {table} WHERE subject_type = 'disputes.dispute' AND subject_id = %(case)s" for table in (
        "workflow_event", "workflow_task", "workflow_attachment",
    )),
)  # fmt: skip
LOOKED_INTO = (
    *CASE,
    "SELECT * FROM invoicing_invoice i JOIN invoicing_invoiceline l ON l.invoice_id = i.id LEFT JOIN orders_salesorder s"
    " ON s.id = l.sales_order_id LEFT JOIN orders_purchaseorder p ON p.id = l.purchase_order_id LEFT JOIN orders_contract k"
    " ON k.id = l.agreement_id WHERE i.id = (SELECT invoice_id FROM disputes_dispute WHERE id = %(case)s)",
)
YEAR = "d.opened_on > %(today)s - 365"
PARETO = (f"SELECT d.cause_id, count(*), sum(d.base_amount), avg(d.resolved_on - d.opened_on) {FROM} AND {YEAR} GROUP BY 1",)
HEAT = (f"SELECT d.cause_id, d.order_desk, count(*), sum(d.base_amount) {FROM} AND {YEAR} GROUP BY 1, 2",)
SERVICE = (
    f"SELECT d.reason, count(*), count(*) FILTER (WHERE d.resolved_on <= d.due_date), percentile_cont(0.5) WITHIN GROUP"
    f" (ORDER BY d.resolved_on - d.opened_on) {FROM} AND d.resolved_on > %(today)s - 90 GROUP BY 1",
)
PROBLEM = (
    "SELECT count(*) FROM disputes_dispute d JOIN disputes_problem p ON p.cause_id = d.cause_id AND p.company_id = d.company_id"
    " WHERE p.id = %(problem)s AND d.opened_on > %(today)s - 365",
    "SELECT * FROM disputes_problemmeasure WHERE problem_id = %(problem)s",
)


@dataclass(frozen=True, slots=True)
class Page:
    """A kind of page: who asks for which addresses, the plain SQL, and whether it has to be within the goal."""

    name: str
    asks: Iterator[tuple[User, str, dict[str, Any]]]
    sql: Sequence[str]
    goal: int = 0


@dataclass
class Times:
    """Milliseconds of requests, of the processor in them, of the plain SQL; queries of each."""

    wall: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)
    plain: list[float] = field(default_factory=list)
    queries: list[int] = field(default_factory=list)

    def line(self, page: Page) -> str:
        """As a line of text."""
        p95, plain = at(self.wall, 95), at(self.plain, 50)
        goal = f"   goal ≤ {page.goal}{'' if p95 <= page.goal else '   MISSED'}" if page.goal else ""
        said = f"  {page.name:24} p50 {at(self.wall, 50):5,.0f}   p95 {p95:6,.0f} ms   own p95 {at(self.own, 95):5,.0f}"
        peer = f"SQL p50 {plain:6,.1f}   p95 {at(self.plain, 95):6,.1f}   ratio {at(self.wall, 50) / plain:5.1f}"
        return f"{said}   {peer}   {max(self.queries):3} queries{goal}"


def at(values: Sequence[float], percent: int) -> float:
    """A percentile, by the nearest rank."""
    return sorted(values)[max(0, -(-len(values) * percent // 100) - 1)] if values else 0.0


def run(write: Write, sizes: Sequence[int] = (1_000_000, 100_000)) -> None:
    """Build companies of so many invoices and cases, and measure."""
    invoices, cases = (*sizes, sizes[0] // 10)[:2]
    began = time.monotonic()
    world = build(invoices, cases, say=lambda said: write(f"{said}, {time.monotonic() - began:,.0f} s"))
    measure(write, world)
    bench_proposals.run(write)


def measure(write: Write, world: World) -> None:
    """All that is measured of a world that is built."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    _raise_problems(write, world)
    with override_settings(BUSINESS_DATE=TODAY, ALLOWED_HOSTS=[*settings.ALLOWED_HOSTS, "testserver"]):
        write(f"{world.cases:,} cases: {ROUNDS} requests of each kind by different people, milliseconds; plain SQL of the same figures")
        for page in _pages(world):
            write(_time(page).line(page))
    write(_opened())


def _raise_problems(write: Write, world: World) -> None:
    """What the night finds to come back, and some of it raised, mended and measured."""
    began = time.perf_counter()
    for company in world.companies:
        find_repeats(actor=ACTOR, company=company, day=TODAY)
    took = time.perf_counter() - began
    for repeat in Repeat.objects.order_by("-amount")[:12]:
        problem = raise_repeat(actor=ACTOR, repeat=repeat, today=TODAY - timedelta(days=130))
        senior = world.seniors[0]
        problem = change_problem(
            actor=ACTOR, problem=problem, version=problem.version, title=problem.title, findings="Found.", corrective_action="Mended.",
            owner=senior, department=problem.department, due_date=TODAY,
        )  # fmt: skip
        problem = start_acting(actor=ACTOR, problem=problem, version=problem.version)
        acted = TODAY - timedelta(days=120)
        problem = start_measuring(actor=ACTOR, problem=problem, version=problem.version, acted_on=acted, today=TODAY)
        measure_problem(actor=ACTOR, problem=problem, today=TODAY)
    write(f"  repeats found in {took:,.1f} s a night: {Repeat.objects.count():,}")


def _pages(world: World) -> Iterator[Page]:
    """Every kind of page, each asked for by specialists, seniors and the supervisor in turn."""
    for view in ("mine", "department", "soon", "late", "customer", "nobody", "all", "closed"):
        yield Page(f"queue, {view}", _asked(world, f"/disputes/?view={view}"), QUEUE, GOAL)
    yield Page("queue, a customer's name", _asked(world, "/disputes/?view=all&q=Customer%201"), QUEUE)
    yield Page("case", _of_cases(world, "/disputes/{}/"), CASE, GOAL)
    yield Page("investigation of a case", _of_cases(world, "/disputes/{}/investigate/"), LOOKED_INTO)
    yield Page("Pareto", _asked(world, "/disputes/causes/"), PARETO, GOAL)
    yield Page("Pareto by money, 2 years", _asked(world, "/disputes/causes/?since=2024-11-24&by=value"), PARETO)
    yield Page("heat table", _asked(world, "/disputes/causes/by-source/"), HEAT)
    yield Page("service levels", _asked(world, "/disputes/service/"), SERVICE)
    keys = list(Problem.objects.values_list("pk", flat=True))
    yield Page("problem", _of(world, "/disputes/causes/problems/{}/", keys, "problem"), PROBLEM)


def _people(world: World) -> Iterator[User]:
    assert world.supervisor
    while True:
        for n, specialist in enumerate(world.specialists):
            yield specialist
            yield world.seniors[n % 2] if n % 3 else world.supervisor


def _asked(world: World, url: str) -> Iterator[tuple[User, str, dict[str, Any]]]:
    for person in _people(world):
        yield person, url, {}


def _of(world: World, url: str, keys: Sequence[int], name: str) -> Iterator[tuple[User, str, dict[str, Any]]]:
    for n in range(len(keys) * ROUNDS):
        yield world.seniors[n % 2], url.format(keys[n % len(keys)]), {name: keys[n % len(keys)]}


def _of_cases(world: World, url: str) -> Iterator[tuple[User, str, dict[str, Any]]]:
    """Cases old and new, open ones more often, each by somebody who sees it."""
    for n, person in enumerate(_people(world)):
        seen = Dispute.objects.visible_to(person, "disputes.view").order_by("pk")
        found = seen.open() if n % 3 else seen.filter(pk__gt=(n * 7919) % max(1, world.cases - world.cases // 10))
        keys = list(found.values_list("pk", flat=True)[:40]) or list(seen.values_list("pk", flat=True)[:40])
        if keys:  # in a small world some specialists have no customer
            case = keys[n * 7 % len(keys)]
            yield person, url.format(case), {"case": case}


def _time(page: Page) -> Times:
    """Ask; a first request of each person warms what an office has warm, and doesn't count."""
    times, clients, companies = Times(), dict[int, Client](), list(Dispute.objects.values_list("company", flat=True).distinct().order_by())
    for person, url, more in islice(page.asks, ROUNDS):
        if person.pk not in clients:
            clients[person.pk] = Client()
            clients[person.pk].force_login(person)
            clients[person.pk].get(url)
        with CaptureQueriesContext(connection) as queries:
            began, own = time.perf_counter(), time.process_time()
            answer = clients[person.pk].get(url)
            times.wall.append((time.perf_counter() - began) * 1000)
            times.own.append((time.process_time() - own) * 1000)
        assert answer.status_code == 200, (url, person.email, answer.status_code)
        times.queries.append(len(queries))
        everything = not person.email.startswith("specialist")
        asked = {"today": TODAY, "companies": companies, "person": person.pk, "everything": everything} | more
        times.plain.append(sum(_plain(sql, asked) for sql in page.sql) * 1000)
    return times


def _plain(sql: str, asked: dict[str, Any]) -> float:
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(sql, asked)
        cursor.fetchall()
    return time.perf_counter() - began


def _opened() -> str:
    """Short payments opened as cases, many at once, beside COPY of the same rows into the same tables."""
    free = OpenItem.objects.filter(kind="invoice", balance__gt=0, disputes=None).select_related("customer").order_by("pk")
    wanted = [
        NewDispute(item, max(1, item.balance // 10), "short_payment", f"bench:short:{item.pk}", "less price difference", kind="deduction")
        for item in free[: OPENED * 2]
    ]
    half = len(wanted) // 2
    began = time.perf_counter()
    made = [case for chunk in _chunks(wanted[:half]) for case in open_disputes(actor=ACTOR, wanted=chunk, today=TODAY)]
    rate = half / (time.perf_counter() - began)
    plain = half / sum(_copy(chunk, made[0]) for chunk in _chunks(wanted[half : 2 * half]))
    return f"  cases opened {rate:8,.0f} /s   COPY of the same rows {plain:8,.0f} /s   ratio {rate / plain:.2f}"


def _chunks(rows: Sequence[NewDispute]) -> Iterator[Sequence[NewDispute]]:
    for start in range(0, len(rows), AT_ONCE):
        yield rows[start : start + AT_ONCE]


def _copy(chunk: Sequence[NewDispute], like: Dispute) -> float:
    """Seconds that COPY takes for the rows of these cases, their text made beforehand."""
    ids = take_ids("disputes_dispute", len(chunk))
    cases, moves, steps, events = [], [], [], []
    for pk, w in zip(ids, chunk, strict=True):
        item = w.open_item
        cases.append(
            f"{pk}\t{item.company_id}\t{item.customer_id}\t{item.pk}\tC{pk}\tdeduction\t{w.reason}\t{w.amount}\t{w.amount}\t{w.amount}\t{item.currency}"
            f"\t{w.customer_words}\topen\t{like.due_date}\t{TODAY}\tbench\tcopy:{pk}\t\t0\tnow"
        )
        moves.append(f"{pk}\t{item.pk}\t{TODAY}\t{w.amount}\tbench")
        steps.append(f"{pk}\topen\t\t{TODAY}\t{like.due_date}\tbench")
        events.append(f"{item.company_id}\tdispute.opened\tbench\tdisputes.dispute\t{pk}\t{item.customer_id}\t{{}}")
    plan = (
        (
            "disputes_dispute (id, company_id, customer_id, open_item_id, number, kind, reason, claimed, amount, base_amount, currency,"
            " customer_words, state, due_date, opened_on, opened_by, source, resolution, version, updated_at)", cases,
        ),
        ("disputes_disputemovement (dispute_id, open_item_id, day, delta, by)", moves),
        ("disputes_disputestep (dispute_id, state, waiting_on, day, due_date, by)", steps),
        ("workflow_event (company_id, type, actor, subject_type, subject_id, customer_ref, data)", events),
    )  # fmt: skip
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        for target, rows in plan:
            cursor.cursor.copy_expert(f"COPY {target} FROM STDIN", io.StringIO("\n".join(rows) + "\n"))
    return time.perf_counter() - began
