"""Bulk calls: {"mode": "partial" or "atomic", "dry_run": false, "rows": […], "control": {"count": n, "total": "…"}}."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from rest_framework.response import Response

from arops.api.problems import ApiProblem, invalid

MOST = 5_000
OUTCOMES = ("created", "updated", "unchanged", "rejected")


@dataclass(frozen=True, slots=True)
class Call:
    """A bulk call as read."""

    rows: list[Any]
    atomic: bool
    dry_run: bool


def read_call(data: Any, total_of: Callable[[Mapping[str, Any]], Decimal | None] | None = None) -> Call:
    """The call, its control figures checked: `count` against the rows, `total` against the sum of `total_of` each.

    Raises ApiProblem: what is wrong with the call itself refuses all of it.
    """
    if not isinstance(data, Mapping):
        raise invalid("", "invalid", 'a bulk call is an object with "rows"')
    for name in data.keys() - {"mode", "dry_run", "rows", "control"}:
        raise invalid(f"/{name}", "unknown_field", f"{name} is not a field of a bulk call")
    rows, mode, dry_run = data.get("rows"), data.get("mode", "partial"), data.get("dry_run", False)
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST:
        raise invalid("/rows", "invalid", f"rows is a list of 1 to {MOST:,} objects")
    if mode not in ("partial", "atomic"):
        raise invalid("/mode", "invalid", "mode is partial or atomic")
    if not isinstance(dry_run, bool):
        raise invalid("/dry_run", "invalid", "dry_run is true or false")
    _check_control(data.get("control"), rows, total_of)
    return Call(rows, mode == "atomic", dry_run)


def _check_control(control: Any, rows: Sequence[Any], total_of: Callable[[Mapping[str, Any]], Decimal | None] | None) -> None:
    if control is None:
        return
    allowed = {"count", "total"} if total_of else {"count"}
    if not isinstance(control, Mapping) or control.keys() - allowed:
        raise invalid("/control", "invalid", f"control is an object of {' and '.join(sorted(allowed))}")
    count, total = control.get("count"), control.get("total")
    if count is not None and type(count) is not int:
        raise invalid("/control/count", "invalid", "count is a whole number")
    if count is not None and count != len(rows):
        raise _differs("/control/count", f"control says {count} rows, {len(rows)} came")
    if total is not None and total_of:
        said = plain_decimal(total)
        if said is None:
            raise invalid("/control/total", "invalid", "total is an amount as text, such as 1234.50")
        found = sum((total_of(row) or Decimal(0) for row in rows if isinstance(row, Mapping)), Decimal(0))
        if said != found:
            raise _differs("/control/total", f"control says a total of {total}, the rows sum to {found}")


def _differs(pointer: str, detail: str) -> ApiProblem:
    return ApiProblem(422, "control_total", detail, [{"pointer": pointer, "code": "control_total", "detail": detail}])


def plain_decimal(value: Any) -> Decimal | None:
    """A short finite decimal from its text; None for anything else."""
    try:
        found = Decimal(value) if isinstance(value, str) and len(value) < 40 else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() and abs(found.adjusted()) < 40 else None


def respond(results: Sequence[Mapping[str, Any]], call: Call, outcomes: Sequence[str] = OUTCOMES) -> Response:
    """200 when every row went well, 207 when some didn't; results in the order of the rows. `outcomes` are those that are counted.

    An answer without any effect (a dry run, an atomic call refused) is marked, so that it isn't kept for replays.
    """
    counts = Counter(str(r["outcome"]) for r in results)
    summary: dict[str, Any] = {name: counts.get(name, 0) for name in outcomes}
    body = {"results": list(results), "summary": summary | {"rows": len(results), "dry_run": call.dry_run}}
    response = Response(body, status=207 if counts.get("rejected") or counts.get("held") else 200)
    response.has_effect = not call.dry_run and counts.get("rejected", 0) < len(results)  # type: ignore[attr-defined]
    return response
