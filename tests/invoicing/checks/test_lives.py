"""The check against lives whose truth is known: it finds what was seeded, tells where it began, and leaves clean lives alone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicing.checks import RULES, Found, check
from invoicing.checks.lives import FAULTS, Fault, Life, facts_of, make_broken, make_lives, showcase
from invoicing.checks.lives.clean import KINDS, make_clean
from invoicing.checks.lives.measure import fits, measure
from invoicing.checks.lives.model import Maker
from invoicing.payload import Document, read_document

TODAY = date(2026, 11, 20)


def found_in(life: Life) -> Sequence[Found]:
    document, facts = facts_of(life)
    return check(document, facts)


def test_every_rule_and_every_origin_is_seeded() -> None:
    seeded = {(f.rule, f.origin) for f in FAULTS}
    assert seeded == {(rule.code, origin) for rule in RULES for origin in rule.origins}


@pytest.mark.parametrize("kind", sorted(KINDS))
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), lines=st.integers(1, 7))
def test_clean_lives_have_no_findings(kind: str, seed: int, lines: int) -> None:
    assert found_in(make_clean(Maker(Random(seed), 7, "US01", TODAY, lines), kind)) == ()


@pytest.mark.parametrize("fault", FAULTS, ids=[f.name for f in FAULTS])
def test_a_single_fault_is_found_where_it_began_and_nothing_else(fault: Fault) -> None:
    """What follows from it (a purchase order overdrawn by a price too high) is not told as another error."""
    for seed in (3, 4, 5):
        life = make_broken(Random(seed), 12, fault, more=False)
        found = found_in(life)
        assert [(f.rule, f.origin) for f in found] == [(fault.rule, fault.origin)], [f.words for f in found]
        assert fits(life.expected[0], found[0])


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), fault=st.sampled_from(FAULTS))
def test_several_faults_at_once_are_each_found(seed: int, fault: Fault) -> None:
    life = make_broken(Random(seed), 12, fault)
    result = measure([(life, found_in(life))])
    assert result.mistakes == []
    assert result.total.found == result.total.right == len(life.faults)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), fault=st.sampled_from(FAULTS))
def test_the_order_of_lines_does_not_matter(seed: int, fault: Fault) -> None:
    document, facts = facts_of(make_broken(Random(seed), 12, fault))
    turned = replace(document, lines=tuple(reversed(document.lines)))

    def gist(found: Sequence[Found]) -> list[tuple[str, str, tuple[int, ...], int]]:
        return sorted((f.rule, f.origin, tuple(sorted(f.lines)), f.effect) for f in found)

    assert gist(check(document, facts)) == gist(check(turned, facts))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), fault=st.sampled_from([f for f in FAULTS if f.rule in ("price", "contract_version", "escalator")]))
def test_the_effect_bears_the_sign_of_the_error(seed: int, fault: Fault) -> None:
    """Above zero where too much is billed; and to the cent the difference to the agreed price."""
    life = make_broken(Random(seed), 12, fault, more=False)
    document, facts = facts_of(life)
    (found,) = check(document, facts)
    line = next(x for x in document.lines if x.number == found.lines[0])
    agreed = found.expected.split(" per ")[0].replace(",", "")
    if found.expected.endswith(f"per {line.unit}"):
        assert abs(found.effect - (line.unit_price - type(line.unit_price)(agreed)) * line.quantity * 100) <= 1


def test_every_finding_says_all_that_a_person_needs() -> None:
    for life in make_lives(11, 250, clean=0):
        for f in found_in(life):
            assert f.words.endswith(".") and f.reasoning and f.remedy.endswith(".") and f.sources
            assert len(f.key) <= 120 and len(f.expected) <= 200 and len(f.billed) <= 200 and len(f.remedy) <= 300


def test_keys_tell_findings_of_a_document_apart_and_are_the_same_next_time() -> None:
    for life in make_lives(12, 250, clean=0):
        first, second = found_in(life), found_in(life)
        assert [f.key for f in first] == [f.key for f in second]
        assert len({f.key for f in first}) == len(first)


def test_the_same_seed_makes_the_same_lives() -> None:
    one, other = list(make_lives(5, 40)), list(make_lives(5, 40))
    assert [x.invoice for x in one] == [x.invoice for x in other]
    assert [x.faults for x in one] == [x.faults for x in other]


def test_invoices_of_lives_can_be_read_as_an_erp_sends_them() -> None:
    for life in make_lives(6, 300):
        read = read_document(life.invoice, source_system="lives")
        assert isinstance(read, Document) or life.raw, read
        for row in life.earlier:
            assert isinstance(read_document(row, source_system="lives"), Document)


def test_the_showcase_has_every_origin_and_speaks_of_one_thing_each() -> None:
    customer = {
        "number": "C-100",
        "external_id": "10",
        "source_system": "erp",
        "name": "Harbor",
        "payment_terms": "net 30",
        "currency": "USD",
    }
    lives = list(showcase([customer], company="US01", today=TODAY))
    origins = set()
    for life in lives:
        assert life.customer["number"] == "C-100" and life.invoice["customer"]["external_id"] == "10"
        (found,) = found_in(life)
        assert fits(life.expected[0], found) and found.origin == life.expected[0].origin
        origins.add(found.origin)
    assert origins == {origin for rule in RULES for origin in rule.origins}
    assert "250.00 USD too much for 500 EA" in found_in(lives[0])[0].words


@pytest.mark.parametrize(
    "gone", ["customers", "contracts", "purchase_orders", "orders", "work_orders", "tax_rates", "conversions", "earlier"]
)
def test_records_that_are_not_there_are_no_stumbling_block(gone: str) -> None:
    """References that nobody knows, bare lines, turned signs: the check answers, whatever it is given."""
    known = {rule.code for rule in RULES}
    for life in make_lives(13, 150, clean=0.2):
        document, facts = facts_of(life)
        without = replace(facts, **{gone: {}})
        bare = tuple(replace(x, sku="", unit="", tax_code="", po_line=None, order_line=None) for x in document.lines)
        turned = tuple(replace(x, quantity=-x.quantity, amount=-x.amount) for x in document.lines)
        nothing = tuple(replace(x, quantity=x.quantity * 0) for x in document.lines)
        found = [
            *check(document, without), *check(replace(document, lines=bare), without), *check(replace(document, lines=turned), facts),
            *check(replace(document, lines=nothing), facts),
            *check(replace(document, lines=(), payment_terms="whenever", po_number=""), facts),
        ]  # fmt: skip
        assert all(f.rule in known and f.words and f.origin for f in found)
