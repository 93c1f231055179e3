"""Cases, their causes and findings, how they are settled, and problems that they add up to."""

from disputes.models.case import (
    Dispute,
    DisputeLine,
    DisputeMovement,
    DisputeNote,
    DisputeQuerySet,
    DisputeStep,
    DisputeWatcher,
)
from disputes.models.cause import Cause, Stage
from disputes.models.finding import DisputeFinding
from disputes.models.level import CaseText, DisputePolicy, ServiceLevel
from disputes.models.problem import Dimension, Problem, ProblemMeasure, Repeat
from disputes.models.settlement import Settlement, SignOff, SignOffRule

__all__ = [
    "CaseText", "Cause", "Dimension", "Dispute", "DisputeFinding", "DisputeLine", "DisputeMovement", "DisputeNote", "DisputePolicy",
    "DisputeQuerySet", "DisputeStep", "DisputeWatcher", "Problem", "ProblemMeasure", "Repeat", "ServiceLevel", "Settlement", "SignOff",
    "SignOffRule", "Stage",
]  # fmt: skip
