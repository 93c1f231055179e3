"""The cases of `manage.py bench disputes`: two years of them, most of them closed, with all that people wrote, found, asked and settled."""

from disputes.bench_world.fill import fill, one_of, run_sql, triggers_asleep
from disputes.bench_world.rows import DESKS, REPS, TECHNICIANS, TODAY

REASONS = (
    ["price"] * 6 + ["quantity"] * 4 + ["po_missing"] * 3 + ["not_delivered"] * 2 + ["short_payment"] * 2 + ["freight", "damaged", "tax"]
)
ENDS = ["credited"] * 8 + ["paid"] * 4 + ["rejected"] * 3 + ["withdrawn"] * 2 + ["goodwill", "rebilled", "corrected"]
KINDS = ["lines", "lines", "lines", "deduction", "deduction", "invoice", "amount"]
ALLOWED = "('credited', 'goodwill', 'rebilled')"

CHOSEN = """
    CREATE UNLOGGED TABLE bench_c AS
    SELECT c.*, CASE WHEN opened + length < %(today)s AND h %% 97 > 0 THEN opened + length END AS closed
    FROM (SELECT i.*, day + ((5 + h %% 35) * least(1, (%(today)s::date - day) / 40.0))::int AS opened,
            CASE WHEN h %% 13 = 5 THEN 20 + h %% 60 ELSE 2 + h * 7 %% 12 END AS length
          FROM (SELECT i.*, n / %(step)s * 7919 %% 100003 AS h FROM bench_i i WHERE n %% %(step)s = 3) i) c"""
"""An invoice in so many, with the day its case was opened and the day it was closed."""

TOLD = """
    CREATE UNLOGGED TABLE bench_s AS
    SELECT c.*, CASE WHEN state = 'waiting' THEN CASE WHEN h %% 2 = 0 THEN 'customer' ELSE 'department' END ELSE '' END AS waiting_on,
        CASE WHEN closed IS NOT NULL AND h %% 10 < 9 OR state IN ('decision', 'settling') OR state = 'waiting' AND h %% 3 = 0
            THEN k.cause_id END AS cause_id, k.stage, k.owner_id AS liable_id, d.department_id
    FROM (SELECT c.*, row_number() OVER (ORDER BY opened, n) AS id,
            greatest(1, amount * CASE WHEN h %% 10 < 4 THEN 100 WHEN h %% 10 < 7 THEN 40 ELSE 15 END / 100) AS claimed,
            CASE WHEN closed IS NOT NULL AND ends = 'rejected' THEN 'rejected' WHEN closed IS NOT NULL THEN 'resolved'
                 WHEN %(today)s - opened < 2 THEN 'open' WHEN h %% 10 < 4 THEN 'investigating' WHEN h %% 10 < 8 THEN 'waiting'
                 WHEN h %% 10 = 8 THEN 'decision' ELSE 'settling' END AS state
          FROM (SELECT c.*, {ends} AS ends FROM bench_c c) c) c
    LEFT JOIN (SELECT company_id, id AS cause_id, stage, owner_id, count(*) OVER (PARTITION BY company_id) AS causes,
                 row_number() OVER (PARTITION BY company_id ORDER BY id) - 1 AS at FROM disputes_cause) k
        ON k.company_id = c.company_id AND k.at = floor(power(c.h * 31 %% 1000 / 1000.0, 2.5) * k.causes)
    LEFT JOIN (SELECT company_id, id AS department_id, row_number() OVER (PARTITION BY company_id ORDER BY id) - 1 AS at
               FROM org_department) d ON d.company_id = c.company_id AND d.at = c.h %% 6"""
"""The same with where each stands, why, and whose it is."""


def choose_cases(step: int) -> None:
    """One invoice in so many is contested; what still is isn't paid yet."""
    run_sql(CHOSEN, step=step, today=TODAY)
    run_sql("UPDATE bench_i SET paid_on = NULL FROM bench_c c WHERE c.n = bench_i.n AND c.closed IS NULL")


def fill_cases(senior: int) -> int:
    """All that is kept of the cases; how many they are. Companies, causes and departments are there already."""
    run_sql(TOLD.format(ends=one_of(ENDS, "h").replace("%", "%%")), today=TODAY)
    run_sql("CREATE INDEX ON bench_s (id)")
    run_sql("ANALYZE bench_s")
    with triggers_asleep(*(f"disputes.{name}" for name in ("dispute", "disputeline", "disputemovement", "disputestep", "disputenote"))):
        _cases(senior)
        _lines_and_movements()
        _steps()
        _notes()
    with triggers_asleep("disputes.disputefinding", "disputes.settlement", "workflow.task", "workflow.tasknote", "workflow.event"):
        _found_and_settled()
        _asked()
        _trail()
    return int(run_sql("SELECT count(*) FROM bench_s")[0][0])


def _cases(senior: int) -> None:
    fill(
        "disputes.dispute", "bench_s LEFT JOIN bench_o o USING (n)", id="bench_s.id", company_id="company_id", customer_id="customer_id",
        open_item_id="n + 1", invoice_id="n + 1", number="'DSP-' || lpad(bench_s.id::text, 7, '0')", kind=one_of(KINDS, "h"),
        reason=one_of(REASONS, "h * 3"), claimed="claimed", amount="claimed", base_amount="claimed", currency="currency",
        agreed=f"CASE WHEN closed IS NULL THEN NULL WHEN ends IN {ALLOWED} THEN claimed ELSE 0 END",
        customer_words="'The price is not what we agreed for article ' || s1", state="state", waiting_on="waiting_on",
        owner_id=f"CASE WHEN h % 10 = 0 AND closed IS NULL THEN NULL WHEN h % 10 < 3 THEN {senior} ELSE collector_id END",
        department_id="CASE WHEN waiting_on = 'department' OR h % 7 = 0 THEN department_id END", due_date="opened + (5 + h % 4)::int",
        paused_on=f"CASE WHEN waiting_on = 'customer' THEN greatest(opened, '{TODAY}'::date - (h % 9)::int) END", cause_id="cause_id",
        origin="CASE WHEN cause_id IS NOT NULL THEN stage ELSE '' END", liable_id="CASE WHEN cause_id IS NOT NULL THEN liable_id END",
        product="'SKU-' || s1", sales_representative=f"'Rep ' || c % {REPS}", order_desk=f"'Desk ' || n * 7 % {DESKS}",
        technician=f"CASE WHEN s1 >= 10 THEN 'Technician ' || n * 3 % {TECHNICIANS} ELSE '' END", price_list="'CT-' || customer_id",
        opened_on="opened", opened_by="'user:' || coalesce(collector_id, 0)", source="'bench:' || n",
        resolution="CASE WHEN closed IS NULL THEN '' ELSE ends END", resolved_on="closed", version="3",
        created_at="opened + interval '9 hours'",
    )  # fmt: skip


def _lines_and_movements() -> None:
    with_lines = "bench_s WHERE h % 7 < 5"
    fill("disputes.disputeline", with_lines, dispute_id="id", line_id="n * 2 + 1", amount="least(claimed, a1)")
    fill("disputes.disputeline", f"{with_lines} AND claimed > a1", dispute_id="id", line_id="n * 2 + 2", amount="claimed - a1")
    common = {"dispute_id": "id", "open_item_id": "n + 1", "by": "'system:bench'"}
    fill("disputes.disputemovement", "bench_s", day="opened", delta="claimed", at="opened + interval '9 hours'", **common)
    closed = "bench_s WHERE closed IS NOT NULL"
    fill("disputes.disputemovement", closed, day="closed", delta="-claimed", at="closed + interval '15 hours'", **common)


def _steps() -> None:
    """Each case's way: opened, looked into, waited, decided, closed, as far as it came."""
    ended = "closed IS NOT NULL"
    for source, state, day, waits in (
        ("TRUE", "'open'", "opened", "''"),
        (f"state <> 'open' OR {ended}", "'investigating'", "opened + 1", "''"),
        (f"waiting_on <> '' OR {ended} AND h % 3 > 0", "'waiting'", "opened + 2",
         "CASE WHEN waiting_on <> '' THEN waiting_on WHEN h % 3 = 1 THEN 'customer' ELSE 'department' END"),
        (f"state IN ('decision', 'settling') OR {ended} AND h % 2 = 0", "'decision'", f"least('{TODAY}', opened + length / 2 + 1)", "''"),
        ("state = 'settling'", "'settling'", f"least('{TODAY}', opened + length / 2 + 2)", "''"),
        (ended, "state", "closed", "''"),
    ):  # fmt: skip
        day = f"least(({day})::date, coalesce(closed, '{TODAY}'))"
        fill("disputes.disputestep", f"bench_s WHERE {source}", dispute_id="id", state=state, waiting_on=waits, day=day,
             due_date="opened + 6", by="'system:bench'", at=f"{day} + interval '10 hours'",
             department_id=f"CASE WHEN {waits} = 'department' THEN department_id END")  # fmt: skip


def _notes() -> None:
    for body, internal, after in (("'Called the site, they look for the signed sheet.'", "true", 1), ("'We look into it.'", "false", 2)):
        fill("disputes.disputenote", f"bench_s WHERE h % 5 > {after}", dispute_id="id", body=body, is_internal=internal,
             author="'user:' || coalesce(collector_id, 0)", at=f"opened + interval '{after * 25} hours'")  # fmt: skip


def _found_and_settled() -> None:
    remedy = f"CASE WHEN ends IN {ALLOWED} THEN ends ELSE 'rejected' END"
    fill(
        "disputes.disputefinding", "bench_s WHERE cause_id IS NOT NULL", dispute_id="id", cause_id="cause_id", origin="stage",
        department_id="liable_id", remedy=remedy, amount="claimed", words="'The order has the old price.'", by="'system:bench'",
        at="opened + interval '50 hours'", proposed="'{}'", looked_at="'[]'",
    )  # fmt: skip
    fill(
        "disputes.settlement", "bench_s WHERE closed IS NOT NULL OR state = 'settling'", dispute_id="id",
        resolution="CASE WHEN closed IS NULL AND ends = 'paid' THEN 'credited' ELSE ends END", currency="currency",
        amount=f"CASE WHEN ends IN {ALLOWED} THEN claimed ELSE 0 END", words="'As found.'", payload="'{}'",
        state="CASE WHEN closed IS NULL THEN 'waiting' ELSE 'done' END", requested_by="'user:' || coalesce(collector_id, 0)",
        requested_on=f"coalesce(closed, '{TODAY}')", decided_at="closed + interval '15 hours'", token="'bench:' || n",
    )  # fmt: skip


def _asked() -> None:
    asked = "bench_s WHERE waiting_on = 'department' OR closed IS NOT NULL AND h % 3 = 2"
    fill(
        "workflow.task", asked, id="id", company_id="company_id", department_id="department_id", kind="'dispute'",
        title="'Question about DSP-' || lpad(id::text, 7, '0')", question="'Was it done as ordered?'", subject_type="'disputes.dispute'",
        subject_id="id", customer_ref="customer_id", amount="claimed", currency="currency", due_date="opened + 6",
        state="CASE WHEN closed IS NOT NULL THEN 'closed' ELSE 'open' END", dedupe_key="'bench:' || n", created_by="'system:bench'",
        closed_at="closed + interval '9 hours'",
    )  # fmt: skip
    fill("workflow.tasknote", f"{asked} AND closed IS NOT NULL", task_id="id", kind="'answer'", body="'Yes, signed on site.'",
         author="'system:bench'", at="opened + interval '70 hours'")  # fmt: skip


def _trail() -> None:
    for kind, at, where in (
        ("opened", "opened + interval '9 hours'", "TRUE"), ("moved", "opened + interval '30 hours'", "state <> 'open'"),
        ("found", "opened + interval '50 hours'", "cause_id IS NOT NULL"),
        ("resolved", "closed + interval '15 hours'", "closed IS NOT NULL"),
    ):  # fmt: skip
        fill("workflow.event", f"bench_s WHERE {where}", company_id="company_id", type=f"'dispute.{kind}'", actor="'system:bench'",
             subject_type="'disputes.dispute'", subject_id="id", customer_ref="customer_id", at=at,
             data="jsonb_build_object('number', 'DSP-' || id, 'amount', claimed, 'currency', currency)")  # fmt: skip
