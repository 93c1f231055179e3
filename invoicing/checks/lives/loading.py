"""A life's rows as Facts, without a database: keys are counted, what was billed before is summed up from the earlier invoices."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from arops.lib import money
from invoicing.checks.facts import (
    ZERO,
    Billed,
    BilledLine,
    Claim,
    Contract,
    Customer,
    Earlier,
    EarlierLine,
    Facts,
    Order,
    OrderLine,
    Paper,
    Price,
    PurchaseLine,
    PurchaseOrder,
    Requirement,
    Step,
    TaxRate,
    Version,
    WorkLine,
    WorkOrder,
)  # fmt: skip
from invoicing.checks.lives.model import CONVERSIONS, TAX_RATES, Life, Row


def facts_of(life: Life) -> tuple[Billed, Facts]:
    """The invoice of a life, and all that it is checked against."""
    return _Loader(life).load()


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if value else None


def _must(value: str) -> date:
    return date.fromisoformat(value)


def _dec(value: Any) -> Decimal:
    return Decimal(value or 0)


_RATES: dict[str, tuple[TaxRate, ...]] = {}
for _row in TAX_RATES:
    _RATES[_row["code"]] = (
        *_RATES.get(_row["code"], ()),
        TaxRate(
            _row["code"], _row["name"], _row["jurisdiction"], Decimal(_row["percent"]), _row["category"], _must(_row["valid_from"]),
            _day(_row.get("valid_to")),
        ),
    )  # fmt: skip
_CONVERSIONS = {(r["sku"], r["from_unit"], r["to_unit"]): Decimal(r["factor"]) for r in CONVERSIONS}


class _Loader:
    """Turns rows into records; `keys` counts them by kind and number."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self.keys: dict[tuple[str, str], int] = {}
        self.earlier = [x for x in _still_there(life) if x["external_id"] != _number(life.invoice.get("replaces"))]
        rows: tuple[tuple[str, Iterable[Row]], ...] = (
            ("customer", [life.customer, *life.other_customers]), ("contract", life.contracts), ("po", life.purchase_orders),
            ("order", life.orders), ("work", life.work_orders), ("invoice", life.earlier),
        )  # fmt: skip
        for kind, group in rows:
            for n, row in enumerate(group, 1):
                self.keys[kind, row["number"]] = self.keys[kind, row["external_id"]] = n
        self.claims: dict[tuple[Any, ...], list[Claim]] = defaultdict(list)
        for row in self.earlier:
            self._claim(row)

    def key(self, kind: str, reference: Any) -> int | None:
        """The key that a reference names; None for nobody."""
        number = _number(reference)
        return self.keys.get((kind, number)) if number else None

    def minor(self, value: Any, currency: str) -> int:
        return money.parse(value, currency) if value else 0

    def load(self) -> tuple[Billed, Facts]:
        """Document and facts."""
        life = self.life
        facts = Facts(
            customers={self.keys["customer", r["number"]]: self._customer(r) for r in (life.customer, *life.other_customers)},
            contracts={self.keys["contract", r["number"]]: self._contract(r) for r in life.contracts},
            purchase_orders={self.keys["po", r["number"]]: self._po(r) for r in life.purchase_orders},
            orders={self.keys["order", r["number"]]: self._order(r) for r in life.orders},
            work_orders={self.keys["work", r["number"]]: self._work(r) for r in life.work_orders},
            tax_rates=_RATES, conversions=_CONVERSIONS, earlier={1: tuple(self._earlier(r) for r in self.earlier)},
        )  # fmt: skip
        return self._billed(life.invoice), facts

    def _claim(self, row: Row) -> None:
        """What an earlier invoice's lines bill, under each key that asks for it."""
        order, po = self.key("order", row.get("order")), self.key("po", row.get("po_number"))
        for line in row["lines"]:
            claim = Claim(
                self.keys["invoice", row["number"]], row["number"], _must(row["document_date"]), line["sku"], _dec(line["quantity"]),
                line.get("unit", ""), self.minor(line["amount"], row["currency"]), line["number"], _period(line),
            )  # fmt: skip
            work, contract = self.key("work", line.get("work_order")), self.key("contract", line.get("contract"))
            if order and line.get("order_line"):
                self.claims["order", order, line["order_line"]].append(claim)
            if po:
                self.claims["po", po].append(claim)
                self.claims["po", po, line.get("po_line")].append(claim)
            if work:
                self.claims["work", work].append(claim)
            for number in [contract] if contract else self._by_order(row):
                self.claims["contract", number].append(claim)
                self.claims["step", number, line["sku"]].append(claim)

    def _by_order(self, row: Row) -> list[int]:
        order = next((o for o in self.life.orders if o["number"] == _number(row.get("order"))), None)
        key = self.key("contract", order.get("contract")) if order else None
        return [key] if key else []

    def _of(self, *key: Any) -> tuple[Claim, ...]:
        return tuple(self.claims.get(key, ()))

    def _customer(self, row: Row) -> Customer:
        mine = row is self.life.customer
        return Customer(
            self.keys["customer", row["number"]], row["number"], row["name"], row["currency"], row["payment_terms"], row.get("address", ""),
            row.get("tax_code", ""), row.get("delivery", "email"), None, mine and any(self._mine(r) for r in self.life.purchase_orders),
            tuple(self._requirement(r, n) for n, r in enumerate(self.life.requirements, 1)) if mine else (),
            tuple(self._paper(r, n) for n, r in enumerate(self.life.documents, 1)) if mine else (),
        )  # fmt: skip

    def _mine(self, row: Row) -> bool:
        return _number(row["customer"]) == self.life.customer["external_id"]

    def _requirement(self, row: Row, key: int) -> Requirement:
        return Requirement(row["kind"], row["params"], _must(row["valid_from"]), _day(row.get("valid_to")), 1, key)

    def _paper(self, row: Row, key: int) -> Paper:
        return Paper(
            row["kind"], row["state"], row.get("jurisdiction", ""), row.get("contract_number", ""), row.get("invoice_number", ""),
            _day(row.get("through_date")), row.get("reference", ""), _day(row.get("valid_from")), _day(row.get("expires_on")), key,
        )  # fmt: skip

    def _contract(self, row: Row) -> Contract:
        key = self.keys["contract", row["number"]]
        codes = {x["code"] for v in row["versions"] for x in v.get("steps", ())}
        return Contract(
            key, row["number"], self.key("customer", row["customer"]) or 0, row["currency"],
            tuple(self._version(v, row["currency"]) for v in sorted(row["versions"], key=lambda v: v["number"])), _day(row.get("ended_on")),
            1, {x["code"]: _must(x["reached_on"]) for x in row.get("milestones_reached", ())},
            sum(c.amount for c in self._of("contract", key)), {code: self._of("step", key, code) for code in codes},
        )  # fmt: skip

    def _version(self, v: Row, currency: str) -> Version:
        prices: dict[str, tuple[Price, ...]] = {}
        for n, p in enumerate(v.get("prices", ()), 1):
            span = _day(p.get("valid_from")), _day(p.get("valid_to"))
            one = Price(p["sku"], p["unit"], Decimal(p["unit_price"]), _dec(p.get("from_quantity")), *span, p.get("number", n))
            prices[p["sku"]] = (*prices.get(p["sku"], ()), one)
        steps = {
            s["code"]: Step(
                s["code"], s.get("kind", "milestone"), s["name"], self.minor(s["amount"], currency), _day(s.get("planned_on")),
                _day(s.get("until")), s.get("every_months", 1),
            )
            for s in v.get("steps", ())
        }  # fmt: skip
        return Version(
            v["number"], _must(v["valid_from"]), _day(v.get("valid_to")), v.get("payment_terms", ""), v.get("tax_code", ""),
            v.get("billing", "work"), v.get("freight", "billed"), v.get("fees_agreed", False), v.get("sign_off_needed", False),
            _dec(v.get("retainage_percent")), self.minor(v.get("not_to_exceed"), currency) or None, _dec(v.get("escalator_percent")),
            v.get("escalator_months", 12), prices, steps, bool(prices),
        )  # fmt: skip

    def _po(self, row: Row) -> PurchaseOrder:
        key, currency = self.keys["po", row["number"]], row["currency"]
        lines = {}
        for x in row["lines"]:
            claims = self._of("po", key, x["number"])
            lines[x["number"]] = PurchaseLine(
                x["number"], x.get("sku", ""), x.get("unit", ""), Decimal(x["quantity"]) if x.get("quantity") else None,
                Decimal(x["unit_price"]) if x.get("unit_price") else None, self.minor(x.get("amount"), currency) or None,
                tuple((c.unit, c.quantity) for c in claims), sum(c.amount for c in claims),
            )  # fmt: skip
        return PurchaseOrder(
            key, row["number"], self.key("customer", row["customer"]) or 0, currency, _must(row["issued_on"]), _day(row.get("expires_on")),
            self.minor(row.get("amount"), currency) or None, lines, row.get("state", "open"), row.get("is_blanket", False),
            self.key("contract", row.get("contract")), row.get("payment_terms", ""), row.get("bill_to", ""), 1,
            sum(c.amount for c in self._of("po", key)),
        )  # fmt: skip

    def _order(self, row: Row) -> Order:
        key = self.keys["order", row["number"]]
        deliveries = [x for x in self.life.deliveries if _number(x["order"]) == row["number"]]
        lines = {}
        for x in row["lines"]:
            parts = [y for dl in deliveries for y in dl["lines"] if y["order_line"] == x["number"]]
            damaged = sum((_dec(y.get("damaged")) for y in parts), ZERO)
            lines[x["number"]] = OrderLine(
                x["number"], x.get("sku", ""), x.get("unit", ""), Decimal(x["quantity"]), Decimal(x["unit_price"]), x.get("tax_code", ""),
                x.get("po_line"), x.get("is_service", False), sum((_dec(y["quantity"]) for y in parts), ZERO) - damaged, damaged,
                self._of("order", key, x["number"]),
            )  # fmt: skip
        return Order(
            key, row["number"], self.key("customer", row["customer"]) or 0, row["currency"], _must(row["ordered_on"]), lines,
            self.key("po", row.get("purchase_order")), self.key("contract", row.get("contract")), row.get("po_number", ""),
            row.get("payment_terms", ""), row.get("tax_code", ""), row.get("bill_to", ""), row.get("freight", ""),
            None if row.get("freight_amount") is None else self.minor(row["freight_amount"], row["currency"]), row.get("state", "open"),
            row.get("entered_by", ""), 1, max((_must(x["shipped_on"]) for x in deliveries), default=None),
            tuple(x["number"] for x in deliveries), self._attached("order", row["number"]),
        )  # fmt: skip

    def _work(self, row: Row) -> WorkOrder:
        key = self.keys["work", row["number"]]
        lines = tuple(
            WorkLine(
                n, x.get("kind", "hours"), x.get("sku", ""), x.get("unit", ""), Decimal(x["quantity"]), x.get("order_line"),
                x.get("is_billable", True),
            )
            for n, x in enumerate(row["lines"], 1)
        )  # fmt: skip
        return WorkOrder(
            key, row["number"], self.key("customer", row["customer"]) or 0, row["currency"], row["state"], _must(row["ordered_on"]), lines,
            self.key("order", row.get("order")), self.key("contract", row.get("contract")), self.key("po", row.get("purchase_order")),
            _day(row.get("scheduled_on")), _day(row.get("completed_on")), row.get("signed_off_by", ""), _day(row.get("signed_off_on")),
            self.minor(row.get("not_to_exceed"), row["currency"]) or None, row.get("cost_code", ""), row.get("technician", ""), 1,
            self._attached("work_order", row["number"]), self._of("work", key),
        )  # fmt: skip

    def _attached(self, record: str, number: str) -> frozenset[str]:
        return frozenset(x["kind"] for x in self.life.attachments if x["record"] == record and x["number"] == number)

    def _earlier(self, row: Row) -> Earlier:
        po, order = self.key("po", row.get("po_number")), self.key("order", row.get("order"))
        lines = tuple(
            EarlierLine(
                x["sku"], Decimal(x["quantity"]), Decimal(x["unit_price"]), self.minor(x["amount"], row["currency"]), po, x.get("po_line"),
                order, self.key("work", x.get("work_order")),
            )
            for x in row["lines"]
        )  # fmt: skip
        return Earlier(
            self.keys["invoice", row["number"]], row["number"], _must(row["document_date"]), self.minor(row["total"], row["currency"]),
            row["currency"], row.get("po_number", ""), order, lines,
        )  # fmt: skip

    def _billed(self, row: Row) -> Billed:
        currency = row["currency"]
        lines = tuple(
            BilledLine(
                x["number"], x.get("sku", ""), x.get("description", ""), Decimal(x["quantity"]), x.get("unit", ""),
                Decimal(x["unit_price"]),
                self.minor(x["amount"], currency), x.get("tax_code", ""), self.minor(x["tax_amount"], currency), x.get("po_line"),
                x.get("order_line"), None, None, self.key("work", x.get("work_order")), self.key("contract", x.get("contract")),
                period=_period(x),
            )
            for x in row["lines"]
        )  # fmt: skip
        return Billed(
            0, row["kind"], row["number"], self.key("customer", row["customer"]) or 0, currency, _must(row["document_date"]),
            row.get("payment_terms") or self.life.customer["payment_terms"], row.get("po_number", ""), lines,
            self.minor(row["subtotal"], currency), self.minor(row["tax_total"], currency), self.minor(row["total"], currency),
            self.minor(row.get("retainage"), currency), row.get("cost_code", ""), row.get("buyer_reference", ""),
            self.life.bill_to or self.life.customer.get("address", ""), _number(row.get("order")), self.key("order", row.get("order")),
            self.key("po", row.get("po_number")), self.keys.get(("invoice", _number(row.get("replaces")))),
            self._attached("invoice", row["number"]),
        )  # fmt: skip


def _number(reference: Any) -> str:
    if not reference:
        return ""
    return str(reference) if isinstance(reference, str) else str(reference["external_id"])


def _period(line: Row) -> date | None:
    return _day(line.get("period_from") or line.get("period_to"))


def _still_there(life: Life) -> list[Row]:
    """Earlier invoices that no credit memo took back in full."""
    gone = {_number(x["refers_to"]) for x in life.earlier if x["kind"] == "credit_memo"}
    return [x for x in life.earlier if x["kind"] != "credit_memo" and x["external_id"] not in gone]
