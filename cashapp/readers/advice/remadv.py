"""UN/EDIFACT REMADV, remittance advice: each message is one advice.

BGM has the payer's number of it, DTM its days, NAD+PR (payer) or NAD+MS (sender) the payer, FII+OR its account, CUX the currency. Each DOC
is a document of ours: MOA+9 what was due, MOA+12 what is paid, MOA+52 the discount, AJT the reason of what was held back (with MOA+165
where the amount is said), FTX words. After UNS stand the totals. A refusal of an invoice is a DOC whose MOA+12 is 0.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from cashapp.readers import text as texts
from cashapp.readers.model import ReadError, currency_of, squeeze

from . import x12
from .amounts import amount
from .edi820 import with_difference
from .edifact import Marks, Segment, segments
from .model import Advice, AdviceFile, AdviceLine, Kind

FORMAT = "EDIFACT REMADV"
_BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:UNA[^A-Za-z0-9]{6}|UNB[^A-Za-z0-9]UN|UNH[^A-Za-z0-9])")
_CREDIT_NOTES = frozenset(("81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"))
"""Document names (code list 1001) that take from the payment."""
_ADJUSTMENTS = ("165", "204", "131")
_DUE, _PAID, _DISCOUNT, _INVOICED = ("9", "12", "52", "77")
_TOTALS = ("12", "86", "128", "79", "9", "43")
"""What totals after UNS are given as, in order of trust (code list 5025)."""
_PAYMENT_DAYS = ("138", "203", "209", "140", "137")
"""Payment date, execution date, value date, due date, date of the message (code list 2005)."""
_PAYERS = ("PR", "PL", "BY", "MS", "OB", "IV")
_PAYMENT_NUMBERS = ("PQ", "CK", "AEK", "TN", "ABO", "AFN", "ACK", "CR")
"""References (code list 1153) that the payment bears too: payment, cheque, payment order, transaction number …"""


def knows(data: bytes) -> bool:
    """Whether it begins as an EDIFACT interchange or message does."""
    return bool(_BEGINS.match(data))


def read(data: bytes, *, currency: str = "") -> AdviceFile:
    """Every REMADV of the interchange, in `currency` where it names none; ReadError when it is cut off or holds none."""
    found, marks = segments(texts.decode(data))
    if not found:
        raise ReadError(1, "there is no segment in the file")
    if any(s.tag == "UNB" for s in found[:2]) and all(s.tag != "UNZ" for s in found[-2:]):
        raise ReadError(found[-1].line, "the file ends before its interchange is closed (UNZ): it was cut off")
    messages = list(_messages(found))
    others = sorted({kind for kind, _ in messages if kind != "REMADV"})
    advices = tuple(_advice(part, marks, currency) for kind, part in messages if kind == "REMADV")
    if not advices:
        said = f"EDIFACT {', '.join(others)[:60]}, no REMADV" if others else "no message (UNH)"
        raise ReadError(found[0].line, f"the file holds {said}: there is no remittance advice in it")
    return AdviceFile(FORMAT, advices, tuple(f"the {kind} messages in it were passed over" for kind in others))


def _messages(found: Sequence[Segment]) -> Iterator[tuple[str, list[Segment]]]:
    part: list[Segment] = []
    for segment in found:
        if segment.tag == "UNH" and part:
            raise ReadError(segment.line, f"the message before it ({part[0].get(1)[:20]}) isn't ended by UNT")
        if segment.tag == "UNH" or part:
            part.append(segment)
        if segment.tag == "UNT" and part:
            yield part[0].get(2)[:10], part
            part = []
    if part:
        raise ReadError(part[-1].line, f"the message {part[0].get(1)[:20]} isn't ended by UNT: the file was cut off")


def _advice(part: Sequence[Segment], marks: Marks, otherwise: str) -> Advice:
    header, documents, summary = _sections(part)
    currency = _currency(part, otherwise)
    lines = tuple(_line(document, currency, marks) for document in documents)
    notes: list[str] = []
    advice = Advice(
        currency=currency, total=_total([*summary, *header], currency, marks), lines=lines, payment_date=_date(header, notes),
        payer_name=_payer(header), payer_account=next((s.get(2) for s in header if s.tag == "FII" and s.get(1) in ("OR", "PB")), ""),
        trace=_first(header, "RFF", _PAYMENT_NUMBERS), reference=next((s.get(2) for s in header if s.tag == "BGM"), ""),
        text="\n".join(words for s in [*header, *summary] if s.tag == "FTX" and (words := _words(s))), notes=tuple(notes),
    )  # fmt: skip
    return with_difference(advice)


def _sections(part: Sequence[Segment]) -> tuple[list[Segment], list[list[Segment]], list[Segment]]:
    """What stands before the first DOC, each DOC with what belongs to it, what stands after UNS."""
    header: list[Segment] = []
    documents: list[list[Segment]] = []
    summary: list[Segment] = []
    place = header
    for segment in part:
        if segment.tag == "UNS":
            place = summary
        elif segment.tag == "DOC" and place is not summary:
            documents.append([])
            place = documents[-1]
        place.append(segment)
    return header, documents, summary


def _currency(part: Sequence[Segment], otherwise: str) -> str:
    """Of CUX, else of the first amount that names one, else of whoever is paid; ReadError where nothing says it."""
    for segment in part:
        if segment.tag == "CUX" and segment.get(1, 2):
            return currency_of(segment.get(1, 2), segment.line)
    for segment in part:
        if segment.tag == "MOA" and segment.get(1, 3):
            return currency_of(segment.get(1, 3), segment.line)
    if otherwise:
        return currency_of(otherwise, part[0].line)
    raise ReadError(part[0].line, "the REMADV names no currency (CUX)")


def _moa(part: Sequence[Segment], kinds: Sequence[str], currency: str, marks: Marks) -> int | None:
    """The first amount of the first of these kinds, in the advice's currency."""
    for kind in kinds:
        for segment in part:
            if segment.tag == "MOA" and segment.get(1) == kind and segment.get(1, 3) in ("", currency):
                found = amount(segment.get(1, 2), currency, segment.line, mark=marks.decimal if marks.decimal in ",." else ",")
                if found is not None:
                    return found
    return None


def _total(part: Sequence[Segment], currency: str, marks: Marks) -> int | None:
    return _moa(part, _TOTALS, currency, marks)


def _line(document: Sequence[Segment], currency: str, marks: Marks) -> AdviceLine:
    """The document's line. What AJT holds back stands in it, since MOA+12 is what remains."""
    doc = document[0]
    kind: Kind = "credit" if doc.get(1) in _CREDIT_NOTES else "invoice"
    paid, due, discount = (_moa(document, kinds, currency, marks) for kinds in ((_PAID,), (_DUE, _INVOICED), (_DISCOUNT,)))
    if kind == "credit":
        paid, due = (-abs(x) if x is not None else None for x in (paid, due))
    line = AdviceLine(
        reference=doc.get(2), kind=kind, gross=due, discount=discount, paid=paid, text=_said(document),
        code=next((s.get(1) for s in document if s.tag == "AJT"), ""), po_number=_first(document, "RFF", ("ON", "CO", "CT")),
    )  # fmt: skip
    return replace(line, adjustment=_held_back(document, line, _moa(document, _ADJUSTMENTS, currency, marks)))


def _held_back(document: Sequence[Segment], line: AdviceLine, said: int | None) -> int | None:
    """What was adjusted: paid − due + discount where both are said and a reason is given, else the amount beside the reason (taken off)."""
    if all(s.tag != "AJT" for s in document):
        return None
    if line.paid is not None and line.gross is not None:
        return line.paid - line.gross + (line.discount or 0)
    return None if said is None else -abs(said)


def _date(header: Sequence[Segment], notes: list[str]) -> date | None:
    said = _first(header, "DTM", _PAYMENT_DAYS)
    if not said:
        return None
    found = x12.day(said[:8]) or x12.day(said[:6])
    if found is None:
        notes.append(f"its day of payment {said[:20]!r} is no date")
    return found


def _first(part: Sequence[Segment], tag: str, kinds: Sequence[str]) -> str:
    """The value of the first composite of the first of these kinds: `RFF+PQ:4711`, `DTM+138:20270219:102`."""
    found = {s.get(1): s.get(1, 2) for s in reversed(part) if s.tag == tag}
    return next((found[kind] for kind in kinds if found.get(kind)), "")


def _payer(header: Sequence[Segment]) -> str:
    """Name, else identification, of the party that pays."""
    found = {s.get(1): s for s in reversed(header) if s.tag == "NAD"}
    for role in _PAYERS:
        party = found.get(role)
        if party:
            name = squeeze(" ".join(party.get(n, c) for n in (4, 3) for c in range(1, 6) if party.get(n, c))) or party.get(2)
            if name:
                return name
    return ""


def _words(segment: Segment) -> str:
    return squeeze(" ".join(segment.get(4, component) for component in range(1, 6)))


def _said(document: Sequence[Segment]) -> str:
    words = [_words(s) for s in document if s.tag == "FTX"]
    words += [f"{s.get(1, 1)} {s.get(1, 2)}" for s in document if s.tag == "RFF" and s.get(1) not in ("ON", "CO", "CT")]
    return squeeze("; ".join(word for word in words if word))[:500]
