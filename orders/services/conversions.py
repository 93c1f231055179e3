"""How many of one unit another is: a small table, kept whole rows at a time."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from arops.lib.rows import Problem, read_row
from customers.services import Saved
from orders.models import UnitConversion
from orders.payload import CONVERSION
from orders.services.single import RowRefused
from org.actors import Actor, require
from org.models import Company
from workflow.services import record

PERMISSION = "orders.edit"


class _Undo(Exception):
    """Rolls a dry run or a broken atomic call back."""


def save_unit_conversions(
    rows: Sequence[Any], *, actor: Actor, source_system: str = "", atomic: bool = False, dry_run: bool = False
) -> list[Saved]:
    """Create or change conversions by (company, sku, from_unit, to_unit). One outcome a row."""
    companies = {c.code: c for c in Company.objects.visible_to(actor, PERMISSION)}
    saved: list[Saved] = []
    try:
        with transaction.atomic():
            saved = [_save(index, row, companies, actor) for index, row in enumerate(rows)]
            if dry_run or (atomic and any(s.outcome == "rejected" for s in saved)):
                raise _Undo
    except _Undo:
        if not dry_run:
            kept = Problem("", "not_applied", "the row is good, but another row of this atomic call is not")
            saved = [s if s.outcome == "rejected" else Saved(s.index, None, "rejected", None, (kept,)) for s in saved]
    return saved


def save_unit_conversion(*, actor: Actor, row: Mapping[str, Any]) -> UnitConversion:
    """Keep one conversion by hand. Raises NotAllowed, NotSaved."""
    require(actor, PERMISSION)
    (saved,) = save_unit_conversions([row], actor=actor)
    if saved.outcome == "rejected":
        raise RowRefused(saved.problems)
    return UnitConversion.objects.get(pk=saved.pk or 0)


@transaction.atomic
def remove_unit_conversion(*, actor: Actor, conversion: UnitConversion) -> None:
    """Take a conversion out: units are then only what they are called. Raises NotAllowed."""
    require(actor, PERMISSION, conversion.company_id)
    record(
        actor=actor, type="unit_conversion.removed", company_id=conversion.company_id, subject=conversion, before=str(conversion),
        sku=conversion.sku,
    )  # fmt: skip
    conversion.delete()


def _save(index: int, row: Any, companies: Mapping[str, Company], actor: Actor) -> Saved:
    values, problems = read_row(row, CONVERSION, required=("company", "from_unit", "to_unit", "factor"))
    company = companies.get(values.pop("company", ""))
    if company is None and not any(p.pointer in ("", "/company") for p in problems):
        problems.append(Problem("/company", "missing_reference", "there is no such company, or you may not change its records"))
    if not problems and values["from_unit"] == values["to_unit"]:
        problems.append(Problem("/to_unit", "invalid", "to_unit is another unit than from_unit"))
    if problems or company is None:
        return Saved(index, None, "rejected", None, tuple(problems))
    factor, key = values.pop("factor"), {"sku": "", **values}
    made, is_new = UnitConversion.objects.get_or_create(company=company, **key, defaults={"factor": factor})
    if not is_new and made.factor == factor:
        return Saved(index, None, "unchanged", made.pk)
    before, made.factor = (None if is_new else str(made.factor)), factor
    if not is_new:
        made.save(update_fields=["factor"])
    record(actor=actor, type="unit_conversion.saved", company_id=company.pk, subject=made, before=before, after=str(made), **key)
    return Saved(index, None, "created" if is_new else "updated", made.pk)
