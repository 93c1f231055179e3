"""What drafts claim of what stands to be billed: whole things while they are on their way, what they really billed once they are issued.

A claim guards against two drafts on their way that bill the same thing. Once its draft is issued, what is billed is what stands on the
invoice: where the draft was changed before (`version`), some of what it claimed may be left, and is claimed anew as the next part of it
(`delivery:7`, then `delivery:7#2`), so that of two who claim the rest at once one is told.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from invoicing.billing.quantities import Part
from invoicing.checks import Facts
from invoicing.checks.pricing import factor
from invoicing.selectors.rows import gather

CHANGED = "f.state = 'issued' AND f.version > 0"
"""Of a draft `f`: it was changed before it was issued, so that not all of what it claims need be billed."""
ANY_PART = "(b.key = {0} OR (b.key ~>=~ ({0} || '#') AND b.key ~<~ ({0} || '$')))"
"""SQL: a claim `b` of the key or of a further part of it; in the words of the index."""
_CLAIMS = "SELECT FROM invoicing_draftbasis b JOIN invoicing_draft f ON f.id = b.draft_id WHERE "
FREE = (
    "NOT EXISTS (" + _CLAIMS + "b.key = {0} AND NOT (" + CHANGED + ")) AND {0} NOT IN (SELECT split_part(b.key, '#', 1) FROM"
    " invoicing_draftbasis b JOIN invoicing_draft f ON f.id = b.draft_id WHERE b.key LIKE '%%#%%' AND NOT (" + CHANGED + "))"
)  # fmt: skip
"""SQL: no draft on its way claims the key, and none bills it whole."""
PARTLY = (
    "{0} IN (SELECT split_part(b.key, '#', 1) FROM invoicing_draftbasis b JOIN invoicing_draft f ON f.id = b.draft_id"
    " WHERE f.company_id = %(company)s AND " + CHANGED + ")"
)  # fmt: skip
"""SQL: an issued draft that was changed claims the key."""


def parts_of(keys: Sequence[str]) -> dict[str, int]:
    """Key → how many issued drafts billed parts of it, for those of which that is true; of keys that are free (see FREE). A draft on its
    way counts for nothing: who claims the same part a moment later is to be told."""
    if not keys:
        return {}
    of_issued = f"JOIN invoicing_draft f ON f.id = b.draft_id AND {CHANGED}"
    begun = [key for (key,) in gather(f"SELECT b.key FROM invoicing_draftbasis b {of_issued} WHERE b.key = ANY(%s)", list(keys))]
    if not begun:
        return {}
    parts = f"SELECT k, count(*) FROM unnest(%s::text[]) k JOIN invoicing_draftbasis b ON {ANY_PART.format('k')} {of_issued} GROUP BY k"
    return dict(gather(parts, begun))


def taken_of(keys: Sequence[str]) -> set[str]:
    """Those of the keys that a draft on its way claims, or one that was issued bills whole."""
    if not keys:
        return set()
    rows = gather(
        f"SELECT k FROM unnest(%s::text[]) k JOIN invoicing_draftbasis b ON {ANY_PART.format('k')} JOIN invoicing_draft f"
        f" ON f.id = b.draft_id WHERE NOT ({CHANGED})", list(keys),
    )  # fmt: skip
    return {key for (key,) in rows}


def next_part(key: str, parts: Mapping[str, int]) -> str:
    """What the next draft of it claims: the key itself, or a further part of it."""
    return f"{key}#{parts[key] + 1}" if key in parts else key


def ordered_whole(orders: Iterable[int]) -> set[int]:
    """Orders that a draft on its way bills as a whole."""
    keys = [f"order:{key}" for key in orders]
    rows = gather(
        f"SELECT k FROM unnest(%s::text[]) k JOIN invoicing_draftbasis b ON {ANY_PART.format('k')} JOIN invoicing_draft f"
        " ON f.id = b.draft_id WHERE f.state <> 'issued'", keys,
    )  # fmt: skip
    return {int(key.removeprefix("order:")) for (key,) in rows}


def parts_by_order(orders: Iterable[int], facts: Facts) -> dict[int, list[Part]]:
    """Order → what drafts claim of its deliveries, those on their way and those that were issued, the earliest first."""
    rows = gather(
        "SELECT e.order_id, e.id, f.id, f.state <> 'issued', f.version > 0, f.invoice_id FROM orders_delivery e JOIN invoicing_draftbasis b"
        " ON " + ANY_PART.format("'delivery:' || e.id") + " JOIN invoicing_draft f ON f.id = b.draft_id WHERE e.order_id = ANY(%s)"
        " ORDER BY f.id, e.shipped_on, e.id", list(orders),
    )  # fmt: skip
    claimed: dict[tuple[int, int], list[int]] = {}
    about: dict[int, tuple[bool, bool, int | None]] = {}
    for order, delivery, draft, is_live, was_changed, invoice in rows:
        claimed.setdefault((order, draft), []).append(delivery)
        about[draft] = is_live, was_changed, invoice
    sums = _billed(about, facts)
    found: dict[int, list[Part]] = {}
    for (order, draft), deliveries in claimed.items():
        is_live, was_changed, _ = about[draft]
        lines = sums.get((draft, order), {}) if is_live or was_changed else None
        found.setdefault(order, []).append(Part(tuple(deliveries), is_live, lines))
    return found


def _billed(about: Mapping[int, tuple[bool, bool, int | None]], facts: Facts) -> dict[tuple[int, int], dict[int, Decimal]]:
    """(draft, order) → line of the order → quantity that the draft bills, or its invoice did, in the line's unit.

    A draft of goods is of one order, so that its lines are of that order even while nothing links them.
    """
    live = [draft for draft, (is_live, _, _) in about.items() if is_live]
    done = {invoice: draft for draft, (is_live, changed, invoice) in about.items() if changed and not is_live and invoice}
    rows: list[Any] = gather(
        "SELECT f.id, split_part(split_part(b.key, '#', 1), ':', 2)::bigint, (x ->> 'order_line')::int, coalesce(x ->> 'quantity', '1'),"
        " coalesce(x ->> 'unit', '') FROM invoicing_draft f JOIN LATERAL (SELECT min(key) AS key FROM invoicing_draftbasis b"
        " WHERE b.draft_id = f.id AND b.key LIKE 'delivery:%%') b ON true CROSS JOIN jsonb_array_elements(f.payload -> 'lines') x"
        " WHERE f.id = ANY(%s) AND x ->> 'order_line' IS NOT NULL AND coalesce(x ->> 'work_order', '') = ''", live,
    )  # fmt: skip
    orders = dict(gather("SELECT id, order_id FROM orders_delivery WHERE id = ANY(%s)", [delivery for _, delivery, *_ in rows]))
    found: dict[tuple[int, int], dict[int, Decimal]] = {}
    for draft, delivery, line, quantity, unit in rows:
        _add(found, facts, (draft, orders[delivery]), line, Decimal(quantity), unit)
    for invoice, order, line, quantity, unit in gather(
        "SELECT invoice_id, sales_order_id, order_line, quantity, unit FROM invoicing_invoiceline WHERE invoice_id = ANY(%s)"
        " AND sales_order_id IS NOT NULL AND order_line IS NOT NULL AND job_id IS NULL", list(done),
    ):  # fmt: skip
        _add(found, facts, (done[invoice], order), line, quantity, unit)
    return found


def _add(
    found: dict[tuple[int, int], dict[int, Decimal]], facts: Facts, place: tuple[int, int], number: int, quantity: Decimal, unit: str
) -> None:  # fmt: skip
    order = facts.orders.get(place[1])
    line = order.lines.get(number) if order else None
    turned = factor(facts.conversions, line.sku, unit, line.unit) if line and unit else None
    lines = found.setdefault(place, {})
    lines[number] = lines.get(number, Decimal(0)) + quantity * (turned or 1)
