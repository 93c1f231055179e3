"""Contracts as the check sees them: versions, prices of the articles billed, steps, what was reached and what was billed before."""

from collections.abc import Sequence
from typing import Any

from invoicing.checks.facts import Contract, Price, Step, Version
from invoicing.selectors.batch import Batch
from invoicing.selectors.before import Claims
from invoicing.selectors.rows import gather, grouped


def contracts(batch: Batch, claims: Claims) -> dict[int, Contract]:
    """The contracts behind the batch, by key."""
    heads = batch.chain.agreements.by_id
    if not heads:
        return {}
    keys = list(heads)
    rows = gather(
        "SELECT id, contract_id, number, valid_from, valid_to, payment_terms, tax_code, billing, freight, fees_agreed, sign_off_needed,"
        " retainage_percent, not_to_exceed, escalator_percent, escalator_months, EXISTS (SELECT FROM orders_contractprice p"
        " WHERE p.version_id = orders_contractversion.id) FROM orders_contractversion WHERE contract_id = ANY(%s)"
        " ORDER BY contract_id, number", keys,
    )  # fmt: skip
    versions = _versions(batch, rows)
    reached = grouped(
        (key, (code, day))
        for key, code, day in gather("SELECT contract_id, code, reached_on FROM orders_milestonereached WHERE contract_id = ANY(%s)", keys)
    )
    steps = grouped((key, (sku, tuple(found))) for (key, sku), found in claims.steps.items())
    return {
        c.id: Contract(
            c.id, c.number, c.customer_id, c.currency, tuple(versions.get(c.id, ())), c.ended_on, c.revision, dict(reached.get(c.id, ())),
            claims.contracts.get(c.id, 0), _only_steps(versions.get(c.id, ()), dict(steps.get(c.id, ()))),
        )
        for c in heads.values()
    }  # fmt: skip


def _only_steps(versions: Sequence[Version], claimed: dict[str, Any]) -> dict[str, Any]:
    return {sku: found for sku, found in claimed.items() if any(sku in v.steps for v in versions)} if claimed else claimed


def _versions(batch: Batch, rows: Sequence[Any]) -> dict[int, list[Version]]:
    keys = [row[0] for row in rows]
    prices = grouped(
        (row[0], Price(*row[1:]))
        for row in gather(
            "SELECT version_id, sku, unit, unit_price, from_quantity, valid_from, valid_to, number FROM orders_contractprice"
            " WHERE version_id = ANY(%s) AND sku = ANY(%s) ORDER BY version_id, number", keys, sorted(batch.skus),
        )
    )  # fmt: skip
    steps = grouped(
        (row[0], Step(*row[1:]))
        for row in gather(
            "SELECT version_id, code, kind, name, amount, planned_on, until, every_months FROM orders_billingstep"
            " WHERE version_id = ANY(%s)", keys,
        )
    )  # fmt: skip
    return grouped(
        (contract, Version(*(*rest, _listed(prices.get(pk, ())), {s.code: s for s in steps.get(pk, ())}, listed)))
        for pk, contract, *rest, listed in rows
    )


def _listed(prices: Sequence[Price]) -> dict[str, tuple[Price, ...]]:
    return {sku: tuple(found) for sku, found in grouped((p.sku, p) for p in prices).items()}
