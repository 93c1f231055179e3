"""What differs between two versions of a strategy: rules, steps and words, each change by itself. Pure.

Steps have no names of their own that last from version to version, so they are paired in their order such that the least is said to
have changed (an edit distance over steps, as `diff` does over lines): a step that comes five days later has moved, and isn't one gone
and one new.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from difflib import SequenceMatcher
from functools import cache

from collections_app.policy.strategy import StepDraft, VersionDraft

GONE_OR_NEW = 4
"""What a step without a counterpart counts: as much as four changed fields, so that unlike steps aren't forced into a pair."""
OTHER_CHANNEL = 3
RULES = ("minimum", "grace_days", "quiet_days", "stops")
PIECE = re.compile(r"\s+|\S+")


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs. `step` is its number after the change, before it where the step is gone; 0 for rules of the whole.

    A field `step` tells of a step that is new (`before` is None) or gone (`after` is None). Texts are (subject, body), their field the
    language as `text:de`.
    """

    step: int
    field: str
    before: object
    after: object


def changes(before: VersionDraft, after: VersionDraft) -> list[Change]:
    """All that differs, rules first, then step by step; nothing for versions that tell everybody the same."""
    rules = [(name, _plain(getattr(before, name)), _plain(getattr(after, name))) for name in RULES]
    found = [Change(0, name, was, now) for name, was, now in rules if was != now]
    for was, now in pairs(before.steps, after.steps):
        found += _step_changes(before.steps, after.steps, was, now)
    return found


def _plain(value: object) -> object:
    return tuple(sorted(value)) if isinstance(value, list | tuple) else value


def _step_changes(before: Sequence[StepDraft], after: Sequence[StepDraft], was: int | None, now: int | None) -> list[Change]:
    if was is None or now is None:
        number = (now if was is None else was) or 0
        return [Change(number + 1, "step", None if was is None else before[was], None if now is None else after[now])]
    return [Change(now + 1, name, old, new) for name, old, new in _fields(before[was], after[now])]


def _fields(was: StepDraft, now: StepDraft) -> list[tuple[str, object, object]]:
    """(field, before, after) of what differs; words by language."""
    plain = [(f.name, getattr(was, f.name), getattr(now, f.name)) for f in fields(StepDraft) if f.name != "texts"]
    languages = sorted({*was.texts, *now.texts})
    words = [(f"text:{language}", was.texts.get(language), now.texts.get(language)) for language in languages]
    return [(name, old, new) for name, old, new in plain + words if old != new]


def pairs(before: Sequence[StepDraft], after: Sequence[StepDraft]) -> list[tuple[int | None, int | None]]:
    """(index before, index after) of each step in order, None where it has no counterpart; with the least total difference."""

    @cache
    def best(i: int, j: int) -> tuple[int, tuple[tuple[int | None, int | None], ...]]:
        if i == len(before) and j == len(after):
            return 0, ()
        ways = []
        if i < len(before) and j < len(after):
            ways.append(_with(_distance(before[i], after[j]), (i, j), best(i + 1, j + 1)))
        if i < len(before):
            ways.append(_with(GONE_OR_NEW, (i, None), best(i + 1, j)))
        if j < len(after):
            ways.append(_with(GONE_OR_NEW, (None, j), best(i, j + 1)))
        return min(ways, key=lambda way: way[0])

    return list(best(0, 0)[1])


def gone(before: Sequence[StepDraft], after: Sequence[StepDraft]) -> set[int]:
    """Places in the steps before of those that the steps after no longer have, be it moved or reworded; one of another kind is another."""
    return {i for i, j in pairs(before, after) if i is not None and (j is None or before[i].channel != after[j].channel)}


def _with(
    cost: int, pair: tuple[int | None, int | None], rest: tuple[int, tuple[tuple[int | None, int | None], ...]]
) -> tuple[int, tuple[tuple[int | None, int | None], ...]]:
    return cost + rest[0], (pair, *rest[1])


def _distance(was: StepDraft, now: StepDraft) -> int:
    return len(_fields(was, now)) + (OTHER_CHANNEL - 1 if was.channel != now.channel else 0)


def words_changed(before: str, after: str) -> list[tuple[str, str]]:
    """Two texts as one: pieces in order, each `same`, `gone` or `new`. The pieces that aren't new are the text before, those not gone
    the text after."""
    old, new = PIECE.findall(before), PIECE.findall(after)
    told: list[tuple[str, str]] = []
    for tag, i, k, j, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            told.append(("same", "".join(old[i:k])))
            continue
        told += [(mark, text) for mark, text in (("gone", "".join(old[i:k])), ("new", "".join(new[j:m]))) if text]
    return told
