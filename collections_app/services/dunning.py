"""The day's dunning of a company: one run a day, a transaction a customer, so that it can be killed anywhere and go on."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import DatabaseError, connection, transaction

from arops.lib.refusal import Refused
from collections_app.models import DunningLetter, DunningRun
from collections_app.selectors.dunning import Case, candidates, cases
from collections_app.selectors.strategies import StrategyBook
from collections_app.services.dunning_letters import Letter, listed_items, write_letter
from messaging.models import Message
from messaging.services import RESTS, Enclosed, MessageError, cancel_message, queue_message
from org.actors import Actor, SystemActor, require
from org.models import Company
from workflow.models import Job
from workflow.services import record, store_file
from workflow.services.jobs import create_job, retry_job

LOCK = 7203
"""First half of the advisory lock on a run; the second is the run's key."""

SYSTEM = SystemActor("dunning")

PATIENCE = 20
"""Tenths of a second after which another process that holds a run is taken to be alive."""

log = logging.getLogger(__name__)


class DunningError(Refused):
    """A run that can't be as asked; the message says why."""


Tell = Callable[[int, int], None]


def _silent(done: int, total: int) -> None:
    """Nobody listens."""


def start_run(*, company: Company, day: date, actor: Actor) -> tuple[DunningRun, bool]:
    """The day's run as a row that waits for `run_dunning`, and whether it is new. Raises NotAllowed."""
    require(actor, "dunning.run", company.pk)
    with transaction.atomic():
        run, created = DunningRun.objects.get_or_create(company=company, day=day, defaults={"actor": actor.label})
        if created:
            record(actor=actor, type="dunning.started", company_id=company.pk, subject=run, day=day.isoformat())
    return run, created


@transaction.atomic
def request_run(*, actor: Actor, company: Company, day: date) -> Job:
    """Put the day's run into the queue of background work; ring for the job afterwards. One that broke off is taken up again.

    Raises DunningError when the day's run is finished, NotAllowed.
    """
    run, _ = start_run(company=company, day=day, actor=actor)
    if run.finished_at:
        raise DunningError(f"the run of {day:%-d %b %Y} is done: there is one a day, so that nobody is written to twice")
    slot = f"dunning:{company.code}:{day}"
    job = create_job(actor=actor, kind="dunning", slot=slot, company=company, params={"day": day.isoformat()})
    return retry_job(actor=actor, job=job) if job.state in (Job.State.DONE, Job.State.FAILED, Job.State.CANCELLED) else job


def run_dunning(*, company: Company, day: date, actor: Actor, now: datetime, tell: Tell = _silent) -> DunningRun:
    """Write to the company's customers who are past due, by their strategies; once a day, however often it is called.

    A second call answers with the first run. A run that was killed goes on where it stopped; while another process works on it, it
    is answered with as it stands (`finished_at` None). Letters go to the outbox and rest there for ten seconds. `tell` hears how far
    it is, in customers. Raises NotAllowed.
    """
    run, _ = start_run(company=company, day=day, actor=actor)
    if run.finished_at is None:
        with _alone_on(run) as alone:
            run.refresh_from_db()
            if alone and run.finished_at is None:
                _work(run, actor, now, tell)
    return run


@contextmanager
def _alone_on(run: DunningRun) -> Iterator[bool]:
    """Whether this process alone works on the run. A process that dies lets go of it, as soon as its database session has noticed."""
    key, got = run.pk % 2**31, False
    with connection.cursor() as cursor:
        for attempt in range(PATIENCE):
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s), pg_sleep(%s)", [LOCK, key, 0.1 if attempt else 0])
            got = cursor.fetchone()[0]
            if got:
                break
    try:
        yield got
    finally:
        if got:
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK, key])


def _work(run: DunningRun, actor: Actor, now: datetime, tell: Tell) -> None:
    _free_levels(run)
    done = set(run.letters.values_list("customer", flat=True))
    waiting = [pk for pk in candidates(run.company, run.day) if pk not in done]
    total = len(done) + len(waiting)
    by_customer = groupby(cases(run.company, run.day, waiting), key=lambda case: case.customer.pk)
    for number, (_, of_customer) in enumerate(by_customer, len(done) + 1):
        _one_customer(run, list(of_customer), actor, now)
        tell(number, total)
    with transaction.atomic():
        run.counts, run.finished_at = _counts(run), now
        run.save(update_fields=["counts", "finished_at"])
        record(actor=actor, type="dunning.finished", company_id=run.company_id, subject=run, day=run.day.isoformat(), **run.counts)


@transaction.atomic
def _free_levels(run: DunningRun) -> None:
    """Letters that never reached anybody were never given, so that their level may be given again: those taken back from the outbox,
    and those that failed and were not sent to a better address within the quiet days."""
    letters = DunningLetter.objects.filter(company=run.company, reason="").select_related("message")
    letters.filter(message__state=Message.State.CANCELLED).update(reason="cancelled", left_out_because="taken back before it was sent")
    quiet = StrategyBook(run.company, run.day).longest_quiet
    for letter in letters.filter(message__state=Message.State.FAILED, run__day__lte=run.day - timedelta(days=quiet)):
        words = f"not delivered: {letter.message.error}"[:200]  # type: ignore[union-attr]
        with suppress(MessageError):
            cancel_message(actor=SYSTEM, message=letter.message)  # type: ignore[arg-type]
            DunningLetter.objects.filter(pk=letter.pk).update(reason="undelivered", left_out_because=words)


def _one_customer(run: DunningRun, found: Sequence[Case], actor: Actor, now: datetime) -> None:
    """All of a customer's letters and reasons, together or not at all. What goes wrong is noted and doesn't stop the others."""
    try:
        letters = [write_letter(case, case.step, run.day) if case.step else None for case in found]
        with transaction.atomic():
            for case, letter in zip(found, letters, strict=True):
                _keep(run, case, letter, actor, now)
    except Exception:
        log.exception("dunning: customer %s", found[0].customer.pk)
        with transaction.atomic():
            for case in found:
                words = "the letter could not be written: see the server’s log"
                _row(run, case, reason="error", left_out_because=words, level=0, amount=0, items=[]).save()


def _keep(run: DunningRun, case: Case, letter: Letter | None, actor: Actor, now: datetime) -> None:
    if letter is None:
        _row(run, case, reason=case.decision.reason, left_out_because=case.decision.because[:200]).save()
        return
    file, _ = store_file(actor=actor, name=letter.file_name, content=letter.file, content_type=letter.content_type)
    message, _ = queue_message(
        actor=actor, company=run.company, customer=case.customer, kind="dunning", dedupe_key=_dedupe_key(run, case), recipients=case.to,
        subject=letter.subject, body=letter.body, attachments=[Enclosed(file, letter.file_name)], not_before=now + RESTS,
        channel=Message.Channel.EMAIL if case.to else Message.Channel.LETTER,
    )  # fmt: skip
    _row(run, case, message=message, pdf=file).save()


def _dedupe_key(run: DunningRun, case: Case) -> str:
    """Customer, currency, day, level, cycle: what makes a letter the only one of its kind."""
    decision = case.decision
    return f"dunning:{case.customer.pk}:{decision.account.currency}:{run.day}:{decision.level}:{decision.asked[0].debit.item_id}"


def _row(run: DunningRun, case: Case, **fields: Any) -> DunningLetter:
    decision = case.decision
    about: dict[str, Any] = {
        "currency": decision.account.currency, "level": decision.level, "level_name": case.step.name if case.step else "",
        "step": case.step,
        "days_past_due": decision.days, "amount": decision.amount, "held_out": decision.held_out, "items": listed_items(decision),
        "cycle": decision.cycle[:80],
    }  # fmt: skip
    return DunningLetter(run=run, company=run.company, customer=case.customer, **about | fields)


def _counts(run: DunningRun) -> dict[str, int]:
    """What the run came to: letters, of them to be printed and without PDF, and customers left out."""
    counts: Counter[str] = Counter(letters=0, printed=0, without_pdf=0, left_out=0)
    for reason, channel, kind in run.letters.values_list("reason", "message__channel", "pdf__content_type"):
        counts["left_out" if reason else "letters"] += 1
        counts["printed"] += not reason and channel == Message.Channel.LETTER
        counts["without_pdf"] += not reason and kind != "application/pdf"
    return dict(counts)
