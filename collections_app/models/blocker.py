"""Papers that stand between invoices and their payment, chased until they are there."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from collections_app.querysets import ByCustomerQuerySet
from customers.models import Customer, CustomerDocument
from org.models import Company


class DocumentChase(models.Model):
    """How a paper that is missing is chased: by whom, how often the customer was reminded, when next. One a paper, until it is there."""

    document = models.OneToOneField(CustomerDocument, models.CASCADE, related_name="chase")
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="document_chases")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    reminded = models.IntegerField(default=0, help_text="How often the customer was written to about it.")
    last_on = models.DateField(null=True)
    next_on = models.DateField(null=True, help_text="When the next reminder goes out; empty: none does.")
    paused_until = models.DateField(null=True)
    closed_on = models.DateField(null=True)
    began_at = models.DateTimeField(db_default=Now())

    objects = ByCustomerQuerySet.as_manager()

    class Meta:
        ordering = ["next_on", "pk"]
        indexes = [models.Index(fields=["company", "next_on"], name="document_chase_open", condition=models.Q(closed_on=None))]

    def __str__(self) -> str:
        return f"chase of {self.document}"
