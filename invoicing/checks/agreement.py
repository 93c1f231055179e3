"""Contracts: in force, milestones and recurring steps, retainage; and what a contract must agree to: freight and fees.

| what is wrong | rule | origin |
| --- | --- | --- |
| no version holds the day, though earlier and later ones do | contract_not_in_force | contract_setup: a gap was left between versions |
| no version holds the day, nor the day of the order | contract_not_in_force | order_entry |
| the order was in time, the work was done outside | contract_not_in_force | service_execution |
| else | contract_not_in_force | billing_output |
| milestone not reached, planned for a day that has passed | milestone_not_reached | service_execution: reached late, or never reported |
| milestone not reached, not planned yet | milestone_not_reached | billing_output |
| step billed above its amount: it is the amount of another version | step_amount | contract_setup |
| … else | step_amount | billing_output |
| step billed before (recurring: in the same period, by the line's own or else the document's date) | step_billed_twice | billing_output |
| retainage not as agreed: it is the per cent of another version | retainage | contract_setup |
| … else | retainage | billing_output |
| freight billed though included | freight_not_agreed | order_entry if the order has it billed against the contract, else billing_output |
| freight differs from what the order says | freight_amount | billing_output |
| a fee that neither price list nor version agrees to | fee_not_agreed | order_entry if the order has it, else billing_output |

Retainage is the version's per cent of the net of the lines that bill the contract, rounded half up to the minor unit; the release of
retainage (its articles) is no base for it.
"""

from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from invoicing.checks import saying
from invoicing.checks.case import Case, Strand
from invoicing.checks.facts import Claim, Contract, Step, Version
from invoicing.checks.found import Source
from invoicing.checks.saying import Hit, Link
from orders.terms import months_between

HUNDRED = Decimal(100)


def not_in_force(case: Case) -> Iterator[Hit]:
    """Billed on a contract that doesn't hold on the day that counts."""
    for contract in case.contracts():
        strands = [s for s in case.strands if s.contract is contract and s.version is None]
        if not strands:
            continue
        day = strands[0].day
        span = _span(contract)
        links = [Link("contract", None, saying.of_contract(contract, None, span))]
        origin, why = _why_outside(contract, strands[0], links)
        links.append(Link("invoice", None, saying.of_invoice(case, f"bills {saying.day(day)}")))
        yield Hit(
            tuple(s.line.number for s in strands), span, saying.day(day), sum(s.line.amount for s in strands), origin,
            f"Contract {contract.number} is not in force on {saying.day(day)} ({span}): nothing is agreed for what is billed.",
            saying.walk(links, why), saying.sources(links), contract.number,
        )  # fmt: skip


def milestone_not_reached(case: Case) -> Iterator[Hit]:
    """A milestone is billed that nobody said was reached."""
    for s in case.strands:
        step, contract = s.step, s.contract
        if not step or not contract or step.kind != "milestone":
            continue
        reached = contract.reached.get(step.code)
        if reached is not None and reached <= case.document.document_date:
            continue
        overdue = step.planned_on is not None and step.planned_on <= case.document.document_date
        state = f"reached on {saying.day(reached)}" if reached else "not reached"
        planned = f"planned for {saying.day(step.planned_on)}" if step.planned_on else "no day planned"
        links = [
            Link("contract", None, saying.of_contract(contract, s.version, f"{step.code} {step.name}, {planned}, {state}")),
            Link("invoice", None, saying.of_invoice(case, f"billed {saying.day(case.document.document_date)}", s.line.number)),
        ]
        case.settled.add(("step", s.line.number))
        why = (
            "Its day has passed and nobody said it was reached: the work is late, or was not reported."
            if overdue else "Its day hasn't come: the invoice went ahead of it."
        )  # fmt: skip
        yield Hit(
            (s.line.number,), "reached", state, case.right_amount(s.line), "service_execution" if overdue else "billing_output",
            f"{saying.place(s)} bills milestone {step.code} ({step.name}) of {contract.number}, which is {state}: "
            f"{saying.amount(case, s.line.amount)} can't be claimed yet.",
            saying.walk(links, why), saying.sources(links),
        )  # fmt: skip


def step_billed_twice(case: Case) -> Iterator[Hit]:
    """A milestone, or a recurring amount in one period, billed a second time."""
    for s, step, contract, claims in _claimed(case):
        if not claims or sum(c.amount for c in claims) + case.right_amount(s.line) <= step.amount:
            continue
        first = claims[0]
        links = [
            Link("contract", 1, saying.of_contract(contract, s.version, f"{step.code} {saying.amount(case, step.amount)}")),
            Link("invoice", 2, _of_claim(first, case)),
            Link("invoice", 2, saying.of_invoice(case, "bills it again", s.line.number)),
        ]
        did = f"{first.number} of {saying.day(first.day)}" if first.invoice else f"line {first.line}"
        over = min(sum(c.amount for c in claims) + case.right_amount(s.line) - step.amount, s.line.amount)
        case.explain(s.line.number, over)
        case.settled.add(("step", s.line.number))
        yield Hit(
            (s.line.number,), f"billed once, on {first.number if first.invoice else f'line {first.line}'}", "billed again", over,
            "billing_output",
            f"{saying.place(s)} bills {step.code} ({step.name}) of {contract.number}{_for_period(s, step)} again: {did} did.",
            saying.walk(links, "The contract has it once for this span: the invoice is the first that differs."), saying.sources(links),
        )  # fmt: skip


def step_amount(case: Case) -> Iterator[Hit]:
    """A step billed above its amount. Below it is progress, and no error."""
    for s in case.strands:
        step, contract = s.step, s.contract
        if not step or not contract or s.line.amount <= step.amount or ("step_amount", s.line.number) in case.settled:
            continue
        other = next(
            (v for v in contract.versions if v is not s.version and (x := v.steps.get(step.code)) and x.amount == s.line.amount), None
        )
        effect = s.line.amount - step.amount
        case.explain(s.line.number, effect)
        expected, billed = saying.amount(case, step.amount), saying.amount(case, s.line.amount)
        links = [
            Link("contract", step.amount, saying.of_contract(contract, s.version, f"{step.code} {expected}")),
            Link("invoice", s.line.amount, saying.of_invoice(case, billed, s.line.number)),
        ]
        why = f"It is the amount of version {other.number}: what was set up was not brought up to date." if other else ""
        yield Hit(
            (s.line.number,), expected, billed, effect, "contract_setup" if other else "billing_output",
            f"{saying.place(s)} bills {billed} for {step.code} ({step.name}), agreed are {expected}: {saying.too_much(case, effect)}.",
            saying.walk(links, why), saying.sources(links),
        )  # fmt: skip


def retainage(case: Case) -> Iterator[Hit]:
    """Other retainage than agreed."""
    d = case.document
    contract, version, base = _base(case)
    if contract is None or version is None:
        return
    expected = keep(base, version.retainage_percent)
    right = keep(base - sum(case.effects.get(s.line.number, 0) for s in case.strands if s.contract is contract), version.retainage_percent)
    if min(abs(d.retainage - expected), abs(d.retainage - right)) <= 1:
        return
    other = next((v for v in contract.versions if v is not version and abs(keep(base, v.retainage_percent) - d.retainage) <= 1), None)
    percent = f"{saying.number(version.retainage_percent)} %"
    links = [
        Link("contract", expected, saying.of_contract(contract, version, f"{percent} retainage")),
        Link("invoice", d.retainage, saying.of_invoice(case, saying.amount(case, d.retainage))),
    ]
    why = f"It is the retainage of version {other.number}: what was set up was not brought up to date." if other else ""
    yield Hit(
        (), saying.amount(case, expected), saying.amount(case, d.retainage), expected - d.retainage,
        "contract_setup" if other else "billing_output",
        f"Contract {contract.number} keeps {percent} of {saying.amount(case, base)}, that is {saying.amount(case, expected)}; "
        f"the invoice keeps {saying.amount(case, d.retainage)}.",
        saying.walk(links, why), saying.sources(links),
    )  # fmt: skip


def keep(base: int, percent: Decimal) -> int:
    """Retainage on an amount, rounded half up: what a document should keep back."""
    return int((base * percent / HUNDRED).quantize(Decimal(1), ROUND_HALF_UP))


def freight_not_agreed(case: Case) -> Iterator[Hit]:
    """Freight billed where it is included, or where nobody agreed to it."""
    for s in case.strands:
        if s.line.sku not in case.policy.freight_skus or s.line.amount <= 0 or (not s.order and not s.version):
            continue
        contract, order = s.version.freight if s.version else "", s.order.freight if s.order else ""
        if contract != "included" and order != "included" and (contract or order):
            continue
        desk = contract == "included" and order == "billed"
        links = _freight_links(s, contract, order)
        case.explain(s.line.number, s.line.amount)
        case.settled.add(("freight", s.line.number))
        amount = saying.amount(case, s.line.amount)
        links.append(Link("invoice", "billed", saying.of_invoice(case, amount, s.line.number)))
        yield Hit(
            (s.line.number,), "included" if "included" in (contract, order) else "nothing agreed", amount, s.line.amount,
            "order_entry" if desk else "billing_output",
            f"{saying.place(s)} bills {amount} of freight; {_freight_words(contract, order)}.",
            saying.walk(links), saying.sources(links),
        )  # fmt: skip


def freight_amount(case: Case) -> Iterator[Hit]:
    """Freight that isn't what the order says."""
    for order in case.orders():
        strands = [s for s in case.strands if s.order is order and s.line.sku in case.policy.freight_skus]
        if not strands or order.freight_amount is None or any(("freight", s.line.number) in case.settled for s in strands):
            continue
        billed = sum(s.line.amount for s in strands)
        effect = billed - order.freight_amount
        if abs(effect) <= case.policy.tolerance:
            continue
        case.explain(strands[-1].line.number, effect)
        expected, said = saying.amount(case, order.freight_amount), saying.amount(case, billed)
        links = [
            Link("order", order.freight_amount, saying.of_order(order, expected)),
            Link("invoice", billed, saying.of_invoice(case, said, strands[0].line.number)),
        ]
        yield Hit(
            tuple(s.line.number for s in strands), expected, said, effect, "billing_output",
            f"Freight of {said} is billed, order {order.number} agreed {expected}: {saying.too_much(case, effect)}.",
            saying.walk(links), saying.sources(links), order.number,
        )  # fmt: skip


def fee_not_agreed(case: Case) -> Iterator[Hit]:
    """A fee that no price list names and no version lets be billed."""
    for s in case.strands:
        if s.line.sku not in case.policy.fee_skus or s.line.amount <= 0 or not s.version or not s.contract:
            continue
        if s.version.fees_agreed or s.line.sku in s.version.prices or (s.po_line and s.po_line.sku == s.line.sku):
            continue
        desk = s.order is not None and s.order_line is not None and s.order_line.sku == s.line.sku
        links = [Link("contract", None, saying.of_contract(s.contract, s.version, "no fees agreed"))]
        if desk and s.order:
            links.append(Link("order", s.line.sku, saying.of_order(s.order, s.line.sku, s.order_line.number if s.order_line else None)))
        amount = saying.amount(case, s.line.amount)
        links.append(Link("invoice", s.line.sku, saying.of_invoice(case, amount, s.line.number)))
        case.explain(s.line.number, s.line.amount)
        yield Hit(
            (s.line.number,), "no fees agreed", amount, s.line.amount, "order_entry" if desk else "billing_output",
            f"{saying.place(s)} bills a fee of {amount}; contract {s.contract.number} agrees to none and its price list doesn't name it.",
            saying.walk(links), saying.sources(links),
        )  # fmt: skip


def _span(contract: Contract) -> str:
    if not contract.versions:
        return "no version"
    first, last = min(v.valid_from for v in contract.versions), contract.versions[-1].valid_to
    end = f", ended {saying.day(contract.ended_on)}" if contract.ended_on else ""
    return f"from {saying.day(first)} to {saying.day(last) if last else 'further notice'}{end}"


def _holds(contract: Contract, day: date) -> bool:
    return not (contract.ended_on and day >= contract.ended_on) and any(
        v.valid_from <= day and (v.valid_to is None or day <= v.valid_to) for v in contract.versions
    )


def _why_outside(contract: Contract, s: Strand, links: list[Link]) -> tuple[str, str]:
    before, after = any(v.valid_from <= s.day for v in contract.versions), any(v.valid_from > s.day for v in contract.versions)
    if before and after and not (contract.ended_on and s.day >= contract.ended_on):
        return "contract_setup", "Versions hold before and after the day, none on it: a gap was left between amendments."
    if s.order:
        links.append(Link("order", None, saying.of_order(s.order, f"taken {saying.day(s.order.ordered_on)}")))
        if not _holds(contract, s.order.ordered_on):
            return "order_entry", "The order was taken when the contract didn't hold: the order is the first outside of it."
    if s.work and s.work.completed_on:
        links.append(Link("work_order", None, saying.of_work(s.work, f"done {saying.day(s.work.completed_on)}")))
        return "service_execution", "The work was done when the contract didn't hold: it is the first outside of it."
    return "billing_output", "The invoice is the first outside of it."


def _claims(contract: Contract, step: Step, case: Case) -> tuple[Claim, ...]:
    return case.live(contract.step_claims.get(step.code, ())) + case.live(case.tally.step_claims.get((contract.key, step.code), ()))


def _claimed(case: Case) -> Iterator[tuple[Strand, Step, Contract, list[Claim]]]:
    """Lines that bill a step, with what billed it in the same period: earlier invoices, and lines before it in the same document."""
    beside: dict[tuple[int, str], list[Claim]] = {}
    for s in case.strands:
        if s.step and s.contract:
            about, here = s.line.period or case.document.document_date, beside.setdefault((s.contract.key, s.step.code), [])
            before = (*_claims(s.contract, s.step, case), *here)
            yield s, s.step, s.contract, [c for c in before if _same_period(s.step, c.about, about)]
            here.append(_beside(s, case))


def _beside(s: Strand, case: Case) -> Claim:
    """What a line bills, for the lines after it in the same document; an amount in parts adds up to the step's."""
    d, x = case.document, s.line
    return Claim(0, d.number, d.document_date, x.sku, x.quantity, x.unit, case.right_amount(x), x.number, x.period)


def _of_claim(claim: Claim, case: Case) -> Source:
    """Where a claim stands: in an earlier invoice, or on another line of the document itself."""
    if not claim.invoice:
        return saying.of_invoice(case, "bills it", claim.line)
    return saying.of_earlier(claim.invoice, claim.number, claim.line, claim.day, "billed it")


def _same_period(step: Step, one: date, other: date) -> bool:
    """Milestones have one period for ever; recurring steps have periods counted in months from their first day."""
    if step.kind == "milestone":
        return True
    start = step.planned_on or date(2000, 1, 1)
    return months_between(start, one) // step.every_months == months_between(start, other) // step.every_months


def _for_period(s: Strand, step: Step) -> str:
    return f" for the period from {saying.day(s.line.period)}" if s.line.period and step.kind == "recurring" else ""


def _base(case: Case) -> tuple[Contract | None, Version | None, int]:
    """The first contract whose version speaks of retainage (or the first at all, when the document keeps some), and the net it is on."""
    for s in case.strands:
        if s.contract and s.version and (s.version.retainage_percent or case.document.retainage):
            skus = case.policy.release_skus
            base = sum(x.line.amount for x in case.strands if x.contract is s.contract and x.line.sku not in skus)
            return (s.contract, s.version, base) if base else (None, None, 0)
    return None, None, 0


def _freight_words(contract: str, order: str) -> str:
    return "it is included in the prices" if "included" in (contract, order) else "nobody agreed to it"


def _freight_links(s: Strand, contract: str, order: str) -> list[Link]:
    links = []
    if s.contract and contract:
        links.append(Link("contract", contract, saying.of_contract(s.contract, s.version, f"freight {contract}")))
    if s.order and order:
        links.append(Link("order", order, saying.of_order(s.order, f"freight {order}", None)))
    elif s.order:
        links.append(
            Link("order", contract, saying.of_order(s.order, "as the contract says" if contract else "freight not mentioned", None))
        )
    return links
