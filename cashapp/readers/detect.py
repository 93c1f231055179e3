"""The one entrance for bank files: what a file is is told by its content, never by its name.

    file = read(data)                        # BAI2, lockbox, MT940, MT942, OFX, camt.05x (also zipped), and clear lists
    file = read(data, mapping=saved)         # CSV and Excel by a saved mapping; without, a list that can be read one way only

A broken file is refused whole with line and reason (`ReadError`). Files come from outside: call it through
`arops.lib.sandbox.run_bounded("cashapp.readers.detect.read", data, seconds=20, memory_mb=512, kwargs={...})`.
"""

import re
from dataclasses import replace
from datetime import date
from typing import Literal

from . import archive, bai2, camt, fingerprints, lockbox, mt940, ofx, sniff, tabular, text
from .lockbox import LockboxProfile
from .mapping import Mapping
from .model import BankFile, ReadError, foot

__all__ = ["MAX_BYTES", "Format", "detect", "foot", "propose", "read"]

MAX_BYTES = 50 * 1024 * 1024
_MAX_MESSAGES = 200

Format = Literal["bai2", "lockbox", "mt", "camt", "ofx", "zip", "xlsx", "table"]

_BAI2 = re.compile(r"\s*(?:01,[^,\n]*,[^,\n]*,[0-9]{6,8},|(?:0[0-9]|16|49|88),[^\n]*/[ \t]*(?:\n|$))", re.ASCII)
_MT = re.compile(r"^(?:\{[1-4]:.*)?:(?:20|25P?|28C?|60[FM]|61|62[FM]|64|86):", re.MULTILINE)
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF file: ask the bank for BAI2, MT940, camt.053 or CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file (.xls) or an encrypted workbook: save it as .xlsx without a password"),
    (b"MZ", "a program, not a bank file"),
    (b"\x7fELF", "a program, not a bank file"),
    (b"\x1f\x8b", "a gzip archive: unpack it first"),
    (b"Rar!", "a RAR archive: unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive: unpack it first"),
)
_NOT_READ: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\s*(<!DOCTYPE html|<html)", re.I), "an HTML page, whatever its name says: export the list as CSV or .xlsx"),
    (re.compile(r"101 [ 0-9]{9}"), "a NACHA file of payments, not a bank statement"),
    (re.compile(r"\s*ISA[^A-Za-z0-9]"), "an X12 file: remittances are not read as bank statements"),
    (re.compile(r"\s*UN[AB][+:]"), "an EDIFACT file: remittances are not read as bank statements"),
    (re.compile(r"\{\\rtf"), "an RTF document, not a bank file"),
)


def detect(data: bytes) -> Format:
    """What the content is; ReadError when it is empty, too big, or something that is not read."""
    if len(data) > MAX_BYTES:
        raise ReadError(None, f"the file has {len(data) // 1024 // 1024} MB, more than {MAX_BYTES // 1024 // 1024} MB")
    if archive.is_zip(data):
        names = archive.open_zip(data).namelist()
        return "xlsx" if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names) else "zip"
    for magic, reason in _FOREIGN:
        if data.startswith(magic):
            raise ReadError(None, reason)
    return "ofx" if ofx.looks_like(data) else _detect_text(text.decode(data))


def _detect_text(body: str) -> Format:
    head = body[:20_000]
    if not head.strip():
        raise ReadError(None, "the file is empty")
    for pattern, reason in _NOT_READ:
        if pattern.match(head):
            raise ReadError(1, reason)
    if head.lstrip().startswith("<"):
        return "camt"
    if _BAI2.match(head):
        return "bai2"
    if lockbox.looks_like(head):
        return "lockbox"
    if _MT.search(head) or head.startswith("{1:F"):
        return "mt"
    return "table"


def read(
    data: bytes, *, name: str = "", mapping: Mapping | None = None, latest: date | None = None,
    profiles: dict[str, LockboxProfile] | None = None,
) -> BankFile:  # fmt: skip
    """The whole file as statements, or ReadError with line and reason.

    `name` serves messages only. Without `mapping` a CSV or Excel list is read when its headings and cells leave no question.
    `profiles` say by lockbox number how their bank writes lockbox files.
    `latest` refuses entries booked after that day (a year mistyped into the future); the reader itself knows no clock.
    """
    kind = detect(data)
    if kind == "zip":
        file = _read_zip(data, name)
    elif kind in ("xlsx", "table"):
        file = _read_table(data, kind, mapping)
    elif kind == "camt":
        file = camt.read(data)
    elif kind == "ofx":
        file = ofx.read(data)
    elif kind == "lockbox":
        file = lockbox.read(text.decode(data), profiles)
    else:
        file = _read_text(data, kind)
    _check_latest(file, latest)
    return replace(file, content_sha256=fingerprints.content_key(data))


def propose(data: bytes, *, name: str = "") -> sniff.Proposal:
    """A mapping for a CSV or Excel list, with its open questions and a preview; ReadError for other formats."""
    if detect(data) not in ("xlsx", "table"):
        raise ReadError(None, f"{name or 'the file'} is a bank format that needs no mapping")
    return sniff.sniff(data)


def _read_text(data: bytes, kind: Format) -> BankFile:
    body = text.decode(data)
    return bai2.read(body) if kind == "bai2" else mt940.read(body)


def _read_table(data: bytes, kind: Format, mapping: Mapping | None) -> BankFile:
    """By the saved mapping, or by a proposal that leaves no question."""
    notes: tuple[str, ...] = ()
    if mapping is None:
        proposal = sniff.sniff(data)
        if proposal.questions:
            raise ReadError(proposal.questions[0].line, proposal.questions[0].text)
        mapping, notes = proposal.mapping, proposal.notes
    file = tabular.read_xlsx(data, mapping) if kind == "xlsx" else tabular.read_csv(data, mapping)
    return replace(file, warnings=notes + file.warnings)


def _read_zip(data: bytes, name: str) -> BankFile:
    """A zip of camt messages, as banks send them: read in the order of their names, one broken message refuses all."""
    found = sorted(archive.members(archive.open_zip(data)))
    if not found:
        raise ReadError(None, f"{name or 'the archive'} holds no file")
    if len(found) > _MAX_MESSAGES:
        raise ReadError(None, f"the archive holds {len(found)} files, more than {_MAX_MESSAGES}")
    files = [_read_member(member, content) for member, content in found]
    formats = sorted({file.format for file in files})
    return BankFile(
        "+".join(formats),
        tuple(statement for file in files for statement in file.statements),
        tuple(f"{member}: {warning}" for (member, _), file in zip(found, files, strict=True) for warning in file.warnings),
    )


def _read_member(member: str, content: bytes) -> BankFile:
    try:
        if archive.is_zip(content):
            raise ReadError(None, "an archive within the archive")
        kind = detect(content)
        if kind == "camt":
            return camt.read(content)
        if kind == "ofx":
            return ofx.read(content)
        if kind in ("bai2", "mt"):
            return _read_text(content, kind)
        raise ReadError(None, "lists have to be imported unzipped")
    except ReadError as error:
        raise ReadError(error.line, f"{member[:80]}: {error.reason}") from None


def _check_latest(file: BankFile, latest: date | None) -> None:
    for statement in file.statements:
        for entry in statement.entries:
            if latest and entry.booking_date > latest and entry.status == "booked":
                raise ReadError(entry.line, f"booked on {entry.booking_date}, which lies after {latest}")
