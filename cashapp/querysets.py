"""Filters on bank files, receipts and matches that every reader shares."""

from typing import TYPE_CHECKING, Any, Self

from django.db.models import F, Q

from org.actors import Actor
from org.querysets import ScopedQuerySet, nobodys, own_customers

if TYPE_CHECKING:
    from datetime import datetime


class BankAccountQuerySet(ScopedQuerySet):
    """Our accounts at banks."""


class BankStatementQuerySet(ScopedQuerySet):
    """Statements of our accounts."""

    company_path = "bank_account__company_id"


class StatementLineQuerySet(ScopedQuerySet):
    """Lines of statements."""

    company_path = "statement__bank_account__company_id"

    def visible_to(self, actor: Actor, permission: str | None = None) -> Self:
        """Lines of whole companies; where a portfolio is the limit, those that brought, or take back, a receipt in sight."""
        reach = actor.reach(permission)
        if reach.everything:
            return self
        seen = Q(statement__bank_account__company_id__in=reach.companies)
        if reach.portfolios:
            receipts: Any = self.model._meta.get_field("returns").related_model
            own = receipts.objects.visible_to(actor, permission).filter(company_id__in=reach.portfolios).order_by().values("pk")
            seen |= Q(statement__bank_account__company_id__in=reach.portfolios) & (Q(receipt__in=own) | Q(returns__in=own))
        return self.filter(seen)

    def returns(self) -> Self:
        """Returned items that nobody has dealt with yet."""
        return self.filter(treatment="return", handled=False)


class BankFileQuerySet(ScopedQuerySet):
    """Bank files; one is in sight of whoever sees a company of one of its accounts."""

    def visible_to(self, actor: Actor, permission: str | None = None) -> Self:
        """Files with a statement in sight."""
        if actor.reach(permission).everything:
            return self
        statements: Any = self.model._meta.get_field("statements").related_model
        return self.filter(pk__in=statements.objects.visible_to(actor, permission).values("bank_file"))


class ReceiptQuerySet(ScopedQuerySet):
    """Receipts. Where a portfolio is the limit: those of its customers, those that seem to be theirs, and those of nobody knows whom."""

    collector_path = "customer__collector_id"

    def visible_to(self, actor: Actor, permission: str | None = None) -> Self:
        """Receipts of whole companies, and of portfolios. Money of unknown payers is everybody's to find out about."""
        reach = actor.reach(permission)
        if reach.everything:
            return self
        own = own_customers(reach, "customer__collector_id") | nobodys(reach, customer=None, suggested=None)
        own |= nobodys(reach, customer=None, suggested__collector_id=reach.person_id)
        return self.filter(Q(company_id__in=reach.companies) | (Q(company_id__in=reach.portfolios) & own))

    def unapplied(self) -> Self:
        """Money not applied in full, whoever paid it."""
        return self.filter(open_item__balance__lt=0, returned_on=None, joined_back=False)

    def to_clear(self) -> Self:
        """What waits for a person or for the next run: not applied, and not left on account on purpose."""
        return self.unapplied().filter(on_account=False)

    def unidentified(self) -> Self:
        """Money of payers we don't know."""
        return self.unapplied().filter(customer=None)

    def free_for(self, person_id: int | None, at: "datetime") -> Self:
        """Receipts that nobody else is working on."""
        return self.filter(Q(lease_until=None) | Q(lease_until__lte=at) | Q(lease_by=person_id))

    def with_open(self) -> Self:
        """Each with `open_amount`: what of it is not applied, in minor units."""
        return self.annotate(open_amount=-F("open_item__balance"))


class OfReceiptQuerySet(ScopedQuerySet):
    """Rows that hang on a receipt."""

    company_path = "receipt__company_id"
    collector_path = "receipt__customer__collector_id"


class PayerAliasQuerySet(ScopedQuerySet):
    """What payers are known by."""

    collector_path = "customer__collector_id"


class MatchPolicyQuerySet(ScopedQuerySet):
    """Policies of companies."""


class RemittanceQuerySet(ScopedQuerySet):
    """Advices. Where a portfolio is the limit: those of its customers, and those of nobody knows whom."""

    def visible_to(self, actor: Actor, permission: str | None = None) -> Self:
        """Advices of whole companies, and of portfolios."""
        return self.filter(_of_portfolio(actor.reach(permission), ""))

    def to_join(self) -> Self:
        """Advices without a receipt that nobody has set aside."""
        joined = self.model._meta.get_field("joins").related_model.objects.filter(ended_at=None)  # type: ignore[union-attr]
        return self.filter(set_aside="").exclude(pk__in=joined.values("remittance"))


class OfRemittanceQuerySet(ScopedQuerySet):
    """Rows that hang on an advice."""

    company_path = "remittance__company_id"

    def visible_to(self, actor: Actor, permission: str | None = None) -> Self:
        """Rows of advices in sight."""
        return self.filter(_of_portfolio(actor.reach(permission), "remittance__"))


def _of_portfolio(reach: Any, path: str) -> Q:
    if reach.everything:
        return Q()
    own = own_customers(reach, f"{path}customer__collector_id") | nobodys(reach, **{f"{path}customer": None})
    return Q(**{f"{path}company_id__in": reach.companies}) | (Q(**{f"{path}company_id__in": reach.portfolios}) & own)


class PayerRelationQuerySet(ScopedQuerySet):
    """Who pays for whom. Where a portfolio is the limit: those whose customers, on both sides, are of it."""

    def visible_to(self, actor: Actor, permission: str | None = None) -> Self:
        """Relations of whole companies, and of portfolios."""
        reach = actor.reach(permission)
        if reach.everything:
            return self
        payer = Q(payer=None) | own_customers(reach, "payer__collector_id")
        own = own_customers(reach, "pays_for__collector_id") & payer
        return self.filter(Q(company_id__in=reach.companies) | (Q(company_id__in=reach.portfolios) & own))


class AccountChangeQuerySet(ScopedQuerySet):
    """Receipts from accounts never seen before."""

    collector_path = "customer__collector_id"

    def undecided(self) -> Self:
        """Those that nobody has decided about yet."""
        return self.filter(state="open")


class OfCustomerQuerySet(ScopedQuerySet):
    """Rows of a customer."""

    company_path = "customer__company_id"
    collector_path = "customer__collector_id"


class OfBankAccountQuerySet(ScopedQuerySet):
    """Rows of one of our accounts at banks."""

    company_path = "bank_account__company_id"


class OfReconciliationQuerySet(ScopedQuerySet):
    """Rows of the reconciliation of a day."""

    company_path = "reconciliation__bank_account__company_id"


class ChequeBatchQuerySet(ScopedQuerySet):
    """Batches of cheques. Where a portfolio is the limit: those one keys oneself, for a batch tells of everybody's money."""

    def visible_to(self, actor: Actor, permission: str | None = None) -> Self:
        """Batches of whole companies, and one's own."""
        return self.filter(_of_batches(actor, permission, ""))


class OfChequeBatchQuerySet(ScopedQuerySet):
    """Cheques of batches."""

    company_path = "batch__company_id"

    def visible_to(self, actor: Actor, permission: str | None = None) -> Self:
        """Cheques of batches in sight."""
        return self.filter(_of_batches(actor, permission, "batch__"))


def _of_batches(actor: Actor, permission: str | None, path: str) -> Q:
    reach = actor.reach(permission)
    if reach.everything:
        return Q()
    own = Q(**{f"{path}company_id__in": reach.portfolios, f"{path}created_by": actor.label})
    return Q(**{f"{path}company_id__in": reach.companies}) | own


class OfOpenItemQuerySet(ScopedQuerySet):
    """Rows of an open item."""

    company_path = "open_item__company_id"
    collector_path = "open_item__customer__collector_id"
