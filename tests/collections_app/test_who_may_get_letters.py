"""Letters that nobody may get are held; a person finds somebody who may."""

import pytest

from arops.api.ids import public
from arops.lib import pdf
from collections_app.selectors.leads import _unreachable
from collections_app.services.strategies import create_standard_strategy
from customers.models import Contact, Customer
from customers.readers import value_of
from customers.services import save_contacts
from tests.collections_app.test_dunning_runs import DAY, later, owes, run, told
from tests.factories import SYSTEM, make_company, make_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(settings, monkeypatch):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    monkeypatch.setattr(pdf, "is_available", lambda: False)
    company = make_company()
    create_standard_strategy(actor=SYSTEM, company=company)
    return company


def test_whom_nobody_may_write_to_is_held_for_a_reason_until_a_contact_may_get_it_or_paper_has_an_address(company):
    silent, housed, chosen = owes(company, "Silent"), owes(company, "Housed"), owes(company, "Chosen")
    Contact.objects.filter(customer__in=[silent, housed]).update(takes_mail=False, phone="1")
    Contact.objects.filter(customer=chosen).update(purposes=["invoice"])
    Customer.objects.filter(pk=housed.pk).update(address="1 High Street")
    assert run(company).counts["printed"] == 1 and told(housed) == [(1, 100_00, "")]
    assert told(silent) == told(chosen) == [(0, 0, "unreached")]
    held = chosen.dunning_letters.get()
    assert held.held_out == 100_00 and held.left_out_because.startswith("no contact gets reminders and dunning letters, and there is no")
    why = {lead.why for _, _, lead in _unreachable([silent.pk, housed.pk, chosen.pk], DAY)}
    assert len(why) == 2 and all(one.startswith("reminders are held: ") for one in why)
    chosen.contacts.update(purposes=["dunning"])
    assert told(chosen, later(company, 1)) == [(1, 100_00, "")] and told(silent)[-1] == (0, 0, "unreached")


def test_what_contacts_get_comes_by_list_and_api_and_a_word_that_is_none_is_told():
    acme = make_customer(make_company())
    row = {"customer": public("customer", acme.pk), "name": "Eva", "email": "eva@acme.example", "external_id": "E1", "takes_mail": False}
    row["purposes"] = value_of("purposes", "Dispute; invoice")
    (made,) = save_contacts([row], actor=SYSTEM, source_system="erp")
    assert (made.outcome, made.problems) == ("created", ())
    eva = acme.contacts.get()
    assert (eva.purposes, eva.takes_mail, eva.gets_words) == (["invoice", "dispute"], False, "")
    (bad,) = save_contacts([row | {"purposes": ["post"]}], actor=SYSTEM, source_system="erp")
    assert bad.outcome == "rejected" and bad.problems[0].pointer == "/purposes"
    assert save_contacts([row | {"takes_mail": True}], actor=SYSTEM, source_system="erp")[0].outcome == "updated"
    eva.refresh_from_db()
    assert eva.gets_words == "invoices, answers about disputes"
