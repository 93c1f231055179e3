"""Letters on paper: gathered into a batch, laid out as one PDF behind a list of addresses, printed, posted, with proof of it.

A letter is in one batch that counts: the database keeps it so. A batch that was killed while it was laid out goes on at the letter where it
stopped. What was spoilt at the printer goes back among what waits, and gets another number when it is printed again.
"""

import io
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.errors import PyPdfError

from arops.lib import pdf
from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, to_xlsx
from arops.lib.tables import Column, Table
from messaging.models import LetterBatch, Message, PrintedLetter
from messaging.selectors import letters_to_print
from org.actors import Actor, require
from org.models import Company
from workflow.models import Event
from workflow.services import record, record_many, store_file

MOST = 500
"""Letters of one batch: what is left goes into the next."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSS = Path(settings.BASE_DIR) / "static" / "css" / "letter.css"
A4 = (595.28, 841.89)
"""Points of a blank side."""


class PrintRefused(Refused):
    """The batch isn't in a state for that; the message says which."""


@transaction.atomic
def gather_letters(*, actor: Actor, company: Company, duplex: bool = True) -> LetterBatch:
    """Gather the letters that wait to be printed, in sight of the actor, the oldest first, and number them. Raises PrintRefused when none
    does, NotAllowed."""
    require(actor, "messages.send", company.pk)
    Company.objects.select_for_update(of=("self",), no_key=True).get(pk=company.pk)
    waiting = letters_to_print(actor).filter(company=company).order_by("not_before", "pk")
    found = list(waiting.select_for_update(of=("self",), skip_locked=True).values_list("pk", flat=True)[:MOST])
    if not found:
        raise PrintRefused(f"no letter of {company.code} waits to be printed")
    number = _next(LetterBatch.objects.filter(company=company).order_by("-pk").first(), 1)
    batch = LetterBatch.objects.create(
        company=company, number=f"LB-{number:05d}", duplex=duplex, letters=len(found), created_by=actor.label
    )
    first = _next(PrintedLetter.objects.filter(company=company).order_by("-pk").first(), 1)
    PrintedLetter.objects.bulk_create(
        PrintedLetter(company=company, batch=batch, message_id=pk, ordinal=n + 1, number=f"L-{first + n:06d}") for n, pk in enumerate(found)
    )
    record(actor=actor, type="letter_batch.made", company_id=company.pk, subject=batch, number=batch.number, letters=len(found))
    return batch


def _next(last: LetterBatch | PrintedLetter | None, otherwise: int) -> int:
    return int(last.number.rpartition("-")[2]) + 1 if last else otherwise


def lay_out(*, actor: Actor, batch: LetterBatch, today: date, tell: Callable[[int, int], None]) -> LetterBatch:
    """Make each letter's own PDF, then all of them as one with its manifest; once, and after a kill from where it stopped.
    Raises PdfUnavailable."""
    if batch.pdf_id is not None:
        return batch
    printed = list(batch.printed.select_related("message__customer", "message__company", "file").order_by("ordinal"))
    for n, letter in enumerate(printed):
        tell(n, len(printed))
        if letter.file_id is None and not letter.spoilt_because:
            _lay_out_one(actor, letter)
    kept = [letter for letter in printed if not letter.spoilt_because]
    _place(batch, kept)
    cover = _cover(batch, kept, today)
    whole = _merged([_even(cover) if batch.duplex else cover, *(_pages_of(letter, batch.duplex) for letter in kept)])
    with transaction.atomic():
        PrintedLetter.objects.bulk_update(kept, ["first_page"])
        batch.pdf, _ = store_file(actor=actor, name=f"{batch.number}.pdf", content=whole, content_type="application/pdf")
        sheet = to_xlsx(manifest_table(kept), Cover(f"Manifest of {batch.number}", batch.created_by, today))
        batch.manifest, _ = store_file(actor=actor, name=f"{batch.number}.xlsx", content=sheet, content_type=XLSX)
        batch.letters, batch.pages = len(kept), sum(letter.pages for letter in kept)
        batch.save(update_fields=["pdf", "manifest", "letters", "pages"])
        record(
            actor=actor, type="letter_batch.laid_out", company_id=batch.company_id, subject=batch, number=batch.number,
            letters=batch.letters, pages=batch.pages, sha256=batch.pdf.sha256,
        )  # fmt: skip
    tell(len(printed), len(printed))
    return batch


def _lay_out_one(actor: Actor, letter: PrintedLetter) -> None:
    """The letter's own PDF, kept; one whose files can't be printed is spoilt with the reason and stops nobody else."""
    try:
        content = letter_pdf(letter.message)
        letter.pages = len(PdfReader(io.BytesIO(content)).pages)
    except (PyPdfError, ValueError) as error:
        letter.spoilt_because = f"can’t be printed: {error}"[:200]
        letter.save(update_fields=["spoilt_because"])
        return
    letter.file, _ = store_file(actor=actor, name=f"{letter.number}.pdf", content=content, content_type="application/pdf")
    letter.save(update_fields=["file", "pages"])


def letter_pdf(message: Message) -> bytes:
    """A letter's pages: its enclosed PDFs one behind the other; its words on a plain page where the first of them isn't the letter
    itself. Raises PdfUnavailable; PyPdfError for a broken file; ValueError for a file that isn't a PDF."""
    files = [one.storedfile for one in message.enclosed.select_related("storedfile")]
    odd = next((file.name for file in files if file.content_type != "application/pdf"), None)
    if odd:
        raise ValueError(f"{odd} is no PDF")
    papers = [bytes(file.content) for file in files]
    if message.kind not in BEARS_ITS_WORDS or not papers:
        context = {"message": message, "customer": message.customer, "company": message.company}
        papers.insert(0, pdf.from_html(render_to_string("letters/plain.html", context), CSS.read_text()))
    return papers[0] if len(papers) == 1 else _merged(papers)


BEARS_ITS_WORDS = frozenset({"dunning", "late_charge", "statement"})
"""Kinds of letters whose first file is the letter itself, with address and words."""


def _place(batch: LetterBatch, kept: Sequence[PrintedLetter]) -> None:
    """Where each letter begins in the batch's PDF, behind the cover; its number of pages doesn't depend on these numbers."""
    page = 1
    for letter in kept:
        letter.first_page = page
        page += letter.pages + (letter.pages % 2 if batch.duplex else 0)


def _cover(batch: LetterBatch, kept: Sequence[PrintedLetter], today: date) -> bytes:
    context = {"batch": batch, "company": batch.company, "day": today, "rows": kept, "pages": sum(x.pages for x in kept)}
    return pdf.from_html(render_to_string("letters/batch_cover.html", context), CSS.read_text())


def _pages_of(letter: PrintedLetter, duplex: bool) -> bytes:
    content = bytes(letter.file.content) if letter.file else b""
    return _even(content) if duplex and letter.pages % 2 else content


def _even(content: bytes) -> bytes:
    """The pages, with a blank one behind them where they are odd: the next letter doesn't begin on the back of this one."""
    reader = PdfReader(io.BytesIO(content))
    if len(reader.pages) % 2 == 0:
        return content
    writer, out = PdfWriter(), io.BytesIO()
    writer.append(reader, import_outline=False)
    writer.add_page(PageObject.create_blank_page(width=A4[0], height=A4[1]))
    writer.write(out)
    return out.getvalue()


def _merged(papers: Sequence[bytes]) -> bytes:
    writer, out = PdfWriter(), io.BytesIO()
    for paper in papers:
        writer.append(io.BytesIO(paper), import_outline=False)
    writer.compress_identical_objects()
    writer.write(out)
    return out.getvalue()


def manifest_table(rows: Sequence[PrintedLetter]) -> Table:
    """What a batch holds, a row a letter: for whoever puts them into envelopes; the hash proves which pages those were."""
    columns = [
        Column("number", "Letter", lambda r: r.number, pin=True),
        Column("kind", "Kind", lambda r: r.message.kind.replace("_", " ")),
        Column("customer", "Customer", lambda r: r.message.customer.name if r.message.customer else "", grow=True),
        Column("account", "Account", lambda r: r.message.customer.number if r.message.customer else ""),
        Column("address", "Address", lambda r: ", ".join(r.message.customer.address.splitlines()) if r.message.customer else "", grow=True),
        Column("country", "Country", lambda r: r.message.customer.country if r.message.customer else ""),
        Column("subject", "Subject", lambda r: r.message.subject, grow=True),
        Column("first_page", "From page", lambda r: r.first_page, kind="num"),
        Column("pages", "Pages", lambda r: r.pages, kind="num", total=True),
        Column("sha256", "SHA-256", lambda r: r.file.sha256 if r.file else "", grow=True),
    ]
    return Table(columns, rows, name="manifest")


@transaction.atomic
def mark_printed(*, actor: Actor, batch: LetterBatch, now: datetime) -> LetterBatch:
    """Say that the batch came out of the printer whole. Raises PrintRefused, NotAllowed."""
    row = _locked(actor, batch)
    if row.printed_at is None:
        row.printed_at, row.printed_by = now, actor.label
        row.save(update_fields=["printed_at", "printed_by"])
        record(actor=actor, type="letter_batch.printed", company_id=row.company_id, subject=row, number=row.number)
    return row


@transaction.atomic
def post_batch(*, actor: Actor, batch: LetterBatch, posted_on: date, today: date, now: datetime, proof_note: str = "") -> LetterBatch:
    """Say that the batch was posted: its letters count as sent on that day, once. Raises PrintRefused, NotAllowed."""
    row = _locked(actor, batch)
    if row.posted_on is not None:
        return row
    if posted_on > today:
        raise PrintRefused(f"the day of posting is today ({today}) or before")
    if row.printed_at is None:
        row.printed_at, row.printed_by = now, actor.label
    row.posted_on, row.posted_by, row.proof_note = posted_on, actor.label, proof_note.strip()[:300]
    row.save(update_fields=["printed_at", "printed_by", "posted_on", "posted_by", "proof_note"])
    inside = Message.objects.filter(printed__batch=row, printed__spoilt_because="", state=Message.State.PENDING)
    messages = list(inside.select_for_update(of=("self",)).order_by("pk").values_list("pk", "customer_id", "kind"))
    sent_at = now - (today - posted_on)
    Message.objects.filter(pk__in=[pk for pk, *_ in messages]).update(state=Message.State.SENT, sent_at=sent_at, error="")
    record_many(
        Event(
            actor=actor.label, type="message.posted", company_id=row.company_id, subject_type="messaging.message", subject_id=pk,
            customer_ref=customer, data={"kind": kind, "batch": row.number},
        )
        for pk, customer, kind in messages
    )  # fmt: skip
    record(
        actor=actor, type="letter_batch.posted", company_id=row.company_id, subject=row, number=row.number, letters=len(messages),
        day=posted_on.isoformat(),
    )  # fmt: skip
    return row


def _locked(actor: Actor, batch: LetterBatch) -> LetterBatch:
    require(actor, "messages.send", batch.company_id)
    row: LetterBatch = LetterBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if row.pdf_id is None:
        raise PrintRefused(f"{row.number} isn’t laid out yet: wait for its PDF")
    return row


@transaction.atomic
def spoil_letter(*, actor: Actor, letter: PrintedLetter, why: str) -> PrintedLetter:
    """Take a letter out of a batch that isn't posted: the printer ate it, the address is wrong. It waits to be printed again, or to be
    taken back. Raises PrintRefused, NotAllowed."""
    require(actor, "messages.send", letter.company_id)
    if not why.strip():
        raise PrintRefused("say why it is taken out")
    batch = LetterBatch.objects.select_for_update(of=("self",)).get(pk=letter.batch_id)
    if batch.posted_on is not None:
        raise PrintRefused(f"{batch.number} was posted on {batch.posted_on}: the letter is on its way")
    row = PrintedLetter.objects.select_for_update(of=("self",)).get(pk=letter.pk)
    if not row.spoilt_because:
        row.spoilt_because = why.strip()[:200]
        row.save(update_fields=["spoilt_because"])
        record(
            actor=actor, type="letter.spoilt", company_id=row.company_id, subject=batch, number=row.number, reason=row.spoilt_because
        )  # fmt: skip
    return row
