"""What the check needs of customers, tax rates and units."""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal

from invoicing.checks.facts import Contract, Customer, Order, Paper, Requirement, TaxRate
from invoicing.selectors.batch import Batch
from invoicing.selectors.rows import gather, grouped


def customers(batch: Batch) -> dict[int, Customer]:
    """The customers of the batch, and those whose records stand behind it, with what they want of invoices and the papers on record."""
    chain = batch.chain
    heads = (*chain.jobs.by_id.values(), *chain.orders.by_id.values(), *chain.purchases.values(), *chain.agreements.by_id.values())
    keys = sorted(batch.customers | {head.customer_id for head in heads})
    first = min(p.document.document_date for p in batch.placed)
    wanted = grouped(
        (row[0], Requirement(row[1], json.loads(row[2]), *row[3:]))
        for row in gather(
            "SELECT customer_id, kind, params, valid_from, valid_to, version, id FROM customers_billingrequirement"
            " WHERE customer_id = ANY(%s) AND (valid_to IS NULL OR valid_to >= %s) ORDER BY id", keys, first,
        )
    )  # fmt: skip
    papers = grouped(
        (row[0], Paper(*row[1:]))
        for row in gather(
            "SELECT customer_id, kind, state, jurisdiction, contract_number, invoice_number, through_date, reference, valid_from,"
            " expires_on, id FROM customers_customerdocument WHERE customer_id = ANY(%s) AND state <> 'cancelled' ORDER BY id", keys,
        )
    )  # fmt: skip
    rows = gather(
        "SELECT id, number, name, currency, payment_terms, address, tax_code, delivery, parent_id,"
        " EXISTS (SELECT FROM orders_purchaseorder p WHERE p.customer_id = c.id) FROM customers_customer c WHERE id = ANY(%s)", keys,
    )  # fmt: skip
    return {row[0]: Customer(*(*row, tuple(wanted.get(row[0], ())), tuple(papers.get(row[0], ())))) for row in rows}


def tax_rates(
    batch: Batch, buyers: Mapping[int, Customer], orders: Mapping[int, Order], contracts: Mapping[int, Contract]
) -> dict[str, tuple[TaxRate, ...]]:
    """Rates of the codes that the documents, or what stands behind them, name; the newest of each first."""
    codes = {line.tax_code for p in batch.placed for line in p.document.lines} | {c.tax_code for c in buyers.values()}
    codes |= {o.tax_code for o in orders.values()} | {line.tax_code for o in orders.values() for line in o.lines.values()}
    codes |= {v.tax_code for c in contracts.values() for v in c.versions}
    codes.discard("")
    rows = (
        gather(
            "SELECT code, name, jurisdiction, percent, category, valid_from, valid_to FROM customers_taxrate"
            " WHERE company_id = %s AND code = ANY(%s) ORDER BY valid_from DESC", batch.company_id, sorted(codes),
        ) if codes else ()
    )  # fmt: skip
    return {code: tuple(found) for code, found in grouped((row[0], TaxRate(*row)) for row in rows).items()}


def conversions(batch: Batch) -> dict[tuple[str, str, str], Decimal]:
    """How units convert into one another, for the articles billed."""
    rows: Iterable[tuple[str, str, str, Decimal]] = gather(
        "SELECT sku, from_unit, to_unit, factor FROM orders_unitconversion WHERE company_id = %s AND (sku = '' OR sku = ANY(%s))",
        batch.company_id, sorted(batch.skus),
    )  # fmt: skip
    return {(sku, first, second): factor for sku, first, second, factor in rows}
