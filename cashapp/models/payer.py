"""Who pays for whom, and payers whose bank account is suddenly another one."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from cashapp.models.receipt import Receipt
from cashapp.querysets import AccountChangeQuerySet, PayerRelationQuerySet
from customers.models import Customer
from org.models import Company


class PayerRelation(models.Model):
    """`payer` may settle what `pays_for` owes: a parent, a shared service centre, an insurer, a factor, a partner.

    A payer that is no customer of ours is named by `payer_name` and known by aliases. Proposed by one person, approved by another.
    """

    class Kind(models.TextChoices):
        GROUP = "group", "company of its group"
        CENTRE = "centre", "shared service or payment centre"
        FACTOR = "factor", "factor or bank"
        INSURER = "insurer", "insurer"
        AGENT = "agent", "agent or platform"
        OTHER = "other", "other third party"

    class State(models.TextChoices):
        PROPOSED = "proposed", "waiting for approval"
        ACTIVE = "active", "active"
        REFUSED = "refused", "refused"
        ENDED = "ended", "ended"

    company = models.ForeignKey(Company, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    payer = models.ForeignKey(Customer, models.CASCADE, null=True, related_name="pays")
    payer_name = models.CharField(max_length=200, blank=True)
    payer_account = models.CharField(max_length=80, blank=True, help_text="Normalised; the account it pays from, where it is one.")
    pays_for = models.ForeignKey(Customer, models.CASCADE, related_name="paid_by")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    reason = models.CharField(max_length=300, blank=True)
    proposed_by = models.CharField(max_length=80)
    proposed_at = models.DateTimeField(db_default=Now())
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True)

    objects = PayerRelationQuerySet.as_manager()

    class Meta:
        ordering = ["pays_for", "payer", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(payer__isnull=False) | ~Q(payer_name=""), name="payer_relation_has_payer"),
            models.CheckConstraint(condition=Q(payer=None) | ~Q(payer=F("pays_for")), name="payer_relation_not_itself"),
            models.CheckConstraint(condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="payer_relation_days"),
            models.CheckConstraint(condition=~Q(decided_by=F("proposed_by")), name="payer_relation_maker_is_not_checker"),
            models.UniqueConstraint(
                fields=["company", "payer", "pays_for"],
                condition=Q(state__in=["proposed", "active"], payer__isnull=False),
                name="payer_relation_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payer or self.payer_name} pays for {self.pays_for}"


class PayerAccountChange(models.Model):
    """A receipt of a known customer came from an account never seen before while others are known: perhaps a new bank, perhaps fraud."""

    class State(models.TextChoices):
        OPEN = "open", "to be looked at"
        CONFIRMED = "confirmed", "confirmed with the customer"
        SUSPICIOUS = "suspicious", "suspicious"

    company = models.ForeignKey(Company, models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    receipt = models.OneToOneField(Receipt, models.CASCADE, related_name="account_change")
    account = models.CharField(max_length=80)
    known = models.JSONField(default=list, help_text="The accounts known until then.")
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True)
    words = models.CharField(max_length=500, blank=True, help_text="How it was confirmed, and with whom.")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    objects = AccountChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["customer", "account"], name="account_change_by_account")]

    def __str__(self) -> str:
        return f"{self.customer} from {self.account}"
