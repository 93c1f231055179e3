"""What customers and colleagues ask: one inbox with owner, service level and the mails it came in."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from arops.lib.triggers import stamped
from collections_app.querysets import InquiryQuerySet
from customers.models import Contact, Customer
from ledger.models import OpenItem
from messaging.models import InboundMail, Message
from org.models import Company
from org.querysets import ScopedQuerySet
from workflow.models import StoredFile


class Inquiry(models.Model):
    """A question or piece of news about an account, from the first word to its answer. A reply is threaded to it."""

    class Kind(models.TextChoices):
        PAID = "paid", "says it is paid"
        DISPUTE = "dispute", "disputes"
        PROMISE = "promise", "promises to pay"
        COPY = "copy", "wants a copy"
        STATEMENT = "statement", "wants a statement"
        DOCUMENT = "document", "wants a document"
        AWAY = "away", "out of office"
        BOUNCE = "bounce", "could not be delivered"
        BANK = "bank", "tells other bank details"
        OTHER = "other", "something else"

    class State(models.TextChoices):
        NEW = "new", "new"
        OPEN = "open", "being worked on"
        WAITING = "waiting", "waiting for the customer"
        CLOSED = "closed", "closed"

    class Ending(models.TextChoices):
        DONE = "", "done"
        NOT_OURS = "not_ours", "not for us"
        SPAM = "spam", "spam"
        MERGED = "merged", "part of another"

    class Source(models.TextChoices):
        MAIL = "mail", "e-mail"
        PHONE = "phone", "telephone"
        COLLEAGUE = "colleague", "a colleague"
        PORTAL = "portal", "the portal"

    company = models.ForeignKey(Company, models.PROTECT, related_name="inquiries")
    number = models.CharField(max_length=40)
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="inquiries")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, related_name="+")
    how = models.CharField(
        max_length=120, blank=True, help_text="By what the customer was known: reply, address, invoice number, a person."
    )
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.OTHER)
    source = models.CharField(max_length=12, choices=Source.choices, default=Source.MAIL)
    subject = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=State.choices, default=State.NEW)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="inquiries")
    department = models.CharField(max_length=30, blank=True)
    asked_on = models.DateField()
    answer_by = models.DateTimeField(help_text="The service level: when the first answer is due.")
    answered_at = models.DateTimeField(null=True)
    closed_on = models.DateField(null=True)
    ending = models.CharField(
        max_length=10, choices=Ending.choices, blank=True, default=Ending.DONE, db_default="", help_text="How it was closed."
    )
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")
    opened_by = models.CharField(max_length=80)
    version = models.IntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now(), editable=False, help_text="Set by the database at every change.")

    objects = InquiryQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "inquiries"
        constraints = [models.UniqueConstraint(fields=["company", "number"], name="inquiry_number_once")]
        indexes = [
            models.Index(fields=["company", "answer_by"], name="inquiry_to_answer", condition=~Q(state="closed")),
            models.Index(fields=["updated_at"], name="inquiry_updated"),
        ]
        triggers = [stamped("inquiry_stamped")]

    def __str__(self) -> str:
        return self.number


class InquiryItem(models.Model):
    """An open item that an inquiry speaks of, with the words that name it."""

    inquiry = models.ForeignKey(Inquiry, models.CASCADE, related_name="items")
    open_item = models.ForeignKey(OpenItem, models.PROTECT, related_name="inquiries")
    named = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["inquiry", "open_item"], name="inquiry_item_once")]

    def __str__(self) -> str:
        return self.named


class InquiryEntry(models.Model):
    """A step of an inquiry: a mail that came, an answer that went, a note."""

    inquiry = models.ForeignKey(Inquiry, models.CASCADE, related_name="entries")
    mail = models.OneToOneField(InboundMail, models.PROTECT, null=True, related_name="inquiry_entry")
    message = models.OneToOneField(Message, models.PROTECT, null=True, related_name="inquiry_entry")
    note = models.TextField(blank=True)
    actor = models.CharField(max_length=80)
    at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now(), editable=False, help_text="Set by the database at every change.")

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["updated_at"], name="inquiry_entry_updated")]
        triggers = [stamped("inquiry_entry_stamped")]

    def __str__(self) -> str:
        return f"{self.inquiry} {self.at:%Y-%m-%d}"


class AnswerDraft(models.Model):
    """An answer that somebody began to write: kept until it is sent or thrown away."""

    inquiry = models.ForeignKey(Inquiry, models.CASCADE, related_name="drafts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    subject = models.CharField(max_length=220, blank=True)
    body = models.TextField(blank=True)
    to = models.JSONField(default=list)
    encloses = models.JSONField(default=list)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["inquiry", "author"], name="answer_draft_once")]

    def __str__(self) -> str:
        return f"{self.inquiry} by {self.author}"


class Suggestion(models.Model):
    """What the words of a mail were taken to mean, with the sentence that says so: a person confirms it, or not."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "proposed"
        CONFIRMED = "confirmed", "confirmed"
        DISMISSED = "dismissed", "dismissed"

    entry = models.ForeignKey(InquiryEntry, models.CASCADE, related_name="suggestions")
    kind = models.CharField(max_length=12, choices=Inquiry.Kind.choices)
    quote = models.CharField(max_length=500)
    rule = models.CharField(max_length=80, help_text="The rule that read it.")
    amount = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    day = models.DateField(null=True, help_text="The day it names: paid on, promised for.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    decided_by = models.CharField(max_length=80, blank=True)
    result = models.CharField(max_length=120, blank=True, help_text="What came of it, such as promise:17.")
    updated_at = models.DateTimeField(db_default=Now(), editable=False, help_text="Set by the database at every change.")

    class Meta:
        ordering = ["entry", "pk"]
        indexes = [models.Index(fields=["updated_at"], name="suggestion_updated")]
        triggers = [stamped("suggestion_stamped")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.quote}"


class AnswerTemplate(models.Model):
    """Words to begin an answer or a mail with, in one language, with merge fields; files that go with it by kind."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="answer_templates")
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=12, choices=Inquiry.Kind.choices, default=Inquiry.Kind.OTHER)
    language = models.CharField(max_length=10, default="en")
    subject = models.CharField(max_length=200)
    body = models.TextField()
    encloses = models.JSONField(default=list, blank=True, help_text="Of copies, statement, and codes of our documents such as w9.")
    is_active = models.BooleanField(default=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["company", "name", "language"]
        constraints = [models.UniqueConstraint(fields=["company", "name", "language"], name="answer_template_once")]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"


class OwnPaper(models.Model):
    """A paper of our own that customers ask for, such as the W-9 or the bank's letter: the file that goes with an answer."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="own_papers")
    code = models.CharField(max_length=30, help_text="As templates name it, such as w9.")
    name = models.CharField(max_length=80)
    stored_file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=200)
    valid_to = models.DateField(null=True, blank=True, help_text="After this day it goes with no answer.")
    is_active = models.BooleanField(default=True)
    kept_by = models.CharField(max_length=80)
    kept_at = models.DateTimeField(db_default=Now())

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["company", "name"]
        constraints = [models.UniqueConstraint(fields=["company", "code"], name="own_paper_once")]

    def __str__(self) -> str:
        return self.name
