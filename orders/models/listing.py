"""Lists of records brought in the browser."""

from typing import Any, Self

from django.db import models
from django.db.models.functions import Now

from org.models import Company
from org.querysets import ScopedQuerySet
from workflow.models import Job, StoredFile


class ListImportQuerySet(ScopedQuerySet):
    """Lists on their way: only whoever brought one sees it, for its rows may be of several companies."""

    def visible_to(self, actor: Any, permission: str | None = None) -> Self:
        """What the actor brought."""
        return self.filter(created_by=actor.label)


class ListImport(models.Model):
    """A list of records of one kind on its way in: the file as it came, how it is read, what was found, what became of it."""

    class State(models.TextChoices):
        MAPPING = "mapping", "to be mapped"
        CHECKING = "checking", "being checked"
        CHECKED = "checked", "checked"
        RUNNING = "running", "being imported"
        DONE = "done", "imported"
        CANCELLED = "cancelled", "put aside"

    class Mode(models.TextChoices):
        ATOMIC = "atomic", "all or nothing"
        PARTIAL = "partial", "record by record"

    kind = models.CharField(max_length=20, help_text="As in the address of the list, such as purchase-orders.")
    company = models.ForeignKey(Company, models.PROTECT, null=True, related_name="+", help_text="For rows that name none.")
    source = models.CharField(max_length=40, help_text="What the list comes from; its mapping is taken again next time.")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="record_lists")
    name = models.CharField(max_length=255)
    table = models.BinaryField(help_text="The list as read in the sandbox: JSON, deflated.")
    rows = models.IntegerField()
    mapping = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.MAPPING)
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.ATOMIC)
    counts = models.JSONField(default=dict, help_text="Records by what would become, or became, of them.")
    outcomes = models.JSONField(default=list, help_text="Records that were refused, with the cells that are to blame.")
    job = models.ForeignKey(Job, models.PROTECT, null=True, related_name="record_lists")
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now())
    confirmed_at = models.DateTimeField(null=True)

    objects = ListImportQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["created_by", "-id"], name="list_import_mine")]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_state_display()})"
