"""A list of invoices as a table. Runs in the sandbox, for the bytes come from outside."""

from arops.lib.reading.table import ReadError, SheetRow, Table, read_table
from invoicing.readers import fields

__all__ = ["ReadError", "SheetRow", "Table", "read"]


def read(data: bytes, *, name: str = "", sheet: str = "") -> Table:
    """The whole list, or ReadError with line and reason. `name` serves no purpose but messages."""
    return read_table(data, fields.known, sheet=sheet)
