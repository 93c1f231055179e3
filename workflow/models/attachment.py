"""Files that belong to a record."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from org.models import Company
from org.querysets import ScopedQuerySet
from workflow.models.trail import StoredFile


class Attachment(models.Model):
    """A file kept beside a record (`subject_type`, `subject_id`): a proof of delivery, a sign-off sheet, a certificate."""

    class Kind(models.TextChoices):
        SIGN_OFF = "sign_off", "customer's sign-off"
        DELIVERY = "delivery", "proof of delivery"
        INSTALLATION = "installation", "installation document"
        PURCHASE_ORDER = "purchase_order", "purchase order"
        CONTRACT = "contract", "contract"
        CERTIFICATE = "certificate", "certificate"
        LIEN_RELEASE = "lien_release", "lien release"
        EVIDENCE = "evidence", "evidence"
        OTHER = "other", "other"

    class Scan(models.TextChoices):
        NONE = "none", "not scanned"
        CLEAN = "clean", "scanned, clean"

    company = models.ForeignKey(Company, models.PROTECT, related_name="attachments")
    subject_type = models.CharField(max_length=40, help_text="Such as orders.workorder.")
    subject_id = models.BigIntegerField()
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.OTHER)
    name = models.CharField(max_length=255)
    note = models.CharField(max_length=300, blank=True)
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="attachments")
    scan = models.CharField(max_length=10, choices=Scan.choices, default=Scan.NONE)
    added_by = models.CharField(max_length=80)
    added_at = models.DateTimeField(db_default=Now())
    removed_by = models.CharField(max_length=80, blank=True, default="")
    removed_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet.as_manager()
    runtime_privileges: ClassVar = ("SELECT", "INSERT", "UPDATE (removed_by, removed_at)")

    class Meta:
        ordering = ["added_at", "pk"]
        indexes = [models.Index(fields=["subject_type", "subject_id"], name="attachment_subject")]

    def __str__(self) -> str:
        return self.name
