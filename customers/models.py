"""Who owes: the customer master."""

import pghistory
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now, Upper

from customers.querysets import ContactQuerySet, CustomerQuerySet
from org.models import Company


def _tracked() -> tuple[pghistory.Tracker, ...]:
    return pghistory.InsertEvent(level=pghistory.Statement), pghistory.UpdateEvent(level=pghistory.Statement)


@pghistory.track(*_tracked())
class Customer(models.Model):
    """Someone who owes us, in one company's books. Every change is kept by the database (see `CustomerEvent`)."""

    class Risk(models.TextChoices):
        LOW = "A", "A low"
        NORMAL = "B", "B normal"
        RAISED = "C", "C raised"
        HIGH = "D", "D high"

    company = models.ForeignKey(Company, models.PROTECT, related_name="customers")
    number = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    currency = models.CharField(max_length=3)
    language = models.CharField(max_length=10, default="en")
    country = models.CharField(max_length=2, blank=True)
    address = models.TextField(blank=True)
    tax_id = models.CharField(max_length=40, blank=True)
    payment_terms = models.CharField(max_length=40, default="net 30")
    segment = models.CharField(max_length=40, blank=True)
    risk = models.CharField(max_length=1, choices=Risk.choices, default=Risk.NORMAL)
    credit_limit = models.BigIntegerField(null=True, blank=True, help_text="Minor units of the customer's currency; empty: none set.")
    collector = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="portfolio")
    sales_representative = models.CharField(max_length=100, blank=True)
    dunning_hold = models.BooleanField(default=False)
    dunning_hold_until = models.DateField(null=True, blank=True)
    dunning_hold_reason = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    source_system = models.CharField(max_length=40, default="arops")
    external_id = models.CharField(max_length=80, null=True, blank=True)
    source_version = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="customer_number_once"),
            models.UniqueConstraint(fields=["company", "source_system", "external_id"], name="customer_external_id_once"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="customer_not_own_parent"),
            models.CheckConstraint(condition=Q(credit_limit=None) | Q(credit_limit__gte=0), name="customer_credit_limit_not_negative"),
        ]
        indexes = [
            models.Index(fields=["updated_at", "id"], name="customer_updated"),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="customer_name_trgm"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.number})"


@pghistory.track(*_tracked())
class Contact(models.Model):
    """A person at the customer."""

    class Role(models.TextChoices):
        ACCOUNTS_PAYABLE = "ap", "accounts payable"
        BUYER = "buyer", "buyer"
        PROJECT_MANAGER = "project_manager", "project manager"
        EXECUTIVE = "executive", "executive"
        OTHER = "other", "other"

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contacts")
    name = models.CharField(max_length=150)
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.ACCOUNTS_PAYABLE)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    language = models.CharField(max_length=10, blank=True)
    receives_letters = models.BooleanField(default=True, help_text="Gets reminders and statements.")
    is_active = models.BooleanField(default=True)
    source_system = models.CharField(max_length=40, default="arops")
    external_id = models.CharField(max_length=80, null=True, blank=True)
    source_version = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ["customer", "name"]
        constraints = [models.UniqueConstraint(fields=["customer", "source_system", "external_id"], name="contact_external_id_once")]

    def __str__(self) -> str:
        return self.name
