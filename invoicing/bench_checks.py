"""`manage.py bench checks`: orders' lives with seeded faults through the check, alone and with the reading of the database."""

import gc
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from invoicing.bench_lives import load_lives, placed
from invoicing.checks import Found, check, check_batch
from invoicing.checks.facts import Billed, Facts
from invoicing.checks.lives import FAULTS, Life, facts_of, make_lives
from invoicing.checks.lives.making import LAST_DAY
from invoicing.checks.lives.measure import Measure, measure, table
from invoicing.checks.lives.peer import check_plainly
from invoicing.selectors.batch import Batch
from invoicing.selectors.chain import Chain, Placed
from invoicing.selectors.facts import load
from ledger import services
from org.actors import SystemActor
from org.models import Company

SEEDS = (431101, 431102, 431103)
"""Lives that no rule was tuned on. Whoever tunes takes others."""
BATCH = 1_000
LINES = 5
FOUND, ORIGIN, ALARMS, RATE = 0.99, 0.95, 1.0, 2_000
Write = Callable[[str], Any]


def run(write: Write, sizes: Sequence[int] = (10_000,), seeds: Sequence[int] = SEEDS) -> None:
    """Measure with so many lives a seed: the rules alone over all seeds, then the first seed's lives out of the database."""
    for size in sizes:
        write(f"\n{size:,} lives for each of {len(seeds)} seeds, half of them clean, {len(FAULTS)} kinds of faults: the rules alone")
        _alone(write, size, seeds)
        count = min(size, 4_000)
        write(f"\n{count:,} lives in the database: read in batches of {BATCH:,}, and checked")
        _through_database(write, count, seeds[0])


def _alone(write: Write, size: int, seeds: Sequence[int]) -> None:
    together, rates, peer = Measure(), [], _Peer()
    for seed in seeds:
        lives = list(make_lives(seed, size, lines=LINES))
        loaded = [facts_of(life) for life in lives]
        gc.collect()
        took, found = _timed(lambda: [check(document, facts) for document, facts in loaded])  # noqa: B023
        rates.append(size / took)
        for life, one in zip(lives, found, strict=True):
            together.count(life, one)
        took, plain = _timed(lambda: [check_plainly(document, facts) for document, facts in loaded])  # noqa: B023
        peer.add(lives, plain, size / took)
    for line in table(together):
        write(f"  {line}")
    _say(write, together)
    write(f"  plain peer               {peer.words()}")
    write(f"  invoices of {together.lines / together.lives:.1f} lines    {_middle(rates):8,.0f} in a second of processor time")


@dataclass
class _Peer:
    """What the plain peer noticed."""

    broken: int = 0
    noticed: int = 0
    clean_lines: int = 0
    alarms: int = 0
    rates: list[float] = field(default_factory=list)

    def add(self, lives: Sequence[Life], found: Sequence[list[str]], rate: float) -> None:
        """Count: of a broken life whether anything was noticed; of a clean one each alarm."""
        self.rates.append(rate)
        for life, one in zip(lives, found, strict=True):
            self.broken += bool(life.faults)
            self.noticed += bool(life.faults and one)
            self.clean_lines += 0 if life.faults else len(life.lines)
            self.alarms += 0 if life.faults else len(one)

    def words(self) -> str:
        """The peer in a line."""
        share, alarms = self.noticed / max(self.broken, 1), 1000 * self.alarms / max(self.clean_lines, 1)
        return f"{share:.1%} of broken invoices noticed, no origin, {alarms:.1f} alarms in 1,000 clean lines, {_middle(self.rates):,.0f} /s"


def _through_database(write: Write, size: int, seed: int) -> None:
    company = _company()
    lives = [life for life in make_lives(seed, size, company=company.code, lines=LINES) if not life.raw]
    took, _ = _timed(lambda: load_lives(lives, company=company, actor=SystemActor("bench"), today=LAST_DAY), time.perf_counter)
    write(f"  written by the services in {took:,.0f} s")
    _analyze()
    documents = placed(lives, company)
    _check_batches(documents[:BATCH])  # the first call loads what later ones find loaded
    gc.collect()
    backend, started = _backend_seconds(), time.process_time()
    took, found = _timed(lambda: _check_batches(documents), time.perf_counter)
    own, backend = time.process_time() - started, _backend_seconds() - backend
    read, _ = _timed(lambda: list(_batches(documents)), time.perf_counter)
    result = measure(zip(lives, found, strict=True))
    _say(write, result)
    with CaptureQueriesContext(connection) as queries:
        _check_batches(documents[:BATCH])
    rate = len(lives) / took
    write(f"  statements a batch       {len(queries):8,}")
    write(f"  read                     {len(lives) / read:8,.0f} /s")
    write(f"  read and checked         {rate:8,.0f} /s by the clock")
    write(f"  of it in this process    {len(lives) / own:8,.0f} in a second of its own processor time")
    if backend:
        rate = len(lives) / (own + backend)
        goal = f"goal ≥ {RATE:,}{'' if rate >= RATE else ': MISSED'}"
        write(f"  on one core              {rate:8,.0f} in a second of both processes' processor time   ({goal})")


def _backend_seconds() -> float:
    """Processor time that the session's server process has used; 0.0 where it can't be seen, as with a server elsewhere."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    try:
        used = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK")


def _company() -> Company:
    company = Company.objects.create(code="BENCH", name="Bench", base_currency="USD")
    services.open_books(company=company)
    services.open_periods(company=company, first=LAST_DAY.replace(year=LAST_DAY.year - 2, month=1, day=1), months=40)
    return company


def _analyze() -> None:
    """What autovacuum would have told the planner on a day without a bench."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_stat_user_tables WHERE n_live_tup > 0")
        names = [name for (name,) in cursor.fetchall() if name.split("_")[0] in ("orders", "customers", "invoicing", "workflow")]
        for name in names:
            cursor.execute(f'ANALYZE "{name}"')


def _batches(documents: Sequence[Placed]) -> Iterator[tuple[list[Billed], Facts]]:
    for start in range(0, len(documents), BATCH):
        chunk = documents[start : start + BATCH]
        yield load(Batch(chunk, Chain(chunk)))


def _check_batches(documents: Sequence[Placed]) -> list[tuple[Found, ...]]:
    return [found for billed, facts in _batches(documents) for found in check_batch(billed, facts)]


def _say(write: Write, result: Measure) -> None:
    for name, share, goal in (("faults found", result.found_share, FOUND), ("with the right origin", result.origin_share, ORIGIN)):
        write(f"  {name:<24} {share:8.2%}   (goal ≥ {goal:.0%}{'' if share >= goal else ': MISSED'})")
    alarms = result.alarms_per_thousand
    write(f"  false alarms             {alarms:8.2f}   in 1,000 clean lines (goal < {ALARMS:.0f}{'' if alarms < ALARMS else ': MISSED'})")
    for mistake in result.mistakes[:10]:
        write(f"    {mistake[:230]}")


def _timed(do: Callable[[], Any], clock: Callable[[], float] = time.process_time) -> tuple[float, Any]:
    start = clock()
    answer = do()
    return clock() - start, answer


def _middle(figures: Sequence[float]) -> float:
    return sorted(figures)[len(figures) // 2]
