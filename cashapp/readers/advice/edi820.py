"""X12 820, payment order and remittance advice: each ST of kind 820 is one advice.

BPR has the amount, account and day, TRN the trace number that the payment bears too, N1*PR the payer. RMR names a document with what
was paid (04), its gross amount (05) and the discount (06); ADX is an adjustment, of the RMR before it or of the entity (ENT) as a whole.
820s don't always tie out, so nothing is made to: a sum that differs from BPR02 is told in a note. CUR names the currency; where it is
absent, X12 means the sender's own, and that is taken to be the one of whoever is paid, else USD.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from arops.lib import money
from cashapp.readers import text as texts
from cashapp.readers.model import ReadError, currency_of, squeeze

from .amounts import amount
from .model import Advice, AdviceFile, AdviceLine, Kind
from .x12 import Segment, day, segments

FORMAT = "X12 820"
_BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:ISA[^A-Za-z0-9\s]|GS[^A-Za-z0-9\s]RA|ST[^A-Za-z0-9\s]820)")
_CREDITS = frozenset(("CM", "CL"))
"""RMR01 (reference qualifiers, X12 element 128): credit memos take from the payment."""
_DEBITS = frozenset(("DM", "DB", "DL"))
"""Debit memos of the buyer's take from it as well."""
_OTHERS = frozenset(("PO", "11", "12", "14", "ID", "CR", "VV"))
"""Order, account or voucher numbers: not a document of ours."""
_PAYERS = ("PR", "41", "BY", "DE")
_OWN_REFERENCES = ("TN", "EF", "CK", "BT")


@dataclass
class _Draft:
    """An RMR or a free-standing ADX with the segments that belong to it."""

    head: Segment
    adjustments: list[Segment] = field(default_factory=list)
    details: list[Segment] = field(default_factory=list)


def knows(data: bytes) -> bool:
    """Whether it begins as X12 does: an envelope, or a set of kind 820 without one."""
    return bool(_BEGINS.match(data))


def read(data: bytes, *, currency: str = "") -> AdviceFile:
    """Every 820 of the file, whatever else its envelope holds; ReadError when it is cut off or holds none."""
    found = segments(texts.decode(data))
    _check_whole(found)
    sets = list(_sets(found))
    others = sorted({kind for kind, _ in sets if kind != "820"})
    advices = tuple(advice_of(part, currency=currency) for kind, part in sets if kind == "820")
    if not advices:
        said = f"X12 {', '.join(others)[:60]}, no 820" if others else "no transaction set (ST)"
        raise ReadError(found[0].line, f"the file holds {said}: there is no remittance advice in it")
    return AdviceFile(FORMAT, advices, tuple(f"the {kind}s in it were passed over" for kind in others))


def _check_whole(found: Sequence[Segment]) -> None:
    if found[0].tag == "ISA" and all(segment.tag != "IEA" for segment in found[-3:]):
        raise ReadError(found[-1].line, "the file ends before its envelope is closed (IEA): it was cut off")


def _sets(found: Sequence[Segment]) -> Iterator[tuple[str, list[Segment]]]:
    """Kind and segments of each transaction set; ReadError for one that isn't ended by its SE."""
    part: list[Segment] = []
    for segment in found:
        if segment.tag == "ST" and part:
            raise ReadError(segment.line, f"the transaction set before it ({part[0].get(2)[:20]}) isn't ended by SE")
        if segment.tag == "ST" or part:
            part.append(segment)
        if segment.tag == "SE" and part:
            yield part[0].get(1)[:10], part
            part = []
    if part:
        raise ReadError(part[-1].line, f"the transaction set {part[0].get(2)[:20]} isn't ended by SE: the file was cut off")


def advice_of(part: Sequence[Segment], *, total: int | None = None, currency: str = "") -> Advice:
    """One advice of the segments of an 820. Without BPR (the addenda of a CCD+) the total is what the caller says."""
    currency = next((currency_of(s.get(2), s.line) for s in part if s.tag == "CUR" and s.get(2)), currency or "USD")
    bpr = next((s for s in part if s.tag == "BPR"), None)
    if bpr is None and part[0].tag == "ST":
        raise ReadError(part[0].line, "the 820 has no BPR, which tells what was paid")
    notes: list[str] = []
    if bpr is not None:
        total = _total(bpr, currency, notes)
    lines = _lines(part, currency, total)
    _note_count(part, notes)
    advice = Advice(
        currency=currency, total=total, lines=lines, payment_date=_date(part, bpr, notes), payer_name=_payer(part),
        payer_account=bpr.get(9) if bpr else "", trace=next((s.get(2) for s in part if s.tag == "TRN" and s.get(2)), ""),
        reference=_own_reference(part), text=_text(part), notes=tuple(notes),
    )  # fmt: skip
    return with_difference(advice)


def with_difference(advice: Advice) -> Advice:
    """The advice with a note of how far its lines are from what was paid, where both are said and differ."""
    summed = advice.sum_of_lines
    if advice.total is None or summed is None or summed == advice.total:
        return advice
    said, found = money.format(advice.total, advice.currency), money.format(summed, advice.currency)
    return replace(advice, notes=(*advice.notes, f"it says {advice.currency} {said} was paid; its lines add up to {found}"))


def _total(bpr: Segment, currency: str, notes: list[str]) -> int:
    paid = amount(bpr.get(2), currency, bpr.line)
    if paid is None:
        raise ReadError(bpr.line, "BPR doesn't say what was paid")
    if bpr.get(3) == "D":
        notes.append("it is a debit (BPR03 is D): money taken from the receiver, not paid to it")
        return -abs(paid)
    return paid


def _date(part: Sequence[Segment], bpr: Segment | None, notes: list[str]) -> date | None:
    """The effective day of BPR16, else that of a DTM before the first entity."""
    found = day(bpr.get(16)) if bpr else None
    if bpr and bpr.get(16) and found is None:
        notes.append(f"its day of payment {bpr.get(16)[:20]!r} is no date")
    for segment in _header(part):
        if found is None and segment.tag == "DTM":
            found = day(segment.get(2))
    return found


def _header(part: Sequence[Segment]) -> Iterator[Segment]:
    for segment in part:
        if segment.tag in ("ENT", "RMR", "ADX"):
            return
        yield segment


def _payer(part: Sequence[Segment]) -> str:
    names = {s.get(1): squeeze(s.get(2)) for s in reversed(list(_header(part))) if s.tag == "N1"}
    return next((names[role] for role in _PAYERS if names.get(role)), "")


def _own_reference(part: Sequence[Segment]) -> str:
    found = {s.get(1): s.get(2) or s.get(3) for s in reversed(list(_header(part))) if s.tag == "REF"}
    return next((found[kind] for kind in _OWN_REFERENCES if found.get(kind)), "")


def _text(part: Sequence[Segment]) -> str:
    """What people wrote: notes (NTE) and the descriptions of references, those of the whole advice only."""
    said = [squeeze(s.get(2) if s.tag == "NTE" else s.get(3)) for s in _header(part) if s.tag in ("NTE", "REF")]
    return "\n".join(dict.fromkeys(line for line in said if line))


def _note_count(part: Sequence[Segment], notes: list[str]) -> None:
    said = part[-1].get(1)
    if part[-1].tag == "SE" and said.isascii() and said.isdigit() and len(said) < 10 and int(said) != len(part):
        notes.append(f"it announces {int(said)} segments and has {len(part)}")


def _drafts(part: Sequence[Segment]) -> Iterator[_Draft]:
    """RMRs with their adjustments and details; an ADX before the first RMR of its entity stands alone."""
    current: _Draft | None = None
    within: Segment | None = None
    for segment in part:
        if segment.tag in ("ENT", "SE"):
            within = None
        if segment.tag == "RMR" or (segment.tag == "ADX" and (within is None or within.tag == "ADX")):
            if current:
                yield current
            current, within = _Draft(segment), segment
        elif segment.tag == "ADX" and current:
            current.adjustments.append(segment)
        elif segment.tag in ("REF", "DTM", "NTE") and current and within:
            current.details.append(segment)
    if current:
        yield current


def _lines(part: Sequence[Segment], currency: str, total: int | None) -> tuple[AdviceLine, ...]:
    """ADXs after an RMR explain it or stand beside it, as senders like: whichever ties out to the total, else as the RMR's sum tells."""
    drafts = list(_drafts(part))
    readings = [_signed([line for draft in drafts for line in _of(draft, currency, apart)], total) for apart in _readings(drafts)]
    return next((lines for lines in readings if _sum(lines) == total), readings[0])


def _readings(drafts: Sequence[_Draft]) -> tuple[bool | None, ...]:
    return (None, True, False) if any(draft.adjustments for draft in drafts) else (None,)


def _sum(lines: Sequence[AdviceLine]) -> int:
    return sum(line.paid if line.paid is not None else line.adjustment or 0 for line in lines)


def _of(draft: _Draft, currency: str, apart: bool | None) -> list[AdviceLine]:
    """The lines of an RMR or a free-standing ADX; `apart` puts the RMR's ADXs beside it (None: where they don't explain it)."""
    if draft.head.tag == "ADX":
        return [_adjusted(draft.head, _amount(draft.head, 1, currency), _said(draft.details))]
    line = _document(draft, currency)
    if not draft.adjustments:
        return [line]
    said = [(_amount(adx, 1, currency), adx) for adx in draft.adjustments]
    if apart is None:
        whole = line.gross is not None and line.paid == line.gross - (line.discount or 0)
        apart = whole or line.paid is None
    if apart:
        return [line, *(_adjusted(adx, minor, "") for minor, adx in said)]
    code = next((adx.get(2) for _, adx in said if adx.get(2)), line.code)
    return [replace(line, adjustment=sum(minor or 0 for minor, _ in said) + (line.adjustment or 0), code=code)]


def _document(draft: _Draft, currency: str) -> AdviceLine:
    head = draft.head
    paid, gross, discount, adjusted = (_amount(head, n, currency) for n in (4, 5, 6, 8))
    return AdviceLine(
        reference=head.get(2), kind=_kind(head.get(1)), gross=gross, discount=discount, adjustment=adjusted, paid=paid,
        code=head.get(7), text=_said(draft.details), po_number=_po_number(draft),
    )  # fmt: skip


def _adjusted(adx: Segment, amount: int | None, text: str) -> AdviceLine:
    return AdviceLine(reference=adx.get(4), kind="adjustment", adjustment=amount, code=adx.get(2), text=text)


def _amount(segment: Segment, position: int, currency: str) -> int | None:
    return amount(segment.get(position), currency, segment.line)


def _kind(qualifier: str) -> Kind:
    if qualifier in _CREDITS or qualifier in _DEBITS:
        return "credit"
    return "other" if qualifier in _OTHERS else "invoice"


def _po_number(draft: _Draft) -> str:
    if draft.head.get(1) == "PO":
        return draft.head.get(2)
    return next((s.get(2) for s in draft.details if s.tag == "REF" and s.get(1) == "PO"), "")


def _said(details: Sequence[Segment]) -> str:
    """References other than the order's, the document's day and notes, in a line that people can read."""
    words: list[str] = []
    for segment in details:
        if segment.tag == "NTE":
            words.append(squeeze(segment.get(2)))
        elif segment.tag == "REF" and segment.get(1) != "PO":
            words.append(squeeze(f"{segment.get(1)} {segment.get(2)} {segment.get(3)}"))
        elif segment.tag == "DTM" and (found := day(segment.get(2))):
            words.append(f"of {found}")
    return "; ".join(dict.fromkeys(word for word in words if word))[:500]


def _signed(lines: Sequence[AdviceLine], total: int | None) -> tuple[AdviceLine, ...]:
    """Credits sent as positive amounts take from the payment, unless the lines tie out only as they were sent."""
    turned = tuple(replace(x, paid=-x.paid) if x.kind == "credit" and x.paid is not None and x.paid > 0 else x for x in lines)
    return tuple(lines) if total is not None and _sum(lines) == total != _sum(turned) else turned
