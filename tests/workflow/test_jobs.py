"""Jobs: once per slot, one worker at a time, taken up when a worker dies, stopped and repeated by those who may."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from arops.lib.refusal import InputRefused, Refused
from org.actors import NotAllowed, SystemActor
from tests.factories import SYSTEM, make_company, make_user
from workflow import doorbell, tasks
from workflow.models import Event, Job
from workflow.services import jobs
from workflow.services.jobs import JobError, actor_of, cancel_job, create_job, due_jobs, register, retry_job, run_job, start_job

pytestmark = pytest.mark.django_db
NOW = timezone.now()
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def kind(monkeypatch):
    """A kind of work of the test's own: `kind(handler)` registers it, with permission jobs.run."""
    monkeypatch.setattr(jobs, "QUIET", 0)

    def make(handler, name="probe", **options):
        # The dictionary itself stays: other modules hold it, too.
        monkeypatch.setitem(jobs.KINDS, name, None)
        register(name, label="Probe", **options)(handler)
        return name

    return make


def put(kind, slot="probe:1", **fields):
    return create_job(actor=SYSTEM, kind=kind, slot=slot, **fields)


def run(job):
    return run_job(job_id=job.pk, now=NOW)


def test_the_same_slot_is_the_same_job_and_runs_once(kind):
    ran = []
    name = kind(lambda job, tell: ran.append(job.pk) or {"rows": 3})
    first, second = put(name, params={"day": "2026-09-15"}), put(name, params={"day": "other"})
    assert (first.pk, second.params) == (second.pk, {"day": "2026-09-15"})
    assert run(first).state == run(first).state == Job.State.DONE
    assert ran == [first.pk]
    done = Job.objects.get()
    assert (done.counts, done.attempts, done.error) == ({"rows": 3}, 1, "")
    assert done.started_at == NOW and done.finished_at


def test_progress_results_and_the_file_are_kept(kind):
    seen = []

    def handler(job, tell):
        tell(1, 4)
        seen.append(Job.objects.get(pk=job.pk).percent)
        job.results = [{"row": 1, "outcome": "created"}]
        return {}

    run(put(kind(handler)))
    assert seen == [25]
    assert Job.objects.get().results == [{"row": 1, "outcome": "created"}]


@pytest.mark.parametrize("refusal", [Refused("no bank account is set up"), InputRefused(3, "no bank account is set up")])
def test_a_refusal_fails_the_job_in_its_own_words(kind, refusal):
    def handler(job, tell):
        raise refusal

    failed = run(put(kind(handler)))
    assert failed.state == Job.State.FAILED and "no bank account is set up" in failed.error
    assert Event.objects.get(type="job.failed").subject_id == failed.pk


def test_w11_an_unforeseen_error_shows_its_class_and_a_reference_and_nothing_of_its_data(kind, caplog):
    def handler(job, tell):
        raise RuntimeError("password=hunter2 DE89370400440532013000")

    failed = run(put(kind(handler)))
    assert failed.state == Job.State.FAILED
    assert "hunter2" not in failed.error and "DE89" not in failed.error and failed.error.startswith("RuntimeError")
    reference = failed.error.rsplit(" ", 1)[1]
    assert any(reference in record.getMessage() and record.exc_info for record in caplog.records)


def test_a_kind_that_is_gone_fails_in_words(kind, monkeypatch):
    job = put(kind(lambda job, tell: {}))
    jobs.KINDS.pop("probe")
    assert "no work called probe" in run(job).error


def test_cancelled_before_it_began_it_never_runs(kind):
    job = put(kind(lambda job, tell: pytest.fail("it ran")))
    cancel_job(actor=SYSTEM, job=job)
    assert run(job).state == Job.State.CANCELLED
    with pytest.raises(JobError, match="cancelled already"):
        cancel_job(actor=SYSTEM, job=job)


def test_cancelled_in_the_middle_it_stops_at_the_next_step(kind):
    steps = []

    def handler(job, tell):
        for n in range(5):
            tell(n, 5)
            steps.append(n)
            if n == 1:
                cancel_job(actor=SYSTEM, job=job)
        return {}

    stopped = run(put(kind(handler)))
    assert (stopped.state, steps, stopped.done) == (Job.State.CANCELLED, [0, 1], 1)
    assert stopped.finished_at and not stopped.error


def test_what_ended_is_run_again_on_the_same_row(kind):
    outcomes = iter([Refused("not today"), None])

    def handler(job, tell):
        outcome = next(outcomes)
        if outcome:
            raise outcome
        return {"rows": 1}

    job = put(kind(handler))
    assert run(job).state == Job.State.FAILED
    again = retry_job(actor=SYSTEM, job=job)
    assert (again.state, again.error, again.attempts) == (Job.State.WAITING, "", 0)
    assert run(job).counts == {"rows": 1}
    with pytest.raises(JobError, match="waiting"):
        retry_job(actor=SYSTEM, job=retry_job(actor=SYSTEM, job=job))


def test_rights_are_asked_for_when_it_is_created_and_when_it_is_stopped(kind):
    name = kind(lambda job, tell: {}, permission="cash.import")
    company = make_company()
    specialist, auditor = make_user("specialist", company), make_user("auditor", company)
    job = create_job(actor=specialist, kind=name, slot="a", company=company)
    for attempt in (
        lambda: create_job(actor=auditor, kind=name, slot="b", company=company),
        lambda: cancel_job(actor=auditor, job=job),
        lambda: create_job(actor=specialist, kind=name, slot="b", company=make_company()),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert actor_of(job) == specialist
    assert actor_of(put(name)).label == SYSTEM.label


def test_s8_a_handler_meets_the_rights_of_now_not_those_of_then(kind):
    company = make_company()
    user = make_user("supervisor", company)
    name = kind(lambda job, tell: create_job(actor=actor_of(job), kind="probe", slot="more", company=company) and {})
    job = create_job(actor=user, kind=name, slot="a", company=company)
    user.is_active = False
    user.save()
    assert "may not do this" in run(job).error


def test_started_by_hand_once_a_day_and_again_when_it_has_ended(kind):
    ran = []
    name = kind(lambda job, tell: ran.append(job.params["day"]) or {}, by_hand="probe:{company}:{day}")
    company = make_company("US01")
    first = start_job(actor=SYSTEM, kind=name, company=company, day=NOW.date())
    assert start_job(actor=SYSTEM, kind=name, company=company, day=NOW.date()).pk == first.pk
    assert first.slot == f"probe:US01:{NOW.date()}"
    run(first)
    run(start_job(actor=SYSTEM, kind=name, company=company, day=NOW.date()))
    assert ran == [NOW.date().isoformat()] * 2
    with pytest.raises(JobError, match="needs more"):
        start_job(actor=SYSTEM, kind=kind(lambda job, tell: {}, "other"), company=company, day=NOW.date())


def test_the_sweeper_takes_what_waits_too_long_and_leaves_the_fresh(kind):
    job = put(kind(lambda job, tell: {}))
    assert due_jobs(now=Job.objects.get().created_at) == []
    assert due_jobs(now=LATER) == [job.pk]
    run(job)
    assert due_jobs(now=LATER) == []


def other_connection(work):
    """Do something on a database connection of another thread, which ends with it."""

    def body():
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=body)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_one_worker_at_a_time_and_the_sweeper_leaves_it_alone(kind):
    inside, finish = threading.Event(), threading.Event()
    name = kind(lambda job, tell: (inside.set(), finish.wait(10), {"ran": 1})[2])
    job = put(name)
    worker = other_connection(lambda: run(job))
    assert inside.wait(10)
    assert due_jobs(now=LATER) == [], "someone is at it"
    assert run(job).state == Job.State.RUNNING, "the second worker goes away"
    assert Job.objects.get().attempts == 1
    finish.set()
    worker.join()
    assert (Job.objects.get().state, Job.objects.get().counts) == (Job.State.DONE, {"ran": 1})


class Died(BaseException):
    """What a worker meets that is killed: nothing of its code runs any more."""


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_worker_died_is_taken_up_until_it_seems_to_kill_them(kind):
    def handler(job, tell):
        raise Died

    job = put(kind(handler))

    def die():
        with pytest.raises(Died):
            run(job)

    for attempt in (1, 2, 3):
        other_connection(die).join()
        assert (Job.objects.get().state, Job.objects.get().attempts) == (Job.State.RUNNING, attempt)
        assert due_jobs(now=NOW) == [job.pk], "nobody holds it: at once, without waiting for silence"
    given_up = run(job)
    assert given_up.state == Job.State.FAILED and "ended 3 times" in given_up.error


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_lost_its_job_writes_nothing_over_it(kind):
    """It was paused, its connection cut, and someone else began the job."""
    job = put(kind(lambda job, tell: {}))

    def handler(mine, tell):
        Job.objects.filter(pk=mine.pk).update(attempts=2)
        tell(1, 2)
        pytest.fail("it went on")

    kind(handler)
    assert (run(job).state, Job.objects.get().attempts) == (Job.State.RUNNING, 2)


@pytest.mark.django_db(transaction=True)
def test_sixteen_rings_for_one_job_are_one_run(kind):
    ran = []
    job = put(kind(lambda job, tell: ran.append(1) or {}))
    threads = [other_connection(lambda: run(job)) for _ in range(16)]
    [thread.join() for thread in threads]
    assert ran == [1]


@pytest.mark.django_db(transaction=True)
def test_x14_without_redis_work_is_recorded_and_done_when_it_is_back(kind, monkeypatch):
    """Ringing fails in no time and harms nobody; the sweeper finds the row."""
    from celery import current_app

    ran = []
    name = kind(lambda job, tell: ran.append(1) or {})
    sent = []
    monkeypatch.setattr(current_app, "send_task", _unreachable)
    job = put(name)
    doorbell.ring(job)
    assert Job.objects.get().state == Job.State.WAITING
    monkeypatch.setattr(current_app, "send_task", lambda task, args, retry: sent.append((task, args)))
    Job.objects.update(created_at=NOW - timedelta(minutes=1))
    assert tasks.sweep() == 1
    assert sent == [("workflow.tasks.work", (job.pk,))]
    assert tasks.work(job.pk) == "done" and ran == [1]


def test_x18_a_bell_for_a_job_that_is_gone_has_no_effect():
    assert tasks.work(4711) == "gone"


def _unreachable(*args, **kwargs):
    from kombu.exceptions import OperationalError

    raise OperationalError("redis is away")


def test_a_ring_waits_for_the_commit(kind, monkeypatch, django_capture_on_commit_callbacks):
    sent = []
    monkeypatch.setattr(doorbell, "send", lambda *message: sent.append(message))
    with django_capture_on_commit_callbacks() as callbacks:
        doorbell.ring(put(kind(lambda job, tell: {})))
    assert sent == [] and len(callbacks) == 1


def test_the_system_sees_all_jobs_a_person_those_of_their_companies_and_their_own(kind):
    name = kind(lambda job, tell: {})
    ours, theirs = make_company(), make_company()
    user = make_user("supervisor", ours)
    mine = create_job(actor=user, kind=name, slot="mine")
    seen = put(name, "ours", company=ours)
    put(name, "theirs", company=theirs), put(name, "nobody's")
    assert set(Job.objects.visible_to(user, "jobs.view")) == {mine, seen}
    assert Job.objects.visible_to(SystemActor(), "jobs.view").count() == 4
