"""Pages of late charges and of the ladder: what stands on them, who may do what, and what a portfolio hides."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from collections_app.models import Charge, ChargePolicy, Escalation, Rung
from collections_app.policy.charges import Tier
from collections_app.services.charges.policies import NewPolicy, save_policy
from collections_app.services.charges.running import charge_last_month
from collections_app.services.escalation.ladder import add_standard_ladder
from collections_app.services.escalation.raising import propose_escalations
from org.services import create_api_key
from tests.factories import SYSTEM, issue, make_company, make_customer, make_user

pytestmark = pytest.mark.django_db
TODAY = date(2026, 10, 5)


@pytest.fixture
def company(settings: Any) -> Any:
    """A company that charges interest since September, with a ladder and an account of 1,000.00 due 31 July, Ana's; another is nobody's."""
    settings.BUSINESS_DATE = TODAY
    made = make_company()
    tiers = (Tier(0, Decimal(12)),)
    save_policy(actor=SYSTEM, company=made, wanted=NewPolicy("Interest", "rate", tiers, date(2026, 9, 1)), today=date(2026, 9, 1))
    add_standard_ladder(actor=SYSTEM, company=made)
    return made


def login(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text(client: Client, name: str, *args: Any, query: str = "") -> str:
    response = client.get(reverse(f"collections:{name}", args=args) + query)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def test_a_month_is_previewed_run_and_waived_on_pages(company: Any) -> None:
    ana = make_user("specialist", company, scope="portfolio")
    mine, other = make_customer(company, "Nordia", collector=ana), make_customer(company, "Kestrel")
    for customer in (mine, other):
        issue(customer, 1000_00, day=date(2026, 7, 1))
    supervisor = login(make_user("supervisor", company))
    seen = text(supervisor, "charges-preview", company.pk)
    assert "Nordia" in seen and "19.72" in seen and "Assess September 2026" in seen
    assert "Kestrel" not in text(login(ana), "charges-preview", company.pk)
    assert login(ana).post(reverse("collections:charges-run", args=[company.pk])).status_code == 403
    assert supervisor.post(reverse("collections:charges-run", args=[company.pk])).status_code == 302
    charge_last_month(company=company, day=TODAY, actor=SYSTEM, now=None)  # type: ignore[arg-type]
    assert "Kestrel" not in text(login(ana), "charges")
    assert "9.86" in text(supervisor, "charges", query="?state=open&month=2026-09")
    charge = Charge.objects.get(customer=mine)
    page = text(login(ana), "charge", charge.pk)
    assert ">12<" in page and "30" in page and "Goes to Supervisor" in page
    post = {"reason": "late invoice", "token": "t1"}
    assert login(ana).post(reverse("collections:charge-waive", args=[charge.pk]), post).status_code == 302
    charge.refresh_from_db()
    assert charge.state == "waiver_asked"
    assert login(ana).post(reverse("collections:charge-waive", args=[Charge.objects.get(customer=other).pk]), post).status_code == 404
    key = create_api_key(actor=SYSTEM, name="k", scopes=["collections:read"], companies=[company])[1]
    told = Client().get(f"/api/v1/late-charges/chg_{charge.pk}", headers={"Authorization": f"Bearer {key}"})
    assert told.status_code == 200 and told.json()["lines"][0]["days"][0]["days"] == 30


def test_policies_and_limits_are_kept_from_a_day_on(company: Any) -> None:
    supervisor = login(make_user("supervisor", company))
    held = ChargePolicy.objects.get(company=company)
    assert "Interest" in text(supervisor, "charge-policies")
    form = {
        "name": "Dearer", "basis": "rate", "valid_from": "2026-10-01", "grace_days": "3", "days_0": "0", "rate_0": "14", "days_1": "31",
        "rate_1": "18.5",
    }  # fmt: skip
    address = reverse("collections:charge-policy-new", args=[company.pk])
    assert 'value="12"' in supervisor.get(f"{address}?of={held.pk}").content.decode()
    assert supervisor.post(address, form).status_code == 302
    held.refresh_from_db()
    assert held.valid_to == date(2026, 9, 30) and ChargePolicy.objects.get(name="Dearer").tiers.count() == 2
    assert supervisor.post(address, form | {"valid_from": "2026-08-01"}).status_code == 422
    limit = {"place": "US-TX", "max_rate": "18", "source": "the code", "limit_from": "2026-10-01"}
    assert supervisor.post(reverse("collections:legal-limit-new", args=[company.pk]), limit).status_code == 302
    assert "US-TX" in text(supervisor, "charge-policies")
    assert login(make_user("specialist", company)).get(address).status_code == 403


def test_a_case_is_raised_edited_and_decided_on_pages(company: Any) -> None:
    ana = make_user("specialist", company, scope="portfolio")
    mine, other = make_customer(company, "Nordia", collector=ana), make_customer(company, "Kestrel")
    for customer in (mine, other):
        issue(customer, 1000_00, day=date(2026, 7, 1))
    propose_escalations(actor=SYSTEM, company=company, day=TODAY)
    client = login(ana)
    listed = text(client, "escalations", query="?view=proposed")
    assert "Nordia" in listed and "Kestrel" not in listed
    case, foreign = Escalation.objects.get(customer=mine), Escalation.objects.get(customer=other)
    assert client.get(reverse("collections:escalation", args=[foreign.pk])).status_code == 404
    assert "Raise to Collections manager" in text(client, "escalation", case.pk)
    client.post(reverse("collections:escalation-edit", args=[case.pk]), {"summary": "In my words", "version": case.version})
    client.post(reverse("collections:escalation-step", args=[case.pk, "confirm"]), {"version": case.version + 1})
    case.refresh_from_db()
    assert (case.state, case.summary, case.raised_by) == ("open", "In my words", ana.label)
    manager = login(make_user("collections_manager", company))
    assert "In my words" in text(manager, "escalation", case.pk) and "Nordia" in text(manager, "escalations")
    decision = {"version": case.version, "outcome": "accepted", "words": "hold deliveries"}
    assert client.post(reverse("collections:escalation-decide", args=[case.pk]), decision).status_code == 403
    manager.post(reverse("collections:escalation-decide", args=[case.pk]), decision)
    case.refresh_from_db()
    assert (case.state, case.decision) == ("decided", "hold deliveries")
    assert manager.get(reverse("collections:escalation-summary", args=[case.pk]))["Content-Type"] == "application/pdf"


def test_an_account_is_raised_by_hand_and_the_ladder_is_changed(company: Any) -> None:
    customer = make_customer(company, "Nordia")
    issue(customer, 1000_00, day=date(2026, 7, 1))
    supervisor = login(make_user("supervisor", company))
    agency = Rung.objects.get(company=company, code="agency")
    made = supervisor.post(
        reverse("collections:escalation-new", args=[customer.pk]), {"rung": agency.pk, "currency": "USD", "reason": "silence"}
    )
    case = Escalation.objects.get()
    assert made["Location"] == reverse("collections:escalation", args=[case.pk])
    other = login(make_user("supervisor", company))
    other.post(reverse("collections:escalation-outside", args=[case.pk, "place"]), {"version": case.version, "words": "Fairway"})
    case.refresh_from_db()
    assert case.state == "placed" and "Fairway" in text(other, "escalation", case.pk)
    rung = {"name": "Board", "role": "controller", "days_past_due": "200", "minimum": "10,000.00", "is_active": "on"}
    assert supervisor.post(reverse("collections:rung-new", args=[company.pk]), rung).status_code == 302
    assert Rung.objects.get(name="Board").minimum == 10_000_00 and "Board" in text(supervisor, "ladder")
    assert supervisor.post(reverse("collections:rung", args=[agency.pk]), rung | {"role": "", "risks": "XY"}).status_code == 422
