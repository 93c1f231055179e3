"""What is done with messages: queued, sent, and decided about by people."""

from messaging.services.deciding import cancel_message, mark_posted, release_parked, retry_message
from messaging.services.errors import MessageError
from messaging.services.notices import queue_notices
from messaging.services.queueing import RESTS, Draft, Enclosed, complete_draft, queue_drafts, queue_message
from messaging.services.sending import send_due
from messaging.services.transport import Rejected, TryLater, destination

__all__ = [
    "RESTS",
    "Draft",
    "Enclosed",
    "MessageError",
    "Rejected",
    "TryLater",
    "cancel_message",
    "complete_draft",
    "destination",
    "mark_posted",
    "queue_drafts",
    "queue_message",
    "queue_notices",
    "release_parked",
    "retry_message",
    "send_due",
]
