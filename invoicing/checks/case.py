"""A document under check: every line followed to its order, purchase order, work order and contract, once for all rules."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any, TypeVar

from invoicing.checks.facts import (
    ZERO,
    Billed,
    BilledLine,
    Claim,
    Contract,
    Customer,
    Facts,
    Order,
    OrderLine,
    PurchaseLine,
    PurchaseOrder,
    Requirement,
    Step,
    Version,
    WorkOrder,
)
from invoicing.checks.policy import Policy
from invoicing.checks.pricing import factor, version_on
from invoicing.checks.tally import Tally

T = TypeVar("T")
_BY_NUMBER = attrgetter("number")


class Strand:
    """A line of the document with all that it leads to."""

    __slots__ = ("contract", "day", "line", "order", "order_line", "po", "po_line", "step", "version", "work")

    def __init__(self, line: BilledLine) -> None:
        self.line = line
        self.order: Order | None = None
        self.order_line: OrderLine | None = None
        self.po: PurchaseOrder | None = None
        self.po_line: PurchaseLine | None = None
        self.work: WorkOrder | None = None
        self.contract: Contract | None = None
        self.version: Version | None = None
        self.step: Step | None = None
        self.day: date = date.min


class Case:
    """What the rules share. `effects` and `excess` hold, by line, what findings have already explained: minor units billed wrongly, and
    the quantity (in the line's unit) that shouldn't have been billed. Rules about sums ask for the amounts put right (`right_amount`)."""

    __slots__ = (
        "_contracts",
        "_orders",
        "_purchase_orders",
        "_work_orders",
        "conversions",
        "customer",
        "document",
        "duplicates",
        "effects",
        "excess",
        "facts",
        "forgiven",
        "gaps",
        "groups",
        "policy",
        "reports",
        "settled",
        "strands",
        "tally",
    )  # fmt: skip

    def __init__(self, document: Billed, facts: Facts, policy: Policy, tally: Tally) -> None:
        self.document = document
        self.facts = facts
        self.policy = policy
        self.tally = tally
        self.conversions = facts.conversions
        self.customer: Customer | None = facts.customers.get(document.customer)
        self.effects: dict[int, int] = {}
        self.excess: dict[int, Decimal] = {}
        self.settled: set[tuple[str, int]] = set()
        """(what, line): questions that a finding has answered, so that no other rule asks them of the line again."""
        self.duplicates: set[int] = set()
        """Earlier invoices that the document repeats: what they billed isn't counted against it a second time."""
        self.forgiven = frozenset((document.replaces,)) if document.replaces else frozenset[int]()
        self.gaps: list[Any] | None = None
        self.groups: tuple[int, list[Any]] | None = None
        self.reports: list[Any] | None = None
        strands = self.strands = [_follow(line, document, facts) for line in sorted(document.lines, key=_BY_NUMBER)]
        self._orders = list({s.order.key: s.order for s in strands if s.order}.values())
        self._purchase_orders = list({s.po.key: s.po for s in strands if s.po}.values())
        self._contracts = list({s.contract.key: s.contract for s in strands if s.contract}.values())
        self._work_orders = list({s.work.key: s.work for s in strands if s.work}.values())

    def factor(self, sku: str, from_unit: str, to_unit: str) -> Decimal | None:
        """How many to_unit one from_unit of the article is; None when nobody said."""
        return factor(self.conversions, sku, from_unit, to_unit)

    def is_extra(self, strand: Strand) -> bool:
        """Freight, a fee or the release of retainage: not an article."""
        sku = strand.line.sku
        return strand.line.is_release or sku in self.policy.freight_skus or sku in self.policy.fee_skus or sku in self.policy.release_skus

    def explain(self, line: int, effect: int) -> None:
        """Note that so many minor units of a line are wrong, as a finding says."""
        self.effects[line] = self.effects.get(line, 0) + effect

    def right_amount(self, line: BilledLine) -> int:
        """What the line would come to once the findings so far are put right."""
        return line.amount - self.effects.get(line.number, 0)

    def live(self, claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
        """Claims that count against this document: not of the invoice it bills again, not of one it is a duplicate of."""
        if not claims or not (self.forgiven or self.duplicates):
            return claims
        return tuple(c for c in claims if c.invoice not in self.forgiven and c.invoice not in self.duplicates)

    def requirements(self, kind: str) -> Iterator[Requirement]:
        """The customer's requirements of a kind that hold on the document's day."""
        day = self.document.document_date
        for r in self.customer.requirements if self.customer else ():
            if r.kind == kind and r.valid_from <= day and (r.valid_to is None or day <= r.valid_to):
                yield r

    def is_family(self, customer: int) -> bool:
        """Whether a record of that customer may be billed to this one: itself, its parent or its child."""
        mine = self.document.customer
        if customer == mine:
            return True
        other = self.facts.customers.get(customer)
        return bool((self.customer and self.customer.parent == customer) or (other and other.parent == mine))

    def orders(self) -> list[Order]:
        """The sales orders that the document bills, each once, in the order of its lines."""
        return self._orders

    def purchase_orders(self) -> list[PurchaseOrder]:
        """The purchase orders that the document draws on, each once."""
        return self._purchase_orders

    def contracts(self) -> list[Contract]:
        """The contracts that the document bills on, each once."""
        return self._contracts

    def work_orders(self) -> list[WorkOrder]:
        """The work orders that the document bills, each once."""
        return self._work_orders

    def near(self, day: date) -> bool:
        """Whether a day is so near the document's that the two may be one."""
        return abs(self.document.document_date - day) <= timedelta(days=self.policy.near_days)


def _follow(line: BilledLine, document: Billed, facts: Facts) -> Strand:
    """From the line to its work order, order, purchase order and contract: its own reference first, then what the neighbours say."""
    strand = Strand(line)
    if line.is_release:
        strand.day = document.document_date
        return strand
    work = strand.work = facts.work_orders.get(line.work_order) if line.work_order else None
    order_key = line.order or document.order or (work.order if work else None)
    order = strand.order = facts.orders.get(order_key) if order_key else None
    if order:
        strand.order_line = _order_line(line, order, work)
    po_key = (order and order.purchase_order) or (work and work.purchase_order) or line.purchase_order or document.purchase_order
    po = strand.po = facts.purchase_orders.get(po_key) if po_key else None
    if po:
        strand.po_line = _po_line(line, po, strand.order_line)
    contract_key = line.contract or (work and work.contract) or (order and order.contract) or (po and po.contract)
    contract = strand.contract = facts.contracts.get(contract_key) if contract_key else None
    strand.day = (work and work.completed_on) or (order and order.ordered_on) or (po and po.issued_on) or document.document_date
    if contract:
        version = strand.version = version_on(contract, strand.day)
        strand.step = _step(contract, version, line.sku)
        if line.period and strand.step and strand.step.kind == "recurring":
            _in_period(strand, contract, line.period)
    return strand


def _in_period(strand: Strand, contract: Contract, period: date) -> None:
    """What is agreed for a period is what was in force when it began, whenever it is billed."""
    strand.day, strand.version = period, version_on(contract, period)
    strand.step = _step(contract, strand.version, strand.line.sku)


def _order_line(line: BilledLine, order: Order, work: WorkOrder | None) -> OrderLine | None:
    """By its number; else by what the work order says of the article; else by the article, where only one line has it."""
    if line.order_line is not None:
        return order.lines.get(line.order_line)
    if work:
        for done in work.lines:
            if done.sku == line.sku and done.order_line is not None:
                return order.lines.get(done.order_line)
    return _only([x for x in order.lines.values() if x.sku == line.sku and line.sku])


def _po_line(line: BilledLine, po: PurchaseOrder, order_line: OrderLine | None) -> PurchaseLine | None:
    if line.po_line is not None:
        return po.lines.get(line.po_line)
    if order_line and order_line.po_line is not None:
        return po.lines.get(order_line.po_line)
    return _only([x for x in po.lines.values() if x.sku == line.sku and line.sku])


def _only(found: list[T]) -> T | None:
    return found[0] if len(found) == 1 else None


def _step(contract: Contract, version: Version | None, sku: str) -> Step | None:
    """The step that the article's code names: of the version in force, else of the latest that has it."""
    if version and sku in version.steps:
        return version.steps[sku]
    return next((v.steps[sku] for v in reversed(contract.versions) if v.steps and sku in v.steps), None)


def spent(pairs: tuple[tuple[str, Decimal], ...], case: Case, sku: str, unit: str) -> Decimal | None:
    """Quantities by unit as one quantity; None when one of the units can't be turned into it."""
    if len(pairs) == 1 and pairs[0][0] == unit:
        return pairs[0][1]
    total = ZERO
    for one, quantity in pairs:
        if one == unit:
            total += quantity
            continue
        times = case.factor(sku, one, unit)
        if times is None:
            return None
        total += quantity * times
    return total
