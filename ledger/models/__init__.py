"""The subledger: accounts and periods, open items, the journal, rates and number series."""

from ledger.models.account import Account
from ledger.models.day_total import DayTotal
from ledger.models.journal import Entry, Line
from ledger.models.open_item import OpenItem
from ledger.models.period import Period
from ledger.models.reference import FxRate, NumberSeries

__all__ = ["Account", "DayTotal", "Entry", "FxRate", "Line", "NumberSeries", "OpenItem", "Period"]
