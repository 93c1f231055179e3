"""Who may pay for whom, what payers are known by, and accounts that known payers never used before."""

from dataclasses import replace

import pytest

from cashapp.models import Match, MatchPolicy, PayerAccountChange, PayerAlias, PayerRelation
from cashapp.selectors.payers import known_payers, payers_of
from cashapp.services import match_receipts
from cashapp.services.account_changes import ChangeRefused, confirm_account, suspect_account
from cashapp.services.account_raising import tell_customers
from cashapp.services.errors import OutsideGroup
from cashapp.services.payer_aliases import AliasRefused, approve_alias, change_alias, measure_aliases, retire_alias
from cashapp.services.payer_relations import NewRelation, RelationRefused, decide_relation, end_relation, propose_relation
from customers.models import Contact
from ledger.models import OpenItem
from messaging.models import Message
from org.actors import NotAllowed
from tests.cashapp.desk import NOW, acme, ana, bank, fresh, senior, work
from tests.cashapp.worlds import TODAY, money_in
from tests.factories import DAY, SYSTEM, issue, make_company, make_customer, make_user

__all__ = ["acme", "ana", "bank", "senior"]
pytestmark = pytest.mark.django_db
KNOWN, NEW = "DE02120300000000202051", "LT121000011101001000"


@pytest.fixture
def boss(bank):
    return make_user("supervisor", bank.company)


@pytest.fixture
def beta(bank):
    return make_customer(bank.company, "Beta Ltd")


def agree(bank, senior, boss, payer, owner, **more):
    wanted = replace(NewRelation("centre", owner, DAY, payer=payer, reason="contract 7"), **more)
    made = propose_relation(actor=senior, company=bank.company, wanted=wanted)
    return decide_relation(actor=boss, relation=made, approved=True, now=NOW)


def run(bank, **more):
    return match_receipts(company=bank.company, actor=SYSTEM, today=TODAY, now=NOW, **more)


def test_L21_money_of_one_customer_pays_another_only_once_a_second_person_agreed(bank, acme, beta, ana, senior, boss) -> None:
    item, paid = issue(beta, 100_00, number="INV-1", currency="EUR"), money_in(bank, 100_00, acme)
    with pytest.raises(OutsideGroup, match="Beta Ltd is outside the group of ACME GmbH"):
        work(ana, paid, (item, 100_00))
    wanted = NewRelation("centre", beta, DAY, payer=acme, reason="contract 7")
    proposed = propose_relation(actor=senior, company=bank.company, wanted=wanted)
    with pytest.raises(OutsideGroup):
        work(ana, paid, (item, 100_00))
    with pytest.raises(NotAllowed):
        decide_relation(actor=senior, relation=proposed, approved=True, now=NOW)
    decide_relation(actor=boss, relation=proposed, approved=True, now=NOW)
    work(ana, paid, (item, 100_00))
    back = issue(acme, 50_00, number="INV-2", currency="EUR")
    with pytest.raises(OutsideGroup):
        work(ana, money_in(bank, 50_00, beta), (back, 50_00))


def test_who_proposes_does_not_approve_and_what_is_decided_is_decided(bank, acme, beta, boss) -> None:
    wanted = NewRelation("centre", beta, DAY, payer=acme, reason="contract 7")
    made = propose_relation(actor=boss, company=bank.company, wanted=wanted)
    with pytest.raises(RelationRefused, match="somebody else"):
        decide_relation(actor=boss, relation=made, approved=True, now=NOW)
    with pytest.raises(RelationRefused, match="already"):
        propose_relation(actor=boss, company=bank.company, wanted=wanted)
    decide_relation(actor=make_user("controller", bank.company), relation=made, approved=False, now=NOW)
    with pytest.raises(RelationRefused, match="refused already"):
        end_relation(actor=boss, relation=made, day=TODAY, reason="no")
    assert propose_relation(actor=boss, company=bank.company, wanted=wanted).state == "proposed"


def test_relations_that_say_nothing_are_refused(bank, acme, beta, senior, ana) -> None:
    right = NewRelation("centre", beta, DAY, payer=acme)
    foreign = make_customer(make_company("ELSE"), "Elsewhere AG")
    for wrong in (
        replace(right, payer=None), replace(right, payer=beta), replace(right, kind="friend"), replace(right, valid_to=DAY.replace(day=1)),
        replace(right, payer=foreign), replace(right, pays_for=foreign),
    ):  # fmt: skip
        with pytest.raises(RelationRefused):
            propose_relation(actor=senior, company=bank.company, wanted=wrong)
    with pytest.raises(NotAllowed):
        propose_relation(actor=ana, company=bank.company, wanted=right)
    assert not PayerRelation.objects.exists()


def test_a_factor_who_is_no_customer_is_matched_until_the_relation_ends(bank, acme, senior, boss) -> None:
    relation = agree(bank, senior, boss, None, acme, kind="factor", payer_name="Faktor Bank", payer_account="FB 1")
    item = issue(acme, 123_45, number="INV-1", currency="EUR")
    paid = money_in(bank, 123_45, payer="Faktor Bank AG", account="FB1")
    assert len(run(bank).posted) == 1 and fresh(paid).customer_id == acme.pk
    assert OpenItem.objects.get(pk=item.pk).balance == 0
    with pytest.raises(RelationRefused, match="say why"):
        end_relation(actor=senior, relation=relation, day=DAY, reason=" ")
    end_relation(actor=senior, relation=relation, day=DAY, reason="sold")
    assert any(p.customer_id < 0 for p in payers_of(bank.company.pk, DAY))
    assert not any(p.customer_id < 0 for p in payers_of(bank.company.pk, TODAY))


def known(customer, value=KNOWN, kind="account", **more):
    return PayerAlias.objects.create(company=customer.company, customer=customer, kind=kind, value=value, created_by="user:1", **more)


def test_S17_large_money_from_an_unknown_account_of_a_known_payer_waits_and_its_contact_is_asked_once(bank, acme, boss) -> None:
    known(acme)
    Contact.objects.create(customer=acme, name="Eva", email="eva@acme.example")
    issue(acme, 10_000_01, number="INV-1", currency="EUR")
    paid = money_in(bank, 10_000_01, payer="ACME GmbH", account=NEW, text="INV-1")
    run(bank), run(bank)
    change = PayerAccountChange.objects.get()
    assert (change.customer_id, change.account, change.known, change.state) == (acme.pk, NEW, [KNOWN], "open")
    assert not Match.objects.exists() and "this is none of them" in str(paid.proposals.get(rank=1).reasons)
    message = Message.objects.get(kind="account_change")
    assert message.recipients == ["eva@acme.example"] and NEW[-4:] in message.body and NEW not in message.body
    assert tell_customers(changes=[change], now=NOW) == []
    confirm_account(actor=boss, change=change, words="called Eva: new bank", today=TODAY, now=NOW)
    assert len(run(bank).posted) == 1
    with pytest.raises(ChangeRefused, match="confirmed already"):
        suspect_account(actor=boss, change=change, words="no", today=TODAY, now=NOW)


def test_small_money_is_posted_but_raised_and_never_opens_the_door_for_large_money(bank, acme, ana) -> None:
    known(acme)
    small, large = (issue(acme, amount, number=n, currency="EUR") for n, amount in (("INV-1", 9_000_00), ("INV-2", 60_000_00)))
    money_in(bank, 9_000_00, payer="ACME GmbH", account=NEW, text="INV-1")
    assert len(run(bank).posted) == 1 and PayerAccountChange.objects.get().receipt.unapplied == 0
    by_hand = money_in(bank, 50_00, acme, account=NEW)
    work(ana, by_hand, (large, 50_00))
    assert not PayerAlias.objects.filter(value=NEW, is_active=True).exists(), "a person's posting teaches no second account"
    money_in(bank, 59_950_00, payer="ACME GmbH", account=NEW, text="INV-2")
    assert not run(bank).posted and small.pk
    assert PayerAccountChange.objects.count() == 3


def test_a_first_account_is_learnt_as_ever(bank, acme, ana) -> None:
    item = issue(acme, 50_00, number="INV-1", currency="EUR")
    work(ana, money_in(bank, 50_00, acme, account=NEW), (item, 50_00))
    assert PayerAlias.objects.get(kind="account").value == NEW and not PayerAccountChange.objects.exists()


def test_what_is_suspicious_stays_so_for_what_comes_later(bank, acme, senior, boss, ana) -> None:
    known(acme)
    issue(acme, 80_00, number="INV-1", currency="EUR")
    money_in(bank, 20_000_00, payer="ACME GmbH", account=NEW)
    run(bank)
    change = PayerAccountChange.objects.get()
    for words, actor, refusal in ((" ", senior, ChangeRefused), ("x", ana, NotAllowed)):
        with pytest.raises(refusal):
            suspect_account(actor=actor, change=change, words=words, today=TODAY, now=NOW)
    with pytest.raises(NotAllowed):
        confirm_account(actor=senior, change=change, words="called", today=TODAY, now=NOW)
    suspect_account(actor=senior, change=change, words="Eva knows nothing of it", today=TODAY, now=NOW)
    money_in(bank, 80_00, payer="ACME GmbH", account=NEW, text="INV-1")
    run(bank)
    assert not run(bank).posted
    assert set(PayerAccountChange.objects.values_list("state", flat=True)) == {"suspicious"}
    confirm_account(actor=boss, change=change, words="it was Eva's colleague", today=TODAY, now=NOW)
    assert len(run(bank).posted) == 1


def test_an_alias_is_measured_by_what_became_of_its_receipts(bank, acme, beta) -> None:
    alias, name = known(acme), known(acme, "ACME TRADING", kind="name")
    for n, owner in enumerate((acme, acme, beta)):
        money_in(bank, 100 + n, owner, account="DE02 1203 0000 0000 2020 51", payer="Acme Trading Ltd." if owner == acme else "x")
    assert measure_aliases(company=bank.company) == 2 and measure_aliases(company=bank.company) == 0
    alias.refresh_from_db(), name.refresh_from_db()
    assert (alias.uses, alias.confidence, alias.last_used_on) == (3, 66, DAY)
    assert (name.uses, name.confidence) == (2, 100), "two uses say nothing yet"
    assert known_payers(bank.company.pk).certain(KNOWN, "") is None
    (payer,) = (p for p in payers_of(bank.company.pk) if p.customer_id == acme.pk)
    assert payer.doubtful == {KNOWN: 66} and payer.own_only == {KNOWN, "ACME TRADING"}


def test_an_alias_counts_until_its_day_while_it_is_used_and_where_approval_is_asked_once_approved(bank, acme, boss, senior) -> None:
    alias, company = known(acme), bank.company

    def counts(day=TODAY) -> bool:
        return known_payers(company.pk, day).certain(KNOWN, "") == acme.pk

    assert counts()
    change_alias(actor=senior, alias=alias, scope="customer", expires_on=DAY)
    assert counts(DAY) and not counts(TODAY)
    change_alias(actor=senior, alias=alias, scope="customer", expires_on=None)
    assert not counts(TODAY.replace(year=2030)), "not used for years"
    MatchPolicy.objects.create(company=company, alias_approval=True)
    assert not counts()
    approve_alias(actor=boss, alias=alias, now=NOW)
    assert counts()
    change_alias(actor=senior, alias=alias, scope="group", expires_on=None)
    assert not counts(), "more reach asks for approval anew"
    retire_alias(actor=senior, alias=alias, reason="sold")
    with pytest.raises(AliasRefused):
        retire_alias(actor=senior, alias=alias, reason="sold")
    assert not counts()


def test_who_taught_an_alias_does_not_approve_it(bank, acme, boss, ana) -> None:
    alias = known(acme)
    PayerAlias.objects.filter(pk=alias.pk).update(created_by=boss.label)
    with pytest.raises(AliasRefused, match="somebody else"):
        approve_alias(actor=boss, alias=alias, now=NOW)
    with pytest.raises(NotAllowed):
        approve_alias(actor=ana, alias=alias, now=NOW)
