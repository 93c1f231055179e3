"""Tags on customers: a small set of words of a company's own, to find accounts by in the work list."""

from django.db import models
from django.db.models.functions import Now, Upper

from collections_app.querysets import ByCustomerQuerySet
from customers.models import Customer
from org.models import Company
from org.querysets import ScopedQuerySet


class Tag(models.Model):
    """A word that customers of a company are marked with, such as `year end` or `new ERP`. One that marks nobody is dropped."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="+")
    name = models.CharField(max_length=30)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Upper("name"), "company", name="tag_name_once")]

    def __str__(self) -> str:
        return self.name


class CustomerTag(models.Model):
    """A customer marked with a tag, by whom."""

    tag = models.ForeignKey(Tag, models.CASCADE, related_name="marked")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="work_tags")
    company = models.ForeignKey(Company, models.CASCADE, related_name="+")
    actor = models.CharField(max_length=80)
    at = models.DateTimeField(db_default=Now())

    objects = ByCustomerQuerySet.as_manager()

    class Meta:
        ordering = ["tag__name"]
        constraints = [models.UniqueConstraint(fields=["customer", "tag"], name="customer_tag_once")]

    def __str__(self) -> str:
        return f"{self.customer}: {self.tag}"
