"""What is done about cases."""

from disputes.services.cases import (
    NEXT,
    DisputeError,
    NewDispute,
    StaleDispute,
    assign_dispute,
    move_dispute,
    note_dispute,
    open_dispute,
    open_disputes,
    resolve_dispute,
)

__all__ = [
    "NEXT", "DisputeError", "NewDispute", "StaleDispute", "assign_dispute", "move_dispute", "note_dispute", "open_dispute", "open_disputes",
    "resolve_dispute",
]  # fmt: skip
