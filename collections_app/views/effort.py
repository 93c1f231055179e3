"""What was done and what it brought: by person, down to the contacts, promises and payments that sum to it."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from arops.lib import clock
from arops.lib.http import address, day_of, filters_of, page
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from collections_app.models import Activity
from collections_app.selectors import contacts as done
from collections_app.selectors import effort as read
from collections_app.selectors.rank_tests import PERMISSION
from org.access import allowed
from org.models import Company
from org.selectors import actor_names

SHOWN = 500
QUARTER = timedelta(days=28)


@allowed("collections.view")
def report(request: HttpRequest) -> HttpResponse:
    """Each person's work of a span: contacts, contact rate, promises kept, money that followed. Also as Excel and CSV."""
    user, asked = _user(request), _asked(request)
    span = _span(request, asked)
    if span is None:
        return page(request, "collections_app/no_company.html", {})
    rows = read.effort(user, span)
    names = actor_names({r.actor for r in rows})
    table = _table(rows, names, span)
    if file := _file(request, table, f"Work of {span.company.code}", span):
        return file
    context = _frame(request, span, asked) | {"rows": rows, "total": read.total_of(rows), "names": names, "within": read.WITHIN}
    context |= {"user_can_test": user.can(PERMISSION), "may_assign": user.can("work.assign", span.company.pk)}
    return page(request, "collections_app/effort.html", context)


def _table(rows: list[read.Effort], names: dict[str, str], span: read.Span) -> Table:
    columns = [
        Column("person", "Person", lambda r: names.get(r.actor, r.actor), pin=True),
        *(Column(name, label, lambda r, n=name: getattr(r, n), kind="num", total=True) for name, label in COUNTS),  # type: ignore[misc]
        Column("contact_rate", "Contact rate, %", lambda r: r.contact_rate, kind="num"),
        Column("kept_rate", "Kept rate, %", lambda r: r.kept_rate, kind="num"),
        Column("brought", "Followed", lambda r: r.brought, kind="money", total=True),
    ]
    return Table(columns, rows, currency=span.company.base_currency, name="effort")


COUNTS = (
    ("calls", "Calls"), ("reached", "Reached"), ("mails", "Mails"), ("letters", "Letters"), ("meetings", "Meetings"), ("notes", "Notes"),
    ("minutes", "Minutes"), ("taken", "Promises taken"), ("decided", "Promises decided"), ("kept", "Promises kept"),
)  # fmt: skip


@allowed("collections.view")
def activities(request: HttpRequest) -> HttpResponse:
    """Contacts and notes of a span, of a person, of a kind, with an outcome. Also as Excel and CSV."""
    user, asked = _user(request), _asked(request)
    span = _span(request, asked)
    if span is None:
        return page(request, "collections_app/no_company.html", {})
    wanted = done.Wanted(asked["who"], asked["kind"], asked["outcome"])
    rows, count, names = done.contacts(user, span, wanted, None if request.GET.get("format") else SHOWN)
    kinds = dict(Activity.Kind.choices)
    table = Table(
        [
            Column("customer", "Customer", lambda a: a.customer, kind="link", href=_account, pin=True),
            Column("day", "Day", lambda a: a.day, kind="date", phone="end"),
            Column("kind", "What", lambda a: kinds[a.kind].capitalize()),
            Column("outcome", "Outcome", lambda a: a.outcome.capitalize(), phone="end"),
            Column("who", "Who", lambda a: names.get(a.actor, a.actor), phone="full"),
            Column("minutes", "Minutes", lambda a: a.minutes, kind="num", total=True, priority=2),
            Column("body", "Note", lambda a: a.body, grow=True, priority=3),
        ],
        rows, name="activity", empty="Nothing was done that fits.", stack=True,
    )  # fmt: skip
    if file := _file(request, table, "Activities", span):
        return file
    context = _frame(request, span, asked) | {
        "table": table, "count": count, "shown": SHOWN, "names": names, "kinds": Activity.Kind.choices,
        "outcomes": [("reached", "reached"), *(c for c in Activity.Outcome.choices if c[0])],
    }  # fmt: skip
    return page(request, "collections_app/activities.html", context)


@allowed("collections.view")
def payments(request: HttpRequest) -> HttpResponse:
    """The payments behind what followed a person's contacts, each with the contact it followed. Also as Excel and CSV."""
    user, asked = _user(request), _asked(request)
    span = _span(request, asked)
    if span is None:
        return page(request, "collections_app/no_company.html", {})
    rows = read.brought(user, span, asked["who"])
    names = actor_names({r.actor for r in rows})
    kinds = dict(Activity.Kind.choices)
    table = Table(
        [
            Column("customer", "Customer", lambda r: r.customer, kind="link", href=_account, pin=True),
            Column("amount", "Applied", lambda r: r.amount, kind="money", total=True, href=_entry, phone="end"),
            Column("day", "On", lambda r: r.day, kind="date"),
            Column("contact", "After", lambda r: f"{kinds[r.kind]} of {r.contacted_on:%-d %b}", phone="end"),
            Column("days", "Days later", lambda r: (r.day - r.contacted_on).days, kind="num"),
            Column("who", "Whose", lambda r: names.get(r.actor, r.actor), grow=True, phone="end"),
        ],
        rows if request.GET.get("format") else rows[:SHOWN], currency=span.company.base_currency, name="payment",
        empty="No money followed a contact in these days.", stack=True,
    )  # fmt: skip
    if file := _file(request, table, "Cash after contacts", span):
        return file
    context = _frame(request, span, asked) | {"table": table, "count": len(rows), "shown": SHOWN, "names": names, "within": read.WITHIN}
    return page(request, "collections_app/effort_payments.html", context)


def _account(row: Any) -> str:
    return address("customers:detail", row.customer_id)


def _entry(row: read.Brought) -> str:
    return reverse("ledger:entry", args=[row.entry_id])


def _asked(request: HttpRequest) -> dict[str, str]:
    return filters_of(request, company="", since="", until="", who="", kind="", outcome="")


def _span(request: HttpRequest, asked: dict[str, str]) -> read.Span | None:
    """The company and days asked for; the last four weeks of the first company where nothing is."""
    seen = Company.objects.visible_to(_user(request), "collections.view").order_by("code")
    company = seen.filter(code=asked["company"]).first() or seen.first()
    if company is None:
        return None
    last = day_of(asked["until"]) or clock.today()
    first = day_of(asked["since"]) or last - QUARTER + timedelta(days=1)
    first = min(first, last)
    asked |= {"company": company.code, "since": str(first), "until": str(last)}
    return read.Span(company, first, last)


def _file(request: HttpRequest, table: Table, title: str, span: read.Span) -> HttpResponse | None:
    user = _user(request)
    if request.GET.get("format") and not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    return export_response(request, table, Cover(title, user.name, span.last, {"from": str(span.first), "to": str(span.last)}))


def _frame(request: HttpRequest, span: read.Span, asked: dict[str, str]) -> dict[str, Any]:
    user = _user(request)
    companies = list(Company.objects.visible_to(user, "collections.view").order_by("code"))
    return {
        "span": span, "company": span.company, "companies": companies, "asked": asked, "currency": span.company.base_currency,
        "user_can_export": user.can("reports.export"),
    }  # fmt: skip


def _user(request: HttpRequest) -> Any:
    return request.user
