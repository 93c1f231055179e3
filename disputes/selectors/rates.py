"""Invoices and disputed invoices of a source: a customer, a product, a sales representative, a technician, a contract, an order desk.

What a source's invoices are is told by their lines, with the same columns that say where a case came from (`services/facets.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

from disputes.models import Dimension, Dispute
from disputes.policy.measuring import Side
from disputes.policy.repeating import DIMENSIONS, Seen

_COLUMNS = {
    Dimension.PRODUCT: "l.sku",
    Dimension.SALES_REPRESENTATIVE: "coalesce(nullif(o.sales_representative, ''), u.sales_representative, '')",
    Dimension.TECHNICIAN: "j.technician",
    Dimension.PRICE_LIST: "c.number",
    Dimension.ORDER_DESK: "o.entered_by",
}
_JOINS = {
    Dimension.PRODUCT: "",
    Dimension.SALES_REPRESENTATIVE: (
        "LEFT JOIN orders_salesorder o ON o.id = l.sales_order_id JOIN customers_customer u ON u.id = i.customer_id"
    ),
    Dimension.TECHNICIAN: "JOIN orders_workorder j ON j.id = l.job_id",
    Dimension.PRICE_LIST: "JOIN orders_contract c ON c.id = l.agreement_id",
    Dimension.ORDER_DESK: "JOIN orders_salesorder o ON o.id = l.sales_order_id",
}
_WITHIN = "i.company_id = %s AND i.kind <> 'credit_memo' AND i.document_date BETWEEN %s AND %s"


def invoices_by_source(company_id: int, dimension: str, sources: Sequence[str], first: date, last: date) -> dict[str, int]:
    """How many invoices dated in these days each source has; debit memos are invoices too."""
    if not sources or first > last:
        return {}
    if dimension == Dimension.CUSTOMER:
        sql = f"SELECT i.customer_id::text, count(*) FROM invoicing_invoice i WHERE {_WITHIN} AND i.customer_id = ANY(%s) GROUP BY 1"
        wanted: list[int] | list[str] = [int(s) for s in sources]
    else:
        column, joins = _COLUMNS[Dimension(dimension)], _JOINS[Dimension(dimension)]
        sql = (
            f"SELECT {column}, count(DISTINCT i.id) FROM invoicing_invoice i JOIN invoicing_invoiceline l ON l.invoice_id = i.id {joins}"
            f" WHERE {_WITHIN} AND {column} = ANY(%s) GROUP BY 1"
        )
        wanted = list(sources)
    with connection.cursor() as cursor:
        cursor.execute(sql, [company_id, first, last, wanted])
        return dict(cursor.fetchall())


def invoices_of_company(company_id: int, first: date, last: date) -> int:
    """How many invoices a company sent, dated in these days."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM invoicing_invoice i WHERE {_WITHIN}", [company_id, first, last])
        return int(cursor.fetchone()[0])


def disputed_invoices(company_id: int, first: date, last: date) -> list[Seen]:
    """Cases with a cause on invoices dated in these days and opened by the last of them, with where they came from."""
    sql = (
        f"SELECT d.cause_id, d.invoice_id, d.base_amount, d.customer_id::text, {', '.join(f'd.{name}' for name in DIMENSIONS[1:])}"
        f" FROM disputes_dispute d JOIN invoicing_invoice i ON i.id = d.invoice_id"
        f" WHERE {_WITHIN} AND d.cause_id IS NOT NULL AND d.opened_on <= %s ORDER BY d.id"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [company_id, first, last, last])
        return [Seen(row[0], row[1], row[2], dict(zip(DIMENSIONS, row[3:], strict=True))) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Place:
    """A cause at a source of a company; without a dimension: everywhere."""

    company: int
    cause: int
    dimension: str = ""
    source: str = ""

    def clause(self) -> tuple[str, list[str]]:
        """The condition on cases, and what fills it."""
        if not self.dimension:
            return "TRUE", []
        column = "d.customer_id::text" if self.dimension == Dimension.CUSTOMER else f"d.{Dimension(self.dimension).value}"
        return f"{column} = %s", [self.source]


def side_of(at: Place, first: date, last: date, seen: date) -> Side:
    """Invoices of the source dated in these days, those of them disputed for the cause by the day `seen`, and their money. Where orders
    were given another name since, there may be fewer invoices than disputed ones."""
    if first > last:
        return Side(0, 0)
    condition, given = at.clause()
    sql = (
        f"SELECT count(*), coalesce(sum(x.amount), 0), coalesce(sum(x.amount * x.amount), 0) FROM (SELECT sum(d.base_amount) AS amount"
        f" FROM disputes_dispute d JOIN invoicing_invoice i ON i.id = d.invoice_id"
        f" WHERE {_WITHIN} AND d.cause_id = %s AND d.opened_on <= %s AND {condition} GROUP BY d.invoice_id) x"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [at.company, first, last, at.cause, seen, *given])
        cases, amount, squares = (int(value) for value in cursor.fetchone())
    return Side(_invoices(at, first, last), cases, amount, squares)


def _invoices(at: Place, first: date, last: date) -> int:
    if not at.dimension:
        return invoices_of_company(at.company, first, last)
    return invoices_by_source(at.company, at.dimension, [at.source], first, last).get(at.source, 0)


def without_finding(at: Place, first: date, last: date, seen: date) -> int:
    """Invoices of the source dated in these days that are disputed and wait for a finding: what their cause is nobody knows yet."""
    condition, given = at.clause()
    sql = (
        f"SELECT count(DISTINCT d.invoice_id) FROM disputes_dispute d JOIN invoicing_invoice i ON i.id = d.invoice_id"
        f" WHERE {_WITHIN} AND d.cause_id IS NULL AND d.opened_on <= %s AND {condition}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [at.company, first, last, seen, *given])
        return int(cursor.fetchone()[0])


def days_to_dispute(at: Place, before: date, days: int = 730) -> list[int]:
    """Days from invoice to dispute of the cases of the cause that were opened before a day: at the source where there are some, else
    anywhere in the company."""
    found = Dispute.objects.filter(company=at.company, cause=at.cause, invoice__isnull=False, opened_on__lt=before)
    found = found.filter(opened_on__gte=date.fromordinal(before.toordinal() - days))
    own = found
    if at.dimension:
        name = "customer_id" if at.dimension == Dimension.CUSTOMER else at.dimension
        own = found.filter(**{name: at.source})
    for cases in (own, found):
        rows = [(opened - dated).days for opened, dated in cases.values_list("opened_on", "invoice__document_date")]
        if rows:
            return rows
    return []
