"""What came of a job, row by row, as a table: amounts in their currency, outcomes in colours, and each row leads to what it is about."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.urls import NoReverseMatch, reverse

from arops.lib import money
from arops.lib.tables import Column, Table
from workflow.selectors import result_columns
from workflow.services.jobs import LINKS

TONES = {
    "created": "ok", "done": "ok", "issued": "ok", "delivered": "ok", "sent": "ok", "ready": "ok", "held": "warn", "left out": "warn",
    "warnings": "warn", "skipped": "warn", "rejected": "bad", "failed": "bad", "refused": "bad",
}  # fmt: skip
AMOUNTS = ("amount", "total", "balance")
FACES = ("number", "external_id", "document", "file", "line", "customer")
"""The column that leads to what a row is about, the first there is."""
LONG = ("detail", "error", "errors", "findings")
_ID = re.compile(r"([a-z]{3})_([0-9]{1,18})", re.ASCII)


def outcomes_of(results: Iterable[Any], *, whole: bool = False) -> Table:
    """The rows under the names that they bear. `whole` keeps ids as columns, for a file, which has a currency beside each amount."""
    rows = [row for row in results if isinstance(row, dict)]
    names = result_columns(rows)
    priced = [n for n in names if n in AMOUNTS and "currency" in names and all(_minor(row, n) is not None for row in rows if row.get(n))]
    hidden = ({"currency"} if priced else set()) if whole else {n for n in names if _holds_ids(rows, n)}
    face = next((n for n in FACES if n in names), "")
    shown = [face] * bool(face) + [n for n in names if n not in hidden | {face}]
    columns = [_column(n, rows, leads=n == face or n in LINKS, priced=n in priced) for n in shown]
    return Table(columns, rows, name="row", currency=_currency if priced else "", stack=True)


def _column(name: str, rows: Sequence[dict[str, Any]], *, leads: bool, priced: bool) -> Column:
    label, href = name.replace("_", " ").capitalize(), address_of_row if leads else None
    if priced:
        return Column(name, label, lambda row: _minor(row, name), kind="money", phone="end")
    if name in ("outcome", "state"):
        return Column(name, label, lambda row: _text(row.get(name)), kind="badge", tone=lambda row: TONES.get(row.get(name), ""))
    kinds = {type(row.get(name)) for row in rows if row.get(name) is not None}
    numeric = kinds == {int} and name not in LINKS
    return Column(
        name, label, lambda row: row.get(name) if numeric else _text(row.get(name)), kind="num" if numeric else "text", href=href,
        grow=name in LONG, phone="full" if name in LONG else "",
    )  # fmt: skip


def address_of_row(row: dict[str, Any]) -> str:
    """Where the row leads: by the first public id in it, or the first field of a key that somebody registered; empty for nowhere."""
    for name, value in sorted(row.items(), key=lambda pair: pair[0] != "id"):
        found = _ID.fullmatch(value) if isinstance(value, str) else None
        place, key = (LINKS.get(found[1]), int(found[2])) if found else (LINKS.get(name), value)
        if place and isinstance(key, int):
            try:
                return reverse(place, args=[key])
            except NoReverseMatch:
                return ""
    return ""


def _holds_ids(rows: Sequence[dict[str, Any]], name: str) -> bool:
    given = [row[name] for row in rows if row.get(name) is not None]
    return bool(given) and all(isinstance(v, str) and (m := _ID.fullmatch(v)) and m[1] in LINKS for v in given)


def _minor(row: dict[str, Any], name: str) -> int | None:
    """The amount in minor units; None for what is none."""
    try:
        return money.parse(str(row[name]), row["currency"]) if row.get(name) not in (None, "") else None
    except (money.MoneyError, KeyError, TypeError):
        return None


def _currency(row: dict[str, Any]) -> str:
    return str(row.get("currency") or "")


def _text(value: Any) -> str:
    """A value in words: of several their words one after the other, of a problem what is wrong."""
    if isinstance(value, list):
        return "; ".join(filter(None, map(_text, value)))
    if isinstance(value, dict):
        return str(value.get("detail") or ", ".join(f"{k} {_text(v)}" for k, v in value.items()))
    return "" if value is None else ("yes" if value else "no") if isinstance(value, bool) else str(value)
