"""Bank accounts and files, receipts, advices, what the engine proposes and what was matched, rules, reconciliations, refunds."""

from cashapp.models.bank import BankAccount, BankFile, BankStatement, StatementLine
from cashapp.models.cheques import ChequeBatch, KeyedCheque
from cashapp.models.exceptions import DeductionCode
from cashapp.models.matching import Match, MatchPolicy, MatchProposal, PayerAlias
from cashapp.models.payer import PayerAccountChange, PayerRelation
from cashapp.models.policy_change import PolicyChange
from cashapp.models.receipt import Receipt, ReceiptDraft
from cashapp.models.reconciling import BankTie, CreditWord, DayReconciliation, DormancyRule, ReconcilingItem, Reopening
from cashapp.models.refund import PayoutAccount, Refund, RefundExport
from cashapp.models.remittance import AdviceLayout, Remittance, RemittanceJoin, RemittanceLine
from cashapp.models.rules import BackTest, CashRule, DriftAlarm, RuleMatrix
from cashapp.models.working import BandReview

__all__ = [
    "AdviceLayout",
    "BackTest",
    "BandReview",
    "BankAccount",
    "BankFile",
    "BankStatement",
    "BankTie",
    "CashRule",
    "ChequeBatch",
    "CreditWord",
    "DayReconciliation",
    "DeductionCode",
    "DormancyRule",
    "DriftAlarm",
    "KeyedCheque",
    "Match",
    "MatchPolicy",
    "MatchProposal",
    "PayerAccountChange",
    "PayerAlias",
    "PayerRelation",
    "PayoutAccount",
    "PolicyChange",
    "Receipt",
    "ReceiptDraft",
    "ReconcilingItem",
    "Refund",
    "RefundExport",
    "Remittance",
    "RemittanceJoin",
    "RemittanceLine",
    "Reopening",
    "RuleMatrix",
    "StatementLine",
]
