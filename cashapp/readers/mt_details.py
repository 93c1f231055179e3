"""The free-form field 86 of MT940 in the three dialects that carry structure; anything else is kept as text.

German banks (DK, Anlage 3 "SWIFT-Formate"): three digits of GVC, then sub-fields "?20…?29", "?60…?63" text, "?30" bank, "?31" account,
"?32", "?33" name. Dutch banks: "/EREF/…/CNTP/iban/bic/name///REMI/USTD//text/" and "/NAME/…/IBAN/…". SEPA key words
(EREF+, SVWZ+ …) stand inside the text of either. German multi-cash: field :NS: with two-digit codes at line starts.
"""

import re
from dataclasses import dataclass

from .model import RemittanceRef, squeeze

_SUBFIELDS = re.compile(r"\s*([0-9]{3})\s*(?=([?<>~^|])[0-9]{2})", re.ASCII)
_SEPA_WORD = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE|COAM|OAMT|BREF|PURP)\+")
_SLASH = re.compile(r"/(EREF|PREF|IREF|MARF|CSID|CNTP|REMI|RTRN|TRCD|TRTP|NAME|IBAN|BIC|ORDP|BENM|ADDR|ISDT|PURP|ULTD|ULTB|KREF)/")
_BOUNDARY = 65
"""Characters of a line of field 86 (6*65x): a line this long was cut, a shorter one ends where the bank ended it."""


@dataclass(frozen=True, slots=True)
class Details:
    """What a field 86 says; empty strings where it says nothing."""

    text: str = ""
    name: str = ""
    account: str = ""
    bank: str = ""
    end_to_end_id: str = ""
    type_code: str = ""
    structured: tuple[RemittanceRef, ...] = ()


def read(tag: str, lines: tuple[str, ...]) -> Details:
    """Details of the physical lines of a field 86 or NS."""
    if tag == "NS":
        return _multicash(lines)
    flat = "".join(lines)
    german = _SUBFIELDS.match(flat)
    if german:
        return _german(german[1], flat[german.end() :], german[2])
    if len(_SLASH.findall(flat)) >= 1 and flat.lstrip().startswith("/"):
        return _dutch(flat)
    return Details(text=_unfolded(lines))


def merged(parts: list[Details]) -> Details:
    """One answer of several fields: the first that knows a thing is believed, texts are kept all."""

    def first(name: str) -> str:
        return next((getattr(part, name) for part in parts if getattr(part, name)), "")

    return Details(
        text="\n".join(part.text for part in parts if part.text), name=first("name"), account=first("account"), bank=first("bank"),
        end_to_end_id=first("end_to_end_id"), type_code=first("type_code"), structured=sum((part.structured for part in parts), ()),
    )  # fmt: skip


def _unfolded(lines: tuple[str, ...]) -> str:
    out = ""
    for line in lines:
        out += line if len(line) >= _BOUNDARY else line + "\n"
    return "\n".join(squeeze(part) for part in out.split("\n") if part.strip())


def _german(gvc: str, body: str, mark: str) -> Details:
    parts: dict[str, str] = {}
    for piece in re.split(rf"{re.escape(mark)}(?=[0-9]{{2}})", body)[1:]:
        parts[piece[:2]] = parts.get(piece[:2], "") + piece[2:]
    purpose = "".join(parts.get(code, "") for code in _codes(20, 29) + _codes(60, 63))
    words = _sepa_words(purpose)
    others = [f"{key}+{value}" for key, value in words.items() if key not in ("", "SVWZ", "EREF")]
    lead = [squeeze(parts.get("00", "")), squeeze(words[""]), words.get("SVWZ", ""), *others]
    name = words.get("ABWA") or parts.get("32", "") + parts.get("33", "")
    end_to_end = words.get("EREF", "")
    return Details(
        text="\n".join(part for part in lead if part), name=squeeze(name), account=parts.get("31", "").strip(),
        bank=parts.get("30", "").strip(), end_to_end_id="" if end_to_end.upper() == "NOTPROVIDED" else end_to_end, type_code=gvc,
    )  # fmt: skip


def _codes(first: int, last: int) -> list[str]:
    return [f"{number:02}" for number in range(first, last + 1)]


def _sepa_words(purpose: str) -> dict[str, str]:
    """EREF+… KREF+… SVWZ+… split; under "" stands what comes before the first."""
    pieces = _SEPA_WORD.split(purpose)
    words = {"": pieces[0]}
    for key, value in zip(pieces[1::2], pieces[2::2], strict=True):
        words[key] = squeeze(value)
    return words


def _dutch(flat: str) -> Details:
    pieces = _SLASH.split(flat)
    words: dict[str, str] = {}
    for key, value in zip(pieces[1::2], pieces[2::2], strict=True):
        words.setdefault(key, value)
    party = [part.strip() for part in words.get("CNTP", "").split("/")]
    account, bank, name = (*party, "", "", "")[:3]
    remittance = words.get("REMI", "")
    structured, text = _dutch_remittance(remittance)
    return Details(
        text="\n".join(part for part in (text, f"RTRN {words['RTRN'].strip('/')}" if words.get("RTRN") else "") if part) or squeeze(flat),
        name=squeeze(words.get("NAME", name).strip("/")), account=words.get("IBAN", account).strip("/ "),
        bank=words.get("BIC", bank).strip("/ "), end_to_end_id=squeeze(words.get("EREF", "").strip("/")), structured=structured,
    )  # fmt: skip


def _dutch_remittance(remittance: str) -> tuple[tuple[RemittanceRef, ...], str]:
    """USTD//text/ is free text; STRD/CUR/number/ is a checked payment reference (betalingskenmerk)."""
    clean = remittance.strip().strip("/")
    if clean.startswith("STRD/"):
        number = clean.split("/")[-1].strip()
        return ((RemittanceRef(number, kind="creditor_reference"),) if number else ()), number
    return (), squeeze(clean.removeprefix("USTD").strip("/"))


def _multicash(lines: tuple[str, ...]) -> Details:
    parts = [(line[:2], line[2:].strip()) for line in lines if line.strip()]
    text = "\n".join(value for code, value in parts if code <= "14" and value)
    lead = "\n".join(value for code, value in parts if code == "17" and value)
    name = " ".join(value for code, value in parts if code in ("15", "16"))
    return Details(text="\n".join(part for part in (lead, text) if part), name=squeeze(name))
