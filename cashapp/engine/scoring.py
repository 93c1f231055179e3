"""The rule matrix: reference × payer × amount gives the score. Published, so that anyone can read why a receipt posted.

90 and above posts by default. The rows were set by judgement and then checked on generated receipts with known truth
(`manage.py bench match`), on seeds other than the ones quoted in the tests.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from cashapp.engine.own import Cells, OwnRuleError
from cashapp.engine.payers import PayerLevel as P
from cashapp.engine.references import Level as L

Row = tuple[int, int, int, int, int, int, int, int]
"""Scores for: exact, discount, undisputed part, tolerance, unearned discount, short, over, spread over several."""

_EXACT: Mapping[P, Row] = {
    P.KNOWN: (100, 99, 98, 97, 94, 93, 91, 70),
    P.NAME: (99, 98, 97, 95, 93, 92, 90, 65),
    P.GROUP: (98, 97, 96, 94, 92, 91, 88, 62),
    P.SIMILAR: (98, 97, 96, 94, 92, 91, 88, 62),
    P.TIED: (98, 97, 96, 94, 91, 90, 86, 62),
    P.UNKNOWN: (96, 95, 92, 91, 84, 80, 74, 55),
    P.OTHER: (85, 84, 82, 78, 68, 64, 58, 50),
}

MATRIX: Mapping[L, Mapping[P, Row]] = MappingProxyType(
    {
        L.STRUCTURED: {**_EXACT, P.UNKNOWN: (97, 96, 94, 92, 90, 90, 86, 60)},
        L.EXACT: _EXACT,
        L.BARE: {
            P.KNOWN: (97, 96, 94, 92, 84, 80, 74, 55),
            P.NAME: (95, 94, 91, 88, 78, 74, 68, 52),
            P.GROUP: (94, 93, 90, 86, 76, 72, 66, 50),
            P.SIMILAR: (93, 92, 88, 84, 74, 70, 64, 50),
            P.TIED: (92, 91, 86, 82, 72, 68, 62, 50),
            P.UNKNOWN: (86, 85, 80, 74, 60, 56, 50, 40),
            P.OTHER: (55, 54, 50, 45, 40, 40, 35, 30),
        },
        L.NOISY: {
            P.KNOWN: (96, 95, 92, 89, 82, 78, 70, 54),
            P.NAME: (94, 93, 90, 86, 76, 72, 66, 50),
            P.GROUP: (93, 92, 88, 84, 74, 70, 64, 50),
            P.SIMILAR: (92, 91, 86, 82, 72, 68, 62, 50),
            P.TIED: (91, 90, 85, 80, 70, 66, 60, 50),
            P.UNKNOWN: (82, 81, 76, 70, 56, 52, 48, 40),
            P.OTHER: (52, 52, 50, 45, 40, 40, 35, 30),
        },
        L.FUZZY: {
            P.KNOWN: (93, 91, 86, 80, 68, 64, 58, 45),
            P.NAME: (92, 90, 82, 76, 64, 60, 54, 42),
            P.GROUP: (90, 86, 80, 74, 62, 58, 52, 40),
            P.SIMILAR: (90, 86, 78, 72, 60, 56, 50, 40),
            P.TIED: (90, 86, 78, 72, 58, 54, 50, 40),
            P.UNKNOWN: (70, 68, 62, 56, 48, 44, 40, 30),
            P.OTHER: (45, 45, 40, 40, 35, 35, 30, 30),
        },
    }
)

WITHOUT_REFERENCE: Mapping[str, Mapping[P, int]] = MappingProxyType(
    {
        "single amount": {P.KNOWN: 94, P.NAME: 92, P.GROUP: 91, P.SIMILAR: 90, P.TIED: 90},
        "whole balance": {P.KNOWN: 95, P.NAME: 93, P.GROUP: 91, P.SIMILAR: 91, P.TIED: 90},
        "statement": {P.KNOWN: 93, P.NAME: 91, P.GROUP: 90, P.SIMILAR: 90, P.TIED: 90},
        "oldest first, exactly": {P.KNOWN: 92, P.NAME: 90, P.GROUP: 90, P.SIMILAR: 90, P.TIED: 85},
        "unique sum": {P.KNOWN: 91, P.NAME: 90, P.GROUP: 90, P.SIMILAR: 90, P.TIED: 85},
        "single amount within tolerance": {P.KNOWN: 82, P.NAME: 78, P.GROUP: 72, P.SIMILAR: 68, P.TIED: 60},
        "balance within tolerance": {P.KNOWN: 80, P.NAME: 76, P.GROUP: 70, P.SIMILAR: 66, P.TIED: 60},
        "amount alone": {P.UNKNOWN: 55},
        "oldest first": {P.KNOWN: 52, P.NAME: 45, P.GROUP: 40, P.SIMILAR: 40, P.TIED: 30},
    }
)
"""Scores of the rules that need no reference, by how the payer is known."""

REST: Mapping[P, int] = MappingProxyType({P.KNOWN: 92, P.NAME: 91, P.GROUP: 90, P.SIMILAR: 90, P.TIED: 90, P.UNKNOWN: 60, P.OTHER: 50})
"""References plus a rest that only one choice of other items explains to the cent, by the payer's relation."""

DOUBT_CAP = 79
"""No solution with a doubt scores higher, so it can't post under any sensible threshold."""

REST_RULE = "references and the rest"
"""The name under which `REST` is shown and edited."""

COLUMNS = ("exact", "discount", "undisputed part", "tolerance", "unearned discount", "short", "over", "spread over several")
"""What the eight scores of a row are for."""


class Scores(NamedTuple):
    """The matrix that counts for a company: the published one with its own cells over it."""

    matrix: Mapping[L, Mapping[P, Row]]
    rules: Mapping[str, Mapping[P, int]]


PUBLISHED = Scores(MATRIX, MappingProxyType({**WITHOUT_REFERENCE, REST_RULE: REST}))


def read_cells(data: Mapping[str, Any]) -> Cells:
    """Cells as they are stored, checked: names that exist, eight scores (or one, for a rule) from 0 to 100. Raises OwnRuleError."""
    for name, rows in data.items():
        if name not in L.__members__ and name not in PUBLISHED.rules:
            raise OwnRuleError(f"{name} is no level of reference and no rule")
        for payer, scores in rows.items():
            if payer not in P.__members__:
                raise OwnRuleError(f"{name}: {payer} is no payer level")
            _check_scores(name, payer, scores)
    return data


def _check_scores(name: str, payer: str, scores: object) -> None:
    row = list(scores) if isinstance(scores, Sequence) and not isinstance(scores, str) else [scores]
    wanted = 8 if name in L.__members__ else 1
    if len(row) != wanted or not all(type(s) is int and 0 <= s <= 100 for s in row):
        raise OwnRuleError(f"{name}, {payer}: {'eight scores' if wanted == 8 else 'one score'} from 0 to 100 are wanted, not {scores}")


def scores_of(cells: Cells) -> Scores:
    """The published matrix with these cells over it."""
    if not cells:
        return PUBLISHED
    matrix = {level: dict(rows) for level, rows in MATRIX.items()}
    rules = {name: dict(rows) for name, rows in PUBLISHED.rules.items()}
    for name, own in read_cells(cells).items():
        for payer, scores in own.items():
            if name in L.__members__:
                matrix[L[name]][P[payer]] = cast(Row, tuple(cast(Sequence[int], scores)))
            else:
                rules[name][P[payer]] = cast(int, scores)
    return Scores(matrix, rules)
