"""Invoices and memos as issued: snapshots that never change, each with its open item in the ledger."""

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Now, Upper

from arops.lib.triggers import Guard
from customers.models import Customer
from invoicing.querysets import InvoiceImportQuerySet, InvoiceQuerySet
from ledger.models import OpenItem
from orders.models import Contract, PurchaseOrder, SalesOrder, WorkOrder
from org.models import Company
from workflow.models import Job, StoredFile


class Invoice(models.Model):
    """An invoice, debit memo or credit memo. Amounts are positive minor units of `currency`; the kind gives the direction."""

    class Kind(models.TextChoices):
        INVOICE = "invoice", "invoice"
        DEBIT_MEMO = "debit_memo", "debit memo"
        CREDIT_MEMO = "credit_memo", "credit memo"

    company = models.ForeignKey(Company, models.PROTECT, related_name="invoices")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="invoices", db_index=False)
    open_item = models.OneToOneField(OpenItem, models.PROTECT, related_name="invoice")
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.INVOICE)
    number = models.CharField(max_length=60)
    currency = models.CharField(max_length=3)
    document_date = models.DateField()
    due_date = models.DateField(help_text="As issued; the open item holds the date that counts.")
    payment_terms = models.CharField(max_length=40, blank=True, db_default="")
    po_number = models.CharField(max_length=60, blank=True, db_default="")
    order_reference = models.CharField(max_length=80, blank=True, db_default="")
    refers_to = models.ForeignKey("self", models.PROTECT, null=True, related_name="memos")
    replaces = models.ForeignKey("self", models.PROTECT, null=True, related_name="replaced_by", help_text="The invoice it bills again.")
    reason = models.CharField(max_length=200, blank=True, db_default="")
    reason_code = models.CharField(max_length=30, blank=True, db_default="")
    buyer_reference = models.CharField(max_length=60, blank=True, db_default="")
    cost_code = models.CharField(max_length=60, blank=True, db_default="")
    retainage = models.BigIntegerField(db_default=0, help_text="Minor units of the total that the customer keeps until release.")
    subtotal = models.BigIntegerField()
    tax_total = models.BigIntegerField(db_default=0)
    total = models.BigIntegerField()
    source_system = models.CharField(max_length=40, db_default="arops")
    external_id = models.CharField(max_length=80, null=True)
    source_version = models.BigIntegerField(null=True)
    payload_hash = models.CharField(max_length=64, blank=True, db_default="", help_text="To tell a repeat from a change.")
    language = models.CharField(max_length=10, db_default="en", help_text="Of its paper: the customer's on the day of issue.")
    issued_by = models.CharField(max_length=80)
    issued_at = models.DateTimeField(db_default=Now())

    objects = InvoiceQuerySet.as_manager()
    runtime_privileges: ClassVar = ("SELECT", "INSERT", "UPDATE (source_version, po_number)")

    class Meta:
        ordering = ["-document_date", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["company", "kind", "number"], name="invoice_number_once"),
            models.UniqueConstraint(fields=["company", "source_system", "external_id"], name="invoice_external_id_once"),
            models.CheckConstraint(condition=models.Q(total__gt=0), name="invoice_total_positive"),
            models.CheckConstraint(condition=models.Q(total=models.F("subtotal") + models.F("tax_total")), name="invoice_adds_up"),
            models.CheckConstraint(condition=models.Q(retainage__gte=0, retainage__lt=models.F("total")), name="invoice_retainage_within"),
        ]
        indexes = [
            models.Index(fields=["issued_at", "id"], name="invoice_updated"),
            models.Index(fields=["-document_date", "-id"], name="invoice_by_date"),
            models.Index(fields=["customer", "document_date"], name="invoice_of_customer"),
            models.Index(OpClass(Upper("po_number"), name="text_pattern_ops"), name="invoice_by_po", condition=~models.Q(po_number="")),
        ]
        triggers = [
            Guard(
                name="issued_is_issued", when=pgtrigger.Before,
                operation=pgtrigger.Delete | pgtrigger.UpdateOf(
                    "company_id", "customer_id", "open_item_id", "kind", "number", "currency", "document_date", "due_date", "payment_terms",
                    "refers_to_id", "replaces_id", "reason", "reason_code", "buyer_reference", "cost_code", "retainage",
                    "subtotal", "tax_total", "total", "source_system", "external_id", "language", "issued_by", "issued_at",
                ),
                func="RAISE insufficient_privilege USING MESSAGE = 'issued is issued: credit it and bill again';",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number


LINE_KEPT = (
    "id invoice_id number sku description quantity unit unit_price amount tax_code tax_amount po_line order_line work_order contract "
    "gl_account releases_id period_from period_to"
).split()
LINE_LINKS = "sales_order_id purchase_order_id job_id agreement_id".split()
_REFUSE = "RAISE insufficient_privilege USING MESSAGE = format('%s on %s is refused: rows are only added', TG_OP, TG_TABLE_NAME);"


class InvoiceLine(models.Model):
    """A line of an invoice or memo, as issued."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="lines")
    number = models.IntegerField()
    sku = models.CharField(max_length=60, blank=True, db_default="")
    description = models.CharField(max_length=300, blank=True, db_default="")
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    unit = models.CharField(max_length=10, blank=True, db_default="", help_text="UN/ECE Rec 20 code, such as HUR or EA.")
    unit_price = models.DecimalField(max_digits=20, decimal_places=8)
    amount = models.BigIntegerField()
    tax_code = models.CharField(max_length=20, blank=True, db_default="")
    tax_amount = models.BigIntegerField(db_default=0)
    po_line = models.IntegerField(null=True)
    order_line = models.IntegerField(null=True)
    work_order = models.CharField(max_length=80, blank=True, db_default="")
    contract = models.CharField(max_length=80, blank=True, db_default="")
    gl_account = models.CharField(max_length=20, blank=True, db_default="")
    period_from = models.DateField(null=True, help_text="The first day that the line is about.")
    period_to = models.DateField(null=True, help_text="The last day that the line is about.")
    sales_order = models.ForeignKey(SalesOrder, models.PROTECT, null=True, related_name="invoice_lines", db_index=False)
    purchase_order = models.ForeignKey(PurchaseOrder, models.PROTECT, null=True, related_name="invoice_lines", db_index=False)
    job = models.ForeignKey(WorkOrder, models.PROTECT, null=True, related_name="invoice_lines", db_index=False)
    agreement = models.ForeignKey(Contract, models.PROTECT, null=True, related_name="invoice_lines", db_index=False)
    releases = models.ForeignKey(
        Invoice, models.PROTECT, null=True, related_name="releasing_lines", db_index=False, help_text="The invoice whose retainage it is."
    )

    # What a line refers to by its text may arrive after it: then it is linked, once (see `one_link`).
    runtime_privileges: ClassVar = ("SELECT", "INSERT", "UPDATE (sales_order_id, purchase_order_id, job_id, agreement_id)")

    class Meta:
        ordering = ["invoice", "number"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "number"], name="invoice_line_number_once"),
            models.CheckConstraint(condition=models.Q(period_from__lte=models.F("period_to")), name="invoice_line_period_in_order"),
        ]
        indexes = [
            models.Index(fields=["sales_order"], name="invoice_line_order", condition=models.Q(sales_order__isnull=False)),
            models.Index(fields=["purchase_order"], name="invoice_line_po", condition=models.Q(purchase_order__isnull=False)),
            models.Index(fields=["job"], name="invoice_line_job", condition=models.Q(job__isnull=False)),
            models.Index(fields=["agreement"], name="invoice_line_agreement", condition=models.Q(agreement__isnull=False)),
            models.Index(fields=["releases"], name="invoice_line_releases", condition=models.Q(releases__isnull=False)),
        ]
        triggers = [
            Guard(name="append_only", when=pgtrigger.Before, operation=pgtrigger.Delete | pgtrigger.UpdateOf(*LINE_KEPT), func=_REFUSE),
            Guard(
                name="one_link", when=pgtrigger.Before, operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    f"({' OR '.join(f'(OLD.{c} IS NOT NULL AND NEW.{c} IS DISTINCT FROM OLD.{c})' for c in LINE_LINKS)})"
                ),
                func="RAISE insufficient_privilege USING MESSAGE = 'a line is linked once';",
            ),
            Guard(name="no_truncate", level=pgtrigger.Statement, when=pgtrigger.Before, operation=pgtrigger.Truncate, func=_REFUSE),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.number} {self.description}"


class InvoiceImport(models.Model):
    """A list of documents on its way into the books: the file as it came, how it is read, what was found, what became of it.

    Only whoever brought it sees it, for its rows may be of several companies.
    """

    class State(models.TextChoices):
        MAPPING = "mapping", "to be mapped"
        CHECKING = "checking", "being checked"
        CHECKED = "checked", "checked"
        RUNNING = "running", "being imported"
        DONE = "done", "imported"
        CANCELLED = "cancelled", "put aside"

    class Mode(models.TextChoices):
        ATOMIC = "atomic", "all or nothing"
        PARTIAL = "partial", "row by row"

    company = models.ForeignKey(Company, models.PROTECT, null=True, related_name="+", help_text="For rows that name none.")
    source = models.CharField(max_length=60, help_text="What the list comes from; its mapping is taken again next time.")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="invoice_imports")
    name = models.CharField(max_length=255)
    table = models.BinaryField(help_text="The list as read in the sandbox: JSON, deflated.")
    rows = models.IntegerField()
    mapping = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.MAPPING)
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.ATOMIC)
    counts = models.JSONField(default=dict, help_text="Documents by what would become, or became, of them.")
    totals = models.JSONField(default=list, help_text="Control totals: kind, currency, documents, minor units.")
    outcomes = models.JSONField(default=list, help_text="Documents that were refused, with the cells that are to blame.")
    held = models.JSONField(default=list, help_text="Documents that the check holds, with what it found; the draft once it is kept.")
    job = models.ForeignKey(Job, models.PROTECT, null=True, related_name="invoice_imports")
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now())
    confirmed_at = models.DateTimeField(null=True)

    objects = InvoiceImportQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["created_by", "-id"], name="invoice_import_mine")]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_state_display()})"
