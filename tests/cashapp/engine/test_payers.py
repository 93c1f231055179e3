"""Who paid: account before alias before name; a name alone posts nothing that the amount doesn't confirm."""

import pytest

from cashapp.engine import Payer, Policy
from cashapp.engine.payers import PayerBook, PayerLevel, plain_account, plain_name
from tests.cashapp.engine.desk import ACME, ACME_ACCOUNT, BETA, PAYERS, given, invoice, one, receipt, words

POLICY = Policy()


def who(payers: tuple[Payer, ...], **fields: str) -> tuple[tuple[int, ...], PayerLevel]:
    found = PayerBook(payers).identify(receipt(100, **{"account": "", **fields}), POLICY)
    return found.customers, found.level


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("The Müller & Söhne G.m.b.H. Co. KG", "MULLER SOHNE"),
        ("ACME VALVES", "ACME VALVES"),
        ("Acme Valves, Inc.", "ACME VALVES"),
        ("Großhandel Weiß AG", "GROSSHANDEL WEISS"),
        ("O'Neill Ltd", "ONEILL"),
        ("AG", "AG"),
    ],
)
def test_names_without_form_accents_and_filler(name: str, plain: str) -> None:
    assert plain_name(name) == plain


def test_an_account_is_known_however_it_is_written() -> None:
    assert plain_account("de02 1203-0000 0000 2020 51") == ACME_ACCOUNT
    assert who(PAYERS, account="DE02 1203 0000 0000 2020 51", name="Somebody else") == ((ACME,), PayerLevel.KNOWN)


def test_alias_before_name_and_name_before_likeness() -> None:
    payers = (Payer(1, "Fairchild Tires Inc", ("Fairchild Automotive",)), Payer(2, "Fairway Tiles"))
    assert who(payers, name="FAIRCHILD AUTOMOTIVE LLC") == ((1,), PayerLevel.KNOWN)
    assert who(payers, name="FAIRCHILD TIRES") == ((1,), PayerLevel.NAME)
    assert who(payers, name="FAIRCHILD TIRE") == ((1,), PayerLevel.SIMILAR)
    assert who(payers, name="WHOLLY UNKNOWN") == ((), PayerLevel.UNKNOWN)


def test_an_alias_that_is_another_customers_name_is_not_trusted() -> None:
    assert who((Payer(1, "Orion"), Payer(2, "Taurus", ("Orion",))), name="Orion") == ((1, 2), PayerLevel.TIED)


def test_names_and_accounts_that_several_bear() -> None:
    shared = (Payer(1, "North Foods", (), ("A1",)), Payer(2, "North Foods", (), ("A1",)))
    assert who(shared, name="North Foods") == ((1, 2), PayerLevel.TIED)
    assert who(shared, account="A-1") == ((1, 2), PayerLevel.GROUP)


def test_two_names_equally_close_are_a_tie() -> None:
    assert (
        who((Payer(1, "Meridian Supply East"), Payer(2, "Meridian Supply West")), name="MERIDIAN SUPPLY EST")[1] is not PayerLevel.SIMILAR
    )


def test_groups_hold_together_even_in_a_circle() -> None:
    book = PayerBook([Payer(1, "Top"), Payer(2, "Mid", parent_id=1), Payer(3, "Low", parent_id=2), Payer(4, "Else")])
    assert (book.root(3), book.below(1), book.related(2, 3), book.related(3, 4)) == (1, [2, 3], True, False)
    circle = PayerBook([Payer(1, "A", parent_id=2), Payer(2, "B", parent_id=1)])
    assert circle.root(1) == circle.root(2) == 1 and circle.below(1) == [2]


def test_the_parent_pays_for_his_child() -> None:
    payers = (Payer(1, "Holding AG", (), ("A1",)), Payer(2, "Works Ltd", parent_id=1), Payer(3, "Stranger Inc"))
    child, stranger = invoice(1, 500_10, customer=2), invoice(2, 640_20, customer=3)
    named = one(receipt(500_10, child.number, account="A1"), child, stranger, payers=payers)
    assert (named.outcome, given(named), named.customer_id) == ("post", {1: (500_10,)}, 1)
    assert "Works Ltd belongs to the payer's group" in words(named)
    silent = one(receipt(500_10, account="A1"), child, stranger, payers=payers)
    assert given(silent) == {1: (500_10,)}
    assert one(receipt(640_20, account="A1"), child, stranger, payers=payers).outcome != "post"


def test_his_own_items_come_before_those_of_his_children() -> None:
    payers = (Payer(1, "Holding AG", (), ("A1",)), Payer(2, "Works Ltd", parent_id=1))
    found = one(receipt(500_10, account="A1"), invoice(1, 500_10, customer=2), invoice(2, 500_10, customer=1), payers=payers)
    assert given(found) == {2: (500_10,)}


def test_a_name_alone_posts_only_what_nobody_of_a_name_like_it_owes() -> None:
    mine, theirs, another = invoice(1, 1234_56), invoice(2, 1234_56, customer=3), invoice(3, 1234_56, customer=BETA)
    payers = (*PAYERS, Payer(3, "Acme Valve Works Ltd"))
    assert one(receipt(1234_56, account="", name="ACME VALVES"), mine, another, payers=payers).outcome == "post"
    found = one(receipt(1234_56, account="", name="ACME VALVES"), mine, theirs, another, payers=payers)
    assert found.outcome != "post" and "another customer that it could be owes the same amount" in words(found)
    assert one(receipt(9_99, account="", name="ACME VALVES"), invoice(1, 9_99)).outcome != "post", "too small to tell anything"
    assert one(receipt(5000_00, account="", name="ACME VALVE"), invoice(1, 5000_00)).outcome != "post", "similar and round"


def test_a_stranger_gets_a_hint_and_no_posting() -> None:
    found = one(receipt(1234_56, account="XX1", name="Nobody we know"), invoice(1, 1234_56))
    assert (found.outcome != "post" and found.customer_id is None) or found.outcome == "suggest"
    assert one(receipt(77_77, "TAX REFUND", account="XX1", name="Finance office"), invoice(1, 1234_56)).outcome == "ask"


def test_a_payer_given_by_a_person_is_known() -> None:
    found = one(receipt(1234_56, account="XX1", customer_id=BETA), invoice(1, 1234_56), invoice(2, 1234_56, customer=BETA))
    assert (found.outcome, given(found)) == ("post", {2: (1234_56,)})
