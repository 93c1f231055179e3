"""The dashboard in one read: measures with comparison and trend, ageing by company, what changed, the largest accounts, idle cash."""

from dataclasses import dataclass
from datetime import date, timedelta

from ledger import asof
from ledger.aging import Amounts
from org.actors import Actor
from org.models import Company
from reports import metrics
from reports.metrics import Measure
from reports.models import AgingSnapshot
from reports.selectors.ageing import AgeingReport, ageing
from reports.selectors.equivalent import Equivalent, equivalent
from reports.selectors.figures import PERIOD, Figure, History, month_ends
from reports.selectors.overview import (
    CASH_ACCOUNTS,
    Mover,
    RollForward,
    TopCustomer,
    broken_promises,
    days_late,
    match_rate,
    movers,
    roll_forward,
    top_customers,
    true_dso,
    unapplied_cash,
)
from reports.selectors.question import Question

TILES = ("dso", "countback", "best_possible", "add", "cei", "overdue")
TREND_MONTHS = 12


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """Receivables, of them past due, and DSO at the end of a day (reporting currency)."""

    day: date
    receivables: int
    past_due: int
    dso: Measure


@dataclass(frozen=True, slots=True)
class Dashboard:
    """All that the page shows; amounts in `equivalent.currency` unless a row says otherwise."""

    question: Question
    companies: list[Company]
    equivalent: Equivalent
    compare: date
    figures: list[Figure]
    more: list[Measure]
    ageing: AgeingReport
    group: Amounts
    trend: list[TrendPoint]
    roll_forward: RollForward
    movers: list[Mover]
    top: list[TopCustomer]
    top_whole: int
    cash: AgeingReport
    cash_total: Amounts
    snapshots: list[AgingSnapshot]


def dashboard(actor: Actor, question: Question, companies: list[Company], compare: date, since: date, currency: str = "") -> Dashboard:
    """The dashboard of these companies as of the question's day, beside `compare`, with what changed after `since`."""
    scope = question.within(accounts=tuple({*question.scope.accounts, *CASH_ACCOUNTS})).scope
    with asof.laid_out(question.as_of, scope, question.known_at):
        return _dashboard(actor, question, companies, compare, since, currency)


def _dashboard(actor: Actor, question: Question, companies: list[Company], compare: date, since: date, currency: str) -> Dashboard:
    money = equivalent(companies, question.as_of, currency)
    ends = month_ends(question.as_of, TREND_MONTHS)
    history = History(question, [*ends, compare], money)
    aged = ageing(question, by=("company",))
    cash = unapplied_cash(question)
    year = question.as_of - timedelta(days=365)
    quarter = question.as_of - timedelta(days=PERIOD)
    top, whole = top_customers(question, money)
    group = group_total(aged, money)
    return Dashboard(
        question, companies, money, compare, history.figures(TILES, compare, ends[-6:]),
        [
            metrics.dso_in_dispute(group.disputed, history.sales(quarter, question.as_of), PERIOD),
            history.measures(question.as_of)["turnover"], true_dso(question, history, money), days_late(question, year, money),
            broken_promises(actor, question, quarter), match_rate(question, quarter),
        ],
        aged, group,
        [TrendPoint(day, history.receivables(day), history.past_due(day), history.measures(day)["dso"]) for day in [*ends, question.as_of]],
        roll_forward(history, since), movers(actor, question, since, money), top, whole, cash, group_total(cash, money),
        list(AgingSnapshot.objects.visible_to(actor, "reports.view").filter(day=question.as_of, company__in=companies)),
    )  # fmt: skip


def group_total(report: AgeingReport, money: Equivalent) -> Amounts:
    """The sum of a report by company in the reporting currency; its total and what is past due are those of the measures."""
    companies: dict[int, Amounts] = {}
    for line in report.lines:
        companies.setdefault(line.keys["company"], Amounts([0] * len(report.labels))).add(line.base)
    total = Amounts([0] * len(report.labels))
    for company, base in companies.items():
        total.add(converted(base, company, money))
    return total


def converted(base: Amounts, company_id: int, money: Equivalent) -> Amounts:
    """A company's amounts in the reporting currency: the total and what is past due as wholes, the cells so that they sum to them."""
    late = money.of(company_id, base.past_due)
    current = money.of(company_id, base.total) - late
    first, credits = money.parts(company_id, [base.buckets[0], base.credits], current)
    return Amounts([first, *money.parts(company_id, base.buckets[1:], late)], credits, money.of(company_id, base.disputed))
