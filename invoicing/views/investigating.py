"""Looking into one document: four documents side by side, what differs, why, and what to do. For what is held, and for what was issued."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import address, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from invoicing import selectors
from invoicing.forms.checks import LINE_LABELS, MendForm, OwnerForm
from invoicing.models import Draft, Finding, Invoice
from invoicing.selectors.drawing import drawing_on
from invoicing.selectors.exceptions import findings_of, rule_label
from invoicing.selectors.investigation import Investigation, Row, cite
from invoicing.selectors.track import origin_label
from invoicing.services import exceptions as work
from invoicing.services.checking import CheckRefused, check_issued
from invoicing.services.drafting import DraftRefused, issue_draft
from invoicing.services.investigating import investigate_draft, investigate_invoice
from invoicing.services.issuing import DocumentRefused
from invoicing.views.exceptions import act, asking, exception_in_sight, may, workers
from org.access import allowed
from org.actors import NotAllowed
from org.selectors import actor_names
from workflow.models import Event

COLUMNS = ("Purchase order", "Contract", "Order and work", "Invoice")


@allowed("invoices.view")
def exception(request: HttpRequest, pk: int) -> HttpResponse:
    """A held document beside its orders. `line` names the row that the panel is about; to htmx the panel alone."""
    draft = exception_in_sight(request, pk)
    try:
        found, findings = investigate_draft(draft)
    except CheckRefused as refusal:
        return page(request, "invoicing/exception_broken.html", {"draft": draft, "said": str(refusal), **may(request, draft)})
    context = _shared(request, found, findings, draft, draft.company) | may(request, draft)
    context |= {
        "draft": draft, "document": draft, "is_draft": True, "here": reverse("invoicing:exception", args=[draft.pk]),
        "owner_form": OwnerForm(initial={"owner": draft.owner_id}, people=workers(draft.company)),
        "drawing": drawing_on(_user(request), found.purchases, draft.customer_id, draft),
        "history": _history(draft), "names": _names(draft), "stale": draft.state == Draft.State.DRAFT,
    }  # fmt: skip
    return page(request, "invoicing/investigation.html", context, fragment="panel")


@allowed("invoices.view")
def investigate(request: HttpRequest, pk: int) -> HttpResponse:
    """An issued invoice beside its orders: what was short-paid, and what explains it."""
    user: Any = request.user
    invoice = get_object_or_404(selectors.in_sight(user), pk=pk)
    if invoice.kind == Invoice.Kind.CREDIT_MEMO:
        back = redirect_htmx(request, reverse("invoicing:detail", args=[pk]))
        return toast(request, back, "A memo isn’t held against orders: the invoice it is about is", tone="warn")
    found, findings = investigate_invoice(invoice)
    item = invoice.open_item
    context = _shared(request, found, findings, invoice, invoice.company) | {
        "invoice": invoice, "document": invoice, "is_draft": False, "here": reverse("invoicing:investigate", args=[invoice.pk]),
        "paid": item.amount - item.balance, "unexplained": max(0, item.balance - max(0, found.explained)), "item": item,
        "may_check": user.can("invoices.issue", invoice.company_id), "may_note": user.can("checks.override", invoice.company_id),
        "may_ask": user.can("tasks.create", invoice.company_id), "disputes": _disputes(invoice),
        "drawing": drawing_on(user, found.purchases, invoice.customer_id),
        "dispute_url": address("disputes:open", item.pk) if item.balance > 0 and user.can("disputes.open", invoice.company_id) else "",
        "credit_url": address("invoicing:credit", invoice.pk) if user.can("memos.request", invoice.company_id) else "",
    }  # fmt: skip
    return page(request, "invoicing/investigation.html", context, fragment="panel")


def findings_panel(invoice: Invoice) -> dict[str, Any]:
    """What the check found in an issued invoice, for its own page, and where it is looked into."""
    if invoice.kind == Invoice.Kind.CREDIT_MEMO:
        return {"checked": [], "investigate_url": ""}
    return {"checked": findings_of(invoice), "investigate_url": reverse("invoicing:investigate", args=[invoice.pk])}


def _disputes(invoice: Any) -> list[tuple[Any, str]]:
    return [(case, address("disputes:detail", case.pk)) for case in invoice.open_item.disputes.all()[:5]]


def _shared(request: HttpRequest, found: Investigation, findings: list[Finding], document: Any, company: Any) -> dict[str, Any]:
    """The comparison, and the row that the panel is about: the one asked for, else the one that matters most."""
    asked = request.GET.get("line", "")
    row: Row | None = next((r for r in found.rows if r.key == asked), None) or (found.ranked[0] if found.ranked else None)
    open_ones = row.open_ones if row else []
    first = next((f for f in open_ones if str(f.pk) == request.GET.get("finding")), next(iter(open_ones), None))
    for finding in findings:
        _dress(finding)
    context: dict[str, Any] = {
        "look": found, "findings": findings, "row": row, "first": first, "today": clock.today(), "cur": document.currency,
        "open_count": sum(f.state == Finding.State.OPEN for f in findings), "by_money": sorted(findings, key=lambda f: -abs(f.effect)),
        "more": [f for f in row.findings if f is not first] if row else [],
        "decided": actor_names({f.decided_by for f in findings if f.decided_by}),
        "chosen": first.pk if first and "finding" in request.GET else None, "columns": list(zip(COLUMNS, found.heads, strict=True)),
    }  # fmt: skip
    return context | (asking(first, company) if first else {})


def _dress(finding: Any) -> None:
    """A finding with the words of its codes, and its sources with their pages."""
    finding.rule_label, finding.origin_label = rule_label(finding.rule), origin_label(finding.origin)
    finding.cites = [
        (cite(s["document"], s["number"], s["key"], s["line"], s["revision"], s["day"]), s["value"]) for s in finding.sources
    ]  # fmt: skip


def _history(draft: Draft) -> list[Event]:
    return list(Event.objects.filter(subject_type="invoicing.draft", subject_id=draft.pk).order_by("-pk")[:30])


def _names(draft: Draft) -> dict[str, str]:
    return actor_names({draft.created_by, *draft.makers, *(e.actor for e in _history(draft))})


@allowed("invoices.issue")
def mend(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what is wrong in a held document; it is checked again at once."""
    draft = exception_in_sight(request, pk, "invoices.issue")
    form = MendForm(draft.payload, request.POST or None, initial={"version": draft.version})
    if request.method == "POST" and form.is_valid():
        try:
            mended = work.mend_draft(
                actor=_user(request), draft=draft, fields=form.head_changes(), lines=form.line_changes(),
                version=form.cleaned_data["version"], today=clock.today(),
            )  # fmt: skip
        except (Refused, NotAllowed) as refusal:
            problems = getattr(refusal, "problems", ())
            form.blame(problems) if problems else form.add_error(None, str(refusal))
        else:
            said = f"{draft} is ready to issue" if mended.state == Draft.State.CLEAR else f"Saved; {draft} is still held"
            return toast(request, redirect_htmx(request, reverse("invoicing:exception", args=[draft.pk])), said)
    findings = list(draft.findings.open().order_by("pk"))
    labels = [LINE_LABELS[name] for name in work.LINE_FIELDS]
    context = {"draft": draft, "form": form, "findings": findings, "line_labels": labels, **may(request, draft)}
    return page(request, "invoicing/mend.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@allowed("invoices.issue")
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Put it aside for good, with a reason."""
    draft = exception_in_sight(request, pk, "invoices.issue")

    def do(user: Any) -> str:
        work.discard_exception(actor=user, draft=draft, reason=request.POST.get("reason", ""), today=clock.today())
        return f"{draft} is put aside"

    return act(request, draft, do)


@require_POST
@allowed("invoices.issue")
def issue(request: HttpRequest, pk: int) -> HttpResponse:
    """Issue what is clear."""
    draft = exception_in_sight(request, pk, "invoices.issue")
    back = reverse("invoicing:exception", args=[draft.pk])
    try:
        invoice = issue_draft(actor=_user(request), draft=draft, now=clock.now(), today=clock.today())
    except (DraftRefused, DocumentRefused, NotAllowed) as refusal:
        return toast(request, redirect_htmx(request, back), str(refusal), tone="bad")
    return toast(request, redirect_htmx(request, reverse("invoicing:detail", args=[invoice.pk])), f"{invoice} is issued")


@require_POST
@allowed("invoices.issue")
def check_invoice(request: HttpRequest, pk: int) -> HttpResponse:
    """Check an issued invoice once more; what is found is recorded against it."""
    invoice = get_object_or_404(selectors.in_sight(_user(request), "invoices.issue"), pk=pk)
    response = redirect_htmx(request, reverse("invoicing:investigate", args=[pk]))
    try:
        found = check_issued(actor=_user(request), invoice=invoice, today=clock.today())
    except (Refused, NotAllowed) as refusal:
        return toast(request, redirect_htmx(request, reverse("invoicing:detail", args=[pk])), str(refusal), tone="bad")
    open_ones = sum(f.state == Finding.State.OPEN for f in found)
    return toast(request, response, f"{open_ones} finding{'' if open_ones == 1 else 's'}" if found else "Nothing was found")


@require_POST
@allowed("checks.override")
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what came of a finding about an issued invoice."""
    user = _user(request)
    invoice = get_object_or_404(selectors.in_sight(user, "checks.override"), pk=pk)
    response = redirect_htmx(request, reverse("invoicing:investigate", args=[pk]))
    chosen = request.POST.get("finding", "")
    found = Finding.objects.open().filter(invoice=invoice, pk=int(chosen) if chosen.isdecimal() and len(chosen) < 19 else 0)
    try:
        work.note_findings(actor=user, invoice=invoice, findings=list(found), reason=request.POST.get("reason", ""))
    except (Refused, NotAllowed) as refusal:
        return toast(request, response, str(refusal), tone="bad")
    return toast(request, response, "Noted: it no longer counts as open")


def _user(request: HttpRequest) -> Any:
    return request.user
