"""The demo company's story, from a seed and a business date. Pure: no database, no clock; the same inputs tell the same story.

Three companies (two in USD, one in EUR), 400 customers, 18 months of invoices. Each customer has a habit of paying; the habits
give the book its shape: most pay within a week of the due date, some always late, a few short, a few dispute, a few break their
word. The money of the last three banking days stands in bank files that wait to be imported.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from arops.demo import words
from arops.lib import money
from customers.terms import parse_terms

MONTHS = 18
HABITS = {"prompt": 46, "discount": 14, "week": 21, "slow": 8, "late": 4, "very_late": 3, "short": 3, "silent": 1}
"""How customers pay, and how many in a hundred do."""

DELAY = {
    "prompt": (-9, -2),
    "discount": (0, 0),
    "week": (-3, 4),
    "slow": (8, 24),
    "late": (25, 60),
    "very_late": (70, 150),
    "short": (2, 20),
    "silent": (400, 500),
}
"""Days after the due date on which a habit pays, from and to."""

KINDS = ("clean", "garbled", "missing", "short", "part")
TIDY, MESSY = (84, 7, 5, 1, 0), (56, 12, 16, 4, 8)
"""How many payments in a hundred name their invoices well, badly or not at all, are cut, or are a round sum. Of the last weeks more are
messy, so that there is something to clear by hand."""

RECENT = timedelta(days=24)


@dataclass(frozen=True, slots=True)
class PlanCompany:
    """A legal entity: its code, country and currency, its bank account's IBAN or number, and how many customers it has."""

    code: str
    name: str
    country: str
    currency: str
    account: str
    customers: int
    tax: Decimal
    address: str


COMPANIES = (
    PlanCompany("US01", "Aldermere Service Inc", "US", "USD", "4417002231", 180, Decimal("0.0825"), "1200 Foundry Way\nDallas, TX 75201"),
    PlanCompany("US02", "Aldermere Projects LLC", "US", "USD", "4417009984", 90, Decimal("0.06"), "88 Canal Street\nColumbus, OH 43215"),
    PlanCompany(
        "DE01", "Aldermere Technik GmbH", "DE", "EUR", "DE89370400440532013000", 130, Decimal("0.19"), "Hafenstraße 14\n28195 Bremen"
    ),
)


@dataclass(frozen=True, slots=True)
class PlanCustomer:
    """A customer, who collects from it, and its habit."""

    company: str
    number: str
    name: str
    country: str
    currency: str
    address: str
    terms: str
    segment: str
    habit: str
    collector: int
    parent: str | None
    contact: str
    email: str
    account: str
    weight: int


@dataclass(slots=True)
class PlanInvoice:
    """An invoice: amounts in minor units, lines as (sku, description, unit, quantity, unit price)."""

    company: str
    customer: str
    number: str
    day: date
    due: date
    po: str
    lines: list[tuple[str, str, str, Decimal, Decimal]]
    net: int
    tax: int
    discount_until: date | None = None
    discount: int = 0

    @property
    def total(self) -> int:
        """Net and tax."""
        return self.net + self.tax


@dataclass(slots=True)
class PlanPayment:
    """Money that came in: for which invoices, with which text, and what the payer did to make it hard (`kind`). Below zero it went out:
    a payment that came back (`return`), or what the bank took (`charge`). `reference` is the payment's own number, where it bears one.
    """

    company: str
    day: date
    amount: int
    currency: str
    payer: str
    account: str
    text: str
    kind: str
    invoices: list[tuple[str, int]] = field(default_factory=list)
    customer: str = ""
    short: int = 0
    reference: str = ""


@dataclass(slots=True)
class Plan:
    """All of it."""

    today: date
    customers: list[PlanCustomer]
    invoices: list[PlanInvoice]
    payments: list[PlanPayment]


def make_plan(today: date, seed: int = 2026, share: float = 1.0) -> Plan:
    """The story up to the end of `today`; `share` shrinks the number of customers, for tests."""
    rng = random.Random(seed)
    customers = [c for company in COMPANIES for c in _customers(company, rng, max(6, round(company.customers * share)))]
    invoices = [i for c in customers for i in _invoices(c, rng, today)]
    invoices.sort(key=lambda i: (i.day, i.company, i.customer))
    for n, invoice in enumerate(invoices, 10_001):
        invoice.number = f"INV-{n}"
    payments = (
        [p for c in customers for p in _payments(c, [i for i in invoices if i.customer == c.number], rng, today)]
        if len(customers) < 60
        else _all(customers, invoices, rng, today)
    )
    payments += list(_strangers(rng, today))
    return Plan(today, customers, invoices, sorted(payments, key=lambda p: (p.day, p.company, p.payer)))


def _all(customers: list[PlanCustomer], invoices: list[PlanInvoice], rng: random.Random, today: date) -> list[PlanPayment]:
    by_customer: dict[str, list[PlanInvoice]] = {}
    for invoice in invoices:
        by_customer.setdefault(invoice.customer, []).append(invoice)
    return [p for c in customers for p in _payments(c, by_customer.get(c.number, []), rng, today)]


def _customers(company: PlanCompany, rng: random.Random, count: int) -> list[PlanCustomer]:
    names = [f"{a} {b}" for a in words.FIRST for b in words.SECOND]
    rng.shuffle(names)
    habits = rng.choices(list(HABITS), list(HABITS.values()), k=count)
    made: list[PlanCustomer] = []
    for n in range(count):
        country = company.country if company.country == "US" else rng.choices(["DE", "SE", "FR", "NL"], [75, 8, 10, 7])[0]
        name = f"{names[n]} {rng.choice(words.LEGAL[country])}"
        parent = made[rng.randrange(n)].number if n > 10 and rng.random() < 0.05 else None
        made.append(_customer(company, rng, n, name, country, habits[n], parent))
    return made


def _customer(company: PlanCompany, rng: random.Random, n: int, name: str, country: str, habit: str, parent: str | None) -> PlanCustomer:
    person = rng.choice(words.PEOPLE)
    digits = "".join(rng.choices("0123456789", k=16))
    terms = "2/10 net 30" if habit == "discount" else rng.choices(["net 30", "net 14", "net 45", "net 60"], [60, 10, 20, 10])[0]
    slug = "".join(ch for ch in name.lower().split()[0] if ch.isascii() and ch.isalpha())
    return PlanCustomer(
        company=company.code,
        number=f"{company.code[:2]}{company.code[-1]}{n + 1:04d}",
        name=name,
        country=country,
        currency=company.currency,
        address=f"{rng.randrange(1, 240)} {rng.choice(words.STREETS)}\n{rng.choice(words.CITIES[country])}",
        terms=terms,
        segment=rng.choices(["key account", "mid-market", "small business"], [10, 45, 45])[0],
        habit=habit,
        collector=n % 3,
        parent=parent,
        contact=person,
        email=f"ap.{slug}{n}@customer.example",
        account=f"{country}{digits}",
        weight=rng.choices([1, 2, 4], [60, 30, 10])[0],
    )


def _invoices(customer: PlanCustomer, rng: random.Random, today: date) -> list[PlanInvoice]:
    company = next(c for c in COMPANIES if c.code == customer.company)
    terms, found = parse_terms(customer.terms), []
    for back in range(MONTHS * 30, -1, -30):
        for _ in range(rng.choices([0, 1, 2, 3], [35, 42, 17, 6])[0] * customer.weight // 2 + (rng.random() < 0.4)):
            day = today - timedelta(days=back - rng.randrange(0, 28))
            if day > today:
                continue
            lines = [_line(rng, customer) for _ in range(rng.choices([1, 2, 3, 4], [35, 30, 25, 10])[0])]
            net = sum(money.round_to_minor(quantity * price, customer.currency) for *_, quantity, price in lines)
            tax = money.round_to_minor(money.to_decimal(net, customer.currency) * company.tax, customer.currency)
            found.append(
                PlanInvoice(
                    customer.company,
                    customer.number,
                    "",
                    day,
                    terms.due_date(day),
                    f"PO-{rng.randrange(20_000, 99_999)}",
                    lines,
                    net,
                    tax,
                    terms.discount_until(day),
                    terms.discount_of(net + tax),
                )
            )
    return found


def _line(rng: random.Random, customer: PlanCustomer) -> tuple[str, str, str, Decimal, Decimal]:
    sku, description, unit, price = rng.choice(words.GOODS)
    quantity = Decimal(rng.choice([1, 1, 2, 3, 4, 8, 12])) if unit != "MTR" else Decimal(rng.randrange(20, 400))
    return sku, description, unit, quantity * customer.weight, Decimal(price)


def _payments(customer: PlanCustomer, invoices: list[PlanInvoice], rng: random.Random, today: date) -> list[PlanPayment]:
    found: list[PlanPayment] = []
    pending = [(_pay_day(customer, invoice, rng, today), invoice) for invoice in invoices]
    pending.sort(key=lambda pair: (pair[0], pair[1].number))
    while pending:
        day, invoice = pending.pop(0)
        together = [invoice]
        while pending and rng.random() < 0.35 and (pending[0][0] - day).days <= 6 and len(together) < 5:
            together.append(pending.pop(0)[1])
        day = max([day, *(i.day + timedelta(days=1) for i in together)])
        if day <= today:
            found.append(_payment(customer, together, day, rng, MESSY if day > today - RECENT else TIDY))
            found += _rest(found[-1], rng, today)
    return found


def _rest(paid: PlanPayment, rng: random.Random, today: date) -> Iterator[PlanPayment]:
    """What was cut from a payment comes later in most cases, once it was talked about."""
    day = paid.day + timedelta(days=rng.randint(10, 40))
    if paid.kind == "short" and rng.random() < 0.8 and day <= today and day.weekday() < 5:
        number = paid.invoices[0][0]
        yield replace(paid, day=day, amount=paid.short, text=f"rest of {number}", kind="rest", invoices=[(number, paid.short)], short=0)


def _pay_day(customer: PlanCustomer, invoice: PlanInvoice, rng: random.Random, today: date) -> date:
    if customer.habit == "discount" and invoice.discount_until and rng.random() < 0.85:
        day = invoice.discount_until - timedelta(days=rng.randrange(0, 4))
    else:
        silent = customer.habit == "silent" and (today - invoice.day).days < 150
        first, last = DELAY["silent" if silent else "late" if customer.habit == "silent" else customer.habit]
        day = invoice.due + timedelta(days=rng.randint(first, last))
    return banking_day(day)


def banking_day(day: date) -> date:
    """The day, or the Monday after a weekend."""
    return day + timedelta(days={5: 2, 6: 1}.get(day.weekday(), 0))


def _payment(customer: PlanCustomer, invoices: list[PlanInvoice], day: date, rng: random.Random, weights: Sequence[int]) -> PlanPayment:
    discount = sum(i.discount for i in invoices if i.discount_until and day <= i.discount_until)
    total = sum(i.total for i in invoices) - discount
    kind = rng.choices(KINDS, [*weights[:3], 40 if customer.habit == "short" else weights[3], weights[4]])[0]
    cut = (
        total * rng.choice([2, 5, 8]) // 100 if kind == "short" else total % 1000_00 or 500_00 if kind == "part" and total > 2000_00 else 0
    )
    named = [_garble(i.number, rng) if kind == "garbled" else i.number for i in invoices]
    text = {"missing": "PAYMENT THANK YOU", "part": "PAYMENT ON ACCOUNT"}.get(
        kind, f"{rng.choice(['INV', 'Invoices', 'RE', 'payment of'])} {' '.join(named)}"
    )
    if kind == "short":
        text += f" less {rng.choice(['damage', 'price difference', 'freight'])} {money.to_text(cut, customer.currency)}"
    return PlanPayment(
        customer.company, day, total - cut, customer.currency, customer.name.upper()[:35], customer.account, text, kind,
        [(i.number, i.total) for i in invoices], customer.number, cut,
    )  # fmt: skip


def _garble(number: str, rng: random.Random) -> str:
    return rng.choice([number.replace("INV-", ""), number.replace("-", " "), number.replace("0", "O", 1), number.lower().replace("-", "")])


def _strangers(rng: random.Random, today: date) -> list[PlanPayment]:
    """Money nobody expects: the payer is no customer, and the text says little."""
    return [
        PlanPayment(
            c.code,
            today - timedelta(days=rng.randrange(3, 60)),
            rng.randrange(40_00, 9_000_00),
            c.currency,
            name,
            f"XX{rng.randrange(10**12)}",
            text,
            "stranger",
        )
        for c in COMPANIES
        for name, text in (("K MERTENS", "see letter"), ("PAYROLL SERVICES 77", "refund 2291"), ("BRIGHTWATER TRUST", "instalment"))
    ]
