"""The taxonomy of causes: set up, added to, renamed, given to other owners, retired; which rules of the check point to which cause."""

import re
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from arops.lib.refusal import Refused
from disputes.models import Cause, Stage
from disputes.policy.taxonomy import STANDARD, moved, owner_among
from invoicing.checks import BY_CODE
from org.actors import Actor, require
from org.models import Company, Department
from workflow.services import record


class CauseError(Refused):
    """A cause that can't be so; the message says why."""


@transaction.atomic
def standard_causes(*, actor: Actor, company: Company) -> int:
    """Set up the causes as delivered, with the company's departments as owners where it has them; how many were added. What the company
    has under the same code stays as it is, and so do rules that it gave to other causes. Raises NotAllowed."""
    require(actor, "disputes.configure", company.pk)
    there = {cause.code: cause for cause in Cause.objects.filter(company=company)}
    taken = {rule for cause in there.values() for rule in cause.rules}
    departments = {d.code: d for d in Department.objects.filter(company=company)}
    fresh = [
        Cause(
            company=company, code=s.code, name=s.name, stage=s.stage, owner=departments.get(owner_among(s, departments)),
            rules=sorted(set(s.rules) - taken), is_ours=s.is_ours, sort=10 * n,
        )
        for n, s in enumerate(STANDARD, 1) if s.code not in there
    ]  # fmt: skip
    made = Cause.objects.bulk_create(fresh, ignore_conflicts=True)
    if made:
        record(actor=actor, type="causes.set_up", company_id=company.pk, count=len(made))
    return len(made)


@transaction.atomic
def add_cause(
    *, actor: Actor, company: Company, name: str, stage: str, owner: Department | None = None, is_ours: bool = True, code: str = ""
) -> Cause:
    """A cause of the company's own. Its code is made of its name unless one is given. Raises CauseError, NotAllowed."""
    require(actor, "disputes.configure", company.pk)
    Company.objects.select_for_update(no_key=True).get(pk=company.pk)  # two who add the same name at once
    _check(company, name, stage, owner)
    last = Cause.objects.filter(company=company, stage=stage).order_by("-sort").values_list("sort", flat=True).first() or 0
    cause = Cause.objects.create(
        company=company,
        code=_code(company, code or name),
        name=name.strip()[:120],
        stage=stage,
        owner=owner,
        is_ours=is_ours,
        sort=last + 10,
    )
    record(actor=actor, type="cause.added", company_id=company.pk, subject=cause, name=cause.name, stage=stage)
    return cause


@transaction.atomic
def change_cause(*, actor: Actor, cause: Cause, name: str, stage: str, owner: Department | None, is_ours: bool) -> Cause:
    """Rename a cause, give it another owner or stage. What was found before keeps the stage and department of its day. Raises CauseError,
    NotAllowed."""
    require(actor, "disputes.configure", cause.company_id)
    row = _locked(cause)
    _check(row.company, name, stage, owner, besides=row.pk)
    wanted: dict[str, Any] = {"name": name.strip()[:120], "stage": stage, "owner": owner, "is_ours": is_ours}
    changes = {field: [_plain(getattr(row, field)), _plain(value)] for field, value in wanted.items() if getattr(row, field) != value}
    for field, value in wanted.items():
        setattr(row, field, value)
    row.save(update_fields=list(wanted))
    if changes:
        record(actor=actor, type="cause.changed", company_id=row.company_id, subject=row, changes=changes)
    return row


@transaction.atomic
def retire_cause(*, actor: Actor, cause: Cause) -> Cause:
    """Take a cause out of use: it can't be chosen any more, its rules point nowhere, its cases keep it. Raises NotAllowed."""
    return _use(actor, cause, is_active=False)


@transaction.atomic
def restore_cause(*, actor: Actor, cause: Cause) -> Cause:
    """Put a cause back into use. Raises CauseError when another has its name meanwhile, NotAllowed."""
    require(actor, "disputes.configure", cause.company_id)
    _check(cause.company, cause.name, cause.stage, None, besides=cause.pk)
    return _use(actor, cause, is_active=True)


@transaction.atomic
def map_rules(*, actor: Actor, company: Company, wanted: Mapping[str, str]) -> int:
    """Give rules of the check to causes: rule → code of its cause, empty for none; rules that aren't named stay. How many causes changed.
    Raises CauseError for a rule or cause that there isn't, NotAllowed."""
    require(actor, "disputes.configure", company.pk)
    rows = {c.code: c for c in Cause.objects.select_for_update(of=("self",), no_key=True).filter(company=company).order_by("pk")}
    for rule, code in wanted.items():
        if rule not in BY_CODE:
            raise CauseError(f"the check has no rule {rule!r}")
        if code and (code not in rows or not rows[code].is_active):
            raise CauseError(f"{company.code} has no cause {code!r} in use")
    after = moved({code: cause.rules for code, cause in rows.items()}, wanted)
    changed = [cause for code, cause in rows.items() if after[code] != sorted(cause.rules)]
    for cause in changed:
        cause.rules = after[cause.code]
    Cause.objects.bulk_update(changed, ["rules"])
    if changed:
        record(actor=actor, type="causes.mapped", company_id=company.pk, rules=dict(wanted))
    return len(changed)


def _use(actor: Actor, cause: Cause, *, is_active: bool) -> Cause:
    require(actor, "disputes.configure", cause.company_id)
    row = _locked(cause)
    if row.is_active == is_active:
        return row
    row.is_active = is_active
    row.rules = row.rules if is_active else []
    row.save(update_fields=["is_active", "rules"])
    record(actor=actor, type="cause.restored" if is_active else "cause.retired", company_id=row.company_id, subject=row, name=row.name)
    return row


def _locked(cause: Cause) -> Cause:
    return Cause.objects.select_for_update(of=("self",), no_key=True).select_related("company", "owner").get(pk=cause.pk)


def _check(company: Company, name: str, stage: str, owner: Department | None, besides: int = 0) -> None:
    if not name.strip():
        raise CauseError("give the cause a name")
    if stage not in Stage.values:
        raise CauseError("choose the stage at which it arises")
    if owner is not None and owner.company_id != company.pk:
        raise CauseError(f"{owner.name} is not a department of {company.code}")
    if Cause.objects.filter(company=company, name__iexact=name.strip(), is_active=True).exclude(pk=besides).exists():
        raise CauseError(f"there is a cause called {name.strip()!r} already")


def _code(company: Company, text: str) -> str:
    """A code that the company hasn't, made of words."""
    stem = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:30] or "cause"
    there = set(Cause.objects.filter(company=company, code__startswith=stem).values_list("code", flat=True))
    return next(code for code in (stem, *(f"{stem}_{n}" for n in range(2, len(there) + 3))) if code not in there)


def _plain(value: Any) -> Any:
    return value.code if isinstance(value, Department) else value
