"""Amounts of several companies in one currency, at the rates of a day; what can't be converted is named, never guessed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from arops.lib import money
from ledger.errors import MissingRate
from ledger.selectors import rate_on
from org.models import Company


@dataclass(frozen=True, slots=True)
class Equivalent:
    """The reporting currency and the rate of each company's currency in it; companies without a rate are in `left_out`."""

    currency: str
    day: date
    rates: dict[int, Decimal]
    bases: dict[int, str]
    left_out: tuple[Company, ...] = ()

    def of(self, company_id: int, base_amount: int) -> int:
        """A company's amount (minor units of its currency) in the reporting currency."""
        if self.bases.get(company_id) == self.currency or not base_amount:
            return base_amount if company_id in self.rates else 0
        if company_id not in self.rates:
            return 0
        return money.convert(base_amount, self.bases[company_id], self.rates[company_id], self.currency)

    def parts(self, company_id: int, amounts: Sequence[int], whole: int | None = None) -> list[int]:
        """Parts of a company's amount, each converted, so that they sum to `whole` (their sum, converted, where none is given).

        What rounding leaves, a few minor units, goes to the largest part: a table foots to the figure beside it.
        """
        found = [self.of(company_id, amount) for amount in amounts]
        wanted = self.of(company_id, sum(amounts)) if whole is None else whole
        largest = max(range(len(found)), key=lambda i: abs(found[i]))
        found[largest] += wanted - sum(found)
        return found

    def of_currency(self, currency: str, amount: int) -> int:
        """An amount in any currency, in the reporting currency; nought without a rate."""
        if currency == self.currency or not amount:
            return amount
        try:
            return money.convert(amount, currency, rate_on(currency, self.currency, self.day), self.currency)
        except MissingRate:
            return 0

    def total(self, amounts: dict[int, int]) -> int:
        """The sum of companies' amounts, each converted as a whole."""
        return sum(self.of(company_id, amount) for company_id, amount in amounts.items())

    @property
    def is_exact(self) -> bool:
        """Whether all companies keep their books in the reporting currency."""
        return all(base == self.currency for base in self.bases.values())

    @property
    def stated(self) -> list[tuple[str, Decimal]]:
        """The rates used, a currency once, for the page to state."""
        found = {self.bases[pk]: rate for pk, rate in self.rates.items() if self.bases[pk] != self.currency}
        return sorted(found.items())


def equivalent(companies: Collection[Company], day: date, currency: str = "") -> Equivalent:
    """One currency for these companies: the one asked for, else the one most of them keep their books in."""
    bases = [c.base_currency for c in companies]
    chosen = currency or max(sorted(set(bases)), key=bases.count, default="USD")
    rates: dict[int, Decimal] = {}
    left_out = []
    for company in companies:
        try:
            rates[company.pk] = rate_on(company.base_currency, chosen, day)
        except MissingRate:
            left_out.append(company)
    return Equivalent(chosen, day, rates, {c.pk: c.base_currency for c in companies}, tuple(left_out))
