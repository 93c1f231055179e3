"""Geometry of the charts that templates draw as SVG: numbers in, attributes out. Floats here are pixels and per cents, never money."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a horizontal bar: per cents for x and width, and the class that colours it."""

    x: str
    width: str
    css: str
    label: str
    href: str = ""


def segments(values: Sequence[int], labels: Sequence[str], *, css: str = "a", hrefs: Sequence[str] = ()) -> list[Segment]:
    """A stacked bar of amounts (negatives count as nothing): classes a0, a1, … in order."""
    shown = [max(0, v) for v in values]
    total, x, found = sum(shown), 0.0, []
    for n, (value, label) in enumerate(zip(shown, labels, strict=True)):
        if value:
            width = 100 * value / total
            found.append(Segment(f"{x:.2f}%", f"{width:.2f}%", f"{css}{min(n, 4)}", label, hrefs[n] if hrefs else ""))
            x += width
    return found


def line(values: Sequence[float], *, low: float | None = None, high: float | None = None) -> str:
    """The `d` of a path through the values on a 100 × 100 field, the last at the right edge; empty for fewer than two."""
    if len(values) < 2:
        return ""
    bottom = min(values) if low is None else low
    top = max(values) if high is None else high
    span = (top - bottom) or 1
    step = 100 / (len(values) - 1)
    points = [f"{n * step:.2f} {100 - 100 * (v - bottom) / span:.2f}" for n, v in enumerate(values)]
    return "M" + "L".join(points)


def end_point(values: Sequence[float], *, low: float | None = None, high: float | None = None) -> str:
    """A zero-length path at the last value: with a round cap, a dot."""
    path = line(values, low=low, high=high)
    return f"M{path.rsplit('L', 1)[1]}h0" if path else ""


def heat(values: Sequence[int]) -> list[int]:
    """Shade 1 to 5 of each value by its share of their sum; 0 for none."""
    total = sum(max(0, v) for v in values)
    return [0 if v <= 0 or not total else min(5, 1 + 5 * v // total) for v in values]
