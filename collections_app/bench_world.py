"""A big company for `manage.py bench worklist` and `bench collections`: many customers, ten open items each, what was paid before, and
what people did. Filled in by a statement a table; everything follows from the number of a row, so that two runs measure the same."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.auth.hashers import make_password

from disputes.bench_world.fill import fill, run_sql, triggers_asleep
from ledger.models import Account
from ledger.services import open_books, open_periods
from org.actors import SystemActor
from org.models import Company, Department, Membership, User

Say = Callable[[str], Any]
ACTOR = SystemActor("bench")
TODAY = date(2026, 11, 23)
COLLECTORS = 100
EACH = 10
"""Open items of a customer."""
PAID = 3
"""Paid items of a customer, of the last half year."""


@dataclass
class World:
    """The company, and who works there."""

    company: Company
    customers: int
    collectors: list[User] = field(default_factory=list)
    manager: User | None = None


def build(customers: int, say: Say = print) -> World:
    """A company of so many customers with ten times as many open items."""
    company = Company.objects.create(code="BIG", name="Big Company", base_currency="USD", country="US")
    open_books(company=company)
    open_periods(company=company, first=date(2025, 6, 1), months=24)
    Department.objects.create(company=company, code="billing", name="Billing")
    Account.objects.create(company=company, code="1000", name="Bank", kind=Account.Kind.CASH)
    world = World(company, customers)
    _people(world)
    with triggers_asleep("customers.customer", "customers.contact"):
        _customers(world)
    say(f"  {customers:,} customers")
    with triggers_asleep("ledger.openitem", "ledger.entry", "ledger.line"):
        _items(world)
    say(f"  {customers * EACH:,} open items, {customers * PAID:,} paid")
    with triggers_asleep("collections_app.promise", "disputes.dispute", "disputes.disputemovement"):
        _work(world)
    run_sql("VACUUM ANALYZE")
    return world


def _people(world: World) -> None:
    hashed = make_password("bench-arops-2026")
    users = [User(email=f"collector{n}@bench.example", name=f"Collector {n}", password=hashed) for n in range(COLLECTORS)]
    users.append(User(email="manager@bench.example", name="Manager", password=hashed))
    made = User.objects.bulk_create(users)
    Membership.objects.bulk_create(
        Membership(user=u, company=world.company, role="specialist", scope="portfolio") for u in made[:COLLECTORS]
    )
    Membership.objects.create(user=made[-1], company=world.company, role="supervisor")
    world.collectors, world.manager = made[:COLLECTORS], made[-1]


def _customers(world: World) -> None:
    company = str(world.company.pk)
    numbers = f"generate_series(1, {world.customers}) n"
    first = world.collectors[0].pk
    fill(
        "customers.customer", numbers, id="n", company_id=company, number="'K' || lpad(n::text, 7, '0')", name="'Customer ' || n",
        currency="'USD'", country="'US'", collector_id=f"{first} + n % {COLLECTORS}", risk="substr('ABBBBCCD', 1 + n % 8, 1)",
        segment="(ARRAY['', '', 'contractors', 'retail'])[1 + n % 4]",
    )  # fmt: skip
    fill(
        "customers.contact", f"{numbers} WHERE n % 50 <> 0", id="n", customer_id="n", name="'Contact ' || n", role="'ap'",
        email="'ap' || n || '@customer.example'", phone="'+1 555 ' || n",
    )  # fmt: skip


def _items(world: World) -> None:
    company, each, paid = str(world.company.pk), world.customers * EACH, world.customers * PAID
    accounts = dict(Account.objects.filter(company=world.company).values_list("kind", "pk"))
    today = f"'{TODAY}'::date"
    run_sql(
        f"CREATE UNLOGGED TABLE bench_c AS SELECT n, 1 + (n - 1) % {world.customers} AS customer_id, 10000 + n * 7919 % 500000 AS amount,"
        f" {today} + 25 - (n * 104729 % 190)::int AS due, NULL::date AS paid FROM generate_series(1::bigint, {each}) n"
        f" UNION ALL SELECT {each} + n, 1 + (n - 1) % {world.customers}, 10000 + n * 7919 % 500000,"
        f" {today} - 20 - (n * 104729 % 150)::int, {today} - (n * 104729 % 150)::int FROM generate_series(1::bigint, {paid}) n"
    )
    same = {"company_id": company, "currency": "'USD'"}
    fill("ledger.entry", "bench_c", id="n", kind="'invoice'", effective_date="due - 30", actor="'system:bench'",
         source="'bench:invoice:' || n", **same)  # fmt: skip
    fill("ledger.entry", "bench_c WHERE paid IS NOT NULL", id=f"{each + paid} + n", kind="'receipt'", effective_date="paid",
         actor="'system:bench'", source="'bench:receipt:' || n", **same)  # fmt: skip
    left = "CASE WHEN paid IS NULL THEN amount ELSE 0 END"
    fill(
        "ledger.openitem", "bench_c", id="n", customer_id="customer_id", account_id=str(accounts["receivable"]), kind="'invoice'",
        number="'INV-' || lpad(n::text, 8, '0')", document_date="due - 30", due_date="due", amount="amount", base_amount="amount",
        balance=left, base_balance=left, opened_by_id="n", **same,
    )  # fmt: skip
    owed = str(accounts["receivable"])
    for source, entry, account, item, amount in (
        ("bench_c", "n", owed, "n", "amount"), ("bench_c", "n", str(accounts["revenue_clearing"]), "NULL::bigint", "-amount"),
        ("bench_c WHERE paid IS NOT NULL", f"{each + paid} + n", owed, "n", "-amount"),
        ("bench_c WHERE paid IS NOT NULL", f"{each + paid} + n", str(accounts["cash"]), "NULL::bigint", "amount"),
    ):  # fmt: skip
        fill("ledger.line", source, entry_id=entry, account_id=account, open_item_id=item, amount=amount, base_amount=amount)


def _work(world: World) -> None:
    """Calls to half of the customers, promises, cases of one in fifty, and papers that one in fifty misses."""
    company, today = str(world.company.pk), f"'{TODAY}'::date"
    numbers = f"generate_series(1, {world.customers}) n"
    fill(
        "collections_app.activity", f"{numbers}, generate_series(0, 1) k WHERE n % 2 = 0", company_id=company, customer_id="n",
        kind="'call'", outcome="'no_answer'", actor="'user:1'", happened_on=f"{today} - 3 - (n * 31 % 40)::int - k * 60",
    )  # fmt: skip
    _promises(world, company, today, numbers)
    fill(
        "disputes.dispute", f"{numbers} JOIN ledger_openitem o ON o.id = n WHERE n % 50 = 7", id="n", company_id=company, customer_id="n",
        open_item_id="n", number="'DSP-' || n", reason="'price'", claimed="least(10000, o.balance)", amount="least(10000, o.balance)",
        currency="'USD'", due_date=today, opened_on=f"{today} - 5", opened_by="'user:1'", source="'bench:' || n",
    )  # fmt: skip
    fill(
        "customers.customerdocument", f"{numbers} WHERE n % 100 IN (3, 53)", company_id=company, customer_id="n",
        kind="CASE WHEN n % 100 = 3 THEN 'w9' ELSE 'exemption' END", waits_for="CASE WHEN n % 100 = 3 THEN 'billing' ELSE 'customer' END",
        invoice_number="'INV-' || lpad(n::text, 8, '0')", requested_on=f"{today} - 9", created_by="'user:1'",
    )  # fmt: skip


def _promises(world: World, company: str, today: str, numbers: str) -> None:
    """Promises of one customer in twenty. Of four, one waits for its day, one is past it and unpaid, one is paid, one is broken already:
    the night has verdicts to give."""
    quarter, paid = "n / 20 % 4", world.customers * EACH
    source = f"{numbers} JOIN ledger_openitem o ON o.id = CASE WHEN {quarter} = 2 THEN {paid} + n ELSE n END WHERE n % 20 = 0"
    amount = f"CASE WHEN {quarter} = 2 THEN o.amount ELSE 10000 END"
    fill(
        "collections_app.promise", source, id="n", company_id=company, customer_id="n", amount=amount, currency="'USD'",
        given_on=f"CASE WHEN {quarter} = 2 THEN o.due_date + 10 ELSE {today} - 20 END",
        due_on=f"CASE {quarter} WHEN 2 THEN o.due_date + 25 WHEN 0 THEN {today} + 5 ELSE {today} - 5 END",
        state=f"CASE WHEN {quarter} = 3 THEN 'broken' ELSE 'open' END", decided_on=f"CASE WHEN {quarter} = 3 THEN {today} - 4 END",
        taken_by="'user:1'",
    )  # fmt: skip
    fill("collections_app.promiseitem", source, promise_id="n", open_item_id="o.id", amount=amount, balance_before=amount)
