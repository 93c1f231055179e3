"""Anything owed to us (> 0: invoice, debit memo) or by us (< 0: credit memo, receipt)."""

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from arops.lib.triggers import Guard
from customers.models import Customer
from ledger.models.account import Account
from ledger.models.day_total import MOVE_DUE_DATE
from ledger.querysets import OpenItemQuerySet
from org.models import Company

ISSUED = (
    "company_id customer_id account_id kind number currency document_date amount base_amount opened_by_id".split()
)  # fmt: skip


class OpenItem(models.Model):
    """One document of the subledger and what of it is still open.

    `amount` is signed, in minor units of `currency`; `balance` moves between it and zero, and only the ledger's own trigger
    moves it. `base_amount` and `base_balance` are the same in the company's currency, at the rate of the document's day.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice", "invoice"
        DEBIT_MEMO = "debit_memo", "debit memo"
        CREDIT_MEMO = "credit_memo", "credit memo"
        RECEIPT = "receipt", "receipt"
        LATE_FEE = "late_fee", "late fee"
        RETAINAGE = "retainage", "retainage"
        INSTALMENT = "instalment", "instalment"

    company = models.ForeignKey(Company, models.PROTECT, related_name="open_items")
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="open_items")
    account = models.ForeignKey(Account, models.PROTECT, related_name="open_items", db_index=False)
    opened_by = models.ForeignKey("ledger.Entry", models.PROTECT, related_name="opens")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    number = models.CharField(max_length=60)
    currency = models.CharField(max_length=3)
    document_date = models.DateField()
    due_date = models.DateField()
    po_number = models.CharField(max_length=60, blank=True, db_default="")
    discount_until = models.DateField(null=True)
    discount_amount = models.BigIntegerField(default=0, db_default=0)
    amount = models.BigIntegerField()
    base_amount = models.BigIntegerField()
    balance = models.BigIntegerField(default=0, db_default=0)
    base_balance = models.BigIntegerField(default=0, db_default=0)

    objects = OpenItemQuerySet.as_manager()
    runtime_privileges: ClassVar = (
        "SELECT",
        f"INSERT (id, {', '.join(ISSUED)}, due_date, po_number, discount_until, discount_amount)",
        "UPDATE (due_date, po_number)",
    )

    class Meta:
        ordering = ["due_date", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["company", "kind", "number"], name="open_item_number_once"),
            models.CheckConstraint(condition=~Q(amount=0), name="open_item_amount_not_zero"),
            models.CheckConstraint(
                name="open_item_never_overshoots",
                condition=Q(amount__gt=0, balance__gte=0, balance__lte=F("amount"))
                | Q(amount__lt=0, balance__lte=0, balance__gte=F("amount")),
            ),
            models.CheckConstraint(
                name="open_item_base_never_overshoots",
                condition=Q(amount__gt=0, base_balance__gte=0, base_balance__lte=F("base_amount"))
                | Q(amount__lt=0, base_balance__lte=0, base_balance__gte=F("base_amount")),
            ),
            models.CheckConstraint(name="open_item_closed_in_both", condition=~Q(balance=0) | Q(base_balance=0)),
            models.CheckConstraint(name="open_item_discount_within", condition=Q(discount_amount__gte=0)),
        ]
        indexes = [
            models.Index(fields=["customer", "due_date"], name="open_item_open", condition=~Q(balance=0)),
            models.Index(fields=["company", "due_date"], name="open_item_open_company", condition=~Q(balance=0)),
            # Credits and cash not applied are few among what is open: the cash queue begins here.
            models.Index(fields=["company", "id"], name="open_item_open_credits", condition=Q(balance__lt=0)),
            GinIndex(OpClass(Upper("number"), name="gin_trgm_ops"), name="open_item_number_trgm"),
        ]
        triggers = [
            Guard(
                name="item_kept", when=pgtrigger.Before, operation=pgtrigger.Delete,
                func="RAISE insufficient_privilege USING MESSAGE = 'an open item is never deleted: reverse its entry';",
            ),
            Guard(
                name="item_no_truncate", level=pgtrigger.Statement, when=pgtrigger.Before, operation=pgtrigger.Truncate,
                func="RAISE insufficient_privilege USING MESSAGE = 'open items are never truncated';",
            ),
            Guard(
                name="item_as_issued", when=pgtrigger.Before, operation=pgtrigger.UpdateOf(*ISSUED),
                func="RAISE insufficient_privilege USING MESSAGE = 'what was issued stays as issued: credit it and bill again';",
            ),
            Guard(
                name="item_balance_by_ledger", when=pgtrigger.Before, operation=pgtrigger.UpdateOf("balance", "base_balance"),
                condition=pgtrigger.Condition("pg_trigger_depth() = 0"),
                func="RAISE insufficient_privilege USING MESSAGE = 'balances move with the journal alone';",
            ),
            Guard(
                name="item_due_moves_totals", when=pgtrigger.After, operation=pgtrigger.UpdateOf("due_date"), func=MOVE_DUE_DATE,
                condition=pgtrigger.Condition("OLD.due_date IS DISTINCT FROM NEW.due_date"),
            ),
            # An item comes before the lines of its entry, and those must open it in full (see Line): no ghosts that look paid.
            Guard(
                name="item_before_lines", level=pgtrigger.Statement, when=pgtrigger.After, operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_items"), declare=[("bad", "record")],
                func="""
                SELECT n.number INTO bad FROM new_items n
                WHERE n.balance <> 0 OR n.base_balance <> 0
                    OR EXISTS (SELECT FROM ledger_line l WHERE l.entry_id = n.opened_by_id) LIMIT 1;
                IF FOUND THEN
                    RAISE check_violation USING CONSTRAINT = 'open_item_opened',
                        MESSAGE = format('item %s is not opened by its entry', bad.number);
                END IF;
                RETURN NULL;""",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number
