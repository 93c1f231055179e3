"""The outbox: what is to be said to customers. Rows are the queue; a worker claims, sends, marks. One that may have gone out is
parked for a person, never sent again by itself."""

from datetime import datetime
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Now

from arops.lib.triggers import stamped
from customers.models import Customer
from org.actors import Actor
from org.models import Company
from org.querysets import ScopedQuerySet
from workflow.models import StoredFile


class MessageQuerySet(ScopedQuerySet):
    """Messages."""

    collector_path = "customer__collector_id"

    def visible_to(self, actor: Actor, permission: str | None = None) -> Self:
        """Rows in sight; where only a portfolio is, also what the person had sent to nobody's customer, such as a link to a question."""
        seen, reach = super().visible_to(actor, permission), actor.reach(permission)
        if reach.everything or not reach.portfolios:
            return seen
        return seen | self.filter(company__in=reach.portfolios, customer=None, created_by=actor.label)

    def to_send(self, now: datetime) -> Self:
        """E-mails that wait and have rested long enough."""
        return self.filter(state="pending", channel="email", not_before__lte=now)

    def went_to_customers(self) -> Self:
        """Messages that went out, are about to, or may have: what a customer counts as having been written to."""
        return self.filter(state__in=["pending", "claimed", "sent", "parked"])


class OfCustomerQuerySet(ScopedQuerySet):
    """Rows that hang on a customer."""

    collector_path = "customer__collector_id"


class LetterBatchQuerySet(ScopedQuerySet):
    """Batches of letters: of a portfolio's customers those that hold a letter to one of them."""

    collector_path = "printed__message__customer__collector_id"

    def visible_to(self, actor: Actor, permission: str | None = None) -> Self:
        """Each batch once, however many of its letters are in sight."""
        return super().visible_to(actor, permission).distinct()


class PrintedLetterQuerySet(ScopedQuerySet):
    """Letters on paper."""

    collector_path = "message__customer__collector_id"


class Message(models.Model):
    """One e-mail or letter. `dedupe_key` names what it is for (such as dunning:17:2:2026-10), so that it exists once."""

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        PENDING = "pending", "waiting to be sent"
        CLAIMED = "claimed", "being sent"
        SENT = "sent", "sent"
        PARKED = "parked", "parked: may have been sent"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    class Channel(models.TextChoices):
        EMAIL = "email", "e-mail"
        LETTER = "letter", "letter"

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="messages")
    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.EMAIL)
    kind = models.CharField(max_length=40, help_text="Such as dunning, statement, invoice_copy, reply.")
    dedupe_key = models.CharField(max_length=160, unique=True)
    recipients = ArrayField(models.EmailField(), default=list)
    subject = models.CharField(max_length=250)
    body = models.TextField()
    also_about = ArrayField(
        models.BigIntegerField(), default=list, db_default=Value([], output_field=ArrayField(models.BigIntegerField())),
        help_text="Other customers whose figures are in it: only who sees them all reads it.",
    )  # fmt: skip
    attachments = models.ManyToManyField(StoredFile, through="MessageFile", blank=True, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    not_before = models.DateTimeField(db_default=Now(), help_text="Mail rests here a moment, so that it can be undone.")
    message_id = models.CharField(max_length=200, unique=True, null=True, help_text="The Message-ID header, fixed before the first try.")
    in_reply_to = models.CharField(max_length=250, blank=True, db_default="", default="", help_text="Message-ID of the mail it answers.")
    claimed_at = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0, db_default=0, help_text="Tries that the mail server put off, or that didn't reach it.")
    sent_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now(), editable=False, help_text="Set by the database at every change.")

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["not_before"], name="message_to_send", condition=Q(state__in=["pending", "claimed"])),
            models.Index(fields=["updated_at"], name="message_updated"),
        ]
        triggers = [stamped("message_stamped")]

    def __str__(self) -> str:
        return self.subject


class MessageFile(models.Model):
    """A file that goes with a message, under the name that it has there: the same bytes may have come in elsewhere by another name, that
    of another customer's document, which is none of this one's business."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="enclosed")
    storedfile = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    name = models.CharField(max_length=255)

    runtime_privileges: ClassVar = ("SELECT", "INSERT")

    class Meta:
        db_table = "messaging_message_attachments"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["message", "storedfile"], name="message_file_once")]

    def __str__(self) -> str:
        return self.name


class Mailbox(models.Model):
    """A mailbox that is read over IMAP. The password is stored encrypted under the installation's secret and is shown to nobody."""

    class Purpose(models.TextChoices):
        REMITTANCES = "remittances", "remittance advices"
        CORRESPONDENCE = "correspondence", "what customers write"

    class SignIn(models.TextChoices):
        PASSWORD = "password", "password"
        MICROSOFT = "microsoft", "Microsoft 365 (OAuth)"
        GOOGLE = "google", "Google (OAuth)"

    company = models.ForeignKey(Company, models.PROTECT, related_name="mailboxes")
    purpose = models.CharField(max_length=20, choices=Purpose.choices, default=Purpose.REMITTANCES)
    name = models.CharField(max_length=100)
    host = models.CharField(max_length=200)
    port = models.IntegerField(default=993)
    security = models.CharField(
        max_length=10, choices=[("tls", "TLS"), ("starttls", "STARTTLS"), ("none", "none (own network only)")], default="tls"
    )
    username = models.CharField(max_length=200)
    sign_in = models.CharField(max_length=10, choices=SignIn.choices, default=SignIn.PASSWORD, db_default=SignIn.PASSWORD)
    secret = models.TextField(blank=True, help_text="Password, or refresh token; encrypted.")
    client_id = models.CharField(max_length=200, blank=True, db_default="", help_text="Of the application that is registered.")
    client_secret = models.TextField(blank=True, db_default="", help_text="Of the application; encrypted.")
    tenant = models.CharField(max_length=100, blank=True, db_default="", help_text="Of Microsoft: the directory’s name or number.")
    folder = models.CharField(max_length=200, default="INBOX")
    is_active = models.BooleanField(default=True)
    uid_validity = models.BigIntegerField(null=True)
    last_uid = models.BigIntegerField(default=0)
    checked_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["company", "name"]
        verbose_name_plural = "mailboxes"
        constraints = [
            models.UniqueConstraint(fields=["company", "name"], name="mailbox_name_once"),
            models.CheckConstraint(condition=Q(port__gte=1, port__lte=65535), name="mailbox_port"),
        ]

    def __str__(self) -> str:
        return self.name


class InboundMail(models.Model):
    """A mail as it came in, kept whole. Rows are the queue: whoever knows the purpose takes those that are new."""

    class State(models.TextChoices):
        NEW = "new", "to be read"
        READ = "read", "read"
        NOTHING = "nothing", "nothing found in it"
        REFUSED = "refused", "could not be read"
        SET_ASIDE = "set_aside", "set aside"

    company = models.ForeignKey(Company, models.PROTECT, related_name="inbound_mails")
    mailbox = models.ForeignKey(Mailbox, models.SET_NULL, null=True, related_name="mails")
    purpose = models.CharField(max_length=20, choices=Mailbox.Purpose.choices, default=Mailbox.Purpose.REMITTANCES)
    key = models.CharField(max_length=80, help_text="Of its bytes without what the way here added: a mail counts once.")
    message_id = models.CharField(max_length=250, blank=True)
    sender = models.CharField(max_length=250)
    sender_name = models.CharField(max_length=150, blank=True, default="", db_default="")
    answers = ArrayField(
        models.CharField(max_length=250), default=list, help_text="Message-IDs that it refers to, the one it answers first."
    )
    automatic = models.CharField(
        max_length=12, blank=True, default="", db_default="",
        help_text="Which machine wrote it: bounce, reply (out of office), bulk, generated, ours; empty for a person.",
    )  # fmt: skip
    bounced = models.JSONField(default=dict, help_text="Of a bounce: failed addresses, lost_id, why.")
    subject = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True)
    body = models.TextField(blank=True, help_text="Its words, as plain text.")
    stored_file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.NEW)
    note = models.CharField(max_length=300, blank=True)
    received_by = models.CharField(max_length=80)
    received_at = models.DateTimeField(db_default=Now())

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["company", "purpose", "key"], name="inbound_mail_once")]
        indexes = [models.Index(fields=["purpose"], name="inbound_mail_new", condition=Q(state="new"))]

    def __str__(self) -> str:
        return self.subject or self.sender


class InboundPart(models.Model):
    """An attachment of a mail, with the name it had there."""

    mail = models.ForeignKey(InboundMail, models.CASCADE, related_name="parts")
    stored_file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    name = models.CharField(max_length=255)
    ordinal = models.SmallIntegerField()
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["mail", "ordinal"]
        constraints = [models.UniqueConstraint(fields=["mail", "ordinal"], name="inbound_part_once")]

    def __str__(self) -> str:
        return self.name


class Bounce(models.Model):
    """An address from which mail to a customer came back. It is written to no more until it is changed or said to work again."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="bounces")
    address = models.EmailField()
    message = models.ForeignKey(Message, models.PROTECT, null=True, related_name="bounces")
    why = models.CharField(max_length=300, blank=True)
    bounced_on = models.DateField()
    noted_by = models.CharField(max_length=80)
    closed_on = models.DateField(null=True)
    closed_by = models.CharField(max_length=80, blank=True)

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["customer", "address"], condition=Q(closed_on=None), name="bounce_open_once")]

    def __str__(self) -> str:
        return f"{self.address} since {self.bounced_on}"


class LetterBatch(models.Model):
    """Letters printed and posted together: one PDF, its manifest, who printed and posted it when, and the proof of posting."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="letter_batches")
    number = models.CharField(max_length=40)
    duplex = models.BooleanField(default=True, help_text="Each letter begins on a sheet of its own when printed on both sides.")
    letters = models.IntegerField(default=0)
    pages = models.IntegerField(default=0)
    pdf = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    manifest = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now())
    printed_at = models.DateTimeField(null=True)
    printed_by = models.CharField(max_length=80, blank=True)
    posted_on = models.DateField(null=True)
    posted_by = models.CharField(max_length=80, blank=True)
    proof_note = models.CharField(max_length=300, blank=True, help_text="Of the carrier's receipt: its number, the office.")

    objects = LetterBatchQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "letter batches"
        constraints = [models.UniqueConstraint(fields=["company", "number"], name="letter_batch_number_once")]

    def __str__(self) -> str:
        return self.number


class PrintedLetter(models.Model):
    """A letter on paper: its own number, its pages as they were printed, its place in the batch. One that was spoilt is printed again under
    another number."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    batch = models.ForeignKey(LetterBatch, models.PROTECT, related_name="printed")
    message = models.ForeignKey(Message, models.PROTECT, related_name="printed")
    ordinal = models.IntegerField()
    number = models.CharField(max_length=40)
    first_page = models.IntegerField(default=0, help_text="Behind the cover of the batch’s PDF.")
    pages = models.IntegerField(default=0)
    file = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    spoilt_because = models.CharField(max_length=200, blank=True)

    objects = PrintedLetterQuerySet.as_manager()

    class Meta:
        ordering = ["batch", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="printed_letter_number_once"),
            models.UniqueConstraint(fields=["batch", "ordinal"], name="printed_letter_place_once"),
            models.UniqueConstraint(fields=["message"], condition=Q(spoilt_because=""), name="printed_letter_once"),
        ]

    def __str__(self) -> str:
        return self.number
