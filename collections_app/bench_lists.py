"""What the lists of collections hold at a large company, for `manage.py bench pages`: questions, promises, cases of the ladder, late
charges, papers that are missing, and a day's dunning run. A statement a table, for customers that are there already."""

from datetime import date

from collections_app.models import ChargeRun, DunningRun, Rung
from disputes.bench_world.fill import fill, run_sql, triggers_asleep
from org.models import Company, User


def fill_lists(company: Company, today: date, people: list[User]) -> None:
    """Rows for every list, as many as the company has customers: of three customers one has asked something, of ten one has promised,
    of twenty one stands on the ladder, every second was charged last month, of ten one lacks a paper, all are in yesterday's run."""
    run_sql(
        "CREATE UNLOGGED TABLE bench_k AS SELECT row_number() OVER (ORDER BY c.id) AS n, c.id, c.currency, o.id AS item, o.amount,"
        " o.balance, o.number FROM customers_customer c CROSS JOIN LATERAL (SELECT * FROM ledger_openitem o WHERE o.customer_id = c.id"
        f" AND o.kind = 'invoice' AND o.balance > 0 ORDER BY o.due_date, o.id LIMIT 1) o WHERE c.company_id = {company.pk}"
    )
    owner = "(ARRAY[" + ",".join(str(p.pk) for p in people) + f"])[1 + n % {len(people)}]"
    c, day = str(company.pk), f"'{today}'::date"
    with triggers_asleep(
        "collections_app.inquiry", "collections_app.promise", "collections_app.escalation", "collections_app.charge",
        "customers.customerdocument", "collections_app.dunningletter", "collections_app.activity",
    ):  # fmt: skip
        _questions(c, day, owner)
        _promises(c, day)
        _ladder(company, day, owner)
        _charges(company, today)
        _papers(c, day, owner)
        _letters(company, today)
    run_sql("DROP TABLE bench_k")
    run_sql("VACUUM ANALYZE")


def _questions(company: str, day: str, owner: str) -> None:
    fill(
        "collections_app.inquiry", "bench_k WHERE n % 3 = 0", company_id=company, number="'Q-' || n", customer_id="id", owner_id=owner,
        kind="(ARRAY['paid', 'dispute', 'copy', 'other'])[1 + n % 4]", subject="'Question about ' || number", opened_by="'system:mail'",
        state="(ARRAY['new', 'open', 'waiting', 'closed', 'closed', 'closed'])[1 + n / 3 % 6]", asked_on=f"{day} - (n % 60)::int",
        answer_by=f"{day} - (n % 60)::int + interval '20 hours'",
    )  # fmt: skip


def _promises(company: str, day: str) -> None:
    first = run_sql("SELECT coalesce(max(id), 0) FROM collections_app_promise")[0][0]
    given = f"{day} - 20 - (n % 90)::int"
    fill(
        "collections_app.promise", "bench_k WHERE n % 10 = 1", id=f"{first} + n", company_id=company, customer_id="id", amount="balance",
        currency="currency", given_on=given, due_on=f"{given} + 15", taken_by="'user:1'",
        state="(ARRAY['open', 'kept', 'broken', 'partly'])[1 + n / 10 % 4]",
        decided_on=f"CASE WHEN n / 10 % 4 > 0 THEN {given} + 16 END",
    )  # fmt: skip
    fill("collections_app.promiseitem", "bench_k WHERE n % 10 = 1", promise_id=f"{first} + n", open_item_id="item", amount="balance",
         balance_before="balance")  # fmt: skip


def _ladder(company: Company, day: str, owner: str) -> None:
    rung = Rung.objects.create(company=company, code="manager", name="Manager", ordinal=1, role="supervisor", days_past_due=60)
    fill(
        "collections_app.escalation", "bench_k WHERE n % 20 = 2", company_id=str(company.pk), number="'E-' || n", customer_id="id",
        currency="currency", rung_id=str(rung.pk), amount="balance", because="'60 days past due'", raised_on=f"{day} - (n % 40)::int",
        raised_by="'system:night'", assigned_to_id=owner,
        state="(ARRAY['proposed', 'open', 'decided', 'closed'])[1 + n / 20 % 4]",
        decided_by="CASE WHEN n / 20 % 4 > 1 THEN 'user:1' ELSE '' END", closed_on=f"CASE WHEN n / 20 % 4 = 3 THEN {day} END",
    )  # fmt: skip


def _charges(company: Company, today: date) -> None:
    last = today.replace(day=1).toordinal() - 1
    to = date.fromordinal(last)
    run = ChargeRun.objects.create(company=company, period_from=to.replace(day=1), period_to=to, actor="system:night")
    fill(
        "collections_app.charge", "bench_k WHERE n % 2 = 0", run_id=str(run.pk), company_id=str(company.pk), customer_id="id",
        currency="currency", amount="CASE WHEN n % 6 = 0 THEN 0 ELSE 1000 + n % 9000 END",
        state="CASE WHEN n % 6 = 0 THEN 'left_out' ELSE 'posted' END", because="CASE WHEN n % 6 = 0 THEN 'below the minimum' ELSE '' END",
    )  # fmt: skip


def _papers(company: str, day: str, owner: str) -> None:
    first = run_sql("SELECT coalesce(max(id), 0) FROM customers_customerdocument")[0][0]
    fill(
        "customers.customerdocument", "bench_k WHERE n % 10 = 3", id=f"{first} + n", company_id=company, customer_id="id",
        kind="(ARRAY['w9', 'exemption', 'po_copy'])[1 + n / 10 % 3]",
        waits_for="(ARRAY['customer', 'billing'])[1 + n / 10 % 2]", invoice_number="number",
        requested_on=f"{day} - (n % 40)::int", created_by="'user:1'",
    )  # fmt: skip
    fill("collections_app.documentchase", "bench_k WHERE n % 10 = 3", document_id=f"{first} + n", company_id=company, customer_id="id",
         owner_id=owner, next_on=f"{day} + (n % 9)::int")  # fmt: skip


def _letters(company: Company, today: date) -> None:
    day = date.fromordinal(today.toordinal() - 1)
    run = DunningRun.objects.create(company=company, day=day, actor="system:night", finished_at=f"{day}T02:00:00Z")
    fill(
        "collections_app.dunningletter", "bench_k", run_id=str(run.pk), company_id=str(company.pk), customer_id="id", currency="currency",
        level="CASE WHEN n % 4 = 0 THEN 0 ELSE 1 END", level_name="'Friendly reminder'", days_past_due="30", amount="balance",
        reason="CASE WHEN n % 4 = 0 THEN 'quiet' ELSE '' END", left_out_because="CASE WHEN n % 4 = 0 THEN 'call on 20 Nov' ELSE '' END",
        held_out="CASE WHEN n % 4 = 0 THEN balance ELSE 0 END", cycle="'bench#' || item",
        items="CASE WHEN n % 4 = 0 THEN '[]'::jsonb ELSE jsonb_build_array(jsonb_build_object('id', item, 'number', number,"
        " 'due', '2026-10-01', 'covered', 0, 'amount', balance)) END",
    )  # fmt: skip
