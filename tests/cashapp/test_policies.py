"""The match policy is changed by two: what one asks for counts once another has allowed it."""

import pytest
from django.db import Error, transaction

from cashapp.models import MatchPolicy, PolicyChange
from cashapp.selectors.engine_input import policy_of
from cashapp.services import policies as work
from cashapp.services.rules.errors import RuleRefused
from cashapp.services.rules.notices import policy_notices
from org.actors import NotAllowed
from tests.cashapp.pages import business_date, desk, enter, url
from tests.cashapp.worlds import TODAY
from tests.factories import SYSTEM, make_user
from workflow.models import Event

from .desk import NOW

__all__ = ["business_date", "desk"]
pytestmark = pytest.mark.django_db

TYPED = {
    "posts_alone": "on", "auto_threshold": "92", "suggest_threshold": "40", "tolerances": "EUR 2.50\nJPY 300", "tolerance_percent": "1.0",
    "discount_grace_days": "3", "sample_percent": "10", "alias_months": "24", "payout_wait_days": "5", "why": "the auditors say so",
}  # fmt: skip


def test_one_asks_and_another_lets_it_count_by_the_pages(desk):
    company = desk.bank.company
    controller = make_user("controller", company)
    me, other = enter(desk.senior), enter(controller)
    for wrong in ({"tolerances": "EUR x"}, {"tolerances": "QQQ 1"}, {"auto_threshold": 50}, {"suggest_threshold": 95}, {"why": ""}):
        assert me.post(url("policy", company.pk), TYPED | wrong).status_code == 422, wrong
    at = me.post(url("policy", company.pk), TYPED)["Location"]
    change = PolicyChange.objects.get()
    assert MatchPolicy.objects.get().auto_threshold == 90, "nothing counts yet"
    assert b"a change waits" in enter(desk.ana).get(url("policies")).content
    assert me.get(url("policy", company.pk))["Location"] == at, "one waits at a time"
    own, theirs = me.get(at).content.decode(), other.get(at).content.decode()
    assert "Withdraw it" in own and "Approve" not in own and "Approve" in theirs and "the auditors say so" in theirs
    assert "EUR 2.50, JPY 300" in theirs and "none set" in theirs and "Posts from a score of" in theirs and "grace" not in theirs
    me.post(url("policy-change-decide", change.pk), {"do": "approve"})
    assert MatchPolicy.objects.get().auto_threshold == 90
    other.post(url("policy-change-decide", change.pk), {"do": "approve", "words": "seen"})
    kept = MatchPolicy.objects.get()
    assert (kept.auto_threshold, kept.tolerances, kept.posts_alone) == (92, {"EUR": 2_50, "JPY": 300}, True)
    told = Event.objects.get(type="match_policy.changed")
    assert (told.actor, told.data["asked_by"]) == (controller.label, desk.senior.label)
    assert told.data["changed"]["tolerance_percent"] == ["0.50", "1.00"]
    assert b"Posts from a score of" in other.get(url("policies")).content and "seen" in me.get(at).content.decode()
    assert enter(desk.ana).get(url("policy", company.pk)).status_code == 403


def test_a_change_is_refused_with_a_reason_or_withdrawn_by_its_maker(desk):
    company, boss, other = desk.bank.company, make_user("supervisor", desk.bank.company), make_user("controller", desk.bank.company)
    asked = {"actor": boss, "company": company, "why": "w"}
    change = work.ask_policy_change(**asked, auto_threshold=101)
    (notice,) = policy_notices(NOW, TODAY)
    assert notice.recipients == (other.email,), "whoever asked needs no mail"
    with pytest.raises(work.PolicyRefused, match="another change waits"):
        work.ask_policy_change(**asked | {"actor": desk.senior}, auto_threshold=95)
    with pytest.raises(work.MakerDecides):
        work.refuse_policy_change(actor=boss, change=change, now=NOW, words="no")
    with pytest.raises(work.PolicyRefused, match="say why"):
        work.refuse_policy_change(actor=other, change=change, now=NOW, words=" ")
    with pytest.raises(work.PolicyRefused, match="refuse it instead"):
        work.withdraw_policy_change(actor=desk.senior, change=change, now=NOW)
    work.refuse_policy_change(actor=other, change=change, now=NOW, words="too strict")
    with pytest.raises(work.PolicyRefused, match="meanwhile"):
        work.approve_policy_change(actor=other, change=change, now=NOW)
    again = work.ask_policy_change(**asked, auto_threshold=101)
    work.withdraw_policy_change(actor=boss, change=again, now=NOW)
    assert policy_of(company.pk).auto_threshold == 90 and list(policy_notices(NOW, TODAY)) == []


def test_who_may_not_and_what_is_no_change(desk):
    company, other = desk.bank.company, make_user("controller", desk.bank.company)
    asked = {"company": company, "why": "w"}
    for actor, wanted, error in (
        (desk.ana, {"auto_threshold": 95}, NotAllowed),
        (make_user("senior", company, scope="portfolio"), {"auto_threshold": 95}, RuleRefused),
        (desk.senior, {"auto_threshold": 90, "tolerances": {}}, work.PolicyRefused),
        (desk.senior, {"auto_threshold": "many"}, work.PolicyRefused),
        (desk.senior, {"alert_days": {}}, TypeError),
    ):
        with pytest.raises(error):
            work.ask_policy_change(actor=actor, **asked, **wanted)
    change = work.ask_policy_change(actor=desk.senior, **asked, sample_percent=20)
    for actor, error in ((SYSTEM, work.MakerDecides), (desk.ana, NotAllowed)):
        with pytest.raises(error):
            work.approve_policy_change(actor=actor, change=change, now=NOW)
    MatchPolicy.objects.update(sample_percent=15)
    with pytest.raises(work.PolicyRefused, match="changed since"):
        work.approve_policy_change(actor=other, change=change, now=NOW)
    for given in ({"decided_by": desk.senior.label}, {"decided_by": other.label, "wanted": {"sample_percent": 1}}):
        with pytest.raises(Error), transaction.atomic():
            PolicyChange.objects.filter(pk=change.pk).update(state="approved", decided_at=NOW, **given)
