"""A large company in a real database, for `manage.py bench pages`: two years of invoices, most of them paid, and the work around them.

Everything goes through the product's own posting path, many rows at a time; what people did about it is written in bulk.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from django.contrib.auth.hashers import make_password
from django.db import connections, transaction

from cashapp.models import BankAccount, Match, Receipt
from cashapp.services import NewReceipt, create_bank_account, record_receipts
from collections_app.models import Activity, Promise, PromiseItem
from collections_app.services.strategies import create_standard_strategy
from customers.models import Contact, Customer
from disputes.models import Dispute, DisputeMovement
from invoicing.services import issue_documents
from ledger import drafts, posting, services
from ledger.drafts import Books, ItemState, NewItem, Part
from ledger.models import Account, OpenItem
from messaging.models import Message
from org.actors import SystemActor
from org.models import Company, Department, Membership, User

ACTOR = SystemActor("bench")
TODAY = date(2026, 11, 23)
DAYS = 730
CHUNK = 5_000
TOGETHER = 5
"""Invoices that a customer pays at a time."""
PEOPLE = (("specialist", "portfolio"), ("senior", "company"), ("controller", "company"), ("collections_manager", "company"))
COLLECTORS = 25
WORDS = "Alder Birch Cedar Delta Ember Falcon Granite Harbor Indigo Juniper Kestrel Lumen Meridian Nordic Orchard Pioneer".split()
T = TypeVar("T")


@dataclass
class World:
    """The company, its people by role, and how many invoices it is made for."""

    size: int
    customers_wanted: int
    company: Company
    banks: dict[str, BankAccount] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)
    customers: list[Customer] = field(default_factory=list)

    def books(self, currency: str) -> Books:
        """The company's side of a conversion."""
        return Books(self.company.pk, "USD", currency, Decimal("1.1") if currency == "EUR" else Decimal(1))


def build(size: int, customers: int = 5_000, say: Callable[[str], Any] = print, receipts: int = 60_000, waiting: int = 3_000) -> World:
    """A company of so many invoices over two years; `receipts` of the cash came by the bank, `waiting` more wait for someone."""
    world = World(size, customers, Company.objects.create(code="BIG", name="Big Company", base_currency="USD", country="US"))
    _set_up(world)
    for first in range(0, size, CHUNK):
        _issue(world, first, min(first + CHUNK, size))
        if first in (CHUNK, 10 * CHUNK) or first % 100_000 == 0:
            say(f"{first:,} issued")
            analyze()
    analyze()
    _pay(world, say, receipts)
    analyze()
    _wait(world, waiting)
    _work(world)
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return world


def analyze() -> None:
    """Tell the planner what the tables hold by now."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")


def _set_up(world: World) -> None:
    company = world.company
    services.open_books(company=company)
    services.open_periods(company=company, first=date(2024, 10, 1), months=30)
    services.set_rate(actor=ACTOR, currency="EUR", base="USD", day=date(2024, 10, 1), rate=Decimal("1.1"))
    for currency in ("USD", "EUR"):
        world.banks[currency] = create_bank_account(
            actor=ACTOR, company=company, name=f"Bank {currency}", currency=currency, identifiers=[f"4417-{currency}"]
        )
    create_standard_strategy(actor=ACTOR, company=company)
    Department.objects.create(company=company, code="service", name="Service")
    hashed = make_password("bench-arops-2026")
    users = [User(email=f"{role}@bench.example", name=role.title(), password=hashed) for role, _ in PEOPLE]
    users += [User(email=f"collector{n}@bench.example", name=f"Collector {n}", password=hashed) for n in range(1, COLLECTORS)]
    User.objects.bulk_create(users)
    roles = [*PEOPLE, *[("specialist", "portfolio")] * (COLLECTORS - 1)]
    Membership.objects.bulk_create(Membership(user=u, company=company, role=r, scope=s) for u, (r, s) in zip(users, roles, strict=True))
    world.people = {role: user for (role, _), user in zip(PEOPLE, users, strict=False)}
    collectors = [users[0], *users[len(PEOPLE) :]]
    world.customers = Customer.objects.bulk_create(_customer(world, i, collectors) for i in range(world.customers_wanted))
    Contact.objects.bulk_create(
        Contact(customer=c, name=f"Contact of {c.number}", email=f"ap@{c.number.lower()}.example") for c in world.customers
    )


def _customer(world: World, i: int, collectors: Sequence[User]) -> Customer:
    return Customer(
        company=world.company, number=f"C{i:05d}", name=f"{WORDS[i % 16]} {WORDS[i // 16 % 16]} {i} Inc", source_system="erp",
        external_id=f"C-{i}", currency="EUR" if i % 10 == 9 else "USD", collector=collectors[i % len(collectors)], country="US",
        segment=("retail", "industry", "public")[i % 3], risk="ABCD"[i % 4], credit_limit=50_000_000 + i * 1000,
    )  # fmt: skip


def day_of(world: World, i: int) -> date:
    """The day of the i-th invoice: they come in the order of days."""
    return TODAY - timedelta(days=DAYS - 1 - i * DAYS // world.size)


def amount_of(i: int) -> int:
    """Its total, minor units."""
    return 10_000 + (i * 104_729) % 500_000


def _issue(world: World, first: int, last: int) -> None:
    outcomes = issue_documents([_invoice(world, i) for i in range(first, last)], actor=ACTOR, source_system="erp")
    wrong = [p for o in outcomes for p in o.problems]
    assert not wrong, wrong[:3]


def _invoice(world: World, i: int) -> dict[str, Any]:
    total, day = amount_of(i), day_of(world, i)
    tax = total // 12
    half = (total - tax) // 2
    parts = (half, total - tax - half)
    return {
        "external_id": f"90{i:08d}", "company": "BIG", "number": f"INV-{i:08d}", "kind": "invoice",
        "customer": {"external_id": f"C-{i % world.customers_wanted}"}, "currency": world.customers[i % world.customers_wanted].currency,
        "document_date": day.isoformat(), "due_date": (day + timedelta(days=30)).isoformat(), "payment_terms": "net 30",
        "po_number": f"PO-{i % 9973}", "subtotal": _text(total - tax), "tax_total": _text(tax), "total": _text(total),
        "lines": [
            {"number": n, "description": "Field service, hours on site", "quantity": "1", "unit": "HUR", "unit_price": _text(part),
             "amount": _text(part), "tax_amount": _text(tax if n == 1 else 0)}
            for n, part in enumerate(parts, 1)
        ],
    }  # fmt: skip


def _text(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


@dataclass(frozen=True, slots=True)
class _Payment:
    customer: Customer
    invoices: tuple[int, ...]
    day: date
    amount: int


def _payments(world: World) -> list[_Payment]:
    """What customers paid up to today, in the order of days: some invoices at a time, one in fifty never."""
    found, width = [], world.customers_wanted
    for c, customer in enumerate(world.customers):
        mine = [i for i in range(c, world.size, width) if i % 50 != 7 and (i // width + i) % 53]
        for at in range(0, len(mine), TOGETHER):
            some = tuple(mine[at : at + TOGETHER])
            day = day_of(world, some[-1]) + timedelta(days=18 + (c * 31 + at * 7) % 35)
            if day < TODAY:
                found.append(_Payment(customer, some, day, sum(map(amount_of, some))))
    return sorted(found, key=lambda p: p.day)


def _pay(world: World, say: Callable[[str], Any], receipts: int) -> None:
    payments = _payments(world)
    by_bank = len(payments) - receipts
    items = dict(OpenItem.objects.filter(kind="invoice").values_list("number", "pk"))
    account = Account.objects.get(company=world.company, kind="receivable").pk
    done = 0
    for chunk in _chunks(payments, 2_000):
        for currency in ("USD", "EUR"):
            some = [p for p in chunk if p.customer.currency == currency]
            if some:
                _paid(world, currency, some, items, account, kept=done >= by_bank)
        done += len(chunk)
        if done % 20_000 == 0:
            say(f"{done:,} payments")


@transaction.atomic
def _paid(world: World, currency: str, some: Sequence[_Payment], items: dict[str, int], account: int, *, kept: bool) -> None:
    """Post payments and apply them in full; `kept` ones came by the bank and were matched."""
    books, bank = world.books(currency), world.banks[currency]
    made: list[Receipt] = []
    if kept:
        made = record_receipts(actor=ACTOR, bank_account=bank, rows=[_new(p) for p in some])
        ids = [r.open_item_id for r in made]
    else:
        entries = [
            drafts.receipt(
                books, cash_account_id=bank.ledger_account_id, source=f"bench:receipt:{p.invoices[0]}",
                item=NewItem(p.customer.pk, "receipt", f"R{p.invoices[0]:08d}", p.day, p.day, -p.amount, books.base(-p.amount)),
            )
            for p in some
        ]  # fmt: skip
        ids = [p.item_id or 0 for p in posting.post(entries, actor=ACTOR)]
    posted = posting.post([_application(books, p, pk, items, account) for p, pk in zip(some, ids, strict=True)], actor=ACTOR)
    Match.objects.bulk_create(
        (Match(receipt=r, entry_id=p.entry_id, rule="numbers_and_sum", score=98, amount=r.amount, actor=ACTOR.label)
         for r, p in zip(made, posted, strict=False)),
        batch_size=2_000,
    )  # fmt: skip


def _new(p: _Payment) -> NewReceipt:
    text = " ".join(f"INV-{i:08d}" for i in p.invoices)
    return NewReceipt(p.amount, p.day, payer_name=p.customer.name, payer_account=f"ACC{p.customer.number}", text=text, customer=p.customer)


def _application(books: Books, p: _Payment, pk: int, items: dict[str, int], account: int) -> drafts.EntryDraft:
    parts = [Part(ItemState(pk, account, books.currency, -p.amount, books.base(-p.amount)), -p.amount)]
    for i in p.invoices:
        amount = amount_of(i)
        parts.append(Part(ItemState(items[f"INV-{i:08d}"], account, books.currency, amount, books.base(amount)), amount))
    return drafts.application(books, parts=parts, day=p.day, source=f"bench:apply:{p.invoices[0]}")


def _wait(world: World, count: int) -> None:
    """Money of the last days: two thirds of it name an open invoice, the rest nobody knows."""
    rows: dict[str, list[NewReceipt]] = {"USD": [], "EUR": []}
    found = OpenItem.objects.filter(kind="invoice").open().order_by("-due_date", "pk").select_related("customer")[: count * 2 : 2]
    for n, item in enumerate(found):
        customer = item.customer
        assert customer
        named = n % 3 > 0
        text = f"Payment {item.number}" if named else f"ref {n * 7919 % 100_000}"
        amount = item.balance if n % 4 else item.balance - 1_000
        day = TODAY - timedelta(days=n % 6)
        rows[item.currency].append(
            NewReceipt(amount, day, payer_name=customer.name if named else f"Payer {n}", payer_account=f"X{n}", text=text)
        )
    for currency, some in rows.items():
        for chunk in _chunks(some, CHUNK):
            record_receipts(actor=ACTOR, bank_account=world.banks[currency], rows=chunk)


def _work(world: World) -> None:
    """Disputes, promises, calls and messages: a few for each customer."""
    per = max(world.customers_wanted, 10)
    owed = OpenItem.objects.filter(kind="invoice").open().past_due(TODAY).select_related("customer")
    items = list(owed.order_by("pk")[: per * 2])
    paid = list(OpenItem.objects.filter(kind="invoice", balance=0).select_related("customer").order_by("-pk")[: per // 2])
    people = [world.people["specialist"], world.people["senior"]]
    cases = Dispute.objects.bulk_create(
        Dispute(
            company=world.company, customer=i.customer, open_item=i, number=f"OLD-{n:06d}", reason=("price", "quantity", "damaged")[n % 3],
            claimed=max(i.balance, i.amount) // (1 + n % 3), amount=max(i.balance, i.amount) // (1 + n % 3), currency=i.currency,
            due_date=TODAY + timedelta(days=n % 20 - 10),
            opened_on=TODAY - timedelta(days=n % 30), opened_by=ACTOR.label, source=f"bench:{i.pk}", owner=people[n % 2],
            state="open" if i.balance else "resolved", resolution="" if i.balance else "paid", resolved_on=None if i.balance else TODAY,
        )
        for n, i in enumerate([*items[::6], *paid[::2]])
    )  # fmt: skip
    DisputeMovement.objects.bulk_create(
        DisputeMovement(dispute=c, open_item_id=c.open_item_id, day=day, delta=delta, by=c.opened_by)
        for c in cases
        for day, delta in ((c.opened_on, c.amount), (c.resolved_on, -c.amount))
        if day
    )
    _promises(world, items[1::6], paid[1::2])
    Activity.objects.bulk_create(
        (Activity(company=world.company, customer=c, kind=("call", "note")[n % 2], body="Left a message.", actor=people[0].label,
                  outcome=("no_answer", "")[n % 2], happened_on=TODAY - timedelta(days=(n * 37 + c.pk) % 300))
         for c in world.customers for n in range(4)),
        batch_size=5_000,
    )  # fmt: skip
    Message.objects.bulk_create(
        (Message(company=world.company, customer=c, kind="statement", dedupe_key=f"bench:{c.pk}", subject="Your statement",
                 recipients=["ap@bench.example"], body="Please find it below.", state="sent", created_by=ACTOR.label)
         for c in world.customers),
        batch_size=5_000,
    )  # fmt: skip


def _promises(world: World, items: Sequence[OpenItem], paid: Sequence[OpenItem]) -> None:
    rows = [
        Promise(
            company=world.company, customer=i.customer, amount=i.amount, currency=i.currency, given_on=TODAY - timedelta(days=20 + n % 20),
            due_on=TODAY + timedelta(days=n % 30 - 12), taken_by=ACTOR.label, state="open" if i.balance else "kept",
            decided_on=None if i.balance else TODAY, received=0 if i.balance else i.amount,
        )
        for n, i in enumerate([*items, *paid])
    ]  # fmt: skip
    Promise.objects.bulk_create(rows)
    PromiseItem.objects.bulk_create(
        PromiseItem(promise=p, open_item=i, amount=i.amount, balance_before=i.amount) for p, i in zip(rows, [*items, *paid], strict=True)
    )


def _chunks(rows: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
