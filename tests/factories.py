"""Small worlds for tests: a company with books, customers, people, and the events of the trade through the product's own services.

Amounts are minor units. Days default to September 2026, which lies in an open period.
"""

import itertools
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from customers.models import Customer
from disputes.models import Dispute, DisputeMovement
from ledger import drafts, posting, services
from ledger.drafts import NewItem, Part
from ledger.models import Account, OpenItem
from ledger.selectors import books_of, item_state
from org.actors import Actor, SystemActor
from org.models import Company, Membership, User

_next = itertools.count(1)
SYSTEM = SystemActor("test")
DAY = date(2026, 9, 15)
PASSWORD = "correct-horse-battery"


def make_company(code: str | None = None, currency: str = "USD", first: date = date(2025, 1, 1), months: int = 36) -> Company:
    """A company with its accounts, a bank account and monthly open periods (2025 to 2027)."""
    code = code or f"C{next(_next):03d}"
    company = Company.objects.create(code=code, name=f"Company {code}", base_currency=currency)
    services.open_books(company=company)
    services.open_periods(company=company, first=first, months=months)
    Account.objects.create(company=company, code="1000", name="Bank", kind=Account.Kind.CASH)
    return company


def make_customer(company: Company, name: str | None = None, **fields: Any) -> Customer:
    """A customer of the company, in its currency unless told otherwise."""
    n = next(_next)
    fields = {"number": f"K{n:04d}", "name": name or f"Customer {n}", "currency": company.base_currency} | fields
    return Customer.objects.create(company=company, **fields)


def make_user(role: str, *companies: Company, scope: str = Membership.Scope.COMPANY, email: str | None = None) -> User:
    """A person with one role in the companies; the password is PASSWORD."""
    user = User.objects.create_user(email or f"{role}{next(_next)}@test.example", PASSWORD, name=role.title())
    Membership.objects.bulk_create(Membership(user=user, company=c, role=role, scope=scope) for c in companies)
    return user


def cash_account(company: Company) -> Account:
    """The company's bank account in the ledger."""
    return Account.objects.get(company=company, kind=Account.Kind.CASH)


def issue(
    customer: Customer, amount: int, *, day: date = DAY, due: date | None = None, number: str | None = None, kind: str = "invoice",
    currency: str | None = None, tax: int = 0, actor: Actor = SYSTEM, **fields: Any,
) -> OpenItem:  # fmt: skip
    """An invoice (or debit memo, or credit memo: give a negative amount) in the ledger alone, without the document."""
    number = number or f"INV-{next(_next):05d}"
    books = books_of(customer.company, currency or customer.currency, day)
    item = NewItem(customer.pk, kind, number, day, due or day + timedelta(days=30), amount, books.base(amount), **fields)
    draft = drafts.document(books, item=item, source=f"{kind}:{customer.company_id}:{number}", net=amount - tax, tax=tax)
    return OpenItem.objects.get(pk=posting.post_one(draft, actor=actor).item_id)


def receive(
    customer: Customer | None, amount: int, *, day: date = DAY, company: Company | None = None, currency: str | None = None
) -> OpenItem:
    """Money at the bank (a positive amount): unapplied for the customer, or unidentified without one."""
    company = company or customer.company  # type: ignore[union-attr]
    books = books_of(company, currency or (customer.currency if customer else company.base_currency), day)
    number = f"RC-{next(_next):05d}"
    item = NewItem(
        customer.pk if customer else None, "receipt", number, day, day, -amount, -books.base(amount),
        account="receivable" if customer else "unidentified",
    )  # fmt: skip
    draft = drafts.receipt(books, item=item, cash_account_id=cash_account(company).pk, source=f"receipt:{company.pk}:{number}")
    return OpenItem.objects.get(pk=posting.post_one(draft, actor=SYSTEM).item_id)


def apply(
    credit: OpenItem, *debits: tuple[OpenItem, int], day: date = DAY, others: tuple[tuple[str, int], ...] = (), source: str | None = None
) -> int:
    """Apply a receipt or credit memo to invoices; returns the entry's key. `others` are discounts and the like (debits > 0)."""
    credit.refresh_from_db()
    used = sum(amount for _, amount in debits) - sum(amount for _, amount in others)
    for item, _ in debits:
        item.refresh_from_db()
    parts = [Part(item_state(credit), -used), *(Part(item_state(item), amount) for item, amount in debits)]
    books = books_of(credit.company, credit.currency, day)
    draft = drafts.application(books, parts=parts, day=day, source=source or f"apply:{next(_next)}", others=others)
    return posting.post_one(draft, actor=SYSTEM).entry_id


def rate(currency: str, base: str, value: str, day: date = date(2025, 1, 1)) -> None:
    """An exchange rate from a day on."""
    services.set_rate(actor=SYSTEM, currency=currency, base=base, day=day, rate=Decimal(value))


def contest(**fields: Any) -> Dispute:
    """A dispute with what it holds from the day it was opened, by its columns; the service is `disputes.services.open_dispute`."""
    dispute = Dispute.objects.create(**{"claimed": fields["amount"]} | fields)
    item, day = dispute.open_item, dispute.opened_on
    DisputeMovement.objects.create(dispute=dispute, open_item=item, day=day, delta=dispute.amount, by=dispute.opened_by)
    return dispute
