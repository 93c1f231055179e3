"""The work list as it was last ranked: what is worth doing next, and why."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from collections_app.querysets import ByCustomerQuerySet
from customers.models import Customer
from org.models import Company
from org.querysets import ScopedQuerySet


class WorkTask(models.Model):
    """One thing worth doing about an account. Derived: written anew at night and whenever something happened to the customer.

    `key` names the task for ever (kind:customer:currency, or the row it comes from) and the id stays while its cause does, `score` orders
    (see policy/worklist).
    """

    class Bucket(models.TextChoices):
        OUR_FAULT = "our_fault", "our fault"
        AT_RISK = "at_risk", "at risk"
        QUICK_WIN = "quick_win", "quick wins"
        ROUTINE = "routine", "routine"

    # The two indexes below serve these keys too: all rows are written anew each night, and every index is paid for then.
    company = models.ForeignKey(Company, models.CASCADE, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="work_tasks")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="work_tasks", db_index=False)
    key = models.CharField(max_length=80)
    kind = models.CharField(max_length=20)
    bucket = models.CharField(max_length=10, choices=Bucket.choices, default=Bucket.ROUTINE)
    title = models.CharField(max_length=200)
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField(help_text="Minor units it is about.")
    effect = models.BigIntegerField(
        default=0, help_text="Minor units that acting today is expected to move: amount × change in probability."
    )
    score = models.BigIntegerField(help_text="Orders: the effect in the company's currency, weighted by kind.")
    due_on = models.DateField()
    oldest_due = models.DateField(null=True)
    reasons = ArrayField(models.CharField(max_length=200), default=list)
    why = models.CharField(max_length=300, blank=True, help_text="The reason in one sentence.")
    next_action = models.CharField(max_length=200)
    routed_to = models.CharField(max_length=30, blank=True, help_text="Code of the department that can fix it.")
    minutes = models.IntegerField(default=5)
    ranked_at = models.DateTimeField(db_default=Now())

    objects = ByCustomerQuerySet.as_manager()

    class Meta:
        ordering = ["-score", "pk"]
        constraints = [models.UniqueConstraint(fields=["key"], name="work_task_key_once")]
        indexes = [
            models.Index(fields=["owner", "-score"], name="work_task_of_owner"),
            models.Index(fields=["company", "-score"], name="work_task_of_company"),
        ]

    def __str__(self) -> str:
        return self.title


class Ranking(models.Model):
    """How far a company's work list is up to date: the last event that was looked at, and the day it was ranked for."""

    company = models.OneToOneField(Company, models.CASCADE, related_name="ranking")
    day = models.DateField()
    event_id = models.BigIntegerField(default=0)
    entry_id = models.BigIntegerField(default=0, db_default=0, help_text="The last entry of the journal that was looked at.")
    ranked_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"ranking of {self.company} for {self.day}"


class WorkLease(models.Model):
    """Who works on an account now, until when: nobody else is served it meanwhile. It runs out by itself; a colleague may take it over."""

    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.customer} until {self.until:%H:%M}"


class Likelihood(models.Model):
    """How often items of an age were paid within two weeks, with and without a contact in the first of them: measured from the books.

    `is_own` says that there were enough cases; else the product's own starting values are used (see policy/likelihood).
    """

    company = models.ForeignKey(Company, models.CASCADE, related_name="+")
    measured_on = models.DateField()
    age_from = models.IntegerField(help_text="Days past due from which it holds.")
    acted = models.IntegerField(help_text="Items of accounts that were contacted.")
    acted_paid = models.IntegerField()
    left = models.IntegerField(help_text="Items of accounts that were not.")
    left_paid = models.IntegerField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["company", "age_from"]
        constraints = [models.UniqueConstraint(fields=["company", "age_from"], name="likelihood_once")]

    def __str__(self) -> str:
        return f"from {self.age_from} days"


class Chance(models.Model):
    """How likely debts of an age and standing are to be paid within two weeks, as last learned from the books (see policy/chances).

    Without a standing: the rate of the age alone, with the cases it was counted from.
    """

    company = models.ForeignKey(Company, models.CASCADE, related_name="+", db_index=False)
    measured_on = models.DateField()
    age_from = models.IntegerField(help_text="Days past due from which it holds; below 1 it isn't due yet.")
    standing = models.CharField(max_length=10, blank=True)
    chance = models.IntegerField(help_text="Ten-thousandths.")
    cases = models.IntegerField(default=0)
    paid = models.IntegerField(default=0)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["company", "age_from", "standing"]
        constraints = [
            models.UniqueConstraint(fields=["company", "age_from", "standing"], name="chance_once"),
            models.CheckConstraint(condition=models.Q(chance__range=(1, 9_999)), name="chance_neither_none_nor_certain"),
        ]

    def __str__(self) -> str:
        return f"from {self.age_from} days {self.standing}".strip()


class CustomerChance(models.Model):
    """By how much the odds that a customer pays differ from the usual of its debts' ages: 2 to the power of so many quarters. Derived."""

    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, related_name="+")
    quarters = models.SmallIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(quarters__range=(-24, 24)), name="customer_chance_in_range")]

    def __str__(self) -> str:
        return f"2 to the power of {self.quarters}/4"
