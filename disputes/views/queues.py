"""Queues of cases: mine, my department's, breaching soon, late, waiting on the customer, nobody's, all; the next case of a queue."""

from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from customers.models import Customer
from disputes.forms.queues import FilterForm, SeveralForm
from disputes.models import Cause, Dispute
from disputes.policy.clock import days_left
from disputes.policy.track import CLOSED
from disputes.selectors import queues
from disputes.selectors.queues import VIEWS, Totals, Wanted
from disputes.services.several import assign_disputes, watch_disputes
from disputes.views.shared import case_in_sight, case_url, queue_of
from org.access import allowed
from org.actors import NotAllowed
from org.models import Department, User
from org.selectors import people_with
from workflow.views.stored import keeps_views

EXPORTED = 50_000
"""Cases that one file holds; a file of more would keep a worker for minutes, and there the API serves better."""
TONES = {"open": "info", "decision": "warn", "settling": "info", "resolved": "ok"}
_SAID = {"q": "text", "least": "at least", "most": "at most", "opened_from": "opened from", "opened_to": "opened to"}


@allowed("disputes.view")
@keeps_views
def index(request: HttpRequest) -> HttpResponse:
    """A queue, narrowed by filters, a page at a time; `format=xlsx` or `csv` gives all of it as a file."""
    user, today = _user(request), clock.today()
    form, book = FilterForm(request.GET), queues.Queues(user, today)
    valid, tally = form.is_valid(), book.tally()
    wanted = _begin(form.wanted(), tally, request)
    found = book.find(wanted)
    if request.GET.get("format") in ("xlsx", "csv") and valid:
        return _export(request, form, found, wanted)
    after = request.GET.get("after", "")[:300]
    shown = queues.page_of(found, sort=wanted.sort, after=after)
    asked = _asked(form, wanted)
    context = {
        "rows": [_row(case, asked, wanted, today) for case in shown.rows], "next": shown.after, "is_first": not after, "wanted": wanted,
        "shows_department": any(case.department_id for case in shown.rows),
        "asked": asked, "tabs": _tabs(book, tally), "sums": _sums(request, found, wanted, tally, form),
        "head": table_of([], today, wanted.sort, asked).head(),
        "in_force": in_force(form, user), "errors": form.reasons(), "today": today, "label": dict(VIEWS)[wanted.view],
        "reasons": Dispute.Reason.choices, "user_can_export": user.can("reports.export"), "may_work": user.can("disputes.work"),
        **_offers(user),
    }  # fmt: skip
    return page(request, "disputes/list.html", context, fragment="rows", status=200 if valid else 422)


def _begin(wanted: Wanted, tally: dict[str, Totals], request: HttpRequest) -> Wanted:
    """The queue one begins with where none is named: mine, or all where none is mine."""
    if request.GET.get("view") or tally["mine"].count:
        return wanted
    return replace(wanted, view="all")


def _tabs(book: queues.Queues, tally: dict[str, Totals]) -> list[tuple[str, str, int | None]]:
    """The queues with their counts; a department's only for those who are in one, what is escalated for those who look at it."""
    hidden = {"department": not book.departments, "escalated": not (tally["escalated"].count or book.actor.can("disputes.resolve"))}
    offered = [(code, label) for code, label in VIEWS if not hidden.get(code)]
    return [(code, label, tally[code].count if code in tally else None) for code, label in offered]


def _sums(request: HttpRequest, found: QuerySet[Dispute], wanted: Wanted, tally: dict[str, Totals], form: FilterForm) -> Totals:
    """Totals of the list: known from the tabs where nothing narrows it."""
    if wanted.view in tally and not in_force(form, request.user):
        return tally[wanted.view]
    return queues.totals(found, everything=request.GET.get("sum") == "all")


def _offers(user: Any) -> dict[str, Any]:
    """What the filters and the bar of the selection offer."""
    companies = list(queues.companies_of(user))
    keys = [c.pk for c in companies]
    return {
        "companies": companies, "causes": list(Cause.objects.visible_to(user, "disputes.view").filter(is_active=True).order_by("name")),
        "departments": list(Department.objects.filter(company__in=keys).select_related("company")),
        "people": list(people_with(keys, "disputes.work")),
    }  # fmt: skip


def _asked(form: FilterForm, wanted: Wanted) -> dict[str, str]:
    """The query string's own words, without the place in the list."""
    own = {name: str(form.data.get(name, ""))[:200] for name in form.fields if form.data.get(name)}
    return own | {"view": wanted.view}


def _row(case: Dispute, asked: dict[str, str], wanted: Wanted, today: date) -> dict[str, Any]:
    """A case as the list shows it, with the way to its page that keeps its place in the queue."""
    left = days_left(case.due_date, today, case.paused_on)
    place = queues.place_of(case, wanted.sort)
    return {
        "case": case, "url": case_url(case.pk, urlencode(asked | {"after": place})), "left": left, "late": max(-left, 0),
        "tone": TONES.get(case.state, ""), "is_open": case.state not in CLOSED,
    }  # fmt: skip


def in_force(form: FilterForm, user: Any) -> dict[str, str]:
    """The filters that narrow the list: name and words."""
    data, said = getattr(form, "cleaned_data", {}), {}
    for name in form.fields:
        if name in ("sort", "view") or data.get(name) in (None, ""):
            continue
        said[_SAID.get(name, name)] = _words(name, data[name], user) or str(form.data.get(name))
    return said


def _words(name: str, value: Any, user: Any) -> str:
    """A filter's value for people."""
    models: dict[str, Any] = {"customer": Customer, "cause": Cause}
    if name in models:
        row = models[name].objects.visible_to(user, "disputes.view").filter(pk=value).first()
        return str(row.name) if row else ""
    if name == "owner" and value.isdigit():
        return getattr(User.objects.visible_to(user, "disputes.view").filter(pk=value).first(), "name", "")
    if name == "department":
        return str(Department.objects.filter(pk=value, company__in=queues.companies_of(user)).first() or "")
    return dict(Dispute.Reason.choices if name == "reason" else Dispute.State.choices).get(value, "") if name in ("reason", "state") else ""


def _export(request: HttpRequest, form: FilterForm, found: QuerySet[Dispute], wanted: Wanted) -> HttpResponse:
    user, today = _user(request), clock.today()
    if not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    shown = queues.page_of(found, sort=wanted.sort, size=EXPORTED)
    if shown.after:
        said = f"More than {EXPORTED:,} cases fit these filters: narrow them, or take them by the API."
        return HttpResponse(said, status=422, content_type="text/plain; charset=utf-8")
    cover = Cover("Disputes", user.name, today, {"queue": dict(VIEWS)[wanted.view]} | in_force(form, user))
    return export_response(request, table_of(shown.rows, today, wanted.sort, {}), cover) or HttpResponse(status=422)


def table_of(rows: list[Dispute], today: date, sort: str, query: dict[str, str]) -> Table:
    """The queue's columns, for its head and for files."""

    def left(case: Dispute) -> int | None:
        return None if case.state in CLOSED else days_left(case.due_date, today, case.paused_on)

    columns = [
        Column("number", "Case", lambda d: d.number, pin=True, sort="number"),
        Column("customer", "Customer", lambda d: d.customer.name, sort="customer"),
        Column("customer_number", "Customer number", lambda d: d.customer.number),
        Column("company", "Company", lambda d: d.company.code),
        Column("amount", "In dispute", lambda d: d.amount, kind="money", total=True, sort="amount"),
        Column("claimed", "Claimed", lambda d: d.claimed, kind="money", total=True),
        Column("agreed", "Allowed", lambda d: d.agreed, kind="money", total=True),
        Column("reason", "Reason", lambda d: d.get_reason_display()),
        Column("item", "Item", lambda d: d.open_item.number),
        Column("state", "State", lambda d: d.get_state_display().capitalize(), sort="state"),
        Column("waiting_on", "Waiting on", lambda d: d.get_waiting_on_display()),
        Column("owner", "Owner", lambda d: d.owner.name if d.owner else ""),
        Column("department", "Department", lambda d: d.department.name if d.department else ""),
        Column("cause", "Cause", lambda d: d.cause.name if d.cause else ""),
        Column("opened", "Opened", lambda d: d.opened_on, kind="date", sort="opened"),
        Column("due", "Due", lambda d: d.due_date, kind="date", sort="due"),
        Column("left", "Working days left", left, kind="num"),
        Column("paused", "Clock stands since", lambda d: d.paused_on, kind="date"),
        Column("resolution", "Resolution", lambda d: d.get_resolution_display()),
        Column("resolved", "Closed on", lambda d: d.resolved_on, kind="date", sort="closed"),
    ]
    return Table(columns, rows, currency=lambda d: d.currency, row_id=lambda d: f"dispute-{d.pk}", name="dispute", sort=sort, query=query)


def queue_words(request: HttpRequest) -> tuple[str, str]:
    """The queue that a case is worked from: what it is called, and its address; empty where the case was opened from elsewhere."""
    query = dict(parse_qsl(queue_of(request)))
    if not query:
        return "", ""
    query.pop("after", "")
    label = dict(VIEWS).get(query.get("view", "mine"), "Mine")
    return label, f"{reverse('disputes:list')}?{urlencode(query)}"


@allowed("disputes.view")
def following(request: HttpRequest, pk: int) -> HttpResponse:
    """The case after this one in the queue that it is worked from; the queue itself after the last."""
    user, today = _user(request), clock.today()
    case = case_in_sight(request, pk)
    query = QueryDict(queue_of(request), mutable=True)
    place = query.pop("after", [""])[-1]
    form = FilterForm(query)
    form.is_valid()
    wanted = form.wanted()
    found = queues.Queues(user, today).find(wanted)
    coming = queues.next_after(found, sort=wanted.sort, place=place or queues.place_of(case, wanted.sort), pk=case.pk)
    asked = _asked(form, wanted)
    if coming is None:
        label = dict(VIEWS)[wanted.view]
        back = redirect_htmx(request, f"{reverse('disputes:list')}?{urlencode(asked)}")
        return toast(request, back, f"That was the last case of “{label}”.", tone="ok")
    return redirect_htmx(request, case_url(coming.pk, urlencode(asked | {"after": queues.place_of(coming, wanted.sort)})))


@require_POST
@allowed("disputes.work")
def several(request: HttpRequest) -> HttpResponse:
    """Give the ticked cases to somebody, or watch them (no more)."""
    user = _user(request)
    seen = Dispute.objects.visible_to(user, "disputes.work")
    companies = list(queues.companies_of(user).values_list("pk", flat=True))
    form = SeveralForm(request.POST, companies=companies, ticked=request.POST.getlist("cases"))
    back = redirect_htmx(request, f"{reverse('disputes:list')}?{_current(request)}")
    if not form.is_valid():
        return toast(request, back, "; ".join(str(e) for errors in form.errors.values() for e in errors).capitalize(), tone="bad")
    cases = list(seen.filter(pk__in=form.cleaned_data["cases"]))
    try:
        said = _do_to(user, cases, request.POST.get("do", ""), form.cleaned_data["owner"])
    except (Refused, NotAllowed) as refusal:
        return toast(request, back, str(refusal), tone="bad")
    return toast(request, back, said, tone="ok")


def _do_to(user: User, cases: list[Dispute], do: str, owner: User | None) -> str:
    many = f"{len(cases)} case{'' if len(cases) == 1 else 's'}"
    if do == "assign":
        done = assign_disputes(actor=user, disputes=cases, owner=owner)
        return f"{many} given to {owner.name if owner else 'nobody'}" if done else "They were already."
    watch_disputes(actor=user, disputes=cases, user=user, on=do != "unwatch")
    return f"You watch {many}" if do != "unwatch" else f"You no longer watch {many}"


def _current(request: HttpRequest) -> str:
    """The queue's query string that the form was sent from."""
    query = QueryDict(request.POST.get("back", "").replace("\x00", "")[:1000])
    return urlencode({name: query[name] for name in query if name in FilterForm.base_fields or name == "after"})


def _user(request: HttpRequest) -> Any:
    return request.user
