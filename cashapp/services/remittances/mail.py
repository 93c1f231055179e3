"""Mails with advices: every attachment becomes advices or a note why not; so do the words, where no attachment said it.

A mail that is read again, by a worker that was killed or a person who asked, brings nothing twice: advices are known by what they say.
Every file is looked at in processes of its own, some half a second each, so one mail of three hundred files would hold a worker for
minutes: of one mail only so many are read, for so long; what is left is named, for a person to bring by itself.
"""

import itertools
import logging
import time
from dataclasses import dataclass, field
from datetime import date, datetime

from arops.lib.reading.mail import Mail
from arops.lib.refusal import InputRefused, Refused
from arops.lib.sandbox import run_bounded
from cashapp.models import Remittance
from cashapp.readers.advice.model import AdviceFile
from cashapp.services.remittances.taking import READ_MEMORY_MB, READ_SECONDS, Taken, take_advice_file, take_advices
from cashapp.services.remittances.uploading import Brought, join_brought
from customers.models import Contact
from messaging.models import InboundMail, InboundPart, Mailbox
from messaging.services.receiving import receive_mail
from org.actors import Actor, SystemActor, require
from org.models import Company
from workflow.services import record

PURPOSE = Mailbox.Purpose.REMITTANCES
BATCH = 50
"""Mails taken in one run; the rest is the next run's."""
RUN_SECONDS = 300
"""After so long a run begins no further mail."""
MAIL_FILES, MAIL_SECONDS = 100, 60
"""Files of one mail that are read, and seconds after which no further one is begun."""
LEFT = "not read: the mail holds more than is read of one at once; download it, and bring it by itself"
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*")
logger = logging.getLogger(__name__)


@dataclass
class _Found:
    """What a mail has brought so far."""

    taken: Taken = field(default_factory=Taken)
    refused: int = 0
    left: int = 0

    @property
    def advices(self) -> int:
        """How many advices it brought, known before or not."""
        return len(self.taken.remittances) + len(self.taken.repeated)


def take_mails(*, today: date, now: datetime, limit: int = BATCH) -> dict[str, int]:
    """Take what waits, oldest first, and join it: how many mails were read, held nothing, or could not be read. Safe to repeat."""
    actor, counts = SystemActor("mail"), {"read": 0, "nothing": 0, "refused": 0}
    waiting = InboundMail.objects.filter(purpose=PURPOSE, state=InboundMail.State.NEW).select_related("company").order_by("pk")[:limit]
    brought: dict[Company, Brought] = {}
    until = time.monotonic() + RUN_SECONDS
    for mail in itertools.takewhile(lambda _: time.monotonic() <= until, waiting):
        taken, state = _take_safely(actor, mail, today)
        counts[state] += 1
        brought.setdefault(mail.company, Brought()).taken.add(taken)
    for company, came in brought.items():
        join_brought(came, actor=actor, company=company, today=today, now=now)
    return counts


def take_mail(*, actor: Actor, mail: InboundMail, today: date, now: datetime) -> Brought:
    """Take one mail at once, for the person who brought it or asked to have it read again. Raises NotAllowed (cash.import)."""
    require(actor, "cash.import", mail.company_id)
    brought = Brought(_take(actor, mail, today)[0])
    join_brought(brought, actor=actor, company=mail.company, today=today, now=now)
    return brought


def bring_mail(
    *, actor: Actor, company: Company, content: bytes, name: str, today: date, now: datetime
) -> tuple[InboundMail, bool, Brought]:
    """A mail saved as a file (.eml): the mail, whether it is new, and what came of it. Raises NotAllowed (cash.import)."""
    mail, fresh = receive_mail(actor=actor, company=company, content=content, purpose=PURPOSE, name=name)
    if mail.state != InboundMail.State.NEW:
        return mail, fresh, Brought()
    brought = take_mail(actor=actor, mail=mail, today=today, now=now)
    mail.refresh_from_db()
    return mail, fresh, brought


def _take_safely(actor: Actor, mail: InboundMail, today: date) -> tuple[Taken, str]:
    """One mail must not stop the others: what fails is put before a person."""
    try:
        return _take(actor, mail, today)
    except Exception as failure:
        logger.exception("mail %s", mail.pk)
        note = f"it could not be taken in ({type(failure).__name__}): read it again, or key it"
        _finish(actor, mail, InboundMail.State.REFUSED, note, Taken())
        return Taken(), "refused"


def _take(actor: Actor, mail: InboundMail, today: date) -> tuple[Taken, str]:
    found, until = _Found(), time.monotonic() + MAIL_SECONDS
    for n, pk in enumerate(mail.parts.values_list("pk", flat=True)):
        if n >= MAIL_FILES or time.monotonic() > until:
            found.left += 1
            note = LEFT
        else:
            note = _take_part(actor, mail, InboundPart.objects.select_related("stored_file").get(pk=pk), today, found)
        InboundPart.objects.filter(pk=pk).update(note=note[:300])
    note = "its attachments say it, its words were not read" if found.advices else _take_words(actor, mail, today, found)
    if found.left:
        found.refused += 1
        note = f"{found.left} of its files were not read: bring them by themselves; {note}"
    _of_sender(mail, found.taken)
    state = InboundMail.State.READ if found.advices else InboundMail.State.REFUSED if found.refused else InboundMail.State.NOTHING
    _finish(actor, mail, state, note, found.taken)
    return found.taken, state.value


def _take_part(actor: Actor, mail: InboundMail, part: InboundPart, today: date, found: _Found) -> str:
    """What came of an attachment, in words."""
    content = bytes(part.stored_file.content)
    if content.startswith(_PICTURES):
        found.refused += 1
        return "a picture: look at it and key the advice by hand"
    try:
        taken = take_advice_file(
            actor=actor, company=mail.company, content=content, name=part.name, today=today, source=Remittance.Source.MAIL, mail=mail
        )
    except InputRefused as refusal:
        found.refused += 1
        return refusal.reason if refusal.line is None else f"line {refusal.line}: {refusal.reason}"
    except Refused as refusal:
        return str(refusal)
    found.taken.add(taken)
    return Brought(taken).words


def _take_words(actor: Actor, mail: InboundMail, today: date, found: _Found) -> str:
    """What came of the mail's own words, in words."""
    try:
        read: AdviceFile = run_bounded(
            "cashapp.readers.advice.body.read", mail.body.encode(), seconds=READ_SECONDS, memory_mb=READ_MEMORY_MB,
            kwargs={"subject": mail.subject, "table": _table(mail), "currency": mail.company.base_currency},
        )  # fmt: skip
    except InputRefused as refusal:
        return refusal.reason
    taken = take_advices(
        actor=actor, company=mail.company, advices=read.advices, source=Remittance.Source.MAIL, stored_file=mail.stored_file, mail=mail,
        format=read.format,
    )  # fmt: skip
    found.taken.add(taken)
    return f"{Brought(taken).words}, of its words"


def _table(mail: InboundMail) -> str:
    """The mail's HTML as text with its cells parted; empty where it has none, or can't be read again."""
    content = bytes(mail.stored_file.content)
    if b"text/html" not in content.lower():
        return ""
    try:
        read: Mail = run_bounded("arops.lib.reading.mail.read", content, seconds=READ_SECONDS, memory_mb=1024)
    except InputRefused:
        return ""
    return read.table


def _of_sender(mail: InboundMail, taken: Taken) -> None:
    """Advices whose payer nobody knows are those of the one customer whose contact sent the mail."""
    unknown = [r for r in taken.remittances if r.customer_id is None]
    if not unknown:
        return
    contacts = Contact.objects.filter(customer__company=mail.company, is_active=True, email__iexact=mail.sender)
    customers = list(contacts.order_by().values_list("customer", flat=True).distinct()[:2])
    if len(customers) == 1:
        for remittance in unknown:
            remittance.customer_id = customers[0]
            remittance.notes = [*remittance.notes, "its payer is known by who sent the mail"]
        Remittance.objects.bulk_update(unknown, ["customer", "notes"])


def _finish(actor: Actor, mail: InboundMail, state: InboundMail.State, note: str, taken: Taken) -> None:
    before = [words for words in mail.note.split("; ") if "can't be read" in words]
    mail.state, mail.note = state, "; ".join(dict.fromkeys([*before, note]))[:300]
    if not InboundMail.objects.filter(pk=mail.pk, state=InboundMail.State.NEW).update(state=mail.state, note=mail.note):
        return  # another worker has read it meanwhile
    record(
        actor=actor, type="mail.read", company_id=mail.company_id, subject=mail, state=state.value,
        advices=[r.number for r in taken.remittances][:50], repeated=len(taken.repeated),
    )  # fmt: skip
