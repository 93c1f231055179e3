"""Ageing buckets. Pure.

A bucket holds items by whole days past a date: the due date (usual) or the document date. Bounds (0, 30, 60, 90) make the buckets
current, 1–30, 31–60, 61–90 and over 90: an item due today is current, one due yesterday is 1 day past due.
"""

from dataclasses import dataclass
from datetime import date, timedelta

CREDIT_KINDS = ("credit_memo", "receipt")
"""Kinds of items that stand apart from the buckets: they have no due date of their own."""
RETAINED = "retainage"


class BucketError(ValueError):
    """Bounds that don't make buckets."""


@dataclass(frozen=True, slots=True)
class Buckets:
    """Upper bounds of all buckets but the last, in days, ascending, the first being 0 or more."""

    bounds: tuple[int, ...] = (0, 30, 60, 90)

    def __post_init__(self) -> None:
        ascending = all(a < b for a, b in zip(self.bounds, self.bounds[1:], strict=False))
        if not self.bounds or not ascending or self.bounds[0] < 0 or len(self.bounds) > 12 or self.bounds[-1] > 3650:
            raise BucketError("bucket bounds are 1 to 12 ascending numbers of days from 0 to 3650, such as 0,30,60,90")

    @classmethod
    def parse(cls, text: str) -> "Buckets":
        """Buckets from `0,30,60,90`; the usual ones from an empty text. Raises BucketError."""
        try:
            return cls(tuple(int(part) for part in text.split(","))) if text.strip() else cls()
        except ValueError as error:
            raise error if isinstance(error, BucketError) else BucketError(f"{text!r} are not numbers of days") from None

    @property
    def labels(self) -> tuple[str, ...]:
        """One label a bucket: `current`, `1–30`, …, `90+`."""
        first = "current" if self.bounds[0] == 0 else f"up to {self.bounds[0]}"
        between = (f"{a + 1}–{b}" for a, b in zip(self.bounds, self.bounds[1:], strict=False))
        return (first, *between, f"{self.bounds[-1]}+")

    def index(self, day: date, as_of: date) -> int:
        """Which bucket an item of that date is in as of a day."""
        past = (as_of - day).days
        return sum(past > bound for bound in self.bounds)

    def dates(self, index: int, as_of: date) -> tuple[date | None, date | None]:
        """The first and last date of the items in a bucket as of a day (None: no bound): `index` the other way round."""
        last = as_of - timedelta(days=self.bounds[index - 1] + 1) if index > 0 else None
        first = as_of - timedelta(days=self.bounds[index]) if index < len(self.bounds) else None
        return first, last


USUAL = Buckets()
"""Current, 1–30, 31–60, 61–90, 90+."""


@dataclass(slots=True)
class Amounts:
    """Signed minor units by bucket, credits apart, and how much of it is disputed."""

    buckets: list[int]
    credits: int = 0
    disputed: int = 0
    retained: int = 0
    """Retainage that is still held: it stands among what is not due."""

    @property
    def total(self) -> int:
        """Buckets and credits."""
        return sum(self.buckets) + self.credits

    @property
    def past_due(self) -> int:
        """All buckets but the first."""
        return sum(self.buckets[1:])

    def add(self, other: "Amounts") -> None:
        """Take another's amounts in."""
        self.buckets = [a + b for a, b in zip(self.buckets, other.buckets, strict=True)]
        self.credits += other.credits
        self.disputed += other.disputed
        self.retained += other.retained
