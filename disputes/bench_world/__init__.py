"""Three big companies in a scratch database, for `manage.py bench disputes`: their people, customers, causes and levels are set up as a
company would, the rows are filled in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.contrib.auth.hashers import make_password

from customers.models import Customer
from disputes.bench_world.cases import choose_cases, fill_cases
from disputes.bench_world.fill import run_sql
from disputes.bench_world.rows import DAYS, TODAY, fill_books, fill_orders, number_invoices, number_payments
from disputes.services.causes import standard_causes
from disputes.services.levels import standard_levels
from ledger.models import Account
from ledger.services import open_books, open_periods
from org.actors import SystemActor
from org.models import Company, Department, Membership, User

ACTOR = SystemActor("bench")
COMPANIES = (("BIG1", "USD", 12), ("BIG2", "USD", 5), ("BIG3", "EUR", 3))
"""Code, currency, and of twenty customers how many."""
DEPARTMENTS = (
    ("orders", "Order management"), ("service", "Service operations"), ("logistics", "Logistics"), ("sales", "Sales"),
    ("projects", "Projects"), ("billing", "Billing"),
)  # fmt: skip
SPECIALISTS = 24
Say = Callable[[str], Any]


@dataclass
class World:
    """Who works here, and how much there is."""

    specialists: list[User] = field(default_factory=list)
    seniors: list[User] = field(default_factory=list)
    supervisor: User | None = None
    collaborators: list[User] = field(default_factory=list)
    companies: list[Company] = field(default_factory=list)
    cases: int = 0


def build(invoices: int, cases: int, say: Say = print) -> World:
    """So many invoices of two years, and about so many cases about them."""
    world, width, step = World(), max(invoices // 200, 20), max(invoices // cases, 4)
    _companies(world)
    _people(world)
    _customers(world, width)
    number_invoices(invoices, width)
    choose_cases(step)
    number_payments()
    say(f"  {invoices:,} invoices numbered")
    fill_orders(step)
    fill_books(invoices)
    say("  books filled")
    world.cases = fill_cases(world.seniors[0].pk)
    run_sql("VACUUM ANALYZE")
    say(f"  {world.cases:,} cases filled")
    return world


def _companies(world: World) -> None:
    for code, currency, _ in COMPANIES:
        company = Company.objects.create(code=code, name=f"Big {code[-1]}", base_currency=currency, country="US")
        open_books(company=company)
        open_periods(company=company, first=TODAY - timedelta(days=DAYS + 60), months=30)
        Account.objects.create(company=company, code="1000", name="Bank", kind=Account.Kind.CASH)
        Department.objects.bulk_create(Department(company=company, code=code, name=name) for code, name in DEPARTMENTS)
        standard_causes(actor=ACTOR, company=company)
        standard_levels(actor=ACTOR, company=company)
        world.companies.append(company)


def _people(world: World) -> None:
    hashed = make_password("bench-arops-2026")
    roles = [*["specialist"] * SPECIALISTS, "senior", "senior", "supervisor", *["collaborator"] * len(DEPARTMENTS)]
    users = User.objects.bulk_create(
        User(email=f"{role}{n}@bench.example", name=f"{role.title()} {n}", password=hashed) for n, role in enumerate(roles)
    )
    there = {(d.company_id, d.code): d for d in Department.objects.all()}
    codes = [code for code, _ in DEPARTMENTS]
    Membership.objects.bulk_create(
        Membership(
            user=user, company=company, role=role, scope="portfolio" if role == "specialist" else "company",
            department=there[company.pk, codes[n % len(codes)]] if role == "collaborator" else None,
        )
        for n, (user, role) in enumerate(zip(users, roles, strict=True)) for company in world.companies
    )  # fmt: skip
    world.specialists, world.collaborators = users[:SPECIALISTS], users[-len(DEPARTMENTS) :]
    world.seniors, world.supervisor = users[SPECIALISTS : SPECIALISTS + 2], users[SPECIALISTS + 2]


def _customers(world: World, width: int) -> None:
    shares: Sequence[Company] = [c for c, (_, _, share) in zip(world.companies, COMPANIES, strict=True) for _ in range(share)]
    Customer.objects.bulk_create(
        (
            Customer(
                pk=n + 1, company=shares[n % 20], number=f"C{n:05d}", name=f"Customer {n * 7919 % 10007} Inc", source_system="erp",
                external_id=f"C-{n}", currency=shares[n % 20].base_currency, country="US",
                collector=world.specialists[n // 20 % SPECIALISTS],
            )
            for n in range(width)
        ),
        batch_size=5_000,
    )  # fmt: skip
    run_sql("SELECT setval(pg_get_serial_sequence('customers_customer', 'id'), %(last)s)", last=width)
