"""What is done about cases."""

from disputes.services.closing import close_dispute, reopen_dispute
from disputes.services.errors import DisputeError, OverContested, StaleDispute
from disputes.services.levels import standard_levels
from disputes.services.opening import NewDispute, open_dispute, open_disputes
from disputes.services.tracking import NEXT, hand_over_dispute, move_dispute
from disputes.services.working import amend_dispute, assign_dispute, note_dispute, unwatch_dispute, watch_dispute

__all__ = [
    "NEXT", "DisputeError", "NewDispute", "OverContested", "StaleDispute", "amend_dispute", "assign_dispute", "close_dispute",
    "hand_over_dispute", "move_dispute", "note_dispute", "open_dispute", "open_disputes", "reopen_dispute",
    "standard_levels", "unwatch_dispute", "watch_dispute",
]  # fmt: skip
