"""Real EDI and NACHA files beside the repository: counts and sums agree with their manifest, or the file is refused.

The manifest counts RMR segments of an 820 and gives BPR02; of a NACHA file it counts entries and gives the sums of credits and debits.
"""

from decimal import Decimal

import pytest

from arops.lib import money
from cashapp.readers.advice import detect, nacha
from cashapp.readers.model import ReadError
from tests.readers.test_corpus import DEV, _rows

REFUSED = {
    "remt001/moov-io_iso20022/valid_remt_v04.xml": "a stub: it speaks of no payment",
    "nacha/moov-io_ach_test/invalid-two-micro-deposits.ach": "broken on purpose: the amount 00CCC00004",
    "nacha/moov-io_ach_test/ppd-debit-fixedLengthInvalid.ach": "broken on purpose: every record is moved by a column",
}


@pytest.mark.parametrize("row", _rows({"x12_820", "nacha", "remt001"}))
def test_a_real_advice_agrees_with_its_manifest_or_is_refused(row: dict[str, str]) -> None:
    data = (DEV / row["file"]).read_bytes()
    if row["file"] in REFUSED:
        with pytest.raises(ReadError) as refusal:
            detect.read(data, name=row["file"], currency="USD")
        assert refusal.value.reason
        return
    want = (int(row["n_tx"]), Decimal(row["credit_sum"]), Decimal(row["debit_sum"]))
    if row["format"] == "x12_820":
        (advice,) = detect.read(data).advices
        documents = [line for line in advice.lines if line.kind != "adjustment"]
        assert (len(documents), money.to_decimal(advice.total or 0, advice.currency), Decimal()) == want
        assert all(reference in row["notes"] for reference in (line.reference for line in documents))
        return
    entries, _ = nacha.entries(data)
    amounts = [money.to_decimal(entry.amount, "USD") for entry in entries]
    assert (len(entries), sum((a for a in amounts if a > 0), Decimal()), -sum((a for a in amounts if a < 0), Decimal())) == want
    assert detect.detect(data) == "nacha"
    if want[1]:
        advices = detect.read(data).advices
        assert sum(money.to_decimal(a.total or 0, "USD") for a in advices) == want[1]


@pytest.mark.parametrize("row", _rows({"x12_810", "x12_811", "x12_other", "edifact_invoic"}))
def test_real_edi_of_other_kinds_is_refused_by_its_name(row: dict[str, str]) -> None:
    with pytest.raises(ReadError) as refusal:
        detect.read((DEV / row["file"]).read_bytes())
    assert "there is no remittance advice in it" in refusal.value.reason


@pytest.mark.parametrize("row", [row for row in _rows({"nacha"}) if "nonascii" in str(row.id)])
def test_the_820_within_a_real_ctx_is_the_one_that_stands_alone(row: dict[str, str]) -> None:
    """Its twelve addenda cut a reference in two, and its element separator is no ASCII."""
    (advice,) = detect.read((DEV / row["file"]).read_bytes()).advices
    (alone,) = detect.read((DEV / "x12_820/moov-io_ach_ctx820/meta_820_from_CTX_addenda.edi").read_bytes()).advices
    assert (advice.lines, advice.total, advice.payer_name) == (alone.lines, alone.total, "META PLATFORMS INC")
