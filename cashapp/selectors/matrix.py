"""The matrix as a page shows it: every cell with the published score, the band it falls into, and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cashapp import engine
from cashapp.engine.conflicts import broken_cells, silent_rules
from cashapp.engine.payers import PayerLevel as P
from cashapp.engine.references import Level as L
from cashapp.engine.scoring import COLUMNS, PUBLISHED, Scores, scores_of
from cashapp.models import MatchPolicy, RuleMatrix

LEVELS = {
    L.STRUCTURED: ("Line of a remittance advice", "the payer's own word: an advice joined to the receipt, or structured text of the bank"),
    L.EXACT: ("Whole number", "the document's number stands in the text, whatever the separators"),
    L.BARE: ("Part of the number", "its digits without prefix and zeros, or its end"),
    L.NOISY: ("Through noise", "a number that scanning garbled: O for 0, I for 1, S for 5"),
    L.FUZZY: ("A slip away", "one character off, cut off, or its beginning lost"),
}  # fmt: skip
"""Level of reference → its name and what it means."""
PAYERS = {
    P.KNOWN: ("Known", "by account, by an alias that was confirmed, or named by a person"),
    P.NAME: ("By name", "the name is one customer's, leaving out legal forms"),
    P.GROUP: ("Group", "a company of the customer's group, or an account that several share"),
    P.SIMILAR: ("Similar name", "close to one customer's name, clearly closer than to any other"),
    P.TIED: ("Name of several", "several customers bear the name"),
    P.UNKNOWN: ("Unknown", "nobody knows who paid"),
    P.OTHER: ("Somebody else", "the payer is known, the documents are another customer's"),
}  # fmt: skip
"""How the payer is known → its name and what it means."""
SCORES = {
    "exact": "to the cent", "discount": "less discount in time", "undisputed part": "without what is disputed",
    "tolerance": "within tolerance", "unearned discount": "discount too late", "short": "short on one", "over": "more than owed",
    "spread over several": "short over several",
}  # fmt: skip
"""Column → its heading."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One score: the field's name in the form, its value, what is published, its band and what is wrong with it (empty: nothing)."""

    field: str
    value: int
    published: int
    band: str
    wrong: str = ""

    @property
    def changed(self) -> bool:
        """Whether it differs from the published score."""
        return self.value != self.published


@dataclass(frozen=True, slots=True)
class Row:
    """Scores of one way in which the payer is known."""

    label: str
    meaning: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Block:
    """A level of reference with its rows, or (`single`) all the rules that need none."""

    code: str
    label: str
    meaning: str
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Grid:
    """The whole matrix: blocks of eight columns, the rules of one score each, and everything that is wrong, in words."""

    columns: list[str]
    blocks: list[Block]
    payers: list[tuple[str, str]]
    rules: list[tuple[str, list[Cell | None]]]
    wrong: list[tuple[str, str]]
    silent: list[tuple[str, str]]
    changed: int
    post: int
    propose: int


def bands_of(matrix: RuleMatrix | None, policy: MatchPolicy) -> engine.Bands:
    """The bands that count with that version: its own, else those of the company's policy."""
    return engine.read_bands(matrix.bands if matrix else {}, post=policy.auto_threshold, propose=policy.suggest_threshold)


def grid_of(matrix: RuleMatrix | None, policy: MatchPolicy) -> Grid:
    """A version as a grid; None: the published matrix."""
    scores, bands = scores_of(matrix.cells if matrix else {}), bands_of(matrix, policy)
    wrong = {(b.name, b.payer, max(b.column, 0)): b.words for b in broken_cells(scores)}
    blocks = [Block(level.name, *LEVELS[level], _rows(scores, level, bands, wrong)) for level in LEVELS]
    rules = [(rule, _single(scores, n, rule, bands, wrong)) for n, rule in enumerate(PUBLISHED.rules)]
    cells = [c for b in blocks for r in b.rows for c in r.cells] + [c for _, found in rules for c in found if c]
    return Grid(
        [SCORES[c] for c in COLUMNS], blocks, list(PAYERS.values()), rules, [(_place(k), words) for k, words in wrong.items()],
        silent_rules(scores, bands), sum(c.changed for c in cells), bands.post, bands.propose,
    )  # fmt: skip


def _place(key: tuple[str, str, int]) -> str:
    name, payer, column = key
    who = PAYERS[P[payer]][0]
    if name in L.__members__:
        return f"{LEVELS[L[name]][0]}, {who.lower()}, {SCORES[COLUMNS[column]]}"
    return f"{name.capitalize()}, {who.lower()}"


def _rows(scores: Scores, level: L, bands: engine.Bands, wrong: Mapping[tuple[str, str, int], str]) -> list[Row]:
    found = []
    for payer, (label, meaning) in PAYERS.items():
        own, published = scores.matrix[level][payer], PUBLISHED.matrix[level][payer]
        cells = [
            Cell(f"m-{level.name}-{payer.name}-{n}", value, published[n], _band(value, bands), wrong.get((level.name, payer.name, n), ""))
            for n, value in enumerate(own)
        ]
        found.append(Row(label, meaning, cells))
    return found


def _single(scores: Scores, n: int, rule: str, bands: engine.Bands, wrong: Mapping[tuple[str, str, int], str]) -> list[Cell | None]:
    own, published = scores.rules[rule], PUBLISHED.rules[rule]
    return [
        Cell(f"r-{n}-{p.name}", own[p], published.get(p, own[p]), _band(own[p], bands), wrong.get((rule, p.name, 0), ""))
        if p in own
        else None
        for p in PAYERS
    ]


def _band(score: int, bands: engine.Bands) -> str:
    return "post" if score >= bands.post else "propose" if score >= bands.propose else "ask"


def cells_typed(given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Whole rows from a grid as it was typed. Raises OwnRuleError naming the cell that is no score from 0 to 100."""
    found: dict[str, dict[str, Any]] = {}
    for level in LEVELS:
        for payer in PAYERS:
            row = [_typed(given, f"m-{level.name}-{payer.name}-{n}", (level.name, payer.name, n)) for n in range(len(COLUMNS))]
            found.setdefault(level.name, {})[payer.name] = row
    for n, (rule, single) in enumerate(PUBLISHED.rules.items()):
        for payer in single:
            found.setdefault(rule, {})[payer.name] = _typed(given, f"r-{n}-{payer.name}", (rule, payer.name, 0))
    return found


def _typed(given: Mapping[str, Any], field: str, key: tuple[str, str, int]) -> int:
    text = str(given.get(field, "")).strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= 3 and int(text) <= 100):
        raise engine.OwnRuleError(f"{_place(key)}: a score is a whole number from 0 to 100, not “{text[:10]}”")
    return int(text)
