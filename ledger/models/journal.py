"""The journal: append-only entries of lines that sum to zero, in the entry's currency and in the company's.

The rules stand here as triggers that the runtime role can't switch off (see `arops.lib.triggers`). One thing differs from the
usual deferred balance check: **all lines of an entry come in one statement**, judged at its end. So an entry is sealed as
soon as it has lines (a second statement that names it is refused, balanced or not), nothing waits for COMMIT that could be
forced early, and thousands of entries are judged by one set-based query instead of one query a line.
"""

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from arops.lib.triggers import Guard, append_only
from ledger.models.account import Account
from ledger.models.day_total import TOTAL_DAYS
from ledger.querysets import EntryQuerySet
from org.models import Company

PERIOD_OPEN = """
    -- A shared lock first, so that a closing that is under way is waited for; then judge what stands.
    PERFORM FROM ledger_period p WHERE p.id IN (
        SELECT p2.id FROM (SELECT DISTINCT company_id, effective_date FROM new_entries) n
        JOIN ledger_period p2 ON p2.company_id = n.company_id AND p2.span @> n.effective_date)
    ORDER BY p.id FOR SHARE;
    SELECT n.effective_date, p.name, p.state INTO bad
    FROM (SELECT DISTINCT company_id, effective_date FROM new_entries) n
    LEFT JOIN ledger_period p ON p.company_id = n.company_id AND p.span @> n.effective_date
    WHERE p.state IS DISTINCT FROM 'open' LIMIT 1;
    IF FOUND THEN
        RAISE check_violation USING CONSTRAINT = 'entry_period_open',
            MESSAGE = format('the period of %s is %s', bad.effective_date, coalesce(bad.state, 'missing'));
    END IF;
    SELECT n.source INTO bad FROM new_entries n JOIN ledger_entry o ON o.id = n.reverses_id
    WHERE o.company_id <> n.company_id OR o.currency <> n.currency OR o.effective_date > n.effective_date
        OR o.reverses_id IS NOT NULL LIMIT 1;
    IF FOUND THEN
        RAISE check_violation USING CONSTRAINT = 'entry_reversal_fits',
            MESSAGE = format('%s does not fit the entry it reverses', bad.source);
    END IF;
    RETURN NULL;"""

HAS_LINES = """
    IF NOT EXISTS (SELECT FROM ledger_line l WHERE l.entry_id = NEW.id) THEN
        RAISE check_violation USING CONSTRAINT = 'entry_balances', MESSAGE = format('entry %s has no lines', NEW.source);
    END IF;
    RETURN NULL;"""

WHOLE_AND_BALANCED = """
    SELECT e.source, n.total, n.base INTO bad
    FROM (SELECT entry_id, sum(amount) AS total, sum(base_amount) AS base, count(*) AS brought FROM new_lines GROUP BY entry_id) n
    JOIN ledger_entry e ON e.id = n.entry_id
    WHERE n.total <> 0 OR n.base <> 0 OR n.brought < 2 LIMIT 1;
    IF FOUND THEN
        RAISE check_violation USING CONSTRAINT = 'entry_balances',
            MESSAGE = format('entry %s is out of balance by %s (base %s)', bad.source, bad.total, bad.base);
    END IF;
    SELECT e.source INTO bad
    FROM (SELECT l.entry_id, count(*) AS stored FROM ledger_line l WHERE l.entry_id IN (SELECT entry_id FROM new_lines)
          GROUP BY l.entry_id) s
    JOIN (SELECT entry_id, count(*) AS brought FROM new_lines GROUP BY entry_id) n USING (entry_id)
    JOIN ledger_entry e ON e.id = s.entry_id
    WHERE s.stored <> n.brought LIMIT 1;
    IF FOUND THEN
        RAISE check_violation USING CONSTRAINT = 'entry_sealed', MESSAGE = format('entry %s is sealed', bad.source);
    END IF;
    SELECT e.source, a.code INTO bad
    FROM new_lines l
    JOIN ledger_entry e ON e.id = l.entry_id
    JOIN org_company c ON c.id = e.company_id
    JOIN ledger_account a ON a.id = l.account_id
    LEFT JOIN ledger_openitem o ON o.id = l.open_item_id
    WHERE a.company_id <> e.company_id
        OR a.is_control <> (l.open_item_id IS NOT NULL)
        OR (o.id IS NOT NULL AND (o.account_id <> l.account_id OR o.currency <> e.currency OR o.company_id <> e.company_id))
        OR (e.currency = c.base_currency AND l.amount <> l.base_amount) LIMIT 1;
    IF FOUND THEN
        RAISE check_violation USING CONSTRAINT = 'line_fits_account', MESSAGE = format(
            'a line of %s on account %s does not fit: a control line names an open item of its account, company and currency, '
            'and no other line does', bad.source, bad.code);
    END IF;
    IF EXISTS (
        SELECT FROM ledger_entry e WHERE e.id IN (SELECT entry_id FROM new_lines) AND e.reverses_id IS NOT NULL AND EXISTS (
            (SELECT account_id, open_item_id, -amount, -base_amount FROM new_lines WHERE entry_id = e.id
             EXCEPT ALL SELECT account_id, open_item_id, amount, base_amount FROM ledger_line WHERE entry_id = e.reverses_id)
            UNION ALL
            (SELECT account_id, open_item_id, amount, base_amount FROM ledger_line WHERE entry_id = e.reverses_id
             EXCEPT ALL SELECT account_id, open_item_id, -amount, -base_amount FROM new_lines WHERE entry_id = e.id))
    ) THEN
        RAISE check_violation USING CONSTRAINT = 'entry_reversal_fits', MESSAGE = 'a reversal mirrors its entry line by line';
    END IF;
    RETURN NULL;"""

OPENS_IN_FULL = """
    SELECT o.number, o.amount, coalesce(n.amount, 0) AS opened INTO bad
    FROM ledger_openitem o
    LEFT JOIN (SELECT entry_id, open_item_id, sum(amount) AS amount, sum(base_amount) AS base_amount FROM new_lines
               WHERE open_item_id IS NOT NULL GROUP BY 1, 2) n ON n.open_item_id = o.id AND n.entry_id = o.opened_by_id
    WHERE o.opened_by_id IN (SELECT entry_id FROM new_lines)
        AND (n.amount IS DISTINCT FROM o.amount::numeric OR n.base_amount IS DISTINCT FROM o.base_amount::numeric) LIMIT 1;
    IF FOUND THEN
        RAISE check_violation USING CONSTRAINT = 'open_item_opened',
            MESSAGE = format('item %s of %s was opened by lines of %s', bad.number, bad.amount, bad.opened);
    END IF;
    RETURN NULL;"""

MOVE_BALANCES = """
    -- Lock in the order of ids, so that two postings can't deadlock; then move each balance once. The CHECK judges.
    PERFORM FROM ledger_openitem o WHERE o.id IN (SELECT open_item_id FROM new_lines WHERE open_item_id IS NOT NULL)
    ORDER BY o.id FOR NO KEY UPDATE;
    UPDATE ledger_openitem o SET balance = o.balance + m.amount, base_balance = o.base_balance + m.base_amount
    FROM (SELECT open_item_id, sum(amount) AS amount, sum(base_amount) AS base_amount
          FROM new_lines WHERE open_item_id IS NOT NULL GROUP BY open_item_id) m
    WHERE o.id = m.open_item_id;
    RETURN NULL;"""


class Entry(models.Model):
    """One event that happened to money."""

    class Kind(models.TextChoices):
        INVOICE = "invoice", "invoice"
        CREDIT_MEMO = "credit_memo", "credit memo"
        DEBIT_MEMO = "debit_memo", "debit memo"
        RECEIPT = "receipt", "receipt"
        APPLICATION = "application", "application"
        IDENTIFICATION = "identification", "identification of cash"
        WRITE_OFF = "write_off", "write-off"
        TRANSFER = "transfer", "transfer"
        REFUND = "refund", "refund"
        LATE_FEE = "late_fee", "late fee"
        RETENTION = "retention", "retainage held back"
        RELEASE = "release", "retainage released"
        BANK_CHARGE = "bank_charge", "bank charge"
        PAYOUT = "payout", "refund paid out"
        INSTALMENT = "instalment", "moved to instalments"
        REVERSAL = "reversal", "reversal"

    company = models.ForeignKey(Company, models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    currency = models.CharField(max_length=3)
    effective_date = models.DateField()
    posted_at = models.DateTimeField(db_default=Now())
    actor = models.CharField(max_length=80)
    source = models.CharField(max_length=160, help_text="The event's own name: it posts once.")
    narrative = models.CharField(max_length=300, blank=True, db_default="")
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversed_by")

    objects = EntryQuerySet.as_manager()
    # Not `posted_at`: when an entry became known, the database alone says.
    runtime_privileges: ClassVar = (
        "SELECT", "INSERT (id, company_id, kind, currency, effective_date, actor, source, narrative, reverses_id)",
    )  # fmt: skip

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(fields=["source"], name="entry_source_once"),
            models.CheckConstraint(condition=~Q(source=""), name="entry_source_given"),
            models.CheckConstraint(condition=~Q(reverses=F("id")), name="entry_not_own_reversal"),
        ]
        indexes = [
            models.Index(fields=["company", "effective_date"], name="entry_by_day"),
            models.Index(fields=["posted_at"], name="entry_by_posting"),
        ]
        triggers = [
            *append_only(),
            Guard(
                name="entry_period_open", level=pgtrigger.Statement, when=pgtrigger.After, operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_entries"), declare=[("bad", "record")], func=PERIOD_OPEN,
            ),
            Guard(name="entry_has_lines", when=pgtrigger.After, operation=pgtrigger.Insert, timing=pgtrigger.Deferred, func=HAS_LINES),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.source}"


class Line(models.Model):
    """A debit (> 0) or credit (< 0) of an entry, in minor units of its currency and of the company's."""

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="lines")
    account = models.ForeignKey(Account, models.PROTECT, related_name="lines", db_index=False)
    open_item = models.ForeignKey("ledger.OpenItem", models.PROTECT, null=True, related_name="lines")
    amount = models.BigIntegerField()
    base_amount = models.BigIntegerField()

    runtime_privileges: ClassVar = ("SELECT", "INSERT")

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=~Q(amount=0, base_amount=0), name="line_moves_something")]
        triggers = [
            *append_only(),
            # Triggers of one table fire in the order of their names: judged first, moved second.
            Guard(
                name="line_a_whole_and_balanced", level=pgtrigger.Statement, when=pgtrigger.After, operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_lines"), declare=[("bad", "record")], func=WHOLE_AND_BALANCED,
            ),
            Guard(
                name="line_b_opens_in_full", level=pgtrigger.Statement, when=pgtrigger.After, operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_lines"), declare=[("bad", "record")], func=OPENS_IN_FULL,
            ),
            Guard(
                name="line_b_moves_balances", level=pgtrigger.Statement, when=pgtrigger.After, operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_lines"), func=MOVE_BALANCES,
            ),
            Guard(
                name="line_c_totals_days", level=pgtrigger.Statement, when=pgtrigger.After, operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_lines"), func=TOTAL_DAYS,
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.amount} on {self.account.code}"
