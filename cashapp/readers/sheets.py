"""Rows of CSV texts and workbooks (`arops.lib.reading.sheets`)."""

from arops.lib.reading.sheets import MAX_COLUMNS, MAX_ROWS, Row, as_text, csv_rows, xlsx_rows

__all__ = ["MAX_COLUMNS", "MAX_ROWS", "Row", "as_text", "csv_rows", "xlsx_rows"]
