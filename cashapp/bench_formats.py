"""The real files beside the repository, read as an import reads them, against what their manifest says: counts and sums to the cent."""

import csv
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings

from arops.lib import money
from arops.lib.refusal import InputRefused
from cashapp.readers import detect
from cashapp.readers.advice import detect as advices
from cashapp.readers.advice import nacha
from cashapp.readers.model import FEE

BANK = frozenset("bai2 bai_lockbox mt940 mt942 camt052 camt053 camt054 ofx".split())
ADVICES = frozenset("x12_820 nacha".split())
Figures = tuple[int, Decimal, Decimal]


def folder() -> Path:
    """Where the files are: `AROPS_FORMATS`, else `shared/formats/dev` beside the repository."""
    return Path(os.environ.get("AROPS_FORMATS") or Path(settings.BASE_DIR).parent / "shared" / "formats" / "dev")


def run(write: Callable[[str], Any]) -> None:
    """Read every bank file and advice that the manifest has figures for; say what agrees, what is refused, and name what differs."""
    where = folder()
    if not (where / "manifest.csv").exists():
        write(f"\nreal files: none at {where} (AROPS_FORMATS names another folder)")
        return
    rows = [r for r in csv.DictReader((where / "manifest.csv").read_text("utf-8").splitlines()) if r["format"] in BANK | ADVICES]
    write(f"\n{len(rows)} real files of {where}, against the counts and sums of their manifest")
    started, found = time.process_time(), defaultdict[str, list[tuple[str, str, int]]](list)
    for row in rows:
        found[row["format"]].append((row["file"], *_compare(row, where)))
    took = time.process_time() - started
    for format, results in sorted(found.items()):
        write(f"  {format:12} {_words(results)}")
    write(f"  together     {_words([r for results in found.values() for r in results])}; {took:.1f} s of processor time")


def _words(results: Iterable[tuple[str, str, int]]) -> str:
    kinds: dict[str, list[str]] = defaultdict(list)
    entries = 0
    for file, kind, count in results:
        kinds[kind].append(file)
        entries += count
    differ = f", differ: {', '.join(kinds['differs'])}" if kinds["differs"] else ""
    bare = f", {len(kinds['no figures'])} read without figures to compare" if kinds["no figures"] else ""
    return f"{len(kinds['agrees'])} agree ({entries:,} movements), {len(kinds['refused'])} refused as broken{bare}{differ}"


def _compare(row: Mapping[str, str], where: Path) -> tuple[str, int]:
    """How the reading compares (agrees, differs, refused, no figures), and how many movements were read."""
    content = (where / row["file"]).read_bytes()
    try:
        ours = _bank(content, row["file"]) if row["format"] in BANK else _advice(content, row["format"])
    except InputRefused:
        return "refused", 0
    if not row["n_tx"]:
        return "no figures", ours[0]
    theirs = (int(row["n_tx"]), Decimal(row["credit_sum"] or 0), Decimal(row["debit_sum"] or 0))
    return ("agrees" if ours == theirs else "differs"), ours[0]


def _bank(content: bytes, name: str) -> Figures:
    """Bookings, credits and debits as plain decimals over all currencies; fees that cards kept are no movement of the manifest's."""
    statements = detect.read(content, name=name).statements
    amounts = [money.to_decimal(e.amount, e.currency) for s in statements for e in s.entries if e.type_code != FEE]
    return _figures(sum(len({e.ordinal for e in s.entries}) for s in statements), amounts)


def _advice(content: bytes, format: str) -> Figures:
    """Documents of an 820 and what was paid; entries of a NACHA file and their sums."""
    if format == "nacha":
        entries, _ = nacha.entries(content)
        return _figures(len(entries), [money.to_decimal(e.amount, "USD") for e in entries])
    told = advices.read(content).advices
    documents = sum(line.kind != "adjustment" for a in told for line in a.lines)
    return _figures(documents, [money.to_decimal(a.total or 0, a.currency or "USD") for a in told])


def _figures(count: int, amounts: Iterable[Decimal]) -> Figures:
    known = list(amounts)
    return count, sum((a for a in known if a > 0), Decimal()), -sum((a for a in known if a < 0), Decimal())
