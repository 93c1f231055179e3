"""X13, X14: Redis is away, or forgets everything, and workers are killed: what was asked for is done all the same, and once."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from celery import current_app
from django.utils import timezone

from arops.embedded import ensure_valkey, places, stop_valkey
from tests.factories import DAY, SYSTEM, issue, make_company, make_customer
from workflow import tasks
from workflow.doorbell import ring
from workflow.models import Event, Job
from workflow.services.jobs import due_jobs, start_job

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]
JOBS = 60


@pytest.fixture
def valkey():
    """A Valkey of the test's own, which the product rings through; not running yet. Answers with how to start it."""
    base = Path(tempfile.mkdtemp(prefix="arops-chaos-kv-"))
    server = ensure_valkey(base)
    stop_valkey(base)
    before = current_app.conf.broker_url
    _ring_through(server.url)
    yield lambda: ensure_valkey(base)
    _ring_through(before)
    stop_valkey(base)
    shutil.rmtree(base, ignore_errors=True)
    shutil.rmtree(Path(tempfile.gettempdir(), f"arops-kv-{places.short_name(base)}"), ignore_errors=True)


def _ring_through(url):
    broker = url.replace("unix://", "redis+socket://")
    current_app.conf.update(broker_url=broker, broker_write_url=broker, broker_read_url=broker)
    if current_app._pool:
        current_app._pool.force_close_all()
    current_app._pool = None
    current_app.amqp._producer_pool = None


class Worker:
    """A Celery worker in a process group of its own."""

    def __init__(self, url):
        command = [sys.executable, "-m", "celery", "--quiet", "-A", "arops.celery", "worker", "--concurrency", "2", "--loglevel", "ERROR"]
        environment = {**os.environ, "REDIS_URL": url, "DJANGO_SETTINGS_MODULE": "arops.settings", "PYTHONWARNINGS": "ignore"}
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True, stdout=subprocess.DEVNULL)

    def kill(self):
        """SIGKILL to it and its children."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def put_in(company, count):
    """Jobs that each leave one event in the trail."""
    jobs = [start_job(actor=SYSTEM, kind="nightly.promises", company=company, day=DAY + timedelta(days=n)) for n in range(count)]
    for job in jobs:
        ring(job)
    return jobs


def done():
    return Job.objects.filter(state="done").count()


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"still {Job.objects.exclude(state='done').count()} to do"
        time.sleep(0.05)


def make_old():
    """As if they had waited longer than the sweeper's patience."""
    Job.objects.update(created_at=timezone.now() - timedelta(minutes=1))


def test_without_redis_all_is_recorded_and_afterwards_all_is_done_once_whatever_is_killed_or_forgotten(valkey):
    company = make_company("US01")
    began = time.monotonic()
    put_in(company, JOBS)
    assert issue(make_customer(company), 100_00).balance == 100_00, "posting needs no Redis"
    assert Job.objects.filter(state="waiting").count() == JOBS
    assert time.monotonic() - began < 20, "nobody waits for a Redis that is away"

    server = valkey()
    make_old()
    assert tasks.sweep() == JOBS
    worker = Worker(server.url)
    try:
        wait_for(lambda: done() >= 10)
        worker.kill()
        client = redis.Redis(unix_socket_path=str(server.socket))
        client.flushall()
        assert client.llen("celery") == 0
        # Those that wait, and those whose worker was killed in the middle, once PostgreSQL has noticed that it is gone.
        wait_for(lambda: len(due_jobs(now=timezone.now())) == JOBS - done())
        assert 0 < done() < JOBS
        worker = Worker(server.url)
        assert tasks.sweep() == JOBS - done()
        wait_for(lambda: done() == JOBS)
    finally:
        worker.kill()
    assert Event.objects.filter(type="job.failed").count() == 0
    assert max(Job.objects.values_list("attempts", flat=True)) <= 2
    repeated = Job.objects.filter(attempts=2).count()
    assert repeated <= 2, "at most what the killed worker had in hand"
