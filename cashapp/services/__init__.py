"""Writing cash: files in, receipts recorded, matched, applied, undone."""

from cashapp.services.accounts import create_bank_account
from cashapp.services.importing import ImportResult, import_bank_file
from cashapp.services.matching import MatchRun, match_receipts
from cashapp.services.recording import NewReceipt, record_receipts

__all__ = ["ImportResult", "MatchRun", "NewReceipt", "create_bank_account", "import_bank_file", "match_receipts", "record_receipts"]
