"""The matrix: what is published, the versions of a company, one being edited, switched on, rolled back."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from cashapp import engine
from cashapp.engine.scoring import COLUMNS, PUBLISHED, scores_of
from cashapp.models import RuleMatrix
from cashapp.selectors.bands import customers_shown, measured_by
from cashapp.selectors.engine_input import policy_of
from cashapp.selectors.matrix import LEVELS, PAYERS, SCORES, bands_of, cells_typed, grid_of
from cashapp.selectors.rules import active_matrix, last_test, running
from cashapp.services.rules import matrix as work
from cashapp.services.rules.bands import take_over_bands
from cashapp.services.rules.errors import NotTried, StaleVersion
from cashapp.services.rules.testing import fresh_test
from cashapp.views.rules.shared import act, ask_for_trial, chosen, frame, in_year, user_of
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company
from org.selectors import actor_names


@allowed("cash.view")
def index(request: HttpRequest) -> HttpResponse:
    """The matrix in force in a company: its own version, or the published one. Also as Excel and CSV."""
    companies, company = chosen(request)
    matrix = active_matrix(company.pk) if company else None
    if request.GET.get("published"):
        matrix = None
    return _page(request, company, matrix, companies=companies)


@allowed("cash.view")
def version(request: HttpRequest, pk: int) -> HttpResponse:
    """One version; a draft of one's own is a form."""
    matrix = get_object_or_404(RuleMatrix.objects.visible_to(user_of(request), "cash.view").select_related("company"), pk=pk)
    if request.method != "POST":
        return _page(request, matrix.company, matrix)
    try:
        work.change_matrix(
            actor=user_of(request), matrix=matrix, seen=_seen(request), cells=cells_typed(request.POST.dict()),
            bands=_bands(request, matrix), name=request.POST.get("name", ""), why=request.POST.get("why", ""),
        )  # fmt: skip
    except (Refused, NotAllowed, engine.OwnRuleError) as refusal:
        status = 409 if isinstance(refusal, StaleVersion) else 403 if isinstance(refusal, NotAllowed) else 422
        return _page(request, matrix.company, matrix, error=str(refusal), status=status)
    return toast(request, redirect_htmx(request, _url(matrix)), f"Version {matrix.version} is saved")


def _seen(request: HttpRequest) -> datetime:
    try:
        return datetime.fromisoformat(request.POST.get("seen", ""))
    except ValueError:
        raise StaleVersion("look at the version again") from None


def _bands(request: HttpRequest, matrix: RuleMatrix) -> dict[str, Any]:
    """The bands as typed: in all, and each customer's that is listed. Empty: as the policy says."""
    found: dict[str, Any] = {name: _score(request, name) for name in ("post", "propose") if request.POST.get(name, "").strip()}
    own = {c: pair for c, pair in (matrix.bands.get("customers") or {}).items() if f"drop-{c}" not in request.POST}
    return found | ({"customers": own} if own else {})


def _score(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "").strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= 3):
        raise engine.OwnRuleError(f"the band {name} begins at a whole number, not “{text[:10]}”")
    return int(text)


def _page(
    request: HttpRequest, company: Company | None, matrix: RuleMatrix | None, *, companies: list[Company] | None = None,
    error: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    user, context = user_of(request), frame(request, company, "matrix")
    if company and request.GET.get("format"):
        if not user.can("reports.export"):
            raise PermissionDenied("this needs the permission reports.export")
        title = f"Matrix of {company.code}"
        file = export_response(request, _table(matrix), Cover(title, user.name, clock.today(), {"version": _words(matrix)}))
        if file:
            return file
    if company:
        policy = policy_of(company.pk)
        versions = list(RuleMatrix.objects.filter(company=company).order_by("-version")[:30])
        tests = list(matrix.tests.order_by("-pk")[:10]) if matrix else []  # type: ignore[attr-defined]
        active, last = active_matrix(company.pk), last_test(matrix) if matrix else None
        editing = bool(matrix) and matrix.state == "draft" and matrix.made_by == user.label and context["may_edit"]  # type: ignore[union-attr]
        context |= {
            "grid": grid_of(matrix, policy), "policy": policy, "matrix": matrix, "versions": versions, "tests": tests, "active": active,
            "editing": editing, "bands": bands_of(matrix, policy), "own_bands": customers_shown(user, matrix),
            "standing": _standing(matrix), "names": actor_names({v.made_by for v in versions} | {v.activated_by for v in versions}),
            "last": last, "today": clock.today(), "measured": measured_by(last) if last else None,
            "running": running(matrix) if matrix else None,
        }  # fmt: skip
    context |= {"companies": companies or [], "error": error, "kept": in_year(company)}
    return page(request, "cashapp/rules/matrix.html", context, status=status)


def _standing(matrix: RuleMatrix | None) -> str:
    """Why a draft can't be switched on yet; empty where it can."""
    if matrix is None or matrix.state != RuleMatrix.State.DRAFT:
        return ""
    try:
        fresh_test(matrix, clock.today())
    except NotTried as missing:
        return str(missing)
    return ""


def _words(matrix: RuleMatrix | None) -> str:
    return f"{matrix.version} ({matrix.get_state_display()})" if matrix else "published"


def _table(matrix: RuleMatrix | None) -> Table:
    scores = scores_of(matrix.cells if matrix else {})
    rows: list[tuple[str, str, str, int, int]] = []
    for level, payers in scores.matrix.items():
        for payer, row in payers.items():
            published = PUBLISHED.matrix[level][payer]
            rows += [
                (LEVELS[level][0], PAYERS[payer][0], SCORES[COLUMNS[n]], score, published[n]) for n, score in enumerate(row)
            ]  # fmt: skip
    for rule, single in scores.rules.items():
        rows += [(rule, PAYERS[payer][0], "", score, PUBLISHED.rules[rule].get(payer, score)) for payer, score in single.items()]
    columns = [
        Column("evidence", "Reference, or rule", lambda r: r[0], grow=True),
        Column("payer", "Payer", lambda r: r[1]),
        Column("amount", "Amount", lambda r: r[2]),
        Column("score", "Score", lambda r: r[3], kind="num"),
        Column("published", "Published", lambda r: r[4], kind="num"),
    ]
    return Table(columns, rows, name="matrix")


def _url(matrix: RuleMatrix) -> str:
    return reverse("cashapp:rules-version", args=[matrix.pk])


@require_POST
@allowed("rules.edit")
def draft(request: HttpRequest, company_pk: int) -> HttpResponse:
    """A new version from the one that is looked at (`base`), else from the published matrix."""
    user = user_of(request)
    company = get_object_or_404(Company.objects.visible_to(user, "rules.edit"), pk=company_pk)
    given = request.POST.get("base", "")
    base = RuleMatrix.objects.filter(company=company, pk=int(given)).first() if given.isdecimal() and len(given) < 19 else None
    try:
        made = work.draft_matrix(actor=user, company=company, base=base)
    except Refused as refusal:
        return toast(request, redirect_htmx(request, reverse("cashapp:rules") + in_year(company)), str(refusal).capitalize(), tone="bad")
    return toast(request, redirect_htmx(request, _url(made)), f"Version {made.version} is a draft: change what you like, then try it")


@require_POST
@allowed("cash.view")
def step(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Try it, take measured bands over, switch it on (or back to it), throw it away."""
    user, now = user_of(request), clock.now()
    matrix = get_object_or_404(RuleMatrix.objects.visible_to(user, "cash.view").select_related("company"), pk=pk)
    here, home = _url(matrix), reverse("cashapp:rules") + in_year(matrix.company)
    if step == "try":
        return ask_for_trial(request, matrix, here)
    if step == "bands":
        done = "The measured bands are in the draft: try it again with them"
        return act(request, lambda: take_over_bands(actor=user, matrix=matrix), here, done)
    if step == "activate":
        return act(
            request, lambda: work.activate_matrix(actor=user, matrix=matrix, today=clock.today(), now=now), here,
            f"Version {matrix.version} is in force",
        )  # fmt: skip
    if step == "discard":
        return act(request, lambda: work.discard_matrix(actor=user, matrix=matrix), home, f"Version {matrix.version} is thrown away")
    return toast(request, redirect_htmx(request, here), "There is no such step", tone="bad")


@require_POST
@allowed("rules.approve")
def published(request: HttpRequest, company_pk: int) -> HttpResponse:
    """Back to the published matrix."""
    user = user_of(request)
    company = get_object_or_404(Company.objects.visible_to(user, "rules.approve"), pk=company_pk)
    home = reverse("cashapp:rules") + in_year(company)
    return act(
        request, lambda: work.return_to_published(actor=user, company=company, now=clock.now()), home, "The published matrix is in force"
    )
