"""Ageing of any day by anything, the items behind its figures, and the movements behind others."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from arops.lib import money
from arops.lib.http import page
from arops.lib.sheets import export_response
from arops.lib.tables import Column, Table
from org.access import allowed
from org.models import User
from reports.forms import ReportForm
from reports.models import AgingSnapshot
from reports.selectors.ageing import DIMENSIONS, AgeingLine, AgeingReport, ageing
from reports.selectors.items import ItemList, ItemRow, item_list
from reports.selectors.movements import CAUSES, Movement, movements
from reports.views.asking import asked, controls, cover
from reports.views.links import Links
from reports.views.present import age_of, base_footer, footer, table, together

SHOWN = 500
"""Rows a page shows; totals and exports are of all."""


@allowed("reports.view")
def aging(request: HttpRequest) -> HttpResponse:
    """Ageing as of a day by customer, collector, segment, currency or company; also as Excel and CSV."""
    form, errors = asked(request)
    report, links = ageing(form.question(), form.cleaned_data["by"]), Links(form)
    file = None if errors else export(request, ageing_table(report), "Ageing", form)
    if file:
        return file
    lines = together(report.lines)
    context = controls(form, links) | {
        "errors": errors, "report": report, "rows": table(report, links, lines=lines[:SHOWN]), "cut": max(0, len(lines) - SHOWN),
        "whole": len(lines),
        "footer": footer(report, links), "base_footer": base_footer(report), "dimensions": DIMENSIONS,
        "by": ",".join(report.by), "head": " · ".join(DIMENSIONS[name] for name in report.by),
        "mixed": len(report.totals) > 1, "snapshots": snapshots(request, form),
        "drill_all": links.to("reports:items", drop=("by",)),
    }  # fmt: skip
    return page(request, "reports/aging.html", context, fragment="report", status=400 if errors else 200)


@allowed("reports.view")
def items(request: HttpRequest) -> HttpResponse:
    """The open items behind a figure; they sum to it."""
    form, errors = asked(request)
    question, only = form.question(), request.GET.get("disputed") == "1"
    wanted = None if request.GET.get("format") else SHOWN
    found = item_list(question, limit=wanted, disputed_only=only)
    file = None if errors else export(request, items_table(found), "Open items", form)
    if file:
        return file
    last = len(question.buckets.labels)
    context = controls(form, Links(form)) | {
        "errors": errors, "found": found, "question": question, "cut": found.count - len(found.rows), "disputed_only": only,
        "rows": [(row, age_of(row.bucket, last)) for row in found.rows], "title": _title(form, only),
        "ties_all": not any(tie.difference for tie in found.ties), "back": Links(form).to("reports:aging", drop=("part", "account")),
        "shows_base": found.totals != found.base_totals,
    }  # fmt: skip
    return page(request, "reports/items.html", context, fragment="report", status=400 if errors else 200)


@allowed("reports.view")
def moved(request: HttpRequest) -> HttpResponse:
    """What moved the receivables between two days, by cause: the rows behind sales, cash and the roll-forward."""
    form, errors = asked(request)
    question, cause = form.question(), form.cleaned_data["cause"]
    first = (form.cleaned_data["since"] or question.as_of - timedelta(days=30)) + timedelta(days=1)
    rows, count, total = movements(question, first, cause, None if request.GET.get("format") else SHOWN)
    bases = {c.pk: c.base_currency for c in form.companies}
    file = None if errors else export(request, _movements_table(rows, bases), "Movements", form)
    if file:
        return file
    context = controls(form, Links(form)) | {
        "errors": errors,
        "rows": [(row, bases.get(row.company_id, row.currency)) for row in rows],
        "count": count,
        "total": total,
        "cut": count - len(rows),
        "first": first,
        "since": first - timedelta(days=1),
        "question": question,
        "causes": CAUSES,
        "cause": cause,
        "cause_name": CAUSES[cause][0] if cause in CAUSES else "Credit sales" if cause else "All movements",
        "bases": sorted(set(bases.values())),
    }
    return page(request, "reports/movements.html", context, fragment="report", status=400 if errors else 200)


def export(request: HttpRequest, rows: Table, title: str, form: ReportForm) -> HttpResponse | None:
    """The file asked for by `format`, for those who may take data out; None when the page is wanted."""
    user: Any = request.user
    if request.GET.get("format") in ("xlsx", "csv") and not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    return export_response(request, rows, cover(request, title, form))


def ageing_table(report: AgeingReport) -> Table:
    """An ageing report as rows and columns, for files."""
    heads = " / ".join(DIMENSIONS[name] for name in report.by)
    columns = [
        Column("label", heads, lambda line: line.label, grow=True), Column("hint", "Number", lambda line: line.hint),
        *(Column(f"b{i}", label, _bucket(i), kind="money", total=True) for i, label in enumerate(report.labels)),
        Column("credits", "Credits and unapplied", lambda line: line.own.credits, kind="money", total=True),
        Column("total", "Total", lambda line: line.own.total, kind="money", total=True),
        Column("disputed", "of it disputed", lambda line: line.own.disputed, kind="money", total=True),
        *([Column("retained", "of it retained", lambda line: line.own.retained, kind="money", total=True)] if report.retained else []),
        Column("items", "Items", lambda line: line.items, kind="num"),
    ]  # fmt: skip
    return Table(columns, together(report.lines), currency=lambda line: line.currency)


def _bucket(index: int) -> Any:
    def value(line: AgeingLine) -> int:
        return line.own.buckets[index]

    return value


def items_table(found: ItemList) -> Table:
    """Open items as rows and columns, for files."""
    columns = [
        Column("number", "Item", lambda row: row.item.number), Column("kind", "Kind", lambda row: row.item.kind.replace("_", " ")),
        Column("customer", "Customer", lambda row: row.customer.name if row.customer else "", grow=True),
        Column("customer_number", "Customer number", lambda row: row.customer.number if row.customer else ""),
        Column("company", "Company", lambda row: row.company.code),
        Column("document_date", "Dated", lambda row: row.item.document_date, kind="date"),
        Column("due_date", "Due", lambda row: row.item.due_date, kind="date"),
        Column("days", "Days past", lambda row: row.days, kind="num"),
        Column("amount", "Amount", lambda row: row.item.amount, kind="money"),
        Column("balance", "Open", lambda row: row.item.balance, kind="money", total=True),
        Column("disputed", "of it disputed", lambda row: row.disputed, kind="money", total=True),
        Column("base", "Open, company currency", _base, kind="num"),
        Column("base_currency", "Company currency", lambda row: row.company.base_currency),
    ]  # fmt: skip
    return Table(columns, found.rows, currency=_item_currency)


def _base(row: ItemRow) -> Decimal:
    return money.to_decimal(row.item.base_balance, row.company.base_currency)


def _item_currency(row: ItemRow) -> str:
    return row.item.currency


def _movements_table(rows: list[Movement], bases: dict[int, str]) -> Table:
    columns = [
        Column("day", "Day", lambda row: row.day, kind="date"), Column("kind", "Kind", lambda row: row.kind.replace("_", " ")),
        Column("number", "Item", lambda row: row.number), Column("customer", "Customer", lambda row: row.customer_name, grow=True),
        Column("base", "Amount", lambda row: row.base_amount, kind="money", total=True),
    ]  # fmt: skip
    return Table(columns, rows, currency=lambda row: bases.get(row.company_id, row.currency))


def snapshots(request: HttpRequest, form: ReportForm) -> list[AgingSnapshot]:
    """Snapshots of the day asked for, when whole companies are shown."""
    user: Any = request.user
    wanted = AgingSnapshot.objects.visible_to(user, "reports.view").filter(day=form.cleaned_data["as_of"]).select_related("company")
    company = form.cleaned_data["company"]
    return list(wanted.filter(company=company) if company else wanted)


def _title(form: ReportForm, disputed_only: bool) -> str:
    """What the items are, in words: `Acme, 31–60 days, USD`."""
    data, parts = form.cleaned_data, []
    for name in ("company", "customer", "parent"):
        if data[name]:
            parts.append(data[name].name)
    if data["collector"] not in ("", "none", "me"):
        colleagues = User.objects.filter(pk=data["collector"], memberships__company__in=form.companies).distinct()
        parts.extend(colleagues.values_list("name", flat=True))
    parts += [{"none": "no collector", "me": "my portfolio"}.get(data["collector"], ""), data["segment"], _part(form), data["currency"]]
    parts += ["disputed"] if disputed_only else []
    return ", ".join(part for part in parts if part) or "All open items"


def _part(form: ReportForm) -> str:
    part, account = form.cleaned_data["part"], form.cleaned_data["account"]
    if part.isdigit():
        label = form.cleaned_data["buckets"].labels[int(part)]
        return label if label == "current" else f"{label} days"
    return {"credits": "credits and unapplied cash", "overdue": "past due"}.get(part, part) or ("cash not applied" if account else "")
