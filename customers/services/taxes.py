"""Sales tax rates: one is never edited, another holds from a day on."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from arops.lib import rows as reading
from arops.lib.rows import Problem
from customers.models import TaxRate
from customers.services.master import NotSaved, Saved
from customers.services.saving import save_rows
from org.actors import Actor, require
from org.models import Company
from workflow.services import record

CATEGORIES = {"S": "standard", "Z": "zero", "E": "exempt", "AE": "reverse charge", "O": "outside the scope", "K": "intra-community",
              "G": "export"}  # fmt: skip
FIELDS: reading.Fields = {
    "code": reading.text(20, needed=True), "name": reading.text(100), "jurisdiction": reading.text(20, needed=True),
    "percent": reading.decimal(4, least=Decimal(0), most=Decimal("99.9999")), "category": reading.one_of(*CATEGORIES),
    "valid_from": reading.day, "valid_to": reading.day,
}  # fmt: skip


@transaction.atomic
def set_tax_rate(
    *, actor: Actor, company: Company, code: str, name: str, jurisdiction: str, percent: Decimal, valid_from: date, category: str = "S",
    valid_to: date | None = None,
) -> TaxRate:  # fmt: skip
    """A rate from a day on: from then it takes the place of the one before. Raises NotSaved, NotAllowed."""
    require(actor, "taxes.edit", company.pk)
    if not 0 <= percent < 100:
        raise NotSaved("a rate is from 0 to less than 100 per cent")
    if category not in CATEGORIES:
        raise NotSaved("choose a category")
    if category != "S" and percent:
        raise NotSaved(f"the category {CATEGORIES[category]} has a rate of 0")
    if valid_to and valid_to < valid_from:
        raise NotSaved("the rate ends before it begins")
    if TaxRate.objects.filter(company=company, code=code, valid_from=valid_from).exists():
        raise NotSaved(f"{code} has a rate from {valid_from} already: a rate is never edited, set one from another day on")
    made = TaxRate.objects.create(
        company=company, code=code.strip(), name=name.strip() or jurisdiction, jurisdiction=jurisdiction.strip(), percent=percent,
        category=category, valid_from=valid_from, valid_to=valid_to, created_by=actor.label,
    )  # fmt: skip
    _tell(actor, made, "tax_rate.set")
    return made


@transaction.atomic
def end_tax_rate(*, actor: Actor, rate: TaxRate, valid_to: date) -> TaxRate:
    """The code holds to a day and no longer. Raises NotSaved, NotAllowed."""
    require(actor, "taxes.edit", rate.company_id)
    row = TaxRate.objects.select_for_update(no_key=True).get(pk=rate.pk)
    if valid_to < row.valid_from:
        raise NotSaved(f"the rate begins on {row.valid_from}: it can't end before")
    if row.valid_to and row.valid_to <= valid_to:
        raise NotSaved(f"the rate ends on {row.valid_to} already")
    row.valid_to = valid_to
    row.save(update_fields=["valid_to", "updated_at"])
    _tell(actor, row, "tax_rate.ended")
    return row


def save_tax_rates(rows: Sequence[Any], *, actor: Actor, atomic: bool = False, dry_run: bool = False) -> list[Saved]:
    """Rates by rows. The same rate again is unchanged; another per cent for the same code and day is refused. One outcome a row."""
    companies = {c.code: c for c in Company.objects.visible_to(actor, "taxes.edit")}
    codes = {row["code"] for row in rows if isinstance(row, Mapping) and isinstance(row.get("code"), str) and "\x00" not in row["code"]}
    there = {(r.company_id, r.code, r.valid_from): r for r in TaxRate.objects.filter(company__in=companies.values(), code__in=codes)}

    def one(index: int, row: Any) -> Saved:
        return _save(index, row, companies, there, actor)

    return save_rows(rows, one, atomic=atomic, dry_run=dry_run)


def _save(index: int, row: Any, companies: dict[str, Company], there: dict[Any, TaxRate], actor: Actor) -> Saved:
    values, problems = reading.read_row(row, FIELDS, frozenset({"company"}), ("company", "code", "jurisdiction", "percent", "valid_from"))
    code = row.get("company") if isinstance(row, Mapping) else None
    company = companies.get(code) if isinstance(code, str) else None
    if company is None and not any(p.pointer == "/company" for p in problems):
        problems.append(Problem("/company", "missing_reference", "there is no such company, or you may not change its records"))
    if problems or company is None:
        return Saved(index, None, "rejected", None, tuple(problems))
    known = there.get((company.pk, values["code"], values["valid_from"]))
    if known is None:
        made = set_tax_rate(actor=actor, company=company, **{"name": "", **values})
        there[company.pk, made.code, made.valid_from] = made
        return Saved(index, None, "created", made.pk)
    ends = values.pop("valid_to", known.valid_to)
    if different := [name for name, value in values.items() if getattr(known, name) != value]:
        said = f"{known.code} has a rate from {known.valid_from} already: a rate is never edited, set one from another day on"
        return Saved(index, None, "rejected", known.pk, (Problem(f"/{different[0]}", "conflict", said),))
    if ends and ends != known.valid_to:
        return Saved(index, None, "updated", end_tax_rate(actor=actor, rate=known, valid_to=ends).pk)
    return Saved(index, None, "unchanged", known.pk)


def _tell(actor: Actor, rate: TaxRate, event: str) -> None:
    record(
        actor=actor, type=event, company_id=rate.company_id, subject=rate, code=rate.code, jurisdiction=rate.jurisdiction,
        percent=str(rate.percent), category=rate.category, valid_from=rate.valid_from.isoformat(),
        valid_to=rate.valid_to.isoformat() if rate.valid_to else None,
    )  # fmt: skip
