"""A day of cash out of the demo company's own open items: what comes in, what payers say of it, and what goes wrong. Deterministic.

Two bank accounts (BAI2 in dollars, camt.053 in euro), a lockbox, thirty remittances in five formats, some of them in mails. The same books
and day give the same files. `waiting` is money that is in the statements as well, of the banking days before.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import F, Q

from arops.demo.plan import COMPANIES, PlanCompany, PlanPayment
from cashapp.models import Receipt
from cashapp.readers.advice.model import Advice, AdviceLine
from customers.models import Customer
from ledger.models import OpenItem

LOCKBOX = "5501"
CODES = (("DMG", "damaged"), ("PRC", "price"), ("FRT", "freight"))
"""How this company's customers name their deductions, and what that is here."""

PLANS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "US01": (
        ("820", "file", "three"), ("excel", "mail", "three"), ("csv", "body", "one"), ("pdf", "mail", "two"),
        ("820", "file", "short"), ("820", "file", "earned"), ("csv", "mail", "two"), ("excel", "file", "short"), ("pdf", "file", "three"),
        ("820", "file", "unearned"), ("excel", "mail", "parent"), ("820", "file", "one"),
        ("csv", "file", "three"), ("pdf", "mail", "over"), ("820", "file", "two"),
    ),
    "DE01": (
        ("remadv", "file", "three"), ("pdf", "file", "short"), ("csv", "mail", "one"), ("excel", "mail", "two"),
        ("remadv", "file", "short"), ("csv", "body", "two"), ("remadv", "file", "earned"),
        ("pdf", "mail", "three"), ("excel", "mail", "short"),
        ("remadv", "file", "one"), ("csv", "file", "two"), ("excel", "file", "three"), ("remadv", "file", "two"), ("pdf", "file", "two"),
        ("remadv", "file", "two"),
    ),
}  # fmt: skip
"""Format, how it comes, and what the payment is like, for each remittance."""


@dataclass(frozen=True, slots=True)
class Told:
    """A payment with the advice that its payer sends of it: the format, how it comes, whose it is."""

    advice: Advice
    format: str
    way: str
    customer: Customer
    email: str


@dataclass
class DayOfCash:
    """What happens at one company's bank on the day."""

    company: PlanCompany
    day: date
    payments: list[PlanPayment] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    cheques: list[tuple[Customer, Sequence[tuple[str, int]], int]] = field(default_factory=list)
    """Who drew it, what the stub says each invoice gets, and what it is drawn for."""


class Supply:
    """Open invoices of a company that nobody has touched, by customer: each is taken once, then those again that have more."""

    def __init__(self, code: str, day: date, taken: set[str]) -> None:
        self.code, self.day = code, day
        untouched = OpenItem.objects.filter(company__code=code, kind="invoice", balance=F("amount"), disputes=None)
        self.items: dict[int, list[OpenItem]] = defaultdict(list)
        for item in untouched.exclude(number__in=taken).exclude(document_date__gte=day).order_by("due_date", "number"):
            if item.customer_id:
                self.items[item.customer_id].append(item)
        customers = Customer.objects.filter(pk__in=self.items).prefetch_related("contacts")
        self.customers = {c.pk: c for c in customers.order_by("number")}
        self.used: dict[int, Customer] = {}
        self.accounts = dict(
            Receipt.objects.filter(customer__company__code=code).exclude(payer_account="").order_by("pk")
            .values_list("customer_id", "payer_account")
        )  # fmt: skip

    def take(self, count: int) -> tuple[Customer, list[OpenItem]] | None:
        """The next customer with as many invoices, or with some; None when all are used."""
        for least, among in ((count, self.customers), (1, self.customers), (count, self.used), (1, self.used)):
            for pk, customer in among.items():
                if len(self.items[pk]) >= least and self.accounts.get(pk):
                    return self._use(customer, self.items[pk][:count])
        return None

    def take_discount(self, earned: bool) -> tuple[Customer, list[OpenItem]] | None:
        """The next customer with an invoice whose discount is still (or no longer) to be had."""
        for pk, customer in self.customers.items():
            fits = [i for i in self.items[pk] if i.discount_until and i.discount_amount and (i.discount_until >= self.day) == earned]
            if fits and self.accounts.get(pk):
                return self._use(customer, fits[:1])
        return None

    def take_family(self) -> tuple[Customer, list[OpenItem]] | None:
        """A parent, and invoices of its children."""
        children: dict[int, list[OpenItem]] = defaultdict(list)
        for pk, customer in self.customers.items():
            if customer.parent_id:
                children[customer.parent_id] += self.items[pk][:2]
        known = Customer.objects.filter(pk__in=children).prefetch_related("contacts").order_by("number")
        parent = next((c for c in known if self.accounts.get(c.pk)), None)
        if parent is None:
            return self.take(2)
        return self._use(parent, children[parent.pk])

    def _use(self, customer: Customer, items: list[OpenItem]) -> tuple[Customer, list[OpenItem]]:
        for pk in {customer.pk, *(item.customer_id or 0 for item in items)}:
            if owner := self.customers.pop(pk, None):
                self.used[pk] = owner
            self.items[pk] = [item for item in self.items[pk] if item not in items]
        return customer, items


def make_day(company: PlanCompany, day: date, waiting: Sequence[PlanPayment], others: Sequence[str] = ()) -> DayOfCash:
    """The day at one company. `others` are companies whose customers may err and pay here."""
    supply = Supply(company.code, day, {number for p in waiting for number, _ in p.invoices})
    found = DayOfCash(company, day, list(waiting))
    if company.code == "US01":
        found.cheques = list(_cheques(supply))
    for n, (form, way, kind) in enumerate(PLANS[company.code], 1):
        if made := _told(company, supply, f"{day:%y%m%d}{COMPANIES.index(company) + 1}{n:03d}", form, way, kind):
            found.told.append(made)
            found.payments.append(_payment(company, made, kind))
    found.payments += [*_troubles(company, day, supply, others)]
    if found.cheques:
        total = sum(amount for *_, amount in found.cheques)
        found.payments.append(_plain(company, day, total, "", "", f"LOCKBOX {LOCKBOX} {len(found.cheques)} ITEMS", "lockbox"))
    return found


def _told(company: PlanCompany, supply: Supply, trace: str, form: str, way: str, kind: str) -> Told | None:
    taken = {
        "earned": lambda: supply.take_discount(True) or supply.take(1), "unearned": lambda: supply.take_discount(False) or supply.take(1),
        "parent": supply.take_family,
    }.get(kind, lambda: supply.take({"three": 3, "two": 2}.get(kind, 1)))()  # fmt: skip
    if taken is None:
        return None
    customer, items = taken
    lines = tuple(_line(item, kind if n == 0 else "", form, trace) for n, item in enumerate(items))
    total = sum(line.paid or 0 for line in lines) + (250_00 if kind == "over" else 0)
    contact = next(iter(customer.contacts.all()), None)
    advice = Advice(
        company.currency, total, lines, supply.day, customer.name.upper()[:35], supply.accounts[customer.pk], trace, f"REM-{trace[-6:]}"
    )
    email = contact.email if contact and contact.email else f"ap.{customer.number.lower()}@customer.example"
    return Told(advice, form, way, customer, email)


def _line(item: OpenItem, kind: str, form: str, trace: str) -> AdviceLine:
    """The whole invoice; the first of a short payment less a deduction, those with a discount less that."""
    discount = item.discount_amount if kind in ("earned", "unearned") else 0
    short = max(item.balance // 20, 1_00) if kind == "short" and item.balance > 2_00 else 0
    code = CODES[int(trace[-3:]) % len(CODES)][0] if short else ""
    return AdviceLine(item.number, "invoice", item.balance, discount or None, -short or None, item.balance - discount - short, code)


def _payment(company: PlanCompany, told: Told, kind: str) -> PlanPayment:
    """The money, which says nothing of invoices: that is what the advice is for."""
    advice = told.advice
    text = f"REMITTANCE {advice.trace}" if told.format in ("820", "remadv") else f"PAYMENT {advice.reference}"
    return PlanPayment(
        company.code, day_of(advice), advice.total or 0, company.currency, advice.payer_name, advice.payer_account, text, kind,
        reference=advice.trace,
    )  # fmt: skip


def day_of(advice: Advice) -> date:
    """The day of payment, which the demo's advices always say."""
    assert advice.payment_date
    return advice.payment_date


def _plain(
    company: PlanCompany, day: date, amount: int, payer: str, account: str, text: str, kind: str, reference: str = ""
) -> PlanPayment:
    return PlanPayment(company.code, day, amount, company.currency, payer, account, text, kind, reference=reference)


def _cheques(supply: Supply) -> Iterator[tuple[Customer, Sequence[tuple[str, int]], int]]:
    """Seven that say what they pay, one of them 30.00 less than its stub; and one whose stub was not in the envelope."""
    most = len(supply.customers) // 8 + 1
    for count, less in ((1, 0), (3, 0), (2, 0), (1, 30_00), (2, 0), (4, 0), (1, 0))[:most]:
        if taken := supply.take(count):
            customer, items = taken
            stub = [(item.number, item.balance) for item in items]
            total = sum(amount for _, amount in stub)
            yield customer, stub, max(total - less, 1_00)
    if taken := supply.take(1):
        yield taken[0], (), taken[1][0].balance


def _troubles(company: PlanCompany, day: date, supply: Supply, others: Sequence[str]) -> Iterator[PlanPayment]:
    """Paid twice, paid to the wrong company, bounced, less the bank's charges, from nobody knows whom; and what the bank took itself."""
    mine = Receipt.objects.filter(company__code=company.code, returned_on=None, split_from=None).select_related("customer", "open_item")
    recent = mine.filter(value_date__lte=day - timedelta(days=4), open_item__balance=0).exclude(customer=None)
    applied = Q(text__startswith="INV ") | Q(text__startswith="Invoices ") | Q(text__startswith="payment of ")
    twice = recent.filter(applied).order_by("-value_date", "pk").first()
    if twice:
        yield _plain(company, day, twice.amount, twice.payer_name, twice.payer_account, twice.text.splitlines()[-1], "twice", "")
    if company.code == "US01":
        bounced = recent.exclude(pk=twice.pk if twice else 0).order_by("-value_date", "pk").first()
        if bounced:
            said = f"NSF {bounced.number}"
            yield _plain(company, day, -bounced.amount, bounced.payer_name, bounced.payer_account, said, "return", bounced.number)
        yield from _wrong_company(company, day, others)
    elif taken := supply.take(1):
        customer, (item, *_) = taken
        text = f"{item.number} ABZGL. GEBUEHREN"
        yield _plain(company, day, item.balance - 15_00, customer.name.upper()[:35], supply.accounts[customer.pk], text, "charged")
    stranger = ("HOLLOWAY ESTATE", "SETTLEMENT OF ACCOUNT") if company.code == "US01" else ("M. OSTERLOH", "siehe Schreiben vom Montag")
    yield _plain(company, day, 1_840_00, stranger[0], f"XX{company.code}00417", stranger[1], "stranger")
    yield _plain(company, day, -38_50 if company.code == "US01" else -12_90, "", "", f"ACCOUNT FEES {day:%B %Y}".upper(), "charge")


def _wrong_company(company: PlanCompany, day: date, others: Sequence[str]) -> Iterator[PlanPayment]:
    """A customer of a sister company in the same currency pays its invoice here."""
    # Companies number some of their documents alike: the one that is named must say nothing here.
    known = set(OpenItem.objects.filter(company__code=company.code).values_list("number", flat=True))
    for code in others:
        sister = Supply(code, day, known)
        if taken := sister.take(1):
            customer, (item, *_) = taken
            text = f"INVOICE {item.number}"
            yield _plain(company, day, item.balance, customer.name.upper()[:35], sister.accounts[customer.pk], text, "wrong_company")
            return
