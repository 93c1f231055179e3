"""Real bank files through the whole import: what the manifest says of a file is what stands in the books afterwards, once.

`tests/readers/test_corpus.py` checks the pure readers on the same files; here accounts are set up for each file, and it goes in
through `import_bank_file`: lines, receipts, balances, a second import that changes nothing, and books that tie.
"""

import io
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from arops.lib import codec, money
from arops.lib.refusal import InputRefused
from cashapp.models import BankAccount, BankFile, BankStatement, Receipt, StatementLine
from cashapp.readers import detect
from cashapp.readers.lockbox import STANDARD
from cashapp.readers.mapping import Mapping
from cashapp.readers.model import FEE
from cashapp.readers.model import BankFile as ParsedFile
from cashapp.services import ImportResult, create_bank_account, import_bank_file, importing
from cashapp.services.accounts import save_lockboxes
from cashapp.services.errors import AlreadyImported, StatementHeld
from cashapp.services.importing import EmptyFile
from ledger.models import Line
from ledger.verify import verify_books
from org.models import Company
from tests.cashapp.worlds import TODAY
from tests.factories import SYSTEM, make_company, rate
from tests.readers.test_corpus import ANSWERS, CLOSING_ELSE, DEV, LIST_FIGURES, NO_HEADINGS, REFUSED, _rows

pytestmark = pytest.mark.django_db

BANK = {"bai2", "bai_lockbox", "mt940", "camt053", "camt054", "ofx"}
LISTS = {"csv", "xlsx"}
MADE_UP = "figures made up by whoever wrote the file: they don't foot"
HELD = {
    "bai2/moov-io_bai2/sample3.txt": "made anonymous: one number stands for several accounts, so the balances don't chain",
    "bai2/moov-io_bai2/sample4-continuations-newline-delimited.txt": MADE_UP,
    "bai2/moov-io_bai2/sample5-issue113.txt": MADE_UP,
    "mt940/mt-940_betterplace/sepa_snippet.sta": "an excerpt: entries are missing",
    "mt940/mt-940_self-provided/raiffeisen-cmi.sta": "an excerpt: entries are missing",
    "mt940/mt-940_self-provided/details_60-63.sta": MADE_UP,
    "mt940/mt-940_self-provided/malformed_details.sta": MADE_UP,
    "mt940/mt-940_self-provided/overly_long_details.sta": MADE_UP,
    "mt940/mt-940_self-provided/whitespace.sta": MADE_UP,
    "camt053/genkgo_camt/camt053.v2.all-balance-types.xml": MADE_UP,
    "camt053/genkgo_camt/camt053.v2.five.decimals.xml": "18.150 and 8.850 are not 27.050",
    "camt053/genkgo_camt/camt053.v2.minimal.ultimate.xml": MADE_UP,
    "camt053/genkgo_camt/camt053.v2.minimal.xml": MADE_UP,
    "camt053/genkgo_camt/camt053.v2.with-party-ids.xml": MADE_UP,
    "camt053/genkgo_camt/camt053.v3.xml": MADE_UP,
    "camt053/genkgo_camt/camt053.v4.xml": MADE_UP,
    "camt053/genkgo_camt/camt053.v8.xml": MADE_UP,
    "camt053/OCA_bank-statement-import/test-camt053.xml": MADE_UP,
    "camt053/OCA_bank-statement-import/test-camt053.zip": MADE_UP,
    "camt053/OCA_bank-statement-import/test-camt053-bookgdt-dttm.xml": MADE_UP,
    "camt053/OCA_bank-statement-import/test-camt053.e7b668.xml": MADE_UP,
}
"""Files whose statements contradict themselves: they stay out until someone takes them in with a reason."""


def mapping_of(name: str, data: bytes) -> Mapping:
    """How a person would have the list read."""
    if name == "original_currency_no_header.csv":
        return replace(NO_HEADINGS, account="LIST")
    answered = replace(detect.propose(data).mapping, **ANSWERS.get(name, {}))
    return answered if answered.account_column is not None else replace(answered, account="LIST")


def days_of(parsed: ParsedFile) -> Iterable[date]:
    return (day for s in parsed.statements for e in s.entries for day in (e.value_date, e.booking_date))


def accounts_for(company: Company, parsed: ParsedFile) -> list[BankAccount]:
    """A bank account for every account and currency in the file, and rates where the books are kept in another currency. Lockboxes and
    card processors are known, so that their files bring money."""
    wanted = dict.fromkeys((s.account or "LIST", s.currency) for s in parsed.statements)
    for currency in {c for _, c in wanted} - {company.base_currency, ""}:
        rate(currency, company.base_currency, "1.25")
    made = [
        create_bank_account(
            actor=SYSTEM, company=company, name=f"Account {n}", currency=currency or company.base_currency, identifiers=[identifier],
            card_payers=["CARDS LTD"],
        )
        for n, (identifier, currency) in enumerate(wanted)
    ]  # fmt: skip
    for account, (identifier, _) in zip(made, wanted, strict=True):
        if identifier.startswith("LOCKBOX"):
            save_lockboxes(actor=SYSTEM, account=account, numbers=[identifier.removeprefix("LOCKBOX ")], profile=STANDARD)
    return made


def figures() -> tuple[int, Decimal, Decimal]:
    """Bookings, credits and debits in the database, counted as the manifest counts them."""
    sold = StatementLine.objects.exclude(type_code=FEE)  # the manifest sums what cards brought, not their fees
    lines = list(sold.values_list("statement", "ordinal", "amount", "currency"))
    amounts = [money.to_decimal(amount, currency) for *_, amount, currency in lines]
    return len({line[:2] for line in lines}), sum((a for a in amounts if a > 0), Decimal()), -sum((a for a in amounts if a < 0), Decimal())


def left_out(parsed: ParsedFile) -> tuple[int, Decimal, Decimal]:
    """The same of what is not booked: announcements, which the manifest counts and the books don't."""
    entries = [(n, e) for n, s in enumerate(parsed.statements) for e in s.entries if e.status != "booked"]
    amounts = [money.to_decimal(e.amount, e.currency) for _, e in entries]
    bookings = len({(n, e.ordinal) for n, e in entries})
    return bookings, sum((a for a in amounts if a > 0), Decimal()), -sum((a for a in amounts if a < 0), Decimal())


def state() -> tuple[object, ...]:
    counts = [model.objects.count() for model in (BankFile, BankStatement, StatementLine, Receipt, Line)]
    return (*counts, sum(Receipt.objects.values_list("amount", flat=True)))


class Import:
    """One file of the corpus, with the accounts it speaks of set up."""

    def __init__(self, row: dict[str, str]) -> None:
        self.file, self.name = row["file"], Path(row["file"]).name
        self.data = (DEV / row["file"]).read_bytes()
        self.is_list = row["format"] in LISTS
        mapping = mapping_of(self.name, self.data) if self.is_list else None
        self.parsed = detect.read(self.data, name=self.name, mapping=mapping)
        self.company = make_company(currency=next((s.currency for s in self.parsed.statements if s.currency), "EUR"))
        self.accounts = accounts_for(self.company, self.parsed)
        self.given = self.accounts[0] if self.accounts and (self.is_list or not self.parsed.statements[0].account) else None
        if self.given and mapping:
            self.given.csv_mapping = codec.encode(mapping)
            self.given.save()
        self.today = max([TODAY, *days_of(self.parsed)])

    def take(self, name: str = "", data: bytes = b"", **more: str) -> ImportResult:
        return import_bank_file(
            actor=SYSTEM, content=data or self.data, name=name or self.name, today=self.today, company=self.company,
            bank_account=self.given, **more,
        )  # fmt: skip


def rows_to_book() -> list[Any]:
    """All files; of OFX only those that bring something, for the readers' own tests see the others."""
    return [r for r in _rows(BANK | LISTS) if not (r.id or "").startswith("ofx/") or (r.values[0]["n_tx"] != "0" and r.id not in REFUSED)]


@pytest.mark.parametrize("row", rows_to_book())
def test_a_real_file_is_booked_as_its_manifest_says(row: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    if row["file"] in REFUSED:
        return check_refused(row)
    job, before = Import(row), state()
    if not job.parsed.statements:
        with pytest.raises(EmptyFile):
            job.take()
        assert state() == before and row["n_tx"] == "0"
        return
    if row["file"] in HELD:
        with pytest.raises(StatementHeld, match=r"doesn't foot.*a difference of|lies between them"):
            job.take()
        assert state() == before
    result = job.take(**({"accept_gap": HELD[row["file"]]} if row["file"] in HELD else {}))
    check_figures(row, job)
    check_cash(job, result)
    before = state()
    monkeypatch.setattr(importing, "run_bounded", in_this_process)
    with pytest.raises(AlreadyImported):
        job.take(name="renamed")
    assert state() == before
    assert verify_books(job.today) == []


def in_this_process(_: str, content: bytes, *, kwargs: dict[str, Any], **limits: int) -> ParsedFile:
    """The reader without its sandbox, for the second import; the first one had it."""
    return detect.read(content, **kwargs)


def check_refused(row: dict[str, str]) -> None:
    company = make_company()
    account = create_bank_account(actor=SYSTEM, company=company, name="Main", currency="USD", identifiers=["4417"])
    before = state()
    with pytest.raises(InputRefused) as refusal:
        import_bank_file(
            actor=SYSTEM, content=(DEV / row["file"]).read_bytes(), name=row["file"], today=TODAY, company=company, bank_account=account
        )
    assert str(refusal.value)
    assert state() == before


def check_figures(row: dict[str, str], job: Import) -> None:
    booked = tuple(a + b for a, b in zip(figures(), left_out(job.parsed), strict=True))
    if job.name in LIST_FIGURES:
        count, credit, debit = LIST_FIGURES[job.name][:3]
        assert booked == (count, Decimal(credit), Decimal(debit))
    elif row["n_tx"]:
        assert booked == (int(row["n_tx"]), Decimal(row["credit_sum"]), Decimal(row["debit_sum"]))
    if not job.is_list and row["file"] not in CLOSING_ELSE:
        rows = BankStatement.objects.exclude(closing_balance=None).values_list("closing_balance", "bank_account__currency")
        closings = {money.to_decimal(balance, currency) for balance, currency in rows}
        assert closings == {Decimal(balance) for balance in row["closing_balance"].split("|") if balance}


def check_cash(job: Import, result: ImportResult) -> None:
    """Every line that brings money is a receipt, and the bank's account in the ledger holds exactly their sum, less what cards cost."""
    brought = StatementLine.objects.filter(treatment="receipt").values_list("amount", flat=True)
    assert sorted(r.amount for r in result.receipts) == sorted(brought)
    for account in job.accounts:
        received = sum(r.amount for r in result.receipts if r.bank_account_id == account.pk)
        charges = StatementLine.objects.filter(treatment="charge", statement__bank_account=account).values_list("amount", flat=True)
        received += sum(charges)
        assert sum(Line.objects.filter(account=account.ledger_account_id).values_list("amount", flat=True)) == received


def zipped(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, content)
    return out.getvalue()


def with_other_line_ends(data: bytes) -> bytes:
    plain = data.replace(b"\r\n", b"\n")
    return plain if plain != data else plain.replace(b"\n", b"\r\n")


SAME = {
    "bai2/moov-io_bai2/sample1.txt": "bai2",
    "mt940/mt-940_betterplace/with_binary_character.sta": "mt940",
    "camt053/genkgo_camt/camt053.v2.multi.statement.xml": "camt053",
    "csv/bankstatementparser/csv_european_decimals.csv": "csv",
    "xlsx/OCA_sheet_file/sample_statement_en.xlsx": "xlsx",
}


@pytest.mark.parametrize("row", [r for r in _rows(BANK | LISTS) if r.id in SAME or not r.id])
def test_X6_the_same_file_in_another_wrapping_is_known(row: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    job = Import(row)
    job.take()
    before, data = state(), job.data
    monkeypatch.setattr(importing, "run_bounded", in_this_process)
    variants = {
        "renamed": data,
        "another mark": b"\xef\xbb\xbf" + data,
        "line ends": with_other_line_ends(data),
        "a blank more": data + b"\r\n",
    }
    if row["format"] == "xlsx":
        variants = {"renamed": data, "saved again": zipped_again(data)}
    elif row["format"] == "camt053":
        variants |= {"zipped": zipped("a.xml", data), "zipped under another name": zipped("b.xml", data)}
    for what, again in variants.items():
        with pytest.raises(AlreadyImported, match="already imported"):
            job.take(name=f"{what}.dat", data=again)
        assert state() == before, what


def zipped_again(workbook: bytes) -> bytes:
    """The parts of a workbook packed anew, in another order and at another time."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(out, "w") as new:
        for name in reversed(old.namelist()):
            new.writestr(zipfile.ZipInfo(name, (2031, 1, 1, 0, 0, 0)), old.read(name))
    return out.getvalue()
