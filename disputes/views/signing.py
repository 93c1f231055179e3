"""Sign-offs on the screen: those that wait for one's department, the small page of one, its evidence; the rules that ask for them.

Whoever signs may see nothing else of cases: the page shows what is to be signed, and nothing more.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.files import download
from arops.lib.http import address, filters_of, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from disputes.forms.settling import RuleForm, SignForm
from disputes.models import SignOff, SignOffRule, Stage
from disputes.policy.settling import WAYS
from disputes.selectors.settling import people_of, sign_offs_of, sign_offs_waiting
from disputes.services.signing import remove_sign_off_rule, save_sign_off_rule, sign
from disputes.services.ways import files_of
from invoicing.models import InvoiceLine
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company
from org.selectors import actor_names
from workflow.services.attachments import handed_out

VIEWS = (("mine", "Waiting"), ("done", "Decided"))
SHOWN = 300
"""Sign-offs that the page shows; its file holds all of them."""
TONES = {"waiting": "info", "given": "ok", "refused": "bad", "void": ""}


@allowed("tasks.answer")
def index(request: HttpRequest) -> HttpResponse:
    """Sign-offs of one's departments: those that wait, or those decided. Also as Excel and CSV."""
    user, asked = _user(request), filters_of(request, view="mine", q="")
    asked["view"] = asked["view"] if asked["view"] in dict(VIEWS) else "mine"
    if request.GET.get("format") and not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    found = sign_offs_of(user, waiting=asked["view"] == "mine")
    if text := asked["q"].replace("\x00", ""):
        found = found.filter(settlement__dispute__customer__name__icontains=text) | found.filter(settlement__dispute__number__iexact=text)
    rows = list(found if request.GET.get("format") else found[:SHOWN])
    table = _table(rows, asked)
    if file := export_response(request, table, Cover("Sign-offs", user.name, clock.today(), {"view": dict(VIEWS)[asked["view"]]})):
        return file
    context = {
        "table": table, "rows": rows, "asked": asked, "views": VIEWS, "waiting": sign_offs_waiting(user), "shown": SHOWN,
        "user_can_export": user.can("reports.export"), "rules_url": address("disputes:sign-off-rules") if _configures(user) else "",
        "has_department": user.memberships.exclude(department=None).exists(),
    }  # fmt: skip
    return page(request, "disputes/sign_offs.html", context, fragment="table")


def _table(rows: list[SignOff], asked: dict[str, str]) -> Table:
    names = actor_names({row.asked_by for row in rows} | {row.signed_by for row in rows if row.signed_by})

    def case(row: SignOff) -> Any:
        return row.settlement.dispute

    columns = [
        Column("number", "Case", lambda r: case(r).number, href=lambda r: reverse("disputes:sign-off", args=[r.pk]), pin=True),
        Column("customer", "Customer", lambda r: case(r).customer.name, grow=True, phone="full"),
        Column("way", "Settled as", lambda r: WAYS[r.settlement.resolution].label),
        Column("amount", "Allowed", lambda r: r.settlement.amount, kind="money", total=True, phone="end"),
        Column("contested", "In dispute", lambda r: case(r).amount, kind="money", total=True, priority=2),
        Column("currency", "Cur", lambda r: r.settlement.currency),
        Column("department", "Department", lambda r: r.department.name, priority=2),
        Column("asker", "Asked by", lambda r: names.get(r.asked_by, r.asked_by), priority=3),
        Column("asked", "Asked", lambda r: r.settlement.requested_on, kind="date", priority=3),
        Column("state", "State", lambda r: r.get_state_display().capitalize(), kind="badge", tone=lambda r: TONES[r.state]),
        Column("signer", "Decided by", lambda r: names.get(r.signed_by, r.signed_by), priority=3),
        Column("note", "Note", lambda r: r.note, priority=3),
    ]
    return Table(
        columns, rows, currency=lambda r: r.settlement.currency, row_id=lambda r: f"sign-{r.pk}", name="sign-off", query=asked, stack=True,
    )  # fmt: skip


@allowed("tasks.answer")
def count(request: HttpRequest) -> HttpResponse:
    """How many sign-offs wait for the person: what the menu shows beside them."""
    n = sign_offs_waiting(_user(request))
    return HttpResponse(format_html('<b>{}<span class="sr"> waiting for you</span></b>', n) if n else "")


@allowed("tasks.answer")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What is to be signed, and nothing else of the case; a POST signs it or refuses it with a reason."""
    user, row = _user(request), _sign_off(request, pk)
    form = SignForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["given"] == "yes"
        try:
            sign(actor=user, sign_off=row, given=given, note=form.cleaned_data["note"].replace("\x00", ""), now=clock.now(),
                 today=clock.today())  # fmt: skip
        except NotAllowed as refusal:
            raise PermissionDenied(str(refusal)) from refusal
        except Refused as refusal:
            form.add_error("note" if getattr(refusal, "field", "") == "note" else None, str(refusal))
        else:
            said = f"{row.settlement.dispute.number}: {'signed off' if given else 'refused'}"
            return toast(request, redirect_htmx(request, reverse("disputes:sign-offs")), said)
    return page(request, "disputes/sign_off.html", _told(user, row) | {"form": form}, status=422 if request.method == "POST" else 200)


def _told(user: Any, row: SignOff) -> dict[str, Any]:
    settlement, case = row.settlement, row.settlement.dispute
    names = actor_names({row.asked_by, row.signed_by} - {""})
    lines = settlement.payload.get("lines") or []
    known = InvoiceLine.objects.in_bulk([pk for pk, _, _ in lines if pk])
    others = [p.name for p in people_of([row.department_id], row.asked_by).get(row.department_id, []) if p.pk != user.pk]
    return {
        "row": row, "settlement": settlement, "case": case, "way": WAYS[settlement.resolution], "tone": TONES[row.state],
        "asker": names.get(row.asked_by, row.asked_by), "signer": names.get(row.signed_by, row.signed_by),
        "lines": [(_named(known.get(pk)), net + tax) for pk, net, tax in lines],
        "files": files_of(settlement), "own": row.asked_by == user.label, "others": others, "waits": row.state == SignOff.State.WAITING,
        "case_url": address("disputes:detail", case.pk) if _sees(user, case) else "",
    }  # fmt: skip


def _named(line: InvoiceLine | None) -> str:
    return (line.description or line.sku) if line else "the document as a whole"


def _sees(user: Any, case: Any) -> bool:
    return bool(type(case).objects.visible_to(user, "disputes.view").filter(pk=case.pk).exists())


@allowed("tasks.answer")
def evidence(request: HttpRequest, pk: int, attachment_pk: int) -> HttpResponse:
    """A file that was chosen for the settlement, to whoever signs it."""
    row = _sign_off(request, pk)
    found = next((file for file in files_of(row.settlement) if file.pk == attachment_pk), None)
    if found is None or request.method not in ("GET", "HEAD"):
        raise Http404
    return download(handed_out(found))


def _sign_off(request: HttpRequest, pk: int) -> SignOff:
    related = ("department", "settlement__dispute__company", "settlement__dispute__customer", "settlement__dispute__open_item")
    seen = SignOff.objects.visible_to(_user(request), "tasks.answer").select_related(*related, "settlement__dispute__cause")
    found: SignOff = get_object_or_404(seen, pk=pk)
    return found


@allowed("disputes.configure")
def rules(request: HttpRequest) -> HttpResponse:
    """Whose sign-off settlements need, by company; a POST adds a rule, or changes the amount of the one that is there."""
    user = _user(request)
    companies = Company.objects.visible_to(user, "disputes.configure")
    form = RuleForm(request.POST or None, companies=companies)
    if request.method == "POST" and form.is_valid() and _saved(user, form):
        return toast(request, redirect_htmx(request, reverse("disputes:sign-off-rules")), "Saved: it holds for what is settled from now on")
    found = SignOffRule.objects.visible_to(user, "disputes.configure").select_related("company", "department")
    able = people_of([rule.department_id for rule in found])
    rows = [(r, WAYS[r.resolution].label if r.resolution else "", Stage(r.stage).label if r.stage else "", able.get(r.department_id, []))
            for r in found]  # fmt: skip
    context = {
        "rows": rows, "form": form, "many": companies.count() > 1, "departments": form.fields["department"].queryset.exists(),  # type: ignore[attr-defined]
        "waiting": dict(SignOff.objects.visible_to(user, "disputes.configure").filter(state="waiting").values_list("department").annotate(
            n=Count("pk")).order_by()),
    }  # fmt: skip
    return page(request, "disputes/sign_off_rules.html", context, status=422 if request.method == "POST" else 200)


def _saved(user: Any, form: RuleForm) -> bool:
    data, department = form.cleaned_data, form.cleaned_data["department"]
    try:
        save_sign_off_rule(
            actor=user, company=department.company, department=department, resolution=data["resolution"], stage=data["stage"],
            from_amount=data["minor"], currency=data["currency"],
        )  # fmt: skip
    except (Refused, NotAllowed) as refusal:
        field = getattr(refusal, "field", "")
        form.add_error(field if field in form.fields else None, str(refusal))
        return False
    return True


@require_POST
@allowed("disputes.configure")
def remove_rule(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a rule away."""
    rule = get_object_or_404(SignOffRule.objects.visible_to(_user(request), "disputes.configure").select_related("department"), pk=pk)
    back = redirect_htmx(request, reverse("disputes:sign-off-rules"))
    try:
        remove_sign_off_rule(actor=_user(request), rule=rule)
    except NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    return toast(request, back, f"{rule.department.name} doesn’t sign these any more")


def _configures(user: Any) -> bool:
    return bool(user.can("disputes.configure"))


def _user(request: HttpRequest) -> Any:
    return request.user
