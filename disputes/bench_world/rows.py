"""What the big companies of `manage.py bench disputes` hold: invoices and payments in the books, orders behind them.
Everything follows from the number of the invoice, so that two runs measure the same."""

from datetime import date

from disputes.bench_world.fill import fill, run_sql, triggers_asleep

TODAY = date(2026, 11, 23)
DAYS = 730
SKUS = 20
TOGETHER = 5
"""Invoices that a customer pays at a time."""
REPS, DESKS, TECHNICIANS = 40, 60, 200
INVOICES = f"""
    CREATE UNLOGGED TABLE bench_i AS
    SELECT n, c, c + 1 AS customer_id, u.company_id, u.collector_id, a.id AS account_id, k.id AS clearing_id, s.id AS cash_id, u.currency,
        s1, s2, q1, q2, p1, p2, p1 * q1 AS a1, p2 * q2 AS a2, p1 * q1 + p2 * q2 AS amount, day, g,
        CASE WHEN paid_on < %(today)s AND n %% 50 <> 7 THEN paid_on END AS paid_on
    FROM (
        SELECT i.*, 2500 + s1 * s1 * 137 + s1 * 911 + CASE WHEN n %% 30 = 3 THEN 500 ELSE 0 END AS p1, 2500 + s2 * s2 * 137 + s2 * 911 AS p2
        FROM (
            SELECT n, n %% %(width)s AS c, n / %(width)s / {TOGETHER} AS g, (n * 13 + n / 7) %% {SKUS} AS s1, (n * 11 + 5) %% {SKUS} AS s2,
                1 + n * 7 %% 9 AS q1, 1 + n * 5 %% 12 AS q2, %(first)s::date + (n * {DAYS} / %(size)s)::int AS day,
                %(first)s::date + ((n / %(width)s / {TOGETHER} * {TOGETHER} + {TOGETHER - 1}) * %(width)s * {DAYS} / %(size)s)::int + 18
                    + ((n %% %(width)s * 31 + n / %(width)s / {TOGETHER} * 7) %% 35)::int AS paid_on
            FROM generate_series(0, %(size)s - 1) n) i) i
    JOIN customers_customer u ON u.id = c + 1
    JOIN ledger_account a ON a.company_id = u.company_id AND a.kind = 'receivable'
    JOIN ledger_account k ON k.company_id = u.company_id AND k.kind = 'revenue_clearing'
    JOIN ledger_account s ON s.company_id = u.company_id AND s.kind = 'cash'"""


def number_invoices(size: int, width: int) -> None:
    """The invoices that will be, by number; nothing else is needed to know all of them."""
    run_sql(INVOICES, size=size, width=width, today=TODAY, first=_first())
    run_sql("CREATE INDEX ON bench_i (n)")


def number_payments() -> None:
    """What customers paid at a time."""
    run_sql(
        "CREATE UNLOGGED TABLE bench_g AS SELECT row_number() OVER () AS id, customer_id, company_id, account_id, cash_id, currency, c, g,"
        " max(paid_on) AS day, sum(amount) AS amount FROM bench_i WHERE paid_on IS NOT NULL GROUP BY 2, 3, 4, 5, 6, 7, 8"
    )
    run_sql("ANALYZE bench_i, bench_g")


def _first() -> date:
    return date.fromordinal(TODAY.toordinal() - DAYS + 1)


def fill_books(size: int) -> None:
    """Items, documents and journal: each invoice issued, five paid at a time by a receipt that is applied to them."""
    with triggers_asleep("ledger.openitem", "ledger.entry", "ledger.line", "ledger.daytotal", "invoicing.invoice", "invoicing.invoiceline"):
        _entries(size)
        _items(size)
        _journal(size)
        _documents()


def _entries(size: int) -> None:
    entry: dict[str, str] = {"company_id": "company_id", "currency": "currency", "actor": "'system:bench'"}
    groups = int(run_sql("SELECT count(*) FROM bench_g")[0][0])
    fill("ledger.entry", "bench_i", id="n + 1", kind="'invoice'", effective_date="day", source="'bench:invoice:' || n", **entry)
    fill("ledger.entry", "bench_g", id=f"{size} + id", kind="'receipt'", effective_date="day", source="'bench:receipt:' || id", **entry)
    applied = {"id": f"{size + groups} + id", "kind": "'application'", "effective_date": "day", "source": "'bench:applied:' || id"}
    fill("ledger.entry", "bench_g", **applied, **entry)


def _items(size: int) -> None:
    same: dict[str, str] = {
        "company_id": "company_id", "customer_id": "customer_id", "account_id": "account_id", "currency": "currency",
        "document_date": "day",
    }  # fmt: skip
    left = "CASE WHEN paid_on IS NULL THEN amount ELSE 0 END"
    fill(
        "ledger.openitem", "bench_i", id="n + 1", kind="'invoice'", number="'INV-' || lpad(n::text, 8, '0')", due_date="day + 30",
        po_number="'PO-' || n", amount="amount", base_amount="amount", balance=left, base_balance=left, opened_by_id="n + 1", **same,
    )  # fmt: skip
    fill(
        "ledger.openitem", "bench_g", id=f"{size} + id", kind="'receipt'", number="'R' || lpad(id::text, 8, '0')", due_date="day",
        amount="-amount", base_amount="-amount", balance="0", base_balance="0", opened_by_id=f"{size} + id", **same,
    )  # fmt: skip


def _journal(size: int) -> None:
    groups = int(run_sql("SELECT count(*) FROM bench_g")[0][0])
    applied = size + groups
    paid = "bench_i i JOIN bench_g g ON g.c = i.c AND g.g = i.g WHERE i.paid_on IS NOT NULL"
    for source, entry, account, item, amount in (
        ("bench_i", "n + 1", "account_id", "n + 1", "amount"), ("bench_i", "n + 1", "clearing_id", "NULL::bigint", "-amount"),
        ("bench_g", f"{size} + id", "account_id", f"{size} + id", "-amount"),
        ("bench_g", f"{size} + id", "cash_id", "NULL::bigint", "amount"),
        ("bench_g", f"{applied} + id", "account_id", f"{size} + id", "amount"),
        (paid, f"{applied} + g.id", "i.account_id", "i.n + 1", "-i.amount"),
    ):  # fmt: skip
        fill("ledger.line", source, entry_id=entry, account_id=account, open_item_id=item, amount=amount, base_amount=amount)
    _total_days()


def _total_days() -> None:
    """What the ledger's trigger would have summed."""
    run_sql("""
        INSERT INTO ledger_daytotal (company_id, account_id, currency, item_kind, kind, effective_date, of_date, due_date, reduces, amount,
            base_amount)
        SELECT e.company_id, l.account_id, e.currency, o.kind, e.kind, e.effective_date, e.effective_date, o.due_date, l.amount < 0,
            sum(l.amount), sum(l.base_amount)
        FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry_id JOIN ledger_openitem o ON o.id = l.open_item_id
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9""")


def _documents() -> None:
    fill(
        "invoicing.invoice", "bench_i", id="n + 1", company_id="company_id", customer_id="customer_id", open_item_id="n + 1",
        kind="'invoice'", number="'INV-' || lpad(n::text, 8, '0')", external_id="'90' || n", currency="currency", document_date="day",
        due_date="day + 30", payment_terms="'net 30'", po_number="'PO-' || n", subtotal="amount", tax_total="0", total="amount",
        source_system="'erp'", issued_by="'system:bench'",
    )  # fmt: skip
    for line in (1, 2):
        fill(
            "invoicing.invoiceline", "bench_i LEFT JOIN bench_o o USING (n)", id=f"n * 2 + {line}", invoice_id="n + 1", number=str(line),
            sku=f"'SKU-' || s{line}", description=f"'Article ' || s{line}", quantity=f"q{line}", unit="'EA'", unit_price=f"p{line} / 100.0",
            amount=f"a{line}", tax_amount="0", sales_order_id="o.id", order_line=f"CASE WHEN o.id IS NOT NULL THEN {line} END",
            purchase_order_id="o.id", po_line=f"CASE WHEN o.id IS NOT NULL THEN {line} END",
            agreement_id="CASE WHEN o.id IS NOT NULL THEN customer_id END",
        )  # fmt: skip


def fill_orders(step: int) -> None:
    """A contract for each customer; purchase order, order, delivery or work behind each contested invoice and as many others."""
    run_sql(
        "CREATE UNLOGGED TABLE bench_o AS SELECT row_number() OVER (ORDER BY n) AS id, n FROM bench_i"
        f" WHERE n % {step} = 3 OR n % {step} = {step // 2 + 1 if step > 5 else 0}"
    )
    run_sql("CREATE INDEX ON bench_o (n)")
    kinds = ("purchaseorder", "purchaseorderline", "salesorder", "salesorderline", "delivery", "deliveryline", "workorder", "workorderline")
    with triggers_asleep("orders.contract", "orders.contractversion", "orders.contractprice", *(f"orders.{kind}" for kind in kinds)):
        _contracts()
        _ordered()
        _done()


def _contracts() -> None:
    customers = "customers_customer c"
    fill("orders.contract", customers, **_record("c.id", "CT", "c"), title="'Service and parts'", signed_on=f"'{_first()}'::date - 60")
    fill("orders.contractversion", customers, id="c.id", contract_id="c.id", number="1", valid_from=f"'{_first()}'::date - 30",
         payment_terms="'net 30'", created_by="'system:bench'")  # fmt: skip
    fill("orders.contractprice", f"{customers}, generate_series(0, {SKUS - 1}) s", version_id="c.id", number="s + 1", sku="'SKU-' || s",
         description="'Article ' || s", unit="'EA'", unit_price="(2500 + s * s * 137 + s * 911) / 100.0")  # fmt: skip


def _record(key: str, prefix: str, of: str) -> dict[str, str]:
    customer = "id" if of == "c" else "customer_id"
    number = f"'{prefix}-' || {key}"
    return {
        "id": key, "company_id": f"{of}.company_id", "customer_id": f"{of}.{customer}", "currency": f"{of}.currency", "number": number,
        "external_id": number, "created_by": "'system:bench'", "source_system": "'erp'",
    }  # fmt: skip


def _ordered() -> None:
    source = "bench_o o JOIN bench_i i USING (n)"
    contract = {"contract_id": "i.customer_id"}
    fill("orders.purchaseorder", source, **_record("o.id", "PO", "i") | contract, issued_on="i.day - 20", amount="i.amount")
    fill("orders.salesorder", source, **_record("o.id", "SO", "i") | contract, purchase_order_id="o.id", po_number="'PO-' || o.id",
         ordered_on="i.day - 15", state="'shipped'", entered_by=f"'Desk ' || n * 7 % {DESKS}",
         sales_representative=f"'Rep ' || i.c % {REPS}")  # fmt: skip
    for line in (1, 2):
        row = {
            "order_id": "o.id", "number": str(line), "sku": f"'SKU-' || i.s{line}", "description": f"'Article ' || i.s{line}",
            "unit": "'EA'", "quantity": f"i.q{line}", "unit_price": f"i.p{line} / 100.0",
        }  # fmt: skip
        fill("orders.purchaseorderline", source, **row, amount=f"i.a{line}")
        fill("orders.salesorderline", source, **row, po_line=str(line), is_service="i.s1 >= 10")


def _done() -> None:
    goods, work = (f"bench_o o JOIN bench_i i USING (n) WHERE i.s1 {sign} 10" for sign in ("<", ">="))
    fill("orders.delivery", goods, **_record("o.id", "DL", "i"), order_id="o.id", shipped_on="i.day - 4", delivered_on="i.day - 2",
         signed_by="'A. Buyer'")  # fmt: skip
    fill("orders.workorder", work, **_record("o.id", "WO", "i"), order_id="o.id", contract_id="i.customer_id", ordered_on="i.day - 15",
         scheduled_on="i.day - 3", completed_on="i.day - 2", state="'done'", technician=f"'Technician ' || n * 3 % {TECHNICIANS}",
         signed_off_by="'A. Buyer'", signed_off_on="i.day - 2")  # fmt: skip
    for line in (1, 2):
        fill("orders.deliveryline", goods, delivery_id="o.id", order_line=str(line), quantity=f"i.q{line}")
        fill("orders.workorderline", work, work_order_id="o.id", number=str(line), kind="'expense'", sku=f"'SKU-' || i.s{line}",
             description="'Work'", unit="'EA'", quantity=f"i.q{line}", order_line=str(line))  # fmt: skip
