"""verify_books finds what the database would never have let in: broken by a superuser with all triggers off, check by check."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from ledger.verify import AGEING, check_names, verify_books
from tests.factories import DAY, apply, issue, make_company, make_customer, receive

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world():
    """Two companies, each with a paid, a half-paid and an open invoice."""
    companies = make_company("US01"), make_company("DE01")
    for company in companies:
        customer = make_customer(company)
        paid, half, _ = issue(customer, 100_00), issue(customer, 200_00), issue(customer, 300_00)
        apply(receive(customer, 200_00), (paid, 100_00), (half, 100_00))
    assert verify_books(DAY) == []
    return companies


BREAKS = {
    "entries balance in both currencies": "UPDATE ledger_line SET base_amount = base_amount + 1 WHERE id = {line}",
    "entries have lines": "DELETE FROM ledger_line WHERE entry_id = {entry}",
    "balances are the sums of their lines": "UPDATE ledger_openitem SET balance = balance - 1 WHERE id = {item}",
    "control lines name an item of their account": "UPDATE ledger_line SET open_item_id = NULL WHERE id = {line}",
    "lines stay in their entry's company and currency": "UPDATE ledger_openitem SET currency = 'EUR' WHERE id = {item}",
    "items were opened by their full amount": "UPDATE ledger_openitem SET amount = amount + 1 WHERE id = {item}",
    "day totals are the sums of their lines": "UPDATE ledger_daytotal SET amount = amount + 1 WHERE company_id = {company}",
    "every entry lies in a period": "DELETE FROM ledger_period WHERE company_id = {company}",
    AGEING: "UPDATE ledger_openitem SET balance = balance - 1, base_balance = base_balance - 1 WHERE id = {item}",
}


@pytest.mark.parametrize("check", BREAKS)
def test_each_difference_is_found_by_its_check_in_its_company(world, admin_conn, check):
    broken, whole = world
    with admin_conn, admin_conn.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "SELECT l.id, l.entry_id, o.id, o.company_id FROM ledger_openitem o JOIN ledger_line l ON l.entry_id = o.opened_by_id"
            " AND l.open_item_id = o.id WHERE o.company_id = %s AND o.kind = 'invoice' AND o.amount = 30000",
            [broken.pk],
        )
        line, entry, item, company = cursor.fetchone()
        cursor.execute(BREAKS[check].format(line=line, entry=entry, item=item, company=company))
    assert check in {difference.check for difference in verify_books(DAY)}
    assert check in {difference.check for difference in verify_books(DAY, [broken])}
    assert verify_books(DAY, [whole]) == []


def test_a_difference_is_told_in_money(world, admin_conn):
    with admin_conn, admin_conn.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "UPDATE ledger_openitem SET balance = balance - 1, base_balance = base_balance - 1 WHERE company_id = %s AND balance = 30000",
            [world[0].pk],
        )
    (told,) = [difference.detail for difference in verify_books(DAY) if difference.check == AGEING]
    assert told == f"US01 as of {DAY}: ageing 399.99 USD, control accounts 400.00 USD"


def test_the_command_ends_with_1_and_names_the_difference(world, admin_conn):
    out, err = StringIO(), StringIO()
    call_command("verify_books", "--as-of", str(DAY), stdout=out)
    assert f"{len(check_names())} checks, no difference" in out.getvalue()
    with admin_conn, admin_conn.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE ledger_openitem SET balance = balance - 1 WHERE company_id = %s AND balance = 30000", [world[0].pk])
    with pytest.raises(CommandError, match="do not tie") as refusal:
        call_command("verify_books", stderr=err)
    assert refusal.value.returncode == 1
    assert "balances are the sums of their lines" in err.getvalue()
    call_command("verify_books", "--company", "DE01", stdout=out)
    with pytest.raises(CommandError, match="no company XX"):
        call_command("verify_books", "--company", "XX")


def test_a_reversal_that_is_no_mirror_is_found(world, admin_conn):
    from ledger import services
    from ledger.models import Entry
    from tests.factories import SYSTEM

    (reversal,) = services.reverse_entries(entries=[Entry.objects.filter(kind="application").first()], day=DAY, actor=SYSTEM, reason="x")
    assert verify_books(DAY) == []
    with admin_conn, admin_conn.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE ledger_line SET amount = amount * 2, base_amount = base_amount * 2 WHERE entry_id = %s", [reversal.entry_id])
    assert "reversals mirror their entries" in {difference.check for difference in verify_books(DAY)}
