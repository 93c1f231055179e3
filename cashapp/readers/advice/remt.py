"""ISO 20022 remt.001, remittance advice (versions 01 to 06), and what camt messages say of documents: the same elements, the same reading.

Each RmtInf of a remt.001 is one advice: OrgnlPmtInf tells the payment (end-to-end number, amount, day, debtor), Strd the documents. Each
payment received in a camt.052, 053 or 054 that names documents is one, too: for whoever has the statement only as the payer's proof.
"""

from datetime import date

from lxml import etree

from cashapp.readers import camt, camt_remittance
from cashapp.readers.camt import parse, text
from cashapp.readers.model import BankEntry, ReadError, RemittanceRef, amount_of, currency_of, squeeze

from .edi820 import with_difference
from .model import Advice, AdviceFile, AdviceLine, Kind

FORMAT = "remt.001"
_AMOUNTS = ("Amt/InstdAmt", "IntrBkSttlmAmt", "InstdAmt", "Amt/EqvtAmt/Amt", "Amt")
_DAYS = ("ReqdExctnDt/Dt", "ReqdExctnDt", "IntrBkSttlmDt", "ReqdColltnDt")
_KINDS: dict[str, Kind] = {"credit_note": "credit", "other": "other"}


def knows(data: bytes) -> bool:
    """Whether it is XML that names a remittance advice, or a camt message."""
    head = data[:4000].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return head.startswith(b"<") and any(name in head for name in (b"RmtAdvc", b"remt.001", b"BkToCstmr", b"camt.05"))


def read(data: bytes, *, currency: str = "") -> AdviceFile:
    """Every advice of the message, in `currency` where a part names none; ReadError with line and reason."""
    root = parse(data)
    container = next((child for child in root if str(child.tag).startswith("RmtAdvc")), None)
    if container is None:
        return _of_bank(data)
    found = container.findall("RmtInf")
    if not found:
        raise ReadError(container.sourceline, "the remittance advice says nothing of any payment (RmtInf)")
    sender = squeeze(text(container, "GrpHdr/InitgPty/Nm", "GrpHdr/InitgPty/Pty/Nm"))
    return AdviceFile(FORMAT, tuple(_advice(one, sender, currency) for one in found))


def _advice(element: etree._Element, sender: str, otherwise: str) -> Advice:
    payment = element.find("OrgnlPmtInf")
    if payment is None:
        payment = etree.Element("OrgnlPmtInf")
    amount = next((found for path in _AMOUNTS if (found := payment.find(path)) is not None and (found.text or "").strip()), None)
    currency = _currency(element, amount, otherwise)
    total = amount_of((amount.text or "").strip(), currency, amount.sourceline) if amount is not None else None
    refs = [ref for strd in element.findall("Strd") for ref in camt_remittance.of_one(strd, currency)]
    return with_difference(
        Advice(
            currency=currency, total=total, lines=tuple(line_of(ref) for ref in refs), payment_date=_day(payment),
            payer_name=squeeze(text(payment, "Dbtr/Nm", "Dbtr/Pty/Nm")) or sender,
            payer_account="".join(text(payment, "DbtrAcct/Id/IBAN", "DbtrAcct/Id/Othr/Id").split()),
            trace=text(payment, "Refs/EndToEndId", "Refs/UETR", "Refs/TxId", "Refs/InstrId", "Refs/ChqNb").replace("NOTPROVIDED", ""),
            reference=text(element, "RmtId"), text="\n".join(squeeze(found.text or "") for found in element.findall("Ustrd")),
        )
    )  # fmt: skip


def _currency(element: etree._Element, amount: etree._Element | None, otherwise: str) -> str:
    """Of the payment, else of the first amount of a document, else of whoever is paid."""
    named = amount if amount is not None else next(element.iterfind("Strd//*[@Ccy]"), None)
    if named is not None and named.get("Ccy"):
        return currency_of(named.get("Ccy") or "", named.sourceline)
    if otherwise:
        return currency_of(otherwise, element.sourceline)
    raise ReadError(element.sourceline, "the advice names no currency")


def _day(payment: etree._Element) -> date | None:
    try:
        return date.fromisoformat(text(payment, *_DAYS)[:10])
    except ValueError:
        return None


def line_of(ref: RemittanceRef) -> AdviceLine:
    """A document of a Strd as a line; a creditor reference stands for the invoice that bears it."""
    order = ref.document_type == "PUOR"
    return AdviceLine(
        reference=ref.number, kind=_KINDS.get(ref.kind, "invoice"), gross=ref.gross, discount=ref.discount, adjustment=ref.adjustment,
        paid=ref.amount, code=ref.code, text=ref.text, po_number=ref.number if order else "",
    )  # fmt: skip


def _of_bank(data: bytes) -> AdviceFile:
    """Payments received that name documents, of a camt message."""
    file = camt.read(data)
    entries = [entry for statement in file.statements for entry in statement.entries if entry.structured and entry.amount > 0]
    if not entries:
        raise ReadError(1, "the bank's message names no document in a structured way: import it as a bank file")
    return AdviceFile(f"{file.format} remittance", tuple(_of_entry(entry) for entry in entries))


def _of_entry(entry: BankEntry) -> Advice:
    return with_difference(
        Advice(
            currency=entry.currency, total=entry.amount, lines=tuple(line_of(ref) for ref in entry.structured),
            payment_date=entry.value_date, payer_name=entry.payer_name, payer_account=entry.payer_account,
            trace=entry.end_to_end_id, reference=entry.customer_reference, text=entry.text,
        )
    )  # fmt: skip
