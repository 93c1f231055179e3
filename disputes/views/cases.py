"""The list of disputes and the case page."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import address, filters_of, page, redirect_htmx, toast
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from disputes.forms.cases import AssignForm, NoteForm, OpenForm, ResolveForm
from disputes.models import Dispute
from disputes.selectors import dispute_list, disputed_by_reason, history_of
from disputes.services import NEXT, DisputeError, assign_dispute, move_dispute, note_dispute, open_dispute, resolve_dispute
from ledger.models import OpenItem
from org.access import allowed
from org.actors import NotAllowed
from org.selectors import actor_names

ORDERS = {"due": "due_date", "amount": "amount", "customer": "customer__name", "number": "pk", "opened": "opened_on", "state": "state"}
SHOWN = 500
"""Cases a page shows; its file holds all of them."""
TONES = {"open": "info", "decision": "warn", "waiting": "", "investigating": "", "resolved": "ok", "rejected": ""}


@allowed("disputes.view")
def index(request: HttpRequest) -> HttpResponse:
    """Disputes by state, reason, owner and text, in any order; those due first come first. Also as Excel and CSV."""
    user: Any = request.user
    asked = filters_of(request, state="open", reason="", q="", owner="", sort="due")
    state = asked["state"] if asked["state"] in {"open", "closed", "all", *Dispute.State.values} else "open"
    owner, today = (user.pk if asked["owner"] == "me" else None), clock.today()
    found = dispute_list(actor=user, state=state, reason=asked["reason"], text=asked["q"], owner_id=owner)
    ordered = found.select_related("company").order_by(*_order(asked["sort"]))
    if request.GET.get("format") and not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    rows = ordered if request.GET.get("format") else ordered[:SHOWN]
    table = _table(rows, asked, today)
    narrowed = {name: asked[name] for name in ("reason", "q", "owner") if asked[name]}
    file = export_response(request, table, Cover("Disputes", user.name, today, {"state": state} | narrowed))
    if file:
        return file
    context = {
        "table": table, "count": found.count(), "state": state, "asked": asked, "narrowed": narrowed, "mine": bool(owner),
        "reasons": Dispute.Reason.choices, "today": today, "causes": disputed_by_reason(actor=user), "shown": SHOWN,
        "user_can_export": user.can("reports.export"),
        "states": [("open", "all open"), *Dispute.State.choices[1:-2], ("closed", "closed"), ("all", "all")],
    }  # fmt: skip
    return page(request, "disputes/list.html", context, fragment="table")


def _order(sort: str) -> tuple[str, str]:
    """Fields to order by; the default where the wish isn't known."""
    name = ORDERS.get(sort.lstrip("-"), "due_date")
    return ("-" if sort.startswith("-") else "") + name, "pk"


def _table(rows: Any, asked: dict[str, str], today: date) -> Table:
    """Disputes as rows and columns, for the page and for files."""

    def late(case: Dispute) -> int | None:
        return (today - case.due_date).days if not case.resolution and case.due_date < today else None

    columns = [
        Column("number", "Case", lambda d: d.number, href=lambda d: reverse("disputes:detail", args=[d.pk]), pin=True, sort="number"),
        Column("customer", "Customer", lambda d: d.customer.name, href=_customer_of, grow=True, sort="customer"),
        Column("amount", "Contested", lambda d: d.amount, kind="money", total=True, sort="amount"),
        Column("currency", "Cur", lambda d: d.currency),
        Column("reason", "Reason", lambda d: d.get_reason_display(), priority=2),
        Column("item", "Item", lambda d: d.open_item.number, href=lambda d: reverse("ledger:item", args=[d.open_item_id]), priority=3),
        Column("state", "State", lambda d: d.get_state_display().capitalize(), kind="badge", tone=lambda d: TONES[d.state], sort="state"),
        Column("owner", "Owner", lambda d: d.owner.name if d.owner else "", priority=3),
        Column("opened", "Opened", lambda d: d.opened_on, kind="date", priority=3, sort="opened"),
        Column("due", "Due", lambda d: d.due_date, kind="date", priority=2, sort="due", tone=lambda d: "bad" if late(d) else ""),
        Column("late", "Days late", late, kind="num", tone=lambda d: "bad"),
    ]
    return Table(
        columns, rows, currency=lambda d: d.currency, row_id=lambda d: f"dispute-{d.pk}", name="dispute", sort=asked["sort"], query=asked
    )


def _customer_of(case: Dispute) -> str:
    return address("customers:detail", case.customer_id)


@allowed("disputes.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A case: facts, track, thread, what can be done next."""
    return _case(request, _dispute(request, pk, "disputes.view"))


def _case(request: HttpRequest, dispute: Dispute, **forms: Any) -> HttpResponse:
    user: Any = request.user
    notes, history = list(dispute.notes.all()), list(history_of(dispute)[:50])
    track = [s for s in Dispute.State.choices if s[0] not in ("resolved", "rejected")]
    context = {
        "dispute": dispute,
        "notes": notes,
        "history": history,
        "names": actor_names({n.author for n in notes} | {e.actor for e in history} | {dispute.opened_by}),
        "today": clock.today(),
        "track": track,
        "passed": _passed(dispute, track),
        "closed": not NEXT[dispute.state] - {"open"},
        "next_states": [(s, Dispute.State(s).label) for s in sorted(NEXT[dispute.state])],
        "same_cause": Dispute.objects.visible_to(user, "disputes.view")
        .filter(reason=dispute.reason, customer=dispute.customer_id)
        .exclude(pk=dispute.pk)[:6],
        "note_form": forms.get("note", NoteForm()),
        "assign_form": AssignForm(dispute=dispute, initial={"owner": dispute.owner_id, "version": dispute.version}),
        "resolve_form": forms.get("resolve", ResolveForm(initial={"version": dispute.version})),
        "may_work": user.can("disputes.work", dispute.company_id),
        "may_resolve": user.can("disputes.resolve", dispute.company_id),
        "call_url": address("collections:call", dispute.customer_id) if user.can("collections.work", dispute.company_id) else "",
        "mail_url": address("customers:write", dispute.customer_id) if user.can("messages.send", dispute.company_id) else "",
    }
    return page(request, "disputes/detail.html", context, status=422 if forms else 200)


def _passed(dispute: Dispute, track: list[tuple[str, str]]) -> set[str]:
    """The steps that lie behind the case; all of them once it is closed."""
    codes = [code for code, _ in track]
    return set(codes[: codes.index(dispute.state)]) if dispute.state in codes else set(codes)


@allowed("disputes.open")
def create(request: HttpRequest, item_pk: int) -> HttpResponse:
    """Open a dispute on an item."""
    user: Any = request.user
    item = get_object_or_404(
        OpenItem.objects.visible_to(user, "disputes.open").owed().open().select_related("customer", "company"), pk=item_pk
    )
    form = OpenForm(request.POST or None, item=item)
    if request.method == "POST" and form.is_valid():
        source = f"form:{user.pk}:{item.pk}:{request.POST.get('token', '')[:40]}"
        try:
            dispute = open_dispute(actor=user, open_item=item, today=clock.today(), source=source, owner=user, **form.cleaned_data)
        except (DisputeError, NotAllowed) as error:
            form.add_error(None, str(error))
        else:
            return toast(
                request, redirect_htmx(request, reverse("disputes:detail", args=[dispute.pk])), f"{dispute.number} opened", tone="ok"
            )
    context = {"item": item, "form": form, "token": getattr(request, "request_id", "")}
    return page(request, "disputes/open.html", context, status=422 if form.errors else 200)


@require_POST
@allowed("disputes.work")
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a note."""
    dispute, form = _dispute(request, pk, "disputes.work"), NoteForm(request.POST)
    if not form.is_valid():
        return _case(request, dispute, note=form)
    told = {"body": form.cleaned_data["body"], "is_internal": request.POST.get("visible") != "customer"}
    return _do(request, dispute, "Noted", lambda user: note_dispute(actor=user, dispute=dispute, **told))


@require_POST
@allowed("disputes.work")
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move along the track."""
    dispute, state = _dispute(request, pk, "disputes.work"), request.POST.get("state", "")
    return _do(
        request,
        dispute,
        f"Now {Dispute.State(state).label if state in Dispute.State.values else state}",
        lambda user: move_dispute(actor=user, dispute=dispute, state=state, version=_version(request), today=clock.today()),
    )


@require_POST
@allowed("disputes.work")
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Give it to someone."""
    dispute = _dispute(request, pk, "disputes.work")
    form = AssignForm(request.POST, dispute=dispute)
    if not form.is_valid():
        return _do(request, dispute, "", lambda user: (_ for _ in ()).throw(DisputeError("choose someone of this company")))
    owner = form.cleaned_data["owner"]
    return _do(
        request,
        dispute,
        f"Owned by {owner or 'nobody'}",
        lambda user: assign_dispute(actor=user, dispute=dispute, owner=owner, version=_version(request)),
    )


@require_POST
@allowed("disputes.resolve")
def resolve(request: HttpRequest, pk: int) -> HttpResponse:
    """Close it."""
    dispute, form = _dispute(request, pk, "disputes.resolve"), ResolveForm(request.POST)
    if not form.is_valid():
        return _case(request, dispute, resolve=form)
    return _do(
        request,
        dispute,
        f"{dispute.number} closed",
        lambda user: resolve_dispute(actor=user, dispute=dispute, today=clock.today(), **form.cleaned_data),
    )


def _do(request: HttpRequest, dispute: Dispute, told: str, act: Callable[[Any], object]) -> HttpResponse:
    response = redirect_htmx(request, reverse("disputes:detail", args=[dispute.pk]))
    try:
        act(request.user)
    except (DisputeError, NotAllowed) as error:
        return toast(request, response, str(error), tone="bad")
    return toast(request, response, told, tone="ok")


def _version(request: HttpRequest) -> int:
    given = request.POST.get("version", "")
    return int(given) if given.isdecimal() and given.isascii() and len(given) < 10 else -1


def _dispute(request: HttpRequest, pk: int, permission: str) -> Dispute:
    user: Any = request.user
    found = Dispute.objects.visible_to(user, permission).select_related("customer", "company", "open_item", "owner", "department")
    return get_object_or_404(found, pk=pk)
