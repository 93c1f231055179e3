"""Remittance advices as customers' systems write them: X12 820, EDIFACT REMADV, Excel, CSV, PDF, and mails that carry them. Pure."""

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from email.message import EmailMessage

from arops.demo.paper import Cell, pdf
from arops.lib import money
from cashapp.readers.advice.model import Advice, AdviceLine

_ENGLISH = ("Invoice number", "Invoice amount", "Discount", "Deduction", "Reason code", "Amount paid")
_GERMAN = ("Rechnungsnummer", "Rechnungsbetrag", "Skonto", "Abzug", "Grund", "Zahlbetrag")
_HEAD = {
    "en": ("Payer", "Payment number", "Payment date", "Payment total"), "de": ("Zahler", "Zahlungsnummer", "Zahlungsdatum", "Gesamtbetrag"),
}  # fmt: skip


def x820(advice: Advice, number: int) -> bytes:
    """X12 820, version 4010: one set, newlines after the segments."""
    day = _day(advice)
    order = ["BPR", "C", _amount(advice.total, advice.currency), "C", "ACH", "CTX", *[""] * 3, advice.payer_account, *[""] * 6]
    lines = [segment for line in advice.lines for segment in _rmr(line, advice.currency)]
    sets = [
        f"ST*820*{number:04d}", "*".join([*order, f"{day:%Y%m%d}"]),
        f"TRN*1*{advice.trace}", f"CUR*PR*{advice.currency}", f"REF*EF*{advice.reference}", f"DTM*097*{day:%Y%m%d}",
        f"N1*PR*{_bare(advice.payer_name)}", "N1*PE*ALDERMERE", "ENT*1", *lines,
    ]  # fmt: skip
    sets.append(f"SE*{len(sets) + 1}*{number:04d}")
    sender, receiver = f"{'CUST' + str(number):<15}", f"{'ALDERMERE':<15}"
    head = [f"ISA*00*{'':10}*00*{'':10}*ZZ*{sender}*ZZ*{receiver}*{day:%y%m%d}*0800*U*00401*{number:09d}*0*P*>"]
    head.append(f"GS*RA*{sender.strip()}*{receiver.strip()}*{day:%Y%m%d}*0800*{number}*X*004010")
    return ("~\n".join([*head, *sets, f"GE*1*{number}", f"IEA*1*{number:09d}"]) + "~\n").encode()


def _rmr(line: AdviceLine, currency: str) -> list[str]:
    said = f"RMR*IV*{line.reference}**{_amount(line.paid, currency)}*{_amount(line.gross, currency)}"
    segments = [said + (f"*{_amount(line.discount, currency)}" if line.discount else "")]
    if line.adjustment:
        segments.append(f"ADX*{_amount(line.adjustment, currency)}*{line.code}*IV*{line.reference}")
    return segments


def remadv(advice: Advice, number: int) -> bytes:
    """EDIFACT REMADV, D.01B: one message."""
    day = _day(advice)
    body = [
        f"UNH+{number}+REMADV:D:01B:UN", f"BGM+481+{advice.reference}+9", f"DTM+137:{day:%Y%m%d}:102", f"DTM+138:{day:%Y%m%d}:102",
        f"RFF+PQ:{advice.trace}", f"NAD+PR+{advice.payer_account}::92++{_bare(advice.payer_name)}", f"CUX+2:{advice.currency}:11",
    ]  # fmt: skip
    for n, line in enumerate(advice.lines, 1):
        body += [f"DOC+380+{line.reference}", *_moa(line, advice.currency)]
        body += [f"AJT+{line.code}+{n}"] if line.code else []
    body += ["UNS+S", f"MOA+12:{_amount(advice.total, advice.currency)}"]
    body.append(f"UNT+{len(body) + 1}+{number}")
    head = ["UNA:+.? '", f"UNB+UNOC:3+CUST{number}:14+ALDERMERE:14+{day:%y%m%d}:0800+{number}"]
    return (head[0] + "\n" + "".join(f"{segment}'\n" for segment in [head[1], *body, f"UNZ+1+{number}"])).encode("latin-1", "replace")


def _moa(line: AdviceLine, currency: str) -> list[str]:
    found = [f"MOA+9:{_amount(line.gross, currency)}", f"MOA+12:{_amount(line.paid, currency)}"]
    found += [f"MOA+52:{_amount(line.discount, currency)}"] if line.discount else []
    return found + ([f"MOA+165:{_amount(-line.adjustment, currency)}"] if line.adjustment else [])


def rows(advice: Advice, language: str) -> list[list[str]]:
    """The advice as a list: what is said of the payment, headings, a row for each invoice, the total."""
    head = zip(_HEAD[language], _said(advice, language), strict=True)
    found = [[f"{label}:", value] for label, value in head]
    found += [[], list(_GERMAN if language == "de" else _ENGLISH)]
    for line in advice.lines:
        cells = [_written(a, advice.currency, language) for a in (line.gross, line.discount, _held(line))]
        found.append([line.reference, *cells, line.code, _written(line.paid, advice.currency, language)])
    return [*found, ["Summe" if language == "de" else "Total", "", "", "", "", _written(advice.total, advice.currency, language)]]


def _said(advice: Advice, language: str) -> Sequence[str]:
    day = f"{_day(advice):%d.%m.%Y}" if language == "de" else f"{_day(advice):%Y-%m-%d}"
    return advice.payer_name, advice.trace, day, f"{_written(advice.total, advice.currency, language)} {advice.currency}"


def _held(line: AdviceLine) -> int | None:
    return -line.adjustment if line.adjustment else None


def sheet(advice: Advice, language: str) -> bytes:
    """An Excel workbook; amounts are numbers."""
    import openpyxl

    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = "Avis" if language == "de" else "Remittance"
    for row in rows(advice, language):
        page.append([_cell(cell, language) if n else cell for n, cell in enumerate(row)])
    made = io.BytesIO()
    book.save(made)
    return _of_day(made, _day(advice))


def _of_day(made: io.BytesIO, day: date) -> bytes:
    """The workbook as if it had been saved on that day, so that the same advice is the same file."""
    out = io.BytesIO()
    stamp = f"{day}T08:00:00Z".encode()
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = re.sub(rb"[0-9-]{10}T[0-9:]{8}Z", stamp, old.read(name)) if name == "docProps/core.xml" else old.read(name)
            new.writestr(zipfile.ZipInfo(name, (day.year, day.month, day.day, 8, 0, 0)), part, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _cell(cell: str, language: str) -> str | Decimal:
    """Amounts of rows as numbers."""
    plain = cell.replace(".", "").replace(",", ".") if language == "de" else cell.replace(",", "")
    return Decimal(plain) if plain.replace(".", "", 1).lstrip("-").isdigit() and "." in plain else cell


def comma_separated(advice: Advice, language: str) -> bytes:
    """CSV; with semicolons, as Excel writes it in German."""
    out = io.StringIO()
    csv.writer(out, delimiter=";" if language == "de" else ",", lineterminator="\r\n").writerows(rows(advice, language))
    return out.getvalue().encode("cp1252" if language == "de" else "utf-8", "replace")


def printed(advice: Advice, language: str) -> bytes:
    """A PDF with columns under headings, amounts flush right."""
    found = rows(advice, language)
    title = "Zahlungsavis" if language == "de" else "Remittance advice"
    lines: list[list[Cell]] = [[(50, advice.payer_name, False)], [(50, title, False)], []]
    lines += [[(50, f"{row[0]} {row[1]}", False)] for row in found[:4]]
    lines.append([])
    for row in found[5:]:
        lines.append([(x, text, x > 60 and n != 4) for n, (x, text) in enumerate(zip(_PLACES, row, strict=True)) if text])
    return pdf(lines)


_PLACES = (50, 230, 310, 390, 410, 545)


def letter(advice: Advice, language: str) -> str:
    """The list in the body of a mail, in columns."""
    lines = [f"{label}: {value}" for label, value in zip(_HEAD[language], _said(advice, language), strict=True)]
    table = [" ".join(f"{cell:<20}" for cell in (row[0], row[1], row[5])).rstrip() for row in rows(advice, language)[5:]]
    table = [line for line in table if line]
    greeting = "Guten Tag,\n\nwir haben heute bezahlt:" if language == "de" else "Hello,\n\nwe have paid today:"
    return "\n".join([greeting, "", *lines, "", *table, "", "--", advice.payer_name, ""])


def mail(advice: Advice, language: str, *, sender: str, to: str, files: Sequence[tuple[str, bytes]] = ()) -> bytes:
    """A mail with the advice attached, or in its body."""
    message = EmailMessage()
    message["From"], message["To"] = sender, to
    message["Subject"] = f"{'Zahlungsavis' if language == 'de' else 'Remittance'} {advice.trace}"
    message["Date"] = datetime.combine(_day(advice), time(8), UTC)
    message["Message-ID"] = f"<{advice.trace}.{advice.reference}@customer.example>"
    hello = "Guten Tag,\n\nanbei unser Zahlungsavis.\n" if language == "de" else "Hello,\n\nour remittance advice is attached.\n"
    message.set_content(hello if files else letter(advice, language))
    for name, content in files:
        kind = {"pdf": "pdf", "csv": "octet-stream"}.get(name.rpartition(".")[2], "octet-stream")
        message.add_attachment(content, maintype="application", subtype=kind, filename=name)
    if files:
        message.set_boundary(f"part-{advice.trace}")
    return message.as_bytes()


def _day(advice: Advice) -> date:
    assert advice.payment_date
    return advice.payment_date


def _amount(minor: int | None, currency: str) -> str:
    return money.to_text(minor or 0, currency)


def _written(minor: int | None, currency: str, language: str) -> str:
    if not minor:
        return ""
    plain = f"{money.to_decimal(minor, currency):,.2f}"
    return plain.translate(str.maketrans(",.", ".,")) if language == "de" else plain


def _bare(name: str) -> str:
    """Without the signs by which EDI parts its elements."""
    return "".join(c for c in name if c not in "*~+:'?>")
