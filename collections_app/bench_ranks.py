"""`manage.py bench ranks`: ranks held against what came, where the truth is known.
Customers pay by habits of their own: from five days before the due day on, each day with the same chance; so the true chance of every debt
to be paid within the horizon is known exactly, on any day.

Told: by how much the chances miss the truth; their Brier score beside that of the truth itself (nobody can do better), of the age alone and
of one rate for all; what stood at the top of the list; and the time it takes. Generator and test have one author.
"""

import random
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from collections_app.bench_world import TODAY
from collections_app.policy.backtest import brier
from collections_app.policy.chances import WHOLE, Case
from collections_app.selectors.rank_tests import RankTest, back_test, month_ends
from disputes.bench_world.fill import fill, run_sql, triggers_asleep
from ledger.models import Account
from ledger.services import open_books, open_periods
from org.actors import SystemActor
from org.models import Company

Write = Callable[[str], Any]
HABITS = (250, 100, 40, 12)
"""By habit, the chance of each day in thousandths."""
EARLY, DAYS, EVERY, HORIZON, MONTHS = 5, 330, 12, 14, 3


def run(write: Write, sizes: Sequence[int] = (600, 6_000)) -> None:
    """Build a company of each size and hold its ranks against what came."""
    for n, size in enumerate(sizes):
        company = _world(size, n)
        began = time.perf_counter()
        test = back_test(SystemActor("bench"), company, month_ends(TODAY, HORIZON, MONTHS), HORIZON)
        _tell(write, test, size, time.perf_counter() - began)


def _world(size: int, number: int) -> Company:
    """A company whose customers get an invoice every twelve days and pay each when their habit says."""
    company = Company.objects.create(code=f"R{number}", name="Ranks", base_currency="USD", country="US")
    open_books(company=company)
    open_periods(company=company, first=date(2025, 6, 1), months=24)
    Account.objects.create(company=company, code="1000", name="Bank", kind=Account.Kind.CASH)
    first = run_sql("SELECT coalesce(max(id), 0) FROM customers_customer")[0][0]
    with triggers_asleep("customers.customer"):
        fill(
            "customers.customer", f"generate_series(1, {size}) n", id=f"{first} + n", company_id=str(company.pk),
            number="'K' || lpad(n::text, 7, '0')", name="'Customer ' || n", currency="'USD'", country="'US'",
        )  # fmt: skip
    rows = list(_invoices(size, first))
    run_sql("CREATE UNLOGGED TABLE bench_r (n bigint, customer_id bigint, amount bigint, due date, paid date)")
    columns = [list(column) for column in zip(*rows, strict=True)]
    names = ("customer", "amount", "due", "paid")
    run_sql(
        "INSERT INTO bench_r SELECT row_number() OVER (), * FROM unnest(%(customer)s::bigint[], %(amount)s::bigint[], %(due)s::date[],"
        " %(paid)s::date[])", **dict(zip(names, columns, strict=True)),
    )  # fmt: skip
    _book(company)
    run_sql("DROP TABLE bench_r")
    run_sql("VACUUM ANALYZE")
    return company


def habit_of(customer: int) -> int:
    """The daily chance of a customer, in thousandths, by its key."""
    return HABITS[customer % len(HABITS)]


def _invoices(size: int, first: int) -> Any:
    """Customer, amount, due day, day of payment (None: not yet)."""
    chance = random.Random(f"ranks:{size}")
    for customer in range(first + 1, first + size + 1):
        for days in range(chance.randrange(EVERY), DAYS, EVERY):
            due = TODAY - timedelta(days=days - 30)
            paid = due - timedelta(days=EARLY)
            while chance.randrange(1_000) >= habit_of(customer) and paid < TODAY:
                paid += timedelta(days=1)
            yield customer, chance.randrange(5_000, 2_000_000), due, paid if paid < TODAY else None


def _book(company: Company) -> None:
    accounts = dict(Account.objects.filter(company=company).values_list("kind", "pk"))
    item, entry = (run_sql(f"SELECT coalesce(max(id), 0) FROM ledger_{name}")[0][0] for name in ("openitem", "entry"))
    many = run_sql("SELECT count(*) FROM bench_r")[0][0]
    same = {"company_id": str(company.pk), "currency": "'USD'"}
    left, owed, receipts = "CASE WHEN paid IS NULL THEN amount ELSE 0 END", str(accounts["receivable"]), "bench_r WHERE paid IS NOT NULL"
    bill, money, applied = f"{entry} + n", f"{entry + many} + n", f"{entry + 2 * many} + n"
    sold = str(accounts["revenue_clearing"])
    with triggers_asleep("ledger.openitem", "ledger.entry", "ledger.line"):
        for source, key, kind, day in (
            ("bench_r", bill, "invoice", "due - 30"), (receipts, money, "receipt", "paid"), (receipts, applied, "application", "paid"),
        ):  # fmt: skip
            fill("ledger.entry", source, id=key, kind=f"'{kind}'", effective_date=day, actor="'system:bench'",
                 source=f"'bench:{company.code}:{kind}:' || n", **same)  # fmt: skip
        fill(
            "ledger.openitem", "bench_r", id=f"{item} + n", customer_id="customer_id", account_id=owed, kind="'invoice'",
            number="'INV-' || lpad(n::text, 8, '0')", document_date="due - 30", due_date="due", amount="amount", base_amount="amount",
            balance=left, base_balance=left, opened_by_id=bill, **same,
        )  # fmt: skip
        fill(
            "ledger.openitem", receipts, id=f"{item + many} + n", customer_id="customer_id", account_id=owed, kind="'receipt'",
            number="'RC-' || lpad(n::text, 8, '0')", document_date="paid", due_date="paid", amount="-amount", base_amount="-amount",
            balance="0", base_balance="0", opened_by_id=money, **same,
        )  # fmt: skip
        for source, key, account, of, amount in (
            ("bench_r", bill, owed, f"{item} + n", "amount"), ("bench_r", bill, sold, "NULL::bigint", "-amount"),
            (receipts, money, owed, f"{item + many} + n", "-amount"), (receipts, money, str(accounts["cash"]), "NULL::bigint", "amount"),
            (receipts, applied, owed, f"{item} + n", "-amount"), (receipts, applied, owed, f"{item + many} + n", "amount"),
        ):  # fmt: skip
            fill("ledger.line", source, entry_id=key, account_id=account, open_item_id=of, amount=amount, base_amount=amount)


def truth(case: Case) -> int:
    """The true chance of a case, ten-thousandths: of the days of the horizon, those from five days before the due day on count."""
    days = max(0, HORIZON - max(0, -EARLY - case.age - 1))
    return WHOLE - int(WHOLE * Fraction(1_000 - habit_of(case.debt.customer), 1_000) ** days)


def _tell(write: Write, test: RankTest, size: int, took: float) -> None:
    report, tested = test.report, test.tested
    misses = [abs(t.chance - truth(t.case)) for t in tested]
    aged = [abs(t.aged - truth(t.case)) for t in tested]
    best = brier((truth(t.case), t.case.is_paid) for t in tested)
    write(f"  {size:,} customers, one in {test.each}: {report.cases:,} debts at {MONTHS} month ends, of {report.learned:,}, {took:.1f} s")
    write(f"  the chances miss the truth by {_mean(misses)} points on average, the age alone by {_mean(aged)}")
    write("  Brier: " + ", ".join(f"{name} {_four(score)}" for name, score in report.brier) + f", the truth itself {_four(best)}")
    for gain in report.gains:
        shares = ", ".join(f"{int(share * 1_000) / 10:.1f} %" for share in gain.shares if share is not None)
        write(f"    {gain.label:40} {shares} of the cash in its first 10, 20, 50 %")
    for words in report.words:
        write(f"  {words}")
    for t in report.tenths:
        write(
            f"    tenth {t.number:2}: expected {int(t.expected * 1_000) / 10:5.1f} %, came {t.observed.value * 100:5.1f} %"
            f" ({t.observed.low * 100:.1f} to {t.observed.high * 100:.1f})"
        )


def _mean(points: Sequence[int]) -> str:
    return f"{sum(points) / len(points) / 100:.1f}"


def _four(score: Fraction) -> str:
    return f"{int(score * 10_000) / 10_000:.4f}"
