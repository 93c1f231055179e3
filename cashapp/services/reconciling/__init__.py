"""The bank's day: prepared by one person, signed off by another, opened again with a reason; credits that nobody claims."""

from cashapp.services.reconciling.dormancy import drop_rule, note_word, save_rule, write_to_owner, write_to_owners
from cashapp.services.reconciling.owning import assign_receipts, set_alert_days
from cashapp.services.reconciling.preparing import explain_item, prepare_accounts, prepare_day, refresh_day
from cashapp.services.reconciling.signing import carry_later, reopen_day, sign_day
from cashapp.services.reconciling.tying import tie_lines, untie

__all__ = [
    "assign_receipts",
    "carry_later",
    "drop_rule",
    "explain_item",
    "note_word",
    "prepare_accounts",
    "prepare_day",
    "refresh_day",
    "reopen_day",
    "save_rule",
    "set_alert_days",
    "sign_day",
    "tie_lines",
    "untie",
    "write_to_owner",
    "write_to_owners",
]
