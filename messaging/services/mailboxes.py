"""Mailboxes that are read over IMAP: set up, changed, tried out. A password comes in and never goes out again."""

from dataclasses import dataclass

from django.db import IntegrityError, transaction

from messaging.models import Mailbox
from messaging.services.errors import MailboxRefused
from messaging.services.imap import opened
from messaging.services.secrets import seal
from org.actors import Actor, require
from org.models import Company
from workflow.services import record

FIELDS = (
    "name", "host", "port", "security", "username", "folder", "is_active", "purpose", "sign_in", "client_id", "tenant",
)  # fmt: skip
_PLACE = ("host", "port", "username", "folder")
"""What says which folder it is: another one begins anew."""
_WHO = ("host", "port", "username", "security", "sign_in", "client_id", "tenant")
"""What a password belongs to: it is never sent elsewhere than it was entered for."""


@dataclass(frozen=True, slots=True)
class Given:
    """A mailbox as it was typed; an empty password leaves the one that is kept."""

    name: str
    host: str
    port: int
    security: str
    username: str
    folder: str = "INBOX"
    is_active: bool = True
    purpose: str = Mailbox.Purpose.REMITTANCES
    password: str = ""
    sign_in: str = Mailbox.SignIn.PASSWORD
    client_id: str = ""
    client_secret: str = ""
    tenant: str = ""


@transaction.atomic
def create_mailbox(*, actor: Actor, company: Company, given: Given) -> Mailbox:
    """A mailbox of the company. Raises MailboxRefused, NotAllowed (settings.manage)."""
    require(actor, "settings.manage", company.pk)
    if not given.password:
        raise MailboxRefused("enter the password, or the app password or refresh token that the provider gave")
    mailbox = Mailbox(company=company, secret=seal(given.password), **{name: getattr(given, name) for name in FIELDS})
    mailbox.client_secret = seal(given.client_secret) if given.client_secret else ""
    _save(mailbox)
    record(actor=actor, type="mailbox.created", company_id=company.pk, subject=mailbox, host=given.host, username=given.username)
    return mailbox


@transaction.atomic
def change_mailbox(*, actor: Actor, mailbox: Mailbox, given: Given) -> Mailbox:
    """Other particulars. Another server, user or folder begins from the start: mails known already are known again.

    Raises MailboxRefused (the password has to be entered again for another server or user), NotAllowed (settings.manage).
    """
    require(actor, "settings.manage", mailbox.company_id)
    locked = Mailbox.objects.select_for_update().get(pk=mailbox.pk)
    before = {name: getattr(locked, name) for name in FIELDS if getattr(locked, name) != getattr(given, name)}
    if not given.password and any(name in before for name in _WHO):
        raise MailboxRefused("enter the password again: it was given for another server, port, encryption or user")
    for name in FIELDS:
        setattr(locked, name, getattr(given, name))
    if any(name in before for name in _PLACE):
        locked.uid_validity, locked.last_uid = None, 0
    if given.password:
        locked.secret = seal(given.password)
        locked.client_secret = seal(given.client_secret) if given.client_secret else ""
    locked.error, locked.checked_at = "", None
    _save(locked)
    after = {name: getattr(given, name) for name in before}
    record(
        actor=actor, type="mailbox.changed", company_id=mailbox.company_id, subject=locked, before=before, after=after,
        password=bool(given.password),
    )  # fmt: skip
    return locked


def _save(mailbox: Mailbox) -> None:
    if mailbox.sign_in != Mailbox.SignIn.PASSWORD and (mailbox.security == "none" or not mailbox.client_id):
        raise MailboxRefused("with OAuth, enter the client ID of the registered application, and use TLS")
    if any(not text.isprintable() for text in (mailbox.host, mailbox.username, mailbox.folder)):
        raise MailboxRefused("server, user name and folder are written on one line")  # another would be a command of its own
    try:
        with transaction.atomic():
            mailbox.save()
    except IntegrityError:
        raise MailboxRefused(f"there is a mailbox {mailbox.name} already, or its port is none") from None


def try_mailbox(*, actor: Actor, mailbox: Mailbox) -> int:
    """Connect, log in, open the folder: how many mails of it wait to be taken. Changes nothing. Raises MailboxRefused, NotAllowed."""
    require(actor, "settings.manage", mailbox.company_id)
    with opened(mailbox) as folder:
        return len(folder.after(mailbox.last_uid if folder.uid_validity == mailbox.uid_validity else 0))


@transaction.atomic
def read_soon(*, actor: Actor, mailbox: Mailbox) -> None:
    """Have it read at the next moment, whatever was wrong last time. Raises NotAllowed (settings.manage)."""
    require(actor, "settings.manage", mailbox.company_id)
    Mailbox.objects.filter(pk=mailbox.pk).update(checked_at=None, error="")
    record(actor=actor, type="mailbox.read_soon", company_id=mailbox.company_id, subject=mailbox)
