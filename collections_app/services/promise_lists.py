"""Lists of promises brought as a file: read in bounds, tried out whole, then given all together or not at all.

checked = bring_list(actor=…, name=…, content=…)    # read; a Job tries the rows and takes them back: what would become of each
job = give_list(actor=…, checked=checked)           # a Job gives them; the same file once
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.db import transaction

from arops.lib.refusal import InputRefused, Refused
from arops.lib.rows import Problem
from arops.lib.sandbox import run_bounded
from collections_app.services.promise_rows import GIVE, NEEDED, save_promises
from customers.readers import Listed
from customers.services import Saved
from org.actors import Actor, require
from workflow.models import Job, StoredFile
from workflow.services import record, store_file
from workflow.services.jobs import actor_of, create_job

CHECK, TAKE = "promise_check", "promise_import"
"""Kinds of the two jobs."""
HEADINGS = ("company", "customer", "currency", "amount", "due_date", "items", "note")
MOST = 5_000
READ_SECONDS, READ_MEMORY_MB = 30, 512
_ANY = ""


class ListRefused(Refused):
    """The list can't be taken as asked; the message says why."""


def bring_list(*, actor: Actor, name: str, content: bytes) -> Job:
    """Read a list and have it tried out; gives no promise. Raises InputRefused with the line that is wrong, ListRefused for a file whose
    promises were given before, NotAllowed. Ring for the job."""
    require(actor, GIVE)
    rows = read_list(content)
    with transaction.atomic():
        file, _ = store_file(actor=actor, name=name, content=content)
        _refuse_known(file)
        job = create_job(actor=actor, kind=CHECK, slot=f"{CHECK}:{secrets.token_hex(16)}", file=file, params={"name": name[:255]})
        record(actor=actor, type="promise_list.read", subject=job, name=name, rows=len(rows), sha256=file.sha256)
    return job


def read_list(content: bytes) -> list[tuple[int, dict[str, Any]]]:
    """Line and row of each promise, as the API takes them. Raises InputRefused."""
    kwargs = {"fields": " ".join(HEADINGS)}
    listed: Listed = run_bounded("customers.readers.read", content, seconds=READ_SECONDS, memory_mb=READ_MEMORY_MB, kwargs=kwargs)
    if not listed.rows:
        raise InputRefused(None, "there is no row below the headings")
    if len(listed.rows) > MOST:
        raise InputRefused(listed.rows[MOST].line, f"a list has at most {MOST:,} promises: divide it")
    if missing := [name for name in NEEDED if not any(name in row.cells for row in listed.rows)]:
        raise InputRefused(None, f"nothing stands under {', '.join(missing)}: these are needed")
    return [(row.line, _row(row.cells)) for row in listed.rows]


def _row(cells: dict[str, str]) -> dict[str, Any]:
    """Numbers of items are parted by commas or semicolons."""
    items = [one.strip() for one in cells.get("items", "").replace(";", ",").split(",") if one.strip()]
    return {**cells, "items": items or None}


def try_list(*, job: Job, today: date, tell: Callable[[int, int], None]) -> dict[str, int]:
    """What would become of each row of a list that was brought; nothing stays."""
    return _save(job, today, tell, dry_run=True)


def give_list(*, actor: Actor, checked: Job) -> Job:
    """Have the promises of a list that was tried out given, all or none; twice is once. Ring for the job. Raises ListRefused and
    NotAllowed."""
    require(actor, GIVE)
    if checked.kind != CHECK or checked.state != Job.State.DONE or checked.file is None:
        raise ListRefused("the list is to be tried out first")
    if checked.counts.get("rejected"):
        raise ListRefused("rows of it are wrong: mend the list and bring it again")
    with transaction.atomic():
        _refuse_known(checked.file)
        slot = f"{TAKE}:{checked.file.pk}:{len(_given(checked.file))}"
        job = create_job(
            actor=actor, kind=TAKE, slot=slot, file=checked.file, params={"name": checked.params["name"], "checked": checked.pk}
        )
        record(actor=actor, type="promise_list.confirmed", subject=job, name=checked.params["name"], checked=checked.pk)
    return job


def take_list(*, job: Job, today: date, tell: Callable[[int, int], None]) -> dict[str, int]:
    """Give the promises of a confirmed list; if one can't be given by now, none is. Safe to repeat: the same word is known."""
    counts = _save(job, today, tell, dry_run=False)
    record(actor=actor_of(job), type="promise_list.done", subject=job, name=job.params["name"], **counts)
    return counts


def given_by(checked: Job) -> Job | None:
    """The job that gives, or gave, the promises of a list that was tried out: the last one."""
    return Job.objects.filter(kind=TAKE, params__checked=checked.pk).order_by("-pk").first()


def _given(file: StoredFile) -> list[Job]:
    """Earlier goes of a file that ended and gave nothing."""
    return [job for job in Job.objects.filter(kind=TAKE, file=file) if _is_over(job)]


def _is_over(job: Job) -> bool:
    failed = job.state in (Job.State.FAILED, Job.State.CANCELLED)
    return failed or (job.state == Job.State.DONE and not job.counts.get("created"))


def _refuse_known(file: StoredFile) -> None:
    for job in Job.objects.filter(kind=TAKE, file=file).order_by("pk"):
        if not _is_over(job):
            raise ListRefused(f"this file was brought on {job.created_at:%-d %b %Y} (job {job.pk}): its promises stand, or are being given")


def _save(job: Job, today: date, tell: Callable[[int, int], None], *, dry_run: bool) -> dict[str, int]:
    rows = read_list(bytes(job.file.content) if job.file else b"")
    twice = _said_twice(rows)
    if twice and not dry_run:
        raise ListRefused("rows of it speak of the same items: mend the list and bring it again")
    tell(0, len(rows))
    saved = save_promises(
        [row for _, row in rows], actor=actor_of(job), source_system="arops", today=today, atomic=not dry_run, dry_run=dry_run
    )  # fmt: skip
    saved = [_with(one, twice.get(one.index)) for one in saved]
    job.results = [_told(line, row, one) for (line, row), one in zip(rows, saved, strict=True)]
    tell(len(rows), len(rows))
    counts = {"created": 0, "unchanged": 0, "rejected": 0}
    for one in saved:
        counts[one.outcome] += 1
    return counts


def _with(saved: Saved, problem: Problem | None) -> Saved:
    """A row that would be good by itself, and isn't beside the others."""
    return replace(saved, outcome="rejected", pk=None, problems=(problem,)) if problem and saved.outcome != "rejected" else saved


def _said_twice(rows: Sequence[tuple[int, dict[str, Any]]]) -> dict[int, Problem]:
    """Rows that would replace the promise of a row above: those of a customer in a currency that share items, or name none. The same row
    again isn't one of them, it changes nothing."""
    above: dict[tuple[Any, ...], dict[str, int]] = {}
    """Whose → items (or any) → the line that promised for them first."""
    seen, found = set(), {}
    for index, (line, row) in enumerate(rows):
        if (said := repr(row)) in seen:
            continue
        seen.add(said)
        mine = above.setdefault(tuple(row.get(name) for name in ("company", "customer", "currency")), {})
        items = row["items"] or list(mine)
        if earlier := next((mine[one] for one in [_ANY, *items] if one in mine), None):
            words = f"line {earlier} promises for the same items: name the items of each, or put them in one row"
            found[index] = Problem("/items", "refused", words)
        for one in row["items"] or [_ANY]:
            mine.setdefault(one, line)
    return found


def _told(line: int, row: dict[str, Any], saved: Saved) -> dict[str, Any]:
    """A row's outcome; of each problem the column that is to blame."""
    said = {name: row.get(name, "") for name in ("customer", "currency", "amount", "due_date")}
    errors = [{"pointer": p.pointer, "column": p.pointer.split("/")[1] if p.pointer else "", "detail": p.detail} for p in saved.problems]
    return {"line": line, **said, "outcome": saved.outcome, "id": f"prm_{saved.pk}" if saved.pk else None, "errors": errors}
