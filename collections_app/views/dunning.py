"""Dunning: runs, what each came to, its letters, the preview of the next."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock, pdf
from arops.lib.files import download
from arops.lib.http import address, filters_of, page, redirect_htmx, toast
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from collections_app.models import DunningLetter, DunningRun, StrategyStep
from collections_app.policy.bridge import PARTS, held_by_why
from collections_app.selectors import dunning_runs as reading
from collections_app.selectors.dunning import Case, cases
from collections_app.selectors.dunning_letters import outdated
from collections_app.selectors.strategies import has_strategy
from collections_app.services.dunning import DunningError, request_run
from collections_app.services.dunning_letters import draft_letter
from collections_app.views.dunning_approval import case_today
from customers.models import Customer
from messaging.models import Message
from messaging.services import destination
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company
from org.selectors import actor_names
from workflow.doorbell import ring

TONES = {"draft": "warn", "sent": "ok", "failed": "bad", "parked": "warn", "claimed": "info", "pending": "info", "cancelled": ""}
SHOWN = 1000


@allowed("collections.view")
def index(request: HttpRequest) -> HttpResponse:
    """A company's latest run, or that of `day`: letters by level, left out by reason, and the rows behind each figure."""
    user = _user(request)
    companies, company = _company(request)
    if company is None:
        return page(request, "collections_app/dunning.html", {"companies": companies, "company": None})
    asked = filters_of(request, day="", show="letters", level="", reason="", q="")
    runs = reading.runs_of(company)
    run = next((r for r in runs if r.day.isoformat() == asked["day"]), next(iter(runs), None))
    letters = list(reading.letters_of(user, run)) if run else []
    rows = [letter for letter in letters if _fits(letter, asked)]
    file = _export(request, rows, asked, company, run)
    if file:
        return file
    context = {
        "companies": companies, "company": company, "runs": runs, "run": run, "asked": asked, "today": clock.today(),
        "summary": reading.summary_of_run(letters), "bridges": reading.bridge_rows(reading.bridges_of_run(letters)),
        "to_allow": reading.waiting_in_sight(user, company).count() if user.can("dunning.approve", company.pk) else 0,
        "table": _table(rows[:SHOWN], asked["show"]), "count": len(rows), "shown": SHOWN,
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


def _fits(letter: DunningLetter, asked: dict[str, str]) -> bool:
    text = asked["q"].casefold()
    named = not text or text in letter.customer.name.casefold() or text == letter.customer.number.casefold()
    if asked["show"] == "left":
        return named and bool(letter.reason) and asked["reason"] in ("", letter.reason)
    return named and not letter.reason and asked["level"] in ("", str(letter.level))


def _table(rows: Iterable[DunningLetter], show: str) -> Table:
    """Letters, or those left out, as rows and columns for the page and for files."""
    first = Column("customer", "Customer", lambda r: r.customer.name, pin=True, href=_letter)
    last = [Column("currency", "Cur", lambda r: r.currency), Column("days", "Days", lambda r: r.days_past_due, kind="num", priority=2)]
    if show == "left":
        columns = [
            first, Column("reason", "Reason", lambda r: r.reason_label, kind="badge", priority=2),
            Column("past_due", "Past due", lambda r: r.held_out, kind="money", total=True), *last,
            Column("because", "In words", lambda r: r.left_out_because, grow=True),
        ]  # fmt: skip
    else:
        columns = [
            first, Column("level", "Level", lambda r: f"{r.level} {r.level_name}".strip(), priority=2),
            Column("amount", "Asked for", lambda r: r.amount, kind="money", total=True),
            Column("held_out", "Held out", lambda r: r.held_out, kind="money", total=True, priority=3), *last,
            Column("items", "Items", lambda r: len(r.items), kind="num", priority=3),
            Column("state", "Message", _state, kind="badge", tone=_tone),
            Column("to", "To", lambda r: ", ".join(r.message.recipients if r.message else ()) or "to be printed", grow=True, priority=3),
        ]  # fmt: skip
    return Table(columns, rows, currency=lambda r: r.currency, row_id=lambda r: f"letter-{r.pk}", name="dunning")


def _state(letter: DunningLetter) -> str:
    if letter.waits and letter.message and letter.message.state == Message.State.DRAFT:
        return "to be allowed"
    return letter.message.get_state_display() if letter.message else ""


def _tone(letter: DunningLetter) -> str:
    return TONES.get(letter.message.state, "") if letter.message else ""


def _letter(letter: DunningLetter) -> str:
    return reverse("collections:dunning-letter", args=[letter.pk])


def _export(
    request: HttpRequest, rows: list[DunningLetter], asked: dict[str, str], company: Company, run: DunningRun | None
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


@allowed("collections.view")
def preview(request: HttpRequest) -> HttpResponse:
    """Who would be written to today and who not, without doing it."""
    user, (companies, company) = _user(request), _company(request)
    if company is None:
        raise Http404
    asked = filters_of(request, show="letters", level="", reason="", q="")
    seen = set(Customer.objects.visible_to(user, "collections.view").filter(company=company).values_list("pk", flat=True))
    found = [case for case in cases(company, clock.today()) if case.customer.pk in seen]
    found.sort(key=lambda case: (case.customer.name, case.decision.account.currency))
    rows = [case for case in found if _fits_case(case, asked)]
    context = {
        "companies": companies, "company": company, "asked": asked, "today": clock.today(), "count": len(rows), "shown": SHOWN,
        "summary": reading.summary_of_cases(found), "bridges": reading.bridge_rows(reading.bridges_of_cases(found, clock.today())),
        "table": _case_table(rows[:SHOWN], asked["show"]),
        "in_force": {k: asked[k] for k in ("level", "reason", "q") if asked[k]}, "may_run": user.can("dunning.run", company.pk),
        "done_today": DunningRun.objects.filter(company=company, day=clock.today()).exclude(finished_at=None).exists(),
    }  # fmt: skip
    return page(request, "collections_app/dunning_preview.html", context, fragment="run")


def _fits_case(case: Case, asked: dict[str, str]) -> bool:
    decision, text = case.decision, asked["q"].casefold()
    named = not text or text in case.customer.name.casefold() or text == case.customer.number.casefold()
    if asked["show"] == "left":
        return named and not decision.is_letter and asked["reason"] in ("", decision.reason)
    return named and decision.is_letter and asked["level"] in ("", str(decision.level))


def _case_table(rows: Iterable[Case], show: str) -> Table:
    first = Column("customer", "Customer", lambda c: c.customer.name, pin=True, href=_draft if show != "left" else _customer)
    last = [
        Column("currency", "Cur", lambda c: c.decision.account.currency),
        Column("days", "Days", lambda c: c.decision.days, kind="num", priority=2),
    ]
    if show == "left":
        columns = [
            first, Column("reason", "Reason", lambda c: reading.REASONS[c.decision.reason].label, kind="badge", priority=2),
            Column("past_due", "Past due", lambda c: c.decision.held_out, kind="money", total=True), *last,
            Column("because", "In words", lambda c: c.decision.because, grow=True),
        ]  # fmt: skip
    else:
        columns = [
            first, Column("level", "Level", lambda c: f"{c.decision.level} {c.step.name}".strip(), priority=2),
            Column("amount", "Asked for", lambda c: c.decision.amount, kind="money", total=True),
            Column("held_out", "Held out", lambda c: c.decision.held_out, kind="money", total=True, priority=3), *last,
            Column("items", "Items", lambda c: len(c.decision.asked), kind="num", priority=3),
            Column("to", "To", _whom, grow=True, priority=3),
        ]  # fmt: skip
    return Table(columns, rows, currency=lambda c: c.decision.account.currency, row_id=_case_id, name="preview")


def _whom(case: Case) -> str:
    if case.step and case.step.channel == StrategyStep.Channel.LETTER:
        return "to be printed"
    return ", ".join(case.to) or "to be printed: no address"


def _case_id(case: Case) -> str:
    return f"case-{case.customer.pk}-{case.decision.account.currency}"


def _draft(case: Case) -> str:
    return reverse("collections:dunning-draft", args=[case.customer.pk, case.decision.account.currency])


def _customer(case: Case) -> str:
    return address("customers:detail", case.customer.pk)


@allowed("collections.view")
def draft(request: HttpRequest, pk: int, currency: str) -> HttpResponse:
    """The letter as it would be written today; 404 when none would be."""
    user, case, today = _user(request), case_today(request, pk, currency), clock.today()
    if case.step is None:
        raise Http404
    subject, body = draft_letter(case, case.step, today)
    customer = case.customer
    run = DunningRun.objects.filter(company=customer.company, day=today).first()
    is_open = not (run and (run.finished_at or run.letters.filter(customer=customer).exists()))
    context = {
        "case": case, "subject": subject, "body": body, "customer": customer, "today": today, "can_pdf": pdf.is_available(),
        "held": [(PARTS[why], amount) for why, amount in held_by_why(case.decision, today).items()],
        "may_write": is_open and user.can("dunning.run", customer.company_id),
        "to": () if case.step.channel == StrategyStep.Channel.LETTER else case.to,
    }  # fmt: skip
    return page(request, "collections_app/dunning_draft.html", context)


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


def _company(request: HttpRequest) -> tuple[list[Company], Company | None]:
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
