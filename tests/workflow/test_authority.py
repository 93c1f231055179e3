"""Who may decide: limits and who sets them, deputies and who names them, what is foreseen."""

from datetime import timedelta

import pytest

from org.actors import NotAllowed
from org.models import Membership
from org.services import OrgError, confirm_change
from org.services.second import NotSecond, Overtaken
from tests.factories import SYSTEM, make_company, make_user
from tests.workflow.asking import KIND, NOW, TODAY, allow, ana, carl, company, kind, sue, wish
from workflow.models import AuthorityLimit, Event
from workflow.services.approvals import ApprovalRefused, foresee
from workflow.services.limits import (
    DeputyRefused,
    LimitRefused,
    ask_standard_limits,
    end_deputy,
    name_deputy,
    set_limit,
    standard_limits,
)

__all__ = ["ana", "carl", "company", "kind", "sue"]


def test_a_deputy_decides_in_those_days_under_both_names(company, ana, sue, carl):
    last = TODAY + timedelta(days=1)
    deputy = name_deputy(actor=carl, person=carl, deputy=sue, first_day=TODAY, last_day=last, today=TODAY, note="leave")
    large = wish(ana, company, 4_000_00)
    foreseen = foresee(
        actor=ana, company=company, kind=KIND, amount=1_00, currency="USD", customer_id=7, today=TODAY
    )  # fmt: skip
    assert [(s.person.pk, s.behalf.pk if s.behalf else None) for s in foreseen.people] == [(carl.pk, None), (sue.pk, carl.pk)]
    with pytest.raises(ApprovalRefused):
        allow(sue, large, TODAY + timedelta(days=2))
    done = allow(sue, large)
    assert (done.decided_by, done.on_behalf_of) == (sue.label, carl.label)
    assert Event.objects.get(type="approval.approved").data["on_behalf_of"] == carl.label
    end_deputy(actor=sue, deputy=deputy, now=NOW)
    with pytest.raises(ApprovalRefused):
        allow(sue, wish(ana, company, 100_00))


def test_who_may_name_a_deputy(company, ana, sue, carl):
    span = {"first_day": TODAY, "last_day": TODAY, "today": TODAY}
    with pytest.raises(NotAllowed):
        name_deputy(actor=ana, person=carl, deputy=sue, **span)
    with pytest.raises(DeputyRefused, match="makes themselves"):
        name_deputy(actor=sue, person=carl, deputy=sue, **span)
    with pytest.raises(DeputyRefused, match="somebody else"):
        name_deputy(actor=sue, person=sue, deputy=sue, **span)
    with pytest.raises(DeputyRefused, match="no role"):
        name_deputy(actor=sue, person=sue, deputy=make_user("supervisor", make_company()), **span)
    with pytest.raises(DeputyRefused, match="last day"):
        name_deputy(actor=sue, person=sue, deputy=ana, first_day=TODAY, last_day=TODAY - timedelta(days=1), today=TODAY)
    assert name_deputy(actor=sue, person=carl, deputy=ana, **span).pk  # by whoever assigns work


def test_whoever_asks_does_not_choose_who_decides(company, ana, sue, carl):
    """A supervisor asks for more than another of her kind may allow, and names that one the controller's deputy."""
    mate = make_user("supervisor", company)
    name_deputy(actor=sue, person=carl, deputy=mate, first_day=TODAY, last_day=TODAY, today=TODAY)
    large = wish(sue, company, 4_000_00)
    with pytest.raises(ApprovalRefused, match="more than you may"):
        allow(mate, large)
    assert allow(mate, wish(ana, company, 4_000_00, customer=8)).on_behalf_of == carl.label


def test_a_deputy_is_named_by_someone_of_all_the_companies_he_would_decide_in(company, sue):
    other = make_company()
    boss, mate = make_user("controller", company, other), make_user("supervisor", company, other)
    span = {"first_day": TODAY, "last_day": TODAY, "today": TODAY}
    with pytest.raises(NotAllowed, match="in all companies"):
        name_deputy(actor=sue, person=boss, deputy=mate, **span)
    assert name_deputy(actor=make_user("supervisor", company, other), person=boss, deputy=mate, **span).pk


def test_foresight_says_who_and_why(company, ana, sue, carl):
    wish(ana, company, 60_00)

    def ahead(amount, currency="USD", makers=()):
        return foresee(
            actor=ana, company=company, kind=KIND, amount=amount, currency=currency, customer_id=7, makers=makers, today=TODAY
        )  # fmt: skip

    assert (ahead(40_00).alone, ahead(41_00).alone, ahead(41_00).summed) == (True, False, 101_00)
    assert "with the 60.00 of the last 30 days it is 101.00" in ahead(41_00).words
    assert [s.words for s in ahead(41_00).people] == ["AR supervisor: up to 1,000.00 USD", "Controller: up to 5,000.00 USD"]
    assert [s.person.pk for s in ahead(2_000_00).people] == [carl.pk]
    assert [s.person.pk for s in ahead(1_00, makers=[sue.label]).people] == []  # 61 of 100: alone
    assert "Nobody’s limit is high enough" in ahead(6_000_00).words
    assert "No limits are set for things in EUR" in ahead(1_00, "EUR").words
    assert "You made what this is about" in ahead(1_00, makers=[ana.label]).words


def test_limits_are_set_by_those_who_manage_settings_but_not_for_their_own_role(company, sue):
    chief = make_user("administrator", company)

    def put(actor=chief, role="supervisor", alone=1, may=2):
        return set_limit(actor=actor, company=company, role=role, kind=KIND, currency="USD", alone=alone, approve=may, now=NOW)

    assert put().approve == 2
    assert Event.objects.get(type="authority.changed").data["before"] == {"alone": 500_00, "approve": 1_000_00}
    assert put(alone=None, may=None) is None
    wrong = (({"role": "auditor"}, "nothing to do"), ({"role": "specialist"}, "approves nothing"), ({"alone": -1}, "zero or more"))
    for refused, said in wrong:
        with pytest.raises(LimitRefused, match=said):
            put(**refused)
    with pytest.raises(NotAllowed):
        put(actor=sue)
    Membership.objects.create(user=chief, company=company, role="supervisor")
    with pytest.raises(LimitRefused, match="hold this role yourself"):
        put(actor=type(chief).objects.get(pk=chief.pk))


def test_a_higher_limit_counts_once_another_confirms_who_doesnt_gain_by_it(company, sue, carl):
    chief, limit = make_user("administrator", company), AuthorityLimit.objects.filter(company=company, role="supervisor", kind=KIND)

    def put(role="supervisor", alone=600_00, may=1_000_00):
        return set_limit(actor=chief, company=company, role=role, kind=KIND, currency="USD", alone=alone, approve=may, now=NOW)

    asked, other = put(), put(alone=700_00)
    assert (asked.state, limit.get().alone) == ("waiting", 500_00) and "600.00 USD alone" in asked.title
    with pytest.raises(NotSecond):
        confirm_change(actor=chief, change=asked, now=NOW)
    with pytest.raises(OrgError, match="name a third"):  # the controller would confirm his own
        put("controller", 1_00, 9_000_00)
    Membership.objects.create(user=carl, company=company, role="supervisor")
    with pytest.raises(LimitRefused, match="hold this role"):
        confirm_change(actor=type(carl).objects.get(pk=carl.pk), change=asked, now=NOW)
    Membership.objects.filter(user=carl, role="supervisor").delete()
    confirm_change(actor=type(carl).objects.get(pk=carl.pk), change=asked, now=NOW)
    assert limit.get().alone == 600_00
    with pytest.raises(Overtaken, match="changed since"):
        confirm_change(actor=carl, change=other, now=NOW)
    assert put(alone=1).alone == 1, "less counts at once"


@pytest.mark.django_db
def test_the_standard_limits_are_asked_for_by_one_and_confirmed_by_another_who_holds_none_of_the_roles():
    company = make_company()
    chief = make_user("administrator", company)

    def ask(currency="USD"):
        return ask_standard_limits(actor=chief, company=company, currency=currency, now=NOW)

    def limits(currency="USD"):
        return set(AuthorityLimit.objects.filter(company=company, currency=currency).values_list("role", flat=True))

    assert ask() and "controller" in limits(), "while the first administrator is alone there"
    carl = make_user("controller", company)
    waits = ask("EUR")
    assert waits.state == "waiting" and limits("EUR") == set() and "Controller" not in waits.title
    with pytest.raises(LimitRefused, match="wait for another"):
        ask("EUR")
    with pytest.raises(NotSecond):
        confirm_change(actor=chief, change=waits, now=NOW)
    confirm_change(actor=carl, change=waits, now=NOW)
    assert limits("EUR") == limits() - {"controller"}, "the controller confirms nothing of his own"
    with pytest.raises(LimitRefused, match="nothing to set"):
        ask("EUR")
    second = make_user("administrator", company)
    rest = ask("EUR")
    with pytest.raises(NotSecond):
        confirm_change(actor=carl, change=rest, now=NOW)
    confirm_change(actor=second, change=rest, now=NOW)
    assert limits("EUR") == limits()
    Membership.objects.create(user=chief, company=company, role="supervisor")
    chief = type(chief).objects.get(pk=chief.pk)
    confirm_change(actor=second, change=ask("GBP"), now=NOW)
    assert limits("GBP") == limits() - {"supervisor"}, "nor anybody of a role they hold"
    for person in (carl, make_user("supervisor", company)):
        with pytest.raises(NotAllowed):
            ask_standard_limits(actor=person, company=company, currency="CAD", now=NOW)
    with pytest.raises(NotAllowed):
        standard_limits(company=company, actor=chief)


def test_standard_limits_are_set_once_in_each_currency(company):
    made = standard_limits(company=company, actor=SYSTEM, currencies=["JPY"])
    assert made and standard_limits(company=company, actor=SYSTEM, currencies=["JPY"]) == 0
    found = AuthorityLimit.objects.get(company=company, kind="credit_memo", currency="USD", role="supervisor")
    assert (found.alone, found.approve) == (10_000_00, 25_000_00)
    assert AuthorityLimit.objects.get(company=company, kind="credit_memo", currency="JPY", role="specialist").alone == 50_000
