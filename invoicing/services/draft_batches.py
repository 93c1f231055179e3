"""Many drafts at once: each in a transaction of its own, each with an outcome; one that is refused doesn't stop the others."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from arops.lib.refusal import Refused
from invoicing.models import Draft, Invoice
from invoicing.services.billing import make_drafts
from invoicing.services.checking import check_draft
from invoicing.services.drafting import discard_draft, issue_draft
from invoicing.services.issuing import DocumentRefused
from invoicing.services.sending import send_invoice
from org.actors import Actor, NotAllowed
from org.models import Company

Said = Callable[[int, int], None]
REFUSALS = (Refused, NotAllowed, DocumentRefused)


def bill_many(*, actor: Actor, keys: Mapping[str, Sequence[str]], today: date) -> list[dict[str, Any]]:
    """Drafts of what these keys name, company by company; an outcome for each draft and for each that was left out."""
    results: list[dict[str, Any]] = []
    for code, wanted in keys.items():
        company = Company.objects.get(code=code)
        made = make_drafts(actor=actor, company=company, keys=wanted, today=today)
        results += [_line(code, draft.pk, draft.customer.name, draft.state, "") for draft in made.drafts]
        results += [_line(code, None, "", "left out", words) for words in made.left_out.values()]
    return results


def _line(company: str, draft: int | None, customer: str, outcome: str, detail: str) -> dict[str, Any]:
    return {"company": company, "draft": draft, "customer": customer, "outcome": outcome, "detail": detail}


def work_on(*, actor: Actor, keys: Sequence[int], what: str, now: datetime, today: date, tell: Said) -> list[dict[str, Any]]:
    """Do one thing (issue, send: issue and send, check, discard) with each draft. Safe to repeat: what was issued stays issued once."""
    results = []
    for n, key in enumerate(keys):
        tell(n, len(keys))
        found: Any = Draft.objects.visible_to(actor, "invoices.issue").select_related("company", "customer", "invoice")
        draft = found.filter(pk=key).first()
        if draft is not None:
            outcome, detail, number = _one(actor, draft, what, now, today)
            results.append({"draft": key, "customer": draft.customer.name, "number": number, "outcome": outcome, "detail": detail})
    tell(len(keys), len(keys))
    return results


def _one(actor: Actor, draft: Draft, what: str, now: datetime, today: date) -> tuple[str, str, str]:
    try:
        if what == "check":
            return check_draft(actor=actor, draft=draft, today=today).state, "", draft.number
        if what == "discard":
            return discard_draft(actor=actor, draft=draft, today=today).state, "", draft.number
        invoice = issue_draft(actor=actor, draft=draft, now=now, today=today)
    except REFUSALS as refusal:
        return "refused", str(refusal), draft.number
    return _sent(actor, invoice, now, today) if what == "send" else ("issued", "", invoice.number)


def _sent(actor: Actor, invoice: Invoice, now: datetime, today: date) -> tuple[str, str, str]:
    whole: Invoice = Invoice.objects.select_related("company", "customer", "open_item", "refers_to", "replaces").get(pk=invoice.pk)
    try:
        send_invoice(actor=actor, invoice=whole, now=now, today=today)
    except REFUSALS as refusal:
        return "issued, not sent", str(refusal), invoice.number
    return "issued and sent", "", invoice.number
