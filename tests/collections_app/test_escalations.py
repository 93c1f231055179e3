"""Accounts on the ladder against the books: proposed, raised, decided, placed, recalled, closed."""

import io
import zipfile
from datetime import date, timedelta
from typing import Any

import pytest

from arops.lib import clock
from collections_app.models import Escalation, PlacedItem, PlannedStep, Rung, StrategyStep
from collections_app.policy.plans import Terms
from collections_app.policy.strategy import StepDraft
from collections_app.selectors.dunning import cases as dunning_cases
from collections_app.selectors.escalation import left_by_offers, standings
from collections_app.selectors.escalation_facts import dealings, facts_of
from collections_app.selectors.recovery import recovery_of
from collections_app.services.activities import log_activity
from collections_app.services.dunning import run_dunning
from collections_app.services.escalation import deciding, placing
from collections_app.services.escalation.errors import EscalationError
from collections_app.services.escalation.ladder import NewRung, add_standard_ladder, move_rung, save_rung
from collections_app.services.escalation.noticing import escalation_notices
from collections_app.services.escalation.raising import propose_escalations, raise_case
from collections_app.services.plans import ask_for_plan, make_plan
from collections_app.services.policies import change_policy
from collections_app.services.strategies import create_standard_strategy
from customers.models import Contact
from disputes.policy.binding import verify
from ledger.models import Entry
from ledger.services import reverse_entries
from org.actors import NotAllowed
from tests.collections_app.desk import WORDS, put_in_force
from tests.factories import SYSTEM, apply, contest, issue, make_company, make_customer, make_user, receive

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 2)
NOW = clock.now()


def world() -> tuple[Any, Any]:
    """A company with the usual ladder, and a customer who owes 900.00 since 1 August: 93 days."""
    company = make_company()
    add_standard_ladder(actor=SYSTEM, company=company)
    customer = make_customer(company, "Nordia", risk="C")
    issue(customer, 900_00, day=date(2026, 7, 2), due=date(2026, 8, 1), number="INV-1")
    return company, customer


def rung(company: Any, code: str) -> Rung:
    return Rung.objects.get(company=company, code=code)


def night(company: Any, day: date = DAY) -> dict[str, int]:
    return propose_escalations(actor=SYSTEM, company=company, day=day)


def test_the_night_proposes_step_by_step_once_and_writes_the_page() -> None:
    company, customer = world()
    log_activity(actor=SYSTEM, customer=customer, kind="call", outcome="no_answer", today=DAY - timedelta(days=9))
    assert night(company) == {"proposed": 1, "closed": 0}
    assert night(company, DAY + timedelta(days=1)) == {"proposed": 0, "closed": 0}
    case = Escalation.objects.get()
    assert (case.number, case.rung.code, case.state, case.amount) == ("ESC-000001", "collections_manager", "proposed", 900_00)
    for words in ("Nordia", "900.00 USD is past due, the oldest by 93 days", "1 calls", "Nothing is in dispute", "No payment on record"):
        assert words in case.summary
    assert case.recommended == "Speak to whoever decides there"
    manager, specialist = make_user("collections_manager", company), make_user("specialist", company)
    raised = deciding.confirm_proposal(actor=specialist, case=case, version=case.version)
    done = deciding.decide(actor=manager, case=raised, outcome="accepted", words="call them", day=DAY, version=raised.version)
    assert (done.state, done.decided_by) == ("decided", manager.label)
    night(company, DAY + timedelta(days=2))
    assert Escalation.objects.get(state="proposed").rung.code == "credit_manager"


def test_what_is_disputed_or_promised_does_not_climb_and_a_refusal_climbs_at_once() -> None:
    company, customer = world()
    item = customer.open_items.get()
    contest(
        company=company, customer=customer, open_item=item, amount=900_00, currency="USD", reason="price", opened_on=DAY, opened_by="x",
        number="D-1", due_date=DAY,
    )  # fmt: skip
    assert night(company)["proposed"] == 0
    other = make_customer(company)
    issue(other, 50_00, day=date(2026, 10, 1), due=date(2026, 10, 30))
    save_rung(actor=SYSTEM, company=company, wanted=NewRung("Refusals", "controller", event="refused"))
    log_activity(actor=SYSTEM, customer=other, kind="call", outcome="refused", today=DAY)
    assert night(company)["proposed"] == 1
    assert Escalation.objects.get().because.startswith("the customer refuses to pay")


def test_a_strategy_raises_an_account_to_its_rung_once() -> None:
    company, customer = world()
    others = [make_customer(company) for _ in range(3)]
    for other in others:
        issue(other, 50_00, day=date(2026, 7, 2), due=date(2026, 8, 1))
    Rung.objects.filter(company=company).exclude(code="controller").update(is_active=False)
    Rung.objects.filter(code="controller").update(days_past_due=365)
    version = put_in_force(company, [StepDraft("escalate", 60, escalate_to="controller"), StepDraft("escalate", 90, escalate_to="legal")])
    for step in version.steps.all():
        for one in (customer, *others):
            item = one.open_items.get()
            PlannedStep.objects.create(
                company=company, customer=one, currency="USD", step=step, cycle=f"{item.number} #{item.pk}", due_on=DAY, amount=1
            )  # fmt: skip
    assert [night(company)["proposed"] for _ in range(2)] == [4, 0]
    assert {(c.rung.code, c.because[:24]) for c in Escalation.objects.all()} == {("controller", "the strategy asks for it")}
    assert set(PlannedStep.objects.values_list("step__escalate_to", "state")) == {("controller", "done"), ("legal", "open")}


def test_cases_are_closed_when_nothing_is_past_due_and_the_ladder_begins_anew() -> None:
    company, customer = world()
    night(company)
    item = customer.open_items.get()
    apply(receive(customer, 900_00, day=DAY), (item, 900_00), day=DAY)
    assert night(company, DAY + timedelta(days=1)) == {"proposed": 0, "closed": 1}
    issue(customer, 10_00, day=date(2026, 8, 1), due=date(2026, 9, 1))
    night(company, DAY + timedelta(days=2))
    assert Escalation.objects.get(state="proposed").rung.code == "collections_manager"


def test_only_the_role_of_the_rung_decides_and_never_on_its_own_case() -> None:
    company, customer = world()
    manager, supervisor = make_user("collections_manager", company), make_user("supervisor", company)
    own = raise_case(
        actor=manager, customer=customer, currency="USD", rung=rung(company, "collections_manager"), reason="big", day=DAY
    )  # fmt: skip
    with pytest.raises(EscalationError, match="doesn't decide"):
        deciding.decide(actor=manager, case=own, outcome="accepted", words="x", day=DAY, version=own.version)
    with pytest.raises(NotAllowed, match="collections manager"):
        deciding.decide(actor=supervisor, case=own, outcome="accepted", words="x", day=DAY, version=own.version)
    with pytest.raises(EscalationError, match="on the ladder already"):
        raise_case(actor=manager, customer=customer, currency="USD", rung=rung(company, "legal"), reason="x", day=DAY)
    other = make_user("collections_manager", company)
    (told,) = [n for n in escalation_notices(clock.now(), DAY) if n.recipients == (other.email,)]
    assert told.subject.startswith("For you: Collections manager: ESC-000001")
    deciding.edit_page(actor=supervisor, case=own, summary="New words", recommended="Go there", version=own.version)
    with pytest.raises(EscalationError, match="somebody changed"):
        deciding.decide(actor=other, case=own, outcome="returned", words="x", day=DAY, version=own.version)
    own.refresh_from_db()
    back = deciding.decide(actor=other, case=own, outcome="returned", words="ask once more", day=DAY, version=own.version)
    assert back.state == "dismissed" and night(company)["proposed"] == 1
    assert Escalation.objects.latest("pk").rung.code == "credit_manager"


def test_what_is_disputed_is_summed_whole_and_letters_that_wait_were_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    company, customer = world()
    monkeypatch.setattr("collections_app.selectors.escalation_facts.LISTED", 1)
    for n in (1, 2):
        contest(
            company=company, customer=customer, open_item=customer.open_items.get(), amount=100_00, currency="USD", reason="price",
            opened_on=DAY, opened_by="x", number=f"D-{n}", due_date=DAY, source=f"test:{n}",
        )  # fmt: skip
    put_in_force(company, [StepDraft("email", 5, texts=WORDS, needs_approval=True)])
    Contact.objects.create(customer=customer, name="Eva", email="eva@nordia.example")
    run_dunning(company=company, day=DAY, actor=SYSTEM, now=NOW)
    facts = facts_of(customer, "USD", DAY + timedelta(days=1))
    assert (facts["disputed"], len(facts["disputes"])) == (200_00, 1)
    assert (facts["contacts"]["letters"], dealings(customer, DAY)) == (0, [])


def placed() -> tuple[Any, Any, Escalation]:
    company, customer = world()
    second = issue(customer, 300_00, day=date(2026, 7, 3), due=date(2026, 8, 2), number="INV-2")
    contest(
        company=company, customer=customer, open_item=second, amount=100_00, currency="USD", reason="price", opened_on=DAY, opened_by="x",
        number="D-1", due_date=DAY,
    )  # fmt: skip
    raised = raise_case(
        actor=make_user("specialist", company), customer=customer, currency="USD", rung=rung(company, "agency"), reason="silence", day=DAY
    )  # fmt: skip
    supervisor = make_user("supervisor", company)
    return company, customer, placing.place(actor=supervisor, case=raised, placed_with="Fairway", day=DAY, version=raised.version)


def test_placed_outside_recovered_from_the_ledger_and_recalled() -> None:
    company, customer, case = placed()
    assert dict(PlacedItem.objects.values_list("open_item__number", "amount")) == {"INV-1": 900_00, "INV-2": 200_00}
    item = customer.open_items.get(number="INV-1")
    first = apply(receive(customer, 500_00, day=DAY), (item, 500_00), day=DAY)
    item.refresh_from_db()
    apply(issue(customer, -100_00, day=DAY, kind="credit_memo"), (item, 100_00), day=DAY)  # credited: nothing recovered
    assert recovery_of([case]) == {case.pk: (1100_00, 500_00)}
    reverse_entries(entries=[Entry.objects.get(pk=first)], day=DAY, actor=SYSTEM, reason="no funds")
    assert recovery_of([case]) == {case.pk: (1100_00, 0)}
    back = placing.recall(actor=make_user("supervisor", company), case=case, reason="too slow", day=DAY, version=case.version)
    assert back.state == "recalled" and night(company)["proposed"] == 0  # the lawyer is reached by hand
    with pytest.raises(EscalationError, match="by now"):
        placing.recall(actor=SYSTEM, case=case, reason="again", day=DAY, version=back.version)


def test_nobody_chases_what_is_placed() -> None:
    company, customer, case = placed()
    create_standard_strategy(company=company, actor=SYSTEM)
    (found,) = dunning_cases(company, DAY, [customer.pk])
    assert found.decision.reason == "stopped"
    placing.recall(actor=SYSTEM, case=case, reason="too slow", day=DAY, version=case.version)
    (found,) = dunning_cases(company, DAY, [customer.pk])
    assert found.decision.reason != "stopped"


def test_the_pack_holds_what_is_needed_and_nothing_of_our_own_words() -> None:
    _, _, case = placed()
    case.refresh_from_db()
    made = placing.make_pack(actor=SYSTEM, case=case)
    assert made.pack
    with zipfile.ZipFile(io.BytesIO(bytes(made.pack.content))) as opened:
        names = set(opened.namelist())
        items = opened.read("items.csv").decode()
    assert {"summary.pdf", "items.csv", "contacts.csv", "dealings.csv", "manifest.json"} <= names
    assert "INV-1" in items and "200.00" in items
    assert verify(io.BytesIO(bytes(made.pack.content))) == []
    sha = made.pack.sha256
    made.refresh_from_db()
    assert placing.make_pack(actor=SYSTEM, case=made).pack.sha256 == sha  # type: ignore[union-attr]


def test_rungs_are_moved_and_refused() -> None:
    company, _ = world()
    move_rung(actor=SYSTEM, rung=rung(company, "supervisor"), up=True)
    assert list(Rung.objects.filter(company=company).values_list("code", flat=True))[:2] == ["collections_manager", "supervisor"]
    with pytest.raises(EscalationError, match="may not decide"):
        save_rung(actor=SYSTEM, company=company, wanted=NewRung("Sales", "sales"))
    with pytest.raises(EscalationError, match="ladder already"):
        add_standard_ladder(actor=SYSTEM, company=company)
    with pytest.raises(NotAllowed):
        save_rung(actor=make_user("specialist", company), company=company, wanted=NewRung("Mine", "supervisor"))


def test_what_an_offer_covers_does_not_climb_while_it_stands_and_the_rest_does(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An offer for all of the account keeps it off the ladder, whichever way it would climb; beside an offer the rest is counted alone."""
    company, customer = world()
    change_policy(actor=SYSTEM, company=company, offer_days=10)
    terms = Terms(DAY, DAY + timedelta(days=20), number=2)
    plan = make_plan(actor=SYSTEM, customer=customer, items=list(customer.open_items.all()), terms=terms, today=DAY)
    ask_for_plan(actor=SYSTEM, plan=plan, today=DAY, now=NOW)
    create_standard_strategy(actor=SYSTEM, company=company)
    put_in_force(company, [StepDraft("escalate", 60, "Up", escalate_to="agency")])
    step = PlannedStep.objects.create(
        company=company, customer=customer, currency="USD", step=StrategyStep.objects.get(name="Up"), cycle="x", due_on=DAY
    )  # fmt: skip
    assert night(company, DAY + timedelta(days=10))["proposed"] == 0
    step.refresh_from_db()
    assert left_by_offers([customer.pk], DAY) == {(customer.pk, "USD"): f"in {plan.number}, which waits for an answer until 12 Nov 2026"}
    monkeypatch.setattr(clock, "today", lambda: DAY)
    client.force_login(make_user("specialist", company))
    assert f"what is past due in USD is in {plan.number}" in client.get(f"/customers/{customer.pk}/").content.decode()
    assert step.state == "open", "it waits with the account"
    other = make_customer(company, "Half")
    items = [issue(other, amount, day=date(2026, 7, 2), due=date(2026, 8, 1)) for amount in (500_00, 70_00)]
    half = make_plan(actor=SYSTEM, customer=other, items=items[:1], terms=terms, today=DAY)
    ask_for_plan(actor=SYSTEM, plan=half, today=DAY, now=NOW)
    assert [(s.customer_id, s.amount) for s in standings([customer.pk, other.pk], DAY)] == [(other.pk, 70_00)]
    assert night(company, DAY + timedelta(days=11))["proposed"] == 2 and Escalation.objects.get(customer=customer).rung.code == "agency"
