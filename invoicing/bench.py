"""`manage.py bench api`: invoices with three lines through `POST /api/v1/invoices/bulk` over HTTP, on one worker process of the web
server; beside COPY of the same rows into the same guarded tables, and beside one commit for each document."""

import contextlib
import http.client
import io
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection, transaction

from customers.models import Customer
from invoicing.models import Invoice
from ledger import services
from ledger.verify import verify_books
from org.actors import SystemActor
from org.models import Company
from org.services import create_api_key

BATCH = 1_000
CUSTOMERS = 2_000
TODAY = date(2026, 11, 23)
GOAL = 1_500


@dataclass(frozen=True, slots=True)
class Table:
    """A table that a document has rows in: how they are read back under new keys, and which columns those are."""

    name: str
    columns: str
    select: str


_SHIFT = 1_000_000_000
"""What is added to keys, so that the same rows can be written a second time."""
TABLES = (
    Table(
        "ledger_entry", "id, company_id, kind, currency, effective_date, actor, source, narrative",
        "SELECT e.id + {s}, e.company_id, e.kind, e.currency, e.effective_date, e.actor, e.source || '{t}', e.narrative FROM docs d"
        " JOIN ledger_entry e ON e.id = d.entry_id ORDER BY e.id",
    ),
    Table(
        "ledger_openitem",
        "opened_by_id, id, company_id, customer_id, account_id, kind, number, currency, document_date, due_date, po_number, discount_until,"
        " discount_amount, amount, base_amount",
        "SELECT o.opened_by_id + {s}, o.id + {s}, o.company_id, o.customer_id, o.account_id, o.kind, o.number || '{t}', o.currency,"
        " o.document_date, o.due_date, o.po_number, o.discount_until, o.discount_amount, o.amount, o.base_amount"
        " FROM docs d JOIN ledger_openitem o ON o.id = d.item_id ORDER BY o.opened_by_id",
    ),
    Table(
        "ledger_line", "entry_id, account_id, open_item_id, amount, base_amount",
        "SELECT l.entry_id + {s}, l.account_id, l.open_item_id + {s}, l.amount, l.base_amount FROM docs d"
        " JOIN ledger_line l ON l.entry_id = d.entry_id ORDER BY l.entry_id, l.id",
    ),
    Table(
        "invoicing_invoice",
        "id, company_id, customer_id, open_item_id, kind, number, currency, document_date, due_date, payment_terms, po_number, subtotal,"
        " tax_total, total, source_system, external_id, payload_hash, issued_by",
        "SELECT i.id + {s}, i.company_id, i.customer_id, i.open_item_id + {s}, i.kind, i.number || '{t}', i.currency, i.document_date,"
        " i.due_date, i.payment_terms, i.po_number, i.subtotal, i.tax_total, i.total, i.source_system, i.external_id || '{t}',"
        " i.payload_hash, i.issued_by FROM docs d JOIN invoicing_invoice i ON i.id = d.id ORDER BY d.entry_id",
    ),
    Table(
        "invoicing_invoiceline",
        "invoice_id, number, sku, description, quantity, unit, unit_price, amount, tax_code, tax_amount, po_line, gl_account",
        "SELECT x.invoice_id + {s}, x.number, x.sku, x.description, x.quantity, x.unit, x.unit_price, x.amount, x.tax_code, x.tax_amount,"
        " x.po_line, x.gl_account FROM docs d JOIN invoicing_invoiceline x ON x.invoice_id = d.id ORDER BY d.entry_id, x.number",
    ),
    Table(
        "workflow_event", "subject_id, company_id, type, actor, subject_type, customer_ref, data",
        "SELECT v.subject_id + {s}, v.company_id, v.type, v.actor, v.subject_type, v.customer_ref, v.data FROM docs d"
        " JOIN workflow_event v ON v.subject_type = 'invoicing.invoice' AND v.subject_id = d.id ORDER BY d.entry_id",
    ),
)  # fmt: skip


def run(write: Callable[[str], Any], sizes: Sequence[int] = (20_000,)) -> None:
    """Push as many invoices as `sizes` say (in batches of a thousand), then the same rows the two other ways."""
    secret = _world()
    count = max(sizes)
    with _server() as port:
        _push(port, secret, [_body(-1, 100)])  # the first call loads what later ones find loaded
        bodies = [_body(first, BATCH) for first in range(0, count, BATCH)]
        took = _push(port, secret, bodies)
    rate = count / took
    copied, single = _copy_rate(count), _single_rate(min(count, 2_000))
    size = sum(map(len, bodies)) / count
    write(f"invoices of 3 lines through POST /api/v1/invoices/bulk, {BATCH:,} a call, one worker process, {size:,.0f} bytes each")
    write(f"  over HTTP                   {rate:8,.0f} /s   (goal ≥ {GOAL:,}{'' if rate >= GOAL else ': MISSED'})")
    write(f"  the same rows by COPY       {copied:8,.0f} /s   ratio {rate / copied:.2f}")
    write(f"  the same rows, one commit a document {single:8,.0f} /s   ratio {rate / single:.2f}")
    write(f"  {Invoice.objects.count():,} invoices kept, verify_books: {len(verify_books(TODAY))} differences")


def _world() -> str:
    """A company with customers, and the secret of a key."""
    company = Company.objects.create(code="BENCH", name="Bench", base_currency="USD")
    services.open_books(company=company)
    services.open_periods(company=company, first=date(2026, 1, 1), months=24)
    Customer.objects.bulk_create(
        Customer(company=company, number=f"B{i:05d}", name=f"Bench {i}", currency="USD", source_system="erp", external_id=f"C-{i}")
        for i in range(CUSTOMERS)
    )
    _, secret = create_api_key(actor=SystemActor("bench"), name="bench", scopes=["all"])
    return secret


def _body(first: int, count: int) -> bytes:
    """A bulk call as an ERP would send it."""
    rows = [_invoice(first * BATCH + n if first < 0 else first + n) for n in range(count)]
    cents = sum(round(float(row["total"]) * 100) for row in rows)
    control = {"count": count, "total": f"{cents // 100}.{cents % 100:02d}"}
    return json.dumps({"mode": "partial", "rows": rows, "control": control}).encode()


def _invoice(i: int) -> dict[str, Any]:
    lines, net, tax = [], 0, 0
    for n in range(1, 4):
        price, quantity = 5_000 + (i * 7919 + n * 104_729) % 40_000, 1 + (i + n) % 5
        amount = price * quantity
        part = amount * 825 // 10_000
        net, tax = net + amount, tax + part
        lines.append({
            "number": n, "sku": f"SRV-{n:03d}", "description": "Field service, hours on site", "quantity": str(quantity), "unit": "HUR",
            "unit_price": _text(price), "amount": _text(amount), "tax_code": "TX-DAL", "tax_amount": _text(part), "po_line": n,
            "gl_account": "4000",
        })  # fmt: skip
    day = TODAY - timedelta(days=i * 31 % 300)
    return {
        "source_system": "erp", "external_id": f"90{i:08d}", "company": "BENCH", "number": f"INV-{i:08d}", "kind": "invoice",
        "customer": {"external_id": f"C-{i % CUSTOMERS}"}, "currency": "USD", "document_date": day.isoformat(),
        "due_date": (day + timedelta(days=30)).isoformat(), "payment_terms": "2/10 net 30", "po_number": f"PO-{i % 997}",
        "lines": lines, "subtotal": _text(net), "tax_total": _text(tax), "total": _text(net + tax),
    }  # fmt: skip


def _text(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


@contextlib.contextmanager
def _server() -> Iterator[int]:
    """The product's web server with one worker process on the bench's database; its port on the loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "gunicorn", "arops.wsgi:application", "--bind", f"127.0.0.1:{port}", "--workers", "1", "--worker-class",
        "gthread", "--threads", "4", "--timeout", "120", "--no-control-socket", "--log-level", "warning",
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, env={**os.environ, "DATABASE_URL": _url(), "DATABASE_OWNER_URL": ""})
    try:
        _wait(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _url() -> str:
    """The runtime role's way into the bench's database."""
    name = connection.settings_dict["NAME"]
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None:
            raise RuntimeError("the web server did not start")
        time.sleep(0.1)
    raise RuntimeError("the web server does not answer")


def _push(port: int, secret: str, bodies: Sequence[bytes]) -> float:
    """Seconds that the calls take, one after the other on one connection; each must have created all of its rows."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    start = time.perf_counter()
    for n, body in enumerate(bodies):
        client.request("POST", "/api/v1/invoices/bulk", body, {**headers, "Idempotency-Key": f"bench-{len(bodies)}-{n}"})
        answer = client.getresponse()
        said = answer.read()
        if answer.status != 200 or b'"rejected":0' not in said:
            raise RuntimeError(f"{answer.status}: {said[:500]!r}")
    took = time.perf_counter() - start
    client.close()
    return took


def _batches(count: int, batch: int) -> Iterator[tuple[int, int]]:
    """Keys of the first and last document of each batch, newest batch first."""
    ids = list(Invoice.objects.order_by("-pk").values_list("pk", flat=True)[:count])
    for start in range(0, count, batch):
        chunk = ids[start : start + batch]
        yield chunk[-1], chunk[0]


def _rows(first: int, last: int, round_: int) -> list[str]:
    """The text of the rows that these documents have in each table, under new keys."""
    docs = (
        "WITH docs AS (SELECT i.id, i.open_item_id AS item_id, o.opened_by_id AS entry_id FROM invoicing_invoice i"
        f" JOIN ledger_openitem o ON o.id = i.open_item_id WHERE i.id BETWEEN {first} AND {last}) "
    )
    found = []
    for table in TABLES:
        with connection.cursor() as cursor:
            buffer = io.BytesIO()
            query = docs + table.select.format(s=_SHIFT * round_, t="c" * round_)
            cursor.cursor.copy_expert(f"COPY ({query}) TO STDOUT", buffer)
            found.append(buffer.getvalue().decode())
    return found


def _copy_rate(count: int) -> float:
    took = 0.0
    for first, last in _batches(count, BATCH):
        texts = _rows(first, last, 1)
        start = time.perf_counter()
        with transaction.atomic():
            _copy(texts)
        took += time.perf_counter() - start
    return count / took


def _copy(texts: Sequence[str]) -> None:
    for table, text in zip(TABLES, texts, strict=True):
        with connection.cursor() as cursor:
            cursor.cursor.copy_expert(f"COPY {table.name} ({table.columns}) FROM STDIN", io.StringIO(text))


def _single_rate(count: int) -> float:
    """One INSERT a table and one commit for each document, the statements made beforehand."""
    oldest = list(Invoice.objects.filter(pk__lt=_SHIFT).order_by("pk").values_list("pk", flat=True)[:count])
    plans = [_statements(_rows(pk, pk, 2)) for pk in oldest]
    connection.close()  # a session of its own, whose triggers haven't planned for thousands of rows
    start = time.perf_counter()
    for plan in plans:
        with transaction.atomic(), connection.cursor() as cursor:
            for sql, values in plan:
                cursor.execute(sql, values)
    return count / (time.perf_counter() - start)


def _statements(texts: Sequence[str]) -> list[tuple[str, list[str | None]]]:
    plan = []
    for table, text in zip(TABLES, texts, strict=True):
        rows = [[None if cell == "\\N" else cell.replace("\\\\", "\\") for cell in line.split("\t")] for line in text.splitlines()]
        marks = ", ".join("(" + ", ".join(["%s"] * len(row)) + ")" for row in rows)
        plan.append((f"INSERT INTO {table.name} ({table.columns}) VALUES {marks}", [cell for row in rows for cell in row]))
    return plan
