"""Work orders: completed, signed for, and billed as reported; each once.

| what is wrong | rule | origin |
| --- | --- | --- |
| billed though not done, and hours or parts are reported | work_not_done | service_execution: the work was reported but never closed |
| billed though not done, nothing reported, or cancelled | work_not_done | billing_output: the invoice went ahead of the work |
| done, but the customer didn't sign where he must | work_not_signed | service_execution |
| billed by an earlier invoice | work_billed_twice | billing_output |
| more billed than the work order reports | quantity_work | billing_output |
| less billed than the work order reports | work_underbilled | billing_output |
"""

from collections.abc import Iterator
from decimal import Decimal

from invoicing.checks import saying
from invoicing.checks.case import Case, Strand, spent
from invoicing.checks.facts import ZERO, Claim, WorkOrder
from invoicing.checks.saying import Hit, Link

Figures = tuple[Decimal, Decimal, Decimal, str]
"""Reported, billed now, billed too much in all, and the unit."""


def not_done(case: Case) -> Iterator[Hit]:
    """Billed before it was done."""
    for work in case.work_orders():
        late = work.completed_on is not None and work.completed_on > case.document.document_date
        if work.state == "done" and not late:
            continue
        strands = _of(work, case)
        for s in strands:
            case.settled.add(("work", s.line.number))
        effect = sum(case.right_amount(s.line) for s in strands)
        reported = bool(work.lines) and work.state in ("started", "done") and not late
        state = f"done on {saying.day(work.completed_on)}" if late else work.state
        links = [Link("work_order", state, saying.of_work(work, state)), Link("invoice", "billed", saying.of_invoice(case, "billed"))]
        why = (
            "Hours or parts are reported, yet the work was never closed: the work order is the first that is incomplete."
            if reported else "The work order doesn't say that it was done: the invoice went ahead of it."
        )  # fmt: skip
        yield Hit(
            _numbers(strands), "done", state, effect, "service_execution" if reported else "billing_output",
            f"Work order {work.number} is {state}, not done: {saying.amount(case, effect)} billed for it can't be claimed yet.",
            saying.walk(links, why), saying.sources(links), work.number,
        )  # fmt: skip


def not_signed(case: Case) -> Iterator[Hit]:
    """Done, but not signed for by a customer who wants to."""
    wanted = next(case.requirements("sign_off"), None)
    for work in case.work_orders():
        if work.state != "done" or work.signed_off_by or work.signed_off_on or "sign_off" in work.attachments:
            continue
        strands = _of(work, case)
        by = next((s for s in strands if s.version and s.version.sign_off_needed and s.contract), None)
        if not wanted and not by:
            continue
        if by and by.contract:
            first = Link("contract", "signed", saying.of_contract(by.contract, by.version, "sign-off needed"))
        else:
            first = Link("customer", "signed", _rule_of(case, wanted.version if wanted else 1))
        links = [first, Link("work_order", "", saying.of_work(work, f"done on {saying.day(work.completed_on)}, nobody signed"))]
        yield Hit(
            _numbers(strands), "signed off by the customer", "nobody signed", 0, "service_execution",
            f"Work order {work.number} was done on {saying.day(work.completed_on)}, but nobody at the customer's signed for it.",
            saying.walk(links), saying.sources(links), work.number,
        )  # fmt: skip


def billed_twice(case: Case) -> Iterator[Hit]:
    """Work that an earlier invoice billed already."""
    for work in case.work_orders():
        claims = _claims(work, case)
        if not claims:
            continue
        twice = [s for s in _of(work, case) if _again(s, work, claims, case)]
        if twice:
            first = next(c for c in claims if not work.lines or c.sku in {s.line.sku for s in twice})
            yield _twice(work, twice, first, case)


def above_report(case: Case) -> Iterator[Hit]:
    """More billed than was reported done."""
    yield from _against_report(case, above=True)


def below_report(case: Case) -> Iterator[Hit]:
    """Less billed than was reported done: nobody will ask for the rest."""
    yield from _against_report(case, above=False)


def _against_report(case: Case, *, above: bool) -> Iterator[Hit]:
    if case.reports is None:
        case.reports = list(_gaps_to_report(case))
    for work, strands, figures in case.reports:
        over = figures[2]
        if (over > 0) == above and _counts(over, strands, case):
            yield _differs(work, strands, figures, case)


def _gaps_to_report(case: Case) -> Iterator[tuple[WorkOrder, list[Strand], Figures]]:
    """Where what is billed of an article isn't what the work order reports, asked once for both rules."""
    for work in case.work_orders():
        if not work.lines or work.state != "done":
            continue
        claims = _claims(work, case)
        for sku, strands in _by_sku(work, case).items():
            lines = [x for x in work.lines if x.sku == sku and x.is_billable]
            if not lines and all(s.order_line and not s.order_line.is_service for s in strands):
                continue  # goods of an order that the work order doesn't count
            unit = lines[0].unit if lines else strands[0].line.unit
            done = spent(tuple([(x.unit, x.quantity) for x in lines]), case, sku, unit)
            now = spent(tuple([(s.line.unit, s.line.quantity) for s in strands]), case, sku, unit)
            before = spent(tuple([(c.unit, c.quantity) for c in claims if c.sku == sku]), case, sku, unit) if claims else ZERO
            if done is not None and now is not None and before is not None and (over := now + before - done):
                yield work, strands, (done, now, over, unit)


def _counts(over: Decimal, strands: list[Strand], case: Case) -> bool:
    """Whether the gap is worth a word: turned units leave crumbs that come to nothing."""
    return abs(saying.minor(case, over * strands[0].line.unit_price)) > case.policy.tolerance


def _differs(work: WorkOrder, strands: list[Strand], figures: Figures, case: Case) -> Hit:
    done, now, over, unit = figures
    effect, first = saying.minor(case, over * strands[0].line.unit_price), strands[0]
    for s in strands:
        case.settled.add(("quantity", s.line.number))
    case.explain(first.line.number, effect)
    case.excess[first.line.number] = over
    links = [
        Link("work_order", done, saying.of_work(work, saying.quantity(done, unit))),
        Link("invoice", now, saying.of_invoice(case, saying.quantity(now, unit), first.line.number)),
    ]
    said = "nothing of it" if not done else saying.quantity(done, unit)
    words = (
        f"{saying.place(first)} bills {saying.quantity(now, unit)}, work order {work.number} reports {said}: "
        f"{saying.too_much(case, effect)}."
    )
    return Hit(
        _numbers(strands), saying.quantity(done, unit), saying.quantity(now, unit), effect, "billing_output", words,
        saying.walk(links), saying.sources(links), f"{work.number}:{first.line.sku}",
    )  # fmt: skip


def _again(s: Strand, work: WorkOrder, claims: tuple[Claim, ...], case: Case) -> bool:
    if not work.lines:
        return any(c.sku == s.line.sku for c in claims)
    same = [c for c in claims if c.sku == s.line.sku]
    if not same:
        return False
    lines = [x for x in work.lines if x.sku == s.line.sku]
    unit = lines[0].unit if lines else s.line.unit
    done = spent(tuple((x.unit, x.quantity) for x in lines), case, s.line.sku, unit) or ZERO
    all_ = spent((*((c.unit, c.quantity) for c in same), (s.line.unit, s.line.quantity)), case, s.line.sku, unit)
    return all_ is not None and all_ > done


def _twice(work: WorkOrder, strands: list[Strand], first: Claim, case: Case) -> Hit:
    effect = 0
    for s in strands:
        effect += s.line.amount
        case.explain(s.line.number, case.right_amount(s.line))
        case.excess[s.line.number] = s.line.quantity
        case.settled |= {("work", s.line.number), ("quantity", s.line.number)}
    links = [
        Link("work_order", 1, saying.of_work(work, "done once")),
        Link("invoice", 2, saying.of_earlier(first.invoice, first.number, first.line, first.day, "billed it")),
        Link("invoice", 2, saying.of_invoice(case, "bills it again")),
    ]
    once = f"{first.number} of {saying.day(first.day)}"
    why = f"It was billed on {once}, and no credit memo took that back: the invoice is the first to differ."
    return Hit(
        _numbers(strands), f"billed once, on {first.number}", "billed again", effect, "billing_output",
        f"Work order {work.number} was billed on {once}; this bills it again: {saying.too_much(case, effect)}.",
        saying.walk(links, why), saying.sources(links), work.number,
    )  # fmt: skip


def _of(work: WorkOrder, case: Case) -> list[Strand]:
    return [s for s in case.strands if s.work is work]


def _by_sku(work: WorkOrder, case: Case) -> dict[str, list[Strand]]:
    found: dict[str, list[Strand]] = {}
    for s in case.strands:
        free = ("work", s.line.number) not in case.settled and ("quantity", s.line.number) not in case.settled
        if s.work is work and free and not s.step and not case.is_extra(s):
            found.setdefault(s.line.sku, []).append(s)
    return found


def _claims(work: WorkOrder, case: Case) -> tuple[Claim, ...]:
    return case.live(work.claims) + case.live(case.tally.work_claims.get(work.key, ()))


def _numbers(strands: list[Strand]) -> tuple[int, ...]:
    return tuple(s.line.number for s in strands)


def _rule_of(case: Case, version: int) -> saying.Source:
    customer = case.customer
    return saying.Source(
        "requirement", customer.number if customer else "", customer.key if customer else 0, None, version, None, "sign-off wanted"
    )
