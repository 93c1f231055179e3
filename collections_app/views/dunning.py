"""Dunning: runs, what each came to, its letters."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock, pdf
from arops.lib.files import download
from arops.lib.http import filters_of, page, redirect_htmx, toast
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from collections_app.models import DunningLetter, DunningRun
from collections_app.selectors import dunning_runs as reading
from collections_app.selectors.dunning_letters import outdated
from collections_app.selectors.strategies import has_strategy
from collections_app.services.dunning import DunningError, request_run
from collections_app.services.dunning_letters import letter_language
from messaging.models import Message
from messaging.services import destination
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company
from org.selectors import actor_names
from workflow.doorbell import ring

TONES = {"draft": "warn", "sent": "ok", "failed": "bad", "parked": "warn", "claimed": "info", "pending": "info", "cancelled": ""}
PAGE = 200


@allowed("collections.view")
def index(request: HttpRequest) -> HttpResponse:
    """A company's latest run, or that of `day`: letters by level, left out by reason, and the rows behind each figure."""
    user = _user(request)
    companies, company = company_asked(request)
    if company is None:
        return page(request, "collections_app/dunning.html", {"companies": companies, "company": None})
    asked = filters_of(request, day="", show="letters", level="", reason="", q="")
    runs = reading.runs_of(company)
    run = next((r for r in runs if r.day.isoformat() == asked["day"]), next(iter(runs), None))
    letters: Any = reading.letters_of(user, run) if run else DunningLetter.objects.none()
    rows = reading.fitting(letters, asked).select_related("customer", "message").defer("customer__address")
    file = _export(request, rows, asked, company, run)
    if file:
        return file
    sums = reading.sums_of(letters)
    shown = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "companies": companies, "company": company, "runs": runs, "run": run, "asked": asked, "today": clock.today(),
        "summary": reading.summary_of(sums), "bridges": reading.bridge_rows(reading.bridges_of(sums)),
        "to_allow": reading.waiting_in_sight(user, company).count() if user.can("dunning.approve", company.pk) else 0,
        "table": _table(shown, asked["show"]), "page": shown,
        "in_force": {k: asked[k] for k in ("level", "reason", "q") if asked[k]},
        "done_today": any(r.day >= clock.today() and r.finished_at for r in runs),
        "job": reading.job_of(run) if run and run.finished_at is None else None, "can_pdf": pdf.is_available(),
        "has_strategy": has_strategy(company), "destination": destination(),
        "user_can_export": user.can("reports.export"), "may_run": user.can("dunning.run", company.pk),
        "may_edit": user.can("strategies.edit", company.pk),
    }  # fmt: skip
    response = page(request, "collections_app/dunning.html", context, fragment="run")
    if run and run.finished_at and getattr(request, "htmx", False):
        # The page asks while a run is at work: when it is done the head changes, too.
        response["HX-Refresh"] = "true"
    return response


def _table(rows: Iterable[DunningLetter], show: str) -> Table:
    """Letters, or those left out, as rows and columns for the page and for files."""
    own = [
        Column("items", "Items", lambda r: len(r.items), kind="num", priority=3),
        Column("state", "Message", _state, kind="badge", tone=_tone),
        Column("to", "To", lambda r: ", ".join(r.message.recipients if r.message else ()) or "to be printed", grow=True, priority=3),
    ]
    columns = columns_of(show, _letter, own)
    return Table(columns, rows, currency=lambda r: r.currency, row_id=lambda r: f"letter-{r.pk}", name="dunning")


def columns_of(show: str, href: Callable[[Any], str], own: Sequence[Column]) -> list[Column]:
    """Columns of letters, of a run or of its preview, with `own` ones at their end; or, with `show` left, of those left out and why."""
    first = Column("customer", "Customer", lambda r: r.customer.name, pin=True, href=href)
    last = [Column("currency", "Cur", lambda r: r.currency), Column("days", "Days", lambda r: r.days_past_due, kind="num", priority=2)]
    if show == "left":
        return [
            first, Column("reason", "Reason", lambda r: r.reason_label, kind="badge", priority=2),
            Column("past_due", "Past due", lambda r: r.held_out, kind="money", total=True), *last,
            Column("because", "In words", lambda r: r.left_out_because, grow=True),
        ]  # fmt: skip
    return [
        first, Column("level", "Level", lambda r: f"{r.level} {r.level_name}".strip(), priority=2),
        Column("amount", "Asked for", lambda r: r.amount, kind="money", total=True),
        Column("held_out", "Held out", lambda r: r.held_out, kind="money", total=True, priority=3), *last, *own,
    ]  # fmt: skip


def _state(letter: DunningLetter) -> str:
    if letter.waits and letter.message and letter.message.state == Message.State.DRAFT:
        return "to be allowed"
    return letter.message.get_state_display() if letter.message else ""


def _tone(letter: DunningLetter) -> str:
    return TONES.get(letter.message.state, "") if letter.message else ""


def _letter(letter: DunningLetter) -> str:
    return reverse("collections:dunning-letter", args=[letter.pk])


def _export(
    request: HttpRequest, rows: Iterable[DunningLetter], asked: dict[str, str], company: Company, run: DunningRun | None
) -> HttpResponse | None:
    user = _user(request)
    if request.GET.get("format") not in ("xlsx", "csv") or run is None:
        return None
    if not user.can("reports.export"):
        raise PermissionDenied("taking data out needs the permission reports.export")
    title = f"Dunning {company.code}" + (" left out" if asked["show"] == "left" else "")
    return export_response(request, _table(rows, asked["show"]), Cover(title, user.name, run.day, asked))


@allowed("collections.view")
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """A letter with its items, or an account left out with its reason."""
    found = _found(request, pk)
    user, waits = _user(request), found.waits and bool(found.message and found.message.state == Message.State.DRAFT)
    is_old = found.run.day != clock.today()
    context = {
        "waits": waits, "is_old": is_old, "is_own": found.made_by == user.label, "changed": waits and bool(outdated([found])),
        "may_decide": waits and not is_old and user.can("dunning.approve", found.company_id),
        "files": list(found.message.enclosed.all()) if found.message else [],
        "names": actor_names({found.made_by, found.decided_by} - {""}), "letter": found, "earlier": reading.earlier_letters(found),
        "tone": TONES.get(found.message.state, "") if found.message else "",
        "covered": sum(i["covered"] for i in found.items),
        "language_note": letter_language(found.step, found.customer.language)[1] if waits and found.step else "",
    }  # fmt: skip
    return page(request, "collections_app/dunning_letter.html", context)


@allowed("collections.view")
def letter_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The letter's page (PDF, or HTML where the server had no Pango), as a download."""
    found = _found(request, pk)
    if found.pdf is None:
        raise Http404
    return download(found.pdf)


def _found(request: HttpRequest, pk: int) -> DunningLetter:
    rows: Any = DunningLetter.objects.visible_to(_user(request), "collections.view")
    found: DunningLetter = get_object_or_404(rows.select_related("customer", "company", "run", "message", "pdf"), pk=pk)
    return found


@require_POST
@allowed("dunning.run")
def run(request: HttpRequest) -> HttpResponse:
    """Start today's run of a company in the background."""
    user = _user(request)
    company = get_object_or_404(Company.objects.visible_to(user, "dunning.run"), code=request.POST.get("company", ""))
    response = redirect_htmx(request, f"{reverse('collections:dunning')}?company={company.code}")
    try:
        ring(request_run(actor=user, company=company, day=clock.today()))
    except (DunningError, NotAllowed) as error:
        return toast(request, response, str(error), tone="bad")
    return toast(request, response, "Dunning has begun; letters rest in the outbox for ten seconds", tone="ok")


def company_asked(request: HttpRequest) -> tuple[list[Company], Company | None]:
    """The companies in sight and the one asked for, unless told that of the latest run; 404 for one out of sight."""
    companies, code = reading.companies_of(_user(request)), request.GET.get("company", "")
    if not code:
        return companies, reading.latest_of(companies)
    for company in companies:
        if company.code == code:
            return companies, company
    raise Http404


def _user(request: HttpRequest) -> Any:
    return request.user
