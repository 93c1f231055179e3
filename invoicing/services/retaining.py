"""Retainage of documents that are issued: held back by a progress invoice, billed by a release, given up with a credit memo.

A progress invoice posts whole; what the customer keeps of it moves at once into an open item of its own on the retainage account, with
the invoice's number. A release is an invoice whose lines name such items: it moves them back, and is no new sale. A credit memo about a
progress invoice is set off against the retainage for the same share of it.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from invoicing.payload import Document, Problem
from invoicing.services.lookups import Known, Lookups
from ledger import drafts
from ledger.drafts import Books, EntryDraft, ItemState, NewItem, Part
from ledger.models import OpenItem
from org.models import Company

FAR = timedelta(days=3652)
"""Retainage is due when it is released, not before: until then its day is ten years off, beyond any dunning."""


def release_problems(document: Document, company: Company, customer_id: int, lookups: Lookups) -> list[Problem]:
    """Why the lines of a release can't be billed: no such retainage, another customer's, or more than is still held."""
    problems: list[Problem] = []
    wanted: dict[str, int] = {}
    for n, line in enumerate(document.lines):
        if line.releases is None:
            continue
        pointer = f"/lines/{n}/releases"
        known = lookups.document(company, line.releases, document.source_system)
        item = lookups.kept.get((company.pk, known.number)) if known else None
        if known is None or item is None:
            problems.append(Problem(pointer, "missing_reference", "there is no invoice of which retainage is still held"))
        elif (item.customer_id, item.currency) != (customer_id, document.currency):
            problems.append(Problem(pointer, "invalid", f"{known.number} is of another customer or currency"))
        else:
            wanted[known.number] = wanted.get(known.number, 0) + line.amount
            if wanted[known.number] > item.balance:
                problems.append(Problem(pointer, "too_much", f"more than is still held of {known.number}"))
    return problems


def release_entry(document: Document, books: Books, item: NewItem, source: str, lookups: Lookups, company: Company) -> EntryDraft:
    """The entry of a release, already judged. What it takes is no longer there for later rows of the batch."""
    parts: dict[str, int] = {}
    for line in document.lines:
        known = lookups.document(company, line.releases, document.source_system) if line.releases else None
        assert known is not None
        parts[known.number] = parts.get(known.number, 0) + line.amount
    return drafts.release(books, parts=[_take(lookups, company.pk, n, amount) for n, amount in parts.items()], item=item, source=source)


def _take(lookups: Lookups, company_id: int, number: str, amount: int) -> Part:
    item = lookups.kept[company_id, number]
    state = ItemState(item.pk, item.account_id, item.currency, item.balance, item.base_balance)
    item.base_balance -= state.base_of(amount)
    item.balance -= amount
    return Part(state, amount)


def released(document: Document, company: Company, lookups: Lookups) -> dict[int, int]:
    """Number of a line → key of the invoice whose retainage it bills."""
    found = {line.number: lookups.document(company, line.releases, document.source_system) for line in document.lines if line.releases}
    return {number: known.pk for number, known in found.items() if known}


def credited(document: Document, about: Known | None, company: Company, lookups: Lookups) -> Part | None:
    """What of a credit memo goes against the retainage of its invoice: the invoice's own share, at most what is still held. Shares are
    rounded up, so that many memos that credit all of it leave nothing held."""
    item = lookups.kept.get((company.pk, about.number)) if about and document.kind == "credit_memo" else None
    if item is None or about is None or item.balance <= 0:
        return None
    share = int((Decimal(document.total) * item.amount / about.total).to_integral_value("ROUND_UP"))
    amount = min(share, item.balance, document.total - 1)
    return _take(lookups, company.pk, about.number, amount) if amount > 0 else None


def after_entries(document: Document, item_id: int, books: Books, opened: NewItem, taken: Part | None) -> Iterable[EntryDraft]:
    """What is posted right after a document, on the item that it opened."""
    state = ItemState(item_id, "receivable", books.currency, opened.amount, opened.base_amount)
    if document.retainage:
        held = NewItem(
            opened.customer_id, OpenItem.Kind.RETAINAGE, opened.number, opened.document_date, held_until(opened.document_date),
            document.retainage, 0, account="retainage", po_number=opened.po_number,
        )  # fmt: skip
        yield drafts.retention(books, invoice=state, item=held, source=f"retention:{books.company_id}:{opened.number}")
    if taken:
        parts = [taken, Part(state, -taken.amount)]
        yield drafts.application(books, parts=parts, day=opened.document_date, source=f"retained:credit:{books.company_id}:{opened.number}")


def held_until(day: date) -> date:
    """The due date of retainage that nobody has released."""
    return day + FAR
