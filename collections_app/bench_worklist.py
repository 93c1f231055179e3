"""`manage.py bench worklist`: ranking all customers of a big company, catching up, and the pages of the queue at its size."""

import os
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import override_settings
from django.urls import reverse

from arops.lib import clock
from collections_app.bench_world import TODAY, World, build
from collections_app.models import WorkTask
from collections_app.services.activities import log_activity
from collections_app.services.likelihood import measure_likelihood
from collections_app.services.ranking import catch_up, rank
from customers.models import Customer
from org.models import User

Write = Callable[[str], Any]
RANKED, SHOWN = 60.0, 0.100
"""Goals: seconds to rank all customers, seconds for a page at its 95th in a hundred."""
ROUNDS = 40
PLAIN = (
    "SELECT t.*, c.name FROM collections_app_worktask t JOIN customers_customer c ON c.id = t.customer_id"
    " WHERE t.owner_id = %(owner)s ORDER BY t.score DESC LIMIT 200"
)


def run(write: Write, sizes: Sequence[int] = (100_000,)) -> None:
    """Build a company of the largest size, rank it, and measure what people wait for."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    began = time.monotonic()
    world = build(max(sizes), say=lambda said: write(f"{said}, {time.monotonic() - began:,.0f} s"))
    _rank(write, world)
    with override_settings(BUSINESS_DATE=TODAY, ALLOWED_HOSTS=[*settings.ALLOWED_HOSTS, "testserver"]):
        _catch_up(write, world)
        _pages(write, world)


def _rank(write: Write, world: World) -> None:
    for name, do in (
        ("likelihood measured", lambda: measure_likelihood(company=world.company, day=TODAY)),
        ("ranked the first time", lambda: rank(company=world.company, day=TODAY, now=clock.now())),
        ("ranked again", lambda: rank(company=world.company, day=TODAY, now=clock.now())),
    ):
        start, own = time.perf_counter(), time.process_time()
        counted = do()
        took, own = time.perf_counter() - start, time.process_time() - own
        late = " OVER" if took > RANKED else ""
        write(f"  {name:22} {counted:9,} in {took:6.1f} s, own processor time {own:6.1f} s{late}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    write(f"  {WorkTask.objects.count():,} tasks; goal {RANKED:.0f} s; memory at most {peak:,} MB")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE collections_app_worktask")


def _catch_up(write: Write, world: World) -> None:
    """A call is logged, the list catches up: what whoever opens it next waits for in addition."""
    took: list[Answer] = []
    for n in range(ROUNDS):
        collector = world.collectors[n % len(world.collectors)]
        customer = Customer.objects.filter(collector=collector).order_by("pk")[n % 20]
        log_activity(actor=collector, customer=customer, kind="call", outcome="no_answer", today=TODAY)
        took.append(_timed(lambda: catch_up(company=world.company, day=TODAY, now=clock.now()))[0])
    write(f"  {'caught up after a call':22} {_figures(took)}")


def _pages(write: Write, world: World) -> None:
    write(
        f"  pages, {ROUNDS} requests each, milliseconds: p50, p95 (goal {SHOWN * 1000:.0f}), the process's own time at p95;"
        f" plain SQL of a list {_plain(world):.1f}"
    )
    for name, ask in _asked(world):
        took = []
        for n in range(ROUNDS + 2):
            answer, status = _timed(ask, n)
            took.append(answer)
            if status >= 400:
                write(f"  {name:22} STATUS {status}")
                break
        write(f"  {name:22} {_figures(took[2:])}")


def _asked(world: World) -> Iterator[tuple[str, Callable[[int], int]]]:
    mine = [_client(user) for user in world.collectors[:8]]
    assert world.manager is not None
    boss = _client(world.manager)
    queue, play = reverse("collections:queue"), reverse("collections:play")
    yield "queue, mine", lambda n: mine[n % 8].get(queue).status_code
    yield "queue, mine, a bucket", lambda n: mine[n % 8].get(queue + "?bucket=at_risk").status_code
    yield "queue, mine, found", lambda n: mine[n % 8].get(queue + f"?q=customer {n}").status_code
    yield "queue, everyone's", lambda n: boss.get(queue + "?scope=all").status_code
    keys = {n: list(WorkTask.objects.filter(owner=world.collectors[n])[: ROUNDS + 2].values_list("key", "customer")) for n in range(8)}
    yield (
        "peek",
        lambda n: mine[n % 8].get(reverse("collections:peek", args=[keys[n % 8][n % len(keys[n % 8])][0]]), headers=HTMX).status_code,
    )
    yield (
        "done",
        lambda n: mine[n % 8].post(reverse("collections:done", args=[keys[n % 8][n % len(keys[n % 8])][0]]), headers=HTMX).status_code,
    )
    yield "play, the next", lambda n: mine[n % 8].get(play).status_code
    yield "call screen", lambda n: mine[n % 8].get(reverse("collections:call", args=[keys[n % 8][n % len(keys[n % 8])][1]])).status_code


HTMX = {"HX-Request": "true"}


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _plain(world: World) -> float:
    start = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(PLAIN, {"owner": world.collectors[0].pk})
        cursor.fetchall()
    return (time.perf_counter() - start) * 1000


Answer = tuple[float, float]
"""Seconds by the clock, seconds of this process's own processor time."""


def _timed(do: Callable[..., Any], *given: Any) -> tuple[Answer, Any]:
    start, own = time.perf_counter(), time.process_time()
    answer = do(*given)
    return (time.perf_counter() - start, time.process_time() - own), answer


def _figures(took: Sequence[Answer]) -> str:
    clock_, own = sorted(a for a, _ in took), sorted(b for _, b in took)
    at = min(len(took) - 1, int(len(took) * 0.95))
    over = "   OVER" if clock_[at] > SHOWN else ""
    return f"{median(clock_) * 1000:8.1f} {clock_[at] * 1000:8.1f} {own[at] * 1000:8.1f}{over}"
