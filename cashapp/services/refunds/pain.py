"""ISO 20022 pain.001.001.09, customer credit transfer initiation: one payment block, a transfer for each refund.

Source: ISO 20022 message definition report "Payments Initiation", pain.001.001.09; amounts are decimals with a dot, ids have at most
35 characters.
"""

from collections.abc import Sequence
from datetime import date, datetime

from lxml import etree
from stdnum import iban

from arops.lib import money
from cashapp.models import BankAccount, PayoutAccount, Refund

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"


def iban_of(account: BankAccount) -> str:
    """The account's IBAN; empty where none of its numbers is one."""
    return next((iban.compact(number) for number in account.identifiers if iban.is_valid(number)), "")


def write(number: str, payer: str, account: BankAccount, refunds: Sequence[Refund], day: date, now: datetime) -> bytes:
    """The file for refunds of one currency, paid from `account` (which has an IBAN) on `day`; `number` is the message's id."""
    root = etree.Element(f"{{{NAMESPACE}}}Document", nsmap={None: NAMESPACE})  # type: ignore[dict-item]
    body = _sub(root, "CstmrCdtTrfInitn")
    total = money.to_text(sum(r.amount for r in refunds), refunds[0].currency)
    head = _sub(body, "GrpHdr")
    _texts(head, MsgId=number[:35], CreDtTm=now.strftime("%Y-%m-%dT%H:%M:%S"), NbOfTxs=str(len(refunds)), CtrlSum=total)
    _party(head, "InitgPty", payer)
    block = _sub(body, "PmtInf")
    _texts(block, PmtInfId=number[:35], PmtMtd="TRF", NbOfTxs=str(len(refunds)), CtrlSum=total)
    _sub(_sub(block, "ReqdExctnDt"), "Dt", day.isoformat())
    _party(block, "Dbtr", payer)
    _sub(_sub(_sub(block, "DbtrAcct"), "Id"), "IBAN", iban_of(account))
    _sub(_sub(_sub(_sub(block, "DbtrAgt"), "FinInstnId"), "Othr"), "Id", "NOTPROVIDED")
    for refund in refunds:
        _transfer(block, refund)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _transfer(block: etree._Element, refund: Refund) -> None:
    to, transfer = refund.payout_account, _sub(block, "CdtTrfTxInf")
    _texts(_sub(transfer, "PmtId"), InstrId=refund.number[:35], EndToEndId=refund.number[:35])
    amount = _sub(_sub(transfer, "Amt"), "InstdAmt", money.to_text(refund.amount, refund.currency))
    amount.set("Ccy", refund.currency)
    _agent(transfer, to)
    _party(transfer, "Cdtr", to.holder)
    where = _sub(_sub(transfer, "CdtrAcct"), "Id")
    if to.scheme == "iban":
        _sub(where, "IBAN", to.account)
    else:
        _sub(_sub(where, "Othr"), "Id", to.account)
    _sub(_sub(transfer, "RmtInf"), "Ustrd", f"Refund {refund.number} {refund.open_item.number}"[:140])


def _agent(transfer: etree._Element, to: PayoutAccount) -> None:
    if not to.bank:
        return
    where = _sub(_sub(transfer, "CdtrAgt"), "FinInstnId")
    if to.scheme == "iban":
        _sub(where, "BICFI", to.bank)
        return
    member = _sub(where, "ClrSysMmbId")
    _sub(_sub(member, "ClrSysId"), "Cd", "USABA")
    _sub(member, "MmbId", to.bank)


def _party(parent: etree._Element, tag: str, name: str) -> None:
    _sub(_sub(parent, tag), "Nm", name[:140])


def _texts(parent: etree._Element, **texts: str) -> None:
    for tag, text in texts.items():
        _sub(parent, tag, text)


def _sub(parent: etree._Element, tag: str, text: str | None = None) -> etree._Element:
    child = etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}")
    child.text = None if text is None else "".join(sign if sign.isprintable() else " " for sign in text)
    return child
