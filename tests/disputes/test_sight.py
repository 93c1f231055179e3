"""Who sees what of cases on pages of other apps; what is no item to contest; when what was told in bulk happened."""

from datetime import UTC, datetime

import pytest

from disputes.models import Dispute
from disputes.services import DisputeError
from disputes.services.amounts import check_amount
from ledger.models import OpenItem
from messaging.models import Message
from messaging.selectors import message_list
from messaging.services import queue_message
from org.actors import SystemActor
from tests.disputes.settling_desk import DAY, bill, contest, make_desk
from tests.factories import make_customer, make_user
from workflow.models import Event
from workflow.services import record_many

pytestmark = pytest.mark.django_db
NINE = datetime(2026, 9, 15, 9, tzinfo=UTC)


def test_the_page_of_a_customer_shows_cases_to_those_who_see_cases(client, settings):
    settings.BUSINESS_DATE = DAY
    desk = make_desk()
    case = contest(desk, bill(desk), lines={1: 200_00})
    here = f"/customers/{desk.customer.pk}/"
    client.force_login(make_user("administrator", desk.company))
    page = client.get(here)
    assert page.status_code == 200 and b"held out of reminders" in page.content and b">Disputes<" not in page.content
    assert client.get(f"{here}disputes/").status_code == 403
    assert case.open_item.number.encode() + b": " not in client.get(f"{here}timeline/").content
    client.force_login(desk.senior)
    assert case.number.encode() in client.get(f"{here}disputes/").content


def test_a_portfolio_reads_no_name_of_a_group_outside_of_it(client, settings):
    settings.BUSINESS_DATE = DAY
    desk = make_desk()
    ana = make_user("specialist", desk.company, scope="portfolio")
    mine = make_customer(desk.company, "Mine Works", collector=ana, parent=make_customer(desk.company, "Holding Nobody Knows"))
    client.force_login(ana)
    page = client.get(f"/customers/{mine.pk}/").content
    assert b"part of a group" in page and b"Holding Nobody Knows" not in page
    client.force_login(desk.senior)
    assert b"Holding Nobody Knows" in client.get(f"/customers/{mine.pk}/").content


def test_what_was_written_in_ones_name_stands_in_ones_outbox(settings):
    desk = make_desk()
    ana, lee = (make_user("specialist", desk.company, scope="portfolio") for _ in range(2))
    for key, author in (("a", ana.label), ("b", "")):
        queue_message(
            actor=SystemActor("notices"), company=desk.company, customer=None, kind="task_link", dedupe_key=key, recipients=["x@y.example"],
            subject=key, body="", not_before=NINE, author=author,
        )  # fmt: skip
    assert [m.subject for m in message_list(actor=ana)] == ["a"] and not message_list(actor=lee)
    assert Message.objects.count() == message_list(actor=desk.senior).count()


def test_retainage_is_not_contested_before_it_is_billed():
    with pytest.raises(DisputeError, match="held back of"):
        check_amount(OpenItem(kind="retainage", number="RT-1", amount=100_00, balance=100_00, customer_id=1), 50_00, 0)


def test_events_in_bulk_bear_the_moment_that_they_are_told_of():
    told = {"actor": "system:x", "type": "x.done", "subject_type": Dispute._meta.label_lower, "subject_id": 1}
    record_many([Event(at=NINE, **told), Event(at=NINE, **told)])
    assert set(Event.objects.filter(type="x.done").values_list("at", flat=True)) == {NINE}
    record_many([Event(**told)])
    assert Event.objects.filter(type="x.done").latest("pk").at != NINE
