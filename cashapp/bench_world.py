"""The generator's world in a real database: a company with its customers, open and closed items, disputes, and the receipts that wait."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeVar
from xml.sax.saxutils import escape

from django.db import connections, transaction

from arops.lib import money
from cashapp import engine
from cashapp.engine.payers import plain_account, plain_name
from cashapp.engine.synthetic import World
from cashapp.models import BankAccount, PayerAlias, Receipt
from cashapp.services import NewReceipt, create_bank_account, record_receipts
from customers.models import Customer
from disputes.models import Dispute, DisputeMovement
from ledger import drafts, posting, services
from ledger.drafts import Books, EntryDraft, ItemState, NewItem, Part
from ledger.models import Account
from org.actors import SystemActor
from org.models import Company

ACTOR = SystemActor("bench")
CHUNK = 5_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Loaded:
    """The company in the database, and which row stands for which item of the generator."""

    company: Company
    bank: BankAccount
    row_of: dict[int, int]


def load(world: World, code: str = "MATCH") -> Loaded:
    """Books with everything the world holds."""
    company = Company.objects.create(code=code, name="Matching", base_currency=world.currency)
    services.open_books(company=company)
    services.open_periods(company=company, first=date(2025, 7, 1), months=24)
    bank = create_bank_account(actor=ACTOR, company=company, name="Bank", currency=world.currency, identifiers=[f"4417-{code}-1"])
    customers = _customers(company, world)
    row_of = _items(company, customers, world.candidates)
    _closed(company, customers, bank, [replace(i, id=-i.id) for items in world.closed.values() for i in items])
    _disputes(company, customers, row_of, world)
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE ledger_entry, ledger_line, ledger_openitem, customers_customer, disputes_dispute")
    return Loaded(company, bank, row_of)


def receive(loaded: Loaded, receipts: Sequence[engine.Receipt]) -> list[Receipt]:
    """The receipts as the bank's file would bring them: in the books, unapplied or unidentified, in the order given."""
    made: list[Receipt] = []
    for chunk in _chunks(receipts):
        made += record_receipts(actor=ACTOR, bank_account=loaded.bank, rows=[_new(r) for r in chunk])
    return made


def bank_files(loaded: Loaded, receipts: Sequence[engine.Receipt], days: int, first: date) -> list[bytes]:
    """The receipts as the bank's statements (camt.053) of so many days in a row, each going on where the last ended."""
    account, files, opening = loaded.bank.identifiers[0], [], 0
    size = -(-len(receipts) // days)
    for number, start in enumerate(range(0, len(receipts), size), 1):
        part = receipts[start : start + size]
        closing = opening + sum(r.amount for r in part)
        files.append(_statement(account, number, first + timedelta(days=number), part, opening, closing))
        opening = closing
    return files


def _statement(account: str, number: int, day: date, receipts: Sequence[engine.Receipt], opening: int, closing: int) -> bytes:
    currency = receipts[0].currency
    balances = "".join(
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{money.to_text(amount, currency)}</Amt>'
        f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
        for code, amount in (("OPBD", opening), ("CLBD", closing))
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>M{number}</MsgId><CreDtTm>{day}T20:00:00</CreDtTm></GrpHdr><Stmt><Id>S-{number}</Id><CreDtTm>{day}T20:00:00</CreDtTm>"
        f"<Acct><Id><Othr><Id>{account}</Id></Othr></Id><Ccy>{currency}</Ccy></Acct>{balances}"
        f"{''.join(_entry(r) for r in receipts)}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def _entry(r: engine.Receipt) -> str:
    account = f"<DbtrAcct><Id><Othr><Id>{r.payer_account}</Id></Othr></Id></DbtrAcct>" if r.payer_account else ""
    lines = "".join(
        f"<Strd><RfrdDocInf><Nb>{escape(s.number)}</Nb></RfrdDocInf>"
        + (
            f'<RfrdDocAmt><RmtdAmt Ccy="{r.currency}">{money.to_text(s.amount, r.currency)}</RmtdAmt></RfrdDocAmt>'
            if s.amount is not None
            else ""
        )
        + "</Strd>"
        for s in r.structured
    )
    text = f"<Ustrd>{escape(r.text)}</Ustrd>" if r.text else ""
    return (
        f'<Ntry><Amt Ccy="{r.currency}">{money.to_text(r.amount, r.currency)}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>'
        f"<BookgDt><Dt>{r.value_date}</Dt></BookgDt><ValDt><Dt>{r.value_date}</Dt></ValDt><AcctSvcrRef>B{r.id}</AcctSvcrRef>"
        f"<NtryDtls><TxDtls><Refs><EndToEndId>E{r.id}</EndToEndId></Refs><RltdPties><Dbtr><Nm>{escape(r.payer_name)}</Nm></Dbtr>"
        f"{account}</RltdPties><RmtInf>{text}{lines}</RmtInf></TxDtls></NtryDtls></Ntry>"
    )


def _new(r: engine.Receipt) -> NewReceipt:
    structured: tuple[dict[str, object], ...] = tuple(
        {"number": s.number, "amount": s.amount, "discount": s.discount} for s in r.structured
    )
    return NewReceipt(r.amount, r.value_date, payer_name=r.payer_name, payer_account=r.payer_account, text=r.text, structured=structured)


def _customers(company: Company, world: World) -> dict[int, int]:
    rows = Customer.objects.bulk_create(
        Customer(company=company, number=f"M{p.customer_id:05d}", name=p.name, currency=world.currency) for p in world.payers
    )
    made = {p.customer_id: row for p, row in zip(world.payers, rows, strict=True)}
    below = [p for p in world.payers if p.parent_id is not None]
    for payer in below:
        made[payer.customer_id].parent_id = made[payer.parent_id or 0].pk
    Customer.objects.bulk_update([made[p.customer_id] for p in below], ["parent"], batch_size=1000)
    learnt = {(made[p.customer_id].pk, "account", plain_account(a)) for p in world.payers for a in p.accounts}
    learnt |= {(made[p.customer_id].pk, "name", plain_name(a)) for p in world.payers for a in p.aliases}
    PayerAlias.objects.bulk_create(
        PayerAlias(company=company, customer_id=c, kind=k, value=v, created_by=ACTOR.label) for c, k, v in sorted(learnt)
    )
    return {customer: row.pk for customer, row in made.items()}


def _items(company: Company, customers: dict[int, int], items: Sequence[engine.Candidate]) -> dict[int, int]:
    row_of: dict[int, int] = {}
    for chunk in _chunks(items):
        posted = posting.post([_document(company, customers, i) for i in chunk], actor=ACTOR)
        row_of |= {i.id: p.item_id or 0 for i, p in zip(chunk, posted, strict=True)}
    return row_of


def _document(company: Company, customers: dict[int, int], i: engine.Candidate) -> EntryDraft:
    item = NewItem(
        customers[i.customer_id], i.kind, i.number, i.document_date, i.due_date, i.balance, i.balance,
        po_number=i.po_number, discount_until=i.discount_until, discount_amount=i.discount_amount,
    )  # fmt: skip
    return drafts.document(_books(company), item=item, source=f"bench:{company.pk}:{i.id}", net=i.balance)


def _closed(company: Company, customers: dict[int, int], bank: BankAccount, items: Sequence[engine.Candidate]) -> None:
    """Invoices that were paid ten days after their date."""
    row_of = _items(company, customers, items)
    account = Account.objects.get(company=company, kind="receivable").pk
    for chunk in _chunks(items):
        posted = posting.post([_payment(company, customers, bank, i) for i in chunk], actor=ACTOR)
        parts = [
            [Part(ItemState(row, account, i.currency, s * i.balance, s * i.balance), s * i.balance) for row, s in rows]
            for i, p in zip(chunk, posted, strict=True)
            for rows in [((p.item_id or 0, -1), (row_of[i.id], 1))]
        ]
        applied = [
            drafts.application(_books(company), parts=pair, day=_paid_on(i), source=f"bench:{company.pk}:paid:{i.id}")
            for i, pair in zip(chunk, parts, strict=True)
        ]
        posting.post(applied, actor=ACTOR)


def _paid_on(i: engine.Candidate) -> date:
    return i.document_date + timedelta(days=10)


def _payment(company: Company, customers: dict[int, int], bank: BankAccount, i: engine.Candidate) -> EntryDraft:
    day = _paid_on(i)
    item = NewItem(customers[i.customer_id], "receipt", f"PAID{i.id}", day, day, -i.balance, -i.balance)
    return drafts.receipt(_books(company), item=item, cash_account_id=bank.ledger_account_id, source=f"bench:{company.pk}:payment:{i.id}")


@transaction.atomic
def _disputes(company: Company, customers: dict[int, int], row_of: dict[int, int], world: World) -> None:
    cases = Dispute.objects.bulk_create(
        Dispute(
            company=company, customer_id=customers[i.customer_id], open_item_id=row_of[i.id], number=f"DSP-{i.id}", reason="price",
            claimed=i.disputed, amount=i.disputed, currency=i.currency, due_date=world.today, opened_on=i.document_date, opened_by="bench",
            source=f"bench:{company.pk}:{i.id}",
        )
        for i in world.candidates
        if i.disputed
    )  # fmt: skip
    DisputeMovement.objects.bulk_create(
        DisputeMovement(dispute=c, open_item_id=c.open_item_id, day=c.opened_on, delta=c.amount, by="bench") for c in cases
    )


def _books(company: Company) -> Books:
    return Books(company.pk, company.base_currency, company.base_currency)


def _chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]
