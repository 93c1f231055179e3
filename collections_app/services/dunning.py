"""The day's dunning of a company: one run a day, that can be killed anywhere and goes on.

Three passes. What counts as given that reached nobody is set free again; accounts are decided and their letters written down, some hundreds
in a transaction; then each letter gets its pages, a transaction each, and goes to the outbox, or waits for whoever allows it. So the
decisions of a large book are made in minutes, however long the pages take, and no letter is without its row, no row without its letter.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime

from django.db import DatabaseError, connection, transaction

from arops.lib.refusal import Refused
from collections_app.models import DunningLetter, DunningRun
from collections_app.services.dunning_freeing import free_levels
from collections_app.services.dunning_layout import lay_out_letter, lay_out_letters
from collections_app.services.dunning_queue import queue_customers, queue_letters
from collections_app.services.telling import Tell, silent
from customers.models import Customer
from messaging.models import Message
from org.actors import Actor, require
from org.models import Company
from workflow.models import Job
from workflow.services import record
from workflow.services.jobs import create_job, retry_job

LOCK = 7203
"""First half of the advisory lock on a run; the second is the run's key."""

PATIENCE = 20
"""Tenths of a second after which another process that holds a run is taken to be alive."""

log = logging.getLogger(__name__)


class DunningError(Refused):
    """A run that can't be as asked; the message says why."""


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


def run_dunning(*, company: Company, day: date, actor: Actor, now: datetime, tell: Tell = silent) -> DunningRun:
    """Write to the company's customers who are past due, by their strategies; once a day, however often it is called.

    A second call answers with the first run. A run that was killed goes on where it stopped; while another process works on it, it
    is answered with as it stands (`finished_at` None). Letters go to the outbox and rest there for ten seconds. `tell` hears how far
    it is, in customers first and then in letters. Raises NotAllowed.
    """
    run, _ = start_run(company=company, day=day, actor=actor)
    if run.finished_at is None:
        with _alone_on(run) as alone:
            run.refresh_from_db()
            if alone and run.finished_at is None:
                _work(run, actor, now, tell)
    return run


def write_now(*, actor: Actor, customer: Customer, day: date, now: datetime) -> list[DunningLetter]:
    """Write to one customer ahead of the day's run, as the run would: the run then leaves it alone. What isn't written and why is among the
    rows. Raises DunningError when the run is done or at work, NotAllowed."""
    run, _ = start_run(company=customer.company, day=day, actor=actor)
    with _alone_on(run) as alone:
        run.refresh_from_db()
        if not alone or run.finished_at:
            raise DunningError(f"the run of {day:%-d %b %Y} is {'done' if run.finished_at else 'at work'}: it looks at this customer, too")
        free_levels(run=run)
        if not run.letters.filter(customer=customer).exists():
            queue_customers(run=run, ids=[customer.pk], actor=actor, now=now)
        for pk in run.letters.filter(customer=customer, pdf=None, reason="").values_list("pk", flat=True):
            lay_out_letter(pk=pk, actor=actor, now=now)
    return list(run.letters.filter(customer=customer).select_related("message").order_by("currency"))


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
    free_levels(run=run)
    queue_letters(run=run, actor=actor, now=now, tell=tell)
    lay_out_letters(run=run, actor=actor, now=now, tell=tell)
    with transaction.atomic():
        run.counts, run.finished_at = counts_of(run), now
        run.save(update_fields=["counts", "finished_at"])
        record(actor=actor, type="dunning.finished", company_id=run.company_id, subject=run, day=run.day.isoformat(), **run.counts)


def counts_of(run: DunningRun) -> dict[str, int]:
    """What the run came to: letters, of them to be printed, without PDF and to be allowed first, and customers left out."""
    counts: Counter[str] = Counter(letters=0, printed=0, without_pdf=0, to_allow=0, left_out=0)
    for reason, channel, kind, waits in run.letters.values_list("reason", "message__channel", "pdf__content_type", "needs_approval"):
        counts["left_out" if reason else "letters"] += 1
        counts["printed"] += not reason and channel == Message.Channel.LETTER
        counts["without_pdf"] += not reason and kind != "application/pdf"
        counts["to_allow"] += not reason and waits
    return dict(counts)
