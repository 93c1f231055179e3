"""Bank files and small worlds for the tests of cash application."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from xml.sax.saxutils import escape

from cashapp.models import BankAccount, MatchPolicy, Receipt
from cashapp.services import ImportResult, NewReceipt, create_bank_account, import_bank_file, match_receipts, record_receipts
from customers.models import Customer
from ledger.models import Account, OpenItem
from org.models import Company, User
from tests.factories import DAY, SYSTEM, issue, make_company, make_customer, make_user

IBAN = "DE89370400440532013000"
TODAY = date(2026, 9, 20)


@dataclass(frozen=True)
class Row:
    """An entry of a bank file: minor units, credit > 0."""

    amount: int
    text: str = ""
    payer: str = ""
    account: str = ""
    day: date = DAY
    reversal: bool = False
    reference: str = ""


def make_bank(company: Company | None = None, currency: str = "EUR", identifier: str = IBAN, **fields: str) -> BankAccount:
    """A company's bank account (a new company unless given)."""
    company = company or make_company(currency=currency)
    known = Account.objects.filter(company=company, kind="cash", bank_account=None).first()
    return create_bank_account(
        actor=SYSTEM,
        company=company,
        name=fields.pop("name", "Main account"),
        currency=currency,
        identifiers=[identifier],
        ledger_account=known,
        **fields,
    )


def camt(
    rows: Sequence[Row],
    *,
    opening: int = 0,
    closing: int | None = None,
    number: int = 1,
    day: date = DAY,
    account: str = IBAN,
    currency: str = "EUR",
) -> bytes:
    """A camt.053 statement; it foots unless `closing` says otherwise."""
    closing = opening + sum(r.amount for r in rows) if closing is None else closing
    entries = "".join(_entry(r, f"{number}-{n}", currency) for n, r in enumerate(rows, 1))
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>M{number}</MsgId><CreDtTm>{day}T20:00:00</CreDtTm></GrpHdr><Stmt><Id>S-{number}</Id><CreDtTm>{day}T20:00:00</CreDtTm>"
        f"<Acct><Id><IBAN>{account}</IBAN></Id><Ccy>{currency}</Ccy></Acct>{_balance('OPBD', opening, currency, day)}"
        f"{_balance('CLBD', closing, currency, day)}{entries}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def _balance(code: str, amount: int, currency: str, day: date) -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{abs(amount) / 100:.2f}</Amt>'
        f"<CdtDbtInd>{'CRDT' if amount >= 0 else 'DBIT'}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _entry(r: Row, reference: str, currency: str) -> str:
    party = "Dbtr" if r.amount > 0 else "Cdtr"
    own = r.reference or reference
    account = r.account or "DE02120300000000202051"
    return (
        f'<Ntry><Amt Ccy="{currency}">{abs(r.amount) / 100:.2f}</Amt><CdtDbtInd>{"CRDT" if r.amount > 0 else "DBIT"}</CdtDbtInd>'
        f"{'<RvslInd>true</RvslInd>' if r.reversal else ''}<Sts>BOOK</Sts>"
        f"<BookgDt><Dt>{r.day}</Dt></BookgDt><ValDt><Dt>{r.day}</Dt></ValDt>"
        f"<AcctSvcrRef>{own}</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>{own}</EndToEndId></Refs>"
        f"<RltdPties><{party}><Nm>{escape(r.payer)}</Nm></{party}>"
        f"<{party}Acct><Id><IBAN>{account}</IBAN></Id></{party}Acct></RltdPties>"
        f"<RmtInf><Ustrd>{escape(r.text)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )


def money_in(
    bank: BankAccount, amount: int, customer: Customer | None = None, text: str = "", payer: str = "", account: str = "", day: date = DAY
) -> Receipt:
    """One receipt, as if a file had brought it."""
    row = NewReceipt(
        amount, day, payer_name=payer or (customer.name if customer else ""), payer_account=account, text=text, customer=customer
    )
    (receipt,) = record_receipts(actor=SYSTEM, bank_account=bank, rows=[row])
    return receipt


def take(content: bytes, name: str = "a.xml", **more: Any) -> ImportResult:
    """Import a file as the system, or as `actor`."""
    return import_bank_file(actor=more.pop("actor", SYSTEM), content=content, name=name, today=TODAY, **more)


@dataclass
class Desk:
    """A small queue on the workbench: people, customers, items, and what the engine made of the receipts."""

    bank: BankAccount
    ana: User
    senior: User
    nordia: Customer
    hart: Customer
    items: dict[str, OpenItem]
    receipts: dict[str, Receipt]

    def fresh(self, name: str) -> Receipt:
        """A receipt as it stands."""
        return Receipt.objects.select_related("open_item", "customer").get(pk=self.receipts[name].pk)

    def balance(self, name: str) -> int:
        """What is open on an item."""
        return OpenItem.objects.get(pk=self.items[name].pk).balance


def make_desk() -> Desk:
    """Four receipts of a company that posts nothing alone: one sure, one short, one with two answers, one of nobody."""
    bank = make_bank(name="Operating account")
    company = bank.company
    MatchPolicy.objects.create(company=company, posts_alone=False)
    nordia, hart = make_customer(company, "Nordia AB", number="10442"), make_customer(company, "Hart & Co", number="10443")
    early = DAY.replace(day=1)
    items = {
        number: issue(customer, amount, number=number, day=early, **more)
        for number, customer, amount, more in [
            ("INV-8812", nordia, 20_000_00, {}),
            ("INV-8813", nordia, 31_250_00, {"po_number": "44-17"}),
            ("INV-8820", nordia, 900_00, {}),
            ("INV-9001", hart, 500_00, {}),
            ("INV-9002", hart, 500_00, {}),
        ]
    }
    receipts = {
        "sure": money_in(bank, 900_00, nordia, "INV-8820 thank you"),
        "short": money_in(bank, 50_000_00, nordia, "NORDIA INV-8812 / INV-8813 LESS DAMAGE", account="SE4550000000058398257466"),
        "twice": money_in(bank, 500_00, payer="Hart & Co", text="our rent"),
        "nobody": money_in(bank, 8_115_20, payer="Z Holdings", text="ORDER 7741 <b>THANKS</b>"),
    }
    match_receipts(company=company, actor=SYSTEM, today=TODAY)
    return Desk(bank, make_user("specialist", company), make_user("senior", company), nordia, hart, items, receipts)
