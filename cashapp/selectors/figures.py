"""How cash application does: what was posted without a person, by receipt, by line and by value; what of it was wrong; hours and cost.

Rates of this kind aren't standardised in the trade (whole payments or lines, before or after corrections), so each is defined here and
shown beside what it counts. A receipt's `outcome` is one of

- `alone`: settled by the engine, nobody touched it and nothing of it was taken back since;
- `confirmed`: settled by the engine's answer, which a person accepted (one by one, or a band after a look at its sample);
- `hand`: settled by a person's own allocation, or after the engine's was taken back;
- `account`: left on account, nothing applied; `part`: applied in part; `waiting`; `returned` by the bank.

Receipts count on their value date. Parts of a split payment count as the one that came in.
"""

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from cashapp.models import Receipt
from cashapp.selectors.engine_input import policy_of
from org.actors import Actor
from org.models import Company

OUTCOMES = {
    "alone": "posted alone", "confirmed": "confirmed", "hand": "by hand", "account": "on account", "part": "in part", "waiting": "waiting",
    "returned": "returned",
}  # fmt: skip
BY = {"rule": "Rule", "customer": "Customer", "bank": "Bank account", "person": "Person", "month": "Month"}
KEYS = {
    "rule": "coalesce(rule, '')", "customer": "customer_id::text", "bank": "bank_account_id::text", "person": "coalesce(person, '')",
    "month": "to_char(value_date, 'YYYY-MM')", "": "''",
}  # fmt: skip
FIGURES = {
    "all": "TRUE", "settled": "outcome IN ('alone', 'confirmed', 'hand')", "wrong": "wrong > 0", "tried": "tried > 0",
    "reversed": "taken_back > 0", **{code: f"outcome = '{code}'" for code in OUTCOMES},
}  # fmt: skip
"""Which receipts are behind a figure."""
APART = "interval '2 seconds'", "interval '15 minutes'"
"""Between two postings of a person: less is one act on many, more is another work in between."""

RECEIPTS = """
    WITH came AS (
        SELECT r.id, r.number, r.customer_id, r.bank_account_id, r.value_date, r.created_at, r.returned_on, r.on_account,
            i.balance AS open, abs(i.base_amount) AS base, r.amount, r.currency
        FROM cashapp_receipt r JOIN ledger_openitem i ON i.id = r.open_item_id
        WHERE r.company_id = %(company)s AND r.value_date BETWEEN %(first)s AND %(last)s AND r.split_from_id IS NULL
            AND r.id IN ({seen})
    ), work AS (
        SELECT m.receipt_id,
            count(*) FILTER (WHERE m.alone) AS tried,
            count(*) FILTER (WHERE m.alone AND m.reversed_by_id IS NOT NULL AND c.returned_on IS NULL) AS wrong,
            count(*) AS posted, count(*) FILTER (WHERE m.reversed_by_id IS NOT NULL) AS taken_back,
            count(*) FILTER (WHERE m.reversed_by_id IS NULL) AS live,
            count(*) FILTER (WHERE m.reversed_by_id IS NULL AND NOT m.alone) AS live_people,
            count(*) FILTER (WHERE m.reversed_by_id IS NULL AND m.rule IN ('manual', 'split', 'transfer', 'conversion')) AS live_hand,
            coalesce(sum(m.items) FILTER (WHERE m.reversed_by_id IS NULL), 0) AS lines,
            coalesce(sum(m.items) FILTER (WHERE m.reversed_by_id IS NULL AND m.alone), 0) AS lines_alone,
            max(m.at) FILTER (WHERE m.reversed_by_id IS NULL) AS last_at,
            (array_agg(m.rule ORDER BY m.reversed_by_id IS NULL DESC, m.id DESC))[1] AS rule,
            (array_agg(CASE WHEN m.alone THEN 'engine' ELSE m.actor END ORDER BY m.reversed_by_id IS NULL DESC, m.id DESC))[1] AS person
        FROM cashapp_match m JOIN came c ON c.id = m.receipt_id GROUP BY m.receipt_id
    ), judged AS (
        SELECT c.*, w.rule, w.person, coalesce(w.tried, 0) AS tried, coalesce(w.wrong, 0) AS wrong, coalesce(w.posted, 0) AS posted,
            coalesce(w.taken_back, 0) AS taken_back, coalesce(w.lines, 0) AS lines, coalesce(w.lines_alone, 0) AS lines_alone,
            CASE WHEN c.returned_on IS NOT NULL THEN 'returned'
                WHEN coalesce(w.live, 0) = 0 AND c.on_account THEN 'account'
                WHEN coalesce(w.live, 0) = 0 THEN 'waiting'
                WHEN c.open < 0 AND NOT c.on_account THEN 'part'
                WHEN w.live_hand > 0 OR w.wrong > 0 THEN 'hand'
                WHEN w.live_people > 0 THEN 'confirmed'
                ELSE 'alone' END AS outcome,
            CASE WHEN coalesce(w.live, 0) > 0 AND (c.open = 0 OR c.on_account) AND c.returned_on IS NULL
                THEN greatest(extract(epoch FROM w.last_at - c.created_at), 0) / 3600 END AS hours
        FROM came c LEFT JOIN work w ON w.receipt_id = c.id
    )"""

SUMS = """
    SELECT {key}, count(*), {counts}, sum(base)::bigint, coalesce(sum(base) FILTER (WHERE outcome = 'alone'), 0)::bigint,
        sum(lines)::bigint, sum(lines_alone)::bigint, sum(tried)::bigint, sum(wrong)::bigint, sum(posted)::bigint, sum(taken_back)::bigint,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY hours), percentile_cont(0.9) WITHIN GROUP (ORDER BY hours)
    FROM judged GROUP BY 1 ORDER BY 2 DESC, 1"""

MINUTES = f"""
    SELECT count(*), coalesce(sum(extract(epoch FROM gap)), 0)::bigint FROM (
        SELECT m.at - lag(m.at) OVER (PARTITION BY m.actor ORDER BY m.at, m.id) AS gap, m.alone, m.actor
        FROM cashapp_match m JOIN cashapp_receipt r ON r.id = m.receipt_id
        WHERE r.company_id = %(company)s AND NOT m.alone AND m.actor LIKE 'user:%%' AND r.value_date BETWEEN %(first)s AND %(last)s
    ) acts WHERE gap BETWEEN {APART[0]} AND {APART[1]}"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A company and the value dates, both inclusive."""

    company: Company
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Figures:
    """What came in under one key, and what became of it. Values in minor units of the company's currency, hours as they are."""

    key: str
    receipts: int
    alone: int
    confirmed: int
    hand: int
    account: int
    part: int
    waiting: int
    returned: int
    value: int
    value_alone: int
    lines: int
    lines_alone: int
    tried: int
    wrong: int
    posted: int
    taken_back: int
    median_hours: Decimal | None
    ninetieth_hours: Decimal | None

    @property
    def exceptions(self) -> int:
        """Receipts that a person settled."""
        return self.confirmed + self.hand

    @property
    def came(self) -> int:
        """Receipts that stayed: those the bank took back can't be judged."""
        return self.receipts - self.returned

    @property
    def by_receipt(self) -> Decimal | None:
        """Straight-through rate by whole payments, per cent."""
        return percent(self.alone, self.came)

    @property
    def by_line(self) -> Decimal | None:
        """By applied lines."""
        return percent(self.lines_alone, self.lines)

    @property
    def by_value(self) -> Decimal | None:
        """By value."""
        return percent(self.value_alone, self.value)

    @property
    def wrong_rate(self) -> Decimal | None:
        """Of 1,000 postings of the engine, those that people took back; returned items don't count."""
        return None if not self.tried else (Decimal(1000) * self.wrong / self.tried).quantize(Decimal("0.01"))

    @property
    def reversal_rate(self) -> Decimal | None:
        """Of all postings, those that were taken back for whatever reason, per cent."""
        return percent(self.taken_back, self.posted)


@dataclass(frozen=True, slots=True)
class Cost:
    """What an exception costs: minutes a person takes (from `measured` gaps between postings), money at the policy's rate an hour."""

    measured: int
    minutes: Decimal | None
    each: int | None
    total: int | None
    rate: int | None


def percent(part: int, whole: int) -> Decimal | None:
    """One decimal; None of nothing."""
    return (Decimal(100) * part / whole).quantize(Decimal("0.1")) if whole else None


def figures(actor: Actor, asked: Asked, by: str = "") -> list[Figures]:
    """Figures by a key of BY, those with most receipts first; one row in all where `by` is empty (none where nothing came)."""
    counts = ", ".join(f"count(*) FILTER (WHERE outcome = '{code}')" for code in OUTCOMES)
    rows = _rows(actor, asked, SUMS.format(key=KEYS[by], counts=counts))
    hours = [f.name for f in fields(Figures)].index("median_hours")
    return [Figures(row[0] or "", *row[1:hours], *(_hours(h) for h in row[hours:])) for row in rows]


def _hours(found: Any) -> Decimal | None:
    return None if found is None else Decimal(str(found)).quantize(Decimal("0.1"))


def cost(asked: Asked, exceptions: int) -> Cost:
    """The cost of exceptions, from the time between one posting and the next of a person. Money only where the policy says a rate."""
    with connection.cursor() as cursor:
        cursor.execute(MINUTES, _given(asked))
        measured, seconds = cursor.fetchone()
    rate = policy_of(asked.company.pk).exception_cost.get(asked.company.base_currency)
    minutes = (Decimal(seconds) / measured / 60).quantize(Decimal("0.1")) if measured else None
    each = None if rate is None or not measured else round(Decimal(rate) * seconds / measured / 3600)
    return Cost(measured, minutes, each, None if each is None else each * exceptions, rate)


@dataclass(frozen=True, slots=True)
class Behind:
    """A receipt behind a figure."""

    pk: int
    outcome: str
    rule: str
    hours: Decimal | None


def behind(actor: Actor, asked: Asked, figure: str, by: str = "", key: str = "") -> list[Behind]:
    """The receipts that a figure counts, the latest first. Unknown figures count everything."""
    where = f"{FIGURES.get(figure, 'TRUE')} AND (%(by)s = '' OR coalesce({KEYS.get(by, KEYS[''])}, '') = %(key)s)"
    sql = f" SELECT id, outcome, rule, hours FROM judged WHERE {where} ORDER BY value_date DESC, id DESC"
    rows = _rows(actor, asked, sql, by=by if by in BY else "", key=key)
    return [Behind(pk, outcome, rule or "", _hours(hours)) for pk, outcome, rule, hours in rows]


def _rows(actor: Actor, asked: Asked, sql: str, **more: Any) -> list[tuple[Any, ...]]:
    """Rows of the receipts in sight; the question of who sees them is the queryset's."""
    seen: Any = Receipt.objects.visible_to(actor, "cash.view").filter(company=asked.company).order_by().values("pk")
    with connection.cursor() as cursor:
        inner, params = seen.query.sql_with_params()
        words = cursor.mogrify(inner, params).decode().replace("%", "%%")
        cursor.execute(RECEIPTS.replace("{seen}", words) + sql, _given(asked) | more)
        return list(cursor.fetchall())


def _given(asked: Asked) -> dict[str, Any]:
    return {"company": asked.company.pk, "first": asked.first, "last": asked.last}
