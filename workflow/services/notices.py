"""Who is to be told by mail what waits for them. Nothing is sent from where things happen: notices are derived from the rows, each with
a key that exists once, and the outbox (an app above) sends those it hasn't sent.

**To have people told of another kind of thing**, register a source in the app's `tasks.py` or a module it loads:

    @register_notices("approvals")
    def waiting(now: datetime, today: date) -> Iterable[Notice]: ...

A source looks at what changed lately (`SPAN`), so that a server that was away for a weekend still tells everybody, and nobody is told of
last year. Tasks are told of in `task_notices`, links to them in `link_notices`, requests for approval in `approval_notices`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from org.models import User

SPAN = timedelta(days=4)
"""How long after it happened somebody is still told."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A mail to colleagues: what it is about (`key` exists once), to whom, what it says, the page that it leads to where there is one.
    `kind` is the message's; one of another kind than `notice` is finished when it is handed over."""

    key: str
    company_id: int
    recipients: tuple[str, ...]
    subject: str
    body: str
    path: str = ""
    kind: str = "notice"
    author: str = ""
    """Who had it written, where that is a person: it then stands in their outbox."""


Source = Callable[[datetime, date], Iterable[Notice]]
SOURCES: dict[str, Source] = {}


def register_notices(name: str) -> Callable[[Source], Source]:
    """Make a function a source of notices."""

    def decorate(source: Source) -> Source:
        SOURCES[name] = source
        return source

    return decorate


def notices_due(now: datetime, today: date) -> list[Notice]:
    """What anybody is to be told at this moment, told before or not; those to nobody are left out."""
    return [notice for source in SOURCES.values() for notice in source(now, today) if notice.recipients]


def wants_mail(person: User) -> bool:
    """Whether the person is there and hasn't switched these mails off."""
    return person.is_active and bool(person.preferences.get("notices", True))
