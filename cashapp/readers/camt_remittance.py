"""RmtInf of ISO 20022: what the payer says the money is for, structured (Strd) and free (Ustrd).

Document types are those of external code set DocumentType: CINV commercial invoice, CREN credit note, SOAC statement of account.
"""

from collections.abc import Sequence
from dataclasses import replace

from lxml import etree

from .model import RefKind, RemittanceRef, amount_of, squeeze

_CREDITS = frozenset(("CREN", "CNFA"))
_TYPE = ("Tp/CdOrPrtry/Cd", "RfrdDocTp/Cd")
_GROSS = ("RfrdDocAmt/DuePyblAmt", "RfrdDocInf/LineDtls/Amt/DuePyblAmt")
_DISCOUNTS = ("RfrdDocAmt/DscntApldAmt/Amt", "RfrdDocAmt/DscntApldAmt")
_REMARKS = ("AddtlRmtInf", "RfrdDocAmt/AdjstmntAmtAndRsn/AddtlInf")
_PAID = ("RfrdDocAmt/RmtdAmt", "RfrdDocAmt/DuePyblAmt", "RfrdDocInf/LineDtls/Amt/RmtdAmt")


def references(detail: etree._Element, currency: str) -> list[RemittanceRef]:
    """Every document and creditor reference of a TxDtls; a Strd's amount goes to the first it names, so that none counts twice."""
    return [ref for strd in detail.findall("RmtInf/Strd") for ref in of_one(strd, currency)]


def of_one(strd: etree._Element, currency: str) -> list[RemittanceRef]:
    """What one Strd says, whole: documents with what was due, taken off, held back (and why) and paid, and what is said in words."""
    amount, is_credit = _paid(strd, currency)
    named = [
        RemittanceRef(number, kind=_kind(document, is_credit), document_type=_text(document, *_TYPE), text=_words(document))
        for document in strd.findall("RfrdDocInf")
        if (number := _text(document, "Nb", "RfrdDocNb"))
    ]
    reference = _text(strd, "CdtrRefInf/Ref", "CdtrRefInf/CdtrRef")
    if reference:
        named.append(RemittanceRef(reference, kind="creditor_reference"))
    if not named:
        return []
    gross = _amount(strd, _GROSS, currency)
    discounts = [found for path in _DISCOUNTS for found in strd.findall(path)]
    first = replace(
        named[0], amount=amount, discount=_sum(discounts, currency), gross=-abs(gross) if gross is not None and is_credit else gross,
        text="; ".join(part for part in (named[0].text, *_more_words(strd, currency)) if part)[:500],
    )  # fmt: skip
    return [_adjusted(first, strd, currency), *named[1:]]


def _adjusted(ref: RemittanceRef, strd: etree._Element, currency: str) -> RemittanceRef:
    """AdjstmntAmtAndRsn: CRDT is in the payer's favour and takes from the payment, unless the sum ties out only the other way round."""
    found = strd.findall("RfrdDocAmt/AdjstmntAmtAndRsn")
    said = [(-1 if _text(one, "CdtDbtInd") != "DBIT" else 1, _sum([one.find("Amt")], currency)) for one in found]
    total = sum(sign * minor for sign, minor in said if minor is not None)
    if not any(minor for _, minor in said):
        return ref
    if ref.amount is not None and ref.gross is not None and ref.gross - (ref.discount or 0) - total == ref.amount:
        total = -total
    return replace(ref, adjustment=total, code=next((code for one in found if (code := _text(one, "Rsn"))), ""))


def _sum(found: Sequence[etree._Element | None], currency: str) -> int | None:
    """Of the amounts in the payment's currency; None where there is none."""
    own = [e for e in found if e is not None and (e.text or "").strip() and e.get("Ccy", currency) == currency]
    return sum(amount_of((e.text or "").strip(), currency, e.sourceline) for e in own) if own else None


def _words(document: etree._Element) -> str:
    """The document's day and what is said of its lines."""
    day = _text(document, "RltdDt/Dt", "RltdDt")
    lines = (squeeze(f"{_text(line, 'Id/Nb')} {_text(line, 'Desc')}") for line in document.findall("LineDtls"))
    return "; ".join(part for part in (f"of {day}" if day else "", *lines) if part)[:300]


def _more_words(strd: etree._Element, currency: str) -> list[str]:
    """What the fields have no place for: remarks, words of adjustments, taxes, amounts in another currency."""
    said = [squeeze(found.text or "") for path in _REMARKS for found in strd.findall(path)]
    said += [f"tax {squeeze(found.text or '')}" for found in strd.findall("RfrdDocAmt/TaxAmt/Amt")]
    foreign = (found for found in strd.iterfind("RfrdDocAmt//*[@Ccy]") if found.get("Ccy") != currency)
    return [*said, *(f"{found.tag} {found.get('Ccy')} {squeeze(found.text or '')}" for found in foreign)]


def _paid(strd: etree._Element, currency: str) -> tuple[int | None, bool]:
    """What the document adds to the payment, and whether it is a credit note, which takes from it."""
    credit = _amount(strd, ("RfrdDocAmt/CdtNoteAmt",), currency)
    paid = _amount(strd, _PAID, currency)
    if paid is None and credit is not None:
        return -abs(credit), True
    codes = {code for document in strd.findall("RfrdDocInf") if (code := _text(document, *_TYPE))}
    if paid is not None and codes and codes <= _CREDITS:
        return -abs(paid), True
    return paid, bool(codes) and codes <= _CREDITS


def _kind(document: etree._Element, is_credit: bool) -> RefKind:
    code = _text(document, *_TYPE)
    if is_credit or code in _CREDITS:
        return "credit_note"
    return "invoice" if code in ("", "CINV", "HIRI", "MSIN", "TSUT", "DNFA") else "other"


def _amount(strd: etree._Element, paths: tuple[str, ...], currency: str) -> int | None:
    for path in paths:
        found = strd.find(path)
        if found is not None and (found.text or "").strip() and found.get("Ccy", currency) == currency:
            return amount_of((found.text or "").strip(), currency, found.sourceline)
    return None


def free_text(entry: etree._Element, details: list[etree._Element]) -> str:
    """All that a person would read: unstructured remittance, additions to structured, the bank's own remarks, return reasons."""
    lines: list[str] = []
    for detail in details:
        for path in ("RmtInf/Ustrd", "RmtInf/Strd/AddtlRmtInf", "AddtlTxInf", "RtrInf/AddtlInf"):
            lines += [squeeze(found.text or "") for found in detail.findall(path)]
        reason = _text(detail, "RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry")
        lines.append(f"return reason {reason}" if reason else "")
    lines += [squeeze(found.text or "") for found in entry.findall("AddtlNtryInf")]
    return "\n".join(dict.fromkeys(line for line in lines if line))


def _text(element: etree._Element, *paths: str) -> str:
    return next((squeeze(found) for path in paths if (found := element.findtext(path)) and found.strip()), "")
