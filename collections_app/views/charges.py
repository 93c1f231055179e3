"""Late charges: the list, one charge with the days it is made of, the month's preview and run, waivers."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import filters_of, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from collections_app.forms.charges import WaiveForm
from collections_app.models import Charge
from collections_app.policy.charges import REASONS
from collections_app.selectors import charge_lists as reading
from collections_app.selectors.charges import Assessed
from collections_app.services.charges.errors import ChargeError
from collections_app.services.charges.running import request_run
from collections_app.services.charges.waiving import open_of, request_waiver
from collections_app.views.charge_notices import told
from ledger.errors import LedgerError
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company
from org.selectors import actor_names
from workflow.doorbell import ring
from workflow.models import Approval, Event
from workflow.services.approvals import foresee
from workflow.services.approvals import withdraw as take_back
from workflow.views.stored import keeps_views

SHOWN = 500
TONES = {"posted": "info", "waived": "ok", "waiver_asked": "warn"}
STATES = (("", "All"), ("open", "Open"), ("waiver_asked", "Waiver asked"), ("waived", "Waived"), ("left_out", "Left out"))
ORDERS = {"customer": "customer__name", "amount": "amount", "month": "run__period_from"}


@allowed("collections.view")
@keeps_views
def charges(request: HttpRequest) -> HttpResponse:
    """Charges in sight, the latest month first; also as Excel and CSV."""
    user, today = _user(request), clock.today()
    asked = filters_of(request, month="", state="", company="", q="", sort="")
    asked["state"] = asked["state"] if asked["state"] in dict(STATES) else ""
    if asked["month"] and not _is_month(asked["month"]):
        asked["month"] = ""
    asked["sort"] = asked["sort"] if asked["sort"].lstrip("-") in ORDERS else "-month"
    sight = reading.charges_in_sight(user)
    found = reading.narrowed(sight, asked).order_by(_order(asked["sort"]), "-amount", "pk")
    wants_file = bool(request.GET.get("format"))
    if wants_file and not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    table = _table(found if wants_file else found[:SHOWN], asked)
    file = export_response(request, table, Cover("Late charges", user.name, today, {k: v for k, v in asked.items() if v and k != "sort"}))
    if file:
        return file
    companies = reading.companies_that_charge(user)
    context = {
        "table": table, "asked": asked, "states": STATES, "count": found.count(), "shown": SHOWN, "companies": companies,
        "months": reading.months_in(sight),
        "next": [reading.next_month(c, today) for c in companies[:3]], "user_can_export": user.can("reports.export"),
        "in_force": {k: asked[k] for k in ("month", "company", "q") if asked[k]},
    }  # fmt: skip
    return page(request, "collections_app/charges.html", context, fragment="rows")


def _is_month(text: str) -> bool:
    year, _, month = text.partition("-")
    return len(text) == 7 and year.isdecimal() and month.isdecimal() and 1 <= int(month) <= 12 and int(year) > 0


def _order(sort: str) -> str:
    return ("-" if sort.startswith("-") else "") + ORDERS[sort.lstrip("-")]


def _table(rows: Any, asked: dict[str, str]) -> Table:
    """Charges as rows and columns, for the page and for files."""
    columns = [
        Column("customer", "Customer", lambda c: c.customer.name, pin=True, sort="customer", href=_address),
        Column("company", "Company", lambda c: c.company.code, priority=3),
        Column("month", "Month", lambda c: f"{c.run.period_from:%Y-%m}", sort="month", priority=2),
        Column("number", "Document", lambda c: c.open_item and c.open_item.number, priority=2),
        Column("amount", "Charged", lambda c: c.amount, kind="money", total=True, sort="amount", phone="end"),
        Column("open", "Open", lambda c: c.open_item.balance if c.open_item else 0, kind="money", total=True, priority=2),
        Column("currency", "Cur", lambda c: c.currency),
        Column("state", "State", _state, kind="badge", tone=lambda c: TONES.get(c.state, ""), phone="end"),
        Column("items", "Items", lambda c: len(c.lines), kind="num", priority=3),
        Column("because", "Because", lambda c: c.because[:1].upper() + c.because[1:], grow=True, priority=3),
    ]
    return Table(
        columns, rows, currency=lambda c: c.currency, row_id=lambda c: f"charge-{c.pk}", name="charge", sort=asked["sort"], query=asked,
        stack=True,
    )  # fmt: skip


def _address(charge: Charge) -> str:
    return reverse("collections:charge", args=[charge.pk])


def _state(charge: Charge) -> str:
    if charge.state == Charge.State.POSTED and charge.open_item and charge.open_item.balance == 0:
        return "Paid"
    return charge.get_state_display().capitalize()


@allowed("collections.view")
def charge(request: HttpRequest, pk: int) -> HttpResponse:
    """A charge: for which days of which items, at what rate, and what became of it."""
    user = _user(request)
    found = get_object_or_404(reading.charges_in_sight(user), pk=pk)
    history = list(Event.objects.filter(subject_type="collections_app.charge", subject_id=found.pk).order_by("-id")[:30])
    context: dict[str, Any] = {
        "c": found, "state": _state(found), "tone": TONES.get(found.state, ""), "items": reading.items_of(found), "history": history,
        "names": actor_names({e.actor for e in history} | {found.run.actor}),
    }  # fmt: skip
    context |= told(user, found)
    asked = found.approval if found.state == Charge.State.WAIVER_ASKED else None
    context["may_withdraw"] = asked is not None and asked.requested_by == user.label
    if user.can("charges.waive", found.company_id) and not user.only_reads:
        context |= _waivable(user, found)
    return page(request, "collections_app/charge.html", context)


def _waivable(user: Any, found: Charge) -> dict[str, Any]:
    """The form to waive, and who would decide; nothing where there is nothing to waive."""
    try:
        left = open_of(found)
    except ChargeError:
        return {}
    seen = foresee(
        actor=user, company=found.company, kind="charge_waiver", amount=left, currency=found.currency, customer_id=found.customer_id,
        today=clock.today(),
    )  # fmt: skip
    return {"waive": WaiveForm(charge=found, initial={"token": get_random_string(20)}), "left": left, "foresight": seen}


@require_POST
@allowed("charges.waive")
def waive(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask to take back what is open of a charge."""
    user = _user(request)
    found = get_object_or_404(reading.charges_in_sight(user, "charges.waive"), pk=pk)
    response, form = redirect_htmx(request, _address(found)), WaiveForm(request.POST, charge=found)
    if not form.is_valid():
        return toast(request, response, str(next(iter(form.errors.values()))[0]), tone="bad")
    try:
        asked = request_waiver(actor=user, charge=found, today=clock.today(), now=clock.now(), **form.cleaned_data)
    except (Refused, LedgerError) as error:
        return toast(request, response, str(error), tone="bad")
    if asked.state == Approval.State.WAITING:
        return toast(
            request,
            response,
            "Asked for: it is waived when somebody allows it",
            links=[(reverse("workflow:approval", args=[asked.pk]), "Request")],
        )
    return toast(request, response, "The charge is waived")


@require_POST
@allowed("charges.waive")
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's own request to waive back, before anybody has decided it."""
    user = _user(request)
    found = get_object_or_404(reading.charges_in_sight(user, "charges.waive"), pk=pk)
    response = redirect_htmx(request, _address(found))
    if found.approval is None or found.state != Charge.State.WAIVER_ASKED:
        return toast(request, response, "No waiver of it is asked for", tone="bad")
    try:
        take_back(actor=user, approval=found.approval, now=clock.now(), today=clock.today())
    except (Refused, NotAllowed) as error:
        return toast(request, response, str(error), tone="bad")
    return toast(request, response, "Taken back: the charge stands as it was")


@allowed("collections.view")
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What the last whole month would come to for a company, with what is left out and why; where it is assessed, this month so far."""
    user, today = _user(request), clock.today()
    company = get_object_or_404(Company.objects.visible_to(user, "collections.view"), pk=pk)
    found = reading.to_preview(company, today)
    seen = reading.preview(user, company, found.period)
    table = _preview_table(seen.rows[:SHOWN])
    if request.GET.get("format"):
        if not user.can("reports.export"):
            raise PermissionDenied("this needs the permission reports.export")
        title = f"Late charges {company.code}, preview"
        file = export_response(request, _preview_table(seen.rows), Cover(title, user.name, today, {"month": str(found.period)}))
        if file:
            return file
    context = {
        "company": company, "next": found, "seen": seen, "table": table, "count": len(seen.rows), "shown": SHOWN,
        "may_run": user.can("charges.run", company.pk) and not user.only_reads, "user_can_export": user.can("reports.export"),
    }  # fmt: skip
    return page(request, "collections_app/charges_preview.html", context)


def _preview_table(rows: Any) -> Table:
    columns = [
        Column(
            "customer", "Customer", lambda a: a.customer.name, pin=True, href=lambda a: reverse("customers:detail", args=[a.customer.pk])
        ),
        Column("base", "Past due at most", lambda a: a.assessment.figures["base"], kind="money", priority=2),
        Column("amount", "Charge", lambda a: a.assessment.amount, kind="money", total=True, phone="end"),
        Column("currency", "Cur", lambda a: a.assessment.account.currency),
        Column("items", "Items", lambda a: len(a.assessment.lines), kind="num", priority=3),
        Column("outcome", "Outcome", _outcome, kind="badge", tone=lambda a: "" if a.assessment.reason else "info", phone="end"),
        Column("capped", "Capped by", _capped, grow=True, priority=3),
        Column("policy", "Policy", lambda a: a.policy.name, priority=3),
    ]
    return Table(
        columns, rows, currency=lambda a: a.assessment.account.currency, name="preview", stack=True,
        row_id=lambda a: f"preview-{a.customer.pk}-{a.assessment.account.currency}",
    )  # fmt: skip


def _outcome(row: Assessed) -> str:
    return REASONS[row.assessment.reason] if row.assessment.reason else "Charged"


def _capped(row: Assessed) -> str:
    lines = row.assessment.lines
    return ", ".join(sorted({line.capped for line in lines if line.capped} | {p.capped for ln in lines for p in ln.parts if p.capped}))


@require_POST
@allowed("charges.run")
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the last whole month assessed and posted, in the background."""
    user, today = _user(request), clock.today()
    company = get_object_or_404(Company.objects.visible_to(user, "charges.run"), pk=pk)
    if not user.can("charges.run", company.pk):
        raise Http404
    response = redirect_htmx(request, reverse("collections:charges"))
    period = reading.next_month(company, today).period
    try:
        job = request_run(actor=user, company=company, period=period, today=today)
    except Refused as error:
        return toast(request, response, str(error), tone="bad")
    ring(job)
    return toast(
        request, response, f"The charges of {period} are being assessed", links=[(reverse("workflow:job", args=[job.pk]), "Progress")]
    )


def _user(request: HttpRequest) -> Any:
    return request.user
