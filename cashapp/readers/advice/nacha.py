"""NACHA files (ACH, US dollars): what a payer sent along with its credits, in the addenda of CCD, CTX, PPD and the like.

Records of 94 columns: 5 opens a batch (company, kind of entry, day), 6 is an entry, 7 its addendum, 8 and 9 close batch and file. The
payment information is columns 4–83 of the 705 records joined *without* stripping, for a CTX cuts an 820 anywhere; it is an 820, a bare
segment (RMR, TXP) or words. Real files have short lines, long lines, or none at all (one line of blocks). Each credit is an advice; a debit
is one only when it bears an 820. Totals of the control record that differ are told in a note: an advice moves no money.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from arops.lib import money
from cashapp.readers import text as texts
from cashapp.readers.model import ReadError, squeeze

from . import edi820, x12
from .model import Advice, AdviceFile

FORMAT = "NACHA"
_WIDTH = 94
_MAX_RECORDS = 500_000
_BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:101[^\n]{13,45}094101|5(?:200|220|225|280)[^\n]{46}[A-Z]{3})")
_CREDIT, _PRENOTES = "1234", "38"
"""Last digit of a transaction code: 1–4 are credits, 5–9 debits; 3 and 8 are prenotes, which move nothing."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Record 5: who sends, which kind of entries, when they take effect."""

    company: str = ""
    company_id: str = ""
    kind: str = ""
    description: str = ""
    day: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """Record 6 with its addenda: `amount` in cents, credits > 0, debits < 0; `information` is columns 4–83 of its 705 records, joined."""

    batch: Batch
    amount: int
    code: str
    receiver_id: str
    receiver: str
    trace: str
    information: str
    line: int

    @property
    def is_prenote(self) -> bool:
        """Whether it only announces an account."""
        return self.code[1:] in _PRENOTES


@dataclass
class _Sums:
    """What the entries of the file come to, against which the control record is held."""

    entries: int = 0
    debits: int = 0
    credits: int = 0
    control: str = ""
    notes: list[str] = field(default_factory=list)


def knows(data: bytes) -> bool:
    """Whether it begins with a file header (record 1: records of 94, ten a block), or, cut out of a file, with a batch header."""
    return bool(_BEGINS.match(data))


def read(data: bytes) -> AdviceFile:
    """The credits as advices; ReadError when an amount is no number or there is no entry record where one belongs."""
    found, notes = entries(data)
    told = [(entry, _advice(entry)) for entry in found]
    advices = tuple(advice for _, advice in told if advice)
    passed = sum(entry.amount < 0 and advice is None for entry, advice in told)
    if passed:
        notes = (*notes, f"{passed} debits in it are no payments and were passed over")
    if not advices:
        raise ReadError(1, "the file holds no credit: there is nothing in it that was paid")
    return AdviceFile(FORMAT, advices, notes)


def entries(data: bytes) -> tuple[list[Entry], tuple[str, ...]]:
    """Every entry of the file, credit and debit, and what was odd about its totals; ReadError with the line that is wrong."""
    found: list[Entry] = []
    batch, sums = Batch(), _Sums()
    information: list[str] = []
    for line, record in _records(texts.decode(data)):
        kind = record[0]
        if kind == "5":
            batch = _batch(record)
        elif kind == "6":
            _close(found, information)
            found.append(_entry(batch, record, line))
            sums.entries += 1
        elif kind == "7":
            sums.entries += 1
            if record[1:3] == "05":
                information.append(record[3:83])
        elif kind == "9" and record.strip("9 "):
            sums.control = record
        elif kind not in "189":
            raise ReadError(line, f"a record of NACHA begins with 1, 5, 6, 7, 8 or 9, not {kind!r}")
    _close(found, information)
    _check(found, sums)
    return found, tuple(sums.notes)


def _records(body: str) -> Iterator[tuple[int, str]]:
    """Records of 94 columns with their line: short lines are padded, lines of whole blocks are cut."""
    count = 0
    for number, line in enumerate(body.split("\n"), start=1):
        if not line.strip():
            continue
        whole = len(line) >= 2 * _WIDTH and line[_WIDTH] in "156789"
        for at in range(0, len(line), _WIDTH) if whole else (0,):
            record = line[at : at + _WIDTH].ljust(_WIDTH)
            count += 1
            if count > _MAX_RECORDS:
                raise ReadError(number, f"the file has more than {_MAX_RECORDS} records")
            if record.strip():
                yield number, record


def _batch(record: str) -> Batch:
    return Batch(
        company=squeeze(record[4:20]), company_id=record[40:50].strip(), kind=record[50:53].strip(), description=squeeze(record[53:63]),
        day=record[69:75],
    )  # fmt: skip


def _entry(batch: Batch, record: str, line: int) -> Entry:
    begin, end = (27, 39) if batch.kind == "ADV" else (29, 39)
    said = record[begin:end].strip()
    if not (said.isascii() and said.isdigit()):
        raise ReadError(line, f"the amount (columns {begin + 1} to {end}) is {said[:20]!r}, not digits")
    code = record[1:3]
    return Entry(
        batch=batch, amount=int(said) * (1 if code[1] in _CREDIT else -1), code=code, receiver_id=record[39:54].strip(),
        receiver=squeeze(record[58:74] if batch.kind == "CTX" else record[54:76]), trace=record[79:94].strip(), information="", line=line,
    )  # fmt: skip


def _close(found: list[Entry], information: list[str]) -> None:
    """Give the addenda read so far to the entry before them."""
    if found and information:
        found[-1] = replace(found[-1], information="".join(information))
    information.clear()


def _check(found: Sequence[Entry], sums: _Sums) -> None:
    """Counts and totals of the file control record (9) against what the file holds."""
    if not sums.control:
        sums.notes.append("the file has no control record (9): it may have been cut off")
        return
    sums.credits = sum(e.amount for e in found if e.amount > 0)
    sums.debits = -sum(e.amount for e in found if e.amount < 0)
    if any(e.batch.kind == "ADV" for e in found):
        return  # its control record is laid out otherwise
    for what, said, is_so in (
        ("entries and addenda", sums.control[13:21], sums.entries),
        ("cents of debits", sums.control[31:43], sums.debits),
        ("cents of credits", sums.control[43:55], sums.credits),
    ):
        if not (said.isascii() and said.isdigit() and int(said) == is_so):
            sums.notes.append(f"its control record says {said.strip()[:12]} {what}, it holds {is_so}")


def _advice(entry: Entry) -> Advice | None:
    """The entry as its payer explains it; None for a prenote and for a debit that bears no 820."""
    inner = _explained(entry)
    if entry.is_prenote or (entry.amount < 0 and inner is None):
        return None
    base = Advice(
        currency="USD", total=entry.amount, payment_date=x12.day(entry.batch.day), payer_name=entry.batch.company,
        payer_account=entry.batch.company_id, trace=entry.trace, reference=entry.receiver_id,
    )  # fmt: skip
    if inner is None:
        return replace(base, text=_words(entry.information) or entry.batch.description)
    return _with(base, inner)


def _explained(entry: Entry) -> Advice | None:
    """The addenda as 820 or as its bare segments; None where they are words, or break the rules of X12 (then they stay words)."""
    information = entry.information.strip()
    if not re.match(r"(?:ISA|GS|ST|BPR|RMR|ENT|TRN|ADX)[^A-Za-z0-9\s]", information):
        return None
    try:
        found = x12.segments(information)
        begin = next((n for n, s in enumerate(found) if s.tag == "ST"), 0)
        end = next((n for n, s in enumerate(found) if s.tag == "SE" and n > begin), len(found) - 1)
        return edi820.advice_of(found[begin : end + 1], total=abs(entry.amount))
    except ReadError:
        return None


def _with(base: Advice, inner: Advice) -> Advice:
    """The 820 within the entry: the entry's amount is what moves, the 820 has the better names. A debit is told by its 820 alone."""
    notes = list(inner.notes)
    total = base.total
    if total is not None and total < 0:
        notes.append("the entry is a debit: the amount is that of its 820")
        total = inner.total
    elif inner.total is not None and inner.total != total:
        entry, said = money.format(total or 0, "USD"), money.format(inner.total, inner.currency)
        notes.append(f"the entry moves USD {entry}, its 820 says {inner.currency} {said}")
    return replace(
        inner, total=total, currency=base.currency if total == base.total else inner.currency,
        payment_date=base.payment_date or inner.payment_date, payer_name=inner.payer_name or base.payer_name,
        payer_account=inner.payer_account or base.payer_account, trace=inner.trace or base.trace,
        reference=inner.reference or base.reference, notes=tuple(notes),
        text="\n".join(words for words in (inner.text, f"ACH trace number {base.trace}" if base.trace else "") if words),
    )  # fmt: skip


def _words(information: str) -> str:
    return squeeze(information.strip().rstrip("\\~"))
