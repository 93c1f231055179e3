"""What stands in the books because of a receipt."""

from collections.abc import Iterable

from cashapp.models import Receipt
from ledger.models import Entry, Line, OpenItem


def live_entries(receipt: Receipt) -> list[Entry]:
    """Every entry that the receipt caused and nobody reversed: its recording, the namings of its payer, its parts, all applications."""
    items, entries = {receipt.open_item_id}, dict[int, Entry]()
    todo = set(items)
    while todo:
        lines = Line.objects.filter(open_item__in=todo, entry__reverses=None, entry__reversed_by=None).select_related("entry")
        fresh = {line.entry_id: line.entry for line in lines if line.entry_id not in entries}
        entries |= fresh
        moved = [pk for pk, e in fresh.items() if e.kind in (Entry.Kind.IDENTIFICATION, Entry.Kind.TRANSFER)]
        todo = set(OpenItem.objects.filter(kind="receipt", lines__entry__in=moved).values_list("pk", flat=True)) - items
        todo |= _converted(fresh.values()) - items
        items |= todo
    found = Entry.objects.filter(pk__in=entries).prefetch_related("lines")
    return list(found)


def _converted(entries: Iterable[Entry]) -> set[int]:
    """Items that these entries' other halves opened in another currency."""
    sources = [f"{e.source}:in" for e in entries if e.source.startswith("convert:")]
    return set(OpenItem.objects.filter(kind="receipt", lines__entry__source__in=sources).values_list("pk", flat=True)) if sources else set()
