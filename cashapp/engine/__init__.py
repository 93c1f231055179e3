"""The cash matching engine: receipts and open items in, proposals out. Pure: no database, no clock, no randomness."""

from cashapp.engine.engine import match
from cashapp.engine.model import (
    Allocation,
    Alternative,
    Candidate,
    Evidence,
    MatchInputError,
    Payer,
    Policy,
    Proposal,
    Receipt,
    Reference,
)
from cashapp.engine.own import EFFECTS, Bands, Cells, Condition, OwnRule, OwnRuleError, read_bands, read_rule
from cashapp.engine.scoring import read_cells

__all__ = [
    "EFFECTS",
    "Allocation",
    "Alternative",
    "Bands",
    "Candidate",
    "Cells",
    "Condition",
    "Evidence",
    "MatchInputError",
    "OwnRule",
    "OwnRuleError",
    "Payer",
    "Policy",
    "Proposal",
    "Receipt",
    "Reference",
    "match",
    "read_bands",
    "read_cells",
    "read_rule",
]
