"""Drafts: the list, one on paper with what the check found, its editing, its issue."""

import secrets
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock, money
from arops.lib.http import address, filters_of, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from invoicing.forms.documents import blame
from invoicing.forms.drafts import DraftForm, DraftLineFormSet
from invoicing.models import Draft, Invoice
from invoicing.selectors import drafts as selectors
from invoicing.services.billing import with_tax
from invoicing.services.checking import check_draft
from invoicing.services.draft_paper import paper_of_draft
from invoicing.services.drafting import DraftRefused, discard_draft, issue_draft, restore_draft, save_draft
from invoicing.services.issuing import DocumentRefused
from invoicing.services.sending import send_invoice
from invoicing.views.unbilled import places
from org.access import allowed
from org.actors import NotAllowed
from org.selectors import actor_names
from workflow.doorbell import ring
from workflow.services.jobs import create_job

PER_PAGE = 100
EXPORTED = 20_000
_WIDE = (Refused, NotAllowed, DocumentRefused)


@allowed("invoices.view")
def index(request: HttpRequest) -> HttpResponse:
    """Drafts in sight by state, with what stands in their way."""
    user: Any = request.user
    asked = filters_of(request, state="", origin="", q="", customer="", page="1")
    if asked["state"] not in selectors.STATES:
        asked["state"] = ""
    key = int(asked["customer"]) if asked["customer"].isascii() and asked["customer"].isdigit() and len(asked["customer"]) < 19 else None
    text = asked["q"].replace("\x00", "")
    found = selectors.drafts(user, state=asked["state"], origin=asked["origin"], text=text, customer=key)
    if request.GET.get("format") in ("xlsx", "csv"):
        return _export(request, found, asked)
    shown = Paginator(found, PER_PAGE).get_page(asked["page"])
    counts = selectors.counts(user)
    context = {
        "page": shown, "asked": asked, "tabs": [(s, label, counts.get(s), s == asked["state"]) for s, label in selectors.STATES.items()],
        "origins": Draft.Origin.choices, "places": places(user, "drafts"), "may_issue": user.can("invoices.issue"),
        "user_can_export": user.can("reports.export"), "filtered": [n for n in ("origin", "q", "customer") if asked[n]],
        "sums": _sums(shown.object_list),
    }  # fmt: skip
    return page(request, "invoicing/drafts.html", context, fragment="list")


def _sums(rows: Any) -> dict[str, tuple[int, int]]:
    sums: dict[str, tuple[int, int]] = {}
    for draft in rows:
        total, stake = sums.get(draft.currency, (0, 0))
        sums[draft.currency] = total + draft.total, stake + draft.at_stake
    return dict(sorted(sums.items()))


def _export(request: HttpRequest, found: Any, asked: dict[str, str]) -> HttpResponse:
    user: Any = request.user
    if not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    columns = [
        Column("draft", "Draft", lambda d: d.pk, kind="num"), Column("number", "Number", lambda d: d.number),
        Column("customer", "Customer", lambda d: d.customer.name, grow=True), Column("company", "Company", lambda d: d.company.code),
        Column("origin", "Origin", lambda d: d.get_origin_display()), Column("date", "Dated", lambda d: d.document_date, kind="date"),
        Column("state", "State", lambda d: d.get_state_display()), Column("findings", "Findings", lambda d: d.open_findings, kind="num"),
        Column("stake", "At stake", lambda d: d.at_stake, kind="money", total=True),
        Column("net", "Net", lambda d: d.net, kind="money", total=True),
        Column("total", "Total", lambda d: d.total, kind="money", total=True),
    ]  # fmt: skip
    table = Table(columns, list(found[:EXPORTED]), currency=lambda d: d.currency)
    cover = Cover("Drafts", user.name, clock.today(), {n: v for n, v in asked.items() if v and n != "page"})
    return export_response(request, table, cover) or HttpResponse(status=422)


def _draft(request: HttpRequest, pk: int, permission: str = "invoices.view") -> Draft:
    user: Any = request.user
    found: Any = Draft.objects.visible_to(user, permission).select_related("company", "customer", "invoice", "owner", "replaces")
    draft: Draft = get_object_or_404(found, pk=pk)
    return draft


@allowed("invoices.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One draft as it would look on paper, what it bills, what the check found."""
    user: Any = request.user
    draft = _draft(request, pk)
    findings = selectors.findings_of(draft)
    live = draft.state in (Draft.State.DRAFT, Draft.State.HELD, Draft.State.CLEAR)
    may = live and user.can("invoices.issue", draft.company_id)
    context = {
        **paper_of_draft(draft), "draft": draft, "findings": findings, "origins": {f.origin: f.origin.replace("_", " ") for f in findings},
        "live": live, "may_issue": may, "may_restore": draft.state == "discarded" and user.can("invoices.issue", draft.company_id),
        "may_send": may and user.can("invoices.send", draft.company_id), "names": actor_names({draft.created_by, *draft.makers}),
        "is_current": bool(draft.checked_hash), "exception_url": address("invoicing:exception", draft.pk),
    }  # fmt: skip
    return page(request, "invoicing/draft.html", context)


@allowed("invoices.issue")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a draft; it is checked at once."""
    draft = _draft(request, pk, "invoices.issue")
    head, rows = DraftForm.start(draft)
    form = DraftForm(request.POST or None, draft=draft, initial={**head, "retax": draft.origin not in ("erp", "import")})
    lines = DraftLineFormSet(request.POST or None, prefix="line", initial=rows)
    if request.method == "POST" and form.is_valid() and lines.is_valid() and _saved(request, draft, form, lines):
        return toast(request, redirect_htmx(request, reverse("invoicing:draft", args=[draft.pk])), "Draft changed and checked")
    context = {
        "form": form, "lines": lines, "draft": draft, "digits": money.exponent(draft.currency), "version": draft.version,
    }  # fmt: skip
    return page(request, "invoicing/draft_edit.html", context, status=422 if request.method == "POST" else 200)


def _saved(request: HttpRequest, draft: Draft, form: DraftForm, lines: Any) -> bool:
    user: Any = request.user
    filled = [line for line in lines.forms if line.row()]
    if not filled:
        form.add_error(None, "a document has at least one line")
        return False
    if request.POST.get("version") != str(draft.version):
        form.add_error(None, "someone changed this draft meanwhile: open it again, and change what is there now")
        return False
    row = form.changed_row(draft, filled)
    try:
        if form.cleaned_data["retax"]:
            row = with_tax(company=draft.company, customer=draft.customer, row=row)
        saved = save_draft(
            actor=user, row=row, origin=draft.origin, draft=draft, today=clock.today(), source_system=draft.source_system
        )  # fmt: skip
        check_draft(actor=user, draft=saved, today=clock.today())
    except DraftRefused as refused:
        blame(form, filled, refused.problems) if refused.problems else form.add_error(None, str(refused))
    except (Refused, NotAllowed) as refused:
        form.add_error(None, str(refused))
    return not form.errors and not any(line.errors for line in filled)


def _do(request: HttpRequest, pk: int, step: Any, permission: str = "invoices.issue") -> HttpResponse:
    """Take a step with a draft and go to its page; what refuses it is said there."""
    draft = _draft(request, pk, permission)
    here = redirect_htmx(request, reverse("invoicing:draft", args=[pk]))
    try:
        answer: HttpResponse | None = step(draft)
    except _WIDE as refusal:
        return toast(request, here, str(refusal), tone="bad")
    return answer or here


@require_POST
@allowed("invoices.issue")
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Check it again, against what stands now."""

    def step(draft: Draft) -> HttpResponse:
        checked = check_draft(actor=_user(request), draft=draft, today=clock.today())
        said = "Nothing is in its way" if checked.state == Draft.State.CLEAR else "The check holds it: see what it found"
        here = redirect_htmx(request, reverse("invoicing:draft", args=[pk]))
        return toast(request, here, said, tone="ok" if checked.state == Draft.State.CLEAR else "warn")

    return _do(request, pk, step)


@require_POST
@allowed("invoices.issue")
def issue(request: HttpRequest, pk: int) -> HttpResponse:
    """Issue it; with `send` it is sent the way its customer wants it, too."""

    def step(draft: Draft) -> HttpResponse:
        user, now, today = _user(request), clock.now(), clock.today()
        invoice = issue_draft(actor=user, draft=draft, now=now, today=today)
        there = redirect_htmx(request, reverse("invoicing:detail", args=[invoice.pk]))
        said = f"{invoice.get_kind_display().capitalize()} {invoice.number} issued"
        if not request.POST.get("send"):
            return toast(request, there, said)
        try:
            send_invoice(actor=user, invoice=_whole(invoice), now=now, today=today)
        except _WIDE as refusal:
            return toast(request, there, f"{said}, but not sent: {refusal}", tone="warn")
        return toast(request, there, f"{said} and on its way")

    return _do(request, pk, step)


def _whole(invoice: Invoice) -> Invoice:
    found: Invoice = Invoice.objects.select_related("company", "customer", "open_item", "refers_to", "replaces").get(pk=invoice.pk)
    return found


def _user(request: HttpRequest) -> Any:
    return request.user


@require_POST
@allowed("invoices.issue")
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Put it aside; it can be brought back."""

    def step(draft: Draft) -> HttpResponse:
        discard_draft(actor=_user(request), draft=draft, today=clock.today())
        said = "Draft discarded; what it billed can be billed again"
        there = redirect_htmx(request, reverse("invoicing:drafts"))
        return toast(request, there, said, undo_url=reverse("invoicing:draft-restore", args=[pk]))

    return _do(request, pk, step)


@require_POST
@allowed("invoices.issue")
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring a discarded one back, checked anew."""

    def step(draft: Draft) -> HttpResponse:
        back = restore_draft(actor=_user(request), draft=draft, today=clock.today())
        check_draft(actor=_user(request), draft=back, today=clock.today())
        return toast(request, redirect_htmx(request, reverse("invoicing:draft", args=[pk])), "Draft brought back")

    return _do(request, pk, step)


@require_POST
@allowed("invoices.issue")
def many(request: HttpRequest) -> HttpResponse:
    """Issue, issue and send, check or discard the drafts chosen: in the background, with a result for each."""
    user: Any = request.user
    what = request.POST.get("do", "")
    keys = [int(v) for v in request.POST.getlist("keys")[:5000] if v.isascii() and v.isdigit() and len(v) < 19]
    found = list(Draft.objects.visible_to(user, "invoices.issue").live().filter(pk__in=keys).order_by("pk").values_list("pk", flat=True))
    back = redirect_htmx(request, reverse("invoicing:drafts"))
    if what not in ("issue", "send", "check", "discard") or not found:
        return toast(request, back, "Choose drafts that are on their way", tone="warn")
    params = {"drafts": found, "do": what, "day": clock.today().isoformat()}
    job = create_job(actor=user, kind="drafts", slot=f"drafts:{secrets.token_hex(12)}", params=params)
    ring(job)
    return redirect_htmx(request, reverse("workflow:job", args=[job.pk]))
