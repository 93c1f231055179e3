"""What happened, what runs, what was sent in, what waits for someone's answer or approval."""

from workflow.models.approval import Approval, AuthorityLimit, Deputy
from workflow.models.attachment import Attachment
from workflow.models.task import LinkTry, Task, TaskLink, TaskNote
from workflow.models.trail import (
    AuditSeal,
    Event,
    EventQuerySet,
    IdempotencyKey,
    Job,
    JobQuerySet,
    StoredFile,
)
from workflow.models.view import StoredView

__all__ = [
    "Approval", "Attachment", "AuditSeal", "AuthorityLimit", "Deputy", "Event", "EventQuerySet", "IdempotencyKey", "Job", "JobQuerySet",
    "LinkTry", "StoredFile", "StoredView", "Task", "TaskLink", "TaskNote",
]  # fmt: skip
