"""The order's life by file, in the background."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from arops.api.render import JsonError
from arops.api.uploads import json_lines, looks_like_json
from arops.lib.sandbox import run_bounded
from customers.readers import Listed
from customers.services import Saved
from orders import payload, services
from orders.models import ListImport
from orders.readers import Assembled, assemble, headings, told
from orders.services.importing import KIND
from orders.services.lists import KIND as LIST
from orders.services.lists import check_list, run_list
from workflow.models import Job
from workflow.services.jobs import Tell, actor_of, register
from workflow.services.subjects import register_subject

BATCH = 500


@dataclass(frozen=True, slots=True)
class _Taken:
    """How rows of a resource are read and saved, and the prefix of its ids."""

    shape: payload.Shape
    save: Callable[..., list[Saved]]
    prefix: str


TAKEN = {
    "contracts": _Taken(payload.CONTRACT, services.save_contracts, "ctr"),
    "purchase-orders": _Taken(payload.PURCHASE_ORDER, services.save_purchase_orders, "po"),
    "orders": _Taken(payload.ORDER, services.save_orders, "ord"),
    "deliveries": _Taken(payload.DELIVERY, services.save_deliveries, "dlv"),
    "work-orders": _Taken(payload.WORK_ORDER, services.save_work_orders, "wo"),
    "unit-conversions": _Taken(payload.CONVERSIONS, services.save_unit_conversions, "uc"),
}


@register(KIND, label="Import of orders and contracts", permission="orders.edit")
def import_records(job: Job, tell: Tell) -> dict[str, int]:
    """Save the records of the job's file (`params`: resource, mode, source_system); an outcome for each. Safe to repeat: upserts."""
    taken, actor = TAKEN[job.params["resource"]], actor_of(job)
    atomic = job.params["mode"] == "atomic"
    records = list(_records(bytes(job.file.content) if job.file else b"", taken.shape))
    torn = atomic and any(record.problems for record in records)
    counts = {"created": 0, "updated": 0, "unchanged": 0, "rejected": 0}
    results: list[dict[str, Any]] = []
    size = len(records) if atomic else BATCH
    for start in range(0, len(records), max(1, size)):
        tell(start, len(records))
        batch = records[start : start + size]
        rows = [None if record.problems else record.row for record in batch]
        saved = taken.save(rows, actor=actor, source_system=job.params["source_system"], atomic=atomic, dry_run=torn)
        results += [_told(record, s, taken.prefix, torn) for record, s in zip(batch, saved, strict=True)]
    for result in results:
        counts[result["outcome"]] += 1
    job.results = results
    tell(len(records), len(records))
    return counts


@register(LIST, label="Import of a list of orders or contracts", permission="orders.edit")
def import_list(job: Job, tell: Tell) -> dict[str, int]:
    """Check or save the records of a list brought in the browser (`params`: list, step); an outcome for each."""
    found, actor = ListImport.objects.get(pk=job.params["list"]), actor_of(job)
    if job.params["step"] == "check":
        return dict(check_list(actor=actor, found=found).counts)
    counts, job.results = run_list(actor=actor, found=found, tell=tell)
    return counts


def _records(content: bytes, shape: payload.Shape) -> Iterator[Assembled]:
    """Records of a JSONL file, a line each; of a list, put together from their rows."""
    if looks_like_json(content):
        for line, value in json_lines(content):
            yield Assembled(line, str(value) if isinstance(value, JsonError) else value)  # type: ignore[arg-type]
        return
    listed: Listed = run_bounded("customers.readers.read", content, seconds=60, memory_mb=768, kwargs={"fields": " ".join(headings(shape))})
    yield from assemble(listed.rows, shape)


def _told(record: Assembled, saved: Saved, prefix: str, torn: bool) -> dict[str, Any]:
    """A record's outcome with its place in the file. `torn`: one record's rows contradict each other, which refuses all."""
    problems: Sequence[payload.Problem] = record.problems or saved.problems
    if torn and not problems:
        problems = [payload.Problem("", "not_applied", "the record is good, but another one of this list is not")]
    kept = bool(saved.pk) and not torn
    return {
        "line": record.line, "external_id": saved.external_id or (record.row.get("external_id") if isinstance(record.row, dict) else None),
        "outcome": "rejected" if problems else saved.outcome, "id": f"{prefix}_{saved.pk}" if kept else None,
        "errors": told(record, problems),
    }  # fmt: skip


for _label, _page in (
    ("contract", "contract"), ("purchaseorder", "purchase-order"), ("salesorder", "order"), ("delivery", "delivery"),
    ("workorder", "work-order"),
):  # fmt: skip
    register_subject(f"orders.{_label}", view="orders.view", edit="orders.edit", url_name=f"orders:{_page}")
