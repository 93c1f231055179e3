"""Jobs on the screen: what runs, how far it is, what came of it; stopping, repeating, starting."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import filters_of, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from org.access import allowed
from org.actors import NotAllowed
from org.selectors import actor_names
from workflow.doorbell import ring
from workflow.forms import StartForm
from workflow.models import Job
from workflow.selectors import GROUPS, jobs_in_sight, sees_inside
from workflow.services.jobs import KINDS, cancel_job, companies_to_start, retry_job, start_job, startable
from workflow.views.outcomes import outcomes_of

PER_PAGE = 100
TONES = {"done": "ok", "failed": "bad", "running": "info", "cancelled": "warn", "waiting": ""}
ROWS_SHOWN = 500


@allowed("jobs.view")
def index(request: HttpRequest) -> HttpResponse:
    """Jobs in sight, the latest first; asked for again every two seconds while something is to do."""
    return _list(request, StartForm(actor=_user(request), initial={"day": clock.today()}))


def _list(request: HttpRequest, form: StartForm, status: int = 200) -> HttpResponse:
    user = _user(request)
    asked = filters_of(request, state="all", kind="", company="", q="", page="1")
    rows = jobs_in_sight(user, state=asked["state"], kind=asked["kind"], company=asked["company"], text=asked["q"])
    file = export_response(request, _list_table(list(rows)), _cover(user, "Jobs", asked)) if request.GET.get("format") else None
    if file and user.can("reports.export"):
        return file
    shown = Paginator(rows, PER_PAGE).get_page(asked["page"])
    context = {
        "page": shown, "rows": _told(shown.object_list), "asked": asked, "groups": [(code, name) for code, (name, _) in GROUPS.items()],
        "kinds": sorted((kind.code, kind.label) for kind in KINDS.values()), "startable": startable(user), "form": form,
        "companies": companies_to_start(user), "busy": any(job.state in ("waiting", "running") for job in shown.object_list),
        "filtered": any(asked[name] for name in ("kind", "company", "q")) or asked["state"] != "all",
        "user_can_export": user.can("reports.export"),
    }  # fmt: skip
    return page(request, "workflow/jobs.html", context, fragment="table", status=status)


def _told(jobs: Any) -> list[Job]:
    """The jobs with what the page says of them beside their fields."""
    found = list(jobs)
    names = actor_names({job.created_by for job in found})
    for job in found:
        job.label = KINDS[job.kind].label if job.kind in KINDS else job.kind
        job.words = " · ".join(f"{name.replace('_', ' ')} {_figure(value)}" for name, value in job.counts.items())
        job.tone, job.who = TONES[job.state], names.get(job.created_by, job.created_by)
        job.seconds = (job.finished_at - job.started_at).total_seconds() if job.finished_at and job.started_at else None
    return found


def _list_table(rows: list[Job]) -> Table:
    columns = [
        Column("id", "Job", lambda j: j.pk, kind="num"),
        Column("kind", "Kind", lambda j: j.kind),
        Column("slot", "Slot", lambda j: j.slot, grow=True),
        Column("company", "Company", lambda j: j.company.code if j.company else ""),
        Column("state", "State", lambda j: j.state),
        Column("counts", "Counts", lambda j: ", ".join(f"{name} {value}" for name, value in j.counts.items()), grow=True),
        Column("error", "Error", lambda j: j.error),
        Column("by", "By", lambda j: j.created_by),
        Column("created", "Put in", lambda j: f"{j.created_at:%Y-%m-%d %H:%M:%S}"),
        Column("attempts", "Attempts", lambda j: j.attempts, kind="num"),
    ]
    return Table(columns, rows, name="job")


@allowed("jobs.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One job: how far it is, what it counted, an outcome per row, what it made."""
    user, job = _user(request), _job(request, pk)
    inside = sees_inside(user, job)
    whole = outcomes_of(job.results, whole=True) if inside and request.GET.get("format") else None
    file = export_response(request, whole, _cover(user, f"Job {job.pk} {job.kind}", {})) if whole and user.can("reports.export") else None
    if file:
        return file
    table = outcomes_of(job.results[:ROWS_SHOWN]) if inside else None
    may = user.can(KINDS[job.kind].permission if job.kind in KINDS else "jobs.run", job.company_id)
    context = {
        "job": _told([job])[0], "busy": job.state in ("waiting", "running"), "may": may, "inside": inside,
        "figures": [(name.replace("_", " ").capitalize(), _figure(value)) for name, value in job.counts.items()],
        "table": table if table and table.rows else None, "cut": len(job.results) > ROWS_SHOWN, "rows": len(job.results),
        "params": [(name.replace("_", " "), _said(value)) for name, value in sorted(job.params.items())] if inside else [],
        "user_can_export": user.can("reports.export") and bool(job.results),
    }  # fmt: skip
    return page(request, "workflow/job.html", context, fragment="progress")


def _figure(value: Any) -> str:
    """A count with its thousands apart."""
    return f"{value:,}" if isinstance(value, int) else str(value)


def _said(value: Any) -> Any:
    """What a job was asked for, in words: of a list of files (id, name) the names."""
    if not isinstance(value, list):
        return value
    return ", ".join(str(part[-1] if isinstance(part, list) and part else part) for part in value)


@require_POST
@allowed("jobs.view")
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop a job."""
    return _do(request, _job(request, pk), "stopped")


@require_POST
@allowed("jobs.view")
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a job that has ended begin anew."""
    return _do(request, _job(request, pk), "put in again")


def _do(request: HttpRequest, job: Job, what: str) -> HttpResponse:
    """Stop or repeat, and go to the job's page; what is not allowed in its state is told there."""
    try:
        if what == "stopped":
            cancel_job(actor=_user(request), job=job)
        else:
            ring(retry_job(actor=_user(request), job=job))
    except NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except Refused as refusal:
        return toast(request, redirect_htmx(request, _address(job)), f"Nothing was done: {refusal}.", tone="warn")
    return toast(request, redirect_htmx(request, _address(job)), f"Job {job.pk} is {what}.")


@require_POST
@allowed("jobs.view")
def start(request: HttpRequest) -> HttpResponse:
    """Start a kind of work for a company and a day."""
    user = _user(request)
    form = StartForm(request.POST, actor=user)
    if not form.is_valid():
        return _list(request, form, status=422)
    try:
        job = start_job(actor=user, kind=form.cleaned_data["kind"], company=form.cleaned_data["company"], day=form.cleaned_data["day"])
    except (Refused, NotAllowed) as refusal:
        form.add_error("company", str(refusal))
        return _list(request, form, status=422)
    ring(job)
    return toast(request, redirect_htmx(request, _address(job)), f"{KINDS[job.kind].label} is put in.")


@allowed("jobs.view")
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """The job's file, to keep: never shown in the browser, whatever it is."""
    job = _job(request, pk)
    if job.file is None or not sees_inside(_user(request), job):
        raise Http404
    response = HttpResponse(bytes(job.file.content), content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, job.file.name) or "attachment"
    response["Content-Security-Policy"] = "sandbox"
    return response


def _job(request: HttpRequest, pk: int) -> Job:
    rows = Job.objects.visible_to(_user(request), "jobs.view").select_related("company", "file").defer("file__content")
    return get_object_or_404(rows, pk=pk)


def _user(request: HttpRequest) -> Any:
    return request.user


def _address(job: Job) -> str:
    return reverse("workflow:job", args=[job.pk])


def _cover(user: Any, title: str, asked: dict[str, str]) -> Cover:
    return Cover(title, user.name, clock.today(), {name: value for name, value in asked.items() if name != "page"})
