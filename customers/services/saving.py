"""Many rows at once, one outcome each: a bad one doesn't take its neighbours along, unless they are to stand or fall together."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import IntegrityError, transaction

from arops.lib.rows import Problem, Reference, read_reference
from customers.models import Customer
from customers.services.master import NotSaved, Saved
from org.actors import Actor

SaveOne = Callable[[int, Any], Saved]


class _Undo(Exception):
    """Rolls a dry run or a broken atomic call back."""


def save_rows(rows: Sequence[Any], save_one: SaveOne, *, atomic: bool, dry_run: bool) -> list[Saved]:
    """Save each row in a savepoint of its own. `atomic`: none is kept when one is refused; `dry_run`: none is kept at all."""
    saved: list[Saved] = []
    try:
        with transaction.atomic():
            saved = [_guarded(index, row, save_one) for index, row in enumerate(rows)]
            if dry_run or (atomic and any(s.outcome == "rejected" for s in saved)):
                raise _Undo
    except _Undo:
        if not dry_run:
            kept = Problem("", "not_applied", "the row is good, but another row of this atomic call is not")
            saved = [s if s.outcome == "rejected" else replace(s, outcome="rejected", pk=None, problems=(kept,)) for s in saved]
        else:
            saved = [replace(s, pk=None) if s.outcome == "created" else s for s in saved]
    return saved


def _guarded(index: int, row: Any, save_one: SaveOne) -> Saved:
    external = row.get("external_id") if isinstance(row, Mapping) and isinstance(row.get("external_id"), str) else None
    try:
        with transaction.atomic():
            return save_one(index, row)
    except NotSaved as refusal:
        return Saved(index, external, "rejected", None, (Problem("", "refused", str(refusal)),))
    except IntegrityError:
        return Saved(index, external, "rejected", None, (Problem("", "conflict", "another record holds this already"),))


class Customers:
    """The customers that rows name, looked up once for all of them: by our id, number, or the sender's id, in the actor's sight."""

    def __init__(self, rows: Iterable[Any], *, actor: Actor, permission: str, source_system: str) -> None:
        self.source_system = source_system
        given = [read_reference(row.get("customer")) for row in rows if isinstance(row, Mapping)]
        named = [reference for reference in given if reference]
        seen = Customer.objects.visible_to(actor, permission).select_related("company")
        self.by_key, self.by_number, self.by_external = {}, {}, {}  # type: ignore[var-annotated]
        externals, texts = {r.external_id for r in named if r.external_id}, {r.id for r in named if r.id}
        keys = {int(t[4:]) for t in texts if t.startswith("cus_") and t[4:].isdecimal() and t.isascii() and len(t) < 22}
        for customer in [*seen.filter(external_id__in=externals), *seen.filter(number__in=texts), *seen.filter(pk__in=keys)]:
            self.by_key[f"cus_{customer.pk}"] = customer
            self.by_number.setdefault(customer.number, {})[customer.company.code] = customer
            self.by_external.setdefault((customer.source_system, customer.external_id), {})[customer.company.code] = customer

    def find(self, row: Mapping[str, Any]) -> Customer | Problem:
        """The customer of a row; a problem when there is none that one may write to, or several companies have one."""
        reference = read_reference(row.get("customer")) or Reference()
        there = {"": self.by_key[reference.id]} if reference.id in self.by_key else self.by_number.get(reference.id, {})
        if reference.external_id:
            there = self.by_external.get((reference.source_system or self.source_system, reference.external_id), {})
        code = row.get("company")
        found = [c for c in there.values() if code in (None, "") or c.company.code == code]
        if len(found) > 1:
            return Problem("/company", "ambiguous", "several companies have this customer: name the company")
        said = "there is no such customer, or you may not change its records"
        return found[0] if found else Problem("/customer", "missing_reference", said)
