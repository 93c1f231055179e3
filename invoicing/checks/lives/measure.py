"""What was found in lives, held against what had to be found: share of faults found, share with the right origin, false alarms."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from invoicing.checks.found import Found
from invoicing.checks.lives.model import Expected, Life


@dataclass(slots=True)
class Tally:
    """Counts of one rule."""

    seeded: int = 0
    found: int = 0
    right: int = 0
    alarms: int = 0


@dataclass(slots=True)
class Measure:
    """Counts over many lives. `clean_lines` are the lines that no fault touched: those of clean lives, and the rest of broken ones."""

    lives: int = 0
    lines: int = 0
    clean_lines: int = 0
    total: Tally = field(default_factory=Tally)
    rules: dict[str, Tally] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)

    def count(self, life: Life, found: Sequence[Found]) -> None:
        """Add a life and what was found in it: a finding is right by its rule and lines; its origin is judged apart."""
        self.lives += 1
        self.lines += len(life.lines)
        touched = {n for e in life.expected for n in (e.lines or ())}
        self.clean_lines += sum(line["number"] not in touched for line in life.lines)
        rest = list(found)
        for expected in life.expected:
            hit = next((f for f in rest if fits(expected, f)), None)
            self._seeded(expected, hit, life)
            if hit:
                rest.remove(hit)
        for alarm in rest:
            self._of(alarm.rule).alarms += 1
            self.total.alarms += 1
            self.mistakes.append(f"life {life.key} ({life.kind}, {', '.join(life.faults) or 'clean'}): alarm {alarm.rule}: {alarm.words}")

    def _seeded(self, expected: Expected, hit: Found | None, life: Life) -> None:
        for tally in (self._of(expected.rule), self.total):
            tally.seeded += 1
            tally.found += hit is not None
            tally.right += hit is not None and hit.origin == expected.origin
        if hit is None:
            self.mistakes.append(f"life {life.key} ({life.kind}, {', '.join(life.faults)}): {expected.rule} was not found")
        elif hit.origin != expected.origin:
            self.mistakes.append(f"life {life.key} ({life.kind}): {expected.rule} began in {expected.origin}, told was {hit.origin}")

    def _of(self, rule: str) -> Tally:
        return self.rules.setdefault(rule, Tally())

    @property
    def found_share(self) -> float:
        """Faults found, of those that were seeded."""
        return self.total.found / self.total.seeded if self.total.seeded else 1.0

    @property
    def origin_share(self) -> float:
        """Faults found with the right origin, of those that were found."""
        return self.total.right / self.total.found if self.total.found else 1.0

    @property
    def alarms_per_thousand(self) -> float:
        """Findings that nothing was seeded for, per thousand clean lines."""
        return 1000 * self.total.alarms / self.clean_lines if self.clean_lines else 0.0


def fits(expected: Expected, found: Found) -> bool:
    """Whether a finding is the one that had to come."""
    return found.rule == expected.rule and (expected.lines is None or set(found.lines) == set(expected.lines))


def measure(pairs: Iterable[tuple[Life, Sequence[Found]]]) -> Measure:
    """The measure of lives with what was found in each."""
    result = Measure()
    for life, found in pairs:
        result.count(life, found)
    return result


def table(result: Measure) -> list[str]:
    """The measure as lines of text, rule by rule."""
    head = f"{'rule':<24}{'seeded':>8}{'found':>9}{'origin':>9}{'alarms':>8}"
    rows = [(name, result.rules[name]) for name in sorted(result.rules)]
    return [head, *(_line(name, tally) for name, tally in [*rows, ("all", result.total)])]


def _line(name: str, tally: Tally) -> str:
    found, right = tally.found / max(tally.seeded, 1), tally.right / max(tally.found, 1)
    return f"{name:<24}{tally.seeded:>8}{found:>9.1%}{right:>9.1%}{tally.alarms:>8}"
