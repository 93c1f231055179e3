"""Sending a document: by mail through the outbox, with its e-invoice, on paper, or laid out to be taken over the API.

Each sending of a document has a number. The same number is the same sending: whoever asks twice, in two windows or after a crash, sends
once. Sending again is asked for by the next number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from arops.lib import pdf
from arops.lib.merging import day_in, sum_in
from arops.lib.refusal import Refused
from arops.lib.words import by_language
from invoicing.models import Dispatch, Invoice, InvoiceDelivery
from invoicing.selectors.deliveries import files_to_go
from invoicing.services.delivering import State, expected_by, happened, lock_delivery
from invoicing.services.einvoices import write_einvoice
from invoicing.services.paper import file_name, invoice_factur_x, invoice_pdf
from messaging.models import Message
from messaging.selectors import reach_one
from messaging.services import RESTS, Enclosed, queue_message
from org.actors import Actor, require
from workflow.services import record, store_file

Channel = Dispatch.Channel
PDF, XML = "application/pdf", "application/xml"
MAX_MAIL = 15 * 1024 * 1024
"""What mail servers take, encoding included."""


class SendingRefused(Refused):
    """The document can't be sent so; the message says what to mend."""


@dataclass(frozen=True, slots=True)
class _Letter:
    """What goes into the mail."""

    recipients: list[str]
    subject: str
    body: str
    files: list[Enclosed]


def send_invoice(
    *, actor: Actor, invoice: Invoice, now: datetime, today: date, channel: str | None = None, note: str = "", number: int = 1
) -> Dispatch:
    """Send a document the way its customer wants it (or by `channel`). `number` is which sending this is: 1 the first; one that has been
    made is answered, never made again. Raises SendingRefused, EInvoiceRefused (whose faults name what to mend), NotAllowed."""
    require(actor, "invoices.send", invoice.company_id)
    there = Dispatch.objects.filter(invoice=invoice, number=number).first()
    if there:
        return there
    way = Channel(channel or invoice.customer.delivery)
    letter = _letter(actor, invoice, way, note, number) if way in (Channel.EMAIL, Channel.EINVOICE) else None
    if way == Channel.PRINT and not invoice.customer.address.strip():
        raise SendingRefused(f"{invoice.customer.name} has no address to mail to: enter it on the customer, or send by e-mail")
    return _dispatch(actor, invoice, way, letter, note, number, now, today)


@transaction.atomic
def _dispatch(
    actor: Actor, invoice: Invoice, way: Channel, letter: _Letter | None, note: str, number: int, now: datetime, today: date
) -> Dispatch:
    """Make the sending, its mail and its first event in one transaction: all of it stands, or nothing."""
    delivery = lock_delivery(invoice)
    made = list(Dispatch.objects.filter(invoice=invoice).select_related("message", "batch").order_by("number"))
    there = next((d for d in made if d.number == number), None)
    if there:
        return there
    if number != len(made) + 1:
        raise SendingRefused(f"{invoice.number} was sent {len(made)} times so far: look at the page again")
    if made and _still_waits(made[-1]):
        raise SendingRefused(f"{invoice.number} is about to go out: take that sending back first")
    key = f"invoice:{invoice.pk}:{number}"
    message = _queue(actor, invoice, letter, key, now) if letter else None
    dispatch = Dispatch.objects.create(
        company_id=invoice.company_id, invoice=invoice, number=number, channel=way, message=message, dedupe_key=key, created_by=actor.label,
        note=note[:1000],
    )  # fmt: skip
    happened(actor=actor, delivery=delivery, state=State.QUEUED, day=today, now=now, dispatch=dispatch)
    record(
        actor=actor, type="invoice.sending", company_id=invoice.company_id, subject=invoice, customer_id=invoice.customer_id,
        number=invoice.number, channel=str(way), sending=number, **({"to": letter.recipients} if letter else {}),
    )  # fmt: skip
    return dispatch


def _still_waits(dispatch: Dispatch) -> bool:
    if dispatch.message is not None:
        return dispatch.message.state in (Message.State.PENDING, Message.State.CLAIMED, Message.State.PARKED)
    return dispatch.channel == Channel.PRINT and (dispatch.batch is None or dispatch.batch.mailed_on is None)


def _queue(actor: Actor, invoice: Invoice, letter: _Letter, key: str, now: datetime) -> Message:
    message, _ = queue_message(
        actor=actor, company=invoice.company, customer=invoice.customer, kind="invoice", dedupe_key=key, recipients=letter.recipients,
        subject=letter.subject, body=letter.body, attachments=letter.files, not_before=now + RESTS,
    )  # fmt: skip
    return message


def _letter(actor: Actor, invoice: Invoice, way: Channel, note: str, number: int) -> _Letter:
    """The mail with its files. Raises SendingRefused, EInvoiceRefused."""
    found = reach_one(invoice.customer, "invoice")
    if not found.to:
        raise SendingRefused(f"{invoice.customer.name} has no e-mail address for invoices ({found.why}): enter one, or print it")
    subject, body = words_of(invoice, note, number)
    return _Letter(list(found.to), subject, body, files_of(actor, invoice, with_xml=way == Channel.EINVOICE, copy=number > 1))


def files_of(actor: Actor, invoice: Invoice, *, with_xml: bool, copy: bool = False) -> list[Enclosed]:
    """The document's PDF, `with_xml` as Factur-X with the UBL beside it; and the files that are to go with it. Raises SendingRefused,
    EInvoiceRefused."""
    if not pdf.is_available():
        raise SendingRefused("this server can't make PDFs: install Pango (Debian: libpango-1.0-0 libpangoft2-1.0-0), or print the page")
    made = invoice_factur_x(invoice, copy=copy) if with_xml else invoice_pdf(invoice, copy=copy)
    files = [_kept(actor, file_name(invoice, "pdf"), made, PDF)]
    if with_xml:
        xml = write_einvoice(invoice, "ubl").xml
        files.append(_kept(actor, file_name(invoice, "xml"), xml, XML))
    files += [Enclosed(attachment.file, attachment.name) for attachment in files_to_go(invoice)]
    if sum(one.file.size for one in files) > MAX_MAIL:
        raise SendingRefused(f"with its files {invoice.number} is larger than {MAX_MAIL // 1024 // 1024} MB: send some of them apart")
    return files


def _kept(actor: Actor, name: str, content: bytes, content_type: str) -> Enclosed:
    return Enclosed(store_file(actor=actor, name=name, content=content, content_type=content_type)[0], name)


_WORDS = by_language("invoice")


def words_of(invoice: Invoice, note: str = "", number: int = 1) -> tuple[str, str]:
    """Subject and text of the mail, in the language of its paper."""
    language = invoice.language
    words = _WORDS[language]
    values = {
        "kind": words[invoice.kind], "number": invoice.number, "day": day_in(invoice.document_date, language),
        "po": invoice.po_number, "amount": sum_in(invoice.total, invoice.currency, language),
        "due": day_in(invoice.due_date, language),
    }  # fmt: skip
    main = words["credit" if invoice.kind == Invoice.Kind.CREDIT_MEMO else "owed"].format(**values)
    order = words["po"].format(**values) if invoice.po_number else ""
    parts = [words["dear"], main, order, note.strip(), f"{words['regards']}\n{invoice.company.name}"]
    subject = f"{words[invoice.kind]} {invoice.number}, {invoice.company.name}" + (f" ({words['again']})" if number > 1 else "")
    return " ".join(subject.split()), "\n\n".join(filter(None, parts)) + "\n"


def send_many(*, actor: Actor, invoices: Sequence[Invoice], now: datetime, today: date) -> list[tuple[Invoice, str, str]]:
    """Send documents that weren't, each in a transaction of its own: the document, what became of it (queued, unchanged, refused), why."""
    done = []
    for invoice in invoices:
        if InvoiceDelivery.objects.filter(invoice=invoice).exclude(state=State.ISSUED).exists():
            done.append((invoice, "unchanged", "it is on its way already"))
            continue
        try:
            number = Dispatch.objects.filter(invoice=invoice).count() + 1
            send_invoice(actor=actor, invoice=invoice, now=now, today=today, number=number)
        except Refused as error:
            done.append((invoice, "refused", str(error)))
        else:
            done.append((invoice, "queued", ""))
    return done


@transaction.atomic
def note_taken(*, actor: Actor, invoice: Invoice, now: datetime, today: date) -> None:
    """The customer's system has taken the document over the API: delivered, once."""
    delivery = lock_delivery(invoice)
    dispatch = Dispatch.objects.filter(invoice=invoice, channel=Channel.PULL).order_by("-number").first()
    if dispatch is None:
        number = Dispatch.objects.filter(invoice=invoice).count() + 1
        dispatch = Dispatch.objects.create(
            company_id=invoice.company_id, invoice=invoice, number=number, channel=Channel.PULL,
            dedupe_key=f"invoice:{invoice.pk}:{number}", created_by=actor.label,
        )  # fmt: skip
    if dispatch.events.filter(state=State.DELIVERED).exists():
        return
    usual = expected_by(invoice, today)
    happened(actor=actor, delivery=delivery, state=State.DELIVERED, day=today, now=now, dispatch=dispatch, expected_by=usual)
    record(
        actor=actor, type="invoice.delivered", company_id=invoice.company_id, subject=invoice, customer_id=invoice.customer_id,
        number=invoice.number, channel="pull",
    )  # fmt: skip
