"""What one person asks for and another allows.

    approval = ask(actor=…, company=…, kind="credit_memo", amount=50_00, currency="USD", title=…, payload={…}, …)
    approval.state            # alone: within their own limit, done already; waiting: others decide
    approve(actor=…, approval=approval, now=…, today=…)

An app registers what it can do with `register_approval` (see `workflow.services.authority`). The handler runs in the transaction of the
decision: when it refuses, nothing was decided; apps for which the request is part of something larger are told in it too
(`workflow.services.following`). What was asked for is kept with its SHA-256, in the row and in the audit trail; a row that
was changed since, by whatever way, is void and never done.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from arops.lib import money
from arops.lib.refusal import Refused
from org.actors import Actor, NotAllowed, Reach, SystemActor
from org.models import Company
from org.selectors import actor_names
from workflow.models import Approval, Event
from workflow.services.attachments import attach
from workflow.services.authority import (
    ANY,
    Authority,
    Foresight,
    Standing,
    foresee,
    group_of,
    kind_of,
    person_id_of,
    register_approval,
    summed,
)
from workflow.services.following import tell_followers
from workflow.services.recording import record

__all__ = [
    "ApprovalRefused", "AskedOtherwise", "Decided", "Evidence", "Foresight", "MakerIsChecker", "OnApproval", "Tampered", "approve", "ask",
    "foresee", "register_approval", "reject", "sent_before", "take_turns", "withdraw",
]  # fmt: skip

State = Approval.State
VOIDER = SystemActor("approvals")


class ApprovalRefused(Refused):
    """A request that can't be made or decided so; the message says why."""


class Decided(ApprovalRefused):
    """Somebody decided it meanwhile."""


class MakerIsChecker(ApprovalRefused):
    """Whoever asked for a thing, or made what it is about, doesn't allow it."""


class Tampered(ApprovalRefused):
    """What was asked for is not what stands in the row: it is void."""


class AskedOtherwise(ApprovalRefused):
    """The same form was sent before with other contents."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file that says why."""

    name: str
    content: bytes

    @property
    def digest(self) -> str:
        """What it is known by."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class OnApproval:
    """Whoever asked, doing what was approved: under their own name, by the authority of the approval instead of their roles."""

    label: str

    def can(self, permission: str, company_id: int | None = None) -> bool:
        """Always: what may be done is what was approved, and the handler does nothing else."""
        return True

    def reach(self, permission: str | None = None) -> Reach:
        """Everything; the handler takes up what the approval names."""
        return Reach(everything=True)


@transaction.atomic
def ask(
    *, actor: Actor, company: Company, kind: str, amount: int, currency: str, title: str, reason: str, payload: Mapping[str, Any],
    customer_id: int | None = None, subject: Any = None, makers: Sequence[str] = (), token: str, today: date, now: datetime,
    evidence: Sequence["Evidence"] = (),
) -> Approval:  # fmt: skip
    """Ask for something; within the actor's own limit it is done at once (state `alone`). `makers` are those who may not decide
    besides the actor: whoever made what it is about. The same `token` of the same actor is one request, however often it is sent.

    Raises ApprovalRefused, whatever the handler refuses, NotAllowed.
    """
    known = kind_of(kind)
    if not (actor.can(known.request, company.pk) or actor.can(known.approve, company.pk)):
        raise NotAllowed(f"{actor.label} may not ask for this: it needs {known.request}")
    if amount <= 0:
        raise ApprovalRefused("ask for more than zero")
    take_turns(company.pk, kind, currency, customer_id)
    fresh = _fresh(actor, company, kind, amount, currency, title, reason, payload, customer_id, subject, makers, token, today)
    if sent := sent_before(actor, token):
        if sent.payload_hash != fresh.payload_hash:
            raise AskedOtherwise("this form was sent before with other contents: open it anew")
        return sent
    return _keep(fresh, actor, makers, today, now, evidence)


def _fresh(
    actor: Actor, company: Company, kind: str, amount: int, currency: str, title: str, reason: str, payload: Mapping[str, Any],
    customer_id: int | None, subject: Any, makers: Sequence[str], token: str, today: date,
) -> Approval:  # fmt: skip
    """The row as it would be kept."""
    fresh = Approval(
        company=company, kind=kind, customer_ref=customer_id, currency=currency, amount=amount, title=title[:200], reason=reason.strip(),
        subject_type=subject._meta.label_lower if subject is not None else "", subject_id=subject.pk if subject is not None else None,
        payload=json.loads(json.dumps(payload)), makers=sorted({actor.label, *filter(None, makers)}), requested_by=actor.label,
        requested_on=today, token=_token(actor, token),
    )  # fmt: skip
    fresh.payload_hash = hash_of(fresh)
    return fresh


def _keep(fresh: Approval, actor: Actor, makers: Sequence[str], today: date, now: datetime, evidence: Sequence["Evidence"]) -> Approval:
    """Write the request; do it at once where the actor may alone."""
    authority = Authority.of(fresh.company_id, fresh.kind, fresh.currency, today)
    earlier = summed(company_id=fresh.company_id, kind=fresh.kind, currency=fresh.currency, customer_id=fresh.customer_ref, today=today)
    limit = ANY if isinstance(actor, SystemActor) else authority.alone(authority.people.get(person_id_of(actor.label) or 0))
    fresh.summed = earlier + fresh.amount
    alone = fresh.summed <= limit and actor.label not in makers
    fresh.state, fresh.decided_at = (State.ALONE, now) if alone else (State.WAITING, None)
    fresh.save()
    _tell(fresh, actor, "approval.alone" if alone else "approval.asked", hash=fresh.payload_hash, title=fresh.title, reason=fresh.reason)
    for file in evidence:
        attach(actor=OnApproval(actor.label), subject=fresh, kind="evidence", name=file.name, content=file.content)
    if alone:
        _do(fresh, actor)
    return fresh


def sent_before(actor: Actor, token: str) -> Approval | None:
    """What the same form of the same actor asked for when it was sent before."""
    found: Approval | None = Approval.objects.filter(token=_token(actor, token)).first()
    return found


def _token(actor: Actor, token: str) -> str:
    return f"{actor.label}:{token}"[:120]


def hash_of(approval: Approval) -> str:
    """SHA-256 of all that was asked for."""
    said = [
        approval.company_id, approval.kind, approval.customer_ref, approval.subject_type, approval.subject_id, approval.currency,
        approval.amount, approval.title, approval.reason, approval.payload, sorted(approval.makers), approval.requested_by,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def take_turns(company_id: int, kind: str, currency: str, customer_id: int | None) -> None:
    """Whoever asks or decides about a customer’s requests of a kind, or of one that counts with it, waits for others who do, to the end of
    their transactions: sums are judged by what stands. Call it before locking anything else."""
    with connection.cursor() as cursor:
        name = f"approval:{company_id}:{group_of(kind)[0]}:{currency}:{customer_id}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0)) IS NOT NULL", [name])


def _do(approval: Approval, actor: Actor) -> None:
    """Have the registered handler do it, and remember what it made."""
    made = kind_of(approval.kind).handler(approval, actor)
    approval.result_type, approval.result_id = made._meta.label_lower, made.pk
    approval.save(update_fields=["result_type", "result_id"])


def approve(*, actor: Actor, approval: Approval, now: datetime, today: date, note: str = "") -> Approval:
    """Allow what was asked for, and have it done in the same transaction; when that is refused, nothing was decided.

    Raises Decided, MakerIsChecker, ApprovalRefused (limit too low), Tampered (then it is void), what the handler refuses, NotAllowed.
    """
    with transaction.atomic():
        row = _hold(approval)
        if whole := is_whole(row):
            standing = _standing(actor, row, today)
            _decide(row, actor, State.APPROVED, standing, now, note)
            _do(row, actor)
            tell_followers(row, actor, now, today)
        else:
            _void(row, now, today)
    if not whole:
        raise Tampered("what was asked for was changed outside of the product: the request is void, nothing was done")
    return row


@transaction.atomic
def reject(*, actor: Actor, approval: Approval, now: datetime, today: date, note: str = "") -> Approval:
    """Refuse what was asked for, with a reason for whoever asked; who may approve the kind may reject any amount.

    Raises Decided, MakerIsChecker, ApprovalRefused, NotAllowed.
    """
    row = _hold(approval)
    standing = _standing(actor, row, today, least=1)
    if not note.strip():
        raise ApprovalRefused("say why it is rejected: whoever asked will read it")
    _decide(row, actor, State.REJECTED, standing, now, note)
    tell_followers(row, actor, now, today)
    return row


@transaction.atomic
def withdraw(*, actor: Actor, approval: Approval, now: datetime, today: date, note: str = "") -> Approval:
    """Take one's own request back. Raises Decided, NotAllowed."""
    row = _hold(approval)
    if row.requested_by != actor.label:
        raise NotAllowed("a request is withdrawn by whoever asked")
    row.state, row.decided_at, row.decision_note = State.WITHDRAWN, now, note.strip()
    row.save(update_fields=["state", "decided_at", "decision_note"])
    _tell(row, actor, "approval.withdrawn", note=row.decision_note)
    tell_followers(row, actor, now, today)
    return row


def _hold(approval: Approval) -> Approval:
    """The row as it stands, locked; still waiting. Raises Decided."""
    take_turns(approval.company_id, approval.kind, approval.currency, approval.customer_ref)
    row: Approval = Approval.objects.select_for_update(of=("self",), no_key=True).get(pk=approval.pk)
    if row.state != State.WAITING:
        by = actor_names([row.decided_by]).get(row.decided_by, "") if row.decided_by else ""
        raise Decided(f"this is {row.get_state_display()}{f' by {by}' if by else ''} already")
    return row


def is_whole(approval: Approval) -> bool:
    """Whether the row still says what was asked for: by its own hash, and by that of the audit trail."""
    asked = Event.objects.filter(
        subject_type=Approval._meta.label_lower, subject_id=approval.pk, type__in=["approval.asked", "approval.alone"]
    ).order_by("pk")
    told = [event.data.get("hash") for event in asked[:1]]
    return hash_of(approval) == approval.payload_hash and told == [approval.payload_hash]


def _standing(actor: Actor, row: Approval, today: date, least: int | None = None) -> Standing:
    """By what authority the actor decides. Raises MakerIsChecker, ApprovalRefused, NotAllowed."""
    if actor.label in row.makers:
        raise MakerIsChecker("you asked for this, or made what it is about: somebody else decides")
    authority = Authority.of(row.company_id, row.kind, row.currency, today)
    person = authority.people.get(person_id_of(actor.label) or 0)
    if person is None:
        raise NotAllowed(f"{actor.label} may not decide this: a person of {row.company.code} does")
    total = live_sum(row, today)
    if found := authority.standing(person, row.makers, least or total):
        return found
    if authority.standing(person, row.makers) is None:
        raise NotAllowed(f"{actor.label} may not decide this: it needs {authority.kind.approve} and a limit")
    raise ApprovalRefused(
        f"{money.format(total, row.currency)} {row.currency} in 30 days is more than you may approve; {_others(authority, row, total)}"
    )


def _others(authority: Authority, row: Approval, total: int) -> str:
    names = [s.person.name for s in authority.standings(row.makers, total)]
    return f"{' or '.join(names[:3])} may" if names else "nobody’s limit is high enough"


def live_sum(row: Approval, today: date) -> int:
    """What limits are held against now: the customer's sum of thirty days, with this request in it."""
    return summed(company_id=row.company_id, kind=row.kind, currency=row.currency, customer_id=row.customer_ref, today=today)


def _decide(row: Approval, actor: Actor, state: str, standing: Standing, now: datetime, note: str) -> Approval:
    row.state, row.decided_by, row.decided_at, row.decision_note = state, actor.label, now, note.strip()
    row.on_behalf_of = standing.behalf.label if standing.behalf else ""
    row.save(update_fields=["state", "decided_by", "decided_at", "decision_note", "on_behalf_of"])
    _tell(row, actor, f"approval.{state}", note=row.decision_note, on_behalf_of=row.on_behalf_of, by=standing.words)
    return row


def _void(row: Approval, now: datetime, today: date) -> None:
    row.state, row.decided_at, row.decision_note = State.VOID, now, "changed outside of the product"
    row.save(update_fields=["state", "decided_at", "decision_note"])
    _tell(row, VOIDER, "approval.void", note=row.decision_note)
    tell_followers(row, VOIDER, now, today)


def _tell(row: Approval, actor: Actor, type: str, **data: Any) -> None:
    record(
        actor=actor, type=type, company_id=row.company_id, subject=row, customer_id=row.customer_ref, kind=row.kind, amount=row.amount,
        currency=row.currency, **data,
    )  # fmt: skip
