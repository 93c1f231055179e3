"""The words of a mail as an advice, when they name documents with amounts and speak of a payment; else None, and a person reads it.

A list in the mail is read like any list; otherwise each line with a document's number and an amount is one of the advice. What stands below
the writer's own words (a mail answered to) is left out, unless the mail passes another's on: or our own reminder would come back as advice.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from arops.lib import money
from arops.lib.reading import ReadError

from . import tabular
from .edi820 import with_difference
from .model import Advice, AdviceFile, AdviceLine

__all__ = ["FORMAT", "ReadError", "read"]

FORMAT = "words of a mail"
_NOTE = "read from the words of a mail"
_MAX_LINES = 5000

_PAYMENT = re.compile(
    r"\b(remit|payment|paid|paying|pays?|transfer|wire|cheque|check|ach|eft|avis|zahlung|bezahl|überw[ei]+s|virement|paiement|règlement|pago|"
    r"pagamento|betaling|betaald)", re.I,
)  # fmt: skip
_FORWARDED = re.compile(r"\s*(?:fwd?|wg|tr|rv|i)\s*:", re.I)
_ANSWERED = re.compile(
    r"-{2,}\s*(?:original message|ursprüngliche nachricht|message d.origine)|_{10,}\s*$|"
    r"(?:on|am|le|el)\s.{5,120}\s(?:wrote|schrieb.*|a écrit|escribió)\s*:\s*$|(?:from|von|de):\s.+@", re.I,
)  # fmt: skip
_AMOUNT = re.compile(
    r"(?<![\w.,/-])(?P<open>[-(]?)\s?(?:[$€£]|[A-Z]{3}\s)?\s?(?P<sign>-?)"
    r"(?P<digits>[0-9]{1,3}(?:[.,' \u00a0][0-9]{3})+[.,][0-9]{2}|[0-9]{1,12}[.,][0-9]{2})(?![\w])(?![.,/][0-9])"
)
_REFERENCE = re.compile(r"(?<![\w./-])#?(?P<number>(?=[\w./-]*[0-9]{3})[A-Za-z0-9][A-Za-z0-9./_-]{2,29})(?![\w-])")
_NAMED = re.compile(
    r"\b(?:invoices?|inv|rechnung(?:en)?|rg|re|factures?|facturas?|fattur[ae]|factuur|bills?|credit (?:note|memo)|gutschrift|document|doc)"
    r"\.?[ \t]*(?:no\.?|nr\.?|number|n°|#)?[ \t]*:?[ \t]*(?P<number>(?=[\w./-]*[0-9])[A-Za-z0-9][A-Za-z0-9./_-]{0,29})(?![\w-])", re.I,
)  # fmt: skip
_NO_DOCUMENT = re.compile(
    r"[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{2,4}|[0-9.,]*[.,][0-9]{2}|[A-Za-z]{2}[0-9]{2}[A-Za-z0-9]{11,}|(?:19|20)[0-9]{2}"
)
_ELSEWHERE = re.compile(r"\b(?:tel|phone|fax|mobile|iban|bic|swift|vat|ust-?id|p\.?o\.? box|account|konto)\b", re.I)
_TOTAL = re.compile(
    r"\b(?:total|sum|summe|gesamt\w*|amount paid|payment amount|paid amount|amount of|payment of|in total|montant total)\b", re.I
)
_CREDIT = re.compile(r"\b(?:credit|gutschrift|avoir|abono|nota di credito)\b", re.I)
_TRACE = re.compile(
    r"\b(?:cheque|check|trace|eft|ach|wire|payment|transfer|zahlung\w*|avis)\s*(?:no\.?|nr\.?|number|ref\.?|reference|id|#)\s*[:#]?\s*"
    r"(?P<trace>[A-Za-z0-9][A-Za-z0-9/-]{3,34})", re.I,
)  # fmt: skip
_DAY = re.compile(r"\b(?P<y>20[0-9]{2})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})\b|\b(?P<d2>[0-9]{1,2})\.(?P<m2>[0-9]{1,2})\.(?P<y2>20[0-9]{2})\b")
_SIGNS = {"€": "EUR", "£": "GBP", "$": "USD"}


def read(data: bytes, *, subject: str = "", table: str = "", currency: str = "") -> AdviceFile:
    """The advice in the words (UTF-8), of which `table` is the HTML's rendering; ReadError says why there is none."""
    forwarded = bool(_FORWARDED.match(subject))
    own, listed = (_own_words(text, forwarded) for text in (data.decode("utf-8", "replace"), table))
    if not _PAYMENT.search(f"{subject}\n{own}\n{listed}"):
        raise ReadError(None, "the mail speaks of no payment")
    for text in (listed, own):
        if text and (found := _as_list(text, currency)):
            return found
    found = next((advice for text in (own, listed) if text and (advice := _of_words(subject, text, currency))), None)
    if found is None:
        raise ReadError(None, "the mail names no documents with their amounts")
    return found


def _own_words(text: str, forwarded: bool) -> str:
    """What the writer wrote: without quoted lines, and without the mail answered to."""
    kept: list[str] = []
    for line in text.split("\n")[:_MAX_LINES]:
        if forwarded:
            kept.append(line.lstrip("> "))
        elif _ANSWERED.match(line.strip()):
            break
        elif not line.lstrip().startswith(">"):
            kept.append(line)
    return "\n".join(kept)


def _as_list(text: str, currency: str) -> AdviceFile | None:
    """A list with headings, read as the reader of lists does; None where it leaves a question."""
    try:
        file = tabular.read(text.encode("utf-8"), currency=currency)
    except ReadError:
        return None
    named = [advice for advice in file.advices if any(line.reference for line in advice.lines)]
    return AdviceFile(FORMAT, tuple(_noted(advice) for advice in named), file.notes) if named else None


def _noted(advice: Advice) -> Advice:
    return replace(advice, notes=(_NOTE, *advice.notes))


def _of_words(subject: str, text: str, currency: str) -> AdviceFile | None:
    code = _currency(text, currency)
    if not code:
        return None
    rows = [row for line in text.split("\n") if (row := _row(line, code))]
    if not rows:
        return None
    trace = _TRACE.search(f"{text}\n{subject}")
    advice = Advice(
        currency=code, total=_total(text, code), lines=tuple(rows), payment_date=_day(text), trace=trace["trace"] if trace else "",
        text=text.strip()[:2000],
    )  # fmt: skip
    return AdviceFile(FORMAT, (with_difference(_noted(advice)),))


def _currency(text: str, otherwise: str) -> str:
    """The one currency that stands beside amounts; of whoever is paid where none or several do."""
    codes = {code for code in re.findall(r"\b([A-Z]{3})\s?-?[0-9]|[0-9]\s?([A-Z]{3})\b", text) for code in code if code}
    known = {code for code in codes if code in money.currencies()} | {code for sign, code in _SIGNS.items() if sign in text}
    return known.pop() if len(known) == 1 else otherwise


def _amounts(line: str, currency: str) -> Iterator[int]:
    """Amounts with cents, whichever sign parts them; in brackets or with a minus they are negative."""
    for found in _AMOUNT.finditer(line):
        digits = re.sub(r"[^0-9]", "", found["digits"])
        try:
            minor = money.parse(f"{digits[:-2]}.{digits[-2:]}", currency)
        except money.MoneyError:
            continue
        yield -minor if found["open"] or found["sign"] else minor


def _row(line: str, currency: str) -> AdviceLine | None:
    """A document with what it gets: of several amounts the last is what is paid, the first what was due."""
    amounts = list(_amounts(line, currency))
    reference = _reference(line)
    if not amounts or not reference or (_TOTAL.search(line) and not re.search(r"\binv", line, re.I)):
        return None
    paid, gross = amounts[-1], amounts[0] if len(amounts) > 1 and abs(amounts[0]) >= abs(amounts[-1]) else None
    discount = amounts[1] if len(amounts) == 3 and gross is not None and gross - amounts[1] == paid else None
    if _CREDIT.search(line) or paid < 0:
        return AdviceLine(reference, "credit", gross=None if gross is None else -abs(gross), paid=-abs(paid))
    return AdviceLine(reference, gross=gross, discount=discount, paid=paid)


def _reference(line: str) -> str:
    """The number after "invoice" or the like, else the first that has four digits and is no date, amount, year or account."""
    if _ELSEWHERE.search(line):
        return ""
    named = [m["number"] for m in _NAMED.finditer(line)]
    plain = [m["number"] for m in _REFERENCE.finditer(line) if re.search(r"[0-9]{4}|[A-Za-z].*[0-9]{3}", m["number"])]
    numbers = (number.rstrip("./-_") for number in [*named, *plain])
    return next((number for number in numbers if number and not _NO_DOCUMENT.fullmatch(number)), "")


def _total(text: str, currency: str) -> int | None:
    for line in text.split("\n"):
        if _TOTAL.search(line) and (found := list(_amounts(line, currency))):
            return found[-1]
    return None


def _day(text: str) -> date | None:
    """The first day written so that it can be read one way only."""
    found = _DAY.search(text)
    if not found:
        return None
    try:
        return date(int(found["y"] or found["y2"]), int(found["m"] or found["m2"]), int(found["d"] or found["d2"]))
    except ValueError:
        return None
