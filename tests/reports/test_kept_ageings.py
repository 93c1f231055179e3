"""A kept ageing is what it was when it was taken: the database refuses changes, and the books' check finds what got past it."""

import pytest
from psycopg2.extensions import connection as Connection

from ledger.verify import Difference, verify_books
from reports.services import take_snapshot
from reports.tasks import altered_snapshots
from tests.factories import DAY, SYSTEM, issue, make_company, make_customer

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_kept_ageing_that_was_tampered_with_is_found_in_its_company(admin_conn: Connection) -> None:
    ours, theirs = make_company("US01"), make_company("DE01")
    for company in (ours, theirs):
        issue(make_customer(company, name="Müller & Söhne"), 123_45)
        kept = take_snapshot(company=company, day=DAY, actor=SYSTEM)
        assert kept.rows and verify_books(DAY) == []
    with admin_conn, admin_conn.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE reports_agingsnapshot SET rows = jsonb_set(rows, '{0,total}', '12344') WHERE company_id = %s", [ours.pk])
    (found,) = verify_books(DAY)
    assert found.check == "kept ageings are as they were taken"
    assert found.detail.startswith(f"US01 ageing of {DAY} isn't what was kept")
    assert verify_books(DAY, [ours]) == [Difference(found.check, *altered_snapshots([ours.pk]))]
    assert verify_books(DAY, [theirs]) == []
