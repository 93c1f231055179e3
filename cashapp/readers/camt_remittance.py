"""RmtInf of ISO 20022: what the payer says the money is for, structured (Strd) and free (Ustrd).

Document types are those of external code set DocumentType: CINV commercial invoice, CREN credit note, SOAC statement of account.
"""

from lxml import etree

from .model import RefKind, RemittanceRef, amount_of, squeeze

_CREDITS = frozenset(("CREN", "CNFA"))
_TYPE = ("Tp/CdOrPrtry/Cd", "RfrdDocTp/Cd")
_PAID = ("RfrdDocAmt/RmtdAmt", "RfrdDocAmt/DuePyblAmt", "RfrdDocInf/LineDtls/Amt/RmtdAmt")


def references(detail: etree._Element, currency: str) -> list[RemittanceRef]:
    """Every document and creditor reference of a TxDtls; a Strd's amount goes to the first it names, so that none counts twice."""
    return [ref for strd in detail.findall("RmtInf/Strd") for ref in _of_one(strd, currency)]


def _of_one(strd: etree._Element, currency: str) -> list[RemittanceRef]:
    amount, is_credit = _paid(strd, currency)
    discount = _amount(strd, ("RfrdDocAmt/DscntApldAmt/Amt", "RfrdDocAmt/DscntApldAmt"), currency)
    documents = [(_text(document, "Nb", "RfrdDocNb"), document) for document in strd.findall("RfrdDocInf")]
    named = [(number, _kind(document, is_credit)) for number, document in documents if number]
    reference = _text(strd, "CdtrRefInf/Ref", "CdtrRefInf/CdtrRef")
    if reference:
        named.append((reference, "creditor_reference"))
    return [
        RemittanceRef(number, amount if position == 0 else None, discount if position == 0 else None, kind)
        for position, (number, kind) in enumerate(named)
    ]


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
