"""The only writer of the journal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import Error as DatabaseError
from django.db import transaction

from arops.lib.bulk import copy_rows, take_ids
from ledger.drafts import EntryDraft, ItemState, NewItem
from ledger.errors import LedgerError, translate
from ledger.models import Account, Entry
from org.actors import Actor

_ENTRY = "id company_id kind currency effective_date actor source narrative reverses_id".split()
_ITEM = (
    "id company_id customer_id account_id kind number currency document_date due_date po_number discount_until discount_amount "
    "amount base_amount opened_by_id"
).split()
_LINE = "entry_id account_id open_item_id amount base_amount".split()


@dataclass(frozen=True, slots=True)
class Posted:
    """An entry in the books; `item_id` is the item it opened. `created` is False when the event had been posted before."""

    entry_id: int
    item_id: int | None
    created: bool


class UnknownAccount(LedgerError):
    """The company has no account of the kind an entry needs."""


def post(drafts: Iterable[EntryDraft], *, actor: Actor) -> list[Posted]:
    """Post entries, in order, each once: a source that is in the books already answers with what was posted then.

    All or nothing. Raises LedgerError in words for people when the database refuses: PeriodNotOpen, OverApplied, Unbalanced,
    AlreadyReversed, DuplicateNumber.
    """
    wanted = list(drafts)
    try:
        with transaction.atomic():
            return _post(wanted, actor)
    except DatabaseError as error:
        if _is_race_for_source(error):  # the same event, posted by someone else between our look and our write
            with transaction.atomic():
                return _post(wanted, actor)
        refusal = translate(error)
        if refusal is None:
            raise
        raise refusal from error


def post_one(draft: EntryDraft, *, actor: Actor) -> Posted:
    """Post one entry; see `post`."""
    return post([draft], actor=actor)[0]


def _post(drafts: Sequence[EntryDraft], actor: Actor) -> list[Posted]:
    known = _already_posted([d.source for d in drafts])
    fresh = list({d.source: d for d in drafts if d.source not in known}.values())
    entry_ids = take_ids("ledger_entry", len(fresh))
    opening = [(d, entry_id) for d, entry_id in zip(fresh, entry_ids, strict=True) if d.opens]
    items = dict(zip((entry_id for _, entry_id in opening), take_ids("ledger_openitem", len(opening)), strict=True))
    accounts = _accounts({d.company_id for d in fresh})
    copy_rows("ledger_entry", _ENTRY, (_entry_row(d, i, actor.label) for d, i in zip(fresh, entry_ids, strict=True)))
    copy_rows("ledger_openitem", _ITEM, (_item_row(d, d.opens, items[i], i, accounts) for d, i in opening if d.opens))
    copy_rows("ledger_line", _LINE, _line_rows(fresh, entry_ids, items, accounts))
    known |= {d.source: Posted(i, items.get(i), True) for d, i in zip(fresh, entry_ids, strict=True)}
    return [known[d.source] for d in drafts]


def _already_posted(sources: list[str]) -> dict[str, Posted]:
    rows = Entry.objects.filter(source__in=sources).values_list("source", "pk", "opens")
    return {source: Posted(pk, item, False) for source, pk, item in rows}


def _accounts(company_ids: set[int]) -> dict[tuple[int, str | int], int]:
    found: dict[tuple[int, str | int], int] = {}
    for company_id, kind, pk in Account.objects.filter(company__in=company_ids).values_list("company_id", "kind", "pk"):
        found[company_id, pk] = pk
        if kind != Account.Kind.CASH:
            found[company_id, kind] = pk
    return found


def _account(accounts: dict[tuple[int, str | int], int], draft: EntryDraft, name: str | int) -> int:
    try:
        return accounts[draft.company_id, name]
    except KeyError:
        raise UnknownAccount(f"the company has no {name} account: add it to its chart of accounts") from None


def _entry_row(draft: EntryDraft, entry_id: int, actor: str) -> tuple[object, ...]:
    return (
        entry_id,
        draft.company_id,
        draft.kind,
        draft.currency,
        draft.effective_date,
        actor,
        draft.source,
        draft.narrative,
        draft.reverses_id,
    )


def _item_row(
    draft: EntryDraft, item: NewItem, item_id: int, entry_id: int, accounts: dict[tuple[int, str | int], int]
) -> tuple[object, ...]:
    return (
        item_id,
        draft.company_id,
        item.customer_id,
        _account(accounts, draft, item.account),
        item.kind,
        item.number,
        draft.currency,
        item.document_date,
        item.due_date,
        item.po_number,
        item.discount_until,
        item.discount_amount,
        item.amount,
        item.base_amount,
        entry_id,
    )


def _line_rows(
    drafts: Sequence[EntryDraft], entry_ids: Sequence[int], items: dict[int, int], accounts: dict[tuple[int, str | int], int]
) -> Iterable[tuple[object, ...]]:
    for draft, entry_id in zip(drafts, entry_ids, strict=True):
        for line in draft.lines:
            named = line.item
            item_id = items[entry_id] if isinstance(named, NewItem) else named.id if isinstance(named, ItemState) else named
            yield entry_id, _account(accounts, draft, line.account), item_id, line.amount, line.base_amount


def _is_race_for_source(error: DatabaseError) -> bool:
    diagnostics = getattr(error.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None) == "entry_source_once"
