"""The night's work: the steps in their order, for one company and one day.

Receipts are matched before the ageing is kept, so that the snapshot shows what a report as of that day will show; letters come after
promises have been judged; the books are verified last, over all that the night has written. A step that fails doesn't stop the others.

Each step is a job with a slot of its own, and so is the whole night of a company. A night that was killed is taken up where it
stopped; one that is run again runs all its steps again: each is safe to repeat (a receipt is posted once, a letter written once).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from arops.lib.refusal import Refused
from cashapp.services import match_receipts
from cashapp.services.payer_aliases import measure_aliases
from cashapp.services.reconciling import prepare_accounts
from cashapp.services.rules import draft_from_work, watch_rules
from collections_app.services.absences import follow_absences
from collections_app.services.blockers import chase_documents
from collections_app.services.charges.running import charge_last_month
from collections_app.services.dunning import run_dunning
from collections_app.services.escalation.raising import propose_escalations
from collections_app.services.experiments import enter_experiments
from collections_app.services.judging import decide_promises
from collections_app.services.likelihood import measure_likelihood
from collections_app.services.planned import plan_steps
from collections_app.services.plans import run_plans
from collections_app.services.portfolios import assign_new
from collections_app.services.ranking import rank
from collections_app.services.statement_runs import send_statements
from disputes.services.facets import TRACED, refill_facets
from disputes.services.measuring import measure_problems
from disputes.services.repeats import find_repeats
from disputes.services.settled import close_settled
from invoicing.services.alarming import alarm_silence
from invoicing.services.billing import bill_schedules
from invoicing.services.checking import check_recorded, recheck_held
from invoicing.services.delivering import follow_outbox
from invoicing.services.linking import link_lines
from ledger.verify import check_names, verify_books
from messaging.services import send_due
from org.actors import Actor, SystemActor
from org.models import Company
from reports.services import take_snapshot
from workflow.models import Job
from workflow.services.audit import chain_head, seal_events
from workflow.services.jobs import Tell, create_job, retry_job, run_job

ACTOR = SystemActor("nightly")
ENDED = (Job.State.FAILED, Job.State.CANCELLED, Job.State.DONE)


class NightFailed(Refused):
    """Some steps failed; the message says which, their own jobs say why."""


class StillAtWork(Refused):
    """Another process does this very work now."""


class BooksDontTie(Refused):
    """verify_books found differences; they are in the job's results."""


@dataclass(frozen=True, slots=True)
class Now:
    """The night a step belongs to: whose, of which day, and the moment it was begun."""

    company: Company
    day: date
    moment: datetime
    actor: Actor = ACTOR


def billing(night: Now, job: Job) -> dict[str, int]:
    """Drafts of the recurring amounts that are due, each period once; what is in the way of others stands in the results."""
    made = bill_schedules(actor=night.actor, company=night.company, day=night.day)
    job.results = [{"draft": d.pk, "customer": d.customer.name, "outcome": d.state, "detail": ""} for d in made.drafts]
    job.results += [{"draft": None, "customer": "", "outcome": "left out", "detail": words} for words in made.left_out.values()]
    return made.counts


def checks(night: Now, job: Job) -> dict[str, int]:
    """Lines find the orders that came after them; what is held is looked at again, and what was issued without a look."""
    linked = link_lines(actor=night.actor, company=night.company)
    again = recheck_held(actor=night.actor, company=night.company)
    recorded = check_recorded(actor=night.actor, company=night.company, now=night.moment)
    return {"linked": linked["lines"], "cleared": again["cleared"], "checked": recorded["invoices"], "findings": recorded["findings"]}


def matching(night: Now, job: Job) -> dict[str, int]:
    """What payers are known by is measured anew; then receipts that wait, against what is open."""
    measured = measure_aliases(company=night.company)
    run = match_receipts(company=night.company, actor=night.actor, today=night.day, now=night.moment)
    done = {"receipts": run.seen, "posted": len(run.posted), "kept": len(run.kept), "suggested": run.suggested, "asked": run.asked}
    return done | {"aliases": measured}


def bank_days(night: Now, job: Job) -> dict[str, int]:
    """Yesterday's figures of every bank account, for people to look at, explain and sign; gaps in statements are counted."""
    return prepare_accounts(actor=night.actor, company=night.company, day=night.day - timedelta(days=1))


def cases(night: Now, job: Job) -> dict[str, int]:
    """Cases whose item was paid or credited meanwhile are closed; those are opened again whose item is open again. Those whose order came
    after them learn where the contested goods came from."""
    closed = close_settled(actor=night.actor, company=night.company, today=night.day)
    return closed | {"traced": refill_facets(company=night.company, since=night.day - TRACED)}


def snapshot(night: Now, job: Job) -> dict[str, int]:
    """The day's ageing, kept."""
    kept = take_snapshot(company=night.company, day=night.day, actor=night.actor)
    return {"rows": len(kept.rows), "untied": int(not kept.ties)}


def portfolios(night: Now, job: Job) -> dict[str, int]:
    """Absences begin and end; customers of nobody go to whom the rules say."""
    moved = follow_absences(actor=night.actor, company=night.company, today=night.day)
    return moved | {"given out": assign_new(actor=night.actor, company=night.company, today=night.day)}


def blockers(night: Now, job: Job) -> dict[str, int]:
    """Customers are reminded of papers that they owe, departments of those that we owe; what is there is closed."""
    return chase_documents(actor=night.actor, company=night.company, day=night.day, now=night.moment)


def promises(night: Now, job: Job) -> dict[str, int]:
    """Which promises were kept."""
    return decide_promises(company=night.company, today=night.day, actor=night.actor)


def plans(night: Now, job: Job) -> dict[str, int]:
    """Instalments are judged by what was paid, their interest is posted; plans are kept, or end in default."""
    return run_plans(actor=night.actor, company=night.company, day=night.day)


def charges(night: Now, job: Job) -> dict[str, int]:
    """Late charges of the month before, once: on the first night of a month, or when it is made up for."""
    return charge_last_month(company=night.company, day=night.day, actor=night.actor, now=night.moment)


def strategies(night: Now, job: Job) -> dict[str, int]:
    """Customers enter experiments by lot; calls, tasks and escalations of strategies are planned, those of settled items dropped."""
    entered = enter_experiments(company=night.company, day=night.day, actor=night.actor)
    return {"entered": entered} | plan_steps(company=night.company, day=night.day, actor=night.actor)


def escalations(night: Now, job: Job) -> dict[str, int]:
    """Accounts that meet the next rung of the ladder are proposed; cases that were paid are closed."""
    return propose_escalations(actor=night.actor, company=night.company, day=night.day)


def dunning(night: Now, job: Job) -> dict[str, int]:
    """Letters to those who are late. Raises StillAtWork when someone else is at the day's run."""
    run = run_dunning(company=night.company, day=night.day, actor=night.actor, now=night.moment)
    if run.finished_at is None:
        raise StillAtWork(f"another process is at the dunning of {night.day}: run this step again when it has ended")
    return dict(run.counts)


def statements(night: Now, job: Job) -> dict[str, int]:
    """Statements of account to those whose schedule falls on the day."""
    return send_statements(actor=night.actor, company=night.company, day=night.day, now=night.moment)


def worklist(night: Now, job: Job) -> dict[str, int]:
    """What acting brought is measured once a week; then the work of the day is ranked for everybody."""
    cases = measure_likelihood(company=night.company, day=night.day)
    return {"cases": cases, "tasks": rank(company=night.company, day=night.day, now=night.moment)}


def outbox(night: Now, job: Job) -> dict[str, int]:
    """What may go out, goes out; what still rests is sent by the outbox's own clock."""
    return dict(send_due(now=night.moment))


def deliveries(night: Now, job: Job) -> dict[str, int]:
    """What became of documents that were mailed; those that nobody answered in the usual time raise an alarm."""
    followed = follow_outbox(now=night.moment, today=night.day)
    return followed | alarm_silence(actor=night.actor, company=night.company, today=night.day)


def repeats(night: Now, job: Job) -> dict[str, int]:
    """Causes that came back at one source are offered as problems; problems that are being measured are, once a week."""
    found = find_repeats(actor=night.actor, company=night.company, day=night.day)
    return found | measure_problems(actor=night.actor, company=night.company, day=night.day)


def rules(night: Now, job: Job) -> dict[str, int]:
    """Rules of cash that are taken back more often than when they were switched on raise an alarm; what people keep doing by hand is
    drafted as rules."""
    seen = watch_rules(actor=night.actor, company=night.company, today=night.day)
    made = draft_from_work(actor=night.actor, company=night.company, today=night.day)
    job.results = [{"rule": rule.name, "outcome": "drafted", "detail": ""} for rule in made]
    return seen | {"drafted": len(made)}


def audit(night: Now, job: Job) -> dict[str, int]:
    """The audit trail is sealed; the chain's head is in the results, to be written down elsewhere."""
    sealed = seal_events()
    job.results = [{"head": str(chain_head())}]
    return {"sealed": sealed}


def books(night: Now, job: Job) -> dict[str, int]:
    """Everything is derived anew and compared. Raises BooksDontTie."""
    found = verify_books(night.day, [night.company])
    job.results = [{"check": d.check, "detail": d.detail} for d in found]
    if found:
        raise BooksDontTie(f"{len(found)} differences, the first: {found[0].check}: {found[0].detail}")
    return {"checks": len(check_names()), "differences": 0}


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the night: its code in the slot, its name on the page, the permission to run it by hand, and what it does."""

    code: str
    label: str
    permission: str
    run: Callable[[Now, Job], dict[str, int]]

    @property
    def kind(self) -> str:
        """The kind of its jobs."""
        return f"nightly.{self.code}"


STEPS = (
    Step("billing", "Recurring invoices drafted", "invoices.issue", billing),
    Step("checks", "Invoices checked", "invoices.issue", checks),
    Step("matching", "Matching receipts", "cash.apply", matching),
    Step("bank_days", "Yesterday at the bank", "reconciliation.prepare", bank_days),
    Step("cases", "Cases of settled items closed", "jobs.run", cases),
    Step("snapshot", "Ageing snapshot", "jobs.run", snapshot),
    Step("portfolios", "Portfolios", "work.assign", portfolios),
    Step("promises", "Promises judged", "jobs.run", promises),
    Step("plans", "Payment plans judged", "jobs.run", plans),
    Step("charges", "Late charges of the month before", "charges.run", charges),
    Step("strategies", "Steps of strategies planned", "dunning.run", strategies),
    Step("blockers", "Missing papers chased", "jobs.run", blockers),
    Step("dunning", "Dunning", "dunning.run", dunning),
    Step("statements", "Statements sent", "statements.schedule", statements),
    Step("escalations", "Accounts held against the ladder", "escalations.raise", escalations),
    Step("worklist", "Work ranked", "work.assign", worklist),
    Step("outbox", "Sending messages", "jobs.run", outbox),
    Step("deliveries", "Deliveries", "jobs.run", deliveries),
    Step("repeats", "Repeated causes", "jobs.run", repeats),
    Step("rules", "Rules of cash watched and drafted", "rules.edit", rules),
    Step("audit", "Sealing the audit trail", "jobs.run", audit),
    Step("books", "Verifying the books", "jobs.run", books),
)


def slot_of(company: Company, day: date, step: str = "") -> str:
    """The slot of a night, or of one of its steps."""
    return f"nightly:{step}:{company.code}:{day}" if step else f"nightly:{company.code}:{day}"


def put_in(*, company: Company, day: date, actor: Actor = ACTOR) -> Job:
    """The job of a company's night; the one there is, if there is one."""
    return create_job(actor=actor, kind="nightly", slot=slot_of(company, day), company=company, params={"day": day.isoformat()})


def run_steps(job: Job, tell: Tell, now: datetime) -> dict[str, int]:
    """The steps of a night, one after the other; a night taken up again after a crash leaves out what is done. Raises NightFailed."""
    if job.company is None:
        raise NightFailed("a night is a company's")
    done: list[Job] = []
    for n, step in enumerate(STEPS):
        tell(n, len(STEPS))
        done.append(_run_step(job.company, date.fromisoformat(job.params["day"]), step, job.attempts > 1, now))
        job.results = [_line(ended) for ended in done]
    tell(len(STEPS), len(STEPS))
    failed = [f"{ended.kind.removeprefix('nightly.')} ({ended.error})" for ended in done if ended.state != Job.State.DONE]
    if failed:
        raise NightFailed(f"{len(failed)} of {len(STEPS)} steps failed: {'; '.join(failed)}")
    return {"steps": len(STEPS)}


def _run_step(company: Company, day: date, step: Step, resumed: bool, now: datetime) -> Job:
    slot = slot_of(company, day, step.code)
    job = create_job(actor=ACTOR, kind=step.kind, slot=slot, company=company, params={"day": day.isoformat()})
    if job.state in ENDED and not (resumed and job.state == Job.State.DONE):
        job = retry_job(actor=ACTOR, job=job)
    return run_job(job_id=job.pk, now=now, wait=True)


def _line(job: Job) -> dict[str, object]:
    counts = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in job.counts.items())
    return {"step": job.kind.removeprefix("nightly."), "state": job.state, "job": job.pk, "detail": job.error or counts}


def due_day(*, today: date, hour: int, begins: int, last: date | None) -> date | None:
    """The day whose night is to be run now, if any: today's from the hour on at which nights begin; before it yesterday's, if the
    server was away, but only where nights have run before."""
    if hour >= begins:
        return today if last is None or last < today else None
    yesterday = today - timedelta(days=1)
    return yesterday if last is not None and last < yesterday else None


def last_night(company: Company, today: date) -> date | None:
    """The latest day, today at most, of which the company's night was put in."""
    nights = Job.objects.filter(kind="nightly", company=company, params__day__lte=today.isoformat())
    day = nights.order_by("-params__day").values_list("params__day", flat=True).first()
    return date.fromisoformat(day) if day else None
