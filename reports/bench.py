"""`manage.py bench pages`: the pages people use, over a company of many invoices, each beside the same question in plain SQL."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

from arops.lib import clock
from collections_app.bench_lists import fill_lists
from collections_app.services.dunning_outlook import look_ahead
from reports.bench_world import TODAY, World, build

Write = Callable[[str], Any]

AGED = (
    "SELECT customer_id, currency, (%(day)s::date - due_date > 0)::int + (%(day)s::date - due_date > 30)::int, sum(balance)"
    " FROM ledger_openitem WHERE balance <> 0 GROUP BY 1, 2, 3"
)
LINES = (
    "SELECT e.currency, sum(l.amount) FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry_id"
    " JOIN ledger_openitem o ON o.id = l.open_item_id WHERE e.effective_date <= %(day)s GROUP BY 1"
)
LATE = "SELECT * FROM ledger_openitem WHERE balance > 0 AND due_date < %(day)s ORDER BY due_date, id LIMIT 100"
WAITING = "SELECT r.* FROM cashapp_receipt r JOIN ledger_openitem o ON o.id = r.open_item_id WHERE o.balance <> 0 ORDER BY r.id LIMIT 200"
NAMED = "SELECT * FROM ledger_openitem WHERE number = 'INV-00000123'"
NEWEST = "SELECT * FROM invoicing_invoice ORDER BY document_date DESC, id DESC LIMIT 100"
TASKS = "SELECT * FROM collections_app_promise WHERE state = 'open' ORDER BY due_on, id LIMIT 500"
ASKED = "SELECT * FROM collections_app_inquiry WHERE state IN ('new', 'open') ORDER BY answer_by, id LIMIT 100"
LADDER = "SELECT * FROM collections_app_escalation WHERE state = 'proposed' ORDER BY amount DESC, id LIMIT 300"
CHARGED = "SELECT * FROM collections_app_charge ORDER BY run_id DESC, amount DESC, id LIMIT 500"
WRITTEN = (
    "SELECT l.* FROM collections_app_dunningletter l JOIN customers_customer c ON c.id = l.customer_id WHERE l.reason = ''"
    " ORDER BY c.name LIMIT 200"
)
DONE = "SELECT actor, kind, count(*) FROM collections_app_activity WHERE happened_on > %(day)s::date - 28 GROUP BY 1, 2"
PAPERS = "SELECT * FROM customers_customerdocument WHERE state = 'requested' ORDER BY requested_on LIMIT 300"
BY_PERSON = "SELECT collector_id, count(*) FROM customers_customer GROUP BY 1"
PAGES = (
    ("work queue, mine", "specialist", "/queue/?scope=mine", AGED),
    ("work queue, everyone's", "senior", "/queue/?scope=all", AGED),
    ("customers", "senior", "/customers/", AGED),
    ("invoices", "senior", "/invoices/", NEWEST),
    ("invoices overdue", "senior", "/invoices/?state=overdue&sort=due", LATE),
    ("invoices by number", "senior", "/invoices/?q=INV-00000123", NAMED),
    ("search", "senior", "/search/?q=INV-00000123", NAMED),
    ("cash workbench", "senior", "/cash/", WAITING),
    ("ageing by customer", "controller", "/reports/aging/?by=customer", LINES),
    ("ageing by collector", "controller", "/reports/aging/?by=collector", LINES),
    ("ageing 60 days back", "controller", "/reports/aging/?by=collector&as_of=2026-09-24", LINES),
    ("open items", "controller", "/reports/items/", LINES),
    ("dashboard", "controller", "/dashboard/", LINES),
    ("dashboard 60 days back", "controller", "/dashboard/?as_of=2026-09-24", LINES),
    ("dunning preview", "controller", "/queue/dunning/preview/", AGED),
    ("dunning preview, left out", "controller", "/queue/dunning/preview/?show=left", AGED),
    ("dunning run", "controller", "/queue/dunning/", WRITTEN),
    ("inbox", "senior", "/queue/inbox/?view=open", ASKED),
    ("promises", "senior", "/queue/promises/", TASKS),
    ("blockers", "senior", "/queue/blockers/", PAPERS),
    ("portfolios", "collections_manager", "/queue/portfolios/", BY_PERSON),
    ("customers to hand over", "collections_manager", "/queue/portfolios/customers/", BY_PERSON),
    ("work done", "collections_manager", "/queue/effort/", DONE),
    ("escalations", "senior", "/queue/escalations/?view=proposed", LADDER),
    ("charges", "senior", "/queue/charges/", CHARGED),
    ("audit trail", "controller", "/jobs/audit/", NEWEST),
)
"""Name, who looks, where, and the plain question."""


def run(write: Write, sizes: Sequence[int] = (100_000,)) -> None:
    """Build a company of the largest size and measure every page twice; the second time counts, for caches are warm in an office."""
    size = max(sizes)
    world = build(size, customers=max(size // 200, 20), say=write, receipts=size // 16, waiting=size // 300)
    fill_lists(world.company, TODAY, [world.people["specialist"], world.people["senior"]])
    look_ahead(company=world.company, day=TODAY, now=clock.now(), at_once=None)
    with override_settings(BUSINESS_DATE=TODAY, ALLOWED_HOSTS=[*settings.ALLOWED_HOSTS, "testserver"]):
        write(f"{size:,} invoices: page, plain SQL, ratio; queries, time in them; the process's own time")
        for name, role, url, sql in PAGES:
            _measure(write, world, name, role, url, sql)


def _measure(write: Write, world: World, name: str, role: str, url: str, sql: str) -> None:
    client = Client(headers={"HX-Request": "true"} if url.startswith("/search") else {})
    client.force_login(world.people[role])
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        start, own = time.perf_counter(), time.process_time()
        answer = client.get(url)
        took, own = time.perf_counter() - start, time.process_time() - own
    asked = sum(float(query["time"]) for query in queries.captured_queries)
    plain = min(_plain(sql) for _ in range(2))
    status = "" if answer.status_code == 200 else f"   STATUS {answer.status_code}"
    write(
        f"  {name:26} {took * 1000:8,.0f} ms   SQL {plain * 1000:8,.1f} ms   ratio {took / plain:8.1f}"
        f"   {len(queries):3} queries {asked * 1000:7,.0f} ms   own {own * 1000:6,.0f} ms{status}"
    )


def _plain(sql: str) -> float:
    start = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(sql, {"day": TODAY})
        cursor.fetchall()
    return time.perf_counter() - start
