"""Accounts on the ladder: the lists, a case with its page, raised by hand."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from arops.lib import clock
from arops.lib.files import Kept, download
from arops.lib.http import filters_of, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from collections_app.forms.escalation import PageForm, RaiseForm
from collections_app.models import Escalation, Rung
from collections_app.selectors import escalation_lists as reading
from collections_app.selectors.escalation import cases_in_sight
from collections_app.selectors.recovery import recovery_of
from collections_app.services.escalation.deciding import deciders, may_decide
from collections_app.services.escalation.placing import summary_paper
from collections_app.services.escalation.raising import raise_case
from customers.models import Customer
from org.access import allowed
from org.selectors import actor_names
from workflow.models import Event
from workflow.views.stored import keeps_views

State = Escalation.State
SHOWN = 300
TONES = {"proposed": "info", "open": "warn", "decided": "ok", "placed": "bad"}


@allowed("collections.view")
@keeps_views
def cases(request: HttpRequest) -> HttpResponse:
    """Cases in sight by what they wait for; also as Excel and CSV."""
    user = _user(request)
    asked = filters_of(request, view="", q="")
    sight = cases_in_sight(user)
    held = reading.counts(user, sight)
    if asked["view"] not in held:
        asked["view"] = next((code for code in ("mine", "proposed", "open", "placed") if held[code]), "proposed")
    found = reading.of_view(user, asked["view"], sight)
    if asked["q"]:
        found = found.filter(customer__name__icontains=asked["q"]) | found.filter(number__iexact=asked["q"])
    if request.GET.get("format") and not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    ordered = found.order_by("-amount", "pk")
    table = _table(reading.rows_of(list(ordered if request.GET.get("format") else ordered[:SHOWN])), asked["view"])
    file = export_response(request, table, Cover("Escalations", user.name, clock.today(), {k: v for k, v in asked.items() if v}))
    if file:
        return file
    context = {
        "table": table, "asked": asked, "tabs": [(code, name, held[code]) for code, name, _ in reading.VIEWS], "shown": SHOWN,
        "count": found.count(), "has_ladder": Rung.objects.visible_to(user, "collections.view").exists(),
        "user_can_export": user.can("reports.export"),
    }  # fmt: skip
    return page(request, "collections_app/escalations.html", context, fragment="rows")


def _table(rows: Any, view: str) -> Table:
    """Cases as rows and columns, for the page and for files."""
    outside = view in ("placed", "decided", "done")
    columns = [
        Column("customer", "Customer", lambda r: r.case.customer.name, pin=True, href=_address),
        Column("number", "Case", lambda r: r.case.number, priority=2),
        Column("company", "Company", lambda r: r.case.company.code, priority=3),
        Column("rung", "Rung", lambda r: r.case.rung.name, priority=2),
        Column("amount", "Past due", lambda r: r.case.amount, kind="money", total=True),
        Column("currency", "Cur", lambda r: r.case.currency),
        Column("state", "State", _state, kind="badge", tone=lambda r: TONES.get(r.case.state, ""), priority=2),
        Column("raised", "Since", lambda r: r.case.raised_on, kind="date", priority=2),
    ]
    if outside:
        columns += [
            Column("with", "With", lambda r: r.case.placed_with, priority=3),
            Column("came", "Recovered", lambda r: r.came if r.case.placed_on else None, kind="money", total=True, priority=2),
        ]  # fmt: skip
    columns.append(Column("because", "Because", lambda r: r.case.because, grow=True, priority=3))
    return Table(columns, rows, currency=lambda r: r.case.currency, row_id=lambda r: f"case-{r.case.pk}", name="case")


def _address(row: reading.Row) -> str:
    return reverse("collections:escalation", args=[row.case.pk])


def _state(row: reading.Row) -> str:
    return row.case.get_state_display().capitalize()


@allowed("collections.view")
def case(request: HttpRequest, pk: int) -> HttpResponse:
    """A case: the page, the facts it was written from, what may be done, what happened."""
    user = _user(request)
    found = get_object_or_404(cases_in_sight(user), pk=pk)
    history = list(Event.objects.filter(subject_type="collections_app.escalation", subject_id=found.pk).order_by("-id")[:40])
    placed, came = recovery_of([found]).get(found.pk, (0, 0))
    context = {
        "case": found, "facts": found.facts, "tone": TONES.get(found.state, ""), "may": _may(user, found), "placed": placed, "came": came,
        "form": PageForm(initial={name: getattr(found, name) for name in ("summary", "recommended", "version")}),
        "earlier": reading.earlier_of(user, found), "history": history,
        "names": actor_names({e.actor for e in history} | {found.raised_by}),
        "deciders": [] if found.rung.is_outside else deciders(found.company_id, found.rung.role),
    }  # fmt: skip
    return page(request, "collections_app/escalation.html", context)


def _may(user: Any, found: Escalation) -> dict[str, bool]:
    """What the person may do with the case as it stands."""
    if user.only_reads:
        return {}
    can = {name: user.can(f"escalations.{name}", found.company_id) for name in ("raise", "decide", "place")}
    state, outside = found.state, found.rung.is_outside
    return {
        "edit": can["raise"] and state in (State.PROPOSED, State.OPEN), "confirm": can["raise"] and state == State.PROPOSED,
        "decide": state == State.OPEN and not outside and user.label != found.raised_by and may_decide(user, found),
        "place": state == State.OPEN and outside and can["place"] and user.label != found.raised_by,
        "send_back": state == State.OPEN and outside and can["place"], "recall": state == State.PLACED and can["place"],
        "take": state in (State.OPEN, State.PLACED) and can["place" if outside else "decide"] and found.assigned_to_id != user.pk,
        "close": state in (State.DECIDED, State.PLACED, State.RECALLED) and can["place" if outside else "decide"],
        "pack": found.placed_on is not None and can["place"],
    }  # fmt: skip


@allowed("collections.view")
def summary(request: HttpRequest, pk: int) -> HttpResponse:
    """The page as PDF."""
    found = get_object_or_404(cases_in_sight(_user(request)), pk=pk)
    paper = summary_paper(found)
    sort = "application/pdf" if paper.name.endswith(".pdf") else "text/html; charset=utf-8"
    return download(Kept(f"{found.number}-{paper.name}", paper.content, sort))


@allowed("escalations.place")
def pack(request: HttpRequest, pk: int) -> HttpResponse:
    """What went out with the case, byte for byte."""
    user = _user(request)
    found = get_object_or_404(cases_in_sight(user, "escalations.place").exclude(pack=None), pk=pk)
    return download(found.pack)


@allowed("escalations.raise")
def new(request: HttpRequest, pk: int) -> HttpResponse:
    """Raise a customer's account to a rung by hand."""
    user = _user(request)
    customer = get_object_or_404(Customer.objects.visible_to(user, "escalations.raise").select_related("company"), pk=pk)
    today = clock.today()
    currencies = reading.currencies_past_due(customer, today)
    form = RaiseForm(request.POST or None, company=customer.company, currencies=currencies)
    if form.is_bound and form.is_valid():
        try:
            made = raise_case(actor=user, customer=customer, day=today, **form.cleaned_data)
        except Refused as error:
            form.add_error(None, str(error))
        else:
            return toast(
                request, redirect_htmx(request, reverse("collections:escalation", args=[made.pk])), f"{made.number} waits for {made.rung}"
            )
    context = {
        "customer": customer,
        "form": form,
        "currencies": currencies,
        "rungs": Rung.objects.filter(company=customer.company).exists(),
    }
    return page(request, "collections_app/escalation_new.html", context, status=422 if form.errors else 200)


def _user(request: HttpRequest) -> Any:
    return request.user
