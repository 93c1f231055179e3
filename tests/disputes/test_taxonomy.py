"""The taxonomy: what a company begins with covers the check, and what it may change."""

import pytest

from disputes.models import Cause, Stage
from disputes.policy.taxonomy import STANDARD, moved
from disputes.selectors.causes import causes_of, rules_without_cause
from disputes.services.causes import CauseError, add_cause, change_cause, map_rules, restore_cause, retire_cause, standard_causes
from invoicing.checks import BY_CODE
from org.actors import NotAllowed
from org.models import Department
from tests.factories import make_company, make_user
from workflow.models import Event


def test_the_standard_set_covers_every_rule_once_and_every_stage() -> None:
    """Each rule points to one cause, whose stage is one where the rule may find its origin."""
    rules = [rule for cause in STANDARD for rule in cause.rules]
    assert sorted(rules) == sorted(BY_CODE)
    assert {c.stage for c in STANDARD} == set(Stage.values)
    assert len({c.code for c in STANDARD}) == len({c.name for c in STANDARD}) == len(STANDARD)
    wrong = [(c.code, rule) for c in STANDARD for rule in c.rules if c.stage not in BY_CODE[rule].origins]
    assert wrong == []


def test_rules_that_move_leave_the_cause_they_were_at() -> None:
    after = moved({"a": ["price", "unit"], "b": ["terms"]}, {"price": "b", "terms": ""})
    assert after == {"a": ["unit"], "b": ["price"]}


@pytest.mark.django_db
class TestTheCompanysOwn:
    @pytest.fixture(autouse=True)
    def company(self):
        self.company = make_company()
        self.sales = Department.objects.create(company=self.company, code="sales", name="Sales")
        self.boss = make_user("supervisor", self.company)
        standard_causes(actor=self.boss, company=self.company)

    def cause(self, code="price_setup"):
        return Cause.objects.get(company=self.company, code=code)

    def test_departments_own_what_is_theirs_and_a_second_set_up_adds_nothing(self):
        assert self.cause().owner == self.sales and self.cause("goods_short").owner is None
        change_cause(actor=self.boss, cause=self.cause(), name="Wrong price", stage="pricing_setup", owner=None, is_ours=True)
        assert standard_causes(actor=self.boss, company=self.company) == 0
        assert self.cause().name == "Wrong price"
        assert rules_without_cause(causes_of(self.company.pk)) == []

    def test_a_cause_is_added_renamed_given_away_and_the_trail_says_so(self):
        made = add_cause(actor=self.boss, company=self.company, name="Rebate forgotten", stage="pricing_setup", owner=self.sales)
        assert made.code == "rebate_forgotten"
        change_cause(actor=self.boss, cause=made, name="Rebate left out", stage="contract_setup", owner=None, is_ours=True)
        told = Event.objects.get(type="cause.changed").data["changes"]
        assert told == {
            "name": ["Rebate forgotten", "Rebate left out"],
            "stage": ["pricing_setup", "contract_setup"],
            "owner": ["sales", None],
        }
        with pytest.raises(CauseError, match="already"):
            add_cause(actor=self.boss, company=self.company, name="rebate LEFT out", stage="pricing_setup")
        theirs = Department.objects.create(company=make_company(), code="x", name="Theirs")
        with pytest.raises(CauseError, match="not a department"):
            add_cause(actor=self.boss, company=self.company, name="Other", stage="pricing_setup", owner=theirs)

    def test_a_retired_cause_gives_its_rules_up_and_isnt_chosen(self):
        retire_cause(actor=self.boss, cause=self.cause())
        assert not Cause.objects.filter(company=self.company, rules__contains="price").exists()
        with pytest.raises(CauseError, match="in use"):
            map_rules(actor=self.boss, company=self.company, wanted={"price": "price_setup"})
        restore_cause(actor=self.boss, cause=self.cause())
        assert map_rules(actor=self.boss, company=self.company, wanted={"price": "price_setup", "unit": "price_setup"}) == 2
        assert Cause.objects.get(company=self.company, rules__contains="unit").code == "price_setup"

    def test_only_those_who_set_cases_up_change_it(self):
        senior = make_user("senior", self.company)
        for change in (
            lambda: add_cause(actor=senior, company=self.company, name="X", stage="logistics"),
            lambda: retire_cause(actor=senior, cause=self.cause()),
            lambda: map_rules(actor=senior, company=self.company, wanted={"price": ""}),
            lambda: standard_causes(actor=senior, company=self.company),
        ):
            with pytest.raises(NotAllowed):
                change()
