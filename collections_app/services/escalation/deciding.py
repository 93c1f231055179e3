"""A case on its way: the page edited, raised, decided by the role of its rung, sent back, closed. Each write bears the version."""

from collections.abc import Collection
from datetime import date
from typing import Any

from django.db import transaction

from collections_app.models import Escalation
from collections_app.policy.escalation import recommend, write_summary
from collections_app.selectors.escalation_facts import facts_of
from collections_app.services.escalation.errors import EscalationError
from collections_app.services.escalation.raising import tell
from org.actors import Actor, NotAllowed, require
from org.models import Membership, User

State = Escalation.State
ACCEPTED, RETURNED = "accepted", "returned"


@transaction.atomic
def edit_page(*, actor: Actor, case: Escalation, summary: str, recommended: str, version: int) -> Escalation:
    """Change the words of the page; its figures stay those of its day. Raises EscalationError, NotAllowed."""
    require(actor, "escalations.raise", case.company_id)
    case = hold(case, version, (State.PROPOSED, State.OPEN))
    if not summary.strip():
        raise EscalationError("the page can't be empty: write it anew from the facts instead")
    change(case, summary=summary.strip(), recommended=recommended.strip()[:300])
    tell(case, actor, "escalation.edited")
    return case


@transaction.atomic
def renew_page(*, actor: Actor, case: Escalation, day: date, version: int) -> Escalation:
    """Write the page anew from the facts of the day. Raises EscalationError, NotAllowed."""
    require(actor, "escalations.raise", case.company_id)
    case = hold(case, version, (State.PROPOSED, State.OPEN))
    facts = facts_of(case.customer, case.currency, day)
    words, action = write_summary(facts, case.rung.name), recommend(facts, case.rung.action, outside=case.rung.is_outside)
    change(case, facts=facts, summary=words, recommended=action[:300], amount=facts["past_due"])
    tell(case, actor, "escalation.renewed")
    return case


@transaction.atomic
def confirm_proposal(*, actor: Actor, case: Escalation, version: int) -> Escalation:
    """Send what the system proposed up to its rung: it waits for a decision. Raises EscalationError, NotAllowed."""
    require(actor, "escalations.raise", case.company_id)
    case = hold(case, version, (State.PROPOSED,))
    change(case, state=State.OPEN, raised_by=actor.label)
    tell(case, actor, "escalation.raised", rung=case.rung.name)
    return case


@transaction.atomic
def dismiss_proposal(*, actor: Actor, case: Escalation, reason: str, version: int) -> Escalation:
    """Leave the account where it is, with a reason; the rung isn't proposed again before it is paid. Raises EscalationError, NotAllowed."""
    require(actor, "escalations.raise", case.company_id)
    case = hold(case, version, (State.PROPOSED,))
    if not reason.strip():
        raise EscalationError("say why the account stays where it is")
    change(case, state=State.DISMISSED, decision=reason.strip()[:500], decided_by=actor.label)
    tell(case, actor, "escalation.dismissed", reason=reason.strip())
    return case


@transaction.atomic
def decide(*, actor: Actor, case: Escalation, outcome: str, words: str, day: date, version: int) -> Escalation:
    """Decide what was raised: `accepted` with what is done, or `returned` to whoever raised it. Only for the role of the rung; nobody
    decides on what they raised. Raises EscalationError, NotAllowed."""
    require(actor, "escalations.decide", case.company_id)
    case = hold(case, version, (State.OPEN,))
    if case.rung.is_outside:
        raise EscalationError("an agency or lawyer doesn't decide here: place the account there, or send it back")
    _check_decider(actor, case)
    if not words.strip() or outcome not in (ACCEPTED, RETURNED):
        raise EscalationError("say what is decided")
    change(
        case, state=State.DECIDED if outcome == ACCEPTED else State.DISMISSED, decision=words.strip()[:500], decided_by=actor.label,
        decided_on=day,
    )  # fmt: skip
    tell(case, actor, f"escalation.{outcome}", decision=case.decision)
    return case


@transaction.atomic
def send_back(*, actor: Actor, case: Escalation, reason: str, day: date, version: int) -> Escalation:
    """Take a case for an agency or lawyer back before it is placed. Raises EscalationError, NotAllowed."""
    require(actor, "escalations.place", case.company_id)
    case = hold(case, version, (State.OPEN,))
    if not reason.strip():
        raise EscalationError("say why it isn't placed")
    change(case, state=State.DISMISSED, decision=reason.strip()[:500], decided_by=actor.label, decided_on=day)
    tell(case, actor, "escalation.returned", decision=case.decision)
    return case


def _check_decider(actor: Actor, case: Escalation) -> None:
    if not may_decide(actor, case):
        raise NotAllowed(f"this is decided by the {case.rung.name.lower()}")
    if actor.label == case.raised_by:
        raise EscalationError("whoever raised an account doesn't decide on it")


def may_decide(actor: Actor, case: Escalation) -> bool:
    """Whether the actor has the role of the rung in the company, and the right to decide."""
    if not actor.can("escalations.decide", case.company_id):
        return False
    return actor.label in {person.label for person in deciders(case.company_id, case.rung.role)}


def deciders(company_id: int, *roles: str) -> list[User]:
    """Who decides on a rung, by name: people with its role in the whole company."""
    held = Membership.objects.filter(company=company_id, role__in=roles, scope=Membership.Scope.COMPANY)
    return list(User.objects.filter(memberships__in=held, is_active=True).distinct().order_by("name", "pk"))


@transaction.atomic
def take(*, actor: User, case: Escalation, version: int) -> Escalation:
    """Say that one deals with a case. Raises EscalationError, NotAllowed."""
    require(actor, "escalations.place" if case.rung.is_outside else "escalations.decide", case.company_id)
    case = hold(case, version, (State.OPEN, State.PLACED))
    change(case, assigned_to=actor)
    tell(case, actor, "escalation.taken")
    return case


@transaction.atomic
def close_case(*, actor: Actor, case: Escalation, reason: str, day: date, version: int) -> Escalation:
    """End a decided, placed or recalled case by hand: the account begins the ladder anew. Raises EscalationError, NotAllowed."""
    require(actor, "escalations.place" if case.rung.is_outside else "escalations.decide", case.company_id)
    case = hold(case, version, (State.DECIDED, State.PLACED, State.RECALLED))
    if not reason.strip():
        raise EscalationError("say how it ended")
    change(case, state=State.CLOSED, closed_on=day, decision=reason.strip()[:500])
    tell(case, actor, "escalation.closed", reason=reason.strip())
    return case


def hold(case: Escalation, version: int, states: Collection[str]) -> Escalation:
    """The case as it stands now, locked. Raises EscalationError when somebody changed it, or it has gone on."""
    held = Escalation.objects.select_for_update(of=("self",), no_key=True).select_related("company", "customer__company", "rung")
    row: Escalation = held.get(pk=case.pk)
    if row.state not in states:
        raise EscalationError(f"the case is {row.get_state_display()} by now")
    if row.version != version:
        raise EscalationError("somebody changed the case meanwhile: look at it anew")
    return row


def change(case: Escalation, **fields: Any) -> None:
    """Write fields of a held case, and count its version up."""
    for name, value in fields.items():
        setattr(case, name, value)
    case.version += 1
    case.save(update_fields=[*fields, "version"])
