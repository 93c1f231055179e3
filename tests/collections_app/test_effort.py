"""What was done and what followed: counts by person, money after the last contact, rows that sum to the figures."""

from datetime import timedelta

import pytest
from django.urls import reverse

from arops.lib import clock
from collections_app.selectors.contacts import Wanted, contacts
from collections_app.selectors.effort import Span, brought, effort, total_of
from collections_app.services.activities import log_activity
from collections_app.services.judging import decide_promises
from collections_app.services.promises import give_promise
from ledger.models import Entry
from ledger.services import reverse_entries
from messaging.services import cancel_message, queue_message
from tests.factories import DAY, SYSTEM, apply, issue, make_company, make_customer, make_user, receive

pytestmark = pytest.mark.django_db


def day(n):
    return DAY + timedelta(days=n)


def test_money_counts_for_whoever_made_the_last_contact_before_it():
    company = make_company()
    ana, ben = make_user("specialist", company), make_user("specialist", company)
    nordia, acme = make_customer(company, "Nordia"), make_customer(company, "Acme")
    bill, other = issue(nordia, 300_00), issue(acme, 50_00)

    def contact(who, n, outcome="promise", kind="call", customer=nordia):
        log_activity(actor=who, customer=customer, kind=kind, today=day(n), outcome=outcome, body="Said so.", seconds=120)

    contact(ana, 0)
    contact(ben, 2, "no_answer")
    contact(ana, 3, "", "note")
    give_promise(actor=ana, customer=nordia, items=[bill], amount=100_00, due_on=day(4), today=day(0))
    apply(receive(nordia, 100_00, day=day(1)), (bill, 100_00), day=day(1))
    apply(receive(nordia, 40_00, day=day(5)), (bill, 40_00), day=day(5))
    apply(receive(nordia, 10_00, day=day(30)), (bill, 10_00), day=day(30))  # too late after any contact
    apply(receive(acme, 50_00, day=day(1)), (other, 50_00), day=day(1))  # nobody was in touch
    bounced = Entry.objects.get(pk=apply(receive(nordia, 20_00, day=day(6)), (bill, 20_00), day=day(6)))
    reverse_entries(entries=[bounced], day=day(7), actor=SYSTEM, reason="NSF")
    decide_promises(company=company, today=day(5), actor=SYSTEM)
    boss = make_user("supervisor", company)
    span = Span(company, day(0), day(30))
    rows = {r.actor: r for r in effort(boss, span)}
    hers, his = rows[ana.label], rows[ben.label]
    assert (hers.calls, hers.reached, hers.notes, hers.minutes, hers.contact_rate) == (1, 1, 1, 4, 100)
    assert (hers.taken, hers.decided, hers.kept, hers.kept_rate) == (1, 1, 1, 100)
    assert (hers.brought, his.brought, his.contact_rate, his.kept_rate) == (100_00, 40_00, 0, None)
    total = total_of(list(rows.values()))
    assert total.brought == sum(p.amount for p in brought(boss, span)) == 140_00 and total.contacts == 2
    assert [p.amount for p in brought(boss, span, ben.label)] == [40_00]
    assert not effort(make_user("supervisor", make_company()), span), "another company's people see nothing"
    that_day = effort(boss, Span(company, day(5), day(5)))
    assert total_of(that_day).brought == 40_00, "the contact may be of the days before the span"


@pytest.mark.parametrize("name", ["effort", "activities", "effort-payments"])
def test_days_at_the_end_of_the_calendar_are_no_error(client, name):
    client.force_login(make_user("supervisor", make_company()))
    for asked in ("since=0001-01-01&until=0001-01-09", "until=0001-01-09", "until=9999-12-31", "since=yesterday"):
        assert client.get(f"{reverse(f'collections:{name}')}?{asked}").status_code == 200


def test_answers_by_mail_count_as_work_and_stand_among_the_rows(client):
    company = make_company()
    ana, boss = make_user("specialist", company), make_user("supervisor", company)
    nordia = make_customer(company, "Nordia", collector=ana)
    bill, today = issue(nordia, 300_00), clock.today()

    def mail(key, actor=ana):
        return queue_message(
            actor=actor, company=company, customer=nordia, kind="answer", dedupe_key=key, recipients=["ap@nordia.example"],
            subject=f"Re {key}", body="The copy is enclosed.", not_before=clock.now(), author=actor.label,
        )[0]  # fmt: skip

    mail("one")
    cancel_message(actor=ana, message=mail("taken back"))
    log_activity(actor=ana, customer=nordia, kind="email", today=today, body="By my own program.")
    apply(receive(nordia, 100_00, day=today), (bill, 100_00), day=today)
    (row,) = effort(boss, span := Span(company, today, today))
    assert (row.actor, row.mails, row.contacts, row.brought) == (ana.label, 2, 2, 100_00)
    rows, count, _ = contacts(boss, span, Wanted(kind="email,letter"), 10)
    assert count == 2 and {r.body for r in rows} == {"Re one", "By my own program."}
    client.force_login(boss)
    page = client.get(reverse("collections:activities"), {"kind": "email,letter"})
    assert page.status_code == 200 and b"Re one" in page.content
    assert not effort(make_user("supervisor", make_company()), span)
