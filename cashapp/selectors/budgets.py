"""What tolerance has cost in a month: in all and by customer. Taken back is given back."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Sum

from cashapp.models import Match, MatchPolicy, Receipt
from ledger.models import Account, Line
from ledger.selectors import first_open_day


@dataclass
class Budget:
    """What may still be written off as tolerance in a month, by currency and by customer; a currency without a budget has no bound.

    Minor units. `take` uses some of it up, so that a run doesn't spend it twice.
    """

    policy: MatchPolicy
    spent: dict[str, int] = field(default_factory=dict)
    by_customer: dict[tuple[int, str], int] = field(default_factory=dict)

    def refusal(self, customer: int, currency: str, amount: int) -> str:
        """Why `amount` more is too much, in words; empty where it isn't."""
        whole, each = self.policy.tolerance_budgets.get(currency), self.policy.customer_budgets.get(currency)
        if whole is not None and self.spent.get(currency, 0) + amount > whole:
            return "the month’s budget for tolerances is used up"
        if each is not None and self.by_customer.get((customer, currency), 0) + amount > each:
            return "the customer’s budget for tolerances of the month is used up"
        return ""

    def take(self, customer: int, currency: str, amount: int) -> None:
        """Count `amount` as spent."""
        self.spent[currency] = self.spent.get(currency, 0) + amount
        self.by_customer[customer, currency] = self.by_customer.get((customer, currency), 0) + amount


class Budgets:
    """The budgets of months, each asked of the database once: what counts is the month in which a posting takes effect."""

    def __init__(self, policy: MatchPolicy) -> None:
        self.policy = policy
        self._months: dict[date, Budget] = {}
        self._days: dict[date, date] = {}

    def of(self, receipt: Receipt) -> Budget:
        """The budget that an application of the receipt spends of: that of its value date, or of the first open day after it."""
        if not has_budget(self.policy):
            return Budget(self.policy)
        value = receipt.value_date
        if value not in self._days:
            self._days[value] = first_open_day(receipt.company_id, value) or value
        month = self._days[value].replace(day=1)
        if month not in self._months:
            self._months[month] = budget_of(self.policy, month)
        return self._months[month]


def has_budget(policy: MatchPolicy) -> bool:
    """Whether tolerances have a bound in the company."""
    return bool(policy.tolerance_budgets or policy.customer_budgets)


def budget_of(policy: MatchPolicy, day: date) -> Budget:
    """The company's budget in the calendar month of `day`; nothing is read where there is none."""
    if not has_budget(policy):
        return Budget(policy)
    rows = list(leakage(policy.company_id, day))
    spent: dict[str, int] = {}
    for (_, currency), amount in rows:
        spent[currency] = spent.get(currency, 0) + amount
    return Budget(policy, spent, {(customer or 0, currency): amount for (customer, currency), amount in rows})


def leakage(company_id: int, day: date) -> Iterable[tuple[tuple[int | None, str], int]]:
    """((customer, currency), minor units) of what was written off as tolerance in the month of `day`, by postings that stand."""
    first = day.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    standing = Match.objects.filter(receipt__company=company_id, reversed_by=None, entry__effective_date__range=(first, last))
    lines = Line.objects.filter(account__kind=Account.Kind.ROUNDING, entry__match__in=standing).order_by()
    rows = lines.values_list("entry__match__receipt__customer", "entry__currency").annotate(total=Sum("amount"))
    return [((customer, currency), total) for customer, currency, total in rows if total]
