"""Settings of approvals: the limits of roles, and who decides for whom."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock, money
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from org.access import allowed
from org.actors import NotAllowed
from org.models import AccessChange, Company
from workflow.forms import DeputyForm, LimitForm
from workflow.models import AuthorityLimit, Deputy
from workflow.services.limits import ask_standard_limits, end_deputy, kinds_in_use, name_deputy, roles_of, set_limit
from workflow.services.queue import deputies_in_sight

WAITS = "The {}: another administrator or a controller confirms under Rights"


@allowed("settings.manage")
def authority(request: HttpRequest) -> HttpResponse:
    """What each role may do of each kind in a company and currency: a matrix; also as Excel and CSV."""
    user: Any = request.user
    companies = list(Company.objects.visible_to(user, "settings.manage"))
    company = next((c for c in companies if c.code == request.GET.get("company")), companies[0])
    set_already = sorted(set(AuthorityLimit.objects.filter(company=company).values_list("currency", flat=True)) | {company.base_currency})
    wanted = request.GET.get("currency", "")
    currency = wanted if wanted in money.currencies() else company.base_currency
    rows: dict[tuple[str, str], Any] = {
        (r.kind, r.role): r for r in AuthorityLimit.objects.filter(company=company, currency=currency)
    }  # fmt: skip
    for row in rows.values():
        row.alone_text, row.approve_text = (money.format(n, currency) if n else "0" for n in (row.alone, row.approve))
    table = _table(company, currency)
    if file := export_response(request, table, Cover("Authority limits", user.name, clock.today(), {"company": company.code})):
        return file
    matrix = [
        (code, label, [(role, name, may, rows.get((code, role))) for role, name, _, may in roles_of(code)])
        for code, label in kinds_in_use()
    ]
    context = {
        "company": company, "companies": companies, "currency": currency, "matrix": matrix, "can_users": user.can("users.manage"),
        "currencies": sorted({*set_already, currency}), "all_currencies": money.currencies(), "any_set": bool(rows),
        "own_roles": {m.role for m in user.memberships.filter(company=company)}, "user_can_export": True,
    }  # fmt: skip
    return page(request, "workflow/authority.html", context)


def _table(company: Company, currency: str) -> Table:
    names = {role: name for code, _ in kinds_in_use() for role, name, _, _ in roles_of(code)}
    kinds = dict(kinds_in_use())
    rows = AuthorityLimit.objects.filter(company=company).order_by("kind", "currency", "role")
    columns = [
        Column("kind", "Kind", lambda r: kinds.get(r.kind, r.kind), pin=True),
        Column("role", "Role", lambda r: names.get(r.role, r.role)),
        Column("currency", "Currency", lambda r: r.currency),
        Column("alone", "Alone", lambda r: r.alone, kind="money"),
        Column("approve", "Approves", lambda r: r.approve, kind="money"),
        Column("changed_by", "Changed by", lambda r: r.changed_by),
        Column("changed_at", "Changed at", lambda r: f"{r.changed_at:%Y-%m-%d %H:%M}"),
    ]
    return Table(columns, rows, currency=lambda r: r.currency, name="limit")


@require_POST
@allowed("settings.manage")
def limit(request: HttpRequest) -> HttpResponse:
    """Set one limit, or all standard ones where none are set."""
    user: Any = request.user
    form = LimitForm(request.POST, companies=Company.objects.visible_to(user, "settings.manage"))
    if not form.is_valid():
        said = "; ".join(f"{name}: {' '.join(map(str, errors))}" for name, errors in form.errors.items())
        return toast(request, redirect_htmx(request, reverse("workflow:authority")), f"Nothing was changed: {said}", tone="bad")
    data = form.cleaned_data
    back = f"{reverse('workflow:authority')}?company={data['company'].code}&currency={data['currency']}"
    try:
        words = _set(user, data)
    except NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except Refused as refusal:
        return toast(request, redirect_htmx(request, back), f"Nothing was changed: {refusal}", tone="bad")
    return toast(request, redirect_htmx(request, back), words)


def _set(user: Any, data: dict[str, Any]) -> str:
    if data["standard"]:
        made = ask_standard_limits(actor=user, company=data["company"], currency=data["currency"], now=clock.now())
        return (
            WAITS.format("standard limits wait") if isinstance(made, AccessChange) else f"{made} standard limits are set: look through them"
        )
    answer = set_limit(
        actor=user, company=data["company"], role=data["role"], kind=data["kind"], currency=data["currency"], alone=data["alone"],
        approve=data["approve"], now=clock.now(),
    )  # fmt: skip
    if isinstance(answer, AccessChange):
        return WAITS.format("higher limit waits")
    return "The limit is changed; what waits is judged by it from now on"


@allowed("approvals.view")
def deputies(request: HttpRequest) -> HttpResponse:
    """Who decides for whom, and when; a POST names one: for oneself, or for others by whoever assigns work."""
    user: Any = request.user
    form = DeputyForm(request.POST or None, actor=user, initial={"person": user.pk, "first_day": clock.today()})
    if request.method == "POST" and form.is_valid():
        try:
            made = name_deputy(actor=user, today=clock.today(), **form.cleaned_data)
        except NotAllowed as refusal:
            raise PermissionDenied(str(refusal)) from refusal
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            said = f"{made.deputy.name} decides for {made.person.name} from {made.first_day:%-d %b} to {made.last_day:%-d %b}"
            return toast(request, redirect_htmx(request, reverse("workflow:deputies")), said)
    rows = deputies_in_sight(user)
    context = {
        "form": form, "rows": rows, "today": clock.today(), "can_users": user.can("users.manage"), "may_end": user.can("work.assign"),
        "me": user.pk,
    }  # fmt: skip
    return page(request, "workflow/deputies.html", context, status=422 if form.errors else 200)


@require_POST
@allowed("approvals.view")
def deputy_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a deputy's time end now."""
    user: Any = request.user
    found: Deputy = get_object_or_404(deputies_in_sight(user), pk=pk)
    back = reverse("workflow:deputies")
    try:
        end_deputy(actor=user, deputy=found, now=clock.now())
    except NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except Refused as refusal:
        return toast(request, redirect_htmx(request, back), f"Nothing was done: {refusal}", tone="warn")
    return toast(request, redirect_htmx(request, back), f"{found.deputy.name} no longer decides for {found.person.name}")
