"""An advice as another system sends it over the API: a mapping of JSON values in, the advice or all that is wrong with it out. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from arops.lib import rows
from arops.lib.rows import Problem, Reference

from .model import Advice, AdviceLine

MAX_LINES = 5_000
_NAME = re.compile(r"[A-Za-z0-9._-]{1,40}")
KINDS = ("invoice", "credit", "adjustment", "other")


@dataclass(frozen=True, slots=True)
class AdviceRow:
    """An advice as read; company and customer are not looked up yet."""

    source_system: str
    external_id: str | None
    company: str
    customer: Reference | None
    advice: Advice


def read_advice(row: Any, *, source_system: str) -> AdviceRow | list[Problem]:
    """The row as an advice, or every problem with its pointer."""
    code = row.get("currency") if isinstance(row, Mapping) else ""
    known = code if isinstance(code, str) and _is_currency(code) else ""
    values, problems = rows.read_row(row, _head(known), frozenset({"lines"}), ("company", "currency"))
    lines = _lines(row.get("lines"), known, problems) if isinstance(row, Mapping) else ()
    if not problems and values.get("total") is None and not lines:
        problems.append(Problem("/total", "required", "a total or lines are needed"))
    if problems:
        return problems
    texts = {name: values.get(name, "") for name in ("payer_name", "payer_account", "trace", "reference", "text")}
    advice = Advice(known, values.get("total"), lines, values.get("payment_date"), **texts)
    own = values.get("source_system") or source_system
    return AdviceRow(own, values.get("external_id") or None, values["company"], values.get("customer"), advice)


def _head(code: str) -> rows.Fields:
    return {
        "source_system": rows.matching(_NAME, "takes letters, digits, . _ -"), "external_id": rows.text(80), "company": rows.text(20),
        "customer": rows.reference, "currency": rows.currency, "total": rows.amount(code, least=1), "payment_date": rows.day,
        "payer_name": rows.text(200), "payer_account": rows.text(80), "trace": rows.text(140), "reference": rows.text(140),
        "text": rows.text(4_000),
    }  # fmt: skip


def _line(code: str) -> rows.Fields:
    amounts = {name: rows.amount(code) for name in ("gross", "discount", "adjustment", "paid")}
    return {
        **amounts, "reference": rows.text(140), "kind": rows.one_of(*KINDS), "po_number": rows.text(60), "code": rows.text(40),
        "text": rows.text(500),
    }  # fmt: skip


def _lines(said: Any, code: str, problems: list[Problem]) -> tuple[AdviceLine, ...]:
    if said is None:
        return ()
    if not isinstance(said, list) or len(said) > MAX_LINES:
        problems.append(Problem("/lines", "invalid", f"lines is a list of at most {MAX_LINES:,} objects"))
        return ()
    fields, found = _line(code), []
    for n, line in enumerate(said):
        values, wrong = rows.read_row(line, fields, pointer=f"/lines/{n}")
        problems += wrong
        if not wrong and not values.get("reference") and not values.get("code") and not values.get("text"):
            problems.append(Problem(f"/lines/{n}/reference", "required", "a line names a document, a code or says in words what it is"))
        found.append(AdviceLine(**values) if not wrong else AdviceLine())
    return tuple(found)


def _is_currency(code: str) -> bool:
    try:
        rows.currency(code)
    except rows.Wrong:
        return False
    return True
