"""Files of advices brought by hand: taken in at once or in the background; lists and PDFs are shown first as they would be read."""

import hashlib
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import InputRefused, Refused
from cashapp.forms import number
from cashapp.forms.layouts import LayoutForm
from cashapp.forms.remittances import AdviceFilesForm
from cashapp.models import Remittance
from cashapp.readers.advice.layout import AdviceProposal
from cashapp.readers.advice.model import AdviceFile
from cashapp.selectors.advice_customers import customer_typed
from cashapp.selectors.remittances import companies_of
from cashapp.services.remittances.layouts import (
    NewLayout,
    drop_layout,
    layout_for,
    layout_once,
    layouts_in_sight,
    propose_layout,
    save_layout,
    try_layout,
)
from cashapp.services.remittances.taking import kind_of
from cashapp.services.remittances.uploading import Brought, Refusal, bring_file, bring_stored, kept_advice_file
from cashapp.views.files import KEPT, brought
from cashapp.views.remittances.lists import COMPANY, index
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company
from workflow.doorbell import ring
from workflow.models import Job, StoredFile
from workflow.services import store_file
from workflow.services.jobs import create_job, retry_job

AT_ONCE = 3
"""Files that are read while the person waits; more go to the background."""


@require_POST
@allowed("cash.import")
def upload(request: HttpRequest) -> HttpResponse:
    """Take files in. One list or PDF whose layout isn't saved is shown first; many files are a job."""
    user: Any = request.user
    form = AdviceFilesForm(request.POST, request.FILES, companies=companies_of(user, "cash.import"))
    if not form.is_valid():
        return index(request, form)
    company, files = form.cleaned_data["company"], form.cleaned_data["file"]
    request.session[COMPANY] = company.pk
    if len(files) == 1:
        return _one(request, company, files[0].read(), files[0].name)
    stored = [(store_file(actor=user, name=f.name, content=f.read())[0], f.name) for f in files]
    if len(stored) > AT_ONCE:
        return _job(request, company, stored)
    came = bring_stored(actor=user, company=company, files=stored, today=clock.today(), now=clock.now())
    return _told(request, company, came)


def _one(request: HttpRequest, company: Company, content: bytes, name: str) -> HttpResponse:
    user: Any = request.user
    try:
        if kind_of(content) in ("list", "pdf") and layout_for(company=company, content=content) is None:
            return _shown_first(request, company, content, name)
        came = bring_file(actor=user, company=company, content=content, name=name, today=clock.today(), now=clock.now())
    except InputRefused as refusal:
        came = Brought(refused=[Refusal(name, refusal.reason, refusal.line)])
    except Refused as refusal:
        came = Brought(refused=[Refusal(name, str(refusal))])
    return _told(request, company, came)


def _shown_first(request: HttpRequest, company: Company, content: bytes, name: str) -> HttpResponse:
    user: Any = request.user
    propose_layout(content, currency=company.base_currency)  # raises what can't be read at all
    stored, _ = store_file(actor=user, name=name, content=content)
    request.session[KEPT] = [*brought(request), stored.pk][-20:]
    return redirect_htmx(request, f"{reverse('cashapp:remittance-read', args=[stored.pk])}?company={company.pk}")


def _job(request: HttpRequest, company: Company, files: list[tuple[StoredFile, str]]) -> HttpResponse:
    user: Any = request.user
    keys = [[stored.pk, name] for stored, name in files]
    digest = hashlib.sha256(repr(sorted(stored.pk for stored, _ in files)).encode()).hexdigest()[:32]
    slot = f"remittance_files:{user.label}:{company.pk}:{digest}"
    job = create_job(actor=user, kind="remittance_files", slot=slot, company=company, params={"files": keys})
    if job.state in (Job.State.FAILED, Job.State.CANCELLED, Job.State.DONE):
        job = retry_job(actor=user, job=job)
    ring(job)
    return redirect_htmx(request, reverse("workflow:job", args=[job.pk]))


def _told(request: HttpRequest, company: Company, came: Brought) -> HttpResponse:
    """To what came in; or the page that says what could not be used, and what can be done about it."""
    if came.refused:
        request.session[KEPT] = [*brought(request), *(r.stored_file_id for r in came.refused if r.stored_file_id)][-20:]
        context = {"came": came, "company": company}
        return render(request, "cashapp/remittances_refused.html", context, status=422)
    user: Any = request.user
    brought_rows = {r.pk for r in came.taken.remittances or came.taken.repeated}
    rows = list(Remittance.objects.visible_to(user, "cash.view").filter(pk__in=brought_rows))
    if len(rows) == 1:
        there = reverse("cashapp:remittance", args=[rows[0].pk])
    else:
        there = f"{reverse('cashapp:remittances')}?view=all" + (
            f"&file={rows[0].stored_file_id}" if rows and rows[0].stored_file_id else ""
        )
    words = came.words[:1].upper() + came.words[1:]
    if hidden := len(brought_rows) - len(rows):
        words += f"; {hidden} of customers that aren’t yours"
    return toast(request, redirect_htmx(request, there), words, tone="ok" if came.taken.remittances else "info")


@allowed("cash.import")
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """How a list or PDF would be read: what the columns are, and what comes of it; then taken in, and the layout kept for the next."""
    user: Any = request.user
    company, file = _company(request), kept_advice_file(actor=user, pk=max(0, pk), brought=brought(request))
    if company is None or file is None:
        raise Http404
    content = bytes(file.content)
    try:
        proposal = propose_layout(content, currency=company.base_currency)
    except InputRefused:
        raise Http404 from None
    form = LayoutForm(request.POST or None, proposal=proposal)
    shown, refusal = _tried(form, content, proposal)
    if form.is_bound and form.is_valid() and shown and request.POST.get("do") == "take":
        answer = _take(request, company, file, form)
        if answer:
            return answer
    context = {
        "form": form, "proposal": proposal, "file": file, "company": company, "shown": shown, "refusal": refusal,
        "rows": proposal.rows[:8], "asked": [q for q in proposal.questions if not form.is_bound],
    }  # fmt: skip
    return page(request, "cashapp/remittance_read.html", context, status=422 if form.errors or (form.is_bound and refusal) else 200)


def _tried(form: LayoutForm, content: bytes, proposal: AdviceProposal) -> tuple[AdviceFile | None, InputRefused | None]:
    """The whole file as the chosen (or proposed) mapping reads it, or the first line that it can't."""
    if form.is_bound and not form.is_valid():
        return None, None
    if not form.is_bound and proposal.questions:
        return None, None
    try:
        return try_layout(content, form.mapping() if form.is_bound else proposal.mapping), None
    except InputRefused as refusal:
        return None, refusal


def _take(request: HttpRequest, company: Company, file: StoredFile, form: LayoutForm) -> HttpResponse | None:
    """Take the file in as it was chosen to be read; None when that is refused, with the reason in the form."""
    user: Any = request.user
    data = form.cleaned_data
    customer = customer_typed(user, company.pk, data["payer"]) if data["payer"] else None
    if data["payer"] and customer is None:
        form.add_error("payer", f"no customer of yours is {data['payer']}")
        return None
    new = NewLayout(data["name"], form.mapping(), form.proposal.fingerprint, form.proposal.kind, customer, data["sender"])
    try:
        keeps = bool(new.name.strip())
        layout = save_layout(actor=user, company=company, layout=new) if keeps else layout_once(company=company, layout=new)
        came = bring_file(
            actor=user, company=company, content=bytes(file.content), name=file.name, today=clock.today(), now=clock.now(), layout=layout
        )
    except (Refused, NotAllowed, InputRefused) as refusal:
        form.add_error("name" if "layout" in str(refusal) else None, str(refusal))
        return None
    return _told(request, company, came)


def _company(request: HttpRequest) -> Company | None:
    """The company that is named, or the first of the person's."""
    user: Any = request.user
    mine = companies_of(user, "cash.import")
    return mine.filter(pk=max(0, number(request.GET["company"]))).first() if "company" in request.GET else mine.first()


@allowed("cash.import")
def layouts(request: HttpRequest) -> HttpResponse:
    """Saved layouts of lists and PDFs."""
    user: Any = request.user
    return page(request, "cashapp/advice_layouts.html", {"layouts": layouts_in_sight(user)})


@require_POST
@allowed("cash.import")
def layout_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Read no more lists by a layout."""
    user: Any = request.user
    found = get_object_or_404(layouts_in_sight(user), pk=max(0, pk))
    drop_layout(actor=user, layout=found)
    return toast(request, redirect_htmx(request, reverse("cashapp:advice-layouts")), f"Lists are no longer read as {found.name}")
