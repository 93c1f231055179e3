"""What a company sets over the published rules: own rules, cells, bands, agreed payers, trust in aliases, cautions."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from cashapp.engine import OwnRuleError, Payer, Policy, Proposal, match, read_bands, read_cells, read_rule
from cashapp.engine.own import OwnRule
from cashapp.engine.scoring import PUBLISHED, scores_of
from tests.cashapp.engine.desk import ACME, ACME_ACCOUNT, BETA, PAYERS, credit, given, invoice, one, receipt, words


def rule(effect: str, customer: int | None = None, values: dict | None = None, **condition: object) -> OwnRule:
    return read_rule(id=7, name="the rule", effect=effect, customer_id=customer, condition=condition, values=values or {})


def under(*rules: OwnRule, **more: object) -> Policy:
    return replace(Policy(), rules=rules, **more)  # type: ignore[arg-type]


def test_a_rule_names_the_payer_where_its_condition_holds_and_only_there() -> None:
    policy = under(rule("payer", ACME, text="shop 12"))
    item = invoice(1, 1234_00)
    known = one(receipt(1234_00, "Payment SHOP 12 thanks", account="", name="PAYPOINT"), item, policy=policy)
    assert known.outcome == "post" and known.customer_id == ACME and "own rule: the rule" in words(known)
    assert one(receipt(1234_00, "Payment SHOP 13", account="", name="PAYPOINT"), item, policy=policy).outcome != "post"


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"currency": "USD"}, True), ({"currency": "EUR"}, False), ({"channel": "wire"}, True), ({"channel": "card"}, False),
        ({"low": 1234_00, "high": 1234_00}, True), ({"low": 1234_01}, False), ({"high": 1233_99}, False),
        ({"from": "2026-09-15", "to": "2026-09-15"}, True), ({"from": "2026-09-16"}, False), ({"to": "2026-09-14"}, False),
        ({"payer_account": "DE02 1203 0000 0000 2020 51"}, True), ({"payer_account": "DE02"}, False),
        ({"payer_name": "acme valves"}, True), ({"payer_name": "acme"}, False), ({"text": "lease", "currency": "EUR"}, False),
    ],
)  # fmt: skip
def test_every_part_of_a_condition_counts(condition: dict, holds: bool) -> None:
    paid = receipt(1234_00, "Lease", name="ACME VALVES GMBH", channel="wire")
    found = one(paid, invoice(1, 1234_00), policy=under(rule("ask", **condition)))
    assert (found.outcome == "suggest") is holds and given(found) == {1: (1234_00,)}


def test_what_is_always_asked_keeps_its_answer_for_a_person() -> None:
    found = one(receipt(1234_00, "INV-10037"), invoice(1, 1234_00), policy=under(rule("ask", ACME, low=1)))
    assert found.outcome == "suggest" and given(found) == {1: (1234_00,)} and "a person decides" in words(found)
    other = one(receipt(1234_00, "INV-10037"), invoice(1, 1234_00), policy=under(rule("ask", BETA, low=1)))
    assert other.outcome == "post"


def test_oldest_first_as_agreed_gives_way_to_what_explains_the_cent() -> None:
    policy = under(rule("order", ACME))
    items = [invoice(1, 700_00, age=90), invoice(2, 800_00, age=60), invoice(3, 400_07, age=30)]
    found = one(receipt(1000_00), *items, policy=policy)
    assert found.outcome == "post" and given(found) == {1: (700_00,), 2: (300_00,)} and found.residual == 0
    assert given(one(receipt(400_07), *items, policy=policy)) == {3: (400_07,)}
    assert one(receipt(1000_00, "INV-99999"), *items, policy=policy).outcome != "post", "it names something else"
    assert one(receipt(1000_00), *items).outcome != "post", "without the rule"
    over = one(receipt(3000_00), *items, policy=policy)
    assert over.residual == 3000_00 - 1900_07 and over.residual_treatment == "on_account"


def test_money_that_stays_on_account_names_no_item() -> None:
    found = one(receipt(1000_00, "deposit"), invoice(1, 700_00), policy=under(rule("on_account", ACME, text="deposit")))
    assert (found.outcome, found.customer_id, found.allocations) == ("post", ACME, ())
    assert (found.residual, found.residual_treatment) == (1000_00, "on_account")


def test_bank_charges_are_ours_up_to_the_limit_and_are_not_written_off() -> None:
    policy = under(rule("charges", values={"amounts": {"USD": 25_00}}))
    found = one(receipt(975_00, "INV-10037"), invoice(1, 1000_00), policy=policy)
    assert found.outcome == "post" and (found.residual, found.residual_treatment) == (-25_00, "bank_charges")
    assert [(a.amount, a.charges, a.write_off, a.short) for a in found.allocations] == [(975_00, 25_00, 0, 0)]
    over = one(receipt(974_99, "INV-10037"), invoice(1, 1000_00), policy=policy)
    assert over.residual_treatment == "short_pay_dispute" and over.allocations[0].charges == 0


def test_tax_withheld_settles_the_item_to_the_cent_with_and_without_reference() -> None:
    policy = under(rule("withholding", ACME, values={"percent": "10"}))
    for text in ("INV-10037", ""):
        found = one(receipt(900_04, text), invoice(1, 1000_05), policy=policy)
        assert found.outcome == "post" and [(a.amount, a.withheld, a.short) for a in found.allocations] == [(900_04, 100_01, 0)]
        assert found.residual_treatment == "tax_withheld" and found.residual == -100_01
    assert one(receipt(900_02, "INV-10037"), invoice(1, 1000_05), policy=policy).residual_treatment != "tax_withheld"
    theirs = one(receipt(900_04, "INV-10037"), invoice(1, 1000_05), policy=under(rule("withholding", BETA, values={"percent": "10"})))
    assert theirs.residual_treatment == "short_pay_dispute"


def test_tax_withheld_of_several_items_is_found_among_others() -> None:
    policy = under(rule("withholding", ACME, values={"percent": 5}))
    items = [invoice(1, 1203_00, age=90), invoice(2, 817_40, age=60), invoice(3, 2999_20, age=30)]
    found = one(receipt(1203_00 + 817_40 - 60_15 - 40_87), *items, policy=policy)
    assert found.outcome == "post" and {a.item_id: a.withheld for a in found.allocations} == {1: 60_15, 2: 40_87}


def test_a_short_part_bears_the_reason_of_the_rule() -> None:
    policy = under(rule("deduction", ACME, values={"reason": "freight"}))
    (paid,) = one(receipt(900_00, "INV-10037"), invoice(1, 1000_00), policy=policy).allocations
    assert (paid.short, paid.reason) == (100_00, "freight")


def test_rules_that_say_too_little_are_refused() -> None:
    for effect, values, condition in (
        ("payer", {}, {"text": "x"}), ("order", {}, {}), ("withholding", {}, {}), ("withholding", {"percent": 100}, {}),
        ("charges", {}, {}), ("ask", {}, {}), ("not_receivable", {}, {}), ("magic", {}, {}), ("ask", {}, {"colour": "red"}),
        ("ask", {}, {"from": "soon"}),
    ):  # fmt: skip
        with pytest.raises(OwnRuleError):
            rule(effect, None, values, **condition)


def test_own_cells_count_over_the_published_ones() -> None:
    item, paid = invoice(1, 1234_00), receipt(1234_00, "INV-10037")
    assert one(paid, item).score == 100
    own = replace(Policy(), matrix={"EXACT": {"KNOWN": [80, 70, 60, 50, 40, 30, 20, 10]}, "single amount": {"KNOWN": 77}})
    found = one(paid, item, policy=own)
    assert found.score == 80 and found.outcome == "suggest"
    assert one(receipt(1234_00), item, policy=own).score == 77
    assert scores_of({}) is PUBLISHED and scores_of(own.matrix).matrix != PUBLISHED.matrix


@pytest.mark.parametrize(
    "cells", [{"EXAKT": {}}, {"EXACT": {"KNOWN": [1] * 7}}, {"EXACT": {"BOSS": [1] * 8}}, {"unique sum": {"NAME": 101}}]
)
def test_cells_that_do_not_exist_are_refused(cells: dict) -> None:
    with pytest.raises(OwnRuleError):
        read_cells(cells)


def test_bands_count_for_all_and_for_a_customer_of_his_own() -> None:
    item, paid = invoice(1, 1234_00), receipt(1234_00)
    assert one(paid, item, policy=replace(Policy(), bands=read_bands({"post": 95}))).outcome == "suggest"
    own = read_bands({"post": 95, "customers": {str(ACME): {"post": 94}}})
    assert one(paid, item, policy=replace(Policy(), bands=own)).outcome == "post"
    with pytest.raises(OwnRuleError):
        read_bands({"post": 60})


OUTSIDER = Payer(-5, "Faktor Bank", accounts=("FB1",), pays_for=(ACME, BETA))


def test_a_payer_who_is_no_customer_pays_for_those_it_was_agreed_for() -> None:
    payers = (*PAYERS, OUTSIDER)
    found = one(receipt(1234_56, account="FB1"), invoice(1, 1234_56), payers=payers)
    assert found.outcome == "post" and found.customer_id == ACME and "owes" not in words(found)
    named = one(receipt(1234_56, "INV-10037", account="FB1"), invoice(1, 1234_56, customer=3), payers=(*payers, Payer(3, "Gamma")))
    assert named.outcome != "post", "Gamma was not agreed"
    both = one(receipt(300_00, "INV-10037 INV-10074", account="FB1"), invoice(1, 100_00), invoice(2, 200_00, customer=BETA), payers=payers)
    assert both.outcome != "post" and both.customer_id is None, "one receipt can't belong to two customers: it is split by a person"
    nothing = one(receipt(77_00, account="FB1"), invoice(1, 1234_56), payers=payers)
    assert nothing.customer_id is None


def test_a_customer_pays_for_another_only_where_it_was_agreed() -> None:
    paid, item = receipt(1234_56, "INV-10037"), invoice(1, 1234_56, customer=BETA)
    assert one(paid, item).outcome != "post"
    agreed = (replace(PAYERS[0], pays_for=(BETA,)), PAYERS[1])
    found = one(paid, item, payers=agreed)
    assert found.outcome == "post" and "agreed that the payer pays for Betamax" in words(found)
    back = one(receipt(1234_56, "INV-10037", account=PAYERS[1].accounts[0]), invoice(1, 1234_56), payers=agreed)
    assert back.outcome != "post", "it was agreed in one direction"


def test_an_alias_that_was_often_wrong_only_suggests() -> None:
    payers = (replace(PAYERS[0], doubtful={ACME_ACCOUNT: 89}), PAYERS[1])
    found = one(receipt(1234_56, "INV-10037"), invoice(1, 1234_56), payers=payers)
    assert found.outcome == "suggest" and "in only 89 of 100 uses" in words(found)
    assert (
        one(receipt(1234_56, "INV-10037"), invoice(1, 1234_56), payers=payers, policy=replace(Policy(), alias_confidence=89)).outcome
        == "post"
    )


def family(*, own_only: bool) -> tuple[Payer, ...]:
    mark = frozenset({ACME_ACCOUNT}) if own_only else frozenset()
    return (replace(PAYERS[0], parent_id=9, own_only=mark), replace(PAYERS[1], parent_id=9), Payer(9, "Holding AG"))


def test_an_alias_for_the_customer_alone_does_not_pay_for_its_sisters() -> None:
    paid, item = receipt(1234_56, "INV-10037"), invoice(1, 1234_56, customer=BETA)
    assert one(paid, item, payers=family(own_only=False)).outcome == "post"
    assert one(paid, item, payers=family(own_only=True)).outcome != "post"
    assert one(paid, invoice(1, 1234_56), payers=family(own_only=True)).outcome == "post"


def test_a_receipt_with_a_caution_is_never_posted_alone() -> None:
    found = one(receipt(1234_56, "INV-10037", caution="paid from an account never seen before"), invoice(1, 1234_56))
    assert found.outcome == "suggest" and given(found) == {1: (1234_56,)} and "never seen before" in words(found)


def test_another_currency_is_proposed_with_the_rate_and_never_posted() -> None:
    policy = replace(Policy(), rates={("USD", "EUR"): Decimal("0.9")})
    item = invoice(1, 900_00, currency="EUR")
    for text, customer in (("INV-10037", ACME), ("", ACME)):
        found = one(receipt(1000_00, text), item, policy=policy)
        assert found.outcome == "ask" and found.customer_id == customer and not found.allocations
        assert "at 0.9 the payment is" in words(found) and "all of it" in words(found)
    assert "0.9" not in words(one(receipt(1100_00), item, policy=policy)), "ten per cent off is another payment"
    assert "no rate" in words(one(receipt(1000_00, "INV-10037"), item))


def test_a_named_period_is_paid_as_a_whole() -> None:
    items = [invoice(n, 100_00 + n, age=age) for n, age in ((1, 80), (2, 60), (3, 50), (4, 40), (5, 20))]
    july = [i for i in items if i.document_date.month == 7]
    assert len(july) > 1
    for text in ("INVOICES JULY", "07/2026", "1.7.-31.7.2026"):
        found = one(receipt(sum(i.balance for i in july), text), *items)
        assert found.outcome == "post" and set(given(found)) == {i.id for i in july}, text
    netted = one(receipt(sum(i.balance for i in july) - 50_00, "JULY 26"), *items, credit(9, 50_00, age=july[0].document_date and 60))
    assert given(netted)[9] == (-50_00,)
    other = one(receipt(sum(i.balance for i in july), "INVOICES JUNE"), *items)
    assert "period named" not in words(other)


def test_an_iso_11649_reference_is_read_in_free_text_where_its_check_digits_agree() -> None:
    item = invoice(1, 1000_00, "INV10037")
    found = one(receipt(1000_00, "PAYMENT RF71 INV1 0037 THANKS", account="", name=""), item)
    assert found.outcome == "post" and [(e.kind, e.start, e.end) for e in found.evidence] == [("ISO 11649", 8, 22)]
    assert not [e for e in one(receipt(900_00, "PAYMENT RF72 INV1 0037", account="", name=""), item).evidence if e.kind == "ISO 11649"]


def batch(*proposals: Proposal) -> int:
    return sum(p.outcome == "post" for p in proposals)


def test_charges_and_tax_count_when_two_receipts_claim_one_item() -> None:
    policy = under(rule("withholding", ACME, values={"percent": "10"}))
    paid = [receipt(900_00, "INV-10037", id=1), receipt(900_00, "INV-10037", id=2, day=date(2026, 9, 14))]
    assert batch(*match(paid, [invoice(1, 1000_00)], PAYERS, policy)) == 0
