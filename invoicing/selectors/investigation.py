"""An investigation: purchase order, contract, order with its work, and invoice side by side, aligned by line; what differs and what it
comes to; where each figure stands. Built on the same facts and by the same steps as the check."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from arops.lib import money
from arops.lib.http import address
from invoicing.checks import BY_CODE
from invoicing.checks.case import Case, Strand
from invoicing.checks.facts import Billed, Contract, Facts, Order, PurchaseOrder, Version, WorkOrder
from invoicing.checks.policy import Policy
from invoicing.checks.pricing import agreed_price
from invoicing.checks.tally import Tally
from invoicing.models import Finding
from invoicing.selectors.proof import NO_PROOF, Proof
from invoicing.selectors.track import Stop, track

PAGES = {
    "contract": "orders:contract", "purchase_order": "orders:purchase-order", "order": "orders:order", "work_order": "orders:work-order",
    "delivery": "orders:delivery", "customer": "customers:detail", "invoice": "invoicing:detail", "draft": "invoicing:exception",
}  # fmt: skip
"""Kind of a document → the name of its page."""
COLUMN_OF = {"purchase_order": 0, "contract": 1, "order": 2, "work_order": 2, "delivery": 2, "invoice": 3}
PAPERS = 3
"""Files that a cell names of a record."""
TAX_RULES = frozenset("tax_forbidden exemption_ignored tax_code exemption_expired exemption_missing tax_amount".split())
TERMS_RULES = frozenset({"terms"})
REFERENCES = frozenset("po_missing po_wrong po_customer po_unknown po_closed po_expired po_format bill_to cost_code_missing".split())


@dataclass(frozen=True, slots=True)
class Cite:
    """Where a figure stands: in words, and the page that shows it."""

    words: str
    url: str = ""


@dataclass(slots=True)
class Cell:
    """What one document says about a row. `tone`: ref what was agreed or done, hit what differs."""

    said: list[str] = field(default_factory=list)
    amount: int | None = None
    cites: list[Cite] = field(default_factory=list)
    tone: str = ""


@dataclass(slots=True)
class Row:
    """A line of the invoice, or something that is said once for all of it, with what each of the four documents says."""

    key: str
    title: str
    sub: str
    cells: tuple[Cell, Cell, Cell, Cell]
    findings: list[Finding] = field(default_factory=list)
    rank: int = 0

    @property
    def is_line(self) -> bool:
        """Whether it is a line of the document: then its key is the line's number."""
        return self.key.isdecimal()

    @property
    def open_ones(self) -> list[Finding]:
        """What nobody decided about."""
        return [f for f in self.findings if f.state == Finding.State.OPEN]

    @property
    def effect(self) -> int:
        """Minor units that what was found comes to."""
        return sum(f.effect for f in self.findings)

    @property
    def label(self) -> str:
        """What it is about, in a word or two."""
        first = next(iter(self.open_ones), None)
        return (BY_CODE[first.rule].label if first.rule in BY_CODE else first.rule) if first else ""

    @property
    def weight(self) -> tuple[int, int]:
        """The greater, the sooner it is looked at: what holds up the whole document, then money."""
        return max((int(f.severity == "block" and not f.effect) for f in self.open_ones), default=-1), abs(self.effect)


@dataclass(frozen=True, slots=True)
class Investigation:
    """The whole of it."""

    heads: tuple[Cell, Cell, Cell, Cell]
    rows: list[Row]
    track: list[Stop]
    explained: int
    ranked: list[Row]
    purchases: tuple[int, ...] = ()
    """Keys of the purchase orders behind it."""


def investigate(
    billed: Billed, facts: Facts, policy: Policy, findings: Sequence[Finding], proof: Proof = NO_PROOF
) -> Investigation:  # fmt: skip
    """Lay a document beside what stands behind it, and what proves that it was delivered or done."""
    case = Case(billed, facts, policy, Tally())
    rows = [_line_row(case, strand, proof) for strand in case.strands]
    rows += [_terms_row(case), _tax_row(case), _document_row(case, proof)]
    by_key = {row.key: row for row in rows}
    for finding in findings:
        for row in _rows_of(finding, by_key):
            row.findings.append(finding)
            _mark(row, finding)
    rows = [row for row in rows if row.findings or row.key.isdecimal() or any(c.said for c in row.cells[:3])]
    ranked = sorted((r for r in rows if r.findings), key=lambda r: (not r.open_ones, -r.weight[0], -r.weight[1]))
    for n, row in enumerate(ranked):
        row.rank = n + 1
    explained = sum(f.effect for f in findings)
    purchases = tuple(po.key for po in case.purchase_orders())
    return Investigation(_heads(case), rows, track(case, findings, proof), explained, ranked, purchases)


def _rows_of(finding: Finding, rows: dict[str, Row]) -> list[Row]:
    """The rows a finding belongs to: its first line (its money counts once), or what it is about."""
    own = [rows[str(n)] for n in finding.lines if str(n) in rows]
    if own and len(finding.lines) < len([k for k in rows if k.isdecimal()]):
        return own[:1]
    if finding.rule in TERMS_RULES:
        return [rows["terms"]]
    if finding.rule in TAX_RULES:
        return [rows["tax"]]
    return own[:1] if own and finding.rule not in REFERENCES else [rows["document"]]


def _mark(row: Row, finding: Finding) -> None:
    """Shade what the finding rests on, and what differs."""
    row.cells[3].tone = "hit"
    for source in finding.sources:
        column = COLUMN_OF.get(source["document"])
        if column is not None and column < 3:
            row.cells[column].tone = row.cells[column].tone or "ref"


def cite(document: str, number: str, key: int, line: int | None = None, revision: int | None = None, day: date | str | None = None) -> Cite:
    """A source in words (C-9 v2, l. 3), with the page that shows it."""
    parts = [number or document.replace("_", " ")]
    if revision and document == "contract":
        parts[0] += f" v{revision}"
    if line is not None:
        parts.append(f"l. {line}")
    if revision and revision > 1 and document != "contract":
        parts.append(f"rev. {revision}")
    if day:
        parts.append(str(day))
    return Cite(", ".join(parts), address(PAGES[document], key) if document in PAGES and key else "")


def _figure(value: Decimal | None) -> str:
    if value is None:
        return "–"
    text = f"{value.normalize():f}"
    whole, _, rest = text.partition(".")
    sign, whole = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(whole or 0):,}" + (f".{rest}" if rest else "")


def price_text(value: Decimal | None) -> str:
    """A price with two decimals, or as many as it has."""
    if value is None:
        return "–"
    text = f"{value.normalize():f}"
    shown = f"{value:.2f}" if len(text.partition(".")[2]) < 2 else text
    whole, _, rest = shown.partition(".")
    return f"{int(whole):,}.{rest}"


def _line_row(case: Case, strand: Strand, proof: Proof) -> Row:
    line = strand.line
    billed = Cell([f"{_figure(line.quantity)} × {price_text(line.unit_price)}"], line.amount, [])
    document = case.document
    billed.cites.append(Cite(f"{document.number or 'draft'}, l. {line.number}"))
    cells = _po_cell(case, strand), _contract_cell(case, strand), _work_cell(strand, proof), billed
    return Row(str(line.number), f"{line.number} · {line.description or line.sku}", " · ".join(filter(None, [line.sku, line.unit])), cells)


def _po_cell(case: Case, strand: Strand) -> Cell:
    po, line = strand.po, strand.po_line
    if po is None:
        return Cell()
    if line is None:
        return Cell([_left(po) or "no line of its own"], None, [cite("purchase_order", po.number, po.key, None, po.revision)])
    said = f"{_figure(line.quantity)} × {price_text(line.unit_price)}" if line.quantity is not None else "by amount"
    amount = line.amount
    if amount is None and line.quantity is not None and line.unit_price is not None:
        amount = int((line.quantity * line.unit_price).scaleb(money.exponent(po.currency)).to_integral_value())
    cell = Cell([said], amount, [cite("purchase_order", po.number, po.key, line.number, po.revision)])
    if line.billed_amount:
        cell.said.append(f"{money.format(line.billed_amount, po.currency)} billed before")
    if line.unit and line.unit != strand.line.unit:
        cell.said.append(f"in {line.unit}")
    return cell


def _left(po: PurchaseOrder) -> str:
    if po.amount is None:
        return ""
    return f"{money.format(po.amount - po.billed_amount, po.currency)} of {money.format(po.amount, po.currency)} left"


def _contract_cell(case: Case, strand: Strand) -> Cell:
    contract, version, line = strand.contract, strand.version, strand.line
    if contract is None:
        return Cell()
    if version is None:
        return Cell([f"not in force on {strand.day}"], None, [cite("contract", contract.number, contract.key)])
    source = cite("contract", contract.number, contract.key, None, version.number)
    if strand.step:
        reached = contract.reached.get(strand.step.code)
        state = f"reached {reached}" if reached else "not reached" if strand.step.kind == "milestone" else "recurring"
        return Cell([strand.step.name, state], strand.step.amount, [source])
    agreed = agreed_price(version, line.sku, line.quantity, line.unit, strand.day)
    if agreed is None:
        freight = line.sku in case.policy.freight_skus
        return Cell([f"freight {version.freight}" if freight else "no price"], None, [source])
    said = [f"{price_text(agreed.unit_price)} per {agreed.unit or 'unit'}"]
    if agreed.escalations:
        said.append(f"{price_text(agreed.price.unit_price)} escalated {agreed.escalations}×")
    source = cite("contract", contract.number, contract.key, agreed.price.number or None, version.number)
    return Cell(said, None, [source])


def _work_cell(strand: Strand, proof: Proof) -> Cell:
    cell = Cell()
    if order := strand.order:
        ordered = strand.order_line
        if ordered:
            cell.said.append(f"{_figure(ordered.quantity)} × {price_text(ordered.unit_price)} ordered")
            if ordered.delivered or ordered.damaged:
                broken = f", {_figure(ordered.damaged)} damaged" if ordered.damaged else ""
                cell.said.append(f"{_figure(ordered.delivered)} delivered{broken}")
        number = ordered.number if ordered else None
        cell.cites.append(cite("order", order.number, order.key, number, order.revision))
        for arrival in proof.of_line(order.key, number):
            cell.cites.append(Cite(arrival.words(number), address(PAGES["delivery"], arrival.key)))
            cell.cites += _papers(proof, "orders.delivery", arrival.key)
    if work := strand.work:
        done = [x for x in work.lines if x.sku == strand.line.sku]
        if done and work.state == "done":
            cell.said.append(f"{_figure(sum((x.quantity for x in done), Decimal(0)))} {done[0].unit} done {work.completed_on}")
        else:
            cell.said.append(f"{work.state}{f' {work.completed_on}' if work.completed_on else ''}")
        cell.said.append(f"signed {work.signed_off_on}" if work.signed_off_on else "not signed")
        cell.cites.append(cite("work_order", work.number, work.key, None, work.revision))
        cell.cites += _papers(proof, "orders.workorder", work.key)
    return cell


def _papers(proof: Proof, label: str, key: int) -> list[Cite]:
    """Files that are kept beside a record: its proof of delivery, the sheet that the customer signed, what was installed."""
    return [Cite(f"{paper.kind}: {paper.name}", paper.url) for paper in proof.papers.get((label, key), ())[:PAPERS]]


def _once(said: Iterable[str], source: Cite | None = None, amount: int | None = None) -> Cell:
    """A cell about all of the document; without words, nothing is cited."""
    words = [word for word in said if word]
    return Cell(words, amount, [source] if words and source else [])


def _terms_row(case: Case) -> Row:
    behind, version = _behind(case), _behind(case).version
    cells = (
        _once([behind.po.payment_terms if behind.po else ""], _of(behind.po, "purchase_order") if behind.po else None),
        _once([version.payment_terms if version else ""], behind.cite_contract),
        _once([behind.order.payment_terms if behind.order else ""], _of(behind.order, "order") if behind.order else None),
        _once([case.document.payment_terms]),
    )
    return Row("terms", "Terms", "", cells)


def _tax_row(case: Case) -> Row:
    behind, customer = _behind(case), case.customer
    codes = list(dict.fromkeys(x.tax_code for x in case.document.lines if x.tax_code))
    papers = [p for p in customer.papers if p.kind == "exemption"] if customer else []
    exempt = [f"exemption {p.state}{f' to {p.expires_on}' if p.expires_on else ''}" for p in papers]
    cells = (
        _once([customer.tax_code, *exempt] if customer else [], cite("customer", customer.number, customer.key) if customer else None),
        _once([behind.version.tax_code if behind.version else ""], behind.cite_contract),
        _once([behind.order.tax_code if behind.order else ""], _of(behind.order, "order") if behind.order else None),
        _once([" ".join(codes) or "no code"], None, case.document.tax_total),
    )
    return Row("tax", "Tax", "", cells)


def _document_row(case: Case, proof: Proof) -> Row:
    po, order, contract, version = _behind(case)
    document = case.document
    cells = (Cell(), Cell(), Cell(), Cell())
    if po:
        expiry = f"to {po.expires_on}" if po.expires_on else ""
        cells[0].said = [po.number, " ".join(filter(None, [po.state, expiry]))]
        if left := _left(po):
            cells[0].said.append(left)
        cells[0].cites = [_of(po, "purchase_order")]
    if contract:
        cells[1].said = [f"version {version.number} from {version.valid_from}" if version else "not in force"]
        if version and version.retainage_percent:
            cells[1].said.append(f"retainage {_figure(version.retainage_percent)} %")
        cells[1].cites = [cite("contract", contract.number, contract.key, None, version.number if version else None)]
    if order:
        cells[2].said = [f"PO {order.po_number}" if order.po_number else "no PO number", order.state]
        cells[2].cites = [_of(order, "order"), *_papers(proof, "orders.salesorder", order.key)]
    cells[3].said = [f"PO {document.po_number}" if document.po_number else "no PO number", f"dated {document.document_date}"]
    if document.retainage:
        cells[3].said.append(f"retainage {money.format(document.retainage, document.currency)}")
    return Row("document", "Whole document", "", cells)


class _Behind(NamedTuple):
    """The first purchase order, order and contract with its version."""

    po: PurchaseOrder | None
    order: Order | None
    contract: Contract | None
    version: Version | None

    @property
    def cite_contract(self) -> Cite | None:
        """The contract's version as a source."""
        if self.contract is None:
            return None
        return cite("contract", self.contract.number, self.contract.key, None, self.version.number if self.version else None)


def _behind(case: Case) -> _Behind:
    purchases, orders, contracts = case.purchase_orders(), case.orders(), case.contracts()
    contract = contracts[0] if contracts else None
    version = next((s.version for s in case.strands if s.contract is contract and s.version), None) if contract else None
    return _Behind(purchases[0] if purchases else None, orders[0] if orders else None, contract, version)


def _of(record: PurchaseOrder | Order | WorkOrder, document: str) -> Cite:
    return cite(document, record.number, record.key, None, record.revision)


def _heads(case: Case) -> tuple[Cell, Cell, Cell, Cell]:
    """The four columns with the documents that stand in them."""
    return (
        Cell(cites=[_of(p, "purchase_order") for p in case.purchase_orders()[:3]]),
        Cell(cites=[cite("contract", c.number, c.key) for c in case.contracts()[:3]]),
        Cell(cites=[_of(o, "order") for o in case.orders()[:2]] + [_of(w, "work_order") for w in case.work_orders()[:3]]),
        Cell(cites=[Cite(case.document.number or "draft")]),
    )
