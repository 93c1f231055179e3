"""Finding references in a receipt: structured lines first, whole numbers in the text next, then what noise has left of them.

A *group* is one place in the remittance and the items that may be meant by it: mostly one, more when a number is borne twice or
when noise leaves several readings. Which of them is meant, the amount decides (or a person).
"""

import itertools
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rapidfuzz.distance import OSA

from cashapp.engine import standards
from cashapp.engine.book import Book
from cashapp.engine.model import Candidate, Receipt, Reference
from cashapp.engine.references import (
    MIN_KEY,
    Level,
    Part,
    digits,
    in_one_run,
    key,
    longest,
    parts,
    scientific,
    skeleton,
    windows,
)

MAX_READINGS = 40
SHORT_DIGITS = 7
"""A number of digits alone and shorter than this might be a date, a postcode or an amount: it counts as BARE."""

SLIP, CUT, BROKEN = "number with a slip", "number cut off at the end of the text", "number broken by a spreadsheet"

_LIST = frozenset(" ,;/+&.")


class Group(NamedTuple):
    """A place in the remittance (start -1: not in the text), the items it may mean, how it was read, and what the payer stated."""

    items: tuple[Candidate, ...]
    level: Level
    how: str
    start: int = -1
    end: int = -1
    amount: int | None = None
    discount: int | None = None
    reason: str = ""


def in_structured(receipt: Receipt, book: Book) -> tuple[list[Group], list[str]]:
    """Groups of the structured references, and the numbers that are not among the open items."""
    found: list[Group] = []
    missing: list[str] = []
    for line in receipt.structured:
        group = _structured_line(line, receipt.currency, book)
        if group is None:
            missing.append(line.number)
        else:
            found.append(group._replace(amount=line.amount, discount=line.discount, reason=line.reason))
    return found, missing


def _structured_line(line: Reference, currency: str, book: Book) -> Group | None:
    whole = key(line.number)
    if items := _of_currency(book.by_key.get(whole, ()), currency):
        level = Level.STRUCTURED if len(whole) > MIN_KEY or not whole.isdigit() else Level.BARE
        return Group(items, level, "structured remittance")
    for reference in standards.read(line.number):
        if group := _creditor_reference(reference, currency, book):
            return group
    if items := _of_currency(book.all_digits.get(digits(whole), ()), currency):
        return Group(items, Level.BARE, "digits of a structured reference")
    if items := _of_currency(book.all_skeletons.get(skeleton(whole), ()), currency):
        return Group(items, Level.NOISY, "structured reference through noise")
    return None


def _creditor_reference(reference: standards.CreditorReference, currency: str, book: Book) -> Group | None:
    payload = reference.payload
    level = Level.STRUCTURED if reference.strong else Level.EXACT
    for items in (book.by_key.get(payload, ()), book.all_digits.get(digits(payload), ())):
        if len(payload) > MIN_KEY and (kept := _of_currency(items, currency)):
            return Group(kept, level, reference.standard)
    if not reference.strong or not payload.isdigit():
        return None
    for length in range(min(len(payload) - 1, 12), MIN_KEY, -1):
        if kept := _of_currency(book.all_digits.get(payload[-length:].lstrip("0"), ()), currency):
            return Group(kept, Level.BARE, f"end of a {reference.standard}")
    return None


def _of_currency(items: Iterable[Candidate], currency: str) -> tuple[Candidate, ...]:
    return tuple(i for i in items if i.currency == currency)[:MAX_READINGS]


class TextHits(NamedTuple):
    """What a text names: numbers of open items, purchase orders, closed items, and items in another currency."""

    groups: list[Group]
    orders: list[Group]
    closed: list[Group]
    elsewhere: list[Candidate]


def in_text(text: str, currency: str, book: Book) -> TextHits:
    """Whole numbers in the text (capitals), with the short forms of lists such as `INV-8812/13, 8815`."""
    found = parts(text)
    hits = TextHits(_creditor_references(text, currency, book), [], [], [])
    for first, after, whole in longest(found, book.by_key, book.max_parts):
        items = _of_currency(book.by_key[whole], currency)
        if not items:
            hits.elsewhere.extend(book.by_key[whole][:1])
            continue
        if any(g.start < found[after - 1].end and found[first].start < g.end for g in hits.groups):
            continue
        _place(hits, items, whole, text, found, first, after)
    if book.closed:
        taken = [(g.start, g.end) for g in hits.groups]
        for first, after, whole in longest(found, book.closed, book.max_parts):
            if not any(s < found[after - 1].end and found[first].start < e for s, e in taken):
                start, end = found[first].start, found[after - 1].end
                hits.closed.append(Group(tuple(book.closed[whole][:1]), Level.EXACT, "paid already", start, end))
    return hits


_RF = re.compile(r"(?<![A-Z0-9])RF[0-9]{2}(?: ?[A-Z0-9]){1,21}")
"""An ISO 11649 reference, printed in fours or not; words after it may have been caught too."""


def _creditor_references(text: str, currency: str, book: Book) -> list[Group]:
    """Valid ISO 11649 references in free text: the check digits say where one ends."""
    found: list[Group] = []
    for match in _RF.finditer(text) if "RF" in text else ():
        whole = match.group()
        for end in [n for n in range(len(whole), 4, -1) if n == len(whole) or whole[n] == " "]:
            read = standards.read(whole[:end])
            group = _creditor_reference(read[0], currency, book) if read else None
            if group is not None:
                found.append(group._replace(start=match.start(), end=match.start() + end))
                break
    return found


def _place(hits: TextHits, items: tuple[Candidate, ...], whole: str, text: str, found: list[Part], first: int, after: int) -> None:
    start, end = found[first].start, found[after - 1].end
    named = tuple(i for i in items if key(i.number) == whole or any(key(r) == whole for r in i.references))
    if not named:
        hits.orders.append(Group(items, Level.BARE, "purchase order", start, end))
        return
    level = Level.BARE if whole.isdigit() and len(whole) < SHORT_DIGITS else Level.EXACT
    goes_on = after < len(found) and found[after].start - end == 1 and text[end] in "-." and found[after].text.isdigit()
    how = "number"
    if goes_on and level is Level.EXACT:
        level, how = Level.NOISY, "number that goes on"
    hits.groups.append(Group(named, level, how, start, end))


def continued(text: str, groups: Sequence[Group], book: Book) -> list[Group]:
    """Short forms after a whole number, such as the 13 of `INV-8812/13`, of the same customer."""
    found = parts(text)
    fresh: list[Group] = []
    for group in groups:
        if len(group.items) == 1 and group.start >= 0:
            fresh.extend(_tail_list(text, group, found, book))
    spans = [(g.start, g.end) for g in groups]
    return [g for g in fresh if not any(s < g.end and g.start < e for s, e in spans)]


def _tail_list(text: str, group: Group, found: list[Part], book: Book) -> list[Group]:
    item = group.items[0]
    stem, end, fresh = key(item.number), group.end, []
    for part in found:
        if part.start < end:
            continue
        between = text[end : part.start]
        if not part.text.isdigit() or len(part.text) >= len(stem) or len(between) > MAX_LIST_GAP or set(between) - _LIST:
            break
        whole = stem[: -len(part.text)] + part.text
        same = tuple(i for i in book.by_key.get(whole, ()) if i.customer_id == item.customer_id and i.currency == item.currency)
        if not same or not stem[-len(part.text) :].isdigit():
            break
        level = Level.EXACT if len(part.text) > 2 or "/" in between else Level.BARE
        fresh.append(Group(same, level, "short form in a list", part.start, part.end))
        end = part.end
    return fresh


MAX_LIST_GAP = 2


def through_noise(text: str, currency: str, book: Book, customers: Sequence[int], taken: Sequence[Group]) -> list[Group]:
    """Numbers without prefix or zeros, or with characters confused, among these customers' items; longest and surest first."""
    readings: list[Group] = []
    for word in windows(text):
        if any(g.start < word.end and word.start < g.end for g in taken):
            continue
        if group := _read_word(word, currency, book, customers):
            readings.append(group)
    return _without_overlap(readings)


def _read_word(word: Part, currency: str, book: Book, customers: Sequence[int]) -> Group | None:
    plain = word.text.lstrip("0") if word.text.isdigit() else ""
    for customer in customers:
        weak = book.weak(customer, currency)
        if items := weak.keys.get(word.text):
            return Group(tuple(items[:MAX_READINGS]), Level.EXACT, "number", word.start, word.end)
        if items := weak.digits.get(plain):
            return Group(tuple(items[:MAX_READINGS]), Level.BARE, "number without its prefix", word.start, word.end)
        if items := weak.skeletons.get(skeleton(word.text)):
            return Group(tuple(items[:MAX_READINGS]), Level.NOISY, "number through scanning noise", word.start, word.end)
        if items := weak.tails.get(plain):
            level = Level.BARE if len(plain) > 3 else Level.FUZZY
            return Group(tuple(items[:MAX_READINGS]), level, "end of the number", word.start, word.end)
        loose = digits(word.text)
        if not plain and len(loose) > 3 and (items := weak.digits.get(loose) or weak.tails.get(loose)):
            return Group(tuple(items[:MAX_READINGS]), Level.NOISY, "number with another prefix", word.start, word.end)
    return None


def anywhere(text: str, currency: str, book: Book) -> list[Group]:
    """The same among all customers' items, for a payer nobody knows: only long digits and skeletons, so that little is hit by chance."""
    readings: list[Group] = []
    for word in windows(text):
        plain = digits(word.text) if in_one_run(word.text) else ""
        if len(plain) > MIN_KEY and (items := _of_currency(book.all_digits.get(plain, ()), currency)):
            readings.append(Group(items, Level.BARE, "number without its prefix", word.start, word.end))
        elif len(word.text) > 5 and (items := _of_currency(book.all_skeletons.get(skeleton(word.text), ()), currency)):
            readings.append(Group(items, Level.NOISY, "number through scanning noise", word.start, word.end))
    return _without_overlap(readings)


def _without_overlap(readings: list[Group]) -> list[Group]:
    kept: list[Group] = []
    for group in sorted(readings, key=lambda g: (-g.level, g.start - g.end, g.start)):
        if not any(g.start < group.end and group.start < g.end for g in kept):
            kept.append(group)
    return sorted(kept, key=lambda g: g.start)


def nearly(text: str, pool: Sequence[Candidate], taken: Sequence[Group], book: Book) -> list[Group]:
    """One slip of the pen away (a character wrong, missing, added, or two swapped), cut off, or broken by a spreadsheet."""
    known = {i.id for g in taken for i in g.items}
    words = [word for word in windows(text, 3) if len(digits(word.text)) >= 3]
    if not words and "E" not in text:
        return []
    keys = [(found, i) for i in pool if i.id not in known and len(found := book.skeleton_of(i)) > MIN_KEY]
    readings: list[Group] = []
    for word in words:
        if not any(g.start < word.end and word.start < g.end for g in taken):
            readings.extend(_near_word(word, keys, text))
    readings.extend(_broken(text, pool, known))
    return _without_overlap(readings)


def _near_word(word: Part, keys: Sequence[tuple[str, Candidate]], text: str) -> list[Group]:
    token = skeleton(word.text)
    size = len(token)
    if size <= MIN_KEY:
        return []
    near = [i for k, i in keys if -1 <= len(k) - size <= 1 and OSA.distance(k, token, score_cutoff=1) <= 1]
    if 0 < len(near) <= MAX_READINGS:
        return [Group(tuple(near), Level.FUZZY, SLIP, word.start, word.end)]
    if word.end >= len(text.rstrip()):
        cut = [i for k, i in keys if size < len(k) <= size + 4 and k.startswith(token)]
        if 0 < len(cut) <= MAX_READINGS:
            return [Group(tuple(cut), Level.FUZZY, CUT, word.start, word.end)]
    lost = [i for k, i in keys if size < len(k) <= size + 4 and k.endswith(token)]
    return [Group(tuple(lost[:MAX_READINGS]), Level.FUZZY, "number whose beginning is lost", word.start, word.end)] if lost else []


def _broken(text: str, pool: Sequence[Candidate], known: set[int]) -> list[Group]:
    found = []
    for lead, count, start, end in scientific(text):
        stem = lead.rstrip("0")
        items = tuple(i for i in pool if i.id not in known and len(d := digits(key(i.number))) == count and d.startswith(stem))
        if 0 < len(items) <= MAX_READINGS:
            found.append(Group(items, Level.FUZZY, BROKEN, start, end))
    return found


def _is_date(run: Sequence[Part]) -> bool:
    """A day such as 26.03.2026 or 2026-03-26 is no document number."""
    sizes = [len(p.text) for p in run]
    if sizes not in ([2, 2, 4], [4, 2, 2], [2, 2, 2]) or not all(p.text.isdigit() for p in run):
        return False
    numbers = [int(p.text) for p in run]
    first, month = (numbers[2], numbers[1]) if sizes[0] == 4 else (numbers[0], numbers[1])
    return 1 <= first <= 31 and 1 <= month <= 12


def strangers(text: str, book: Book, taken: Sequence[Group]) -> list[str]:
    """Numbers of the shape of our documents that the text names but that are not open."""
    found, skip = parts(text), 0
    named: list[str] = []
    for i, first in enumerate(found):
        if i < skip or any(g.start < first.end and first.start < g.end for g in taken):
            continue
        for j in range(min(i + book.max_parts, len(found)), i, -1):
            run = found[i:j]
            if any(b.start - a.end > 1 for a, b in itertools.pairwise(run)):
                continue
            whole = "".join(p.text for p in run)
            if _is_date(run):
                continue
            if book.could_be_ours(whole) and whole not in book.by_key:
                named.append(text[first.start : run[-1].end])
                skip = j
                break
    return named
