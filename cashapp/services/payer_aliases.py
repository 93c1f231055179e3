"""What payers are known by: approved, narrowed, retired, and measured by how often it was right."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Count, Max

from arops.lib.bulk import update_rows
from cashapp.engine.payers import plain_account, plain_name
from cashapp.models import PayerAlias, Receipt
from cashapp.services.errors import CashError
from org.actors import Actor, require
from org.models import Company
from workflow.services import record

TRUSTED_FROM = 3
"""Uses from which the share of right ones says something; below, an alias is trusted as it was learnt."""


class AliasRefused(CashError):
    """What can't be done with an alias; the message says what to do instead."""


@transaction.atomic
def approve_alias(*, actor: Actor, alias: PayerAlias, now: datetime) -> PayerAlias:
    """Somebody else than who taught it says that it is right. Raises AliasRefused, NotAllowed."""
    require(actor, "payers.approve", alias.company_id)
    held = _held(alias)
    if held.approved_at:
        raise AliasRefused(f"{held.value} was approved already")
    if held.created_by == actor.label:
        raise AliasRefused("somebody else approves what you taught")
    held.approved_by, held.approved_at, held.is_active = actor.label, now, True
    held.save(update_fields=["approved_by", "approved_at", "is_active"])
    _record(actor, "payer_alias.approved", held)
    return held


@transaction.atomic
def change_alias(*, actor: Actor, alias: PayerAlias, scope: str, expires_on: date | None) -> PayerAlias:
    """Whose invoices it may pay, and until when it counts. More reach, or a longer time, asks for approval anew.

    Raises AliasRefused, NotAllowed.
    """
    require(actor, "payers.edit", alias.company_id)
    held = _held(alias)
    if scope not in PayerAlias.Scope.values:
        raise AliasRefused("say whose invoices it may pay")
    before = {"scope": held.scope, "expires_on": str(held.expires_on or "")}
    longer = held.expires_on is not None and (expires_on is None or expires_on > held.expires_on)
    if longer or scope == PayerAlias.Scope.GROUP != held.scope:
        held.approved_by, held.approved_at, held.created_by = "", None, actor.label
    held.scope, held.expires_on = scope, expires_on
    held.save(update_fields=["scope", "expires_on", "approved_by", "approved_at", "created_by"])
    _record(actor, "payer_alias.changed", held, before=before, scope=scope, expires_on=str(expires_on or ""))
    return held


@transaction.atomic
def retire_alias(*, actor: Actor, alias: PayerAlias, reason: str) -> PayerAlias:
    """It counts no longer; what was matched by it stays. Learnt again, it comes back unapproved. Raises AliasRefused, NotAllowed."""
    require(actor, "payers.edit", alias.company_id)
    held = _held(alias)
    if not held.is_active:
        raise AliasRefused(f"{held.value} is retired already")
    if not reason.strip():
        raise AliasRefused("say why it counts no longer")
    held.is_active, held.approved_by, held.approved_at = False, "", None
    held.save(update_fields=["is_active", "approved_by", "approved_at"])
    _record(actor, "payer_alias.retired", held, reason=reason.strip()[:300])
    return held


def _held(alias: PayerAlias) -> PayerAlias:
    found: PayerAlias = PayerAlias.objects.select_for_update(of=("self",), no_key=True).get(pk=alias.pk)
    return found


@dataclass(slots=True)
class Uses:
    """How often a mark stood for which customer, and when last."""

    by_customer: dict[int, int]
    last: dict[int, date]


@transaction.atomic
def measure_aliases(*, company: Company) -> int:
    """Reckon how often each alias was right: of the receipts that bore it and whose payer is known in the books, the share of its customer.

    What people changed afterwards counts as they left it. Three queries and one update; answers with how many aliases changed.
    """
    aliases = list(PayerAlias.objects.filter(company=company, is_active=True).select_for_update(of=("self",), no_key=True))
    uses = {
        PayerAlias.Kind.ACCOUNT: _uses(company, "payer_account", plain_account),
        PayerAlias.Kind.NAME: _uses(company, "payer_name", plain_name),
    }
    changed = [alias for alias in aliases if _measured(alias, uses[PayerAlias.Kind(alias.kind)].get(alias.value))]
    if changed:
        update_rows(changed, ["uses", "confidence", "last_used_on"])
    return len(changed)


def _measured(alias: PayerAlias, found: Uses | None) -> bool:
    right = found.by_customer.get(alias.customer_id, 0) if found else 0
    whole = sum(found.by_customer.values()) if found else 0
    confidence = 100 * right // whole if whole >= TRUSTED_FROM else 100
    last = found.last.get(alias.customer_id) if found else None
    before = (alias.uses, alias.confidence, alias.last_used_on)
    alias.uses, alias.confidence, alias.last_used_on = whole, confidence, last or alias.last_used_on
    return before != (alias.uses, alias.confidence, alias.last_used_on)


def _uses(company: Company, field: str, plain: Callable[[str], str]) -> dict[str, Uses]:
    rows: Iterable[tuple[str, int, int, date]] = (
        Receipt.objects.filter(company=company, customer__isnull=False, split_from=None, returned_on=None).exclude(**{field: ""}).order_by()
        .values_list(field, "customer").annotate(n=Count("pk"), last=Max("value_date"))
    )  # fmt: skip
    found: dict[str, Uses] = defaultdict(lambda: Uses({}, {}))
    for value, customer, n, last in rows:
        uses = found[plain(value)[:200]]
        uses.by_customer[customer] = uses.by_customer.get(customer, 0) + n
        uses.last[customer] = max(last, uses.last.get(customer, last))
    return found


def _record(actor: Actor, type: str, alias: PayerAlias, **data: object) -> None:
    record(
        actor=actor, type=type, company_id=alias.company_id, subject=alias, customer_id=alias.customer_id, alias=alias.value,
        kind=alias.kind, **data,
    )  # fmt: skip
