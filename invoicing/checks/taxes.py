"""Arithmetic and tax: sums, codes, rates, certificates.

| what is wrong | rule | origin |
| --- | --- | --- |
| quantity × price, subtotal, tax or total don't add up | arithmetic | billing_output |
| tax though the customer wants none: its master has a taxed code | tax_forbidden | customer_master |
| … its master has none | tax_forbidden | billing_output |
| taxed though a certificate is in force: the master still has a taxed code | exemption_ignored | customer_master |
| … the master has an exempt code | exemption_ignored | tax_setup |
| another code than agreed: the order has it so | tax_code | order_entry |
| … the customer master has it so, the order says nothing else | tax_code | customer_master |
| … none has it so, or there is no such code | tax_code | tax_setup |
| untaxed as exempt, the certificate ran out | exemption_expired | customer_master |
| untaxed as exempt, no certificate was received | exemption_missing | customer_master |
| tax at another rate that stands in the tables, or none | tax_amount | tax_setup |
| tax that no rate explains | tax_amount | billing_output |

What was agreed is the contract's code, else the order's (line before head), else the customer master's. Freight, fees and releases have
codes of their own. Tax is right to the minor unit, or when the lines round otherwise and the document's sum is right; and no error by
itself when it is right for the amount once other findings are put right.
"""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from arops.lib import money
from invoicing.checks import saying
from invoicing.checks.case import Case, Strand
from invoicing.checks.facts import Paper, TaxRate
from invoicing.checks.saying import Hit, Link

ONE, TWO, HUNDRED = Decimal(1), Decimal(2), Decimal(100)


def arithmetic(case: Case) -> Iterator[Hit]:
    """What doesn't add up on the document itself."""
    d = case.document
    places = money.exponent(d.currency)
    for line in d.lines:
        product = (line.quantity * line.unit_price).scaleb(places)
        if product != line.amount and abs(product - line.amount) >= 1 + case.policy.tolerance:
            right = int(product.to_integral_value(ROUND_HALF_UP))
            case.explain(line.number, line.amount - right)
            yield _sum(case, (line.number,), "quantity × price", right, line.amount)
    if not d.lines:
        return
    for what, right, said in (
        ("the lines", sum(x.amount for x in d.lines), d.subtotal),
        ("the lines' tax", sum(x.tax_amount for x in d.lines), d.tax_total),
        ("subtotal and tax", d.subtotal + d.tax_total, d.total),
    ):
        if right != said:
            yield _sum(case, (), what, right, said)


def tax_forbidden(case: Case) -> Iterator[Hit]:
    """Tax on an invoice to a customer who takes none."""
    d = case.document
    rule, customer = next(case.requirements("no_tax_line"), None), case.customer
    if not rule or not customer or not d.tax_total:
        return
    lines = tuple(x.number for x in d.lines if x.tax_amount)
    _settle(case, lines)
    taxed = _taxed(customer.tax_code, case)
    links = [
        Link("customer", taxed, saying.of_customer(customer, f"wants no tax; tax code {customer.tax_code or 'none'}")),
        Link("invoice", True, saying.of_invoice(case, saying.amount(case, d.tax_total))),
    ]
    why = "The customer master has a taxed code against the customer's own rule." if taxed else "Nothing before the invoice has tax."
    yield Hit(
        lines, "no tax", saying.amount(case, d.tax_total), d.tax_total, "customer_master" if taxed else "billing_output",
        f"The customer takes no tax on invoices; {saying.amount(case, d.tax_total)} is charged.",
        saying.walk(links, why), saying.sources(links),
    )  # fmt: skip


def exemption_ignored(case: Case) -> Iterator[Hit]:
    """Tax although a certificate is in force."""
    customer = case.customer
    if not customer or not case.document.tax_total or not customer.papers:
        return
    taxed = [(s, p) for s in case.strands if s.line.tax_amount and _open(s, case) and (p := _certificate(s.line.tax_code, case))]
    if not taxed:
        return
    lines = tuple(s.line.number for s, _ in taxed)
    _settle(case, lines)
    paper, effect = taxed[0][1], sum(s.line.tax_amount for s, _ in taxed)
    master = _taxed(customer.tax_code, case)
    links = [
        _paper_link(paper, case),
        Link("customer", "taxed" if master else "exempt", saying.of_customer(customer, f"tax code {customer.tax_code or 'none'}")),
        Link("invoice", "taxed", saying.of_invoice(case, saying.amount(case, effect))),
    ]
    why = (
        "The certificate was received, the customer master still has a taxed code."
        if master else "The customer master is right: tax was determined against it."
    )  # fmt: skip
    yield Hit(
        lines, "no tax: exempt", saying.amount(case, effect), effect, "customer_master" if master else "tax_setup",
        f"Certificate {paper.reference or paper.jurisdiction or ''} is in force, yet {saying.amount(case, effect)} of tax is charged."
        .replace("  ", " "), saying.walk(links, why), saying.sources(links),
    )  # fmt: skip


def tax_code(case: Case) -> Iterator[Hit]:
    """Another tax code than agreed, or one that isn't in the tables."""
    found: dict[tuple[str, str, str], list[Strand]] = {}
    chains: dict[int, list[Link]] = {}
    for s in case.strands:
        code = s.line.tax_code
        if not code or not _open(s, case) or case.is_extra(s):
            continue
        if case.facts.tax_rates and code not in case.facts.tax_rates:
            found.setdefault((code, "a known tax code", "tax_setup"), []).append(s)
            continue
        agreed = (s.version.tax_code if s.version else "") or (s.order_line.tax_code if s.order_line else "") or (
            s.order.tax_code if s.order else ""
        ) or (case.customer.tax_code if case.customer else "")  # fmt: skip
        if not agreed or agreed == code or (not s.line.tax_amount and _certificate(agreed, case)):
            continue
        chains[s.line.number] = chain = _codes(s, case)
        found.setdefault((code, agreed, _code_origin(chain, code)), []).append(s)
    for (code, agreed, origin), strands in found.items():
        yield _wrong_code(case, code, agreed, origin, strands, chains.get(strands[0].line.number, []))


def exemption_expired(case: Case) -> Iterator[Hit]:
    """Untaxed by a certificate that ran out."""
    yield from _unproven(case, expired=True)


def exemption_missing(case: Case) -> Iterator[Hit]:
    """Untaxed without a certificate."""
    yield from _unproven(case, expired=False)


def tax_amount(case: Case) -> Iterator[Hit]:
    """Tax that isn't the rate's."""
    off: dict[str, list[tuple[Strand, TaxRate, Decimal]]] = {}
    crumbs = Decimal(0)
    for s in case.strands:
        line = s.line
        if not (code := line.tax_code or (_agreed_code(s, case) if not case.is_extra(s) else "")):
            continue
        rate = _rate(code, case)
        if rate is None:
            continue
        exact = line.amount * rate.percent / HUNDRED
        gap = line.tax_amount - exact
        crumbs += gap
        if abs(gap) < ONE or not _open(s, case) or (not line.tax_amount and _certificate(code, case)):
            continue
        if case.effects and abs(line.tax_amount - case.right_amount(line) * rate.percent / HUNDRED) < ONE:
            continue
        off.setdefault(code, []).append((s, rate, gap))
    crumbs -= sum((gap for lines in off.values() for _, _, gap in lines if abs(gap) >= TWO), Decimal(0))
    for code, lines in off.items():
        if abs(crumbs) <= ONE:  # rounded on the document's sum, and the crumb put on one of the lines
            lines = [x for x in lines if abs(x[2]) >= TWO]
        if lines:
            yield _wrong_amount(case, code, lines)


def _sum(case: Case, lines: tuple[int, ...], what: str, right: int, said: int) -> Hit:
    links = [Link("invoice", said, saying.of_invoice(case, saying.amount(case, said), lines[0] if lines else None))]
    come = "come" if (what.startswith("the lines") and "tax" not in what) or what.startswith("subtotal") else "comes"
    return Hit(
        lines, saying.amount(case, right), saying.amount(case, said), said - right, "billing_output",
        f"{'Line ' + str(lines[0]) + ': ' if lines else ''}{what[0].upper() + what[1:] if not lines else what} {come} to "
        f"{saying.amount(case, right)}, the invoice says {saying.amount(case, said)}.",
        "The invoice doesn't add up by itself; nothing before it has a part in that.", saying.sources(links), what,
    )  # fmt: skip


def _open(s: Strand, case: Case) -> bool:
    return ("tax", s.line.number) not in case.settled


def _settle(case: Case, lines: tuple[int, ...]) -> None:
    case.settled |= {("tax", n) for n in lines}


def _rate(code: str, case: Case) -> TaxRate | None:
    day = case.document.document_date
    for rate in case.facts.tax_rates.get(code, ()):
        if rate.valid_from <= day and (rate.valid_to is None or day <= rate.valid_to):
            return rate
    return None


def _taxed(code: str, case: Case) -> bool:
    rate = _rate(code, case) if code else None
    return rate is not None and rate.percent > 0


def _papers(code: str, case: Case) -> list[Paper]:
    rate = _rate(code, case) if code else None
    places = {"", code, rate.jurisdiction if rate else ""}
    exempt = rate is not None and rate.category == "E"
    papers = case.customer.papers if case.customer else ()
    return [p for p in papers if p.kind == "exemption" and (p.jurisdiction in places or exempt)]


def _certificate(code: str, case: Case) -> Paper | None:
    """A certificate that is in force on the document's day for the code."""
    if not case.customer or not case.customer.papers:
        return None
    day = case.document.document_date
    return next(
        (
            p for p in _papers(code, case)
            if p.state == "received" and (p.valid_from is None or p.valid_from <= day) and (p.expires_on is None or day <= p.expires_on)
        ), None,
    )  # fmt: skip


def _agreed_code(s: Strand, case: Case) -> str:
    chain = _codes(s, case)
    return str(chain[0].value) if chain else ""


def _codes(s: Strand, case: Case) -> list[Link]:
    links = []
    if s.version and s.contract and s.version.tax_code:
        links.append(Link("contract", s.version.tax_code, saying.of_contract(s.contract, s.version, s.version.tax_code)))
    if s.order and (code := (s.order_line.tax_code if s.order_line else "") or s.order.tax_code):
        links.append(Link("order", code, saying.of_order(s.order, code, s.order_line.number if s.order_line else None)))
    if case.customer and case.customer.tax_code:
        links.append(Link("customer", case.customer.tax_code, saying.of_customer(case.customer, case.customer.tax_code)))
    return links


def _code_origin(chain: list[Link], code: str) -> str:
    others = {x.document: x.value for x in chain[1:]}
    if others.get("order") == code:
        return "order_entry"
    return "customer_master" if others.get("customer") == code and "order" not in {x.document for x in chain} else "tax_setup"


def _wrong_code(case: Case, code: str, agreed: str, origin: str, strands: list[Strand], chain: list[Link]) -> Hit:
    lines = tuple(s.line.number for s in strands)
    _settle(case, lines)
    rate = _rate(agreed, case)
    right = sum(saying_tax(case.right_amount(s.line), rate) for s in strands) if rate else 0
    billed = sum(s.line.tax_amount for s in strands)
    effect = billed - right if rate else 0
    links = [*chain, Link("invoice", code, saying.of_invoice(case, code, lines[0]))]
    why = {
        "order_entry": "The order is the first with another code.",
        "customer_master": "The order says nothing, so the customer master was taken: it is the first with another code.",
        "tax_setup": "No document before the invoice has this code: tax was determined wrongly.",
    }[origin]
    said = f"lines {', '.join(map(str, lines[:8]))}" if len(lines) > 1 else f"line {lines[0]}"
    return Hit(
        lines, agreed, code, effect, origin,
        f"Tax code {code} on {said}, agreed is {agreed}: {saying.too_much(case, effect)}.",
        saying.walk(links, why), saying.sources(links), code,
    )  # fmt: skip


def saying_tax(amount: int, rate: TaxRate | None) -> int:
    """Tax on an amount, rounded half up to the minor unit."""
    return int((amount * rate.percent / HUNDRED).quantize(ONE, ROUND_HALF_UP)) if rate else 0


def _unproven(case: Case, *, expired: bool) -> Iterator[Hit]:
    lines: list[tuple[Strand, Paper | None]] = []
    for s in case.strands:
        code = s.line.tax_code or (_agreed_code(s, case) if not case.is_extra(s) else "")
        if s.line.tax_amount or s.line.amount <= 0 or not code or not _open(s, case):
            continue
        rate = _rate(code, case)
        if rate is None or (not rate.percent and rate.category != "E") or _certificate(code, case):
            continue
        papers = _papers(code, case)
        if not papers and rate.category != "E":
            continue  # nobody speaks of an exemption: the rule about tax amounts tells it
        old = next((p for p in papers if p.state == "received"), None)
        if bool(old) == expired:
            lines.append((s, old or next(iter(papers), None)))
    if lines:
        yield _no_proof(case, lines)


def _no_proof(case: Case, lines: list[tuple[Strand, Paper | None]]) -> Hit:
    numbers, paper = tuple(s.line.number for s, _ in lines), lines[0][1]
    _settle(case, numbers)
    code = lines[0][0].line.tax_code
    rate = _rate(code, case)
    effect = -sum(saying_tax(case.right_amount(s.line), rate) for s, _ in lines)
    old = paper is not None and paper.state == "received"
    links = [_paper_link(paper, case)] if paper else []
    if case.customer:
        links.append(Link("customer", "exempt", saying.of_customer(case.customer, f"tax code {case.customer.tax_code or 'none'}")))
    links.append(Link("invoice", "untaxed", saying.of_invoice(case, "untaxed", numbers[0])))
    if old and paper:
        words = f"The exemption certificate {paper.reference} ran out on {saying.day(paper.expires_on)}".replace("  ", " ")
    else:
        words = "No exemption certificate was received" + (f" (state: {paper.state})" if paper else "")
    tax = f"; {saying.amount(case, -effect)} of tax would be due" if effect else ""
    billed = f"untaxed, certificate until {saying.day(paper.expires_on)}" if old and paper else "untaxed, no certificate"
    return Hit(
        numbers, "a certificate in force, or tax", billed, effect, "customer_master", f"{words}, yet nothing is taxed{tax}.",
        saying.walk(links, "The customer's papers are the first link that doesn't bear out the exemption."), saying.sources(links),
    )  # fmt: skip


def _paper_link(paper: Paper, case: Case) -> Link:
    span = f"{saying.day(paper.valid_from)} to {saying.day(paper.expires_on)}" if paper.expires_on else paper.state
    number = paper.reference or (case.customer.number if case.customer else "")
    return Link("certificate", "exempt", saying.Source("certificate", number, paper.key, None, None, paper.valid_from, span))


def _wrong_amount(case: Case, code: str, lines: list[tuple[Strand, TaxRate, Decimal]]) -> Hit:
    numbers, rate = tuple(s.line.number for s, _, _ in lines), lines[0][1]
    billed = sum(s.line.tax_amount for s, _, _ in lines)
    right = sum(saying_tax(s.line.amount, rate) for s, _, _ in lines)
    other = next((r for r in _all_rates(case) if r.percent != rate.percent and _explains(r, lines)), None)
    none = not billed
    links = [
        Link("tax_rate", right, saying.Source("tax_rate", code, 0, None, None, rate.valid_from, f"{saying.number(rate.percent)} %")),
        Link("invoice", billed, saying.of_invoice(case, saying.amount(case, billed), numbers[0])),
    ]
    why = (
        f"It is {saying.number(other.percent)} %, {other.name} from {saying.day(other.valid_from)}: another rate was set up."
        if other
        else ""
    )
    why = why or ("No tax was determined at all." if none else "No rate on record explains it: the invoice is the first that differs.")
    origin = "tax_setup" if other or none else "billing_output"
    return Hit(
        numbers, saying.amount(case, right), saying.amount(case, billed), billed - right, origin,
        f"Tax at {saying.number(rate.percent)} % ({code}) is {saying.amount(case, right)}, billed is {saying.amount(case, billed)}: "
        f"{saying.too_much(case, billed - right)}.",
        saying.walk(links, why), saying.sources(links), code,
    )  # fmt: skip


def _all_rates(case: Case) -> Iterator[TaxRate]:
    for rates in case.facts.tax_rates.values():
        yield from rates


def _explains(rate: TaxRate, lines: list[tuple[Strand, TaxRate, Decimal]]) -> bool:
    return all(abs(s.line.tax_amount - s.line.amount * rate.percent / HUNDRED) < ONE for s, _, _ in lines)
