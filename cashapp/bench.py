"""`manage.py bench match`: the engine against receipts whose truth is known, alone and through the database, beside plain peers."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.db import connection

from cashapp import bench_formats, engine
from cashapp.bench_world import ACTOR, Loaded, bank_files, load, receive
from cashapp.engine.measure import PRECISION, Measure, applied, measure, pooled, table, undecidable
from cashapp.engine.peer import match_plainly
from cashapp.engine.synthetic import Truth, World, empty_out, make_receipts, make_world
from cashapp.models import Match, Receipt
from cashapp.selectors.engine_input import candidates_of, engine_policy, engine_receipts, policy_of
from cashapp.selectors.payers import payers_of
from cashapp.services import match_receipts
from ledger.models import Line
from ledger.verify import verify_books

SEEDS = (311201, 311202, 311203, 311204, 311205)
"""Worlds that no rule was tuned on. Whoever tunes takes others."""

RECEIPTS, CLEARED = 10, 30
"""One receipt for so many open items: ten days' worth for the rates, a busy day's for the run through the database."""

DAYS, LINES_EACH = 22, 1.9
"""Bank days of a month; documents that a receipt pays, on average over the classes."""

Write = Callable[[str], Any]

PLAIN = """
    SELECT r.id, min(o.id) FROM cashapp_receipt r JOIN ledger_openitem o
        ON o.company_id = r.company_id AND o.currency = r.currency AND o.balance = r.amount AND strpos(r.text, o.number) > 0
    WHERE r.company_id = %s GROUP BY r.id HAVING count(*) = 1"""
"""The plain question in SQL: which receipt names one open item of its own amount."""


def run(write: Write, sizes: Sequence[int] = (100_000,), seeds: Sequence[int] = SEEDS) -> None:
    """Measure with that many open items: the pure engine over all seeds, then the first seed's world through the database, then a month;
    and the readers on real files, where they are beside the repository."""
    for size in sizes:
        write(f"\n{size:,} open items, {size // RECEIPTS:,} receipts for each of {len(seeds)} seeds: the engine alone")
        _alone(write, size, seeds)
        write(f"\n{size:,} open items, {size // CLEARED:,} receipts: through the database")
        _through_database(write, size, seeds[0])
        write(
            f"\n{2 * size:,} open items, a month of about {size:,} document lines in {DAYS} files: import_bank_file, from nothing to posted"
        )
        _month(write, size, seeds[1])
    bench_formats.run(write)


def _alone(write: Write, size: int, seeds: Sequence[int]) -> None:
    ours, plain, rates, peers, walls, asked = [], [], [], [], [], [0, 0]
    for seed in seeds:
        world, receipts, truths = _drawn(size, size // RECEIPTS, seed)
        items = world.items()
        took, proposals = _timed(lambda: engine.match(receipts, items, world.payers), time.process_time)  # noqa: B023
        peer_took, peer = _timed(lambda: match_plainly(receipts, items), time.process_time)  # noqa: B023
        ours.append(measure(proposals, receipts, truths))
        plain.append(measure(peer, receipts, truths))
        rates.append(len(receipts) / took)
        peers.append(len(receipts) / peer_took)
        wall, again = _timed(lambda: engine.match(receipts, items, world.payers, processes=2))  # noqa: B023
        walls.append(len(receipts) / wall)
        assert again == proposals
        unsure = undecidable(world, truths)
        asked[0] += len(unsure)
        asked[1] += sum(p.receipt_id in unsure and p.outcome == "post" for p in proposals)
        write(f"  seed {seed}: {_figures(ours[-1])}   {rates[-1]:,.0f} receipts/s")
    together = pooled(ours)
    for line in table(together):
        write(f"  {line}")
    write(f"  posted without a person  {_figures(together)}   (goals ≥ 95 %, ≤ 0.5 wrong in 1,000)")
    write(f"  ambiguous receipts       {asked[0]:,}, of them queued {1 - asked[1] / max(asked[0], 1):.1%}   (goal 100 %)")
    write(f"  plain peer               {_figures(pooled(plain))}   (number and amount to the cent)")
    write(
        f"  recall at {PRECISION:.2%}         from a score of {together.total.score_at(PRECISION)} on, by class in the table's last column"
    )
    rate, peer_rate = _middle(rates), _middle(peers)
    write(f"  speed                    {rate:,.0f} receipts in a second of processor time (goal ≥ 3,000 on two cores)")
    write(f"  by two processes         {_middle(walls):,.0f} a second by the wall's clock, whatever else the machine does meanwhile")
    write(f"  plain peer's speed       {peer_rate:,.0f}; ratio {rate / peer_rate:.3f}")
    _say_mistakes(write, together)


def _through_database(write: Write, size: int, seed: int) -> None:
    """Read, match, post and the reading of what was posted from the journal: everything `match_receipts` does on a real day."""
    world, drawn, truths = _drawn(size, size // CLEARED, seed)
    took, loaded = _timed(lambda: load(world))
    write(f"  loaded through the ledger in {took:,.0f} s")
    took, rows = _timed(lambda: receive(loaded, drawn))
    write(f"  receipts recorded        {len(rows) / took:8,.0f} /s")
    sql_took, found = _timed(lambda: _plain_sql(loaded))
    read_took, inputs = _timed(lambda: _inputs(loaded, rows))
    match_took, _ = _timed(lambda: engine.match(*inputs))
    started = time.process_time()
    took, run = _timed(lambda: match_receipts(company=loaded.company, actor=ACTOR, today=world.today))
    own = time.process_time() - started
    posted_took = max(took - read_took - match_took, 0.001)
    write(f"  candidates read          {len(rows) / read_took:8,.0f} /s   ({len(inputs[1]):,} items in {read_took:.2f} s)")
    write(f"  matched                  {len(rows) / match_took:8,.0f} /s")
    write(
        f"  posted                   {len(run.posted) / posted_took:8,.0f} /s   (matches with their entries, events, disputes, proposals)"
    )
    write(f"  end to end               {len(rows) / took:8,.0f} /s   ({run.words})")
    write(f"  in this process          {len(rows) / own:8,.0f} in a second of its own processor time, the database's left out")
    write(f"  plain SQL join           {len(rows) / sql_took:8,.0f} /s   (proposes {found / len(rows):.1%}; ratio {sql_took / took:.3f})")
    wrong = _wrong(loaded, rows, truths)
    share = len(run.posted) / len(rows)
    write(f"  posted without a person  {share:.1%}, {1000 * wrong / max(len(run.posted), 1):.2f} wrong in 1,000 by the journal's own lines")
    write(f"  verify_books             {len(verify_books(world.today))} differences")


def _month(write: Write, lines: int, seed: int) -> None:
    """What the command line does with a month's statements, in a process of its own: read, record, match and post, file by file."""
    world = make_world(seed, open_items=2 * lines, customers=max(2 * lines // 25, 10))
    pairs = empty_out(world, round(lines / LINES_EACH), seed)
    drawn, truths = [r for r, _ in pairs], [t for _, t in pairs]
    loaded = load(world, "MONTH")
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{n:02}.xml" for n in range(1, DAYS + 1)]
        for path, content in zip(paths, bank_files(loaded, drawn, DAYS, world.today), strict=False):
            path.write_bytes(content)
        del world, drawn, pairs
        used = [p for p in paths if p.exists()]
        took, peak = _timed(lambda: _in_a_process(used))
    rows = list(Receipt.objects.filter(company=loaded.company).order_by("pk"))
    posted = Match.objects.filter(receipt__company=loaded.company).count()
    applied_lines = Line.objects.filter(entry__match__receipt__company=loaded.company, open_item__isnull=False)
    count = applied_lines.exclude(open_item__kind="receipt").count()
    share, wrong = posted / len(rows), 1000 * _wrong(loaded, rows, truths) / max(posted, 1)
    write(f"  statement lines          {len(rows):,}, of them posted {share:.1%} ({wrong:.2f} wrong in 1,000)")
    write(f"  document lines meant     {sum(len(t.paid) for t in truths):,}, applied {count:,}")
    write(f"  took                     {took:,.0f} s (goal ≤ 180 for 100,000 lines): {len(rows) / took:,.0f} statement lines/s")
    write(f"  memory at most           {peak:,.0f} MB (goal ≤ 1,024)")


def _in_a_process(paths: Sequence[Path]) -> float:
    """Import the files by the command, against the bench's database; its peak of memory in MB, that of its readers too."""
    name = connection.settings_dict["NAME"]
    urls = {key: urlsplit(os.environ[key])._replace(path=f"/{name}").geturl() for key in ("DATABASE_URL", "DATABASE_OWNER_URL")}
    command = [sys.executable, "manage.py", "import_bank_file", *map(str, paths)]
    subprocess.run(command, env=os.environ | urls | {"BUSINESS_DATE": "2026-08-15"}, check=True, stdout=subprocess.DEVNULL)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def _drawn(size: int, count: int, seed: int) -> tuple[World, list[engine.Receipt], list[Truth]]:
    world = make_world(seed, open_items=size, customers=max(size // 25, 10))
    pairs = make_receipts(world, count, seed)
    return world, [r for r, _ in pairs], [t for _, t in pairs]


def _inputs(loaded: Loaded, rows: Sequence[Receipt]) -> tuple[Any, ...]:
    company = loaded.company.pk
    return engine_receipts(rows), candidates_of(company, rows[0].value_date), payers_of(company), engine_policy(policy_of(company))


def _plain_sql(loaded: Loaded) -> int:
    with connection.cursor() as cursor:
        cursor.execute(PLAIN, [loaded.company.pk])
        return len(cursor.fetchall())


def _wrong(loaded: Loaded, rows: Sequence[Receipt], truths: Iterable[Truth]) -> int:
    """Receipts posted otherwise than their payers meant, as the journal has it: what left each item."""
    meant = {r.pk: {loaded.row_of[i]: sum(parts) for i, parts in t.paid.items()} for r, t in zip(rows, truths, strict=True)}
    given: dict[int, dict[int, int]] = {}
    lines = Line.objects.filter(entry__match__receipt__company=loaded.company, open_item__isnull=False).exclude(open_item__kind="receipt")
    for receipt, item, amount in lines.values_list("entry__match__receipt", "open_item", "amount"):
        given.setdefault(receipt, {})[item] = -amount
    posted = Match.objects.filter(receipt__company=loaded.company).values_list("receipt", flat=True)
    return sum(given.get(receipt, {}) != meant[receipt] for receipt in posted)


def _figures(result: Measure) -> str:
    total = result.total
    return f"{total.rate:.1%} by count, {total.value_rate:.1%} by value, {total.wrong_per_thousand:.2f} wrong in 1,000"


def _say_mistakes(write: Write, result: Measure) -> None:
    for truth, proposal in result.mistakes[:10]:
        write(f"    wrong: {truth.kind}; {proposal.rule} {proposal.score}; meant {dict(truth.paid)}, posted {applied(proposal)}")


def _timed(do: Callable[[], Any], clock: Callable[[], float] = time.perf_counter) -> tuple[float, Any]:
    """Seconds by the clock: the wall's where the database works too, the processor's where only this process does."""
    start = clock()
    answer = do()
    return clock() - start, answer


def _middle(figures: Sequence[float]) -> float:
    return sorted(figures)[len(figures) // 2]
