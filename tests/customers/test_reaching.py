"""Who at a customer gets which mail."""

import pytest

from customers.reaching import LETTERS, PURPOSES, Person, reach

AP, BUYER = Person("ap@k.example"), Person("buyer@k.example", role="buyer")


@pytest.mark.parametrize("purpose", PURPOSES)
def test_accounts_payable_gets_all_of_it_others_the_letters(purpose):
    both = ("ap@k.example", "buyer@k.example")
    assert reach([AP, BUYER], purpose).to == (both if purpose in LETTERS else both[:1])
    assert reach([BUYER], purpose).to == both[1:]  # stands in for what isn't a letter


def test_purposes_say_what_a_person_gets_whatever_the_role():
    chosen = Person("claims@k.example", role="other", purposes=("dispute",))
    assert reach([chosen], "dispute").to == ("claims@k.example",)
    nobody = reach([chosen], "dunning")
    assert (nobody.to, nobody.why, nobody.unwanted) == ((), "no contact gets reminders and dunning letters", True)
    assert reach([AP, chosen], "invoice").to == ("ap@k.example",)
    assert not reach([chosen], "invoice").to  # nobody stands in who was told what to get


def test_no_mail_please_holds_for_everything():
    silent = Person("ap@k.example", takes_mail=False, purposes=tuple(PURPOSES))
    for purpose in PURPOSES:
        assert reach([silent], purpose).why == "everybody there asked for no mail"
        assert reach([silent, BUYER], purpose).to == ("buyer@k.example",)


def test_no_letters_please_leaves_invoices_and_answers():
    quiet = Person("ap@k.example", receives_letters=False)
    assert {purpose for purpose in PURPOSES if reach([quiet], purpose).to} == set(PURPOSES) - LETTERS


def test_a_dead_address_is_named_and_is_nobodys_choice():
    dead = {"ap@k.example"}
    assert reach([Person("AP@k.example")], "dunning", dead).why == "mail to AP@k.example came back"
    left = reach([AP, Person("b@k.example", receives_letters=False)], "dunning", dead)
    assert (left.why, left.unwanted) == ("mail to ap@k.example came back, and nobody else gets reminders and dunning letters", False)
    assert reach([], "dunning").why == "no contact has an e-mail address"
    assert reach([AP, Person("ap@k.example")], "dunning").to == ("ap@k.example",)
