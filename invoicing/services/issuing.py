"""Issuing documents: judged against what we hold, posted to the ledger, kept as they were said; each once.

One path for all of them: the API's bulk calls, imports, the form for one. Nothing here asks a query per document; the rows
go to PostgreSQL by COPY, where the ledger's triggers judge them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import IntegrityError, transaction

from customers.terms import Terms, TermsError, parse_terms
from invoicing.checks import Found
from invoicing.models import Draft, Invoice
from invoicing.payload import Document, Problem, Reference, read_document
from invoicing.selectors.chain import Chain, Placed
from invoicing.services import checking, linking, retaining, screening, within
from invoicing.services.lookups import Buyer, Known, Lookups
from invoicing.services.writing import Ready, write
from ledger import drafts
from ledger.drafts import Books, EntryDraft, NewItem
from ledger.errors import DuplicateNumber
from org.actors import Actor
from org.models import Company

OWN = "an invoice is credited by someone else than the one who issued it"
WAYS_OUT = "an issued document never changes: issue a credit_memo that refers_to it, or cancel it so and bill again under a new number"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row: created, unchanged (said before), held by the check as a draft, or rejected with its problems. `found` is what
    the check says of one that is held, or issued with a warning."""

    index: int
    external_id: str | None
    outcome: str
    invoice_id: int | None = None
    problems: tuple[Problem, ...] = ()
    draft_id: int | None = None
    found: tuple[Found, ...] = ()
    currency: str = ""


class DocumentRefused(Exception):
    """A single document that can't be issued; `problems` say why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(p.detail for p in problems))
        self.problems = tuple(problems)


class _Undo(Exception):
    """Raised to roll back a dry run, or an atomic batch with a rejected row."""


def issue_document(
    row: Mapping[str, Any], *, actor: Actor, source_system: str = "arops", kind: str | None = None, permission: str = "invoices.issue"
) -> Outcome:
    """Issue one document that was made here, where the check looks at the draft before. Raises DocumentRefused."""
    (outcome,) = issue_documents([row], actor=actor, source_system=source_system, kind=kind, permission=permission, check=False)
    if outcome.outcome == "rejected":
        raise DocumentRefused(outcome.problems)
    return outcome


def issue_documents(
    rows: Sequence[Any], *, actor: Actor, source_system: str, kind: str | None = None, atomic: bool = False, dry_run: bool = False,
    permission: str = "invoices.issue", from_list: bool = False, check: bool = True,
) -> list[Outcome]:  # fmt: skip
    """Issue documents as an ERP sends them; one outcome a row, in order.

    Good rows are issued and bad ones rejected; with `atomic` one bad row rejects all. The same row again is `unchanged`. With `check`, rows
    that the company's policy holds become drafts: they are `held`, which is no rejection, of an atomic call neither.
    `dry_run` says what would happen and changes nothing. Companies and customers are those in which the actor holds `permission`.
    `from_list`: whoever brings a list didn't make what stands in it; memos in it may be about invoices of such lists.
    """
    read = [read_document(row, source_system=source_system, kind=kind) for row in rows]
    for attempt in (1, 2):
        try:
            with transaction.atomic():
                outcomes = _issue(rows, read, actor, permission, source_system if from_list else None, check)
                if dry_run or (atomic and any(o.outcome == "rejected" for o in outcomes)):
                    raise _Undo
        except _Undo:
            return _tried(outcomes) if dry_run else [_not_applied(o) for o in outcomes]
        except (IntegrityError, DuplicateNumber):
            if attempt == 2:
                raise
            continue  # someone issued the same number meanwhile: look again, and judge by what stands now
        return outcomes
    raise AssertionError("unreachable")


def _tried(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Outcomes that were taken back: they name no documents but those that stand."""
    named, kept = {o.invoice_id for o in outcomes if o.invoice_id}, {o.draft_id for o in outcomes if o.draft_id}
    invoices = set(Invoice.objects.filter(pk__in=named).values_list("pk", flat=True)) if named else set()
    drafts = set(Draft.objects.filter(pk__in=kept).values_list("pk", flat=True)) if kept else set()
    return [
        replace(o, invoice_id=o.invoice_id if o.invoice_id in invoices else None, draft_id=o.draft_id if o.draft_id in drafts else None)
        for o in outcomes
    ]


def _not_applied(outcome: Outcome) -> Outcome:
    if outcome.outcome not in ("created", "held"):
        return outcome
    problem = Problem("", "not_applied", "the row is good, but another row of this atomic call is not")
    return Outcome(outcome.index, outcome.external_id, "rejected", None, (problem,))


def _issue(
    rows: Sequence[Any], read: Sequence[Document | list[Problem]], actor: Actor, permission: str, lists: str | None, check: bool
) -> list[Outcome]:
    documents = [d for d in read if isinstance(d, Document)]
    if check:
        checking.take_turns(checking.waiting_companies({d.company for d in documents}))
    lookups = Lookups.of(documents, actor, permission)
    outcomes: dict[int, Outcome] = {}
    ready: list[Ready] = []
    for index, document in enumerate(read):
        if not isinstance(document, Document):
            outcomes[index] = Outcome(index, None, "rejected", None, tuple(document))
            continue
        judged = _judge(index, document, lookups, actor, lists)
        if isinstance(judged, Outcome):
            outcomes[index] = judged
        else:
            ready.append(judged)
            _remember(lookups, judged, actor)
    for index, problem in within.beyond_limits(ready, actor).items():
        outcomes[index] = Outcome(index, next(r.document.external_id for r in ready if r.index == index), "rejected", None, (problem,))
    ready = [item for item in ready if item.index not in outcomes]
    outcomes |= _screened_and_written(rows, ready, actor, lists, check)
    outcomes |= _changed_here(read, outcomes, lookups)
    return [_resolved(outcomes[index], outcomes) for index in range(len(read))]


def _screened_and_written(rows: Sequence[Any], ready: Sequence[Ready], actor: Actor, lists: str | None, check: bool) -> dict[int, Outcome]:
    """Documents that are ready, through the check and into the books."""
    pushed = [
        screening.Pushed(Placed(r.index, r.company.pk, r.customer_id, r.document, r.replaces_id), rows[r.index]) for r in ready
    ]  # fmt: skip
    chain = Chain([p.placed for p in pushed])
    origin = "erp" if lists is None else "import"
    screened = screening.screen(pushed, chain, actor=actor, origin=origin) if check and pushed else screening.Screened()
    passed = [r for r in ready if screened.passes(r.index)]
    links = linking.of_batch([p.placed for p in pushed], chain, {r.index: r.refers_to_id for r in ready if r.refers_to_id})
    keys = dict(zip((r.index for r in passed), write(passed, links, actor), strict=True))
    within.remember(passed, keys, actor)
    if check:
        screening.issued(pushed, keys, screened, actor=actor)
    return {r.index: _outcome(r, keys.get(r.index), screened) for r in ready}


def _outcome(item: Ready, pk: int | None, screened: screening.Screened) -> Outcome:
    index, external = item.index, item.document.external_id
    if problem := screened.refused.get(index):
        return Outcome(index, external, "rejected", None, (problem,))
    if draft := screened.held.get(index):
        return Outcome(index, external, "held", None, (), draft.pk, screened.told.get(index, ()), item.document.currency)
    return Outcome(index, external, "created", pk, (), None, screened.told.get(index, ()), item.document.currency)


def _changed_here(
    read: Sequence[Document | list[Problem]], outcomes: Mapping[int, Outcome], lookups: Lookups
) -> dict[int, Outcome]:  # fmt: skip
    """Documents that differ from what was issued under their id because they were held, changed here, and issued then: said before."""
    refused = {o.index: read[o.index] for o in outcomes.values() if o.outcome == "rejected" and o.invoice_id}
    known = screening.sent_before(
        {c.pk for c in lookups.companies.values()}, {index: d for index, d in refused.items() if isinstance(d, Document)}
    )  # fmt: skip
    return {
        index: Outcome(index, outcomes[index].external_id, "unchanged", invoice)
        for index, invoice in known.items() if outcomes[index].invoice_id == invoice
    }  # fmt: skip


def _judge(index: int, document: Document, lookups: Lookups, actor: Actor, lists: str | None) -> Outcome | Ready:
    """A document against what we hold: said before, refused, or ready to be issued. `lists`: what invoices of lists come from, when it
    stands in one itself."""
    problems: list[Problem] = []
    company = lookups.companies.get(document.company)
    if company is None:
        problem = Problem("/company", "missing_reference", f"there is no company {document.company} that you may issue for")
        return Outcome(index, document.external_id, "rejected", None, (problem,))
    if earlier := _earlier(document, company, lookups):
        return _said_before(index, document, earlier)
    # Whoever makes an invoice doesn't take it away again: for people, through whichever door they come. The ERP's own key may.
    makes_credit = document.kind == "credit_memo" and within.by_hand(actor)
    if makes_credit and not actor.can("memos.approve", company.pk):
        problems.append(Problem("/kind", "forbidden", f"credit memos of {company.code} are made by those who may approve them"))
    customer = lookups.customer(company, document.customer, document.source_system)
    if customer is None:
        said = document.customer.external_id or document.customer.id
        problems.append(Problem("/customer", "missing_reference", f"there is no customer {said} in {company.code}"))
    if lookups.rate(company, document.currency, document.document_date) is None:
        said = f"no rate of {document.currency} in {company.base_currency} on or before {document.document_date}"
        problems.append(Problem("/currency", "missing_rate", said))
    if closed := lookups.period_problem(company, document.document_date):
        problems.append(closed)
    refers_to = _named(document.refers_to, "refers_to", document, company, customer, lookups, problems)
    replaces = _named(document.replaces, "replaces", document, company, customer, lookups, problems)
    if makes_credit and refers_to and refers_to.issued_by == actor.label and refers_to.source_system != lists:
        problems.append(Problem("/refers_to", "forbidden", OWN))
    if customer and document.is_release:
        problems += retaining.release_problems(document, company, customer[0], lookups)
    if problems or customer is None:
        return Outcome(index, document.external_id, "rejected", None, tuple(problems))
    return _ready(index, document, company, customer, refers_to, replaces, lookups)


def _earlier(document: Document, company: Company, lookups: Lookups) -> Known | None:
    if document.external_id and (known := lookups.by_external.get((company.pk, document.source_system, document.external_id))):
        return known
    return lookups.by_number.get((company.pk, document.kind, document.number))


def _said_before(index: int, document: Document, earlier: Known) -> Outcome:
    if earlier.payload_hash == document.payload_hash:
        return Outcome(index, document.external_id, "unchanged", earlier.pk)
    if earlier.number == document.number and earlier.kind == document.kind and document.external_id is None:
        problem = Problem("/number", "duplicate_number", f"{document.kind} {document.number} was issued before; {WAYS_OUT}")
    else:
        problem = Problem("/external_id" if document.external_id else "/number", "issued", f"{earlier.kind} {earlier.number}: {WAYS_OUT}")
    return Outcome(index, document.external_id, "rejected", earlier.pk if earlier.pk > 0 else None, (problem,))


def _named(
    reference: Reference | None, name: str, document: Document, company: Company, customer: Buyer | None, lookups: Lookups,
    problems: list[Problem],
) -> Known | None:  # fmt: skip
    """The document that one is about, or that it replaces; a problem when it isn't one of the same customer and currency."""
    if reference is None:
        return None
    known = lookups.document(company, reference, document.source_system)
    if known is None:
        problems.append(Problem(f"/{name}", "missing_reference", "there is no such document"))
        return None
    if customer and (known.customer_id, known.currency) != (customer[0], document.currency):
        problems.append(Problem(f"/{name}", "invalid", f"{known.number} is of another customer or currency"))
    return known


def _ready(
    index: int, document: Document, company: Company, customer: Buyer, refers_to: Known | None, replaces: Known | None,
    lookups: Lookups,
) -> Ready:  # fmt: skip
    customer_id, customer_terms, language = customer
    credit = document.kind == "credit_memo"
    terms = document.terms or _customer_terms(customer_terms)
    due = document.due_date or (document.document_date if credit else terms.due_date(document.document_date))
    until = None if credit else terms.discount_until(document.document_date)
    discount = terms.discount_of(document.total - document.retainage) if until else 0
    sign = -1 if credit else 1
    rate = lookups.rate(company, document.currency, document.document_date)
    assert rate is not None
    books = Books(company.pk, company.base_currency, document.currency, rate)
    total = sign * document.total
    item = NewItem(
        customer_id, document.kind, document.number, document.document_date, due, total, books.base(total), po_number=document.po_number,
        discount_until=until, discount_amount=discount,
    )  # fmt: skip
    released = retaining.released(document, company, lookups)
    taken = retaining.credited(document, refers_to, company, lookups)
    entry = _entry(document, company, books, item, lookups)
    keys = refers_to.pk if refers_to else None, replaces.pk if replaces else None
    return Ready(index, document, company, customer_id, due, until, discount, *keys, books, entry, released, taken, language)


def _entry(document: Document, company: Company, books: Books, item: NewItem, lookups: Lookups) -> EntryDraft:
    source = f"{document.kind}:{company.pk}:{document.number}"
    if document.is_release:
        return retaining.release_entry(document, books, item, source, lookups, company)
    sign = -1 if document.kind == "credit_memo" else 1
    return drafts.document(books, item=item, source=source, net=sign * document.subtotal, tax=sign * document.tax_total)


def _customer_terms(text: str) -> Terms:
    """The customer's terms; net 30 where the master holds something unreadable, as an empty field would mean."""
    try:
        return parse_terms(text)
    except TermsError:
        return Terms(30)


def _remember(lookups: Lookups, item: Ready, actor: Actor) -> None:
    """Later rows of the same batch see this one; its key isn't known yet, so it is told by its place: -(index + 1)."""
    document, company = item.document, item.company.pk
    said = document.kind, document.number, document.payload_hash, item.customer_id, document.currency, actor.label, document.source_system
    known = Known(-item.index - 1, *said)
    lookups.by_number[company, document.kind, document.number] = known
    if document.external_id:
        lookups.by_external[company, document.source_system, document.external_id] = known


def _resolved(outcome: Outcome, outcomes: Mapping[int, Outcome]) -> Outcome:
    """A row that repeats an earlier one of the same batch gets that one's key."""
    if outcome.invoice_id is None or outcome.invoice_id > 0:
        return outcome
    first = outcomes[-outcome.invoice_id - 1]
    if first.outcome in ("held", "rejected") and outcome.outcome == "unchanged":
        return replace(first, index=outcome.index, external_id=outcome.external_id)
    return replace(outcome, invoice_id=first.invoice_id)
