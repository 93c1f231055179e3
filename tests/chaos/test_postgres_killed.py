"""X16: PostgreSQL is killed in the middle of postings, again and again, on a server of the test's own."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psycopg2
import pytest

from arops import backup
from arops.embedded import ensure_postgres, places, stop_postgres
from arops.embedded.postgres import ADMIN, remove_postgres
from tests.factories import make_company, make_customer

ROOT = Path(__file__).resolve().parents[2]
KILLS = 2


pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(db, databases, tmp_path):
    """A server whose commits are on the disk, with a customer to trade with: a backup of the test database, restored."""
    make_customer(make_company("US01"))
    base = Path(tempfile.mkdtemp(prefix="arops-chaos-"))
    base.chmod(0o711)
    try:
        made = ensure_postgres(base)
        dump = backup.create(databases.url(), tmp_path / "empty.dump", made.binaries)
        backup.restore(made.url(ADMIN), dump, made.binaries)
        yield lambda: ensure_postgres(base)
    finally:
        stop_postgres(base)
        remove_postgres(base)
        shutil.rmtree(Path(tempfile.gettempdir(), f"arops-pg-{places.short_name(base)}"), ignore_errors=True)
        shutil.rmtree(base, ignore_errors=True)


def run(server, *command):
    environment = {**os.environ, **server.environment, "DJANGO_SETTINGS_MODULE": "arops.settings"}
    done = subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def kill_all(postmaster):
    """SIGKILL to the server and all its processes at once."""
    found = [postmaster]
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            found += [int(entry.name)] if parent == postmaster else []
    for pid in found:
        with contextlib.suppress(ProcessLookupError):  # a backend may have ended by itself since it was found
            os.kill(pid, signal.SIGKILL)


class Posters:
    """Processes that post at once; `acknowledged` is what they were told, number → entries."""

    def __init__(self, server, count):
        environment = {**os.environ, **server.environment, "DJANGO_SETTINGS_MODULE": "arops.settings"}
        self.acknowledged = {}
        self.processes, self.threads = [], []
        for n in range(count):
            command = [sys.executable, "-m", "tests.chaos.poster", str((n + 1) * 1_000_000)]
            self.processes.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True))
            self.threads.append(threading.Thread(target=self._listen, args=[self.processes[-1]]))
            self.threads[-1].start()

    def _listen(self, process):
        assert process.stdout.readline() == "ready\n"
        for line in process.stdout:
            n, *entries = map(int, line.split())
            self.acknowledged[n] = entries

    def wait_for(self, more):
        """Until so many more are acknowledged."""
        wanted, end = len(self.acknowledged) + more, time.monotonic() + 60
        while len(self.acknowledged) < wanted and time.monotonic() < end:
            time.sleep(0.01)
        assert len(self.acknowledged) >= wanted, "posting didn't go on"

    def stop(self):
        for process in self.processes:
            process.kill()
            process.wait()
        for thread, process in zip(self.threads, self.processes, strict=True):
            thread.join()
            process.stdout.close()


def test_x16_what_was_acknowledged_is_there_what_was_not_is_safe_to_repeat_and_the_books_tie(server):
    first = server()
    posters = Posters(first, 2)
    try:
        for _ in range(KILLS):
            posters.wait_for(40)
            kill_all(server().pid)
            server()
        posters.wait_for(40)
    finally:
        posters.stop()
    last = server()
    with psycopg2.connect(last.url()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT source, id FROM ledger_entry")
        entries = dict(cursor.fetchall())
        cursor.execute("SELECT count(*) FROM ledger_openitem WHERE balance <> 0")
        assert cursor.fetchone() == (0,), "what was begun together was written together or not at all"
    connection.close()
    for n, (invoice, receipt, *_) in posters.acknowledged.items():
        assert (entries.get(f"invoice:{n}"), entries.get(f"receipt:{n}")) == (invoice, receipt), "acknowledged and gone"
        assert f"apply:{n}" in entries
    unacknowledged = len(entries) // 3 - len(posters.acknowledged)
    assert 0 <= unacknowledged <= len(posters.processes)
    assert "The books tie" in run(last, "manage.py", "verify_books")
