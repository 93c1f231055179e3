"""Cases by rows, as other systems send them: one outcome a row. The rows that are good are opened together."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db import transaction

from arops.lib.rows import Problem
from customers.services import Saved
from disputes.models import Dispute
from disputes.payload import read_amounts, read_opened
from disputes.selectors.named import Named
from disputes.services.errors import DisputeError
from disputes.services.opening import NewDispute, open_disputes
from ledger.models import OpenItem
from org.actors import Actor, NotAllowed


class _Undo(Exception):
    """Rolls a dry run or a broken atomic call back."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A row as read: the case to be opened, or what is wrong."""

    index: int
    external_id: str | None
    wanted: NewDispute | None
    problems: tuple[Problem, ...] = ()


def save_disputes(
    rows: Sequence[Any], *, actor: Actor, source_system: str, today: date, atomic: bool = False, dry_run: bool = False
) -> list[Saved]:
    """Open cases by rows. The sender's id again opens nothing: unchanged where it says the same, else refused as a conflict."""
    named = Named(rows, actor=actor, source_system=source_system)
    read = [_read(index, row, named, source_system) for index, row in enumerate(rows)]
    known = {d.source: d for d in Dispute.objects.filter(source__in=[r.wanted.source for r in read if r.wanted])}
    saved: list[Saved] = []
    try:
        with transaction.atomic():
            saved = _save(actor, read, known, today)
            if dry_run or (atomic and any(s.outcome == "rejected" for s in saved)):
                raise _Undo
    except _Undo:
        kept = Problem("", "not_applied", "the row is good, but another row of this atomic call is not")
        undone = {"pk": None} if dry_run else {"pk": None, "outcome": "rejected", "problems": (kept,)}
        saved = [s if (s.outcome in ("rejected", "unchanged") and dry_run) or s.problems else replace(s, **undone) for s in saved]  # type: ignore[arg-type]
    return saved


def _save(actor: Actor, read: Sequence[_Read], known: dict[str, Dispute], today: date) -> list[Saved]:
    """Together where all are good; one by one where one is refused, so that it doesn't take its neighbours along."""
    fresh = [r.wanted for r in read if r.wanted and r.wanted.source not in known]
    try:
        with transaction.atomic():
            opened = {case.source: case for case in open_disputes(actor=actor, wanted=fresh, today=today)} if fresh else {}
    except (DisputeError, NotAllowed):
        opened = {}
        return [_one(actor, r, known, today) for r in read]
    return [_told(r, known, opened) for r in read]


def _one(actor: Actor, r: _Read, known: dict[str, Dispute], today: date) -> Saved:
    if r.wanted is None or r.wanted.source in known:
        return _told(r, known, {})
    try:
        with transaction.atomic():
            (case,) = open_disputes(actor=actor, wanted=[r.wanted], today=today)
    except DisputeError as refusal:
        pointer = f"/{refusal.field}" if refusal.field else ""
        return Saved(r.index, r.external_id, "rejected", None, (Problem(pointer, "refused", str(refusal)),))
    except NotAllowed as refusal:
        return Saved(r.index, r.external_id, "rejected", None, (Problem("", "forbidden", str(refusal)),))
    return _told(r, known, {case.source: case})


def _told(r: _Read, known: dict[str, Dispute], opened: dict[str, Dispute]) -> Saved:
    """What became of a row; the first of a case opened it, the same again changes nothing."""
    if r.wanted is None:
        return Saved(r.index, r.external_id, "rejected", None, r.problems)
    case = known.get(r.wanted.source)
    if case is None:
        known[r.wanted.source] = opened[r.wanted.source]
        return Saved(r.index, r.external_id, "created", opened[r.wanted.source].pk)
    says = (r.wanted.open_item.pk, r.wanted.amount, r.wanted.reason)
    if says == (case.open_item_id, case.claimed, case.reason) or says == (case.open_item_id, case.amount, case.reason):
        return Saved(r.index, r.external_id, "unchanged", case.pk)
    words = f"{case.number} was opened under this id over something else: PATCH it to change what is contested"
    return Saved(r.index, r.external_id, "rejected", case.pk, (Problem("/external_id", "conflict", words),))


def _read(index: int, row: Any, named: Named, source_system: str) -> _Read:
    values, problems = read_opened(row)
    external = values.get("external_id")
    item = named.item(row) if isinstance(row, Mapping) else None
    if isinstance(item, Problem):
        problems.append(item)
    if problems or not isinstance(item, OpenItem):
        return _Read(index, external, None, tuple(problems))
    wanted = _wanted(row, values, item, named, source_system)
    if isinstance(wanted, list):
        return _Read(index, external, None, tuple(wanted))
    return _Read(index, external, wanted)


def _wanted(row: Mapping[str, Any], values: dict[str, Any], item: OpenItem, named: Named, source_system: str) -> NewDispute | list[Problem]:
    amount, lines, problems = read_amounts(row, item.currency)
    if values.get("currency") not in (None, item.currency):
        problems.append(Problem("/currency", "invalid", f"{item.number} is in {item.currency}"))
    owner, department = named.owner(values.get("owner"), item.company_id), named.department(values.get("department"), item.company_id)
    found = named.lines(item.pk, lines or [])
    problems += [thing for thing in (owner, department, found) if isinstance(thing, Problem)]
    if problems or isinstance(owner, Problem) or isinstance(department, Problem) or isinstance(found, Problem):
        return problems
    if amount is None:
        amount = sum(part for _, part in found) if found else named.free(item)
    kind = values.get("kind") or ("lines" if found else "amount")
    source = _source(item.company_id, values.get("source_system") or source_system, values.get("external_id"))
    return NewDispute(item, amount, values["reason"], source, values.get("customer_words", ""), owner, department, kind, tuple(found))


def _source(company_id: int, system: str, external_id: str | None) -> str:
    """What the case is known by: the sender's id, or (without one) the call itself, which its Idempotency-Key makes one."""
    return f"api:{company_id}:{system}:{external_id}" if external_id else f"call:{secrets.token_hex(16)}"
