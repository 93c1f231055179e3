"""Promises by list in the browser: brought, tried out, looked at, given."""

from collections import Counter
from operator import itemgetter
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import money
from arops.lib.files import Kept, download
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import InputRefused
from arops.lib.sheets import to_csv
from arops.lib.tables import Column, Table
from collections_app.forms.promises import ListForm
from collections_app.services import promise_lists
from collections_app.services.promise_lists import CHECK, HEADINGS, ListRefused
from collections_app.services.promise_rows import NEEDED
from org.access import allowed
from workflow.doorbell import ring
from workflow.models import Job

SHOWN = 200
"""Rows that the page shows of a list: wrong ones first."""
EXAMPLE = {"company": "US01", "customer": "K-100", "currency": "USD", "amount": "1250.00", "due_date": "2026-12-15",
           "items": "INV-1001, INV-1002", "note": "as told to the call centre"}  # fmt: skip


@allowed("promises.give")
def start(request: HttpRequest) -> HttpResponse:
    """Bring a list; as CSV, the headings to fill in."""
    if request.GET.get("format") == "csv":
        columns = [Column(name, name, itemgetter(name)) for name in HEADINGS]
        return download(Kept("promises.csv", to_csv(Table(columns, [EXAMPLE])).encode("utf-8-sig"), "text/csv; charset=utf-8"))
    form = ListForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            job = promise_lists.bring_list(actor=_user(request), name=file.name, content=file.read())
        except (InputRefused, ListRefused) as refusal:
            form.add_error("file", str(refusal))
        else:
            ring(job)
            return redirect_htmx(request, reverse("collections:promises-checked", args=[job.pk]))
    context = {"form": form, "headings": HEADINGS, "needed": NEEDED, "most": promise_lists.MOST}
    return page(request, "collections_app/promises_import.html", context, status=422 if form.errors else 200)


@allowed("promises.give")
def checked(request: HttpRequest, pk: int) -> HttpResponse:
    """A list that one brought: what would become of each row, then what became of it."""
    found = _mine(request, pk)
    given = promise_lists.given_by(found)
    job = given or found
    rows = sorted(job.results, key=lambda row: (row["outcome"] != "rejected", row["line"]))
    sums: Counter[str] = Counter()
    for row in job.results:
        if row["outcome"] == "created":
            sums[row["currency"]] += money.parse(row["amount"], row["currency"])
    context = {
        "found": found, "job": job, "given": given, "busy": job.state in ("waiting", "running"), "rows": rows[:SHOWN],
        "count": len(rows), "sums": sorted(sums.items()), "done": job.state == Job.State.DONE,
        "may_give": given is None and found.state == Job.State.DONE and not found.counts.get("rejected"),
    }  # fmt: skip
    return page(request, "collections_app/promises_checked.html", context, fragment="progress")


@require_POST
@allowed("promises.give")
def give(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the promises of a list given, all or none."""
    found = _mine(request, pk)
    response = redirect_htmx(request, reverse("collections:promises-checked", args=[found.pk]))
    try:
        ring(promise_lists.give_list(actor=_user(request), checked=found))
    except ListRefused as refusal:
        return toast(request, response, str(refusal), tone="bad")
    return response


def _mine(request: HttpRequest, pk: int) -> Job:
    """A list that the person brought themselves: its rows are theirs alone."""
    found: Job = get_object_or_404(Job, pk=pk, kind=CHECK, created_by=_user(request).label)
    return found


def _user(request: HttpRequest) -> Any:
    return request.user
