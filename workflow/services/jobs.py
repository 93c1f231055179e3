"""Work in the background: the row is the queue, Celery only rings.

**To add a kind of work**, register its handler in the `tasks.py` of the app that does it (every app's `tasks` is loaded at the start):

    @register("bank_file", label="Bank file import", permission="cash.import")
    def import_file(job: Job, tell: Tell) -> dict[str, int]: ...

The handler runs outside a transaction and opens its own, a batch each; between them it calls `tell(done, total)`. It may set
`job.results` (an outcome per row) and `job.file` (what it made), and returns counts. It must be safe to repeat: a job whose worker
died is taken up again. `actor_of(job)` is the one who asked, with the rights they hold now.

**Who works on a job** holds a PostgreSQL advisory lock for as long as its connection lives. There is no heart to listen to: when a
worker is killed its connection ends, the lock is free at once and the next sweep takes the job up; a long quiet step is never taken
for a death. (Sessions must be the worker's own: a pool that shares them between transactions would break this.)
"""

import logging
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from arops.lib.refusal import InputRefused, Refused
from org.actors import Actor, NotAllowed, SystemActor, require
from org.models import ApiKey, Company, User
from workflow.models import Job, StoredFile
from workflow.services.recording import record

log = logging.getLogger(__name__)

ATTEMPTS = 3
"""How often a job is begun before it counts as one that kills its workers."""
QUIET = 0.2
"""Seconds between two writes of progress, at least."""
SETTLED = timedelta(seconds=10)
"""What waits longer than this was not rung for, or nobody heard."""
_LOCKS = 0x4A << 48
_UNFINISHED = (Job.State.WAITING, Job.State.RUNNING)


class JobError(Refused):
    """The job is not in a state that allows this; the message says which it is in."""


class JobCancelled(Exception):
    """Raised by `tell` in the middle of the work when someone cancelled it, or it was taken from this worker."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A registered kind of work. `by_hand` is the slot of a run started from the page, with {company} and {day}; empty: not startable."""

    code: str
    label: str
    permission: str
    handler: "Handler"
    by_hand: str = ""


class Tell:
    """What a handler reports its progress with: `tell(done, total)`; raises JobCancelled when the work is to stop."""

    def __init__(self, job: Job) -> None:
        self.job, self.last = job, 0.0

    def __call__(self, done: int, total: int) -> None:
        """Write how far it is, at once visible to everyone; cheap to call for every row. Call it between transactions, not inside one."""
        moment = time.monotonic()
        if done < total and moment - self.last < QUIET:
            return
        self.last = moment
        if not _mine(self.job).update(done=done, total=total):
            raise JobCancelled


Handler = Callable[[Job, Tell], dict[str, int]]
KINDS: dict[str, Kind] = {}
LINKS: dict[str, str] = {"job": "workflow:job"}
"""Prefix of a public id, or name of a field of a key, in the rows of results → the name of the page that it leads to."""


def register(kind: str, *, label: str, permission: str = "jobs.run", by_hand: str = "") -> Callable[[Handler], Handler]:
    """Make a function the handler of a kind of work. `permission` is what one needs to create, cancel or repeat it."""

    def decorate(handler: Handler) -> Handler:
        KINDS[kind] = Kind(kind, label, permission, handler, by_hand)
        return handler

    return decorate


def register_links(**url_names: str) -> None:
    """Say where rows of results lead: by the prefix of a public id (`rct="cashapp:receipt"` for rct_12), or the name of a key's field."""
    LINKS.update(url_names)


def kind_of(code: str) -> Kind:
    """The registered kind. Raises JobError for one that isn't (any more)."""
    if code not in KINDS:
        raise JobError(f"there is no work called {code}")
    return KINDS[code]


def startable(actor: Actor) -> list[Kind]:
    """Kinds of work that the actor may start by hand, in some company."""
    return [kind for kind in KINDS.values() if kind.by_hand and actor.can(kind.permission)]


def companies_to_start(actor: Actor) -> list[Company]:
    """Companies in which the actor may start something."""
    kinds = startable(actor)
    return [company for company in Company.objects.all() if any(actor.can(kind.permission, company.pk) for kind in kinds)]


def create_job(
    *, actor: Actor, kind: str, slot: str, company: Company | None = None, params: dict[str, Any] | None = None,
    file: StoredFile | None = None,
) -> Job:  # fmt: skip
    """Put work into the queue, in the caller's transaction; the same slot is the same job, whatever state it is in. Ring for it
    afterwards (`workflow.doorbell.ring`). `params` must be JSON. Raises JobError for an unknown kind, NotAllowed."""
    require(actor, kind_of(kind).permission, company.pk if company else None)
    job, _ = Job.objects.get_or_create(
        slot=slot, defaults={"kind": kind, "company": company, "params": params or {}, "file": file, "created_by": actor.label}
    )
    return job


@transaction.atomic
def start_job(*, actor: Actor, kind: str, company: Company, day: date) -> Job:
    """Start work by hand for a company and a day; a run of that day that has ended is run again. Raises JobError, NotAllowed."""
    form = kind_of(kind).by_hand
    if not form:
        raise JobError(f"{kind_of(kind).label} needs more than a company and a day: it is started where its input is given")
    slot = form.format(company=company.code, day=day.isoformat())
    job = create_job(actor=actor, kind=kind, slot=slot, company=company, params={"day": day.isoformat()})
    if job.state not in _UNFINISHED:
        return retry_job(actor=actor, job=job)
    record(actor=actor, type="job.started", company_id=company.pk, subject=job, kind=kind, slot=slot)
    return job


@transaction.atomic
def cancel_job(*, actor: Actor, job: Job) -> Job:
    """Stop a job: one that waits never begins, one that runs stops at its next step and keeps what it has done. Raises JobError,
    NotAllowed."""
    locked = _locked(actor, job)
    if locked.state not in _UNFINISHED:
        raise JobError(f"this is {locked.get_state_display()} already")
    Job.objects.filter(pk=job.pk).update(state=Job.State.CANCELLED, finished_at=Now())
    record(actor=actor, type="job.cancelled", company_id=locked.company_id, subject=locked, kind=locked.kind, slot=locked.slot)
    return Job.objects.get(pk=job.pk)


@transaction.atomic
def retry_job(*, actor: Actor, job: Job) -> Job:
    """Let a job that has ended, well or not, begin anew on the same row; handlers are safe to repeat. Raises JobError, NotAllowed."""
    locked = _locked(actor, job)
    if locked.state in _UNFINISHED:
        raise JobError(f"this is {locked.get_state_display()}")
    Job.objects.filter(pk=job.pk).update(
        state=Job.State.WAITING, attempts=0, done=0, total=0, counts={}, results=[], error="", finished_at=None
    )
    record(actor=actor, type="job.retried", company_id=locked.company_id, subject=locked, kind=locked.kind, slot=locked.slot)
    return Job.objects.get(pk=job.pk)


def _locked(actor: Actor, job: Job) -> Job:
    require(actor, KINDS[job.kind].permission if job.kind in KINDS else "jobs.run", job.company_id)
    return Job.objects.select_for_update(of=("self",), no_key=True).get(pk=job.pk)


def actor_of(job: Job) -> Actor:
    """Whoever asked for the job, with the rights of this moment: none any more, if they were disabled meanwhile."""
    sort, _, name = job.created_by.partition(":")
    if sort == "user":
        return User.objects.get(pk=int(name))
    return ApiKey.objects.get(pk=int(name)) if sort == "key" else SystemActor(name)


def due_jobs(*, now: datetime, limit: int = 200) -> list[int]:
    """Keys of jobs that nobody works on though they wait, or were begun: those are the sweeper's. The oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM workflow_job j WHERE (state = 'waiting' AND created_at <= %s) OR (state = 'running' AND NOT EXISTS ("
            " SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND (classid::bigint << 32) | objid::bigint = %s + j.id)) ORDER BY created_at, id LIMIT %s",
            [now - SETTLED, _LOCKS, limit],
        )
        return [row[0] for row in cursor.fetchall()]


def run_job(*, job_id: int, now: datetime, wait: bool = False) -> Job:
    """Do a job's work, unless it is done or someone is at it (`wait`: then when they are finished), and return it as it stands.

    What the work refuses, and whatever else goes wrong in it, is kept in the job's `error`; only a lost database raises.
    """
    with _held(job_id, wait) as held:
        job = _claim(job_id, now) if held else None
        if job:
            _work(job)
    return Job.objects.get(pk=job_id)


@contextmanager
def _held(job_id: int, wait: bool) -> Iterator[bool]:
    """The lock of whoever works on the job, until the end of the work or of this connection."""
    key = _LOCKS + job_id
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s) IS NOT NULL" if wait else "SELECT pg_try_advisory_lock(%s)", [key])
        held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        with suppress(DatabaseError):
            if held:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def _claim(job_id: int, now: datetime) -> Job | None:
    """The job, marked as begun by us; None when there is nothing left to do. We hold its lock: nobody else is at it."""
    job = Job.objects.get(pk=job_id)
    if job.state not in _UNFINISHED:
        return None
    if job.attempts >= ATTEMPTS:
        _finish(job, Job.State.FAILED, {}, f"given up: the process at work on it ended {job.attempts} times in the middle")
        return None
    begun = Job.objects.filter(pk=job_id, state=job.state, attempts=job.attempts).update(
        state=Job.State.RUNNING, attempts=F("attempts") + 1, started_at=now, finished_at=None, error="", done=0, total=0
    )
    job.refresh_from_db()
    return job if begun else None


def _work(job: Job) -> None:
    try:
        counts = kind_of(job.kind).handler(job, Tell(job))
    except JobCancelled:
        _finish(job, Job.State.CANCELLED, {}, "")
    except (Refused, InputRefused, NotAllowed) as refusal:
        _finish(job, Job.State.FAILED, {}, str(refusal))
    except Exception as error:
        # What an error says may hold data of customers: the page gets its class and where to look, the log the rest.
        reference = secrets.token_hex(4)
        log.exception("job %s (%s) failed, reference %s", job.pk, job.slot, reference)
        _finish(job, Job.State.FAILED, {}, f"{type(error).__name__}: the log has more under the reference {reference}")
    else:
        _finish(job, Job.State.DONE, counts, "")


def _finish(job: Job, state: str, counts: dict[str, int], error: str) -> None:
    """Keep what came of it. A job cancelled too late is done all the same; one that was put back meanwhile stays as it is."""
    ours = Job.objects.filter(pk=job.pk, attempts=job.attempts, state__in=[Job.State.RUNNING, Job.State.CANCELLED])
    kept = ours.update(
        state=state, counts=counts, results=job.results, file_id=job.file_id, error=error, finished_at=Now(),
    )  # fmt: skip
    if kept and state == Job.State.FAILED:
        record(
            actor=SystemActor("jobs"), type="job.failed", company_id=job.company_id, subject=job, kind=job.kind, slot=job.slot, error=error
        )


def _mine(job: Job) -> Any:
    return Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, attempts=job.attempts)
