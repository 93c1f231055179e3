"""Which causes keep coming back at one source: pure counting over the cases of some weeks.

A repeat is a cause at a source with enough disputed invoices, that are at least so much of the source's invoices, and more of them than
of the company's others: what goes wrong everywhere alike is no source's own.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

DIMENSIONS = ("customer", "product", "sales_representative", "technician", "price_list", "order_desk")
AT_SOURCE = {
    "customer": "", "product": "product ", "sales_representative": "sold by ", "technician": "work by ", "price_list": "contract ",
    "order_desk": "entered by ",
}  # fmt: skip
"""How a source is called in a sentence."""
MOST = Fraction(2, 3)
"""From this share on, what cases have in common is worth saying."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A disputed invoice of the span: its cause, the money contested, and where it came from, by dimension (empty where unknown)."""

    cause: int
    invoice: int
    amount: int
    sources: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rule:
    """From when on it is a repeat: so many disputed invoices, so much of the source's invoices (a fraction)."""

    cases: int
    rate: Fraction


@dataclass(frozen=True, slots=True)
class Candidate:
    """A cause at a source, with enough cases; whether they are enough of its invoices is to be seen."""

    cause: int
    dimension: str
    source: str
    cases: int
    amount: int
    example: int
    also: str
    all_cases: int


def candidates(seen: Iterable[Seen], least: int) -> list[Candidate]:
    """Causes and sources with at least so many disputed invoices. An invoice with two cases of one cause counts once."""
    groups: dict[tuple[int, str, str], list[Seen]] = defaultdict(list)
    whole: dict[int, set[int]] = defaultdict(set)
    for case in seen:
        whole[case.cause].add(case.invoice)
        for dimension, source in case.sources.items():
            if source:
                groups[case.cause, dimension, source].append(case)
    found = []
    for (cause, dimension, source), cases in groups.items():
        invoices = {c.invoice for c in cases}
        if len(invoices) >= least:
            money, also = sum(c.amount for c in cases), in_common(cases, dimension)
            found.append(Candidate(cause, dimension, source, len(invoices), money, cases[0].invoice, also, len(whole[cause])))
    return found


def in_common(cases: Sequence[Seen], besides: str) -> str:
    """What else most of the cases share, in words: `entered by L. Fischer (8 of 9)`. Customers are left out: they stand beside it."""
    said = []
    for dimension in DIMENSIONS[1:]:
        named = Counter(c.sources.get(dimension, "") for c in cases)
        source, n = named.most_common(1)[0] if named else ("", 0)
        if dimension != besides and source and Fraction(n, len(cases)) >= MOST:
            said.append(f"{AT_SOURCE[dimension]}{source} ({n} of {len(cases)})")
    return ", ".join(said)[:300]


def is_repeat(cases: int, invoices: int, all_cases: int, all_invoices: int, rule: Rule) -> bool:
    """Whether so many disputed of a source's invoices are a repeat, beside the whole company's."""
    if invoices <= 0 or all_invoices <= 0 or cases < rule.cases:
        return False
    rate = Fraction(cases, invoices)
    return rate >= rule.rate and rate > Fraction(all_cases, all_invoices)


def elsewhere(cases: int, invoices: int, all_cases: int, all_invoices: int) -> Fraction | None:
    """The rate of the company's other invoices; None where there are none."""
    others = all_invoices - invoices
    return Fraction(max(0, all_cases - cases), others) if others > 0 else None


def grew(then: int, now: int, rule: Rule) -> bool:
    """Whether what was put aside has grown enough to be offered again: by as many cases as make a repeat."""
    return now >= then + rule.cases
