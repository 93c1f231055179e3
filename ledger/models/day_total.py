"""What moved the open items of each day, summed as it is posted: whole accounts are reported from here, not from millions of lines.

Rows are only ever added, by the triggers on lines and on due dates, in the transaction of the lines they sum: so no two postings wait
for each other, and the sums are exact at any moment. `verify_books` holds them against the lines.
"""

from typing import ClassVar

from django.db import models

from arops.lib.triggers import append_only
from ledger.models.account import Account
from org.models import Company

COLUMNS = "company_id, account_id, currency, item_kind, kind, effective_date, of_date, due_date, reduces, amount, base_amount"
SUMMED = """
    SELECT e.company_id, l.account_id, e.currency, o.kind, coalesce(r.kind, e.kind), e.effective_date,
        coalesce(r.effective_date, e.effective_date), o.due_date, (l.amount < 0) <> (r.id IS NOT NULL), sum(l.amount), sum(l.base_amount)
    FROM {lines} l JOIN ledger_entry e ON e.id = l.entry_id JOIN ledger_openitem o ON o.id = l.open_item_id
    LEFT JOIN ledger_entry r ON r.id = e.reverses_id GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9"""
"""Sums of lines as they are kept; {lines} is a table of lines."""

TOTAL_DAYS = f"""
    INSERT INTO ledger_daytotal ({COLUMNS}) {SUMMED.format(lines="new_lines")};
    RETURN NULL;"""

MOVE_DUE_DATE = f"""
    -- What was summed under the old due date is taken out, and put in under the new one.
    INSERT INTO ledger_daytotal ({COLUMNS})
    SELECT s.company_id, s.account_id, s.currency, s.item_kind, s.kind, s.effective_date, s.of_date, d.due_date, s.reduces,
        d.sign * s.amount, d.sign * s.base_amount
    FROM ({SUMMED.format(lines="(SELECT * FROM ledger_line WHERE open_item_id = NEW.id)")}) s ({COLUMNS})
    CROSS JOIN (VALUES (OLD.due_date, -1), (NEW.due_date, 1)) d (due_date, sign);
    RETURN NULL;"""


class DayTotal(models.Model):
    """Sums of lines on open items: of one account, currency, kind of item, kind of entry, effective day and due date.

    A reversal counts with the kind of what it reverses; `of_date` is the day of what it reverses (else its own). `reduces` says whether
    the lines (or those they reverse) took away from a debit. There may be several rows of the same keys.
    """

    company = models.ForeignKey(Company, models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    currency = models.CharField(max_length=3)
    item_kind = models.CharField(max_length=20)
    kind = models.CharField(max_length=20)
    effective_date = models.DateField()
    of_date = models.DateField()
    due_date = models.DateField()
    reduces = models.BooleanField()
    amount = models.BigIntegerField()
    base_amount = models.BigIntegerField()

    runtime_privileges: ClassVar = ("SELECT",)

    class Meta:
        indexes = [models.Index(fields=["company", "effective_date"], name="day_total_by_day")]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.effective_date} {self.kind} {self.amount} {self.currency}"
