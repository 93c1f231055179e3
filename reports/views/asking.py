"""What report pages share: reading the question, and saying what is wrong with it."""

from typing import Any

from django.http import HttpRequest, QueryDict

from arops.lib import clock
from arops.lib.sheets import Cover
from reports.forms import COMPARE, ReportForm
from reports.selectors.customer_list import collectors, segments
from reports.views.links import Links

Asked = tuple[ReportForm, list[str]]


def asked(request: HttpRequest, *, by: str = "customer") -> Asked:
    """The form of the query string, valid; when the query is wrong, the form of an empty one and the reasons."""
    user: Any = request.user
    form = ReportForm(request.GET, actor=user, today=clock.today(), by=by)
    if form.is_valid():
        return form, []
    reasons = form.reasons()
    usual = ReportForm(QueryDict(""), actor=user, today=clock.today(), by=by)
    usual.is_valid()
    return usual, reasons


def controls(form: ReportForm, links: Links) -> dict[str, Any]:
    """What the bar over a report offers, and what is chosen."""
    data = form.cleaned_data
    return {
        "form": form,
        "asked": data,
        "links": links,
        "companies": form.companies,
        "compare_choices": COMPARE,
        "segments": segments(form.actor),
        "collectors": collectors(form.actor),
        "today": form.today,
        "user_can_export": form.actor.can("reports.export"),
        "kept_words": ("customer", "parent", "currency", "part", "account", "disputed"),
        "filters": [(name, _shown(value)) for name, value in narrowed(form).items()],
        "clear": links.here(**dict.fromkeys(narrowed(form))),
    }


def narrowed(form: ReportForm) -> dict[str, Any]:
    """The filters in force, by name; the day and the shape of the report are none."""
    names = ("company", "customer", "parent", "collector", "segment", "currency", "part", "account", "known_at")
    return {name: form.cleaned_data[name] for name in names if form.cleaned_data.get(name)}


def cover(request: HttpRequest, title: str, form: ReportForm) -> Cover:
    """The cover of an export: what it shows, to whom, as of when, under which filters."""
    user: Any = request.user
    filters = {name: _shown(value) for name, value in narrowed(form).items()}
    filters |= {"counted from": form.question().basis + " date", "buckets": ", ".join(map(str, form.question().buckets.bounds))}
    return Cover(title, user.name, form.cleaned_data["as_of"], filters)


def _shown(value: Any) -> str:
    return value.name if hasattr(value, "name") else str(value)
