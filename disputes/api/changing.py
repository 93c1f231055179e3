"""A change of a case as it is sent: read, and done by the services, all of it or nothing."""

from datetime import date
from typing import Any

from django.db import transaction

from arops.api.problems import ApiProblem, refused
from arops.lib.rows import Problem
from disputes.models import Dispute
from disputes.payload import read_amounts, read_changed
from disputes.selectors.named import Named
from disputes.services import (
    DisputeError,
    StaleDispute,
    amend_dispute,
    assign_dispute,
    hand_over_dispute,
    move_dispute,
)
from org.actors import Actor


def change(actor: Actor, case: Dispute, said: dict[str, Any], *, today: date) -> None:
    """Do what was sent. Raises ApiProblem: 409 when somebody changed the case meanwhile, 422 for what can't be done."""
    values, problems = read_changed(said)
    amount, lines, wrong = read_amounts(said, case.currency)
    named = Named([{"open_item": f"itm_{case.open_item_id}", "lines": lines} | values], actor=actor, source_system="")
    chosen = None if lines is None else named.lines(case.open_item_id, lines)
    owner, department = named.owner(values.get("owner"), case.company_id), named.department(values.get("department"), case.company_id)
    problems += [*wrong, *(thing for thing in (chosen, owner, department) if isinstance(thing, Problem))]
    if problems:
        raise refused(problems)
    wanted: dict[str, Any] = {"amount": amount, "lines": chosen, "owner": owner, "department": department}
    try:
        with transaction.atomic():
            _do(actor, case, values, wanted, today)
    except StaleDispute as error:
        raise ApiProblem(409, "stale", str(error), [{"pointer": "/version", "code": "stale", "detail": str(error)}]) from None
    except DisputeError as error:
        raise ApiProblem(422, "refused", str(error), _where(error)) from None


def _where(error: DisputeError) -> list[dict[str, str]]:
    return [{"pointer": f"/{error.field}", "code": "refused", "detail": str(error)}] if error.field else []


def _do(actor: Actor, case: Dispute, values: dict[str, Any], wanted: dict[str, Any], today: date) -> None:
    """One service after the other; each begins at the version that the one before left."""
    version = values["version"]
    if values.get("state") == Dispute.State.OPEN:
        version = move_dispute(actor=actor, dispute=case, state="open", version=version, today=today).version
    amended: dict[str, Any] = {name: values[name] for name in ("reason", "note") if name in values}
    amended |= {name: wanted[name] for name in ("amount", "lines") if wanted[name] is not None}
    if amended:
        version = amend_dispute(actor=actor, dispute=case, version=version, today=today, **amended).version
    if "owner" in values:
        version = assign_dispute(actor=actor, dispute=case, owner=wanted["owner"], version=version).version
    if "department" in values:
        version = hand_over_dispute(actor=actor, dispute=case, department=wanted["department"], version=version, today=today).version
    state = values.get("state") or ("waiting" if "waiting_on" in values else None)
    if state and state != Dispute.State.OPEN:
        whom = values.get("waiting_on", "")
        version = move_dispute(actor=actor, dispute=case, state=state, version=version, today=today, waiting_on=whom).version
    if version == values["version"] and case.version != version:
        raise StaleDispute("someone changed this dispute meanwhile: look at it again")
