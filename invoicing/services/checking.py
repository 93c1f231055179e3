"""The check, run: on a draft, on what an ERP pushes before it is issued (`screening`), on issued documents; findings kept with each.

A finding is told from run to run by its key. What is found again stays as it is, overridden ones included, as long as it says the same;
what is no longer found is fixed; what changed is found anew. Nothing here issues or posts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from arops.lib.refusal import Refused
from invoicing.checks import Found, Policy, check_batch
from invoicing.models import CheckPolicy, Draft, Finding, Invoice
from invoicing.payload import Document, digest, read_document
from invoicing.selectors.batch import Batch
from invoicing.selectors.chain import Chain, Placed
from invoicing.selectors.facts import load
from invoicing.selectors.issued import documents_of
from org.actors import Actor, NotAllowed, require
from org.models import Company
from workflow.services import record

Mode = CheckPolicy.Mode
_EFFECT = {Mode.HOLD: "block", Mode.WARN: "warn", Mode.RECORD: "note"}
CHUNK = 1_000
"""Issued documents that the night checks at once."""
OVERLAP = timedelta(hours=1)
"""Documents of transactions that were still open when the night looked last are looked at again."""


FIRST = timedelta(days=1)
"""How far the first night looks back: what was in the books before is checked on demand."""


class CheckRefused(Refused):
    """A document that can't be checked as it stands; the message says why."""


@dataclass(frozen=True, slots=True)
class Stance:
    """What a company wants done about findings; without a policy of its own, pushed documents are issued and recorded, drafts held."""

    pushed: str = Mode.RECORD
    drafted: str = Mode.HOLD
    rules: Mapping[str, str] | None = None
    policy: Policy = field(default_factory=Policy)

    @classmethod
    def of(cls, row: CheckPolicy | None) -> "Stance":
        """A policy as it stands in the database."""
        if row is None:
            return cls()
        usual = Policy()
        freight, fees = frozenset(row.freight_skus) or usual.freight_skus, frozenset(row.fee_skus) or usual.fee_skus
        return cls(row.pushed, row.drafted, row.rules, Policy(freight_skus=freight, fee_skus=fees))

    @property
    def waits(self) -> bool:
        """Whether pushed documents are checked before they are issued, and not by the night."""
        return self.pushed != Mode.RECORD or any(mode != Mode.RECORD for mode in (self.rules or {}).values())

    def weighed(self, found: Iterable[Found], mode: str) -> tuple[Found, ...]:
        """Findings with the severity they have here: a rule's own mode counts before the company's, and only what blocks is held by it."""
        return tuple(replace(f, severity=self._severity(f, mode)) for f in found)

    def _severity(self, found: Found, mode: str) -> str:
        own = (self.rules or {}).get(found.rule)
        if own:
            return _EFFECT[Mode(own)]
        if found.severity == "block":
            return _EFFECT[Mode(mode)]
        return "note" if mode == Mode.RECORD else found.severity


def stances(companies: Iterable[int]) -> dict[int, Stance]:
    """The stance of each of the companies, in one query."""
    rows = {row.company_id: row for row in CheckPolicy.objects.filter(company__in=list(companies))}
    return {pk: Stance.of(rows.get(pk)) for pk in companies}


def take_turns(companies: Iterable[int]) -> None:
    """Whoever checks documents to issue them waits, to the end of their transactions, for others who do in these companies: of two that
    bill the same thing at once, the second finds the first. Call it before locking anything else."""
    with connection.cursor() as cursor:
        for company in sorted(set(companies)):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0)) IS NOT NULL", [f"checked:{company}"])


def waiting_companies(codes: Iterable[str]) -> list[int]:
    """Of these companies those that check what is pushed before it is issued."""
    rows = CheckPolicy.objects.filter(company__code__in=set(codes))
    return [row.company_id for row in rows if Stance.of(row).waits]


def void_overrides(draft: Draft, *, actor: Actor, total: int) -> None:
    """A draft changes to `total`: what was overridden by whoever changes it stands no more, for nobody overrides their own; nor does, once
    more is billed, what was overridden of the document as a whole. The next check finds it anew."""
    whose = Q(decided_by=actor.label)
    if total > draft.total:
        whose |= Q(effect=0)
    draft.findings.filter(whose, state=Finding.State.OVERRIDDEN).update(state=Finding.State.FIXED)


def blocks(found: Iterable[Found]) -> bool:
    """Whether something among the weighed findings holds the document."""
    return any(f.severity == "block" for f in found)


def examine(batch: Batch) -> dict[int, tuple[Found, ...]]:
    """What the rules find in each document of the batch, by its key."""
    billed, facts = load(batch)
    return {b.key: tuple(found) for b, found in zip(billed, check_batch(billed, facts, batch.policy), strict=True)}


@dataclass(frozen=True, slots=True)
class Subject:
    """A document whose findings are kept: a draft or an issued invoice, and what was found."""

    company_id: int
    currency: str
    found: tuple[Found, ...]
    draft_id: int | None = None
    invoice_id: int | None = None


def keep(subjects: Sequence[Subject], *, actor: Actor) -> dict[tuple[int | None, int | None], list[Finding]]:
    """Hold what was found against what was found before, and keep the difference; the findings that stand (open or decided), by document.

    A few statements, however many documents.
    """
    drafts, invoices = [s.draft_id for s in subjects if s.draft_id], [s.invoice_id for s in subjects if s.invoice_id]
    known: dict[tuple[int | None, int | None], dict[str, Finding]] = {}
    before: Any = Finding.objects.filter(draft_id__in=drafts) if drafts else Finding.objects.none()
    if invoices:
        before = Finding.objects.filter(invoice_id__in=invoices, draft=None) | before
    for finding in before.order_by("pk"):
        known.setdefault((finding.draft_id, finding.invoice_id if finding.draft_id is None else None), {})[finding.key] = finding
    made: list[Finding] = []
    changed: list[Finding] = []
    standing: dict[tuple[int | None, int | None], list[Finding]] = {}
    for subject in subjects:
        place = subject.draft_id, subject.invoice_id
        kept, new, other = _held_against(subject, known.get(place, {}), actor)
        standing[place] = kept + new
        made += new
        changed += other
    Finding.objects.bulk_create(made)
    Finding.objects.bulk_update(changed, [*_SAID, "state", "decided_by", "reason"])
    if gone := [f.pk for f in changed if f.state == Finding.State.FIXED]:
        Finding.objects.filter(pk__in=gone).update(decided_at=Now())
    return standing


_SAID = "severity lines expected billed effect origin words reasoning remedy sources".split()


def _held_against(
    subject: Subject, known: Mapping[str, Finding], actor: Actor
) -> tuple[list[Finding], list[Finding], list[Finding]]:  # fmt: skip
    """Findings that stay, new ones, and those whose row changes."""
    kept: list[Finding] = []
    new: list[Finding] = []
    changed: list[Finding] = []
    again = {f.key for f in subject.found}
    for found in subject.found:
        before, now = known.get(found.key), finding_row(subject, found)
        if before is None or before.state == Finding.State.FIXED or _differs(before, now):
            new.append(now)
            continue
        if before.state == Finding.State.OPEN and any(getattr(before, n) != getattr(now, n) for n in _SAID):
            for name in _SAID:
                setattr(before, name, getattr(now, name))
            changed.append(before)
        kept.append(before)
    for key, before in known.items():
        if before.state == Finding.State.OPEN and key not in again:
            before.state, before.decided_by, before.reason = Finding.State.FIXED, actor.label, "found no more"
            changed.append(before)
    return kept, new, changed


def _differs(before: Finding, now: Finding) -> bool:
    """Whether a decision was about something else than what is found now."""
    decided = before.state in (Finding.State.OVERRIDDEN, Finding.State.NOTED)
    return decided and (before.effect, before.expected, before.billed) != (now.effect, now.expected, now.billed)


def finding_row(subject: Subject, found: Found) -> Finding:
    """A finding as it is kept; not saved."""
    sources = [
        {"document": s.document, "number": s.number, "key": s.key, "line": s.line, "revision": s.revision,
         "day": s.day.isoformat() if s.day else None, "value": s.value}
        for s in found.sources
    ]  # fmt: skip
    return Finding(
        company_id=subject.company_id, draft_id=subject.draft_id, invoice_id=subject.invoice_id, currency=subject.currency,
        rule=found.rule, severity=found.severity, lines=list(found.lines), expected=found.expected[:200], billed=found.billed[:200],
        effect=found.effect, origin=found.origin, words=found.words, reasoning=found.reasoning, remedy=found.remedy[:300],
        sources=sources, key=found.key[:120],
    )  # fmt: skip


def stake(standing: Iterable[Finding], total: int) -> int:
    """Minor units that open findings put at risk: their sum, or all of the document where one of them holds up the whole of it."""
    risky = [f for f in standing if f.state == Finding.State.OPEN and f.severity != "note"]
    if any(f.severity == "block" and f.effect == 0 for f in risky):
        return total
    return min(total, sum(abs(f.effect) for f in risky))


def holds(standing: Iterable[Finding]) -> bool:
    """Whether one of the findings blocks and nobody overrode it."""
    return any(f.severity == "block" and f.state == Finding.State.OPEN for f in standing)


def draft_document(draft: Draft) -> Document:
    """A draft's payload as a document; one that our own series will number has no number yet. Raises CheckRefused."""
    read = read_document({**draft.payload, "number": draft.payload.get("number") or "draft"}, source_system=draft.source_system)
    if not isinstance(read, Document):
        raise CheckRefused("; ".join(p.detail for p in read))
    return read if draft.payload.get("number") else replace(read, number="")


def batch_of_draft(draft: Draft, stance: Stance) -> Batch:
    """A draft as a batch of its own. Raises CheckRefused."""
    placed = [Placed(draft.pk, draft.company_id, draft.customer_id, draft_document(draft), draft.replaces_id)]
    return Batch(placed, Chain(placed), stance.policy, kept="draft")


@transaction.atomic
def check_draft(*, actor: Actor, draft: Draft, today: date) -> Draft:
    """Check a draft as it stands: it is clear when nothing blocks it that nobody overrode, held otherwise. Memos are always clear: the
    approval looks at them. Raises CheckRefused, NotAllowed."""
    if not (actor.can("invoices.issue", draft.company_id) or actor.can("checks.override", draft.company_id)):
        raise NotAllowed(f"{actor.label} may not do this: it needs invoices.issue or checks.override")
    draft = Draft.objects.select_for_update(of=("self",), no_key=True).get(pk=draft.pk)
    if draft.state in (Draft.State.ISSUED, Draft.State.DISCARDED):
        raise CheckRefused(f"this draft is {draft.get_state_display()}")
    stance = stances([draft.company_id])[draft.company_id]
    found: tuple[Found, ...] = ()
    if draft.kind == "invoice":
        mode = stance.pushed if is_pushed(draft) else stance.drafted
        found = stance.weighed(examine(batch_of_draft(draft, stance))[draft.pk], mode)
    standing = keep([Subject(draft.company_id, draft.currency, found, draft_id=draft.pk)], actor=actor)[draft.pk, None]
    settle(draft, standing)
    draft.checked_hash = digest(draft.payload)
    draft.save(update_fields=["state", "held_since", "at_stake", "checked_hash", "updated_at"])
    record(
        actor=actor, type="draft.checked", company_id=draft.company_id, subject=draft, customer_id=draft.customer_id, state=draft.state,
        findings=len(standing), at_stake=draft.at_stake, currency=draft.currency, day=today.isoformat(),
    )  # fmt: skip
    draft.refresh_from_db(fields=["held_since"])
    return draft


def is_pushed(draft: Draft) -> bool:
    """Whether it came from outside: what is wrong with it stands in another system, too."""
    return draft.origin in (Draft.Origin.ERP, Draft.Origin.IMPORT)


def settle(draft: Draft, standing: Sequence[Finding]) -> None:
    """State, age and money at stake of a draft with these findings; not saved."""
    held = holds(standing)
    draft.state = Draft.State.HELD if held else Draft.State.CLEAR
    draft.at_stake = stake(standing, draft.total)
    if held and draft.held_since is None:
        draft.held_since = Now()
    elif not held:
        draft.held_since = None


@transaction.atomic
def check_issued(*, actor: Actor, invoice: Invoice, today: date) -> list[Finding]:
    """Check an issued invoice once more, against what was billed before it; what is found is recorded against it, and returned with what
    was decided about it. Raises CheckRefused, NotAllowed."""
    require(actor, "invoices.issue" if actor.can("invoices.issue", invoice.company_id) else "checks.override", invoice.company_id)
    if invoice.kind != Invoice.Kind.INVOICE:
        raise CheckRefused("memos aren't held against orders: the invoice they are about is")
    Invoice.objects.select_for_update(of=("self",), no_key=True).get(pk=invoice.pk)
    standing = _check_issued([invoice], actor).get(invoice.pk, [])
    record(
        actor=actor, type="invoice.checked", company_id=invoice.company_id, subject=invoice, customer_id=invoice.customer_id,
        findings=len(standing), day=today.isoformat(),
    )  # fmt: skip
    return standing


def batch_of_issued(invoices: Sequence[Invoice], stance: Stance) -> Batch:
    """Issued invoices of one company as a batch, held against what was issued before the last of them."""
    placed = documents_of(invoices)
    return Batch(placed, Chain(placed), stance.policy, kept="invoice", until=max(i.pk for i in invoices))


def _check_issued(invoices: Sequence[Invoice], actor: Actor) -> dict[int, list[Finding]]:
    company = invoices[0].company_id
    found = examine(batch_of_issued(invoices, stances([company])[company]))
    passed = _passed_as_drafts(invoices)
    subjects = [
        Subject(company, i.currency, tuple(f for f in found[i.pk] if (i.pk, *identity(f)) not in passed), invoice_id=i.pk) for i in invoices
    ]
    return {invoice: standing for (_, invoice), standing in keep(subjects, actor=actor).items() if invoice}


def identity(found: Found | Finding) -> tuple[str, int, str, str]:
    """What a decision was about: another amount is another matter."""
    return found.key[:120], found.effect, found.expected[:200], found.billed[:200]


def _passed_as_drafts(invoices: Sequence[Invoice]) -> set[tuple[int | str, ...]]:
    """What was overridden in the drafts that became these invoices: it isn't found in them anew."""
    decided = Finding.objects.filter(draft__invoice__in=invoices, state=Finding.State.OVERRIDDEN).select_related("draft")
    return {(f.draft.invoice_id or 0, *identity(f)) for f in decided if f.draft}


def check_recorded(*, actor: Actor, company: Company, now: datetime) -> dict[str, int]:
    """The night's check: invoices issued since the last one, in companies that don't check them when they come. What is found is recorded
    against each; nothing else happens to them. Safe to repeat. Raises NotAllowed."""
    require(actor, "invoices.issue", company.pk)
    policy, _ = CheckPolicy.objects.get_or_create(company=company)
    since = policy.recorded_until - OVERLAP if policy.recorded_until else now - FIRST
    fresh = Invoice.objects.filter(company=company, kind=Invoice.Kind.INVOICE, issued_at__range=(since, now), draft=None)
    keys = [] if Stance.of(policy).waits else list(fresh.order_by("pk").values_list("pk", flat=True))
    found = 0
    for start in range(0, len(keys), CHUNK):
        with transaction.atomic():
            batch = list(Invoice.objects.filter(pk__in=keys[start : start + CHUNK]).order_by("pk"))
            found += sum(map(len, _check_issued(batch, actor).values()))
    CheckPolicy.objects.filter(pk=policy.pk).update(recorded_until=now)
    return {"invoices": len(keys), "findings": found}


@transaction.atomic
def recheck_held(*, actor: Actor, company: Company) -> dict[str, int]:
    """Look again at every document that the check holds, in a few statements: what was mended in orders, contracts or masters meanwhile
    holds it no more, and it is ready to be issued. Raises NotAllowed."""
    require(actor, "invoices.issue", company.pk)
    held = list(Draft.objects.held().filter(company=company, kind="invoice").select_for_update(of=("self",), no_key=True).order_by("pk"))
    readable = [d for d in held if isinstance(read_document({**d.payload, "number": d.number or "draft"}, source_system=""), Document)]
    if not readable:
        return {"held": len(held), "cleared": 0}
    stance = stances([company.pk])[company.pk]
    placed = [Placed(d.pk, d.company_id, d.customer_id, draft_document(d), d.replaces_id) for d in readable]
    found = examine(Batch(placed, Chain(placed), stance.policy, kept="draft"))
    modes = {d.pk: stance.pushed if is_pushed(d) else stance.drafted for d in readable}
    subjects = [Subject(d.company_id, d.currency, stance.weighed(found[d.pk], modes[d.pk]), draft_id=d.pk) for d in readable]
    standing = keep(subjects, actor=actor)
    for draft in readable:
        settle(draft, standing[draft.pk, None])
        draft.checked_hash = digest(draft.payload)
    Draft.objects.bulk_update(readable, ["state", "held_since", "at_stake", "checked_hash"])
    cleared = [d for d in readable if d.state == Draft.State.CLEAR]
    for draft in cleared:
        record(
            actor=actor, type="draft.checked", company_id=company.pk, subject=draft, customer_id=draft.customer_id, state=draft.state,
            findings=0, at_stake=0, currency=draft.currency,
        )  # fmt: skip
    return {"held": len(held), "cleared": len(cleared)}


@transaction.atomic
def set_check_policy(
    *, actor: Actor, company: Company, pushed: str, drafted: str, rules: Mapping[str, str], freight_skus: Sequence[str],
    fee_skus: Sequence[str],
) -> CheckPolicy:  # fmt: skip
    """Say what becomes of documents with findings from now on. Raises NotAllowed."""
    require(actor, "checks.edit", company.pk)
    policy, _ = CheckPolicy.objects.select_for_update(of=("self",), no_key=True).get_or_create(company=company)
    before = {"pushed": policy.pushed, "drafted": policy.drafted, "rules": policy.rules}
    policy.pushed, policy.drafted, policy.rules = Mode(pushed), Mode(drafted), {code: str(Mode(mode)) for code, mode in rules.items()}
    policy.freight_skus, policy.fee_skus, policy.changed_by = list(freight_skus), list(fee_skus), actor.label
    policy.save()
    record(
        actor=actor, type="check_policy.changed", company_id=company.pk, subject=policy, before=before, pushed=pushed, drafted=drafted,
        rules=policy.rules,
    )  # fmt: skip
    return policy
