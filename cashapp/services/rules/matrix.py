"""Versions of the matrix: drafted from what is in force or an earlier one, changed by their maker, switched on by somebody else."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from cashapp import engine
from cashapp.engine.scoring import MATRIX, PUBLISHED
from cashapp.models import BackTest, RuleMatrix
from cashapp.selectors.engine_input import policy_of
from cashapp.selectors.rules import active_matrix
from cashapp.services.rules.errors import MakerIsNotChecker, RuleRefused, StaleVersion
from cashapp.services.rules.testing import fresh_test
from customers.models import Customer
from org.actors import Actor, require
from org.models import Company
from workflow.services import record

State = RuleMatrix.State


@transaction.atomic
def draft_matrix(*, actor: Actor, company: Company, base: RuleMatrix | None = None, why: str = "", name: str = "") -> RuleMatrix:
    """A new version that begins as `base`, else as the published matrix. Raises RuleRefused, NotAllowed."""
    require_whole(actor, "rules.edit", company.pk)
    if base is not None and base.company_id != company.pk:
        raise RuleRefused("a version is drafted from one of its own company")
    Company.objects.select_for_update().get(pk=company.pk)
    last = RuleMatrix.objects.filter(company=company).aggregate(last=Max("version"))["last"] or 0
    made = RuleMatrix.objects.create(
        company=company, version=last + 1, name=name.strip()[:100], why=why.strip()[:500], made_by=actor.label,
        cells=base.cells if base else {}, bands=base.bands if base else {},
    )  # fmt: skip
    _record(actor, "rules.matrix_drafted", made, base=base.version if base else None)
    return made


def require_whole(actor: Actor, permission: str, company_id: int) -> None:
    """What decides over every customer isn't changed by whoever works on a portfolio alone. Raises NotAllowed, RuleRefused."""
    require(actor, permission, company_id)
    reach = actor.reach(permission)
    if not reach.everything and company_id not in reach.companies:
        raise RuleRefused("this decides over all customers: somebody whose role is of the whole company changes it")


def differing(cells: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Of whole rows those that differ from the published ones: all that is kept. Raises OwnRuleError for what is no cell."""
    found: dict[str, dict[str, Any]] = {}
    for name, rows in engine.read_cells(cells).items():
        for payer, scores in rows.items():
            published = _published(name, payer)
            own = list(scores) if isinstance(scores, (list, tuple)) else scores
            if own != published:
                found.setdefault(name, {})[payer] = own
    return found


def _published(name: str, payer: str) -> list[int] | int | None:
    if name in {level.name for level in MATRIX}:
        rows = {level.name: {p.name: list(row) for p, row in found.items()} for level, found in MATRIX.items()}
        return rows[name].get(payer)
    return {p.name: score for p, score in PUBLISHED.rules[name].items()}.get(payer)


@transaction.atomic
def change_matrix(
    *, actor: Actor, matrix: RuleMatrix, seen: datetime, cells: Mapping[str, Any] | None = None, bands: Mapping[str, Any] | None = None,
    name: str | None = None, why: str | None = None,
) -> RuleMatrix:  # fmt: skip
    """Change a draft of one's own: what is None stays. `seen` is its `changed_at` as it was looked at. An edit asks for a new trial.

    Raises RuleRefused, StaleVersion, NotAllowed.
    """
    require_whole(actor, "rules.edit", matrix.company_id)
    held = _held(matrix)
    _own_draft(held, actor)
    if held.changed_at != seen:
        raise StaleVersion(f"version {held.version} was changed meanwhile: look at it again")
    policy = policy_of(held.company_id)
    try:
        wanted = held.cells if cells is None else differing(cells)
        engine.read_bands(bands or held.bands, post=policy.auto_threshold, propose=policy.suggest_threshold)
    except (engine.OwnRuleError, TypeError, ValueError) as error:
        raise RuleRefused(str(error)) from None
    if bands is not None:
        _check_customers(bands, held.company_id)
    before = {"cells": held.cells, "bands": held.bands}
    held.cells, held.bands = wanted, dict(bands) if bands is not None else held.bands
    held.name = held.name if name is None else name.strip()[:100]
    held.why = held.why if why is None else why.strip()[:500]
    held.save()
    changed = {key: [old, getattr(held, key)] for key, old in before.items() if old != getattr(held, key)}
    _record(actor, "rules.matrix_changed", held, changed=changed)
    return held


def _check_customers(bands: Mapping[str, Any], company_id: int) -> None:
    named = {int(c) for c in (bands.get("customers") or {})}
    known = set(Customer.objects.filter(company=company_id, pk__in=named).values_list("pk", flat=True))
    if named - known:
        raise RuleRefused("a band names a customer of another company")


def _own_draft(matrix: RuleMatrix, actor: Actor) -> None:
    if matrix.state != State.DRAFT:
        raise RuleRefused(f"version {matrix.version} was switched on once and stays as it is: draft a new one from it")
    if matrix.made_by != actor.label:
        raise RuleRefused("only its maker changes a draft: make your own version from it")


@transaction.atomic
def discard_matrix(*, actor: Actor, matrix: RuleMatrix) -> None:
    """Throw a draft of one's own away, with its trials. Raises RuleRefused, NotAllowed."""
    require_whole(actor, "rules.edit", matrix.company_id)
    held = _held(matrix)
    _own_draft(held, actor)
    _record(actor, "rules.matrix_discarded", held)
    held.delete()


@transaction.atomic
def activate_matrix(*, actor: Actor, matrix: RuleMatrix, today: date, now: datetime) -> RuleMatrix:
    """Switch a version on; the one in force is retired. A draft needs a fresh trial; an earlier version is rolled back to with the trial
    that it was switched on with. Raises NotTried, MakerIsNotChecker, RuleRefused, NotAllowed."""
    require_whole(actor, "rules.approve", matrix.company_id)
    Company.objects.select_for_update().get(pk=matrix.company_id)
    held = _held(matrix)
    if held.state == State.ACTIVE:
        raise RuleRefused(f"version {held.version} is in force already")
    if held.made_by == actor.label:
        raise MakerIsNotChecker("you made this version: somebody else switches it on")
    if not actor.label.startswith("user:"):
        raise RuleRefused("a person switches rules on")
    back = held.state == State.RETIRED
    test: BackTest | None = None if back else fresh_test(held, today)
    retired = _retire_active(held.company_id, now)
    held.state, held.activated_by, held.activated_at, held.retired_at = State.ACTIVE, actor.label, now, None
    held.save()
    _record(
        actor, "rules.matrix_rolled_back" if back else "rules.matrix_activated", held, test=test.pk if test else None,
        instead_of=retired.version if retired else None,
    )  # fmt: skip
    return held


@transaction.atomic
def return_to_published(*, actor: Actor, company: Company, now: datetime) -> RuleMatrix:
    """The published matrix counts again, without cells or bands of one's own. Raises RuleRefused, NotAllowed."""
    require_whole(actor, "rules.approve", company.pk)
    Company.objects.select_for_update().get(pk=company.pk)
    retired = _retire_active(company.pk, now)
    if retired is None:
        raise RuleRefused("the published matrix is in force already")
    _record(actor, "rules.matrix_retired", retired)
    return retired


def _retire_active(company_id: int, now: datetime) -> RuleMatrix | None:
    active = active_matrix(company_id)
    if active:
        active.state, active.retired_at = State.RETIRED, now
        active.save()
    return active


def _held(matrix: RuleMatrix) -> RuleMatrix:
    return RuleMatrix.objects.select_for_update(of=("self",), no_key=True).select_related("company").get(pk=matrix.pk)


def _record(actor: Actor, type: str, matrix: RuleMatrix, **data: Any) -> None:
    record(actor=actor, type=type, company_id=matrix.company_id, subject=matrix, version=matrix.version, **data)
