"""Cash that isn't applied, by owner and age; who is told; credits that nobody claims."""

from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from cashapp.models import DormancyRule
from cashapp.selectors.dormant import credits_of
from cashapp.selectors.unapplied import Asked, by_owner, open_cash, sums_of
from cashapp.services import reconciling
from cashapp.services.payers import name_payer
from cashapp.services.reconciling.alerting import cash_notices
from cashapp.services.reconciling.dormancy import DormancyRefused
from cashapp.services.reconciling.owning import OwnerRefused
from customers.models import Contact
from messaging.models import Message
from org.actors import NotAllowed
from tests.cashapp.worlds import make_bank, money_in
from tests.factories import DAY, SYSTEM, issue, make_customer, make_user

NOW = datetime.fromisoformat("2026-09-20T08:00:00+00:00")
TODAY = date(2026, 9, 20)


@pytest.mark.django_db
def test_figures_are_the_sum_of_their_rows_on_any_day_and_a_portfolio_sees_its_own() -> None:
    bank = make_bank()
    company = bank.company
    ana, bea = (make_user("specialist", company, scope="portfolio") for _ in range(2))
    mine, theirs = make_customer(company, "Mine", collector=ana), make_customer(company, "Theirs", collector=bea)
    money_in(bank, 100_00, mine, day=DAY - timedelta(days=40))
    money_in(bank, 30_00, theirs, day=DAY)
    stranger = money_in(bank, 8_00, payer="Z Holdings", day=DAY - timedelta(days=12))
    whole = open_cash(SYSTEM, TODAY, company.code)
    assert sums_of(whole) == {"EUR": 138_00} == {"EUR": sum(o.total for o in by_owner(whole))}
    for owned in by_owner(whole):
        for n, amount in enumerate(owned.buckets):
            owner = str(owned.owner.pk) if owned.owner else "none"
            asked = Asked(TODAY, currency=owned.currency, kind=owned.kind, owner=owner, bucket=str(n))
            assert sum(c.amount for c in whole if asked.takes(c)) == amount
    assert {c.receipt.payer_name for c in open_cash(ana, TODAY)} == {"Mine", "Z Holdings"}
    assert sums_of(open_cash(SYSTEM, DAY - timedelta(days=20))) == {"EUR": 100_00}

    name_payer(actor=SYSTEM, receipt=stranger, version=stranger.version, customer=mine, today=TODAY, now=NOW)
    assert {(c.kind, c.owner) for c in open_cash(ana, TODAY)} == {("unapplied", ana)}


@pytest.mark.django_db
def test_cash_is_given_away_in_bulk_and_its_owner_is_told_when_it_waits_too_long() -> None:
    bank = make_bank()
    company = bank.company
    ana, eva = make_user("specialist", company), make_user("supervisor", company)
    old = [money_in(bank, amount, payer="Z", day=TODAY - timedelta(days=25)) for amount in (5_00, 6_00)]
    (nobodys,) = cash_notices(NOW, TODAY)
    assert nobodys.recipients == (eva.email,) and "11.00 EUR" in nobodys.subject
    with pytest.raises(NotAllowed):
        reconciling.assign_receipts(actor=ana, receipts=old, owner=eva)
    assert reconciling.assign_receipts(actor=ana, receipts=old[:1], owner=ana) == 1
    with pytest.raises(OwnerRefused):
        reconciling.assign_receipts(actor=eva, receipts=old, owner=make_user("auditor", company))
    assert reconciling.assign_receipts(actor=eva, receipts=old, owner=ana) == 1, "the other was hers already"
    (told,) = cash_notices(NOW, TODAY)
    assert told.recipients == (ana.email,) and told.key == next(iter(cash_notices(NOW, TODAY + timedelta(hours=1)))).key
    with pytest.raises(OwnerRefused):
        reconciling.set_alert_days(actor=eva, company=company, unapplied=0, unidentified=10)
    reconciling.set_alert_days(actor=eva, company=company, unapplied=30, unidentified=60)
    assert list(cash_notices(NOW, TODAY)) == []


@pytest.mark.django_db
def test_a_credit_that_nobody_claims_is_listed_its_owner_written_to_and_never_written_off() -> None:
    bank = make_bank()
    company = bank.company
    ana, senior = make_user("specialist", company), make_user("senior", company)
    customer = make_customer(company, "Quiet Inc", country="US", address="1 Main St\nAustin, TX 78701")
    memo = issue(customer, -40_00, kind="credit_memo", day=date(2025, 2, 1))
    assert [c.state for c in credits_of(ana, company, TODAY)] == ["no_rule"]
    with pytest.raises(NotAllowed):
        reconciling.save_rule(actor=ana, company=company, country="us", region="tx", months=18, notice_months=3, basis="a law")
    for wrong in ({"country": "USA"}, {"months": 2}, {"basis": " "}):
        given = {"country": "US", "region": "TX", "months": 18, "notice_months": 3, "basis": "a law"} | wrong
        with pytest.raises(DormancyRefused):
            reconciling.save_rule(actor=senior, company=company, **given)  # type: ignore[arg-type]
    reconciling.save_rule(actor=senior, company=company, country="us", region="tx", months=22, notice_months=3, basis="a law")
    assert DormancyRule.objects.get().region == "TX"
    (credit,) = credits_of(ana, company, TODAY)
    assert (credit.state, credit.clock.dormant_on if credit.clock else None) == ("to_write", date(2026, 12, 1))
    message, new = reconciling.write_to_owner(actor=ana, credit=credit, today=TODAY, now=NOW)
    assert new and message.channel == "letter" and "40.00 EUR" in message.subject and message.customer == customer
    Contact.objects.create(customer=customer, name="Pay", email="pay@quiet.example", role=Contact.Role.ACCOUNTS_PAYABLE)
    assert reconciling.write_to_owner(actor=ana, credit=credit, today=TODAY, now=NOW) == (message, False), "once a day"
    assert [c.state for c in credits_of(ana, company, TODAY)] == ["written"]
    assert [c.state for c in credits_of(ana, company, date(2026, 12, 1))] == ["due"]
    Message.objects.filter(pk=message.pk).update(state="cancelled")
    assert [c.state for c in credits_of(ana, company, date(2026, 12, 1))] == ["dormant"]
    with pytest.raises(DormancyRefused):
        reconciling.note_word(actor=ana, item=memo, day=TODAY + timedelta(days=1), words="keep it", today=TODAY)
    reconciling.note_word(actor=ana, item=memo, day=TODAY, words="keep it for the next order", today=TODAY)
    assert [c.state for c in credits_of(ana, company, date(2026, 12, 1))] == ["quiet"]


@pytest.mark.django_db
def test_the_pages_show_the_same_figures_and_the_files_too(settings: object) -> None:
    bank = make_bank()
    money_in(bank, 8_00, payer="Z Holdings", day=DAY)
    client = Client()
    client.force_login(make_user("supervisor", bank.company), backend="org.backends.EmailBackend")
    for name in ("cashapp:unapplied", "cashapp:dormant", "cashapp:bank-days", "cashapp:dormancy-rules"):
        assert client.get(reverse(name)).status_code == 200
    page = client.get(reverse("cashapp:unapplied"), {"owner": "none"}).content.decode()
    assert "Z Holdings" in page and "8.00" in page
    assert "Z Holdings" in client.get(reverse("cashapp:unapplied"), {"format": "csv"}).content.decode("utf-8-sig")
    day = reverse("cashapp:bank-day", args=[bank.pk])
    assert "in the books, not at the bank" in client.get(day, {"day": str(DAY)}).content.decode().lower()
    for kind in ("xlsx", "pdf"):
        assert client.get(day, {"day": str(DAY), "format": kind}).status_code == 200
    assert client.post(reverse("cashapp:bank-day-prepare", args=[bank.pk]), {"day": str(DAY)}, follow=True).status_code == 200
