"""Approvals on the screen: what waits for me, what I asked for; one request with what exactly will be done, and who may decide."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import address, filters_of, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company
from workflow.models import Approval
from workflow.services.approvals import approve, reject, withdraw
from workflow.services.attachments import files_of
from workflow.services.following import affairs_of
from workflow.services.queue import (
    SHOWN,
    VIEWS,
    Narrowed,
    Shown,
    approvals_in_sight,
    facts_of,
    kinds_known,
    request_in_sight,
    steps_of,
    told,
    totals_of,
    waiting_for,
)
from workflow.services.subjects import address_of

STEPS = {"approve": (approve, "Approved"), "reject": (reject, "Rejected"), "withdraw": (withdraw, "Withdrawn")}


@allowed("approvals.view")
def index(request: HttpRequest) -> HttpResponse:
    """Requests by view and filters; also as Excel and CSV."""
    user: Any = request.user
    asked = filters_of(request, view="mine", kind="", company="", q="")
    asked["view"] = asked["view"] if asked["view"] in dict(VIEWS) else "mine"
    exporting = bool(request.GET.get("format"))
    if exporting and not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    wanted = Narrowed(asked["view"], asked["kind"], asked["company"], asked["q"].replace("\x00", ""))
    rows = approvals_in_sight(user, wanted, clock.today(), 10 * SHOWN if exporting else SHOWN)
    narrowed = {name: asked[name] for name in ("kind", "company", "q") if asked[name]}
    cover = Cover("Approvals", user.name, clock.today(), {"view": dict(VIEWS)[asked["view"]]} | narrowed)
    if file := export_response(request, _table(rows), cover):
        return file
    mine = len(rows) if asked["view"] == "mine" and not narrowed else waiting_for(user, clock.today())
    context = {
        "rows": rows, "asked": asked, "views": [(code, label, mine if code == "mine" else None) for code, label in VIEWS],
        "kinds": kinds_known(), "narrowed": narrowed, "sums": totals_of(rows),
        "cut": len(rows) == SHOWN, "shown": SHOWN, "companies": _companies(user), "user_can_export": user.can("reports.export"),
        "today": clock.today(), "small_url": address("invoicing:small-balances") if user.can("writeoffs.request") else "",
    }  # fmt: skip
    return page(request, "workflow/approvals.html", context, fragment="table")


def _companies(user: Any) -> Any:
    return Company.objects.visible_to(user, "approvals.view")


def _table(rows: list[Shown]) -> Table:
    columns = [
        Column("kind", "Kind", lambda s: s.kind, pin=True),
        Column("title", "Request", lambda s: s.row.title, grow=True),
        Column("amount", "Amount", lambda s: s.row.amount, kind="money", total=True),
        Column("currency", "Currency", lambda s: s.row.currency),
        Column("summed", "With 30 days", lambda s: s.total, kind="money"),
        Column("reason", "Reason", lambda s: s.row.reason, grow=True),
        Column("asker", "Asked by", lambda s: s.asker),
        Column("asked", "Asked on", lambda s: s.row.requested_on, kind="date"),
        Column("state", "State", lambda s: s.row.get_state_display()),
        Column("decider", "Decided by", lambda s: s.decider),
        Column("behalf", "On behalf of", lambda s: s.behalf),
        Column("decided", "Decided on", lambda s: s.row.decided_at.date() if s.row.decided_at else None, kind="date"),
        Column("note", "Note", lambda s: s.row.decision_note, grow=True),
        Column("company", "Company", lambda s: s.row.company.code),
    ]
    return Table(columns, rows, currency=lambda s: s.row.currency, name="approval")


@allowed("approvals.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One request; to htmx the panel beside the list."""
    return _page(request, _approval(request, pk))


def _page(request: HttpRequest, approval: Approval, *, refused: str = "", step: str = "", note: str = "") -> HttpResponse:
    user: Any = request.user
    one = told(user, [approval], clock.today())[0]
    context = {
        "one": one, "a": approval, "facts": facts_of(approval), "files": files_of(user, approval), "steps": steps_of(approval),
        "refused": refused, "step": step, "note": note, "own": approval.requested_by == user.label, "today": clock.today(),
        "subject_url": address_of(approval.subject_type, approval.subject_id), "affairs": affairs_of(approval, user),
    }  # fmt: skip
    return page(request, "workflow/approval.html", context, fragment="peek", status=422 if refused else 200)


@require_POST
@allowed("approvals.view")
def decide(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Approve, reject with a note, or take one's own request back; then the next one that waits."""
    user: Any = request.user
    approval, note = _approval(request, pk), request.POST.get("note", "").replace("\x00", "")[:2_000]
    if verb not in STEPS:
        raise Http404
    do, words = STEPS[verb]
    try:
        done = do(actor=user, approval=approval, now=clock.now(), today=clock.today(), note=note)
    except NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except Refused as refusal:
        return _page(request, _approval(request, pk), refused=f"{refusal}"[:1].upper() + f"{refusal}."[1:], step=verb, note=note)
    back = reverse("workflow:approval", args=[pk]) if verb == "withdraw" else reverse("workflow:approvals")
    affairs = [(a.href, f"{a.name} is {a.stands}") for a in affairs_of(done, user)]
    return toast(request, redirect_htmx(request, back), f"{words}: {done.title}.", links=affairs)


def _approval(request: HttpRequest, pk: int) -> Approval:
    user: Any = request.user
    found: Approval | None = request_in_sight(user, pk)
    if found is None:
        raise Http404
    return found
