"""What the check found about a document, as a proposal is made of it; and what of the records bears the document out. It asks nothing of
the database."""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

from disputes.policy.proposing import Difference, Proof, with_tax
from invoicing.checks import BY_CODE, Found, Policy
from invoicing.checks.case import Case, Strand
from invoicing.checks.facts import Billed, BilledLine, Contract, Facts, Version
from invoicing.checks.pricing import agreed_price
from invoicing.checks.tally import Tally
from invoicing.models import Finding
from invoicing.selectors.investigation import price_text


def differences(billed: Billed, facts: Facts, found: Iterable[Found | Finding]) -> tuple[Difference, ...]:
    """The findings with what each comes to with its tax. Those that hold up the whole document, and what came before, are told apart."""
    lines = {line.number: (line.amount, _rate(line, billed, facts)) for line in billed.lines}
    whole = list(lines.values())
    return tuple(
        Difference(
            key=f.key, rule=f.rule, label=BY_CODE[f.rule].label if f.rule in BY_CODE else f.rule, words=f.words, origin=f.origin,
            lines=tuple(f.lines), effect=f.effect, holds=not f.effect,
            gross=with_tax(f.rule, f.effect, [lines[n] for n in f.lines if n in lines] or (whole if f.rule != "arithmetic" else [])),
        )
        for f in found
    )  # fmt: skip


def _rate(line: BilledLine, billed: Billed, facts: Facts) -> Fraction:
    """Tax on a unit of the line's amount: by its code's rate where that explains the tax, else as it was billed."""
    for rate in facts.tax_rates.get(line.tax_code, ()):
        share = Fraction(rate.percent) / 100
        if rate.valid_from <= billed.document_date and abs(line.amount * share - line.tax_amount) <= 1:
            return share
    return Fraction(line.tax_amount, line.amount) if line.amount else Fraction(0)


def proofs(billed: Billed, facts: Facts, policy: Policy, reason: str, lines: frozenset[int] = frozenset()) -> tuple[Proof, ...]:
    """What of the records bears the document out against a reason, for the lines that are contested (all, where none is named)."""
    case = Case(billed, facts, policy, Tally())
    strands = [s for s in case.strands if not lines or s.line.number in lines]
    articles = [s for s in strands if not case.is_extra(s)]
    if reason == "price":
        return _each(reason, articles, _price_words)
    if reason in ("quantity", "not_delivered"):
        return _each(reason, articles, lambda s: _done_words(s, case))
    if reason == "freight":
        return _each(reason, [s for s in strands if s.line.sku in policy.freight_skus], _freight_words)
    if reason in ("po_missing", "terms"):
        said = _number_words(case) if reason == "po_missing" else _terms_words(case)
        return (Proof(reason, said),) if said else ()
    return ()


def _each(reason: str, strands: Sequence[Strand], words: Callable[[Strand], str]) -> tuple[Proof, ...]:
    """A proof for each line that has one; they are enough where every line has."""
    said = [words(s) for s in strands]
    return tuple(Proof(reason, text, all(said)) for text in said if text)


def _price_words(s: Strand) -> str:
    """That the customer itself agreed to the price: by its purchase order, or by the contract. Our own order proves nothing."""
    line, price = s.line, price_text(s.line.unit_price)
    if s.po and s.po_line and s.po_line.unit_price == line.unit_price and s.po_line.unit in ("", line.unit):
        return f"Line {line.number} bills {price}, as purchase order {s.po.number} line {s.po_line.number} says."
    if s.contract and s.version:
        agreed = agreed_price(s.version, line.sku, s.order_line.quantity if s.order_line else line.quantity, line.unit, s.day)
        if agreed and agreed.unit_price == line.unit_price and agreed.unit in ("", line.unit):
            return f"Line {line.number} bills {price}, as contract {s.contract.number} version {s.version.number} says."
    return ""


def _done_words(s: Strand, case: Case) -> str:
    """That it arrived in good state, or was done and signed for."""
    number = s.line.number
    if s.work:
        if s.work.state == "done" and s.work.signed_off_on:
            return f"Line {number}: work order {s.work.number} was signed by {s.work.signed_off_by} on {s.work.signed_off_on}."
        return ""
    if not s.order or not s.order_line or s.order_line.damaged or not s.order.deliveries:
        return ""
    times = case.factor(s.line.sku, s.line.unit, s.order_line.unit)
    if times is None or s.order_line.delivered < s.line.quantity * times:
        return ""
    arrived = f"{s.order_line.delivered.normalize():f} {s.order_line.unit}".strip()
    return f"Line {number}: {arrived} left on {', '.join(s.order.deliveries)}, none of it damaged."


def _freight_words(s: Strand) -> str:
    if s.order and s.order.freight == "billed":
        return f"Order {s.order.number} says that freight is billed."
    if s.contract and s.version and s.version.freight == "billed" and not (s.order and s.order.freight):
        return f"Contract {s.contract.number} version {s.version.number} says that freight is billed."
    return ""


def _number_words(case: Case) -> str:
    said = case.document.po_number
    po = next((p for p in case.purchase_orders() if said and p.number == said and p.state == "open"), None)
    return f"The document bears {said}, the customer's own purchase order of {po.issued_on}, which is open." if po else ""


def _terms_words(case: Case) -> str:
    said = " ".join(case.document.payment_terms.lower().split())
    for po in case.purchase_orders():
        if said and " ".join(po.payment_terms.lower().split()) == said:
            return f"The terms {said} are those of purchase order {po.number}."
    for s in case.strands:
        if said and s.contract and s.version and " ".join(s.version.payment_terms.lower().split()) == said:
            return f"The terms {said} are those of contract {s.contract.number} version {s.version.number}."
    return ""


def versions_used(billed: Billed, facts: Facts, policy: Policy) -> list[tuple[Contract, Version | None]]:
    """The contracts that the document's lines were held against, each with its versions of their days; None where none was in force."""
    case = Case(billed, facts, policy, Tally())
    used = dict.fromkeys((s.contract.key, s.version.number if s.version else 0) for s in case.strands if s.contract)
    found = {c.key: c for c in facts.contracts.values()}
    held = {(s.contract.key, s.version.number): s.version for s in case.strands if s.contract and s.version}
    return [(found[key], held.get((key, number))) for key, number in used if key in found]
