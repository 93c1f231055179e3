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

__all__ = [
    "Allocation",
    "Alternative",
    "Candidate",
    "Evidence",
    "MatchInputError",
    "Payer",
    "Policy",
    "Proposal",
    "Receipt",
    "Reference",
    "match",
]
