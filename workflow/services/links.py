"""Links to one task for somebody without an account: made by whoever asks, ended by time, by hand, or with the task.

A link's token is signed from its row by a key that derives from `SECRET_KEY`, and is kept nowhere: whoever reads the database, the log or
the audit trail can open nothing. It is put together when the mail is handed over (`messaging.services.handing`), and checked anew with
every request. Whatever is wrong with one, the answer is the same: there is no such link.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac

from org.actors import Actor
from org.models import User
from workflow.actors import LinkActor
from workflow.models import Task, TaskLink
from workflow.services.recording import record
from workflow.services.tasks import TaskError, locked_task

LASTS = 14
"""Days that a link lasts after the answer is due."""
LONGEST, MOST = 366, 20
"""Days that a link can last at all; links that a task can have."""
LIVE = (Task.State.OPEN, Task.State.ANSWERED, Task.State.HANDED_BACK)
_TOKEN = re.compile(r"([1-9][0-9]{0,17})-([0-9a-f]{48})", re.ASCII)


class LinkEnded(Exception):
    """There is no such link: never was, revoked, over, or its task is done. Nobody is told which."""


@transaction.atomic
def create_link(
    *, actor: Actor, task: Task, email: str, now: datetime, today: date, name: str = "", days: int | None = None
) -> TaskLink:  # fmt: skip
    """Let somebody without an account answer this one task, until `LASTS` days after the answer is due, or for so many days from now. A
    link that this address has already is given again. Raises TaskError, NotAllowed."""
    row = locked_task(actor, task, None, set(LIVE), "tasks.create")
    address = _address(email)
    _check(row, address)
    there = row.links.filter(email=address, revoked_at=None, expires_at__gt=now).first()
    if there:
        return there
    if row.links.count() >= MOST:
        raise TaskError(f"this task has had {MOST} links already: ask by a task of its own")
    lasts = max((row.due_date - today).days, 0) + LASTS if days is None else days
    if not 0 < lasts <= LONGEST:
        raise TaskError(f"a link lasts from 1 to {LONGEST} days")
    link = TaskLink.objects.create(
        task=row, email=address, name=name.strip()[:100], nonce=get_random_string(32), expires_at=now + timedelta(days=lasts),
        created_by=actor.label,
    )  # fmt: skip
    _tell(actor, link, "task_link.created", until=link.expires_at.isoformat())
    return link


@transaction.atomic
def revoke_link(*, actor: Actor, link: TaskLink, now: datetime) -> TaskLink:
    """End a link at once: the next request by it is refused. Raises TaskError, NotAllowed."""
    row = _locked_link(link.pk)
    locked_task(actor, row.task, None, set(Task.State), "tasks.create")
    if row.revoked_at is None:
        row.revoked_at, row.revoked_by = now, actor.label
        row.save(update_fields=["revoked_at", "revoked_by"])
        _tell(actor, row, "task_link.revoked")
    return row


@transaction.atomic
def renew_link(*, actor: Actor, link: TaskLink, now: datetime, today: date) -> TaskLink:
    """Send the same person another link; the one they had ends. Raises TaskError, NotAllowed."""
    old = revoke_link(actor=actor, link=link, now=now)
    return create_link(actor=actor, task=old.task, email=old.email, name=old.name, now=now, today=today)


def token_of(link: TaskLink) -> str:
    """What opens the link. For the mail alone."""
    return f"{link.pk}-{_signature(link.pk, link.nonce)}"


def link_of(token: str, now: datetime) -> TaskLink:
    """The live link that a token opens. Raises LinkEnded."""
    found = _TOKEN.fullmatch(token.strip())
    link = TaskLink.objects.select_related("task").filter(pk=int(found[1])).first() if found else None
    pk, given = (int(found[1]), found[2]) if found else (0, "")
    same = constant_time_compare(given, _signature(pk, link.nonce if link else "no such link"))
    if link is None or not same or not is_live(link, now):
        raise LinkEnded
    return link


def live_link(pk: int, now: datetime) -> TaskLink:
    """The link as it is at this moment, for somebody who opened it before. Raises LinkEnded."""
    link = TaskLink.objects.select_related("task__company", "task__department").filter(pk=pk).first()
    if link is None or not is_live(link, now):
        raise LinkEnded
    return link


def is_live(link: TaskLink, now: datetime) -> bool:
    """Whether the link opens its task: not revoked, not over, and the task not done with."""
    return link.revoked_at is None and link.expires_at > now and link.task.state in LIVE


def actor_of(link: TaskLink) -> LinkActor:
    """Whoever holds the link, as an actor."""
    return LinkActor(link.pk, link.task_id, link.task.company_id, link.email)


@transaction.atomic
def open_link(*, link: TaskLink, now: datetime) -> None:
    """Write down that the link was opened, from its mail or its code."""
    TaskLink.objects.filter(pk=link.pk).update(last_used_at=now)
    _tell(actor_of(link), link, "task_link.opened")


@transaction.atomic
def act_by_link(*, link: TaskLink, now: datetime, do: Callable[[LinkActor, Task], Any]) -> Any:
    """Do something as the holder of a link, which can't be revoked meanwhile. Raises LinkEnded, and what `do` raises."""
    row = _locked_link(link.pk)
    if not is_live(row, now):
        raise LinkEnded
    TaskLink.objects.filter(pk=row.pk).update(last_used_at=now)
    return do(actor_of(row), row.task)


def names_of_links(keys: Iterable[int]) -> dict[int, str]:
    """What the holders of links are called: the name they were given, and their address."""
    rows = TaskLink.objects.filter(pk__in=list(keys)).values_list("pk", "name", "email")
    return {pk: f"{name} ({email})" if name else email for pk, name, email in rows}


def _signature(pk: int, nonce: str) -> str:
    return salted_hmac("workflow.services.links", f"{pk}:{nonce}", algorithm="sha256").hexdigest()[:48]


def _locked_link(pk: int) -> TaskLink:
    """The link, locked: before its task, always."""
    return TaskLink.objects.select_for_update(of=("self",), no_key=True).select_related("task__company").get(pk=pk)


def _address(email: str) -> str:
    address = email.strip()
    try:
        validate_email(address)
    except ValidationError:
        raise TaskError(f"{address[:100]!r} is not an e-mail address") from None
    return User.objects.normalize_email(address)


def _check(task: Task, address: str) -> None:
    if not settings.SITE_URL:
        raise TaskError("a link needs the address of this server: set SITE_URL first")
    there = User.objects.filter(email__iexact=address, is_active=True).first()
    if there and there.can("tasks.answer", task.company_id):
        raise TaskError(f"{there.name} has an account: give the task to them or their department instead")


def _tell(actor: Actor, link: TaskLink, event: str, **data: str) -> None:
    record(
        actor=actor, type=event, company_id=link.task.company_id, subject=link.task, customer_id=link.task.customer_ref, link=link.pk,
        email=link.email, **data,
    )  # fmt: skip
