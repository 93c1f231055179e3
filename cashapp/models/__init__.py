"""Bank accounts and files, receipts, what the engine proposes and what was matched."""

from cashapp.models.bank import BankAccount, BankFile, BankStatement, StatementLine
from cashapp.models.matching import Match, MatchPolicy, MatchProposal, PayerAlias
from cashapp.models.receipt import Receipt, ReceiptDraft

__all__ = [
    "BankAccount",
    "BankFile",
    "BankStatement",
    "Match",
    "MatchPolicy",
    "MatchProposal",
    "PayerAlias",
    "Receipt",
    "ReceiptDraft",
    "StatementLine",
]
