"""What there is to be looked at for a case: the records behind its document, what proves the delivery and the work, the payments."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from arops.lib import money
from arops.lib.http import address
from disputes.models import Dispute
from disputes.selectors.compared import versions_used
from disputes.selectors.payments import Payment
from invoicing.checks.facts import Billed
from invoicing.selectors.investigation import cite
from invoicing.services.investigating import FreshLook
from org.actors import Actor
from workflow.models import Attachment, Task
from workflow.selectors.tasks import tasks_about

MOST = 60
"""Sources that are listed; a document with more of them is read in its own pages."""


@dataclass(frozen=True, slots=True)
class Source:
    """Something that can be looked at. `ticked`: the proposed finding rests on it, and it stands in the comparison."""

    key: str
    document: str
    number: str
    words: str
    url: str
    value: str = ""
    revision: int | None = None
    day: date | str | None = None
    ticked: bool = False

    def kept(self, how: str) -> dict[str, Any]:
        """As it is kept with the finding."""
        return {
            "document": self.document, "number": self.number, "revision": self.revision, "day": str(self.day) if self.day else None,
            "value": self.value, "url": self.url, "how": how,
        }  # fmt: skip


def sources_behind(
    fresh: FreshLook | None, payments: Sequence[Payment], taken: Collection[str], currency: str, beside: Iterable[Source] = (), *,
    of_money: bool = False,
) -> list[Source]:  # fmt: skip
    """Every source once: those that findings cite first, then what is kept beside the case, the records behind the document, its papers,
    and the payments. `taken` are the keys of the findings that the proposal rests on; `of_money` says that it rests on the payments."""
    found: dict[str, Source] = {}
    paid = [_payment(p, currency, of_money) for p in payments]
    for source in (*_all(fresh, taken, beside), *paid):
        found.setdefault(source.key, source)
    return list(found.values())[:MOST]


def beside_case(actor: Actor, case: Dispute) -> Iterator[Source]:
    """What was brought to the case itself: the customer's evidence and other files, answers of departments."""
    for row in Attachment.objects.filter(subject_type="disputes.dispute", subject_id=case.pk, removed_at=None):
        words = f"{row.get_kind_display()}: {row.name}"
        yield Source(f"file:{row.pk}", "file", row.name, words, address("workflow:attachment", row.pk), row.note, None, row.added_at.date())
    for task in tasks_about(actor, case).filter(state=Task.State.ANSWERED):
        whose = task.department.name if task.department else str(task.assignee or "")
        yield Source(f"task:{task.pk}", "answer", task.title, f"Answer of {whose}: {task.title}", address("workflow:task", task.pk))


def _all(fresh: FreshLook | None, taken: Collection[str], beside: Iterable[Source]) -> Iterator[Source]:
    cited = sorted(fresh.findings, key=lambda f: f.key not in taken) if fresh else []
    if fresh:
        yield from (_cited(s, f.key in taken, fresh.billed) for f in cited for s in f.sources)
    yield from beside
    if fresh:
        yield from _records(fresh)
        yield from _papers(fresh)


def _cited(said: dict[str, Any], ticked: bool, billed: Billed) -> Source:
    number = said["number"] or billed.number
    own = said["document"] == "invoice" and not said["key"]
    at = cite(said["document"], number, billed.key if own else said["key"], said["line"], said["revision"], said["day"])
    key = f"{said['document']}:{said['key']}:{said['line'] or ''}"
    return Source(key, said["document"], number, at.words, at.url, said["value"], said["revision"], said["day"], ticked)


def _records(fresh: FreshLook) -> Iterator[Source]:
    facts = fresh.facts
    cited = {(s["document"], s["key"]) for f in fresh.findings for s in f.sources}
    rows: list[tuple[str, Any, date | None, str]] = [
        *(("purchase_order", r, r.issued_on, r.state) for r in facts.purchase_orders.values()),
        *(("order", r, r.ordered_on, r.state) for r in facts.orders.values()),
        *(("work_order", r, r.completed_on or r.ordered_on, r.state) for r in facts.work_orders.values()),
    ]
    for document, row, day, value in rows:
        if (document, row.key) not in cited:
            at = cite(document, row.number, row.key, None, row.revision)
            yield Source(f"{document}:{row.key}:", document, row.number, at.words, at.url, value, row.revision, day)
    for contract, version in versions_used(fresh.billed, facts, fresh.policy):
        if ("contract", contract.key) not in cited:
            used = version.number if version else None
            at = cite("contract", contract.number, contract.key, None, used)
            yield Source(f"contract:{contract.key}:", "contract", contract.number, at.words, at.url, "", used, contract.ended_on)


def _papers(fresh: FreshLook) -> Iterator[Source]:
    for arrival in (a for arrivals in fresh.proof.arrivals.values() for a in arrivals):
        at = cite("delivery", arrival.number, arrival.key)
        day = arrival.delivered_on or arrival.shipped_on
        yield Source(f"delivery:{arrival.key}:", "delivery", arrival.number, at.words, at.url, arrival.signed, None, day)
    for (label, key), papers in fresh.proof.papers.items():
        for paper in papers:
            yield Source(f"file:{label}:{key}:{paper.name}", "file", paper.name, f"{paper.kind}: {paper.name}", paper.url, paper.kind)


def _payment(paid: Payment, currency: str, ticked: bool) -> Source:
    value = f"{money.format(paid.amount, currency)} {currency}"
    words = f"{paid.kind[:1].upper()}{paid.kind[1:]} {paid.source}".strip()
    return Source(
        f"payment:{paid.item or ''}:{paid.day}:{paid.amount}", "payment", paid.source, words, paid.url, value, None, paid.day, ticked
    )


def chosen(sources: Iterable[Source], looked: Collection[str], opened: Collection[str]) -> list[dict[str, Any]]:
    """The sources that somebody ticked, as they are kept; `opened` are those whose pages were opened (which ticks them)."""
    return [s.kept("opened" if s.key in opened else "side by side") for s in sources if s.key in looked]
