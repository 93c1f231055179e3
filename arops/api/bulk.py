"""Bulk calls: {"mode": "partial" or "atomic", "dry_run": false, "rows": […], "control": {"count": n, "total": "…"}}."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from rest_framework.response import Response

from arops.api.problems import ApiProblem, invalid

MOST = 5_000


@dataclass(frozen=True, slots=True)
class Call:
    """A bulk call as read."""

    rows: list[Any]
    atomic: bool
    dry_run: bool


def read_call(data: Any, total_field: str | None = None) -> Call:
    """The call, its control figures checked: `count` against the rows, `total` against the sum of their `total_field`.

    Raises ApiProblem: what is wrong with the call itself refuses all of it.
    """
    if not isinstance(data, Mapping):
        raise invalid("", "invalid", 'a bulk call is an object with "rows"')
    for name in data.keys() - {"mode", "dry_run", "rows", "control"}:
        raise invalid(f"/{name}", "unknown_field", f"{name} is not a field of a bulk call")
    rows, mode, dry_run = data.get("rows"), data.get("mode", "partial"), data.get("dry_run", False)
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST:
        raise invalid("/rows", "invalid", f"rows is a list of 1 to {MOST} objects")
    if mode not in ("partial", "atomic"):
        raise invalid("/mode", "invalid", "mode is partial or atomic")
    if not isinstance(dry_run, bool):
        raise invalid("/dry_run", "invalid", "dry_run is true or false")
    _check_control(data.get("control"), rows, total_field)
    return Call(rows, mode == "atomic", dry_run)


def _check_control(control: Any, rows: Sequence[Any], total_field: str | None) -> None:
    if control is None:
        return
    if not isinstance(control, Mapping) or control.keys() - {"count", "total"}:
        raise invalid("/control", "invalid", 'control is {"count": n, "total": "…"}')
    if "count" in control and control["count"] != len(rows):
        raise ApiProblem(422, "control_total", f"control says {control['count']} rows, {len(rows)} came", [_wrong("/control/count")])
    if "total" in control and total_field:
        said, found = (
            _decimal(control["total"]),
            sum((_decimal(r.get(total_field)) or Decimal(0) for r in rows if isinstance(r, Mapping)), Decimal(0)),
        )
        if said is None or said != found:
            raise ApiProblem(
                422, "control_total", f"control says a total of {control['total']}, the rows sum to {found}", [_wrong("/control/total")]
            )


def _wrong(pointer: str) -> dict[str, str]:
    return {"pointer": pointer, "code": "control_total", "detail": "the control figure doesn't fit the rows"}


def _decimal(value: Any) -> Decimal | None:
    try:
        found = Decimal(value) if isinstance(value, str) and len(value) < 40 else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() else None


def respond(results: Sequence[Mapping[str, Any]], call: Call) -> Response:
    """200 when every row went well, 207 when some didn't; results in the order of the rows."""
    counts = Counter(str(r["outcome"]) for r in results)
    summary = {name: counts.get(name, 0) for name in ("created", "updated", "unchanged", "rejected")}
    body = {"results": list(results), "summary": summary | {"rows": len(results), "dry_run": call.dry_run}}
    return Response(body, status=207 if counts.get("rejected") else 200)
