"""Three keys that tell what was imported before: of the file's content, of a statement, of an entry.

Banks reuse statement numbers every year, send overlapping periods, and give all rows of a batch one reference; hence the year and
balances (or entries) in the statement's key, and the ordinal within identical tuples in the entry's. The keys name repetitions; what to do
about one is the importer's decision, for nothing may be dropped silently.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable

from . import archive, text
from .model import BankFile, ReadError, Statement


def content_key(data: bytes) -> str:
    """sha256 of the content, the same for a file that was renamed, zipped again, given a byte-order mark or other line ends."""
    if archive.is_zip(data):
        return _archive_key(data)
    try:
        body = text.decode(data)
    except ReadError:
        return hashlib.sha256(data).hexdigest()
    lines = "\n".join(line.rstrip() for line in body.split("\n")).strip()
    return hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()


def _archive_key(data: bytes) -> str:
    """A zip of one file is that file; of several, their set; a workbook is its parts without who saved it and when."""
    found = dict(archive.members(archive.open_zip(data)))
    if "[Content_Types].xml" in found:
        parts = sorted(f"{name}:{hashlib.sha256(part).hexdigest()}" for name, part in found.items() if not name.startswith("docProps/"))
    else:
        parts = sorted(hashlib.sha256(part).hexdigest() if archive.is_zip(part) else content_key(part) for part in found.values())
    return parts[0] if len(parts) == 1 else _digest(parts)


def statement_key(statement: Statement) -> str:
    """Account, currency, kind, statement and sequence number, year, both balances; where there are none, what moved.

    Banks that give no balances send two statements of one account and day in one file; only their entries tell them apart.
    """
    day = statement.closing_date or statement.opening_date
    year = day.year if day else min((entry.booking_date.year for entry in statement.entries), default=0)
    names = (statement.account, statement.currency, statement.kind, statement.statement_id, statement.sequence or "")
    moved = [] if statement.opening_balance is not None or statement.closing_balance is not None else _moved(statement)
    return _digest([*names, str(year), str(statement.opening_balance), str(statement.closing_balance), *moved])


def _moved(statement: Statement) -> list[str]:
    return [f"{e.value_date} {e.amount} {e.currency} {e.bank_reference} {e.text}" for e in statement.entries]


def entry_keys(file: BankFile) -> tuple[tuple[str, ...], ...]:
    """A key per entry, in the shape of the file: account, bank reference, amount, value date, and the ordinal among equals.

    Equals are counted over the whole file, because a bank may spread a day over several pages of one statement. A statement that
    stands twice in one file (same `statement_key`) gets the same entry keys twice.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    known: dict[str, tuple[str, ...]] = {}
    result = []
    for statement in file.statements:
        key = statement_key(statement)
        if key not in known or not statement.entries:
            known[key] = tuple(_entry_keys(statement, seen))
        result.append(known[key])
    return tuple(result)


def _entry_keys(statement: Statement, seen: Counter[tuple[str, ...]]) -> Iterable[str]:
    for entry in statement.entries:
        identity = (statement.account, entry.currency, entry.bank_reference, str(entry.amount), entry.value_date.isoformat())
        seen[identity] += 1
        yield _digest([*identity, str(seen[identity])])


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
