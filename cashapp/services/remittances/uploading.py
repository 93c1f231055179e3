"""Files of advices brought by a person or a system: taken in, then joined to what has come in, and their receipts matched again."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Q

from arops.lib.refusal import InputRefused, Refused
from cashapp.models import AdviceLayout, Remittance, RemittanceJoin
from cashapp.services.remittances.joining import match_joined
from cashapp.services.remittances.taking import Taken, take_advice_file
from org.actors import Actor
from org.models import Company
from workflow.models import StoredFile


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that could not be taken: its name, why, and on which line."""

    name: str
    reason: str
    line: int | None = None
    stored_file_id: int | None = None


@dataclass
class Brought:
    """What came of one file, or of several."""

    taken: Taken = field(default_factory=Taken)
    refused: list[Refusal] = field(default_factory=list)
    joins: list[RemittanceJoin] = field(default_factory=list)

    @property
    def words(self) -> str:
        """For the person who brought them."""
        n, again, joined = len(self.taken.remittances), len(self.taken.repeated), len({j.remittance_id for j in self.joins})
        parts = [f"{n} advice{'' if n == 1 else 's'} taken in" if n or not again else ""]
        parts += [f"{again} known before" if again else "", f"{joined} joined to receipts" if joined else ""]
        parts += [f"{len(self.refused)} file{'' if len(self.refused) == 1 else 's'} refused" if self.refused else ""]
        return ", ".join(filter(None, parts))


def bring_file(
    *, actor: Actor, company: Company, content: bytes, name: str, today: date, now: datetime, layout: AdviceLayout | None = None,
    source: str = Remittance.Source.FILE,
) -> Brought:  # fmt: skip
    """Take one file in, and join what waits. Raises what `take_advice_file` raises."""
    brought = Brought(take_advice_file(actor=actor, company=company, content=content, name=name, today=today, layout=layout, source=source))
    join_brought(brought, actor=actor, company=company, today=today, now=now)
    return brought


def bring_stored(
    *, actor: Actor, company: Company, files: Sequence[tuple[StoredFile, str]], today: date, now: datetime,
    source: str = Remittance.Source.FILE, tell: Callable[[int, int], None] | None = None,
) -> Brought:  # fmt: skip
    """Take several files in, each whole or not at all; a bad one doesn't stop its neighbours. `tell` hears how many are done.

    Raises NotAllowed.
    """
    brought = Brought()
    for done, (stored, name) in enumerate(files):
        if tell:
            tell(done, len(files))
        try:
            content = bytes(stored.content)
            brought.taken.add(take_advice_file(actor=actor, company=company, content=content, name=name, today=today, source=source))
        except InputRefused as refusal:
            brought.refused.append(Refusal(name, refusal.reason, refusal.line, stored.pk))
        except Refused as refusal:
            brought.refused.append(Refusal(name, str(refusal), None, stored.pk))
    join_brought(brought, actor=actor, company=company, today=today, now=now)
    return brought


def kept_advice_file(*, actor: Actor, pk: int, brought: Collection[int] = ()) -> StoredFile | None:
    """A list or PDF that this person brought and that waits to be told how it is read. The same bytes are one file, whoever brought
    them first: `brought` are keys of those that this person is known to have brought, too."""
    return StoredFile.objects.filter(Q(added_by=actor.label) | Q(pk__in=brought), pk=pk).first()


def join_brought(brought: Brought, *, actor: Actor, company: Company, today: date, now: datetime) -> None:
    """Join what waits, where the person may apply cash; else the next run does it. What was taken before counts too: whoever took it may
    have been stopped before it was joined, or before the receipt that it speaks of was matched."""
    if brought.taken.rows and actor.can("cash.apply", company.pk):
        brought.joins = match_joined(actor=actor, company=company, today=today, now=now, again=brought.taken.repeated)
