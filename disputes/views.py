"""The list of disputes and the case page."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import page, redirect_htmx, toast
from disputes.forms import AssignForm, NoteForm, OpenForm, ResolveForm
from disputes.models import Dispute
from disputes.selectors import dispute_list, disputed_by_reason, history_of
from disputes.services import NEXT, DisputeError, assign_dispute, move_dispute, note_dispute, open_dispute, resolve_dispute
from ledger.models import OpenItem
from org.access import allowed
from org.actors import NotAllowed


@allowed("disputes.view")
def index(request: HttpRequest) -> HttpResponse:
    """Disputes by state, reason, owner and text; those due first come first."""
    user: Any = request.user
    state, reason, text = request.GET.get("state", "open"), request.GET.get("reason", ""), request.GET.get("q", "").strip()
    owner = user.pk if request.GET.get("owner") == "me" else None
    found = dispute_list(actor=user, state=state, reason=reason, text=text, owner_id=owner)
    context = {
        "disputes": found.order_by("due_date", "pk")[:500], "count": found.count(), "state": state, "reason": reason, "q": text,
        "mine": bool(owner), "reasons": Dispute.Reason.choices, "today": clock.today(), "causes": disputed_by_reason(actor=user),
        "states": [("open", "open"), *Dispute.State.choices[1:], ("closed", "closed"), ("all", "all")],
    }  # fmt: skip
    return page(request, "disputes/list.html", context, fragment="table")


@allowed("disputes.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A case: facts, track, thread, what can be done next."""
    return _case(request, _dispute(request, pk, "disputes.view"))


def _case(request: HttpRequest, dispute: Dispute, **forms: Any) -> HttpResponse:
    user: Any = request.user
    context = {
        "dispute": dispute,
        "notes": dispute.notes.all(),
        "history": history_of(dispute)[:50],
        "today": clock.today(),
        "track": [s for s in Dispute.State.choices if s[0] not in ("resolved", "rejected")],
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
    }
    return page(request, "disputes/detail.html", context, status=422 if forms else 200)


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
    return _do(request, dispute, "Noted", lambda user: note_dispute(actor=user, dispute=dispute, body=form.cleaned_data["body"]))


@require_POST
@allowed("disputes.work")
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move along the track."""
    dispute, state = _dispute(request, pk, "disputes.work"), request.POST.get("state", "")
    return _do(
        request, dispute, f"Now {state}", lambda user: move_dispute(actor=user, dispute=dispute, state=state, version=_version(request))
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
    return int(given) if given.isdecimal() and given.isascii() else -1


def _dispute(request: HttpRequest, pk: int, permission: str) -> Dispute:
    user: Any = request.user
    found = Dispute.objects.visible_to(user, permission).select_related("customer", "company", "open_item", "owner", "department")
    return get_object_or_404(found, pk=pk)
