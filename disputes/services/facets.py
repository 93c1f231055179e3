"""Where the contested goods and work came from: product, sales representative, technician, price list and order desk of a case.

They are those of the line with the most contested money; of a case about the whole document, of its greatest line (and where that one
names none, of the next that does). They are kept with the case so that causes can be counted by them. What a line refers to may arrive
after the case was opened: then the night fills in what was missing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta

from django.db import connection

from disputes.models import Dispute
from org.models import Company

FACETS = ("product", "sales_representative", "technician", "price_list", "order_desk")
BATCH = 1_000
TRACED = timedelta(days=120)
"""How far back the night looks for cases whose order came after them."""
LINES = 20
"""Lines of a document that are asked for what they came from; the greatest first."""
_FIND = f"""
SELECT d.id, l.sku, coalesce(nullif(o.sales_representative, ''), u.sales_representative, ''), coalesce(j.technician, ''),
  coalesce(c.number, ''), coalesce(o.entered_by, '')
FROM unnest(%s::bigint[], %s::bigint[]) AS d(id, invoice_id)
CROSS JOIN LATERAL (
  SELECT n.*, x.amount AS contested FROM invoicing_invoiceline n
  LEFT JOIN disputes_disputeline x ON x.dispute_id = d.id AND x.line_id = n.id
  WHERE n.invoice_id = d.invoice_id
    AND (x.id IS NOT NULL OR NOT EXISTS (SELECT FROM disputes_disputeline y WHERE y.dispute_id = d.id))
  ORDER BY (d.id, n.number) IN (SELECT * FROM unnest(%s::bigint[], %s::int[])) DESC,
    x.amount DESC NULLS LAST, n.amount + n.tax_amount DESC, n.number LIMIT {LINES}) l
JOIN invoicing_invoice i ON i.id = l.invoice_id JOIN customers_customer u ON u.id = i.customer_id
LEFT JOIN orders_salesorder o ON o.id = l.sales_order_id LEFT JOIN orders_workorder j ON j.id = l.job_id
LEFT JOIN orders_contract c ON c.id = l.agreement_id
ORDER BY d.id, (d.id, l.number) IN (SELECT * FROM unnest(%s::bigint[], %s::int[])) DESC,
  l.contested DESC NULLS LAST, l.amount + l.tax_amount DESC, l.number
"""
_WRITE = (
    f"UPDATE disputes_dispute t SET {', '.join(f'{name} = v.{name}' for name in FACETS)}"
    f" FROM unnest(%s::bigint[], {', '.join(['%s::text[]'] * len(FACETS))}) AS v(id, {', '.join(FACETS)})"
    f" WHERE t.id = v.id AND ({', '.join(f't.{name}' for name in FACETS)}) IS DISTINCT FROM ({', '.join(f'v.{name}' for name in FACETS)})"
)


def fill_facets(disputes: Sequence[Dispute], *, about: Mapping[int, Collection[int]] | None = None) -> int:
    """Say of stored cases where what they contest came from, in the database and on the objects: two statements, however many they are.
    `about` names the lines that a finding is about, by case: they come before others. Answers how many were changed."""
    held = [d for d in disputes if d.invoice_id]
    if not held:
        return 0
    pairs = [(pk, number) for pk, numbers in (about or {}).items() for number in numbers]
    wanted = [[pk for pk, _ in pairs], [number for _, number in pairs]]
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [[d.pk for d in held], [d.invoice_id for d in held], *wanted, *wanted])
        found = _first_said(cursor.fetchall())
        rows = [(d.pk, *found.get(d.pk, [""] * len(FACETS))) for d in held]
        cursor.execute(_WRITE, [list(column) for column in zip(*rows, strict=True)])
        changed = cursor.rowcount
    for dispute, row in zip(held, rows, strict=True):
        for name, value in zip(FACETS, row[1:], strict=True):
            setattr(dispute, name, value)
    return changed


def _first_said(rows: Iterable[tuple[object, ...]]) -> dict[int, list[str]]:
    """By case, of each column the first value that isn't empty: rows come with the line that counts first."""
    found: dict[int, list[str]] = {}
    for pk, *said in rows:
        kept = found.setdefault(int(str(pk)), [""] * len(FACETS))
        for n, value in enumerate(said):
            kept[n] = kept[n] or str(value)
    return found


def refill_facets(*, company: Company | None = None, since: date | None = None, batch: int = BATCH) -> int:
    """Fill in what was missing when cases were opened (since a day, or all): those without an order desk, a thousand at a time. Safe to
    repeat; answers how many were changed."""
    changed, last = 0, 0
    missing = Dispute.objects.filter(invoice__isnull=False, order_desk="").only("pk", "invoice_id", *FACETS)
    if company:
        missing = missing.filter(company=company)
    if since:
        missing = missing.filter(opened_on__gte=since)
    while rows := list(missing.filter(pk__gt=last).order_by("pk")[:batch]):
        changed += fill_facets(rows)
        last = rows[-1].pk
    return changed
