"""Real bank files beside the repository: counts, sums and closing balances agree with their manifest, or the file is refused.

The manifest counts entries as the bank books them; a batch entry that we split into its payments counts once (`ordinal`).
"""

import csv
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from arops.lib import money
from cashapp.readers import detect
from cashapp.readers.mapping import Mapping
from cashapp.readers.model import FEE, BankFile, ReadError

DEV = Path(__file__).resolve().parents[3] / "shared" / "formats" / "dev"
BANK = {"bai2", "bai_lockbox", "mt940", "mt942", "camt052", "camt053", "camt054", "ofx"}

NO_DAY = "a movement without a day or an amount: it could only be booked by guessing"
INVESTMENTS = "trades in securities, not payments"
NO_ACCOUNT = "a fragment without account or statement: money could not be booked to any account"
REFUSED = {
    "bai2/moov-io_bai2/errors__sample-parseError.txt": "broken on purpose: it starts with record 00",
    "mt940/mt-940_betterplace/amount_formats.sta": NO_ACCOUNT,
    "mt940/mt-940_betterplace/currency_in_25.sta": NO_ACCOUNT,
    "mt940/mt-940_betterplace/empty_86.sta": NO_ACCOUNT,
    "mt940/mt-940_betterplace/empty_entry_date.sta": NO_ACCOUNT,
    "mt940/mt-940_betterplace/empty_line.sta": NO_ACCOUNT,
    "mt940/mt-940_betterplace/missing_crlf_at_end.sta": NO_ACCOUNT,
    "mt940/mt-940_betterplace/sepa_snippet_broken.sta": "broken on purpose: a second :25: in one statement",
    "mt940/mt-940_cmxl/account_balance_credit.sta": NO_ACCOUNT,
    "mt940/mt-940_cmxl/account_balance_debit.sta": NO_ACCOUNT,
    "mt940/mt-940_cmxl/account_identification_iban.sta": NO_ACCOUNT,
    "mt940/mt-940_cmxl/account_identification_legacy.sta": NO_ACCOUNT,
    "mt940/mt-940_cmxl/available_balance.sta": NO_ACCOUNT,
    "mt940/mt-940_cmxl/closing_balance.sta": NO_ACCOUNT,
    "mt940/mt-940_cmxl/reference.sta": NO_ACCOUNT,
    "mt940/mt-940_cmxl/statement_details.sta": NO_ACCOUNT,
    "mt940/mt-940_cmxl/statement_line.sta": NO_ACCOUNT,
    "mt940/mt-940_cmxl/statement_number.sta": NO_ACCOUNT,
    "mt940/mt-940_self-provided/empty_non_swift.sta": NO_ACCOUNT,
    "mt940/mt-940_self-provided/invalid_statement.sta": "broken on purpose: ten numbers",
    "mt940/mt-940_self-provided/sparkassen.sta": NO_ACCOUNT,
    "mt940/OCA_bank-statement-import/test-wrong-file.940": "broken on purpose: its header is :9401:",
    "camt053/genkgo_camt/camt053.v2.wrong.xml": "broken on purpose: no statement in it",
    "camt053/bankstatementparser/camt053_garbled_amount.xml": "broken on purpose: the amount 12..34",
    "ofx/ofxparse/date_missing.ofx": NO_DAY,
    "ofx/ofxparse/decimal_error.ofx": NO_DAY,
    "ofx/ofxparse/fidelity.ofx": INVESTMENTS,
    "ofx/ofxparse/fidelity-savings.ofx": INVESTMENTS,
    "ofx/ofxparse/investment_medium.ofx": INVESTMENTS,
    "ofx/OCA_bank-statement-import/test_ofx_wrong.ofx": "broken on purpose: no account, and days that are none",
    "ofx/OCA_bank-statement-import/test_ofx_wrong.aadad9.ofx": "broken on purpose: no account, and days that are none",
    "csv/bankstatementparser/csv_garbled_amount.csv": "broken on purpose: the amount 12..34",
}
CLOSING_ELSE = {
    "mt940/mt-940_self-provided/raphaelm.sta": "balances without currency, which the manifest's reader passed over; ours foot to zero",
    "camt053/OCA_bank-statement-import/test-camt053.zip": "the manifest has no figures for the two messages of the archive",
}
# Lists of CSV and Excel: what a person would answer to the questions of the proposal, and why sums are not the manifest's.
ANSWERS: dict[str, dict[str, Any]] = {
    "balance.csv": {"currency": "USD"},
    "debit_credit.csv": {"currency": "USD", "negative": "absolute"},
    "debit_credit_amount.csv": {"currency": "USD", "negative": "absolute"},
    "meta_data_separated_credit_debit.csv": {"currency": "EUR", "date_format": "%d/%m/%y"},
    "meta_data_separated_credit_debit.xlsx": {"currency": "EUR", "date_format": "%d/%m/%y"},
    "original_currency_empty.csv": {"currency": "EUR"},
    "sample_statement_en_empty_values.xlsx": {"currency": "USD"},
    "statement_es.csv": {"date_format": "%d/%m/%Y"},
}
LIST_FIGURES = {
    "debit_credit.csv": (
        2,
        "1533.50",
        "33.50",
        "the D/C column decides, as the list's own balance confirms; the manifest's sums ignore it",
    ),
    "meta_data_separated_credit_debit.csv": (4, "1300.00", "230.68", "the manifest counts headings and balances as rows"),
    "meta_data_separated_credit_debit.xlsx": (4, "1300.00", "230.68", "the manifest counts headings and balances as rows"),
    "original_currency_no_header.csv": (1, "1525.00", "0", "without headings the manifest takes the only row for one"),
    "sample_statement_en.xlsx": (2, "1525.00", "33.50", "the manifest has no sums for workbooks"),
    "sample_statement_en.4a1c5b.xlsx": (2, "1525.00", "33.50", "the manifest has no sums for workbooks"),
    "sample_statement_offsets.xlsx": (2, "1525.00", "33.50", "the manifest has no sums for workbooks"),
    "empty_statement_en.xlsx": (0, "0", "0", "the manifest has no sums for workbooks"),
    "sample_statement_en_empty_values.xlsx": (3, "0", "2207.68", "the manifest counts a total row; the total is what we add up to"),
}
NO_HEADINGS = Mapping(
    date=1, text=(2,), currency_column=3, amount=4, payer_name=6, bank_reference=8, header_row=None, date_format="%m/%d/%Y", thousands=","
)


def _rows(formats: set[str]) -> list[Any]:
    if not (DEV / "manifest.csv").exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason="the corpus of real bank files is not beside this repository"))]
    with (DEV / "manifest.csv").open(encoding="utf-8") as file:
        return [pytest.param(row, id=row["file"]) for row in csv.DictReader(file) if row["format"] in formats]


def _figures(file: BankFile) -> tuple[int, Decimal, Decimal]:
    """Bookings, credits and debits as the manifest counts them: sums over all currencies as plain decimals."""
    bookings = sum(len({entry.ordinal for entry in statement.entries}) for statement in file.statements)
    found = [e for statement in file.statements for e in statement.entries if e.type_code != FEE]  # the manifest sums what cards brought
    amounts = [money.to_decimal(entry.amount, entry.currency) for entry in found]
    return bookings, sum((a for a in amounts if a > 0), Decimal()), -sum((a for a in amounts if a < 0), Decimal())


@pytest.mark.parametrize("row", _rows(BANK))
def test_a_real_bank_file_agrees_with_its_manifest_or_is_refused(row: dict[str, str]) -> None:
    data = (DEV / row["file"]).read_bytes()
    if row["file"] in REFUSED:
        with pytest.raises(ReadError) as refusal:
            detect.read(data, name=row["file"])
        assert refusal.value.reason
        return
    file = detect.read(data, name=row["file"])
    if row["n_tx"]:
        assert _figures(file) == (int(row["n_tx"]), Decimal(row["credit_sum"]), Decimal(row["debit_sum"]))
    if row["file"] not in CLOSING_ELSE:
        closings = [money.to_decimal(s.closing_balance, s.currency) for s in file.statements if s.closing_balance is not None]
        assert closings == [Decimal(balance) for balance in row["closing_balance"].split("|") if balance]


@pytest.mark.parametrize("row", _rows({"csv", "xlsx"}))
def test_a_real_list_agrees_with_its_manifest_once_its_questions_are_answered(row: dict[str, str]) -> None:
    data, name = (DEV / row["file"]).read_bytes(), Path(row["file"]).name
    if row["file"] in REFUSED:
        with pytest.raises(ReadError) as refusal:
            detect.read(data)
        assert refusal.value.line
        return
    if name == "original_currency_no_header.csv":
        file = detect.read(data, mapping=NO_HEADINGS)
    elif name in ANSWERS:
        asked = {question.field for question in detect.propose(data).questions}
        assert asked <= set(ANSWERS[name]), "a question that nobody answers"
        file = detect.read(data, mapping=replace(detect.propose(data).mapping, **ANSWERS[name]))
    else:
        file = detect.read(data)
    count, credit, debit = LIST_FIGURES[name][:3] if name in LIST_FIGURES else (int(row["n_tx"]), row["credit_sum"], row["debit_sum"])
    assert _figures(file) == (count, Decimal(credit), Decimal(debit))


@pytest.mark.parametrize("row", [row for row in _rows({"mt940"}) if row.id not in REFUSED])
def test_mt940_figures_agree_with_an_independent_library(row: dict[str, str]) -> None:
    """mt-940 with its opt-in for the sign of reversals, on the files that both read."""
    library = pytest.importorskip("mt940")
    data = (DEV / row["file"]).read_bytes()
    ours = detect.read(data)
    try:
        tags = {library.tags.Tags.STATEMENT.value.id: library.tags.StatementASNB()}
        theirs = library.models.Transactions(tags=tags, options=library.Options.all())
        theirs.parse(data.decode("utf-8", errors="replace").replace("\r\n", "\n"))
    except Exception as error:
        pytest.skip(f"the library doesn't read it: {error}")
    amounts = sorted(transaction.data["amount"].amount for transaction in theirs if transaction.data.get("amount"))
    assert sorted(money.to_decimal(e.amount, e.currency) for s in ours.statements for e in s.entries) == amounts
