"""Lists out as Excel workbooks and CSV files: the same rows and columns as on the screen, typed, with a cover that says what they are."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import xlsxwriter
from django.http import HttpRequest, HttpResponse

from arops.lib import clock, money
from arops.lib.tables import Column, Table

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_FORMULA = re.compile(r"^[\s\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20|%]")
ROWS = 1_048_000


@dataclass(frozen=True)
class Cover:
    """What an export is: the view, who asked, the filters, the day its figures are of."""

    title: str
    user: str
    as_of: date
    filters: dict[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)

    def said(self, name: str) -> str:
        """A fixed word of the workbook, in the language of whom it is for."""
        return self.words.get(name, name)


def export_response(request: HttpRequest, table: Table, cover: Cover, more: Mapping[str, Table] | None = None) -> HttpResponse | None:
    """The file that `?format=xlsx` or `?format=csv` asks for; None when the page itself is wanted.

    `more` are further tables by the name of their sheet, for workbooks alone.
    """
    wanted = request.GET.get("format")
    if wanted not in ("xlsx", "csv"):
        return None
    name = re.sub(r"[^a-z0-9]+", "-", cover.title.lower()).strip("-") + f"-{cover.as_of}"
    if wanted == "xlsx":
        return workbook_response(to_xlsx(table, cover, more), name)
    return _file(to_csv(table).encode("utf-8-sig"), "text/csv; charset=utf-8", f"{name}.csv")


def workbook_response(content: bytes, name: str) -> HttpResponse:
    """A workbook as a file to keep; `name` without its ending."""
    return _file(content, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", f"{name}.xlsx")


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def to_csv(table: Table) -> str:
    """CSV with plain decimals and ISO dates. Text that a spreadsheet would take for a formula gets an apostrophe (OWASP)."""
    out = io.StringIO()
    writer = csv.writer(out)
    mixed = callable(table.currency)
    writer.writerow([*(c.label for c in table.columns), *(["Currency"] if mixed else [])])
    for row, (_, cells) in zip(table.rows, table.body(), strict=True):
        values = [cell.raw if cell.column.kind in ("money", "num", "date") else harmless(cell.text) for cell in cells]
        writer.writerow([*values, *([table.currency_of(row)] if mixed else [])])
    return out.getvalue()


def harmless(text: str) -> str:
    """Text that no spreadsheet runs: control characters out, an apostrophe before what looks like a formula."""
    cleaned = _CONTROL.sub("", text)
    return f"'{cleaned}" if _FORMULA.match(cleaned) or cleaned[:1] in ("\t", "\r") else cleaned


def to_xlsx(table: Table, cover: Cover, more: Mapping[str, Table] | None = None) -> bytes:
    """A workbook: the rows with typed cells, filters, frozen head and totals; and a cover sheet with count and control totals."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True, "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    formats = _Formats(book)
    for name, rows in {cover.said("Rows"): table, **(more or {})}.items():
        _rows(book.add_worksheet(name), rows, formats)
    _cover(book.add_worksheet(cover.said("About")), table, cover, formats)
    book.close()
    return out.getvalue()


class _Formats:
    """The workbook's cell formats, made once each."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.money_formats: dict[tuple[str, bool], Any] = {}
        self.head = book.add_format({"bold": True, "bottom": 1})
        self.bold = book.add_format({"bold": True, "top": 1})
        self.date = book.add_format({"num_format": "yyyy-mm-dd"})

    def money(self, currency: str, bold: bool = False) -> Any:
        """Thousands and the currency's own decimals; negatives in brackets."""
        key = currency, bold
        if key not in self.money_formats:
            digits = money.exponent(currency) if currency else 2
            plain = "#,##0" + ("." + "0" * digits if digits else "")
            options = {"num_format": f"{plain};({plain});–"} | ({"bold": True, "top": 1} if bold else {})
            self.money_formats[key] = self.book.add_format(options)
        return self.money_formats[key]


def _rows(sheet: Any, table: Table, formats: _Formats) -> None:
    mixed = callable(table.currency)
    for x, column in enumerate(table.columns):
        sheet.set_column(x, x, 40 if column.grow else 16)
        sheet.write_string(0, x, column.label, formats.head)
    width = len(table.columns)
    if mixed:
        sheet.write_string(0, width, "Currency", formats.head)
    sheet.freeze_panes(1, 1)
    rows = list(table.rows)[:ROWS]
    for y, row in enumerate(rows, 1):
        for x, column in enumerate(table.columns):
            _write(sheet, y, x, column, column.value(row), table.currency_of(row), formats)
        if mixed:
            sheet.write_string(y, width, table.currency_of(row))
    sheet.autofilter(0, 0, max(1, len(rows)), width if mixed else width - 1)
    for y, (currency, cells) in enumerate(table.totals(), len(rows) + 2):
        sheet.write_string(y, 0, f"Total {currency}".strip(), formats.bold)
        for x, (_, _, raw) in enumerate(cells):
            if raw:
                sheet.write_number(y, x, float(raw), formats.money(currency, bold=True))


def _write(sheet: Any, y: int, x: int, column: Column, value: Any, currency: str, formats: _Formats) -> None:
    if value is None or value == "":
        return
    if column.kind == "money":
        sheet.write_number(y, x, float(money.to_decimal(value, currency)), formats.money(currency))
    elif column.kind == "num" and not isinstance(value, str):
        sheet.write_number(y, x, value)
    elif isinstance(value, date) and not isinstance(value, datetime):
        sheet.write_datetime(y, x, datetime(value.year, value.month, value.day), formats.date)
    else:
        sheet.write_string(y, x, _CONTROL.sub("", str(value)))


def _cover(sheet: Any, table: Table, cover: Cover, formats: _Formats) -> None:
    totals = [
        (f"{cover.said('Total')} {column.label.removeprefix('Total')}".strip() + f" {currency}".rstrip(), text)
        for currency, cells in table.totals()
        for column, text, raw in cells
        if raw
    ]
    facts = [
        (cover.said("View"), cover.title),
        (cover.said("As of"), cover.as_of.isoformat()),
        (cover.said("Made by"), cover.user),
        (cover.said("Made at"), f"{clock.now():%Y-%m-%d %H:%M} UTC"),
        *((name if cover.words else f"Filter: {name}", value) for name, value in cover.filters.items() if value),
        (cover.said("Rows"), f"{len(list(table.rows)):,}"),
        *totals,
    ]
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 60)
    for y, (name, value) in enumerate(facts):
        sheet.write_string(y, 0, name, formats.head)
        sheet.write_string(y, 1, _CONTROL.sub("", value))
