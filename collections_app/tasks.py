"""What collections do in the background, where a person started it or the clock ticks; the night calls the services itself."""

from datetime import date

from celery import shared_task

from arops.lib import clock
from collections_app.models import Escalation, OutlookRow, StrategyVersion
from collections_app.selectors.charges import month_of
from collections_app.selectors.plans import CHECKS as PLAN_CHECKS
from collections_app.selectors.verified import CHECKS
from collections_app.services import promise_lists
from collections_app.services.charges import waiving
from collections_app.services.charges.running import run_charges
from collections_app.services.dunning import run_dunning
from collections_app.services.dunning_outlook import look_ahead
from collections_app.services.escalation import noticing as escalation_notices
from collections_app.services.escalation.placing import make_pack
from collections_app.services.inquiries import noticing as inquiry_notices
from collections_app.services.inquiries.following import follow_answers
from collections_app.services.inquiries.taking import take_mails
from collections_app.services.plans import asking as plan_asking
from collections_app.services.plans import noticing as plan_notices
from collections_app.services.promise_rows import GIVE
from collections_app.services.ranking import catch_up
from collections_app.services.trials import try_version
from ledger.verify import register_check
from org.models import Company
from workflow.models import Job
from workflow.services.following import affairs_of_approvals, follow_approvals
from workflow.services.jobs import JobError, Tell, actor_of, register, register_links
from workflow.services.subjects import register_subject

for name, sql in (CHECKS | PLAN_CHECKS).items():
    register_check(name, sql)

register_subject("collections_app.charge", view="collections.view", edit="charges.waive", url_name="collections:charge")
follow_approvals("charge_waivers")(waiving.follow)
affairs_of_approvals("charge_waivers")(waiving.behind)
register_subject("collections_app.escalation", view="collections.view", edit="escalations.raise", url_name="collections:escalation")
register_subject("collections_app.inquiry", view="collections.view", edit="collections.work", url_name="collections:inquiry")
register_links(prm="collections:promise")
NOTICES = (escalation_notices, inquiry_notices, plan_notices)
"""Sources of mail to colleagues, known once this module is loaded."""

register_subject("collections_app.paymentplan", view="collections.view", edit="plans.make", url_name="collections:plan")
follow_approvals("payment_plans")(plan_asking.follow)
affairs_of_approvals("payment_plans")(plan_asking.behind)


@register(promise_lists.CHECK, label="Check of a list of promises", permission=GIVE)
def try_promises(job: Job, tell: Tell) -> dict[str, int]:
    """What would become of each row of a list; nothing stays."""
    return promise_lists.try_list(job=job, today=clock.today(), tell=tell)


@register(promise_lists.TAKE, label="Import of promises", permission=GIVE)
def take_promises(job: Job, tell: Tell) -> dict[str, int]:
    """The promises of a list, all or none."""
    return promise_lists.take_list(job=job, today=clock.today(), tell=tell)


@register("dunning", label="Dunning run", permission="dunning.run")
def dun(job: Job, tell: Tell) -> dict[str, int]:
    """The dunning of a company on a day (`params`: day)."""
    if job.company is None:
        raise JobError("dunning is a company's")
    day = date.fromisoformat(job.params["day"])
    run = run_dunning(company=job.company, day=day, actor=actor_of(job), now=clock.now(), tell=tell)
    if run.finished_at is None:
        raise JobError("another process is at work on this run")
    return dict(run.counts)


@register("dunning_outlook", label="Preview of dunning", permission="collections.work")
def look_through(job: Job, tell: Tell) -> dict[str, int]:
    """What the dunning of a company would come to on a day (`params`: day)."""
    if job.company is None:
        raise JobError("dunning is a company's")
    day = date.fromisoformat(job.params["day"])
    outlook, done = look_ahead(company=job.company, day=day, now=clock.now(), at_once=None, tell=tell)
    if outlook is None or not done:
        raise JobError("another process looks through this company")
    return {"accounts": OutlookRow.objects.filter(company=job.company).count()}


@register("strategy_trial", label="Trial of a strategy", permission="strategies.edit")
def strategy_trial(job: Job, tell: Tell) -> dict[str, int]:
    """What a version would do on the book of a day (`params`: version, day)."""
    version = StrategyVersion.objects.select_related("strategy__company").get(pk=job.params["version"], strategy__company=job.company)
    trial = try_version(actor=actor_of(job), version=version, day=date.fromisoformat(job.params["day"]), tell=tell)
    job.results = [{"trial": trial.pk, "outcome": "tried", "detail": f"{trial.result['differences']} accounts differ"}]
    return {"accounts": trial.result["accounts"], "differences": trial.result["differences"]}


@register("escalation_pack", label="Pack of a placed account", permission="escalations.place")
def pack(job: Job, tell: Tell) -> dict[str, int]:
    """What an agency or lawyer needs of an account (`params`: case)."""
    case = Escalation.objects.select_related("company", "customer__company", "rung").get(pk=job.params["case"], company=job.company)
    made = make_pack(actor=actor_of(job), case=case)
    return {"bytes": made.pack.size if made.pack else 0}


@register("late_charges", label="Late charges", permission="charges.run")
def charge(job: Job, tell: Tell) -> dict[str, int]:
    """A month's late charges of a company (`params`: month, day)."""
    if job.company is None:
        raise JobError("charges are a company's")
    period, day = month_of(date.fromisoformat(job.params["month"])), date.fromisoformat(job.params["day"])
    return dict(run_charges(company=job.company, period=period, day=day, actor=actor_of(job), now=clock.now(), tell=tell).counts)


@shared_task  # type: ignore[untyped-decorator]
def take_inbox() -> dict[str, int]:
    """Take in what customers wrote, and open again what an answer didn't reach; safe to ring at any time, from any number of workers."""
    return take_mails(today=clock.today(), now=clock.now()) | {"not_reached": follow_answers(now=clock.now())}


@shared_task  # type: ignore[untyped-decorator]
def rank_again() -> int:
    """Take into the work lists what happened since they were ranked; on a new day rank them whole. How many customers it was about."""
    return sum(catch_up(company=c, day=clock.today(), now=clock.now(), patience=5, at_once=None) or 0 for c in Company.objects.all())
