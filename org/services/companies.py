"""Companies' particulars and departments. The currency of the books never changes."""

from django.db import IntegrityError, transaction

from org.actors import Actor, require
from org.audit import record
from org.models import Company, Department
from org.services.errors import OrgError


@transaction.atomic
def change_company(*, actor: Actor, company: Company, **fields: str) -> Company:
    """Other particulars: as they will stand on invoices and letters from now on. Raises OrgError, NotAllowed."""
    require(actor, "settings.manage", company.pk)
    if unknown := fields.keys() - set(Company.PARTICULARS):
        raise OrgError(f"{', '.join(sorted(unknown))} can't be changed")
    before = {name: getattr(company, name) for name in fields if getattr(company, name) != fields[name]}
    if before:
        for name in before:
            setattr(company, name, fields[name])
        company.save(update_fields=[*before, "updated_at"])
        after = {name: fields[name] for name in before}
        record(actor=actor, type="company.changed", company_id=company.pk, subject=company, before=before, after=after)
    return company


@transaction.atomic
def add_department(*, actor: Actor, company: Company, code: str, name: str) -> Department:
    """A department that questions can go to. Raises OrgError, NotAllowed."""
    require(actor, "settings.manage", company.pk)
    try:
        with transaction.atomic():
            department = Department.objects.create(company=company, code=code, name=name)
    except IntegrityError:
        raise OrgError(f"{company.code} has a department {code} already") from None
    record(actor=actor, type="department.added", company_id=company.pk, subject=department, code=code, name=name)
    return department


@transaction.atomic
def rename_department(*, actor: Actor, department: Department, name: str) -> Department:
    """Another name; the code stays."""
    require(actor, "settings.manage", department.company_id)
    before, department.name = department.name, name
    department.save(update_fields=["name"])
    record(actor=actor, type="department.renamed", company_id=department.company_id, subject=department, before=before, after=name)
    return department
