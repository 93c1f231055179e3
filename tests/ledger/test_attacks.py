"""The database refuses wrong books, whoever asks: attacks by raw SQL as the runtime role and as the owner of the tables.

The ids (L1, L7 …) are those of the attack list the product is held to.
"""

from datetime import date

import psycopg2
import pytest
from psycopg2 import errors

from ledger.models import Account, Entry, OpenItem, Period
from tests.factories import apply, cash_account, issue, make_company, make_customer, receive

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def books():
    """A company with one customer and an invoice of 100.00."""
    company = make_company()
    customer = make_customer(company)
    return company, customer, issue(customer, 100_00, number="INV-1")


def account(company, kind):
    return Account.objects.get(company=company, kind=kind).pk


def entry(cursor, company, *, day="2026-09-20", source="attack", currency="USD", reverses=None):
    cursor.execute(
        "INSERT INTO ledger_entry (company_id, kind, currency, effective_date, actor, source, reverses_id)"
        " VALUES (%s, 'application', %s, %s, 'attacker', %s, %s) RETURNING id",
        [company.pk, currency, day, source, reverses],
    )
    return cursor.fetchone()[0]


def lines(cursor, entry_id, *rows):
    values = ", ".join(cursor.mogrify("(%s, %s, %s, %s, %s)", [entry_id, *row]).decode() for row in rows)
    cursor.execute(f"INSERT INTO ledger_line (entry_id, account_id, open_item_id, amount, base_amount) VALUES {values}")


def refused(connection, error, attack):
    """The attack fails with the error and leaves nothing behind."""
    before = Entry.objects.count(), list(OpenItem.objects.values_list("balance", flat=True).order_by("pk"))
    with pytest.raises(error) as caught, connection.cursor() as cursor:
        attack(cursor)
        connection.commit()
    connection.rollback()
    assert before == (Entry.objects.count(), list(OpenItem.objects.values_list("balance", flat=True).order_by("pk")))
    return caught.value


@pytest.fixture(params=["app", "owner"])
def attacker(request, app_conn, owner_conn):
    """The runtime role, and the role that owns the tables: the triggers stop both."""
    return {"app": app_conn, "owner": owner_conn}[request.param]


def test_l1_unbalanced_entry(books, attacker):
    company, _, invoice = books

    def attack(cursor):
        lines(
            cursor,
            entry(cursor, company),
            (account(company, "receivable"), invoice.pk, -100_00, -100_00),
            (account(company, "rounding"), None, 99_00, 99_00),
        )

    assert refused(attacker, errors.CheckViolation, attack).diag.constraint_name == "entry_balances"


def test_l2_header_without_lines(books, attacker):
    assert refused(attacker, errors.CheckViolation, lambda c: entry(c, books[0])).diag.constraint_name == "entry_balances"


def test_l2_constraints_forced_early_then_an_extra_line(books, attacker):
    company, _, invoice = books

    def attack(cursor):
        entry_id = entry(cursor, company)
        receivable, rounding = account(company, "receivable"), account(company, "rounding")
        lines(cursor, entry_id, (receivable, invoice.pk, -10, -10), (rounding, None, 10, 10))
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        lines(cursor, entry_id, (rounding, None, 99, 99), (rounding, None, 1, 1))

    refused(attacker, errors.CheckViolation, attack)


def test_balanced_lines_slipped_into_a_sealed_entry(books, attacker):
    company, _, invoice = books
    rounding = account(company, "rounding")

    def attack(cursor):
        lines(cursor, invoice.opened_by_id, (rounding, None, 5, 5), (rounding, None, -5, -5))

    assert refused(attacker, errors.CheckViolation, attack).diag.constraint_name == "entry_sealed"


def test_pgtrigger_ignore_is_no_way_in(books, app_conn):
    company, _, _ = books

    def attack(cursor):
        cursor.execute("SELECT string_agg(tgname, ',') FROM pg_trigger WHERE tgrelid = 'ledger_line'::regclass")
        cursor.execute("SELECT set_config('pgtrigger.ignore', %s, false)", ["{" + cursor.fetchone()[0] + "}"])
        lines(cursor, entry(cursor, company), (account(company, "rounding"), None, 5, 5), (account(company, "tax"), None, 5, 5))

    refused(app_conn, errors.CheckViolation, attack)


def test_l5_more_applied_than_is_open(books, attacker):
    company, _, invoice = books

    def attack(cursor):
        lines(
            cursor,
            entry(cursor, company),
            (account(company, "receivable"), invoice.pk, -100_01, -100_01),
            (cash_account(company).pk, None, 100_01, 100_01),
        )

    assert refused(attacker, errors.CheckViolation, attack).diag.constraint_name.endswith("never_overshoots")


def test_l6_more_taken_back_than_was_applied(books, attacker):
    company, _, invoice = books

    def attack(cursor):
        lines(
            cursor,
            entry(cursor, company),
            (account(company, "receivable"), invoice.pk, 50_00, 50_00),
            (cash_account(company).pk, None, -50_00, -50_00),
        )

    refused(attacker, errors.CheckViolation, attack)


@pytest.mark.parametrize(
    "table", ["ledger_entry", "ledger_line", "ledger_openitem", "invoicing_invoice", "invoicing_invoiceline", "workflow_event"]
)
@pytest.mark.parametrize(
    "statement", ["UPDATE {t} SET id = id + 1000", "DELETE FROM {t}", "TRUNCATE {t} CASCADE", "ALTER TABLE {t} DISABLE TRIGGER ALL"]
)
def test_l7_the_runtime_role_may_not_change_what_was_written(books, app_conn, table, statement):
    refused(app_conn, errors.InsufficientPrivilege, lambda c: c.execute(statement.format(t=table)))


@pytest.mark.parametrize(
    "statement",
    ["UPDATE ledger_line SET amount = 1", "DELETE FROM ledger_entry", "TRUNCATE ledger_line CASCADE", "DELETE FROM ledger_openitem"],
)
def test_l7_not_even_the_owner_changes_the_journal_by_accident(books, owner_conn, statement):
    refused(owner_conn, errors.InsufficientPrivilege, lambda c: c.execute(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_account SET kind = 'cash', is_control = false WHERE kind = 'receivable'",
        "UPDATE ledger_account SET company_id = company_id",
        "DELETE FROM ledger_account WHERE kind = 'bad_debt'",
        "UPDATE org_company SET base_currency = 'JPY'",
        "UPDATE org_company SET code = 'X'",
        "UPDATE workflow_idempotencykey SET response = '{}'",
        "DELETE FROM workflow_idempotencykey",
        "UPDATE workflow_storedfile SET content = 'x'",
        "DELETE FROM workflow_storedfile",
    ],
)
def test_what_the_books_stand_on_and_what_was_sent_is_out_of_reach_too(books, app_conn, statement):
    refused(app_conn, errors.InsufficientPrivilege, lambda c: c.execute(statement))


def test_an_entry_is_not_dated_back_to_when_it_was_not_known(books, app_conn):
    company, _, invoice = books
    rows = (account(company, "receivable"), invoice.pk, -5, -5), (account(company, "rounding"), None, 5, 5)

    def attack(cursor):
        cursor.execute(
            "INSERT INTO ledger_entry (company_id, kind, currency, effective_date, actor, source, posted_at)"
            " VALUES (%s, 'application', 'USD', '2026-09-20', 'attacker', 'back', '2026-01-01') RETURNING id",
            [company.pk],
        )
        lines(cursor, cursor.fetchone()[0], *rows)

    refused(app_conn, errors.InsufficientPrivilege, attack)


def test_l7_triggers_can_not_be_switched_off_for_a_session(books, app_conn):
    refused(app_conn, errors.InsufficientPrivilege, lambda c: c.execute("SET session_replication_role = replica"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_openitem SET balance = 0, base_balance = 0",
        "UPDATE ledger_openitem SET amount = 1",
        "UPDATE ledger_openitem SET number = 'X'",
    ],
)
def test_balances_and_issued_columns_are_out_of_reach(books, attacker, statement):
    refused(attacker, errors.InsufficientPrivilege, lambda c: c.execute(statement))


def test_a_trigger_of_ones_own_does_not_reach_a_balance_either(books, app_conn):
    def attack(cursor):
        cursor.execute("CREATE TEMP TABLE t (x int)")
        cursor.execute(
            "CREATE FUNCTION pg_temp.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN UPDATE ledger_openitem SET "
            "balance = 0; RETURN NEW; END'"
        )
        cursor.execute("CREATE TRIGGER t BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION pg_temp.f()")
        cursor.execute("INSERT INTO t VALUES (1)")

    refused(app_conn, errors.InsufficientPrivilege, attack)


def test_an_item_is_not_born_with_a_balance(books, app_conn):
    company, customer, invoice = books

    def attack(cursor):
        cursor.execute(
            "INSERT INTO ledger_openitem (company_id, customer_id, account_id, kind, number, currency, document_date, "
            "due_date, amount, base_amount,"
            " opened_by_id, balance, base_balance) VALUES (%s, %s, %s, 'invoice', 'GHOST', 'USD', '2026-09-01', "
            "'2026-09-01', 5, 5, %s, 5, 5)",
            [company.pk, customer.pk, account(company, "receivable"), invoice.opened_by_id],
        )

    refused(app_conn, errors.InsufficientPrivilege, attack)


def test_an_item_without_the_line_that_opens_it(books, attacker):
    company, customer, invoice = books

    def attack(cursor):
        cursor.execute(
            "INSERT INTO ledger_openitem (company_id, customer_id, account_id, kind, number, currency, document_date, "
            "due_date, amount, base_amount, opened_by_id)"
            " VALUES (%s, %s, %s, 'invoice', 'GHOST', 'USD', '2026-09-01', '2026-09-01', 5, 5, %s)",
            [company.pk, customer.pk, account(company, "receivable"), invoice.opened_by_id],
        )

    assert refused(attacker, errors.CheckViolation, attack).diag.constraint_name == "open_item_opened"


def test_an_item_that_its_entry_opens_by_less_than_its_amount(books, attacker):
    company, customer, _ = books
    receivable, rounding = account(company, "receivable"), account(company, "rounding")

    def attack(cursor):
        entry_id = entry(cursor, company)
        cursor.execute(
            "INSERT INTO ledger_openitem (company_id, customer_id, account_id, kind, number, currency, document_date, "
            "due_date, amount, base_amount, opened_by_id)"
            " VALUES (%s, %s, %s, 'invoice', 'LESS', 'USD', '2026-09-01', '2026-09-01', 500, 500, %s) RETURNING id",
            [company.pk, customer.pk, receivable, entry_id],
        )
        lines(cursor, entry_id, (receivable, cursor.fetchone()[0], 400, 400), (rounding, None, -400, -400))

    assert refused(attacker, errors.CheckViolation, attack).diag.constraint_name == "open_item_opened"


def test_l3_a_source_posts_once(books, attacker):
    company, _, invoice = books
    source = invoice.opened_by.source

    refused(attacker, errors.UniqueViolation, lambda c: entry(c, company, source=source))


@pytest.mark.parametrize("value", ["NaN", "Infinity", "0.005", "1e400"])
def test_l11_no_amount_that_is_no_number_of_cents(books, attacker, value):
    company, _, _ = books

    def attack(cursor):
        entry_id = entry(cursor, company)
        cursor.execute(
            "INSERT INTO ledger_line (entry_id, account_id, open_item_id, amount, base_amount) VALUES (%s, %s, NULL, %s, 1)",
            [entry_id, account(company, "rounding"), value],
        )

    refused(attacker, psycopg2.DataError, attack)


@pytest.mark.parametrize("day", ["2026-06-15", "1999-01-01", "2206-01-01"])
def test_l12_closed_and_missing_periods(books, attacker, day):
    company, _, invoice = books
    Period.objects.filter(company=company, name="2026-06").update(state="closed")

    def attack(cursor):
        entry_id = entry(cursor, company, day=day)
        lines(cursor, entry_id, (account(company, "receivable"), invoice.pk, -5, -5), (account(company, "rounding"), None, 5, 5))

    assert refused(attacker, errors.CheckViolation, attack).diag.constraint_name == "entry_period_open"


def test_l12_a_period_keeps_its_days_and_is_not_deleted(books, owner_conn):
    refused(
        owner_conn,
        errors.InsufficientPrivilege,
        lambda c: c.execute("UPDATE ledger_period SET span = '[2030-01-01,2030-02-01)' WHERE name = '2026-09'"),
    )
    refused(owner_conn, errors.InsufficientPrivilege, lambda c: c.execute("DELETE FROM ledger_period"))


def test_l15_an_entry_is_reversed_once_and_only_as_its_mirror(books, attacker):
    company, customer, invoice = books
    receipt = receive(customer, 60_00)
    applied = Entry.objects.get(pk=apply(receipt, (invoice, 60_00)))
    receivable = account(company, "receivable")

    def crooked(cursor):
        lines(
            cursor,
            entry(cursor, company, reverses=applied.pk),
            (receivable, invoice.pk, 50_00, 50_00),
            (receivable, receipt.pk, -50_00, -50_00),
        )

    assert refused(attacker, errors.CheckViolation, crooked).diag.constraint_name == "entry_reversal_fits"

    def twice(cursor):
        mirror = (receivable, invoice.pk, 60_00, 60_00), (receivable, receipt.pk, -60_00, -60_00)
        lines(cursor, entry(cursor, company, source="a", reverses=applied.pk), *mirror)
        lines(cursor, entry(cursor, company, source="b", reverses=applied.pk), *mirror)

    refused(attacker, errors.UniqueViolation, twice)


def test_l20_control_accounts_take_no_bare_lines_and_others_no_items(books, attacker):
    company, _, invoice = books
    receivable, rounding = account(company, "receivable"), account(company, "rounding")

    def bare(cursor):
        lines(cursor, entry(cursor, company), (receivable, None, -5, -5), (rounding, None, 5, 5))

    def misplaced(cursor):
        lines(cursor, entry(cursor, company), (rounding, invoice.pk, -5, -5), (rounding, None, 5, 5))

    for attack in (bare, misplaced):
        assert refused(attacker, errors.CheckViolation, attack).diag.constraint_name == "line_fits_account"


def test_lines_of_another_company_or_currency(books, attacker):
    company, _, invoice = books
    other = make_company()

    def foreign_account(cursor):
        lines(cursor, entry(cursor, company), (account(other, "rounding"), None, 5, 5), (account(company, "rounding"), None, -5, -5))

    def foreign_currency(cursor):
        lines(
            cursor,
            entry(cursor, company, currency="EUR"),
            (account(company, "receivable"), invoice.pk, -5, -6),
            (account(company, "rounding"), None, 5, 6),
        )

    def base_differs(cursor):
        lines(cursor, entry(cursor, company), (account(company, "rounding"), None, 5, 6), (account(company, "rounding"), None, -5, -6))

    for attack in (foreign_account, foreign_currency, base_differs):
        assert refused(attacker, errors.CheckViolation, attack).diag.constraint_name == "line_fits_account"


def test_the_audit_trail_only_grows(books, attacker):
    with attacker.cursor() as cursor:
        cursor.execute("INSERT INTO workflow_event (type, actor, subject_type, data) VALUES ('x', 'y', '', '{}')")
    attacker.commit()
    refused(attacker, errors.InsufficientPrivilege, lambda c: c.execute("UPDATE workflow_event SET actor = 'someone else'"))


def test_closing_waits_for_a_posting_under_way(books, app_conn, owner_conn):
    company, _, invoice = books
    with app_conn.cursor() as poster, owner_conn.cursor() as closer:
        entry_id = entry(poster, company)
        lines(poster, entry_id, (account(company, "receivable"), invoice.pk, -5, -5), (account(company, "rounding"), None, 5, 5))
        closer.execute("SET lock_timeout = '200ms'")
        with pytest.raises(errors.LockNotAvailable):
            closer.execute("UPDATE ledger_period SET state = 'closed' WHERE company_id = %s AND name = '2026-09'", [company.pk])
        app_conn.commit()
        owner_conn.rollback()
    assert OpenItem.objects.get(pk=invoice.pk).balance == 99_95
    assert date(2026, 9, 20) == Entry.objects.get(pk=entry_id).effective_date
