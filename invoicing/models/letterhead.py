"""What a company's paper looks like."""

from django.db import models

from org.models import Company
from org.querysets import ScopedQuerySet
from workflow.models import StoredFile


class Letterhead(models.Model):
    """Logo, colour and foot of a company's invoices. Who the company is stands with the company itself."""

    company = models.OneToOneField(Company, models.PROTECT, related_name="letterhead")
    logo = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+", help_text="PNG or JPEG.")
    accent = models.CharField(max_length=7, default="#1d4ed8", help_text="Colour of rules and headings, such as #1d4ed8.")
    footer = models.CharField(max_length=300, blank=True, default="", help_text="A line at the foot of every page.")
    payment_note = models.CharField(max_length=300, blank=True, default="", help_text="A line beside the payment details.")
    changed_by = models.CharField(max_length=80, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.company.code}: {self.accent}"
