"""Companies, people and keys: who we are and who may act."""

from datetime import datetime
from functools import cached_property
from typing import ClassVar, Self

import pgtrigger
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Lower, Now

from arops.lib.triggers import Guard
from org import policy
from org.actors import Actor, Reach
from org.querysets import ScopedQuerySet


class CompanyQuerySet(ScopedQuerySet):
    """Companies themselves: the path to the company is the key."""

    company_path = "pk"


class Company(models.Model):
    """One legal entity with books of its own."""

    code = models.CharField(max_length=20, unique=True, help_text="Short code, such as US01.")
    name = models.CharField(max_length=200)
    base_currency = models.CharField(max_length=3, help_text="ISO 4217 code of the books.")
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166 code.")
    address = models.TextField(blank=True, help_text="As it stands on invoices and letters.")
    email = models.EmailField(blank=True, help_text="Where customers' answers go.")
    phone = models.CharField(max_length=40, blank=True, default="", db_default="")
    vat_id = models.CharField(max_length=20, blank=True, default="", db_default="", help_text="With its country, such as DE123456789.")
    tax_number = models.CharField(
        max_length=40, blank=True, default="", db_default="", help_text="Tax registration where there is no VAT id."
    )
    registration = models.CharField(max_length=60, blank=True, default="", db_default="", help_text="Number in the commercial register.")
    legal_note = models.CharField(
        max_length=300, blank=True, default="", db_default="", help_text="What the law wants on letters: legal form, seat, directors."
    )
    peppol_id = models.CharField(max_length=60, blank=True, default="", db_default="", help_text="Scheme and id, such as 9930:DE123456789.")
    bank_name = models.CharField(max_length=100, blank=True, default="", db_default="")
    bank_account = models.CharField(max_length=40, blank=True, default="", db_default="", help_text="IBAN or account number to pay to.")
    bank_bic = models.CharField(max_length=11, blank=True, default="", db_default="")
    bank_routing = models.CharField(max_length=20, blank=True, default="", db_default="", help_text="ABA routing number or sort code.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CompanyQuerySet.as_manager()
    PARTICULARS: ClassVar = (
        "name", "country", "address", "email", "phone", "vat_id", "tax_number", "registration", "legal_note", "peppol_id", "bank_name",
        "bank_account", "bank_bic", "bank_routing",
    )  # fmt: skip
    runtime_privileges: ClassVar = ("SELECT", "INSERT", f"UPDATE ({', '.join(PARTICULARS)}, updated_at)")

    class Meta:
        ordering = ["code"]
        verbose_name_plural = "companies"

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class DepartmentQuerySet(ScopedQuerySet):
    """Departments of companies."""


class Department(models.Model):
    """Those the AR team works with: order management, service operations, logistics, sales, projects, billing."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="departments")
    code = models.CharField(max_length=30)
    name = models.CharField(max_length=100)

    objects = DepartmentQuerySet.as_manager()

    class Meta:
        ordering = ["company", "code"]
        constraints = [models.UniqueConstraint(fields=["company", "code"], name="department_once")]

    def __str__(self) -> str:
        return self.name


class UserQuerySet(models.QuerySet["User"]):
    """People."""

    def visible_to(self, actor: Actor, permission: str | None = None) -> Self:
        """Those with a role in a company where the actor holds the permission, and those without any role."""
        reach = actor.reach(permission)
        if reach.everything:
            return self
        mine = reach.companies | reach.portfolios
        here = Exists(Membership.objects.filter(user=OuterRef("pk"), company__in=mine))
        nowhere = ~Exists(Membership.objects.filter(user=OuterRef("pk")))
        return self.filter(Q(here) | Q(nowhere)) if mine else self.none()


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Makes people; e-mail addresses are the login, compared without regard to case."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """The person with this e-mail address, in any case."""
        return self.get(email__iexact=username or "")

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """A new person; without a password they can't log in by password."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person who logs in. What they may do comes from their memberships alone."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150)
    is_active = models.BooleanField(default=True)
    preferences = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_any_case")]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """How the person is named beside what they did."""
        return f"user:{self.pk}"

    @cached_property
    def _memberships(self) -> list["Membership"]:
        return list(self.memberships.all()) if self.is_active else []

    def can(self, permission: str, company_id: int | None = None) -> bool:
        """Whether one of the person's roles holds the permission, in that company or (None) in any."""
        return any(
            m.company_id == company_id or company_id is None for m in self._memberships if permission in policy.permissions_of(m.role)
        )

    def reach(self, permission: str | None = None) -> Reach:
        """Where the permission is held (any role at all when None)."""
        held = [m for m in self._memberships if permission is None or permission in policy.permissions_of(m.role)]
        whole = frozenset(m.company_id for m in held if m.scope == Membership.Scope.COMPANY)
        own = frozenset(m.company_id for m in held if m.scope == Membership.Scope.PORTFOLIO) - whole
        return Reach(companies=whole, portfolios=own, person_id=self.pk)

    @property
    def only_reads(self) -> bool:
        """Whether none of the person's roles may change anything."""
        return all(policy.permissions_of(m.role) <= policy.READING for m in self._memberships)

    @property
    def role_names(self) -> list[str]:
        """The names of the person's roles, each once, for the user menu."""
        return sorted({m.get_role_display() for m in self._memberships})


class Membership(models.Model):
    """A person's role in a company, and whether they see all of it or their own portfolio."""

    class Scope(models.TextChoices):
        COMPANY = "company", "the whole company"
        PORTFOLIO = "portfolio", "own portfolio"

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    company = models.ForeignKey(Company, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=30, choices=[(code, name) for code, (name, _) in policy.ROLES.items()])
    scope = models.CharField(max_length=10, choices=Scope.choices, default=Scope.COMPANY)
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="memberships")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "company", "role"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()} of {self.company.code}"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Keys."""

    def live(self, at: object) -> "ApiKeyQuerySet":
        """Keys that open doors at that moment: confirmed, not revoked, not expired."""
        return self.filter(revoked_at=None, waits=False).exclude(expires_at__lte=at)

    def visible_to(self, actor: Actor, permission: str | None = None) -> "ApiKeyQuerySet":
        """Keys whose companies all lie in the actor's reach; a key of all companies is seen by whoever manages all of them."""
        reach = actor.reach(permission)
        if reach.everything:
            return self
        elsewhere = Company.objects.exclude(pk__in=reach.companies)
        unlimited = ApiKey.companies.through.objects.filter(apikey=OuterRef("pk"))
        seen = ~Exists(unlimited.filter(company__in=elsewhere))
        return self.filter(seen) if not elsewhere.exists() else self.filter(seen & Exists(unlimited))


class ApiKey(models.Model):
    """What an ERP shows instead of a password; only its SHA-256 is kept."""

    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=20, help_text="The first characters, to know it by.")
    key_hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=40), default=list)
    companies = models.ManyToManyField(Company, blank=True, help_text="None: all companies.")
    customer_refs = ArrayField(
        models.BigIntegerField(), default=list, blank=True, db_default=[], help_text="Keys of the customers it is limited to; none: all."
    )
    waits = models.BooleanField(default=False, db_default=False, help_text="Opens nothing until a second person confirms it.")
    source_system = models.CharField(max_length=40, default="erp")
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()
    is_authenticated = True
    is_anonymous = False

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def label(self) -> str:
        """How the key is named beside what it did."""
        return f"key:{self.pk}"

    def is_live(self, now: datetime) -> bool:
        """Whether it opens doors at that moment."""
        return self.revoked_at is None and not self.waits and (self.expires_at is None or self.expires_at > now)

    def state(self, now: datetime) -> str:
        """In a word: live, waiting, expired or revoked."""
        return "revoked" if self.revoked_at else "waiting" if self.waits else "live" if self.is_live(now) else "expired"

    @cached_property
    def _company_ids(self) -> frozenset[int]:
        return frozenset(self.companies.values_list("pk", flat=True))

    @cached_property
    def _permissions(self) -> frozenset[str]:
        return policy.permissions_of_scopes(self.scopes)

    def can(self, permission: str, company_id: int | None = None) -> bool:
        """Whether a scope holds the permission and the company is among the key's."""
        within = company_id is None or not self._company_ids or company_id in self._company_ids
        return within and permission in self._permissions

    def reach(self, permission: str | None = None) -> Reach:
        """The key's customers, else its companies, all of them when it isn't limited; none without the permission."""
        if permission is not None and permission not in self._permissions:
            return Reach()
        if self.customer_refs:
            return Reach(portfolios=self._company_ids, person_id=0, customers=frozenset(self.customer_refs))
        return Reach(companies=self._company_ids) if self._company_ids else Reach(everything=True)


class AccessChange(models.Model):
    """More rights than before, asked for by one person and confirmed by another; done at once (`alone`) while there is no other."""

    class Kind(models.TextChoices):
        ROLES = "roles", "roles"
        ADDRESS = "address", "login"
        KEY = "key", "API key"

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        ALONE = "alone", "done alone"
        CONFIRMED = "confirmed", "confirmed"
        REFUSED = "refused", "refused"
        WITHDRAWN = "withdrawn", "withdrawn"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    person = models.ForeignKey(User, models.PROTECT, null=True, related_name="access_changes")
    key = models.ForeignKey(ApiKey, models.PROTECT, null=True, related_name="access_changes")
    companies = ArrayField(models.BigIntegerField(), help_text="Where whoever confirms has to hold the right to.")
    title = models.CharField(max_length=300)
    payload = models.JSONField(help_text="What stood when it was asked, and what is to stand.")
    barred = ArrayField(models.CharField(max_length=80), help_text="Whoever asked, and whom it is about: they don't confirm.")
    asked_by = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    decided_by = models.CharField(max_length=80, blank=True, db_default="", default="")
    decided_at = models.DateTimeField(null=True)

    runtime_privileges: ClassVar = ("SELECT", "INSERT", "UPDATE (state, decided_by, decided_at)")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(barred__contains=[F("asked_by")]), name="access_asker_is_barred"),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | (~Q(decided_by="") & ~Q(barred__contains=[F("decided_by")])),
                name="access_maker_is_not_checker",
            ),
            models.UniqueConstraint(fields=["person", "kind"], condition=Q(state="waiting"), name="access_one_waits"),
            models.UniqueConstraint(fields=["key"], condition=Q(state="waiting"), name="access_one_waits_of_key"),
        ]
        triggers = [
            Guard(
                name="access_asked_is_asked", when=pgtrigger.Before,
                operation=pgtrigger.Delete | pgtrigger.UpdateOf(
                    "kind", "person_id", "key_id", "companies", "title", "payload", "barred", "asked_by", "asked_at",
                ),
                func="RAISE insufficient_privilege USING MESSAGE = 'what was asked never changes: withdraw it and ask again';",
            ),
            Guard(
                name="access_decided_once", when=pgtrigger.Before, operation=pgtrigger.Update,
                condition=pgtrigger.Condition("(OLD.state <> 'waiting')"),
                func="RAISE insufficient_privilege USING MESSAGE = 'this was decided before';",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title
