"""Trying a version on the real book: nothing is written to anybody."""

from datetime import date, timedelta

from django.db import transaction

from collections_app.models import StrategyTrial, StrategyVersion
from collections_app.selectors.strategies import concerned_count
from collections_app.selectors.trials import beside, compare, last_trial
from collections_app.services.strategies import StrategyError, require_whole
from collections_app.services.telling import Tell, silent
from org.actors import Actor
from workflow.models import Job
from workflow.services import record
from workflow.services.jobs import create_job

FRESH = 7
"""Days after which a trial no longer says what a version would do."""
AT_ONCE = 1_500
"""Customers up to whom a trial is made while one waits."""


def try_version(*, actor: Actor, version: StrategyVersion, day: date, tell: Tell = silent) -> StrategyTrial:
    """Reckon what the version would do on the real book, beside what is in force, and keep it. Raises StrategyError, NotAllowed."""
    company_id = version.strategy.company_id
    require_whole(actor, "strategies.edit", company_id)
    if not version.content_hash:
        raise StrategyError("save the draft first")
    result = compare(version, day, tell)
    with transaction.atomic():
        trial = StrategyTrial.objects.create(
            version=version, day=day, content_hash=version.content_hash, result=result, made_by=actor.label
        )
        record(
            actor=actor, type="strategy.tried", company_id=company_id, subject=version.strategy, version=version.pk, number=version.number,
            trial=trial.pk, accounts=result["accounts"], differences=result["differences"],
        )  # fmt: skip
    return trial


def request_trial(*, actor: Actor, version: StrategyVersion, day: date) -> StrategyTrial | Job:
    """A trial at once where few customers are late, else a job that makes it; ring for the job. Raises StrategyError, NotAllowed."""
    company = version.strategy.company
    if concerned_count(company, day) <= AT_ONCE:
        return try_version(actor=actor, version=version, day=day)
    require_whole(actor, "strategies.edit", company.pk)
    slot = f"strategy-trial:{version.pk}:{version.content_hash[:12]}:{day}"
    params = {"version": version.pk, "day": day.isoformat()}
    return create_job(actor=actor, kind="strategy_trial", slot=slot, company=company, params=params)


def fresh_trial(version: StrategyVersion, day: date) -> StrategyTrial:
    """The trial that lets a version be put in force: of what it says now, beside what is in force now, of the last days.

    Raises StrategyError, saying which of these is missing.
    """
    trial = last_trial(version)
    if trial is None:
        tried = version.trials.exists()
        raise StrategyError("it was changed since its trial: try it again" if tried else "it has not been tried: try it on the book first")
    if trial.day < day - timedelta(days=FRESH):
        raise StrategyError(f"its trial is of {trial.day:%-d %b %Y}: try it again on the book of today")
    if trial.result.get("beside", []) != beside(version, day):
        raise StrategyError("other strategies came into force since its trial: try it again beside those")
    return trial
