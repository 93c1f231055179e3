"""What an experiment has come to: its members whose days are over, what they paid, and the verdict."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from arops.lib import money
from collections_app.models import Experiment
from collections_app.policy.experiment import Member, Verdict, judge_experiment
from ledger.errors import MissingRate
from ledger.selectors import rate_on
from org.actors import Actor

PAID = """
SELECT m.is_challenger, m.currency, m.past_due, coalesce(sum(least(i.open, greatest(0, p.paid))), 0)
FROM collections_app_experimentmember m
CROSS JOIN LATERAL jsonb_to_recordset(m.items) AS i(id bigint, open bigint)
LEFT JOIN LATERAL (
    SELECT coalesce(-sum(l.amount), 0) AS paid FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry_id
    LEFT JOIN ledger_entry o ON o.id = e.reverses_id
    WHERE l.open_item_id = i.id AND coalesce(o.kind, e.kind) = 'application' AND e.effective_date <= %(today)s
      AND coalesce(o.effective_date, e.effective_date) > m.entered_on
      AND coalesce(o.effective_date, e.effective_date) <= m.entered_on + %(days)s
      AND EXISTS (SELECT FROM ledger_line c JOIN ledger_openitem r ON r.id = c.open_item_id WHERE c.entry_id = e.id AND r.kind = 'receipt')
    OFFSET 0) p ON true
WHERE m.experiment_id = %(experiment)s AND m.entered_on + %(days)s < %(today)s
GROUP BY m.id
"""
"""Cash that was applied to what was past due, within the days of each member, and wasn't taken back until today, be it after these days;
credits and write-offs are no payment."""


@dataclass(frozen=True, slots=True)
class Report:
    """An experiment with its verdict; `waiting` members' days are not over yet."""

    experiment: Experiment
    verdict: Verdict
    entered: int
    waiting: int
    left_out: int


def experiment_report(experiment: Experiment, today: date) -> Report:
    """What the members whose days are over came to, amounts in the company's currency at the rate of the experiment's first day; members
    in a currency without a rate are left out and counted."""
    with connection.cursor() as cursor:
        cursor.execute(PAID, {"days": experiment.horizon_days, "experiment": experiment.pk, "today": today})
        rows = cursor.fetchall()
    rates = {currency: _rate(experiment, currency) for currency in {row[1] for row in rows}}
    base = experiment.company.base_currency
    members = [
        Member(is_challenger, money.convert(due, currency, rate, base), money.convert(int(paid), currency, rate, base))
        for is_challenger, currency, due, paid in rows
        if (rate := rates[currency]) is not None
    ]
    entered = experiment.members.count()
    return Report(experiment, judge_experiment(members, experiment.seed), entered, entered - len(rows), len(rows) - len(members))


def _rate(experiment: Experiment, currency: str) -> Any:
    try:
        return rate_on(currency, experiment.company.base_currency, experiment.starts_on)
    except MissingRate:
        return None


def experiments_in_sight(actor: Actor) -> list[Experiment]:
    """Experiments of companies that one sees as a whole, the latest first: their figures are sums over all customers."""
    reach = actor.reach("collections.view")
    seen: Any = Experiment.objects.visible_to(actor, "collections.view")
    rows = seen if reach.everything else seen.filter(company__in=reach.companies)
    return list(rows.select_related("company", "champion__strategy", "challenger__strategy"))
