"""What a file is, by its bytes: the name and what the browser said don't count.

An allow-list of what people attach as evidence: PDF, pictures, office documents, text and tables, XML, e-mails. What runs or draws
pages (programs, scripts, HTML, SVG, macros) is refused, and so are plain archives, which could hold anything.
"""

import io
import re
import zipfile
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from pathlib import PurePosixPath
from xml.parsers import expat

from arops.lib.refusal import Refused


class NotTaken(Refused):
    """The file is of no kind that is kept; the message says what it is and what would do."""


@dataclass(frozen=True, slots=True)
class Sort:
    """A kind of file: its type, what people call it, the endings that its name may have (the first is given to a name without one)."""

    content_type: str
    word: str
    endings: tuple[str, ...]


PDF = Sort("application/pdf", "PDF", (".pdf",))
TEXT = Sort("text/plain", "text", (".txt", ".csv", ".tsv", ".md", ".log", ".json", ".edi", ".x12"))
XML = Sort("application/xml", "XML", (".xml", ".xsd", ".ubl", ".xrechnung"))
MAIL = Sort("message/rfc822", "e-mail", (".eml",))
OLD_OFFICE = Sort("application/x-ole-storage", "Office document", (".doc", ".xls", ".ppt", ".msg", ".vsd", ".mpp"))
_MAGIC = (
    (b"%PDF-", PDF),
    (b"\x89PNG\r\n\x1a\n", Sort("image/png", "picture", (".png",))),
    (b"\xff\xd8\xff", Sort("image/jpeg", "picture", (".jpg", ".jpeg"))),
    (b"GIF87a", Sort("image/gif", "picture", (".gif",))),
    (b"GIF89a", Sort("image/gif", "picture", (".gif",))),
    (b"II*\x00", Sort("image/tiff", "picture", (".tif", ".tiff"))),
    (b"MM\x00*", Sort("image/tiff", "picture", (".tif", ".tiff"))),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLD_OFFICE),
    (b"{\\rtf", Sort("application/rtf", "Office document", (".rtf", ".doc"))),
)
_WEBP, _HEIC = Sort("image/webp", "picture", (".webp",)), Sort("image/heic", "picture", (".heic", ".heif"))
_HEIC_BRANDS = (b"heic", b"heix", b"mif1", b"heif", b"msf1")
_OOXML = "application/vnd.openxmlformats-officedocument."
_OFFICE = {
    "word/": Sort(f"{_OOXML}wordprocessingml.document", "Word document", (".docx", ".dotx")),
    "xl/": Sort(f"{_OOXML}spreadsheetml.sheet", "workbook", (".xlsx", ".xltx")),
    "ppt/": Sort(f"{_OOXML}presentationml.presentation", "presentation", (".pptx", ".potx")),
}
_OPEN = {
    f"application/vnd.oasis.opendocument.{kind}": Sort(f"application/vnd.oasis.opendocument.{kind}", word, (ending,))
    for kind, word, ending in (
        ("text", "text document", ".odt"), ("spreadsheet", "workbook", ".ods"), ("presentation", "presentation", ".odp"),
    )
}  # fmt: skip
_PROGRAMS = (
    (b"MZ", "a Windows program"), (b"\x7fELF", "a program"), (b"\xca\xfe\xba\xbe", "a program"), (b"\xcf\xfa\xed\xfe", "a program"),
    (b"#!", "a script"), (b"L\x00\x00\x00\x01\x14\x02\x00", "a Windows shortcut"), (b"Rar!", "an archive"), (b"7z\xbc\xaf", "an archive"),
    (b"\x1f\x8b", "an archive"),
)  # fmt: skip
_PAGE = re.compile(r"<\s*(!doctype\s+html|html|head|body|script|iframe|svg|object|embed|link|meta|style|img|form)\b", re.IGNORECASE)
_DRAWS = ("http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg", "http://www.w3.org/1999/XSL/Transform")
TAKEN = "PDF, pictures, Office documents, text, CSV, XML and e-mails (.eml) are kept"


def sniff(content: bytes) -> Sort:
    """What the file is. Raises NotTaken for what isn't kept."""
    if not content:
        raise NotTaken("the file is empty")
    for magic, word in _PROGRAMS:
        if content.startswith(magic):
            raise NotTaken(f"the file is {word}: {TAKEN}")
    for magic, sort in _MAGIC:
        if content.startswith(magic):
            return sort
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return _WEBP
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        return _HEIC
    if content.startswith(b"PK"):
        return _packed(content)
    return _written(content)


def proper_name(name: str, sort: Sort) -> str:
    """The file's name without folders and control characters, ending as such a file does: `a.exe` that is a PDF becomes `a.exe.pdf`."""
    plain = "".join(c for c in name.replace("\\", "/").rpartition("/")[2] if c.isprintable()).strip(" .") or "file"
    ends = PurePosixPath(plain).suffix.lower()
    return (plain if ends in sort.endings else plain[:240] + sort.endings[0])[-255:]


def _packed(content: bytes) -> Sort:
    """Office documents are zip archives; other archives aren't kept, nor documents with macros."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            first = archive.infolist()[0] if names else None
            kind = archive.read(first)[:100].decode("latin-1") if first and first.filename == "mimetype" and first.file_size < 100 else ""
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError, RuntimeError) as error:
        raise NotTaken(f"the file is damaged: {TAKEN}") from error
    if any(name.lower().endswith(("vbaproject.bin", ".exe", ".js", ".vbs")) or name.startswith("Basic/") for name in names):
        raise NotTaken("the document holds macros or programs: save it without them, or as PDF")
    if kind in _OPEN:
        return _OPEN[kind]
    if "[Content_Types].xml" in names:
        found = next((sort for folder, sort in _OFFICE.items() if any(name.startswith(folder) for name in names)), None)
        if found:
            return found
    raise NotTaken(f"the file is an archive: attach the files in it one by one ({TAKEN})")


def _written(content: bytes) -> Sort:
    """Text of some kind, or nothing that is known."""
    text = _text(content)
    start = text.lstrip("\ufeff \t\r\n")
    if _is_mail(content, start):
        return MAIL
    if _PAGE.search(start[:65_536]) or any(space in text for space in _DRAWS):
        raise NotTaken(f"the file is a web page or a drawing that can hold scripts: save it as PDF ({TAKEN})")
    if start.startswith("<"):
        return _xml(content)
    return TEXT


def _text(content: bytes) -> str:
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    odd = sum(1 for c in text[:65_536] if (c < " " and c not in "\t\r\n\f\x1a\x1b\x1c\x1d\x1e\x1f") or c == "\x7f")
    if odd or text.count("\ufffd") * 100 > len(text) or "\x00" in text:
        raise NotTaken(f"the file is of no kind that is known here: {TAKEN}")
    return text


def _is_mail(content: bytes, start: str) -> bool:
    if not re.match(r"[A-Za-z][A-Za-z0-9-]{1,40}:[ \t]", start):
        return False
    headers = BytesHeaderParser().parsebytes(content[:65_536])
    return (
        "from" in headers
        and any(name in headers for name in ("date", "message-id", "received"))
        and "snapshot-content-location" not in headers
    )


def _xml(content: bytes) -> Sort:
    """XML that is well-formed, defines no entities and asks for no style sheet."""

    def refuse(*_: object) -> None:
        raise NotTaken(f"the XML defines entities or asks for a style sheet, which it has no need to: {TAKEN}")

    def instruction(target: str, _: str) -> None:
        if target.lower() == "xml-stylesheet":
            refuse()

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    parser.ProcessingInstructionHandler = instruction
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise NotTaken(f"the file begins like XML but isn’t: {expat.errors.messages.get(error.code, 'damaged')}") from error
    return XML
