"""One record at a time, as people type it: the same path as a batch, with refusals as an exception."""

from collections.abc import Mapping
from typing import Any

from arops.lib.rows import Problem
from customers.services import NotSaved
from orders.services.batch import PERMISSION, ChangedMeanwhile, save_rows
from orders.services.kinds import Kind
from org.actors import Actor, require


def in_words(problem: Problem) -> str:
    """A problem for people, who type no JSON and read no field names."""
    return problem.detail.replace("_", " ").replace("a plain decimal as text", "a plain number")


class RowRefused(NotSaved):
    """A record that can't be saved as it was typed; `problems` point at the fields."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(p.detail for p in problems))
        self.problems = problems


__all__ = ["ChangedMeanwhile", "RowRefused", "save_one"]


def save_one(
    kind: Kind, row: Mapping[str, Any], *, actor: Actor, source_system: str = "arops", record: Any = None, seen: int | None = None,
    reason: str = "",
) -> Any:  # fmt: skip
    """The record made, or `record` changed. `seen`: the revision that was on screen. Raises NotAllowed, RowRefused, ChangedMeanwhile."""
    require(actor, PERMISSION, record.company_id if record is not None else None)
    known = {}
    if record is not None:
        known[0] = record
        row = {**row, "company": record.company.code}
    (saved,) = save_rows(kind, [row], actor=actor, source_system=source_system, known=known, reason=reason, seen=seen)
    if saved.outcome == "rejected":
        raise RowRefused(saved.problems)
    return kind.model.objects.get(pk=saved.pk)
