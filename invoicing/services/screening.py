"""Documents that come from outside, on their way to being issued: those that the company's policy holds become drafts with what was found,
the others are issued, with what was found recorded against them.

A held document isn't a rejected one: it is kept here, whole, and nothing of it is in the books. The sender is told why. The same document
again is looked at again: it goes through once nothing holds it any more (someone corrected the order, or overrode the finding), else it is
held as before. A corrected one takes the place of what was pushed before, and of what was changed in the draft meanwhile: the sender's
system is where the document is made. What was discarded here is refused until it is sent corrected.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now

from arops.lib.bulk import take_ids
from invoicing.checks import Found
from invoicing.models import Draft, Finding
from invoicing.payload import Document, Problem, digest
from invoicing.selectors.batch import Batch
from invoicing.selectors.chain import Chain, Placed
from invoicing.services.checking import Stance, Subject, blocks, examine, identity, keep, settle, stances, void_overrides
from org.actors import Actor
from workflow.models import Event
from workflow.services.recording import record_many

DISCARDED = "this was discarded here and isn't issued as it was sent: send it corrected, under the same id"


@dataclass(frozen=True, slots=True)
class Pushed:
    """A document that is ready to be issued, with the row it was read from."""

    placed: Placed
    row: Mapping[str, Any]

    @property
    def document(self) -> Document:
        """The document."""
        return self.placed.document

    @property
    def name(self) -> tuple[int, str, str, str]:
        """What it is known by to whoever sent it: its id there, or else its number."""
        return _name(self.placed.company_id, self.document.source_system, self.document.external_id, self.document.number)


@dataclass
class Screened:
    """What becomes of the documents of a batch, by their keys."""

    held: dict[int, Draft] = field(default_factory=dict)
    refused: dict[int, Problem] = field(default_factory=dict)
    found: dict[int, tuple[Found, ...]] = field(default_factory=dict)
    drafts: dict[int, Draft] = field(default_factory=dict)
    """Drafts that an earlier push of the same document left, for those that are issued now."""
    told: dict[int, tuple[Found, ...]] = field(default_factory=dict)
    """What the sender is told: findings that hold, or warn."""

    def passes(self, key: int) -> bool:
        """Whether the document is issued."""
        return key not in self.held and key not in self.refused


def screen(pushed: Sequence[Pushed], chain: Chain, *, actor: Actor, origin: str) -> Screened:
    """Check what the policies of the companies want checked before it is issued. Drafts of what is held are written, nothing else."""
    result = Screened()
    waiting = _waiting(pushed)
    result.drafts = {p.placed.key: waiting[p.name] for p in pushed if p.name in waiting}
    for p in pushed:
        if p.name in waiting and p.document.total > waiting[p.name].total:
            void_overrides(waiting[p.name], actor=actor, total=p.document.total)
    views = stances({p.placed.company_id for p in pushed})
    invoices = [p for p in pushed if p.document.kind == "invoice" and views[p.placed.company_id].waits]
    for company, stance in views.items():
        if mine := [p.placed for p in invoices if p.placed.company_id == company]:
            result.found |= examine(Batch(mine, chain, stance.policy))
    for p in invoices:
        stance = views[p.placed.company_id]
        weighed = stance.weighed(result.found[p.placed.key], stance.pushed)
        result.told[p.placed.key] = tuple(f for f in weighed if f.severity != "note")
    to_hold = _to_hold(invoices, result)
    _refuse_discarded(to_hold, result)
    _hold([p for p in to_hold if p.placed.key not in result.refused], result, views, actor, origin)
    return result


def _name(company: int, source: str, external_id: str | None, number: str) -> tuple[int, str, str, str]:
    return company, source, external_id or "", "" if external_id else number


def _waiting(pushed: Sequence[Pushed]) -> dict[tuple[int, str, str, str], Draft]:
    """Drafts of earlier pushes of the same documents."""
    companies, ids = {p.placed.company_id for p in pushed}, [p.document.external_id for p in pushed if p.document.external_id]
    numbers = [p.document.number for p in pushed if not p.document.external_id]
    same = Q(external_id__in=ids) | Q(external_id=None, number__in=numbers, origin__in=[Draft.Origin.ERP, Draft.Origin.IMPORT])
    found: Any = Draft.objects.live().filter(same, company__in=companies)
    rows = found.select_for_update(of=("self",), no_key=True).order_by("pk")
    return {_name(d.company_id, d.source_system, d.external_id, d.number): d for d in rows}


def _to_hold(invoices: Sequence[Pushed], result: Screened) -> list[Pushed]:
    """Those with a finding that blocks, unless someone overrode that very finding in the draft of an earlier push."""
    blocked = [p for p in invoices if blocks(result.told[p.placed.key])]
    drafts = [result.drafts[p.placed.key].pk for p in blocked if p.placed.key in result.drafts]
    decided = Finding.objects.filter(draft__in=drafts, state=Finding.State.OVERRIDDEN) if drafts else ()
    overridden = {(f.draft_id, *identity(f)) for f in decided}

    def still_blocks(p: Pushed) -> bool:
        draft = result.drafts.get(p.placed.key)
        return draft is None or blocks(f for f in result.told[p.placed.key] if (draft.pk, *identity(f)) not in overridden)

    return [p for p in blocked if still_blocks(p)]


def _refuse_discarded(to_hold: Sequence[Pushed], result: Screened) -> None:
    """What someone put aside doesn't come back by being sent again."""
    fresh = [p for p in to_hold if p.placed.key not in result.drafts]
    hashes = [p.document.payload_hash for p in fresh]
    if not hashes:
        return
    customers = {p.placed.customer_id for p in fresh}
    gone = Draft.objects.filter(customer__in=customers, state=Draft.State.DISCARDED, pushed_hash__in=hashes)
    known = set(gone.values_list("company_id", "pushed_hash"))
    for p in fresh:
        if (p.placed.company_id, p.document.payload_hash) in known:
            result.refused[p.placed.key] = Problem("", "discarded", DISCARDED)


def _hold(to_hold: Sequence[Pushed], result: Screened, views: Mapping[int, Stance], actor: Actor, origin: str) -> None:
    """Write the drafts and what was found, in a few statements for all of them."""
    new: list[Draft] = []
    again: list[Draft] = []
    untouched: list[Draft] = []
    for p in to_hold:
        draft = result.drafts.get(p.placed.key)
        if draft is None:
            draft = Draft(origin=origin, created_by=actor.label, makers=[actor.label], **_columns(p))
            new.append(draft)
        elif draft.pushed_hash != p.document.payload_hash:
            _replace(draft, p, actor)
            again.append(draft)
        elif digest(draft.payload) == digest(dict(_payload(p))):
            again.append(draft)
        else:
            untouched.append(draft)  # someone is at work on it here: what was sent is what they began with
        result.held[p.placed.key] = draft
    for draft, pk in zip(new, take_ids("invoicing_draft", len(new)), strict=True):
        draft.pk = pk  # findings are told from those before by it; the rows themselves are written once they say how the draft stands
    _keep_found([p for p in to_hold if result.held[p.placed.key] not in untouched], result, views, actor)
    Draft.objects.bulk_create(new)
    Draft.objects.bulk_update(again, [*_COLUMNS, *_STANDING])
    record_many(_told(draft, actor, "draft.held", findings=len(result.found[key])) for key, draft in result.held.items())


_STANDING = "state at_stake held_since checked_hash pushed_hash makers version".split()
_COLUMNS = "number currency document_date net total retainage payload replaces_id".split()


def _payload(p: Pushed) -> dict[str, Any]:
    """The row as it was sent, complete in itself."""
    return {**p.row, "source_system": p.document.source_system, "kind": p.document.kind}


def _columns(p: Pushed) -> dict[str, Any]:
    d = p.document
    return {
        "company_id": p.placed.company_id, "customer_id": p.placed.customer_id, "kind": d.kind, "number": d.number,
        "source_system": d.source_system, "external_id": d.external_id, "currency": d.currency, "document_date": d.document_date,
        "net": d.subtotal, "total": d.total, "retainage": d.retainage, "payload": _payload(p), "replaces_id": p.placed.replaces,
        "pushed_hash": d.payload_hash,
    }  # fmt: skip


def _replace(draft: Draft, p: Pushed, actor: Actor) -> None:
    """A corrected document in the place of what was there; whoever changed the draft before stays one of its makers."""
    for name, value in _columns(p).items():
        setattr(draft, name, value)
    draft.version += 1
    if actor.label not in draft.makers:
        draft.makers = [*draft.makers, actor.label]


def _keep_found(held: Sequence[Pushed], result: Screened, views: Mapping[int, Stance], actor: Actor) -> None:
    subjects = []
    for p in held:
        stance, draft = views[p.placed.company_id], result.held[p.placed.key]
        found = stance.weighed(result.found[p.placed.key], stance.pushed)
        subjects.append(Subject(draft.company_id, draft.currency, found, draft_id=draft.pk))
    standing = keep(subjects, actor=actor)
    for p in held:
        draft = result.held[p.placed.key]
        settle(draft, standing[draft.pk, None])
        draft.checked_hash = digest(draft.payload)


def issued(pushed: Sequence[Pushed], invoices: Mapping[int, int], result: Screened, *, actor: Actor) -> None:
    """What follows from issuing: findings are recorded against the invoices, drafts of earlier pushes are done with."""
    subjects = [
        Subject(p.placed.company_id, p.document.currency, result.found[p.placed.key], invoice_id=invoices[p.placed.key])
        for p in pushed
        if result.found.get(p.placed.key) and p.placed.key in invoices
    ]
    if subjects:
        keep(subjects, actor=actor)
    done = {key: draft for key, draft in result.drafts.items() if key in invoices}
    if not done:
        return
    for key, draft in done.items():
        draft.state, draft.invoice_id, draft.at_stake, draft.held_since = Draft.State.ISSUED, invoices[key], 0, None
    Draft.objects.bulk_update(done.values(), ["state", "invoice_id", "at_stake", "held_since"])
    open_ones = Finding.objects.filter(draft__in=done.values(), state=Finding.State.OPEN)
    open_ones.update(state=Finding.State.FIXED, decided_by=actor.label, decided_at=Now(), reason="issued as it was sent again")
    record_many(_told(draft, actor, "draft.issued", invoice=draft.invoice_id) for draft in done.values())


def sent_before(companies: set[int], documents: Mapping[int, Document]) -> dict[int, int]:
    """Of documents that differ from what was issued under their id: those that were sent so, changed here as drafts, and issued; the
    key of the invoice by the document's."""
    if not documents:
        return {}
    hashes = {d.payload_hash: key for key, d in documents.items()}
    found = Draft.objects.filter(pushed_hash__in=list(hashes), company__in=companies, state=Draft.State.ISSUED)
    return {hashes[pushed]: invoice for pushed, invoice in found.values_list("pushed_hash", "invoice_id")}


def _told(draft: Draft, actor: Actor, type: str, **data: Any) -> Event:
    return Event(
        actor=actor.label, type=type, company_id=draft.company_id, subject_type="invoicing.draft", subject_id=draft.pk,
        customer_ref=draft.customer_id, data={"number": draft.number, "total": draft.total, "currency": draft.currency, **data},
    )  # fmt: skip
