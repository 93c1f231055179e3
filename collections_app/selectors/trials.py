"""A version laid beside what is in force, over the customers whom it would change."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from collections_app.models import StrategyTrial, StrategyVersion
from collections_app.policy.simulate import Outcome, Shape, Side, ahead, outcomes
from collections_app.selectors.dunning import accounts, candidates
from collections_app.selectors.strategies import StrategyBook, early_of, levels_of
from customers.models import Customer

BATCH = 1_000
KEPT = 1_000
"""Accounts that would be treated otherwise, kept with a trial, the largest first."""


def compare(version: StrategyVersion, day: date, tell: Callable[[int, int], None]) -> dict[str, Any]:
    """What the version would do today and in four weeks, beside what is in force: figures, and the accounts that differ."""
    company = version.strategy.company
    books = StrategyBook(company, day), StrategyBook(company, day, instead=version)
    sides, shapes, rows, seen = (Side(), Side()), _Shapes(), [], 0
    ids = candidates(company, day, book=books[1])
    for start in range(0, len(ids), BATCH):
        for account, versions in _accounts(books, ids[start : start + BATCH], version):
            of = [shapes.of(book, v, account.currency) for book, v in zip(books, versions, strict=True)]
            found = [outcomes(account, shape, day) for shape in of]
            if not any(found):
                continue
            later = [ahead(account, shape, day) for shape in of]
            for side, now, weeks in zip(sides, found, later, strict=True):
                side.add(account.currency, now, weeks)
            seen += 1
            codes = [_codes(x) for x in found], [_codes(x) for x in later]
            if codes[0][0] != codes[0][1] or codes[1][0] != codes[1][1]:
                late = sum(d.balance for d in account.debits if d.due_date < day)
                amount = late or max((o.amount for o in found[1] or found[0]), default=0)
                rows.append([account.customer_id, account.currency, amount, *codes[0], *codes[1]])
        tell(min(start + BATCH, len(ids)), len(ids))
    rows.sort(key=lambda row: (-row[2], row[0]))
    return {
        "accounts": seen, "before": sides[0].plain(), "after": sides[1].plain(), "differences": len(rows), "rows": rows[:KEPT],
        "beside": beside(version, day),
    }  # fmt: skip


def _codes(found: list[Outcome]) -> list[str]:
    return [outcome.code for outcome in found]


def _accounts(books: tuple[StrategyBook, StrategyBook], ids: list[int], version: StrategyVersion) -> Iterator[tuple[Any, tuple[Any, Any]]]:
    """Accounts of the customers for whom the version holds, or whom its strategy holds for now, with both versions."""
    customers = Customer.objects.in_bulk(ids)
    held = {pk: (books[0].version_of(c), books[1].version_of(c)) for pk, c in customers.items()}
    mine = {pk: customers[pk] for pk, found in held.items() if any(v and v.strategy_id == version.strategy_id for v in found)}
    for account in accounts(mine, books[0].day):
        yield account, held[account.customer_id]


class _Shapes:
    """Shapes of versions by currency, made once."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, str], Shape] = {}

    def of(self, book: StrategyBook, version: StrategyVersion | None, currency: str) -> Shape | None:
        if version is None:
            return None
        if (version.pk, currency) not in self._made:
            self._made[version.pk, currency] = shape_of(book, version, currency)
        return self._made[version.pk, currency]


def shape_of(book: StrategyBook, version: StrategyVersion, currency: str) -> Shape:
    """A version as it is simulated."""
    early = early_of(version)
    return Shape(
        book.rules_of_version(version, currency), tuple((s.ordinal, s.channel) for s in levels_of(version)),
        (early.ordinal, early.channel) if early else None, {s.pk: (s.ordinal, s.minutes) for s in version.steps.all() if not s.is_written},
    )  # fmt: skip


def beside(version: StrategyVersion, day: date) -> list[int]:
    """Keys of the versions in force on the day: a trial is beside just these."""
    return sorted(v.pk for v in StrategyBook(version.strategy.company, day).versions if v.pk != version.pk)


def last_trial(version: StrategyVersion) -> StrategyTrial | None:
    """The latest trial of a version as it stands."""
    return version.trials.filter(content_hash=version.content_hash).first()
