"""Cases as other systems send them: values checked field by field. Pure, but for the words of the tables."""

from collections.abc import Mapping
from typing import Any

from arops.lib.rows import Fields, Problem, amount, currency, one_of, read_row, reference, text, whole, yes_or_no
from disputes.models import Dispute

LONGEST_ID = 60
"""Characters of the sender's id of a case."""
_OPEN = frozenset({"amount", "lines"})
OPENED: Fields = {
    "source_system": text(40), "external_id": text(LONGEST_ID, needed=True), "company": text(20, needed=True), "invoice": reference,
    "open_item": text(40, needed=True), "currency": currency, "kind": one_of("invoice", "lines", "deduction", "amount"),
    "reason": one_of(*Dispute.Reason.values), "customer_words": text(4000), "owner": text(254), "department": text(30),
}  # fmt: skip
CHANGED: Fields = {
    "version": whole(), "reason": one_of(*Dispute.Reason.values), "note": text(8000), "owner": text(254), "department": text(30),
    "state": one_of("open", "investigating", "waiting", "decision"), "waiting_on": one_of(*Dispute.WaitingOn.values),
}  # fmt: skip
NOTED: Fields = {"body": text(8000, needed=True), "visible_to_customer": yes_or_no}
REQUIRED = ("reason",)


def read_opened(row: Any) -> tuple[dict[str, Any], list[Problem]]:
    """What a row says of a case to be opened, without its amounts, which are in the currency of its item."""
    values, problems = read_row(row, OPENED, _OPEN, REQUIRED)
    if isinstance(row, Mapping):
        if (row.get("invoice") is None) == (row.get("open_item") is None):
            problems.append(Problem("/invoice", "required", "name the invoice or the open item that is contested: one of them"))
        if values.get("kind") == "lines" and not row.get("lines"):
            problems.append(Problem("/lines", "required", "lines are needed where kind is lines"))
        if row.get("amount") is None and not row.get("lines") and values.get("kind") != "invoice":
            problems.append(Problem("/amount", "required", "amount is needed, unless kind is invoice or lines are given"))
    return values, problems


def read_changed(row: Any) -> tuple[dict[str, Any], list[Problem]]:
    """What a row says of a change, without its amounts."""
    return read_row(row, CHANGED, _OPEN, ("version",))


def read_amounts(row: Mapping[str, Any], code: str) -> tuple[int | None, list[tuple[int, int | None]] | None, list[Problem]]:
    """The amount (minor units) and the lines (number, minor units or None for all of it) of a row, and what is wrong with them."""
    values, problems = read_row({"amount": row.get("amount")}, {"amount": amount(code, least=1)})
    given = row.get("lines")
    if given is None:
        return values.get("amount"), None, problems
    if not isinstance(given, list) or len(given) > 2000:
        return None, None, [*problems, Problem("/lines", "invalid", "lines is a list of at most 2,000 objects")]
    lines: list[tuple[int, int | None]] = []
    for n, line in enumerate(given):
        found, wrong = read_row(line, {"number": whole(), "amount": amount(code, least=1)}, required=("number",), pointer=f"/lines/{n}")
        problems += wrong
        lines.append((found.get("number", -1), found.get("amount")))
    return values.get("amount"), lines, problems
