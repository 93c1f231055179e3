"""The preview of dunning: who would be written to today and who not, and each letter as it would be written."""

from collections.abc import Iterable
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock, pdf
from arops.lib.http import address, filters_of, page, redirect_htmx, toast
from arops.lib.tables import Column, Table
from collections_app.models import DunningRun, OutlookRow, StrategyStep
from collections_app.policy.bridge import PARTS, held_by_why
from collections_app.selectors import dunning_runs as reading
from collections_app.services.dunning_letters import draft_letter
from collections_app.services.dunning_outlook import look_ahead, request_outlook
from collections_app.views.dunning import PAGE, columns_of, company_asked
from collections_app.views.dunning_approval import case_today
from org.access import allowed
from org.models import Company
from workflow.doorbell import ring
from workflow.models import Job


@allowed("collections.view")
def preview(request: HttpRequest) -> HttpResponse:
    """Who would be written to today and who not, without doing it."""
    user, (companies, company) = _user(request), company_asked(request)
    if company is None:
        raise Http404
    today = clock.today()
    asked = filters_of(request, show="letters", level="", reason="", q="")
    outlook, is_fresh = look_ahead(company=company, day=today, now=clock.now())
    seen: Any = OutlookRow.objects.visible_to(user, "collections.view").filter(company=company)
    seen = seen if outlook else seen.none()
    sums, shown = reading.sums_of(seen), Paginator(reading.fitting(seen, asked), PAGE).get_page(request.GET.get("page"))
    context = {
        "companies": companies, "company": company, "asked": asked, "today": today, "page": shown, "outlook": outlook, "is_fresh": is_fresh,
        "job": None if is_fresh else _job(company), "may_look": user.can("collections.work", company.pk) and not user.only_reads,
        "summary": reading.summary_of(sums), "bridges": reading.bridge_rows(reading.bridges_of(sums)),
        "table": _table(shown, asked["show"]),
        "in_force": {k: asked[k] for k in ("level", "reason", "q") if asked[k]}, "may_run": user.can("dunning.run", company.pk),
        "done_today": DunningRun.objects.filter(company=company, day=today).exclude(finished_at=None).exists(),
    }  # fmt: skip
    return page(request, "collections_app/dunning_preview.html", context, fragment="run")


def _job(company: Company) -> Job | None:
    """The look through of today that is under way, or that broke off."""
    found = Job.objects.filter(slot=f"dunning-outlook:{company.code}:{clock.today()}")
    return found.filter(state__in=[Job.State.WAITING, Job.State.RUNNING, Job.State.FAILED]).first()


@require_POST
@allowed("collections.work")
def look(request: HttpRequest) -> HttpResponse:
    """Look the day through in the background: of a large company that takes longer than a page may."""
    user = _user(request)
    company = get_object_or_404(Company.objects.visible_to(user, "collections.work"), code=request.POST.get("company", ""))
    ring(request_outlook(actor=user, company=company, day=clock.today()))
    response = redirect_htmx(request, f"{reverse('collections:dunning-preview')}?company={company.code}")
    return toast(request, response, "All accounts are being looked through", tone="ok")


def _table(rows: Iterable[OutlookRow], show: str) -> Table:
    own = [Column("items", "Items", lambda r: r.asked, kind="num", priority=3), Column("to", "To", _whom, grow=True, priority=3)]
    columns = columns_of(show, _draft if show != "left" else _customer, own)
    return Table(columns, rows, currency=lambda r: r.currency, row_id=lambda r: f"case-{r.customer_id}-{r.currency}", name="preview")


def _whom(row: OutlookRow) -> str:
    return row.recipients or ("to be printed: no address" if row.no_address else "to be printed")


def _draft(row: OutlookRow) -> str:
    return reverse("collections:dunning-draft", args=[row.customer_id, row.currency])


def _customer(row: OutlookRow) -> str:
    return address("customers:detail", row.customer_id)


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


def _user(request: HttpRequest) -> Any:
    return request.user
