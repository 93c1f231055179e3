"""Pages about payers: proposed by one person and approved by another, aliases, unknown accounts; a portfolio sees its own."""

from datetime import timedelta

import pytest
from django.urls import reverse

from cashapp.models import PayerAccountChange, PayerAlias, PayerRelation
from cashapp.services.account_raising import raise_changes
from messaging.models import Message
from tests.cashapp.desk import acme, ana, bank, senior
from tests.cashapp.worlds import TODAY, money_in
from tests.factories import SYSTEM, make_customer, make_user

__all__ = ["acme", "ana", "bank", "senior"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def day(settings):
    settings.BUSINESS_DATE = TODAY


def url(name, *args):
    return reverse(f"cashapp:{name}", args=args)


def test_a_relation_is_proposed_on_one_page_and_approved_on_another_persons(client, bank, acme, senior) -> None:
    beta = make_customer(bank.company, "Beta Ltd")
    client.force_login(senior)
    form = {"kind": "centre", "pays_for": beta.number, "payer": acme.number, "valid_from": "2026-09-01", "reason": "contract 7"}
    assert client.post(url("payer-relation-new"), form | {"payer": "nobody"}).status_code == 422
    assert client.post(url("payer-relation-new"), form).status_code == 302
    relation = PayerRelation.objects.get()
    assert b"somebody else approves it" in client.get(url("payer-relation", relation.pk)).content
    assert client.post(url("payer-relation-decide", relation.pk), {"do": "approve"}).status_code == 403
    client.force_login(make_user("supervisor", bank.company))
    assert client.post(url("payer-relation-decide", relation.pk), {"do": "approve"}).status_code == 302
    relation.refresh_from_db()
    assert relation.state == "active"
    assert b"what was agreed" in client.get(url("payer-graph", beta.pk)).content
    assert client.post(url("payer-relation-end", relation.pk), {"day": "2026-09-10", "reason": ""}).status_code == 422
    assert client.post(url("payer-relation-end", relation.pk), {"day": "2026-09-10", "reason": "sold"}).status_code == 302


def test_an_unknown_account_is_asked_about_and_decided(client, bank, acme, senior) -> None:
    receipt = money_in(bank, 70_00, acme, account="NEW1")
    raise_changes(SYSTEM, bank.company.pk, [(receipt, acme.pk)])
    change = PayerAccountChange.objects.get()
    acme.contacts.create(name="Eva", email="eva@acme.example")
    client.force_login(senior)
    assert b"NEW1" in client.get(url("payer-changes")).content
    assert (
        client.post(url("payer-change-tell", change.pk)).status_code == 302 and Message.objects.filter(kind="account_change").count() == 1
    )
    assert client.post(url("payer-change-decide", change.pk), {"do": "suspect", "words": ""}).status_code == 422
    assert client.post(url("payer-change-decide", change.pk), {"do": "confirm", "words": "called"}).status_code == 422, (
        "a senior can't confirm"
    )
    client.force_login(make_user("supervisor", bank.company))
    assert client.post(url("payer-change-decide", change.pk), {"do": "confirm", "words": "called Eva"}).status_code == 302
    alias = PayerAlias.objects.get(value="NEW1")
    assert client.post(url("payer-alias", alias.pk), {"scope": "group", "expires_on": TODAY + timedelta(days=9)}).status_code == 302
    assert client.post(url("payer-alias-approve", alias.pk)).status_code == 422, "he changed it himself"
    assert client.post(url("payer-alias-retire", alias.pk), {"reason": "closed"}).status_code == 302
    row = f'id="alias-{alias.pk}"'.encode()
    assert row not in client.get(url("payer-aliases")).content and row in client.get(url("payer-aliases") + "?view=retired").content


def test_a_portfolio_sees_neither_names_nor_accounts_of_others(client, bank, acme) -> None:
    mine = make_customer(bank.company, "Mine Ltd")
    seller = make_user("specialist", bank.company, scope="portfolio")
    type(mine).objects.filter(pk=mine.pk).update(collector=seller)
    PayerRelation.objects.create(
        company=bank.company, kind="centre", payer=acme, pays_for=mine, valid_from=TODAY, state="active", proposed_by="user:9"
    )
    raise_changes(SYSTEM, bank.company.pk, [(money_in(bank, 70_00, acme, account="NEW1"), acme.pk)])
    PayerAlias.objects.create(company=bank.company, customer=acme, kind="account", value="OLD1", created_by="user:9")
    client.force_login(seller)
    for page in (url("payers"), url("payer-aliases"), url("payer-changes") + "?view=all", url("payer-graph", mine.pk)):
        shown = client.get(page).content
        assert b"ACME" not in shown and b"NEW1" not in shown and b"OLD1" not in shown, page
    assert b"1 more is not among the customers" in shown
    assert client.get(url("payer-graph", acme.pk)).status_code == 404
