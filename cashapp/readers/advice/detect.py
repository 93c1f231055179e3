"""The one entrance for remittance advices: what a file is is told by its content, never by its name.

    file = read(data)                        # EDI, NACHA, ISO 20022; lists and PDFs that can be read one way only
    file = read(data, layout=saved.mapping)  # lists and PDFs as a saved layout says

A broken file is refused whole with line and reason (`ReadError`). Files come from outside: call it through
`arops.lib.sandbox.run_bounded("cashapp.readers.advice.detect.read", data, seconds=20, memory_mb=512, kwargs={...})`.

A format is a line of `FORMATS`, asked in its order: its name, whether the content looks like it, its reader.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from cashapp.readers.model import ReadError

from . import bundle, edi820, nacha, pdf, remadv, remt, tabular
from .model import Advice, AdviceFile

__all__ = ["FORMATS", "MAX_BYTES", "Asked", "Format", "ReadError", "detect", "read"]

MAX_BYTES = 20 * 1024 * 1024
_MAIL = re.compile(rb"(?=.*^From:)(?=.*^(?:Message-ID|MIME-Version|Received):)[A-Za-z-]+: ", re.I | re.M | re.S)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader is given besides the bytes: the file's name (for messages only), a saved layout as its mapping, and the currency
    of whoever is paid, for lists that don't say theirs."""

    name: str = ""
    layout: dict[str, Any] | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Format:
    """`knows` is asked with the whole content and must be quick and never raise; `read` raises ReadError alone."""

    name: str
    knows: Callable[[bytes], bool]
    read: Callable[[bytes, Asked], AdviceFile]


FORMATS: tuple[Format, ...] = (
    Format("x12", edi820.knows, lambda data, asked: edi820.read(data, currency=asked.currency)),
    Format("edifact", remadv.knows, lambda data, asked: remadv.read(data, currency=asked.currency)),
    Format("nacha", nacha.knows, lambda data, _: nacha.read(data)),
    Format("iso20022", remt.knows, lambda data, asked: remt.read(data, currency=asked.currency)),
    Format("mail", lambda data: bool(_MAIL.match(data[:8000])), lambda data, _: _not_here()),
    Format("zip", bundle.is_bundle, lambda data, asked: bundle.read(data, lambda one, name: _of_bundle(one, replace(asked, name=name)))),
    Format("pdf", pdf.is_pdf, lambda data, asked: pdf.read(data, layout=asked.layout, currency=asked.currency)),
    Format("list", tabular.is_list, lambda data, asked: tabular.read(data, layout=asked.layout, currency=asked.currency)),
)


def _not_here() -> AdviceFile:
    raise ReadError(1, "this is an e-mail: bring it under Remittances, Mails")


def _of_bundle(data: bytes, asked: Asked) -> AdviceFile:
    return _format(data).read(data, asked)


def detect(data: bytes) -> str:
    """The name of the format, such as "x12"; ReadError when it is empty, too big, or nothing that is read."""
    return _format(data).name


def read(
    data: bytes, *, name: str = "", layout: dict[str, Any] | None = None, latest: date | None = None, currency: str = ""
) -> AdviceFile:
    """The whole file as advices, or ReadError with line and reason. `currency` is taken for a list or PDF that doesn't say its own.

    `latest`: a payment dated after that day is still read, and a note says so; the reader itself knows no clock.
    """
    file = _format(data).read(data, Asked(name, layout, currency))
    return replace(file, advices=tuple(_with_late_date_noted(advice, latest) for advice in file.advices))


def _format(data: bytes) -> Format:
    if len(data) > MAX_BYTES:
        raise ReadError(None, f"the file has {len(data) // 1024 // 1024} MB, more than {MAX_BYTES // 1024 // 1024} MB")
    if not data.strip():
        raise ReadError(None, "the file is empty")
    found = next((form for form in FORMATS if form.knows(data)), None)
    if found is None:
        raise ReadError(1, "this is no remittance advice that can be read: send X12 820, REMADV, NACHA, remt.001, Excel, CSV or PDF")
    return found


def _with_late_date_noted(advice: Advice, latest: date | None) -> Advice:
    if latest is None or advice.payment_date is None or advice.payment_date <= latest:
        return advice
    return replace(advice, notes=(*advice.notes, f"paid on {advice.payment_date}, which lies after {latest}"))
