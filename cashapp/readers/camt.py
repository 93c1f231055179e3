"""ISO 20022 bank-to-customer messages: camt.052 (interim report), camt.053 (statement), camt.054 (notification), versions 01 to 14.

Read by local names, because the versions differ in few elements and banks differ more from their schema than the versions do.
One row for each TxDtls where those add up to the entry, else one row for the entry, so that rows always sum to what was booked.
The sign is CdtDbtInd's alone: with RvslInd it already tells the direction of the reversal. Structured remittance (RmtInf/Strd) is kept.

A document type is refused outright, for `resolve_entities=False` would silently empty an amount; nothing is ever fetched.
"""

from datetime import date

from lxml import etree

from . import camt_remittance, channels
from .model import BankEntry, BankFile, Channel, Kind, ReadError, RemittanceRef, Statement, Status, amount_of, currency_of, squeeze

_CONTAINERS: dict[str, tuple[str, str, Kind]] = {
    "BkToCstmrAcctRpt": ("camt052", "Rpt", "interim"),
    "BkToCstmrStmt": ("camt053", "Stmt", "booked"),
    "BkToCstmrDbtCdtNtfctn": ("camt054", "Ntfctn", "notification"),
}
_XINCLUDE = "http://www.w3.org/2001/XInclude"
_STATUS: dict[str, Status] = {"BOOK": "booked", "PDNG": "pending", "FUTR": "pending", "INFO": "info"}


def read(data: bytes) -> BankFile:
    """Every statement of the message; ReadError names line and reason."""
    root = parse(data)
    container = next((child for child in root if _container(child)), None)
    if root.tag != "Document" or container is None:
        raise ReadError(root.sourceline, "no camt.052, camt.053 or camt.054 message")
    name, tag, kind = _CONTAINERS[_container(container)]
    found = container.findall(tag)
    if not found:
        raise ReadError(container.sourceline, "the message holds no statement")
    warnings: list[str] = []
    statements = tuple(_statement(element, kind, warnings) for element in found)
    return BankFile(name, statements, tuple(warnings))


def parse(data: bytes) -> etree._Element:
    """The root with namespaces taken off every name; refuses document types, entities and XInclude before it believes anything."""
    for encoding in ("ascii", "utf-16-le", "utf-16-be"):
        if "<!DOCTYPE".encode(encoding) in data or "<!ENTITY".encode(encoding) in data:
            raise ReadError(None, "the XML has a document type (DOCTYPE): such files are refused, because they can hide content")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, dtd_validation=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(data.lstrip(), parser)
    except etree.XMLSyntaxError as error:
        raise ReadError(error.lineno or 1, f"the XML is not well-formed: {error.msg}") from None
    except ValueError as error:
        raise ReadError(1, f"the XML can't be read: {error}") from None
    if root.getroottree().docinfo.doctype or root.getroottree().docinfo.internalDTD is not None:
        raise ReadError(1, "the XML has a document type (DOCTYPE): such files are refused, because they can hide content")
    for element in root.iter():
        if not isinstance(element.tag, str):
            raise ReadError(element.sourceline, "the XML holds an entity reference")
        space, _, local = element.tag.rpartition("}")
        if space[1:] == _XINCLUDE:
            raise ReadError(element.sourceline, "the XML includes another file (XInclude)")
        element.tag = local
    return root


def _container(element: etree._Element) -> str:
    """BkToCstmrStmt of "BkToCstmrStmtV01", or "" for another element."""
    name = str(element.tag).removesuffix("V01")
    return name if name in _CONTAINERS else ""


def text(element: etree._Element, *paths: str) -> str:
    """The first path that holds text, trimmed; empty when none does."""
    for path in paths:
        found = str(element.findtext(path) or "").strip()
        if found:
            return found
    return ""


def _statement(element: etree._Element, kind: Kind, warnings: list[str]) -> Statement:
    account = text(element, "Acct/Id/IBAN", "Acct/Id/Othr/Id", "Acct/Id/PrtryAcct/Id", "Acct/Id/BBAN", "Acct/Id/UPIC", "Acct/Id/Prxy/Id")
    account = "".join(account.split())
    if not account:
        raise ReadError(element.sourceline, "the statement names no account (Acct/Id)")
    opening = _balance(element, ("OPBD", "PRCD"))
    closing = _balance(element, ("CLBD",))
    currency = text(element, "Acct/Ccy") or _first_currency(element)
    if currency:
        currency = currency_of(currency, element.sourceline)
    rows: list[BankEntry] = []
    for ordinal, entry in enumerate(element.findall("Ntry"), start=1):
        rows += _rows(entry, ordinal, _days(entry, element, warnings), warnings)
    _check_summary(element, warnings)
    if kind == "booked" and closing is None:
        warnings.append(f"line {element.sourceline}: the statement of {account} has no closing balance, so it can't be footed")
    return Statement(
        account=account, currency=currency or _no_currency(element),
        account_servicer=_bank(element.find("Acct/Svcr")) or None, statement_id=text(element, "Id"),
        sequence=text(element, "ElctrncSeqNb", "LglSeqNb") or None,
        opening_date=opening and opening[0], opening_balance=opening and opening[1],
        closing_date=closing and closing[0], closing_balance=closing and closing[1], entries=tuple(rows), kind=kind,
    )  # fmt: skip


def _no_currency(element: etree._Element) -> str:
    raise ReadError(element.sourceline, "the statement doesn't say its currency")


def _first_currency(element: etree._Element) -> str:
    for path in ("Bal/Amt", "Ntry/Amt"):
        found = element.find(path)
        if found is not None:
            return (found.get("Ccy") or "").strip()
    return ""


def _balance(element: etree._Element, codes: tuple[str, ...]) -> tuple[date | None, int] | None:
    """Day and amount of the first balance of the first code there is; an overdrawn balance (DBIT) is negative."""
    for code in codes:
        for balance in element.findall("Bal"):
            if text(balance, "Tp/CdOrPrtry/Cd", "Tp/Cd") == code:
                amount, _ = _amount(balance.find("Amt"), balance)
                return _day(balance.find("Dt"), balance), _sign(balance) * amount
    return None


def _amount(element: etree._Element | None, owner: etree._Element) -> tuple[int, str]:
    if element is None or not (element.text or "").strip():
        raise ReadError(owner.sourceline, f"{owner.tag} has no amount")
    currency = currency_of(element.get("Ccy") or "", element.sourceline)
    return amount_of((element.text or "").strip(), currency, element.sourceline), currency


def _sign(element: etree._Element, otherwise: str = "") -> int:
    mark = text(element, "CdtDbtInd") or otherwise
    if mark not in ("CRDT", "DBIT"):
        raise ReadError(element.sourceline, f"{element.tag} says neither credit nor debit (CdtDbtInd)")
    return 1 if mark == "CRDT" else -1


def _day(element: etree._Element | None, owner: etree._Element) -> date | None:
    """The calendar day as the bank wrote it; a time and its zone are not converted."""
    return _day_of(text(element, "Dt", "DtTm"), owner) if element is not None else None


def _day_of(value: str, owner: etree._Element) -> date | None:
    if not value:
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        raise ReadError(owner.sourceline, f"{value[:30]!r} is not a date") from None


def _days(entry: etree._Element, statement: etree._Element, warnings: list[str]) -> tuple[date, date]:
    """Booking and value day; either stands for the other, and the statement's own day for both, for ISO makes them optional."""
    booking, value = _day(entry.find("BookgDt"), entry), _day(entry.find("ValDt"), entry)
    if booking is None and value is None:
        booking = _day_of(text(statement, "FrToDt/ToDtTm", "CreDtTm"), statement)
        if booking is None:
            raise ReadError(entry.sourceline, "the entry has neither booking nor value date")
        warnings.append(f"line {entry.sourceline}: the entry has no date, the statement's own ({booking}) was taken")
    return booking or value, value or booking  # type: ignore[return-value]  # one of them is a date


def _check_summary(statement: etree._Element, warnings: list[str]) -> None:
    said, found = text(statement, "TxsSummry/TtlNtries/NbOfNtries"), len(statement.findall("Ntry"))
    if said.isdecimal() and len(said) < 10 and int(said) != found:
        warnings.append(f"line {statement.sourceline}: the bank announces {said} entries, the statement holds {found}")


def _rows(entry: etree._Element, ordinal: int, days: tuple[date, date], warnings: list[str]) -> list[BankEntry]:
    amount, currency = _amount(entry.find("Amt"), entry)
    amount *= _sign(entry)
    details = entry.findall("NtryDtls/TxDtls") + entry.findall("TxDtls")
    parts = _parts(details, entry, currency)
    frame = (ordinal, *days)
    if len(details) > 1 and (parts is None or sum(parts) != amount):
        warnings.append(f"line {entry.sourceline}: the {len(details)} details don't add up to the entry, so it stays one row")
    if len(details) > 1 and parts is not None and sum(parts) == amount:
        return [_row(entry, [detail], part, currency, frame) for detail, part in zip(details, parts, strict=True)]
    return [_row(entry, details, amount, currency, frame)]


def _parts(details: list[etree._Element], entry: etree._Element, currency: str) -> list[int] | None:
    """Signed amounts of the details in the entry's currency, or None when one has none."""
    parts = []
    for detail in details:
        for path in ("Amt", "AmtDtls/TxAmt/Amt"):
            found = detail.find(path)
            if found is not None and (found.get("Ccy") or "").strip().upper() == currency:
                parts.append(_amount(found, detail)[0] * _sign(detail, otherwise=text(entry, "CdtDbtInd")))
                break
        else:
            return None
    return parts


def _row(entry: etree._Element, details: list[etree._Element], amount: int, currency: str, frame: tuple[int, date, date]) -> BankEntry:
    ordinal, booking, value = frame
    reversal = _is_reversal(entry, details)
    name, account, bank = _party(details, amount, reversal=reversal)
    type_code, channel = _type(entry, details)
    line = details[0].sourceline if len(details) == 1 and len(entry.findall("NtryDtls/TxDtls")) > 1 else entry.sourceline
    return BankEntry(
        amount=amount, currency=currency, value_date=value, booking_date=booking, line=line or 1, ordinal=ordinal,
        bank_reference=_common(details, "Refs/AcctSvcrRef", "Refs/Prtry/Ref") or text(entry, "AcctSvcrRef", "NtryRef"),
        customer_reference=_common(details, "Refs/InstrId", "Refs/PmtInfId", "Refs/ChqNb", "Refs/TxId"),
        end_to_end_id=_common(details, "Refs/EndToEndId").replace("NOTPROVIDED", ""), type_code=type_code,
        channel="return" if reversal else channel, payer_name=name, payer_account=account, payer_bank=bank,
        text=camt_remittance.free_text(entry, details), structured=_structured(details, currency),
        is_reversal=reversal, status=_status(entry),
    )  # fmt: skip


def _structured(details: list[etree._Element], currency: str) -> tuple[RemittanceRef, ...]:
    return tuple(ref for detail in details for ref in camt_remittance.references(detail, currency))


def _status(entry: etree._Element) -> Status:
    code = text(entry, "Sts/Cd", "Sts", "Sts/Prtry") or "BOOK"
    if code not in _STATUS:
        raise ReadError(entry.sourceline, f"{code[:20]!r} is not a status of an entry (BOOK, PDNG, INFO, FUTR)")
    return _STATUS[code]


def _is_reversal(entry: etree._Element, details: list[etree._Element]) -> bool:
    return text(entry, "RvslInd").lower() in ("true", "1") or any(detail.find("RtrInf") is not None for detail in details)


def _common(details: list[etree._Element], *paths: str) -> str:
    """What all details agree on: a merged row must not bear one payment's reference for all of them."""
    values = {text(detail, *paths) for detail in details}
    return values.pop() if len(values) == 1 else ""


def _party(details: list[etree._Element], amount: int, *, reversal: bool) -> tuple[str, str, str]:
    """Name, account and bank of the other side: the debtor of money in, the creditor of money out; a reversal keeps the first roles."""
    side = "Dbtr" if (amount >= 0) != reversal else "Cdtr"
    name = _common(details, f"RltdPties/{side}/Pty/Nm", f"RltdPties/{side}/Nm", f"RltdPties/{side}/Agt/FinInstnId/Nm")
    if not name:
        name = _common(details, f"RltdPties/Ultmt{side}/Pty/Nm", f"RltdPties/Ultmt{side}/Nm")
    account = _common(details, *(f"RltdPties/{side}Acct/Id/{path}" for path in ("IBAN", "Othr/Id", "PrtryAcct/Id", "BBAN", "UPIC")))
    banks = {_bank(detail.find(f"RltdAgts/{side}Agt")) for detail in details}
    return squeeze(name), "".join(account.split()), banks.pop() if len(banks) == 1 else ""


def _bank(element: etree._Element | None) -> str:
    if element is None:
        return ""
    return text(
        element, "FinInstnId/BICFI", "FinInstnId/BIC", "FinInstnId/ClrSysMmbId/MmbId", "FinInstnId/CmbndId/BIC", "FinInstnId/ClrSysMmbId/Id"
    )


def _type(entry: etree._Element, details: list[etree._Element]) -> tuple[str, Channel]:
    """Bank transaction code as PMNT/RCDT/ESCT (the detail's where it has one, else the entry's), else the bank's own code."""
    for owner in [*details[:1], entry]:
        parts = [text(owner, f"BkTxCd/Domn/{path}") for path in ("Cd", "Fmly/Cd", "Fmly/SubFmlyCd")]
        if parts[0]:
            return "/".join(parts), channels.of_iso(parts[1], parts[2])
    own = next((code for code in (text(owner, "BkTxCd/Prtry/Cd") for owner in [*details[:1], entry]) if code), "")
    return own, channels.of_swift(own, own) if len(own) in (3, 4) else "other"
