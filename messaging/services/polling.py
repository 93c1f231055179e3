"""Mailboxes polled: what is new comes in, each mail in a transaction of its own together with how far the folder is read.

So a worker killed at any moment loses nothing and takes nothing twice: either both are written or neither, and a mail fetched again is
known by its key. Numbers (UIDs) count only while the folder's UIDVALIDITY stays; where it changes, the last weeks are looked through again.
"""

import logging
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Max, Q

from arops.lib.reading.mail import MAX_BYTES
from messaging.models import Mailbox
from messaging.services.errors import MailboxRefused
from messaging.services.imap import Folder, opened
from messaging.services.receiving import receive_mail
from org.actors import SystemActor

EVERY, AFTER_FAILURE = timedelta(seconds=55), timedelta(minutes=10)
"""How soon a mailbox is looked at again; one that refused is left alone for longer, since servers lock who keeps failing."""
FIRST_DAYS = 30
"""How far back a mailbox is read that is new, or whose numbers count no more."""
BATCH = 100
"""Mails taken at a time; the rest is the next run's."""
ACTOR = SystemActor("mailboxes")
logger = logging.getLogger(__name__)


def poll_due(*, now: datetime) -> int:
    """Read every mailbox whose turn it is; answers how many mails came in. Several workers may do so at once."""
    due = Q(checked_at=None) | Q(error="", checked_at__lte=now - EVERY) | Q(checked_at__lte=now - AFTER_FAILURE)
    turns = list(Mailbox.objects.filter(due, is_active=True).values_list("pk", flat=True))
    return sum(poll_mailbox(mailbox=mailbox, now=now) for pk in turns if (mailbox := _claimed(pk, due, now)))


def _claimed(pk: int, due: Q, now: datetime) -> Mailbox | None:
    """The mailbox, if no other worker took it for this time."""
    if not Mailbox.objects.filter(due, pk=pk, is_active=True).update(checked_at=now):
        return None
    return Mailbox.objects.select_related("company").get(pk=pk)


def poll_mailbox(*, mailbox: Mailbox, now: datetime) -> int:
    """Take what is new in the folder; how many mails that were. What went wrong stands in the mailbox's `error`: nothing is passed over."""
    came, error = 0, ""
    try:
        with opened(mailbox) as folder:
            for uid in _waiting(mailbox, folder, now)[:BATCH]:
                came += _take(mailbox, folder, uid)
    except MailboxRefused as refusal:
        error = str(refusal)
    except Exception as failure:  # one mailbox must not stop the others; nothing is passed over
        logger.exception("mailbox %s", mailbox.pk)
        error = f"stopped before a mail that could not be taken in ({type(failure).__name__}): the server's log says more"
    Mailbox.objects.filter(pk=mailbox.pk).update(checked_at=now, error=error[:300])
    return came


def _waiting(mailbox: Mailbox, folder: Folder, now: datetime) -> list[int]:
    """Numbers of mails to take. A folder seen for the first time, or numbered anew, is read from some weeks back."""
    if mailbox.uid_validity != folder.uid_validity:
        found = folder.since(_back_to(mailbox, now))
        mailbox.last_uid = found[0] - 1 if found else max(folder.after(0), default=0)
        mailbox.uid_validity = folder.uid_validity
        mailbox.save(update_fields=["uid_validity", "last_uid"])
    return folder.after(mailbox.last_uid)


def _back_to(mailbox: Mailbox, now: datetime) -> date:
    """The day from which a folder is looked through: some weeks ago, or well before the last mail that came of it."""
    last = mailbox.mails.aggregate(at=Max("received_at"))["at"]
    return (min(now, last or now) - timedelta(days=FIRST_DAYS)).date()


def _take(mailbox: Mailbox, folder: Folder, uid: int) -> int:
    """Take one mail in and write down that the folder is read up to it. 1 if it is new."""
    size, note = folder.size(uid), ""
    if size is not None and size > MAX_BYTES:
        note = f"the mail has {size // 1024 // 1024} MB, more than {MAX_BYTES // 1024 // 1024} MB: open it in the mailbox"
    content = folder.fetch(uid, headers_only=bool(note)) if size is not None else None
    with transaction.atomic():
        came = content is not None and _keep(mailbox, content, note)
        Mailbox.objects.filter(pk=mailbox.pk, uid_validity=folder.uid_validity, last_uid__lt=uid).update(last_uid=uid)
    return int(came)


def _keep(mailbox: Mailbox, content: bytes, note: str) -> bool:
    return receive_mail(actor=ACTOR, company=mailbox.company, content=content, purpose=mailbox.purpose, mailbox=mailbox, note=note)[1]
