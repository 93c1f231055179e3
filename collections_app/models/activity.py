"""What was done about an account, and what was put off."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from collections_app.querysets import ByCustomerQuerySet
from customers.models import Contact, Customer
from org.models import Company


class Activity(models.Model):
    """A call, mail, letter, meeting or note on a customer's timeline."""

    class Kind(models.TextChoices):
        CALL = "call", "call"
        EMAIL = "email", "e-mail"
        LETTER = "letter", "letter"
        MEETING = "meeting", "meeting"
        NOTE = "note", "note"

    class Outcome(models.TextChoices):
        PROMISE = "promise", "promised to pay"
        DISPUTE = "dispute", "disputes"
        PAID_ALREADY = "paid_already", "says it is paid"
        WRONG_CONTACT = "wrong_contact", "wrong contact"
        NO_ANSWER = "no_answer", "no answer"
        REFUSED = "refused", "refuses to pay"
        NONE = "", "none"

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="activities")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="activities")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    body = models.TextField(blank=True)
    seconds = models.IntegerField(default=0, help_text="How long the call took.")
    actor = models.CharField(max_length=80)
    happened_on = models.DateField()
    at = models.DateTimeField(db_default=Now())
    source = models.CharField(
        max_length=120, null=True, unique=True, help_text="The sending of a form that told it, so that the same one twice is one activity."
    )

    objects = ByCustomerQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name_plural = "activities"

    def __str__(self) -> str:
        return f"{self.get_kind_display()} on {self.happened_on}"


class Snooze(models.Model):
    """A task of the work list put off or done: by whom, until when. `task_key` names the task, such as call:17 or promise:4."""

    class Event(models.TextChoices):
        PAYMENT = "payment", "a payment comes in"
        MAIL = "mail", "the customer writes"
        DISPUTE = "dispute", "a dispute is settled"
        PROMISE = "promise", "a promise is decided"
        DOCUMENT = "document", "a document comes in"

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    task_key = models.CharField(max_length=80)
    until = models.DateField(help_text="Where it waits for an event, the day on which it comes back anyway.")
    event = models.CharField(max_length=20, choices=Event.choices, blank=True, db_default="")
    is_done = models.BooleanField(default=False)
    woken_by = models.CharField(
        max_length=10, blank=True, default="", db_default="", help_text="The event it waited for, once that has come."
    )
    at = models.DateTimeField(db_default=Now())

    objects = ByCustomerQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "task_key"], name="snooze_once")]

    def __str__(self) -> str:
        return f"{self.task_key} until {self.until}"
