"""Who pays for whom: the list, a proposal, its approval, its end."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import filters_of, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.rows import parse_day
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from cashapp.forms import words
from cashapp.forms.payers import RelationForm
from cashapp.models import PayerRelation
from cashapp.services.payer_relations import NewRelation, decide_relation, end_relation, propose_relation
from org.access import allowed
from org.actors import NotAllowed
from org.selectors import actor_names

SHOWN = 300
TONES = {"proposed": "warn", "active": "ok", "refused": "bad", "ended": ""}


@allowed("cash.view")
def relations(request: HttpRequest) -> HttpResponse:
    """Relations in sight, those to be approved first. Also as Excel and CSV."""
    user: Any = request.user
    asked = filters_of(request, state="", q="")
    if request.GET.get("format") and not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    found = _found(user, asked)
    rows = list(found if request.GET.get("format") else found[:SHOWN])
    table = _table(rows, asked)
    if file := export_response(request, table, Cover("Payer relations", user.name, clock.today(), asked)):
        return file
    context = {
        "table": table, "rows": rows, "asked": asked, "states": PayerRelation.State.choices, "shown": SHOWN,
        "user_can_export": user.can("reports.export"), "may_edit": user.can("payers.edit"),
        "waiting": _found(user, {"state": "proposed", "q": ""}).count(),
    }  # fmt: skip
    return page(request, "cashapp/payers/relations.html", context, fragment="table")


def _found(user: Any, asked: dict[str, str]) -> QuerySet[PayerRelation]:
    found = PayerRelation.objects.visible_to(user, "cash.view").select_related("payer", "pays_for", "company")
    if asked["state"]:
        found = found.filter(state=asked["state"])
    if text := asked["q"].replace("\0", "").strip():
        found = found.filter(
            Q(payer__name__icontains=text)
            | Q(payer_name__icontains=text)
            | Q(pays_for__name__icontains=text)
            | Q(pays_for__number__iexact=text)
        )
    return found.order_by("-pk")


def _table(rows: list[PayerRelation], asked: dict[str, str]) -> Table:
    names = actor_names({r.proposed_by for r in rows} | {r.decided_by for r in rows if r.decided_by})
    columns = [
        Column(
            "payer",
            "Payer",
            lambda r: r.payer.name if r.payer else r.payer_name,
            href=lambda r: reverse("cashapp:payer-relation", args=[r.pk]),
            pin=True,
        ),
        Column("kind", "Is", lambda r: r.get_kind_display(), priority=2),
        Column(
            "pays_for",
            "Pays for",
            lambda r: r.pays_for.name,
            href=lambda r: reverse("cashapp:payer-graph", args=[r.pays_for_id]),
            grow=True,
            phone="full",
        ),
        Column("number", "Number", lambda r: r.pays_for.number, priority=3),
        Column("state", "State", lambda r: r.get_state_display(), kind="badge", tone=lambda r: TONES[r.state]),
        Column("from", "From", lambda r: r.valid_from, kind="date", priority=2),
        Column("to", "To", lambda r: r.valid_to, kind="date", priority=2),
        Column("proposed", "Proposed by", lambda r: names.get(r.proposed_by, r.proposed_by), priority=3),
        Column("decided", "Decided by", lambda r: names.get(r.decided_by, r.decided_by), priority=3),
        Column("company", "Company", lambda r: r.company.code, priority=3),
    ]
    return Table(columns, rows, row_id=lambda r: f"relation-{r.pk}", name="relation", query=asked, stack=True)


@allowed("payers.edit")
def new(request: HttpRequest) -> HttpResponse:
    """Propose that somebody pays for a customer."""
    user: Any = request.user
    first = {"valid_from": clock.today(), "pays_for": request.GET.get("for", ""), "payer": request.GET.get("payer", "")}
    form = RelationForm(request.POST or None, actor=user, initial=first)
    if request.method == "POST" and form.is_valid():
        wanted = NewRelation(**form.cleaned_data)
        try:
            made = propose_relation(actor=user, company=wanted.pays_for.company, wanted=wanted)
        except (Refused, NotAllowed) as error:
            form.add_error(None, str(error))
        else:
            said = f"Proposed: {made}. Somebody else approves it."
            return toast(request, redirect_htmx(request, reverse("cashapp:payer-relation", args=[made.pk])), said)
    return page(request, "cashapp/payers/relation_new.html", {"form": form}, status=422 if form.errors else 200)


@allowed("cash.view")
def relation(request: HttpRequest, pk: int) -> HttpResponse:
    """One relation, and what can be done with it."""
    return _page(request, _in_sight(request, pk, "cash.view"))


def _in_sight(request: HttpRequest, pk: int, permission: str) -> PayerRelation:
    user: Any = request.user
    rows = PayerRelation.objects.visible_to(user, permission).select_related("payer", "pays_for", "company")
    found: PayerRelation = get_object_or_404(rows, pk=pk)
    return found


def _page(request: HttpRequest, row: PayerRelation, problem: str = "") -> HttpResponse:
    user: Any = request.user
    may_decide = row.state == "proposed" and row.proposed_by != user.label and user.can("payers.approve", row.company_id)
    context = {
        "r": row, "problem": problem, "tone": TONES[row.state], "names": actor_names({row.proposed_by, row.decided_by}),
        "today": clock.today(),
        "may_decide": may_decide, "may_end": row.state in ("proposed", "active") and user.can("payers.edit", row.company_id),
        "is_own": row.state == "proposed" and row.proposed_by == user.label,
    }  # fmt: skip
    return page(request, "cashapp/payers/relation.html", context, status=422 if problem else 200)


@require_POST
@allowed("payers.approve")
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve or refuse what somebody else proposed."""
    user: Any = request.user
    row, approved = _in_sight(request, pk, "payers.approve"), request.POST.get("do") == "approve"
    try:
        decide_relation(actor=user, relation=row, approved=approved, now=clock.now())
    except (Refused, NotAllowed) as error:
        return _page(request, row, str(error))
    said = f"{row}: {'approved' if approved else 'refused'}"
    return toast(request, redirect_htmx(request, f"{reverse('cashapp:payers')}?state=proposed"), said)


@require_POST
@allowed("payers.edit")
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """The payer pays for the customer no longer."""
    user: Any = request.user
    row = _in_sight(request, pk, "payers.edit")
    day = parse_day(request.POST.get("day", "")) or clock.today()
    try:
        ended = end_relation(actor=user, relation=row, day=day, reason=words(request.POST.get("reason"), 300))
    except (Refused, NotAllowed) as error:
        return _page(request, row, str(error))
    return toast(request, redirect_htmx(request, reverse("cashapp:payers")), f"{row} until {ended.valid_to}", tone="warn")
