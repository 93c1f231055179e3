"""What a customer wants of invoices: a rule is added, gets a new version from a day on, or ends; what it said before stays."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from arops.lib import rows as reading
from arops.lib.rows import Problem
from customers.models import BillingRequirement, Customer
from customers.requirements import RequirementError, read_params, same_rule
from customers.services.master import NotSaved, Saved
from customers.services.saving import Customers, save_rows
from org.actors import Actor, require
from workflow.services import record

FIELDS: reading.Fields = {
    "kind": reading.one_of(*BillingRequirement.Kind.values), "valid_from": reading.day, "valid_to": reading.day, "note": reading.text(300),
    "learned_from": reading.text(60),
}  # fmt: skip
ALSO = frozenset({"company", "customer", "params", "source_system"})


@transaction.atomic
def add_requirement(
    *, actor: Actor, customer: Customer, kind: str, params: Mapping[str, Any], valid_from: date, valid_to: date | None = None,
    note: str = "", learned_from: str = "",
) -> BillingRequirement:  # fmt: skip
    """Begin a rule. `learned_from` is the invoice whose rejection taught it. Raises NotSaved, NotAllowed."""
    _locked(actor, customer)
    read = _params(kind, params)
    if valid_to and valid_to < valid_from:
        raise NotSaved("the rule ends before it begins")
    there = _running(customer, kind, read, valid_from)
    if there:
        raise NotSaved(f"this rule is there since {there.valid_from}: make a new version of it, or end it first")
    made = BillingRequirement.objects.create(
        customer=customer, company_id=customer.company_id, kind=kind, params=read, valid_from=valid_from, valid_to=valid_to,
        note=note.strip()[:300], learned_from=learned_from.strip()[:60], created_by=actor.label,
    )  # fmt: skip
    _tell(actor, made, "requirement.added")
    return made


@transaction.atomic
def revise_requirement(
    *, actor: Actor, requirement: BillingRequirement, params: Mapping[str, Any], valid_from: date, note: str = "", learned_from: str = ""
) -> BillingRequirement:
    """A new version from a day on; the one before ends the day before. Raises NotSaved, NotAllowed."""
    _locked(actor, requirement.customer)
    old = BillingRequirement.objects.select_for_update(no_key=True).get(pk=requirement.pk)
    if BillingRequirement.objects.filter(replaces=old).exists():
        raise NotSaved("there is a newer version of this rule already")
    if valid_from <= old.valid_from:
        raise NotSaved(f"the new version begins after the one before, which begins on {old.valid_from}")
    if old.valid_to and old.valid_to < valid_from - timedelta(days=1):
        raise NotSaved(f"this rule ended on {old.valid_to}: add it anew")
    _end(old, valid_from - timedelta(days=1))
    made = BillingRequirement.objects.create(
        customer_id=old.customer_id, company_id=old.company_id, kind=old.kind, params=_params(old.kind, params), version=old.version + 1,
        replaces=old, valid_from=valid_from, note=note.strip()[:300], learned_from=learned_from.strip()[:60], created_by=actor.label,
    )  # fmt: skip
    _tell(actor, made, "requirement.revised", before=old.params)
    return made


@transaction.atomic
def end_requirement(*, actor: Actor, requirement: BillingRequirement, valid_to: date, reason: str = "") -> BillingRequirement:
    """Let a rule hold to a day and no longer. Raises NotSaved, NotAllowed."""
    _locked(actor, requirement.customer)
    row = BillingRequirement.objects.select_for_update(no_key=True).get(pk=requirement.pk)
    if valid_to < row.valid_from:
        raise NotSaved(f"the rule begins on {row.valid_from}: it can't end before")
    if row.valid_to and row.valid_to < valid_to:
        raise NotSaved(f"the rule ended on {row.valid_to} already")
    _end(row, valid_to)
    _tell(actor, row, "requirement.ended", reason=reason.strip()[:300])
    return row


def save_requirements(
    rows: Sequence[Any], *, actor: Actor, source_system: str, today: date, atomic: bool = False, dry_run: bool = False
) -> list[Saved]:
    """Rules by rows: new ones begin, changed params make a new version from `valid_from` (or today), a `valid_to` ends one. The same rule
    again is unchanged."""
    customers = Customers(rows, actor=actor, permission="requirements.edit", source_system=source_system)

    def one(index: int, row: Any) -> Saved:
        return _save(index, row, customers, actor, today)

    return save_rows(rows, one, atomic=atomic, dry_run=dry_run)


def _save(index: int, row: Any, customers: Customers, actor: Actor, today: date) -> Saved:
    values, problems = reading.read_row(row, FIELDS, ALSO, ("kind",))
    customer = customers.find(row) if isinstance(row, Mapping) else None
    if isinstance(customer, Problem):
        problems.append(customer)
    given = row.get("params") or {} if isinstance(row, Mapping) else {}
    params: dict[str, Any] = {}
    try:
        if not isinstance(given, Mapping):
            raise RequirementError("params is an object")
        params = read_params(values.get("kind", ""), given)
    except RequirementError as error:
        problems.append(Problem("/params", "invalid", str(error)))
    if problems or not isinstance(customer, Customer):
        return Saved(index, None, "rejected", None, tuple(problems))
    begins, ends = values.get("valid_from", today), values.get("valid_to")
    told = {"note": values.get("note", ""), "learned_from": values.get("learned_from", "")}
    there = _running(customer, values["kind"], params, begins)
    if there is None:
        made = add_requirement(actor=actor, customer=customer, kind=values["kind"], params=params, valid_from=begins, valid_to=ends, **told)
        return Saved(index, None, "created", made.pk)
    if there.params != params:
        made = revise_requirement(actor=actor, requirement=there, params=params, valid_from=begins, **told)
        return Saved(index, None, "updated", made.pk)
    if ends and there.valid_to != ends:
        return Saved(index, None, "updated", end_requirement(actor=actor, requirement=there, valid_to=ends).pk)
    return Saved(index, None, "unchanged", there.pk)


def _running(customer: Customer, kind: str, params: Mapping[str, Any], day: date) -> BillingRequirement | None:
    """The rule of this kind (and thing wanted) that holds on the day or begins later."""
    rows = BillingRequirement.objects.filter(customer=customer, kind=kind).order_by("-version", "-pk")
    return next((r for r in rows if same_rule(kind, params, r.kind, r.params) and (r.valid_to is None or r.valid_to >= day)), None)


def _locked(actor: Actor, customer: Customer) -> None:
    """Rules of one customer change one after the other."""
    require(actor, "requirements.edit", customer.company_id)
    Customer.objects.select_for_update(of=("self",), no_key=True).get(pk=customer.pk)


def _params(kind: str, params: Mapping[str, Any]) -> dict[str, Any]:
    if kind not in BillingRequirement.Kind.values:
        raise NotSaved("choose what is wanted")
    try:
        return read_params(kind, params)
    except RequirementError as error:
        raise NotSaved(str(error)) from None


def _end(row: BillingRequirement, day: date) -> None:
    row.valid_to = day
    row.save(update_fields=["valid_to", "updated_at"])


def _tell(actor: Actor, row: BillingRequirement, event: str, **data: Any) -> None:
    record(
        actor=actor, type=event, company_id=row.company_id, subject=row, customer_id=row.customer_id, kind=row.kind, params=row.params,
        version=row.version, valid_from=row.valid_from.isoformat(), valid_to=row.valid_to.isoformat() if row.valid_to else None,
        learned_from=row.learned_from, **data,
    )  # fmt: skip
