"""Writing cash: files in, receipts recorded, matched, applied, undone."""

from cashapp.services.accounts import create_bank_account
from cashapp.services.applying import accept_proposal, apply_receipt, leave_on_account
from cashapp.services.importing import ImportResult, import_bank_file
from cashapp.services.matching import MatchRun, match_receipts
from cashapp.services.payers import mark_unidentified, name_payer
from cashapp.services.recording import NewReceipt, record_receipts
from cashapp.services.returning import return_receipt
from cashapp.services.settling import Share
from cashapp.services.splitting import split_receipt
from cashapp.services.undoing import reverse_match

__all__ = [
    "ImportResult",
    "MatchRun",
    "NewReceipt",
    "Share",
    "accept_proposal",
    "apply_receipt",
    "create_bank_account",
    "import_bank_file",
    "leave_on_account",
    "mark_unidentified",
    "match_receipts",
    "name_payer",
    "record_receipts",
    "return_receipt",
    "reverse_match",
    "split_receipt",
]
