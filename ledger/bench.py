"""`manage.py bench ledger`: posting beside COPY of the same rows into the same guarded tables, and as-of ageing beside plain SQL."""

import io
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection, connections, transaction

from arops.lib.bulk import take_ids
from customers.models import Customer
from ledger import drafts, posting, services
from ledger.asof import Scope, aging
from ledger.drafts import Books, EntryDraft, ItemState, NewItem, Part
from ledger.models import Account, Entry, OpenItem
from ledger.verify import verify_books
from org.actors import Reach, SystemActor
from org.models import Company

ACTOR = SystemActor("bench")
TODAY = date(2026, 11, 23)
CHUNK = 5_000
PLAIN = """
    SELECT (%(day)s::date - o.due_date > 0)::int + (%(day)s::date - o.due_date > 30)::int + (%(day)s::date - o.due_date > 60)::int
         + (%(day)s::date - o.due_date > 90)::int AS bucket, sum(s.amount)
    FROM (SELECT l.open_item_id, sum(l.amount) AS amount FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry_id
          WHERE e.effective_date <= %(day)s AND l.open_item_id IS NOT NULL GROUP BY 1) s
    JOIN ledger_openitem o ON o.id = s.open_item_id GROUP BY 1 ORDER BY 1"""


def run(write: Callable[[str], Any], sizes: Sequence[int] = (10_000, 100_000, 1_000_000)) -> None:
    """Grow one company's books to each size and measure there."""
    company, customers = _world()
    reached = 0
    for size in sizes:
        write(f"\n{size:,} invoices")
        _issue(write, company, customers, reached, size)
        _apply(write, company, size)
        _age(write)
        reached = size
    write(f"verify_books: {len(verify_books(TODAY))} differences")


def _world() -> tuple[Company, list[int]]:
    company = Company.objects.create(code="BENCH", name="Bench", base_currency="USD")
    services.open_books(company=company)
    services.open_periods(company=company, first=date(2025, 5, 1), months=24)
    Account.objects.create(company=company, code="1000", name="Bank", kind=Account.Kind.CASH)
    customers = Customer.objects.bulk_create(
        Customer(company=company, number=f"B{i:05d}", name=f"Bench {i}", currency="USD") for i in range(5_000)
    )
    return company, [c.pk for c in customers]


def _invoice(books: Books, customers: Sequence[int], i: int) -> EntryDraft:
    day = TODAY - timedelta(days=(i * 7919) % 540)
    amount = 10_000 + (i * 104_729) % 500_000
    item = NewItem(customers[i % len(customers)], "invoice", f"I{i:08d}", day, day + timedelta(days=30), amount, amount)
    return drafts.document(books, item=item, source=f"bench:invoice:{i}", net=amount - amount // 11, tax=amount // 11)


def _issue(write: Callable[[str], Any], company: Company, customers: Sequence[int], first: int, last: int) -> None:
    """Issue through `posting.post`, and the last chunks' worth of the same rows again by COPY alone."""
    books = Books(company.pk, "USD", "USD")
    copied = min(last // 10, 50_000)
    start = time.perf_counter()
    for i in range(first, last - copied, CHUNK):
        posting.post([_invoice(books, customers, n) for n in range(i, min(i + CHUNK, last - copied))], actor=ACTOR)
    rate = (last - copied - first) / (time.perf_counter() - start)
    chunks = [[_invoice(books, customers, n) for n in range(i, min(i + CHUNK, last))] for i in range(last - copied, last, CHUNK)]
    copy_rate = copied / sum(_copy(company, chunk) for chunk in chunks)
    write(
        f"  invoices issued     {rate:10,.0f} /s   COPY of the same rows {copy_rate:10,.0f} /s   ratio {rate / copy_rate:.2f} (goal ≥ 0.25)"
    )


def _copy(company: Company, chunk: Sequence[EntryDraft]) -> float:
    """Seconds that COPY takes for the rows of a chunk, their text made beforehand."""
    accounts = dict(Account.objects.filter(company=company).values_list("kind", "pk"))
    entry_ids, item_ids = take_ids("ledger_entry", len(chunk)), take_ids("ledger_openitem", len(chunk))
    entries, items, lines = [], [], []
    for d, e, i in zip(chunk, entry_ids, item_ids, strict=True):
        assert d.opens
        entries.append(f"{e}\t{d.company_id}\t{d.kind}\tUSD\t{d.effective_date}\tbench\t{d.source}")
        items.append(
            f"{i}\t{d.company_id}\t{d.opens.customer_id}\t{accounts['receivable']}\tinvoice\t{d.opens.number}\tUSD\t{d.effective_date}\t"
            f"{d.opens.due_date}\t{d.opens.amount}\t{d.opens.amount}\t{e}"
        )
        lines += [f"{e}\t{accounts[str(x.account)]}\t{i if x.item else chr(92) + 'N'}\t{x.amount}\t{x.base_amount}" for x in d.lines]
    plan = (
        ("ledger_entry (id, company_id, kind, currency, effective_date, actor, source)", entries),
        (
            "ledger_openitem (id, company_id, customer_id, account_id, kind, number, currency, document_date, "
            "due_date, amount, base_amount, opened_by_id)",
            items,
        ),
        ("ledger_line (entry_id, account_id, open_item_id, amount, base_amount)", lines),
    )
    start = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        for target, rows in plan:
            cursor.cursor.copy_expert(f"COPY {target} FROM STDIN", io.StringIO("\n".join(rows) + "\n"))
    return time.perf_counter() - start


def _apply(write: Callable[[str], Any], company: Company, size: int) -> None:
    """One receipt for each of a tenth of the open invoices, applied in full: rows a second, both ways counted."""
    books = Books(company.pk, "USD", "USD")
    cash = Account.objects.get(company=company, kind=Account.Kind.CASH).pk
    invoices = list(OpenItem.objects.open().filter(kind="invoice").order_by("number")[: min(size // 10, 50_000)])
    received, applied = 0.0, 0.0
    for i in range(0, len(invoices), CHUNK):
        chunk = invoices[i : i + CHUNK]
        days = [min(TODAY, x.document_date + timedelta(days=20 + x.pk % 40)) for x in chunk]
        start = time.perf_counter()
        posted = posting.post([_receipt(books, x, day, cash) for x, day in zip(chunk, days, strict=True)], actor=ACTOR)
        received += time.perf_counter() - start
        states = [ItemState(p.item_id or 0, x.account_id, "USD", -x.balance, -x.balance) for p, x in zip(posted, chunk, strict=True)]
        start = time.perf_counter()
        posting.post([_application(books, x, s, day) for x, s, day in zip(chunk, states, days, strict=True)], actor=ACTOR)
        applied += time.perf_counter() - start
    write(f"  receipts posted     {len(invoices) / received:10,.0f} /s   applications posted {len(invoices) / applied:10,.0f} /s")


def _receipt(books: Books, invoice: OpenItem, day: date, cash: int) -> EntryDraft:
    item = NewItem(invoice.customer_id, "receipt", f"R{invoice.number}", day, day, -invoice.balance, -invoice.balance)
    return drafts.receipt(books, item=item, cash_account_id=cash, source=f"bench:receipt:{invoice.pk}")


def _application(books: Books, invoice: OpenItem, receipt: ItemState, day: date) -> EntryDraft:
    state = ItemState(invoice.pk, invoice.account_id, "USD", invoice.balance, invoice.base_balance)
    parts = [Part(receipt, receipt.balance), Part(state, invoice.balance)]
    return drafts.application(books, parts=parts, day=day, source=f"bench:apply:{invoice.pk}")


def _age(write: Callable[[str], Any]) -> None:
    """As-of ageing for four days of the last 90, beside the same question asked of the lines, in plain SQL."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE ledger_entry, ledger_line, ledger_openitem")
    for back in (0, 7, 30, 90):
        day = TODAY - timedelta(days=back)
        ours, rows = _best(lambda day=day: aging(day, Scope(Reach(everything=True)), by=("currency",)))  # type: ignore[misc]
        plain, check = _best(lambda day=day: _plain(day))  # type: ignore[misc]
        same = sum(r.total for r in rows) == sum(int(amount) for _, amount in check)
        write(
            f"  ageing {back:3d} days back {ours * 1000:10,.1f} ms   plain SQL over the lines {plain * 1000:10,.1f} "
            f"ms   ratio {ours / plain:.2f}"
            f" (goal ≤ 1.5)   {'equal' if same else 'DIFFERENT'}"
        )
    write(f"  ({Entry.objects.count():,} entries)")


def _best(ask: Callable[[], Any], times: int = 3) -> tuple[float, Any]:
    took, answer = [], None
    for _ in range(times):
        start = time.perf_counter()
        answer = ask()
        took.append(time.perf_counter() - start)
    return min(took), answer


def _plain(day: date) -> list[tuple[int, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(PLAIN, {"day": day})
        return cursor.fetchall()
