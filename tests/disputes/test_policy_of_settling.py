"""Amounts with tax taken apart, and shared out over lines: exact, and never more than there was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disputes.models import Dispute
from disputes.policy.letter import cited_in, said_in
from disputes.policy.settling import WAYS, share_out, split_free, split_gross

AMOUNTS = st.integers(0, 10**11)


@given(net=AMOUNTS, tax=AMOUNTS, data=st.data())
def test_a_part_of_a_line_is_never_more_net_or_tax_than_the_line(net, tax, data):
    gross = data.draw(st.integers(0, net + tax))
    own, share = split_gross(gross, net, tax)
    assert own + share == gross and 0 <= own <= net and 0 <= share <= tax
    assert split_gross(net + tax, net, tax) == (net, tax)
    if net + tax:
        assert abs(share * (net + tax) - gross * tax) * 2 <= net + tax  # the nearest cent


@given(gross=AMOUNTS, net=AMOUNTS, tax=AMOUNTS)
def test_an_amount_of_any_size_is_taken_apart_exactly(gross, net, tax):
    own, share = split_free(gross, net, tax)
    assert own + share == gross and own >= 0 and share >= 0 and (tax or share == 0)


@given(contested=st.lists(st.integers(1, 10**9), min_size=1, max_size=60), data=st.data())
def test_what_is_agreed_is_shared_out_to_the_cent(contested, data):
    amount = data.draw(st.integers(0, sum(contested)))
    shares = share_out(amount, contested)
    assert sum(shares) == amount and all(0 <= share <= most for share, most in zip(shares, contested, strict=True))


def test_every_resolution_has_its_way():
    assert set(WAYS) == set(Dispute.Resolution.values)


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("16 × 1,385.00 ordered", "16 × 1.385,00 bestellt"), ("16 EA done 2026-10-03", "16 EA ausgeführt am 03.10.2026"),
        ("1,810.00 per EA", "1.810,00 je EA"), ("65,858.60 of 131,000.00 left", "65.858,60 von 131.000,00 übrig"),
        ("PO 44.17", "Bestellung 44.17"), ("open to 2027-06-01", "offen bis 01.06.2027"), ("shipped", "versandt"), ("TX-DAL", "TX-DAL"),
    ],
)  # fmt: skip
def test_a_german_letter_compares_in_german(english, german):
    assert said_in(english, "de") == german and said_in(english, "en") == english
    assert cited_in("SO-1, l. 2, 2026-10-03", "de") == "SO-1, Pos. 2, 03.10.2026"
