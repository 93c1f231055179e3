"""What is added to a mail at the moment it is handed over, and kept nowhere: not in the outbox, not in the log, not in the audit trail.

Which mails those are is said by their kind, and what is added by the key that the product gave them; never by words in the mail, which
people write. A link to a task goes to the one address that it was made for, whatever recipients were put in since.
"""

import re
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator

from messaging.models import Message
from messaging.services.errors import Rejected
from org.models import User
from workflow.models import Task, TaskLink
from workflow.services.links import is_live, token_of

Finish = Callable[[Message], str]
_TOKEN = re.compile(r"[0-9]+-(?:[0-9a-z]+-)?[0-9a-f]{24,}", re.ASCII | re.IGNORECASE)


def finished_body(message: Message) -> str:
    """The text of the mail as it goes out. Raises Rejected where it may not go out any more."""
    finish = FINISHES.get(message.kind)
    return message.body + finish(message) if finish else message.body


def veiled(text: str) -> str:
    """A text from outside without tokens: what a mail server says may quote the mail."""
    return _TOKEN.sub("…", text)


def _task_link(message: Message) -> str:
    link = _link_of(message)
    if link is None or message.claimed_at is None or not is_live(link, message.claimed_at) or link.task.state != Task.State.OPEN:
        raise Rejected("the link has ended, or what it asks is answered: send a new one from the task")
    if message.recipients != [link.email]:
        raise Rejected(f"a link goes to nobody but whom it was made for: {link.email}")
    token = token_of(link)
    return (
        f"\n{settings.SITE_URL}/answer/#{token}\n\nIf the page asks for a code, copy this into it: {token}\n\n"
        f"The link is for you alone and ends on {link.expires_at:%Y-%m-%d}. Whoever has it can answer in your name: don’t pass it on.\n"
    )


def _link_of(message: Message) -> TaskLink | None:
    kind, _, rest = message.dedupe_key.partition(":")
    pk = rest.partition(":")[0]
    if kind != message.kind or not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        return None
    return TaskLink.objects.select_related("task").filter(pk=int(pk)).first()


def _password_link(message: Message) -> str:
    kind, _, rest = message.dedupe_key.partition(":")
    pk = rest.partition(":")[0]
    digits = kind == message.kind and pk.isascii() and pk.isdigit() and len(pk) < 19
    person = User.objects.filter(pk=int(pk), is_active=True).first() if digits else None
    if person is None or person.has_usable_password():
        raise Rejected("the password was chosen meanwhile, or the person is locked out")
    if message.recipients != [person.email]:
        raise Rejected(f"a link goes to nobody but whom it was made for: {person.email}")
    token = default_token_generator.make_token(person)
    days = settings.PASSWORD_RESET_TIMEOUT // 86_400
    return (
        f"\n{settings.SITE_URL}/settings/choose-password/{person.pk}-{token}/\n\n"
        f"It works once, within {days} days. Whoever has it can sign in as you: don’t pass it on.\n"
    )


FINISHES: dict[str, Finish] = {"task_link": _task_link, "password_link": _password_link}
"""Kind of message → what is added to it."""
