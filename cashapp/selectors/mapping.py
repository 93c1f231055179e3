"""How a bank's list would be read by a mapping: the first rows cell by cell, with what is wrong beside it. Pure, on a bounded preview."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from arops.lib import money
from cashapp.readers.mapping import Column, Mapping, parse_amount, parse_day
from cashapp.readers.model import ReadError, currency_of
from cashapp.readers.sniff import Proposal

ROLES: tuple[tuple[str, str], ...] = (
    ("date", "Booking date"), ("value_date", "Value date"), ("amount", "Amount"), ("credit", "Credit"), ("debit", "Debit"),
    ("direction", "Debit or credit mark"), ("currency_column", "Currency"), ("account_column", "Our account"), ("payer_name", "Payer"),
    ("payer_account", "Payer's account"), ("bank_reference", "Bank reference"), ("customer_reference", "Customer reference"),
    ("end_to_end_id", "End-to-end id"), ("invoice_number", "Invoice number"), ("balance", "Running balance"),
    ("fee", "Card fee"), ("net", "Net of the fee"), ("batch", "Card batch"),
)  # fmt: skip
DAYS = (
    "%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%Y/%m/%d", "%Y%m%d",
    "%d %b %Y", "%d-%b-%Y", "%b %d, %Y",
)  # fmt: skip
_DATES = ("date", "value_date")
_AMOUNTS = ("amount", "credit", "debit", "balance", "fee", "net")


@dataclass(frozen=True, slots=True)
class PreviewCell:
    """A cell of the sample: as it stands, how it is read, or why it can't be."""

    text: str
    read: str = ""
    error: str = ""


def preview(proposal: Proposal, mapping: Mapping) -> list[list[PreviewCell]]:
    """The sample's first rows, each cell by the role that the mapping gives its column."""
    roles = roles_of(mapping, proposal.columns)
    return [[_cell(text, roles.get(n, ""), mapping) for n, text in enumerate(row[: len(proposal.columns)])] for row in proposal.preview]


def roles_of(mapping: Mapping, columns: Sequence[str]) -> dict[int, str]:
    """Position of a column → the role it has."""
    found: dict[int, str] = {}
    for role, _ in ROLES:
        place = place_of(getattr(mapping, role), columns)
        if place is not None:
            found[place] = role
    for column in mapping.text:
        place = place_of(column, columns)
        if place is not None:
            found.setdefault(place, "text")
    return found


def place_of(column: Column | None, columns: Sequence[str]) -> int | None:
    """Where a column stands, from 0; None when it is not there."""
    if column is None:
        return None
    if isinstance(column, int):
        return column - 1 if 0 < column <= len(columns) else None
    return columns.index(column) if column in columns else None


def _cell(text: str, role: str, mapping: Mapping) -> PreviewCell:
    if not text.strip() or role not in (*_DATES, *_AMOUNTS, "currency_column"):
        return PreviewCell(text)
    try:
        return PreviewCell(text, _read(text, role, mapping))
    except (ReadError, money.MoneyError) as error:
        return PreviewCell(text, error=getattr(error, "reason", str(error)))


def _read(text: str, role: str, mapping: Mapping) -> str:
    if role in _DATES:
        return parse_day(text, mapping.date_format, 0).isoformat()
    if role == "currency_column":
        return currency_of(text, None)
    currency = mapping.currency or "EUR"
    return money.to_text(parse_amount(text, mapping, currency, 0), currency)


MAPPING_FIELDS = tuple(f.name for f in fields(Mapping))
