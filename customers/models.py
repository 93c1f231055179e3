"""Who owes: the customer master."""

from typing import ClassVar

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Now, Upper

from customers.querysets import ContactQuerySet, CustomerQuerySet, OfCustomerQuerySet
from customers.reaching import LETTERS, PURPOSES, Person, gets
from org.models import Company
from org.querysets import ScopedQuerySet


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

    class DeliveryBy(models.TextChoices):
        EMAIL = "email", "e-mail with PDF"
        PRINT = "print", "print and mail"
        EINVOICE = "einvoice", "e-mail with PDF and e-invoice"
        PULL = "pull", "taken by the customer's system"

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
    delivery = models.CharField(max_length=10, choices=DeliveryBy.choices, default="email", db_default="email")
    invoice_email = models.EmailField(blank=True, default="", db_default="", help_text="Empty: the contacts in accounts payable.")
    peppol_id = models.CharField(
        max_length=60, blank=True, default="", db_default="", help_text="Scheme and id, such as 0204:991-1234512345-06."
    )
    buyer_reference = models.CharField(
        max_length=60, blank=True, default="", db_default="", help_text="BT-10: what the customer routes invoices by."
    )
    tax_code = models.CharField(max_length=20, blank=True, default="", db_default="", help_text="Tax rate that applies to this customer.")
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
    receives_letters = models.BooleanField(default=True, help_text="Gets reminders, statements and other letters that weren't asked for.")
    purposes = ArrayField(
        models.CharField(max_length=20, choices=list(PURPOSES.items())), default=list, blank=True,
        db_default=Value([], output_field=ArrayField(models.CharField(max_length=20))),
        help_text="What is sent to this person; empty: what goes to the role.",
    )  # fmt: skip
    takes_mail = models.BooleanField(default=True, db_default=True, help_text="May be written to; not, where the person asked for no mail.")
    takes_calls = models.BooleanField(default=True, db_default=True, help_text="May be called; not, where the person asked not to be.")
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

    @property
    def person(self) -> Person:
        """As the rules of who gets what see them."""
        return Person(self.email, self.role, self.receives_letters, self.takes_mail, tuple(self.purposes))

    @property
    def gets_words(self) -> str:
        """What is sent to them, in words."""
        found = [words for code, words in PURPOSES.items() if gets(self.person, code)]
        letters = [PURPOSES[code] for code in PURPOSES if code in LETTERS]
        if len(found) == len(PURPOSES):
            return "all mail"
        return "letters" if found == letters else ", ".join(found)


class BillingRequirement(models.Model):
    """Something a customer wants of an invoice before it pays. A rule is data: changed by a new version, ended by a date, never edited.

    `params` are the kind's own (see `customers.requirements`): {"mask": "PO-#####"} for po_format, {"kind": "sign_off"} for attachment.
    """

    class Kind(models.TextChoices):
        PO_NUMBER = "po_number", "purchase order number stands on the invoice"
        PO_FORMAT = "po_format", "purchase order number looks like …"
        COST_CODE = "cost_code", "cost code stands on the invoice"
        SIGN_OFF = "sign_off", "work orders are signed off by the customer"
        ATTACHMENT = "attachment", "a document is attached"
        ONE_WORK_ORDER = "one_work_order", "one invoice for each work order"
        CONSOLIDATED = "consolidated", "one invoice for all of a period"
        LIEN_RELEASE = "lien_release", "lien release goes with the invoice"
        PORTAL = "portal", "invoice is uploaded to the customer's portal"
        BILL_WITHIN = "bill_within", "billed within days of completion"
        NO_TAX_LINE = "no_tax_line", "no tax on the invoice"
        LINE_REFERENCE = "line_reference", "each line names its purchase order line"
        DOCUMENT = "document", "a document is on file"

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="requirements")
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    params = models.JSONField(default=dict, blank=True)
    version = models.IntegerField(default=1)
    replaces = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="replaced_by")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    learned_from = models.CharField(max_length=60, blank=True, help_text="Number of the invoice whose rejection taught it.")
    note = models.CharField(max_length=300, blank=True)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())

    objects = OfCustomerQuerySet.as_manager()
    runtime_privileges: ClassVar = ("SELECT", "INSERT", "UPDATE (valid_to, updated_at)")

    class Meta:
        ordering = ["customer", "kind", "valid_from"]
        constraints = [
            models.CheckConstraint(condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="billing_requirement_span"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} (v{self.version})"


@pghistory.track(*_tracked())
class CustomerDocument(models.Model):
    """A paper that stands between an invoice and its payment: what we give (W-9, insurance, lien release), what we get (certificate)."""

    class Kind(models.TextChoices):
        W9 = "w9", "W-9"
        VENDOR_FORM = "vendor_form", "vendor set-up form"
        EXEMPTION = "exemption", "tax exemption certificate"
        INSURANCE = "insurance", "insurance certificate"
        PO_COPY = "po_copy", "purchase order copy"
        LIEN_CONDITIONAL_PROGRESS = "lien_conditional_progress", "conditional lien release, progress"
        LIEN_UNCONDITIONAL_PROGRESS = "lien_unconditional_progress", "unconditional lien release, progress"
        LIEN_CONDITIONAL_FINAL = "lien_conditional_final", "conditional lien release, final"
        LIEN_UNCONDITIONAL_FINAL = "lien_unconditional_final", "unconditional lien release, final"

    class State(models.TextChoices):
        REQUESTED = "requested", "requested"
        RECEIVED = "received", "received"
        SENT = "sent", "sent to the customer"
        REFUSED = "refused", "refused"
        CANCELLED = "cancelled", "no longer needed"

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=30, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.REQUESTED)
    waits_for = models.CharField(max_length=30, blank=True, help_text="Who must act: customer, or a department's code.")
    jurisdiction = models.CharField(max_length=20, blank=True, help_text="Exemption: the tax code or jurisdiction it is for; empty: all.")
    contract_number = models.CharField(max_length=60, blank=True)
    invoice_number = models.CharField(max_length=60, blank=True, help_text="Lien releases: the invoice they are for.")
    through_date = models.DateField(null=True, blank=True, help_text="Lien releases: work up to this day.")
    amount = models.BigIntegerField(null=True, blank=True, help_text="Lien releases: minor units of the customer's currency.")
    reference = models.CharField(max_length=80, blank=True, help_text="Certificate or policy number.")
    requested_on = models.DateField(null=True, blank=True)
    received_on = models.DateField(null=True, blank=True)
    valid_from = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)
    version = models.IntegerField(default=0)
    source_system = models.CharField(max_length=40, default="arops", db_default="arops")
    external_id = models.CharField(max_length=80, null=True, blank=True)
    source_version = models.BigIntegerField(null=True, blank=True)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OfCustomerQuerySet.as_manager()
    runtime_privileges: ClassVar = ("SELECT", "INSERT", "UPDATE")

    class Meta:
        ordering = ["customer", "kind", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["company", "source_system", "external_id"], name="customer_document_external_id_once"),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(expires_on=None) | Q(expires_on__gte=F("valid_from")), name="customer_document_span"
            ),
        ]
        indexes = [
            models.Index(fields=["company", "expires_on"], name="customer_document_expiry"),
            models.Index(fields=["updated_at", "id"], name="customer_document_updated"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class TaxRate(models.Model):
    """Sales tax of a jurisdiction under a code, in per cent, from a day on."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="tax_rates")
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=100, help_text="Such as Texas, Dallas.")
    jurisdiction = models.CharField(max_length=20, help_text="Such as US-TX-DAL or DE.")
    percent = models.DecimalField(max_digits=7, decimal_places=4)
    category = models.CharField(
        max_length=3, default="S", help_text="EN 16931 category: S standard, Z zero, E exempt, AE reverse charge, O outside."
    )
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    created_by = models.CharField(max_length=80)
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())

    objects = ScopedQuerySet.as_manager()
    runtime_privileges: ClassVar = ("SELECT", "INSERT", "UPDATE (valid_to, updated_at)")

    class Meta:
        ordering = ["company", "code", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["company", "code", "valid_from"], name="tax_rate_once"),
            models.CheckConstraint(condition=Q(percent__gte=0, percent__lt=100), name="tax_rate_percent"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.percent}%"
