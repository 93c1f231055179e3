"""What payers are known by: the list with measured confidence, approval, scope and expiry, retirement."""

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
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from cashapp.engine import Policy
from cashapp.forms import words
from cashapp.forms.payers import AliasForm
from cashapp.models import PayerAlias
from cashapp.selectors.payers import counting_aliases
from cashapp.services.payer_aliases import approve_alias, change_alias, retire_alias
from org.access import allowed
from org.actors import NotAllowed
from org.selectors import actor_names

SHOWN = 300
VIEWS = (
    ("", "All that count"),
    ("unapproved", "Not approved"),
    ("doubtful", "Often wrong"),
    ("expiring", "Expired"),
    ("retired", "Retired"),
)


@allowed("cash.view")
def aliases(request: HttpRequest) -> HttpResponse:
    """Aliases in sight. Also as Excel and CSV."""
    user: Any = request.user
    asked = filters_of(request, view="", q="")
    asked["view"] = asked["view"] if asked["view"] in dict(VIEWS) else ""
    if request.GET.get("format") and not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    found = _found(user, asked)
    rows = list(found if request.GET.get("format") else found[:SHOWN])
    table = _table(rows, asked)
    if file := export_response(request, table, Cover("Payer aliases", user.name, clock.today(), asked)):
        return file
    context = {
        "table": table, "rows": rows, "asked": asked, "views": VIEWS, "shown": SHOWN, "user_can_export": user.can("reports.export"),
    }  # fmt: skip
    return page(request, "cashapp/payers/aliases.html", context, fragment="table")


def _found(user: Any, asked: dict[str, str]) -> QuerySet[PayerAlias]:
    found = PayerAlias.objects.visible_to(user, "cash.view").select_related("customer", "company")
    found = found.filter(is_active=asked["view"] != "retired")
    if asked["view"] == "unapproved":
        found = found.filter(approved_at=None)
    elif asked["view"] == "doubtful":
        found = found.filter(confidence__lt=Policy().alias_confidence)
    elif asked["view"] == "expiring":
        found = found.filter(expires_on__lt=clock.today())
    if text := asked["q"].replace("\0", "").strip():
        found = found.filter(Q(value__icontains=text) | Q(customer__name__icontains=text) | Q(customer__number__iexact=text))
    return found.order_by("-pk")


def _table(rows: list[PayerAlias], asked: dict[str, str]) -> Table:
    names = actor_names({r.created_by for r in rows} | {r.approved_by for r in rows if r.approved_by})
    columns = [
        Column("value", "Known as", lambda a: a.value, href=lambda a: reverse("cashapp:payer-alias", args=[a.pk]), pin=True),
        Column("kind", "Is a", lambda a: a.get_kind_display(), priority=2),
        Column(
            "customer",
            "Customer",
            lambda a: a.customer.name,
            href=lambda a: reverse("cashapp:payer-graph", args=[a.customer_id]),
            grow=True,
            phone="full",
        ),
        Column("scope", "May pay for", lambda a: a.get_scope_display(), priority=3),
        Column(
            "confidence",
            "Right in 100",
            lambda a: a.confidence,
            kind="num",
            tone=lambda a: "" if a.confidence >= Policy().alias_confidence else "bad",
        ),
        Column("uses", "Uses", lambda a: a.uses, kind="num"),
        Column("used", "Last used", lambda a: a.last_used_on, kind="date", priority=2),
        Column("expires", "Until", lambda a: a.expires_on, kind="date", priority=2),
        Column("taught", "Taught by", lambda a: names.get(a.created_by, a.created_by), priority=3),
        Column("approved", "Approved by", lambda a: names.get(a.approved_by, a.approved_by), priority=3),
        Column("company", "Company", lambda a: a.company.code, priority=3),
    ]
    return Table(columns, rows, row_id=lambda a: f"alias-{a.pk}", name="alias", query=asked, stack=True)


@allowed("cash.view")
def alias(request: HttpRequest, pk: int) -> HttpResponse:
    """One alias; a POST changes whose invoices it may pay, and until when."""
    user: Any = request.user
    row = _in_sight(request, pk, "payers.edit" if request.method == "POST" else "cash.view")
    form = AliasForm(request.POST or None, initial={"scope": row.scope, "expires_on": row.expires_on})
    if request.method == "POST" and form.is_valid():
        try:
            change_alias(actor=user, alias=row, **form.cleaned_data)
            return toast(request, redirect_htmx(request, reverse("cashapp:payer-alias", args=[row.pk])), f"{row.value}: changed")
        except (Refused, NotAllowed) as error:
            form.add_error(None, str(error))
    return _page(request, row, form)


def _in_sight(request: HttpRequest, pk: int, permission: str) -> PayerAlias:
    user: Any = request.user
    rows = PayerAlias.objects.visible_to(user, permission).select_related("customer", "company", "learned_from")
    found: PayerAlias = get_object_or_404(rows, pk=pk)
    return found


def _page(request: HttpRequest, row: PayerAlias, form: AliasForm, problem: str = "") -> HttpResponse:
    user: Any = request.user
    counts = counting_aliases(row.company_id, clock.today()).filter(pk=row.pk).exists()
    context = {
        "a": row, "form": form, "problem": problem, "counts": counts, "names": actor_names({row.created_by, row.approved_by}),
        "trusted": row.confidence >= Policy().alias_confidence, "may_edit": user.can("payers.edit", row.company_id),
        "may_approve": not row.approved_at and user.can("payers.approve", row.company_id) and row.created_by != user.label,
    }  # fmt: skip
    return page(request, "cashapp/payers/alias.html", context, status=422 if problem or form.errors else 200)


@require_POST
@allowed("payers.approve")
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that what somebody else taught is right."""
    user: Any = request.user
    row = _in_sight(request, pk, "payers.approve")
    try:
        approve_alias(actor=user, alias=row, now=clock.now())
    except (Refused, NotAllowed) as error:
        return _page(request, row, AliasForm(initial={"scope": row.scope, "expires_on": row.expires_on}), str(error))
    return toast(request, redirect_htmx(request, f"{reverse('cashapp:payer-aliases')}?view=unapproved"), f"{row.value}: approved")


@require_POST
@allowed("payers.edit")
def retire(request: HttpRequest, pk: int) -> HttpResponse:
    """It counts no longer."""
    user: Any = request.user
    row = _in_sight(request, pk, "payers.edit")
    try:
        retire_alias(actor=user, alias=row, reason=words(request.POST.get("reason"), 300))
    except (Refused, NotAllowed) as error:
        return _page(request, row, AliasForm(initial={"scope": row.scope, "expires_on": row.expires_on}), str(error))
    return toast(request, redirect_htmx(request, reverse("cashapp:payer-aliases")), f"{row.value} counts no longer", tone="warn")
