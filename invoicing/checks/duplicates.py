"""Invoices that repeat an earlier one.

| what is repeated | rule | origin |
| --- | --- | --- |
| the number in another spelling, and the total | duplicate | billing_output |
| all lines, purchase order (order, day), in the days | duplicate | order_entry if ordered twice (two orders), else billing_output |
| the total and purchase order within the policy's days, some lines differ | near_duplicate | likewise |

Two equal bills are no duplicate where the records have room for both: two deliveries of one order, two work orders, two periods of a
schedule, two orders that their purchase order's line covers. What bills an own work order, step or delivered quantity is told apart by it.
"""

from collections.abc import Iterator, Sequence

from invoicing.checks import saying
from invoicing.checks.case import Case, Strand, spent
from invoicing.checks.facts import ZERO, Earlier
from invoicing.checks.pricing import ONE
from invoicing.checks.saying import Hit, Link


def exact(case: Case) -> Iterator[Hit]:
    """All of an earlier invoice again."""
    for earlier in _candidates(case):
        spelling = _plain(earlier.number) == _plain(case.document.number) and earlier.number != case.document.number
        if not spelling and (not earlier.lines or _lines(earlier) != _own(case) or not _same_po(earlier, case) or not _tied(earlier, case)):
            continue
        if not spelling and _room_for_both(case):
            continue
        case.duplicates.add(earlier.key)
        case.settled.add(("duplicate", 0))
        yield _hit(earlier, case, "The number is the same in another spelling." if spelling else "Every line is the same.")
        return


def near(case: Case) -> Iterator[Hit]:
    """Almost all of an earlier invoice again: for a person to look at."""
    if ("duplicate", 0) in case.settled:
        return
    for earlier in _candidates(case):
        if earlier.key in case.duplicates or not _same_po(earlier, case) or _room_for_both(case):
            continue
        if not earlier.po_number and not _share_articles(earlier, case):
            continue
        case.duplicates.add(earlier.key)
        yield _hit(earlier, case, "Total and purchase order are the same, the lines are not all.")
        return


def _candidates(case: Case) -> Iterator[Earlier]:
    d = case.document
    for earlier in (*case.facts.earlier.get(d.customer, ()), *case.tally.earlier.get(d.customer, ())):
        if earlier.total == d.total and earlier.currency == d.currency and earlier.key not in case.forgiven and case.near(earlier.day):
            yield earlier


def _lines(earlier: Earlier) -> list[tuple[object, ...]]:
    return sorted((x.sku, x.quantity, x.unit_price, x.amount, x.work_order or 0) for x in earlier.lines)


def _own(case: Case) -> list[tuple[object, ...]]:
    return sorted((x.sku, x.quantity, x.unit_price, x.amount, x.work_order or 0) for x in case.document.lines)


def _same_po(earlier: Earlier, case: Case) -> bool:
    return _plain(earlier.po_number) == _plain(case.document.po_number)


def _tied(earlier: Earlier, case: Case) -> bool:
    """Whether something beside the lines says that the two are one: a purchase order, the order, work orders, or the day. Equal sales to
    one customer on different days are everyday things; those are left to `near`."""
    if earlier.po_number or earlier.day == case.document.document_date or any(x.work_order for x in earlier.lines):
        return True
    return any(s.order and s.order.key in (earlier.order, *(x.order for x in earlier.lines)) for s in case.strands) or any(
        s.step for s in case.strands
    )


def _share_articles(earlier: Earlier, case: Case) -> bool:
    return bool({x.sku for x in earlier.lines if x.sku} & {x.sku for x in case.document.lines})


def _room_for_both(case: Case) -> bool:
    """Whether every line bills something of its own that the records have room for beside what was billed before."""
    return bool(case.strands) and all(_own_ground(s, case) for s in case.strands)


def _own_ground(s: Strand, case: Case) -> bool:
    if case.is_extra(s) or ("quantity", s.line.number) in case.settled:
        return True  # of a quantity in a wrong unit nobody can say whether it was billed before
    if s.work:
        return not any(c.sku == s.line.sku for c in (*case.live(s.work.claims), *case.tally.work_claims.get(s.work.key, ())))
    if s.step and s.contract:
        return not case.live(s.contract.step_claims.get(s.step.code, ())) or s.step.kind == "recurring"
    if not s.order or not s.order_line:
        return False
    line = s.order_line
    claims = (*case.live(line.claims), *case.tally.order_claims.get((s.order.key, line.number), ()))
    before = spent(tuple((c.unit, c.quantity) for c in claims), case, line.sku, line.unit)
    now = s.line.quantity * (case.factor(line.sku, s.line.unit, line.unit) or ONE)
    if before is None or now + before > line.quantity or (s.order.deliveries and not line.is_service and now + before > line.delivered):
        return False
    return _po_has_room(s, case)


def _po_has_room(s: Strand, case: Case) -> bool:
    if not s.po or not s.po_line or s.po_line.quantity is None:
        return True
    sku = s.po_line.sku or s.line.sku
    now = spent(
        ((s.line.unit, s.line.quantity), *s.po_line.billed, *case.tally.quantity(s.po.key, s.po_line.number)), case, sku, s.po_line.unit
    )
    return now is not None and now <= s.po_line.quantity


def _hit(earlier: Earlier, case: Case, how: str) -> Hit:
    mine = {s.order.key for s in case.strands if s.order}
    theirs: Sequence[int] = [x.order for x in earlier.lines if x.order] or ([earlier.order] if earlier.order else [])
    twice_ordered = bool(mine and theirs and not mine & set(theirs))
    for s in case.strands:
        case.explain(s.line.number, case.right_amount(s.line))
        case.excess[s.line.number] = s.line.quantity or ZERO
    total = saying.amount(case, case.document.total)
    source = saying.of_earlier(0 if earlier.is_draft else earlier.key, earlier.number, None, earlier.day, total)
    links = [Link("invoice", 1, source)]
    if twice_ordered and (order := next(iter(case.orders()), None)):
        links.append(Link("order", 2, saying.of_order(order, "a second order for the same")))
    links.append(Link("invoice", 2, saying.of_invoice(case, total)))
    kind = "draft" if earlier.is_draft else "invoice"
    why = (
        "The same was ordered twice: the second order is the first link too many."
        if twice_ordered
        else f"{how} The invoice is the first link too many."
    )
    return Hit(
        (), f"billed once, on {kind} {earlier.number}", total, case.document.total, "order_entry" if twice_ordered else "billing_output",
        f"This repeats {kind} {earlier.number} of {saying.day(earlier.day)} over {total}. {how}",
        saying.walk(links, why), saying.sources(links), earlier.number,
    )  # fmt: skip


def _plain(text: str) -> str:
    return "".join(x for x in text.upper() if x.isalnum()).lstrip("0")
