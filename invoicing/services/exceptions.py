"""Work on what the check holds: taken and given, mended, asked of a department, overridden with a reason, put aside; all of it on record.

Whoever made or changed a document doesn't override what the check finds in it; the database refuses it, too.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from arops.lib import money
from arops.lib.refusal import Refused
from invoicing.models import Draft, Finding, Invoice
from invoicing.payload import digest
from invoicing.services.billing import with_tax
from invoicing.services.checking import check_draft, settle
from invoicing.services.drafting import discard_draft, document_of, save_draft
from org.actors import Actor, NotAllowed, require
from org.models import Department, User
from workflow.models import Task
from workflow.services import record
from workflow.services.tasks import open_task

SHORTEST = 10
"""Signs of a reason, at least: what an auditor reads in a year."""
FIELDS = ("po_number", "order", "payment_terms", "cost_code", "buyer_reference", "document_date", "due_date")
LINE_FIELDS = tuple(
    "sku description quantity unit unit_price tax_code tax_amount po_line order_line work_order contract period_from period_to".split()
)
ASKS = {
    "order_entry": ("order",), "pricing_setup": ("pricing", "sales"), "contract_setup": ("contract", "sales", "project"),
    "service_execution": ("service",), "logistics": ("logistic", "warehouse"), "billing_output": ("billing",),
    "customer_master": ("master", "billing"), "tax_setup": ("tax", "billing"),
}  # fmt: skip
"""Point of origin → how the codes of departments begin that clear it up, the likeliest first."""


class ExceptionRefused(Refused):
    """What was asked can't be done with this exception; the message says why."""


class MakerIsNotChecker(ExceptionRefused):
    """Whoever made or changed the document may not override what was found in it."""


def require_work(actor: Actor, company_id: int) -> None:
    """Raise NotAllowed unless the actor works on exceptions of the company."""
    if not (actor.can("invoices.issue", company_id) or actor.can("checks.override", company_id)):
        raise NotAllowed(f"{actor.label} may not do this: it needs invoices.issue or checks.override")


@transaction.atomic
def assign_exception(*, actor: Actor, draft: Draft, owner: User | None) -> Draft:
    """Give an exception to someone, or to nobody. Oneself takes whatever one may work on; to give it to others takes `work.assign`."""
    require_work(actor, draft.company_id)
    if owner is None or owner.label != actor.label:
        require(actor, "work.assign", draft.company_id)
    if owner and not (owner.can("invoices.issue", draft.company_id) or owner.can("checks.override", draft.company_id)):
        raise ExceptionRefused(f"{owner.name} doesn't work on exceptions of {draft.company.code}")
    draft = _live(draft)
    draft.owner = owner
    draft.save(update_fields=["owner", "updated_at"])
    _tell(actor, "draft.assigned", draft, owner=owner.label if owner else "")
    return draft


@transaction.atomic
def mend_draft(
    *, actor: Actor, draft: Draft, fields: Mapping[str, str], lines: Mapping[int, Mapping[str, str] | None], version: int, today: date
) -> Draft:
    """Change fields of the document and of its lines (by number; None takes one off), and check it again. Amounts follow from quantity and
    price, the tax of a line that changes so from its code where it isn't typed, the sums from the lines. Raises ExceptionRefused,
    DraftRefused (with pointers to what is wrong), NotAllowed."""
    draft = _live(draft)
    if draft.version != version:
        raise ExceptionRefused("someone else changed this document meanwhile: look at it again")
    row = mended(draft.payload, fields, lines)
    if row == draft.payload:
        raise ExceptionRefused("nothing was changed")
    row = _taxed(draft, row)
    draft = save_draft(
        actor=actor, row=row, origin=draft.origin, draft=draft, today=today, source_system=draft.source_system,
    )  # fmt: skip
    return check_draft(actor=actor, draft=draft, today=today)


def mended(payload: Mapping[str, Any], fields: Mapping[str, str], lines: Mapping[int, Mapping[str, str] | None]) -> dict[str, Any]:
    """A payload with these changes; what was sent and isn't changed stays as it was sent."""
    row = dict(payload)
    for name in FIELDS:
        if name in fields and fields[name].strip() != plain(row.get(name)):
            row[name] = fields[name].strip() or None
    kept = []
    for n, line in enumerate(row.get("lines") or []):
        number = line.get("number") or n + 1
        changed = lines.get(number, {})
        if changed is not None:
            kept.append(_line({**line, "number": number}, changed, str(row.get("currency", ""))))
    if kept != [{**line, "number": line.get("number") or n + 1} for n, line in enumerate(row.get("lines") or [])]:
        row["lines"] = kept
        for name in ("subtotal", "tax_total", "total"):
            row.pop(name, None)
    return {name: value for name, value in row.items() if value is not None}


def _taxed(draft: Draft, row: dict[str, Any]) -> dict[str, Any]:
    """The tax of lines whose amount or tax code was changed, and not the tax itself, by the rate of the day; all others keep theirs."""
    before = {line.get("number") or n: line for n, line in enumerate(draft.payload.get("lines") or [], 1)}
    lines = row.get("lines") or []
    moved = {line["number"] for line in lines if line.get("number") in before and _moves_tax(before[line["number"]], line)}
    if not moved or isinstance(document_of(row, source_system=draft.source_system), list):
        return row  # what can't be read is refused when it is kept
    taxes = {line["number"]: line["tax_amount"] for line in with_tax(company=draft.company, customer=draft.customer, row=row)["lines"]}
    return {**row, "lines": [{**line, "tax_amount": taxes[line["number"]]} if line["number"] in moved else line for line in lines]}


def _moves_tax(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    changed = {name for name in ("amount", "tax_code", "tax_amount") if new.get(name) != old.get(name)}
    return bool(changed) and "tax_amount" not in changed and bool(new.get("tax_code"))


def plain(value: Any) -> str:
    """A value as the form shows it; a reference by the sender's id is shown by that id."""
    if isinstance(value, Mapping):
        return str(value.get("external_id") or "")
    return "" if value is None else str(value)


def _line(line: Mapping[str, Any], changed: Mapping[str, str], currency: str) -> dict[str, Any]:
    new = dict(line)
    for name in LINE_FIELDS:
        if name not in changed or changed[name].strip() == plain(line.get(name)):
            continue
        text = changed[name].strip()
        new[name] = (int(text) if text.isdecimal() else text) if name in ("po_line", "order_line") and text else text or None
    if any(new.get(name) != line.get(name) for name in ("quantity", "unit_price")):
        new["amount"] = _product(new, currency)
    return {name: value for name, value in new.items() if value is not None}


def _product(line: Mapping[str, Any], currency: str) -> str | None:
    """Quantity × price in the currency's digits; None where one can't be read (which the reader then says)."""
    try:
        product = Decimal(str(line.get("quantity", "1"))) * Decimal(str(line.get("unit_price", "")))
        return money.to_text(int(product.scaleb(money.exponent(currency)).to_integral_value()), currency)
    except (ArithmeticError, ValueError, money.MoneyError):
        return None


@transaction.atomic
def override_findings(*, actor: Actor, draft: Draft, findings: Sequence[Finding], reason: str) -> Draft:
    """Let a document pass in spite of what was found, with a reason; clear once nothing blocks it any more. Raises MakerIsNotChecker,
    ExceptionRefused, NotAllowed."""
    require(actor, "checks.override", draft.company_id)
    draft = _live(draft)
    if actor.label in {draft.created_by, *draft.makers}:
        raise MakerIsNotChecker("you made or changed this document: someone else overrides what the check found in it")
    if draft.checked_hash != digest(draft.payload):
        raise ExceptionRefused("this document changed since it was checked: check it again first")
    _decide(actor, findings, {"draft_id": draft.pk}, Finding.State.OVERRIDDEN, reason)
    standing = list(draft.findings.exclude(state=Finding.State.FIXED))
    settle(draft, standing)
    draft.save(update_fields=["state", "held_since", "at_stake", "updated_at"])
    for finding in findings:
        _tell(
            actor, "finding.overridden", draft, rule=finding.rule, finding=finding.pk, effect=finding.effect, reason=reason.strip(),
            state=draft.state,
        )  # fmt: skip
    return draft


@transaction.atomic
def note_findings(*, actor: Actor, invoice: Invoice, findings: Sequence[Finding], reason: str) -> None:
    """Say what came of findings about an issued invoice; they no longer count as open. Raises ExceptionRefused, NotAllowed."""
    require(actor, "checks.override", invoice.company_id)
    _decide(actor, findings, {"invoice_id": invoice.pk}, Finding.State.NOTED, reason)
    for finding in findings:
        record(
            actor=actor, type="finding.noted", company_id=invoice.company_id, subject=invoice, customer_id=invoice.customer_id,
            rule=finding.rule, finding=finding.pk, reason=reason.strip(),
        )  # fmt: skip


def _decide(actor: Actor, findings: Sequence[Finding], whose: Mapping[str, int], state: str, reason: str) -> None:
    if len(reason.strip()) < SHORTEST:
        raise ExceptionRefused("say why in a sentence: it is what an auditor reads")
    open_ones = Finding.objects.select_for_update(of=("self",), no_key=True).filter(
        pk__in=[f.pk for f in findings], state=Finding.State.OPEN, **whose
    )
    found = list(open_ones)
    if not found or len(found) != len(findings):
        raise ExceptionRefused("this was decided or fixed meanwhile: look at it again")
    Finding.objects.filter(pk__in=[f.pk for f in found]).update(
        state=state, decided_by=actor.label, decided_at=Now(), reason=reason.strip()[:300]
    )


@transaction.atomic
def ask_department(
    *, actor: Actor, finding: Finding, department: str, question: str, due_date: date, today: date, assignee: User | None = None
) -> Task:  # fmt: skip
    """Ask a department about a finding, as a task; its answer is shown beside the finding. Raises ExceptionRefused, TaskError,
    NotAllowed."""
    locked = Finding.objects.select_for_update(of=("self",), no_key=True)
    finding = locked.select_related("company", "draft", "invoice", "task").get(pk=finding.pk)
    require_work(actor, finding.company_id)
    if finding.task and finding.task.state in (Task.State.OPEN, Task.State.ANSWERED, Task.State.HANDED_BACK):
        raise ExceptionRefused("this was asked already: read or reopen that task")
    if not question.strip():
        raise ExceptionRefused("write what you want to know")
    document: Any = finding.draft or finding.invoice
    asked = Task.objects.filter(dedupe_key__startswith=f"finding:{finding.pk}:").count()
    task = open_task(
        actor=actor, company=finding.company, kind="finding", title=f"{document}: {finding.words}"[:200], question=question.strip(),
        department=department, assignee=assignee, due_date=due_date, today=today, subject=document, customer_id=document.customer_id,
        amount=abs(finding.effect) or document.total, currency=finding.currency, dedupe_key=f"finding:{finding.pk}:{asked + 1}",
    )  # fmt: skip
    finding.task = task
    finding.save(update_fields=["task"])
    record(
        actor=actor, type="finding.asked", company_id=finding.company_id, subject=document, customer_id=document.customer_id,
        rule=finding.rule, finding=finding.pk, department=department, task=task.pk,
    )  # fmt: skip
    return task


def likely_department(finding: Finding, departments: Sequence[Department]) -> Department | None:
    """The department that clears up what began there, as far as the codes of the company's departments tell."""
    return department_for(finding.origin, departments)


def department_for(origin: str, departments: Sequence[Department]) -> Department | None:
    """The same by the point of origin."""
    for beginning in ASKS.get(origin, ()):
        for department in departments:
            if department.code.casefold().startswith(beginning) or department.name.casefold().startswith(beginning):
                return department
    return None


def question_about(finding: Finding) -> str:
    """A first question: what was found, for people who see nothing but this."""
    document: Any = finding.draft or finding.invoice
    lines = [f"{document}, {document.customer.name}: {finding.words}"]
    if finding.expected or finding.billed:
        lines.append(f"Expected: {finding.expected or '–'}. Billed: {finding.billed or '–'}.")
    if finding.effect:
        lines.append(f"At stake: {money.format(abs(finding.effect), finding.currency)} {finding.currency}.")
    return "\n".join([*lines, "", "Which is right, and what has to be corrected?"])


@transaction.atomic
def discard_exception(*, actor: Actor, draft: Draft, reason: str, today: date) -> Draft:
    """Put a held document aside for good, with a reason: it isn't issued, and the same one sent again is refused. Raises ExceptionRefused,
    DraftRefused, NotAllowed."""
    if len(reason.strip()) < SHORTEST:
        raise ExceptionRefused("say why in a sentence: it is what an auditor reads")
    draft = discard_draft(actor=actor, draft=draft, today=today)
    _tell(actor, "draft.put_aside", draft, reason=reason.strip()[:300])
    return draft


def _live(draft: Draft) -> Draft:
    """The draft as it stands, locked. Raises ExceptionRefused when it is issued or discarded."""
    found: Draft = Draft.objects.select_for_update(of=("self",), no_key=True).select_related("company", "customer").get(pk=draft.pk)
    if found.state in (Draft.State.ISSUED, Draft.State.DISCARDED):
        raise ExceptionRefused(f"this document is {found.get_state_display()}")
    return found


def _tell(actor: Actor, type: str, draft: Draft, **data: Any) -> None:
    now_at = {"number": draft.number, "total": draft.total, "currency": draft.currency}
    record(actor=actor, type=type, company_id=draft.company_id, subject=draft, customer_id=draft.customer_id, **now_at, **data)
