"""Finding what a batch of rows refers to: a query for each kind of record, however many rows."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from arops.lib.rows import Reference


class Finder:
    """Records of a kind by the sender's id, by ours, by number; of the companies given and in the actor's sight."""

    def __init__(self, rows: Any, prefix: str) -> None:
        self.rows, self.prefix = rows, f"{prefix}_"
        self.by_external: dict[tuple[int, str, str], Any] = {}
        self.by_number: dict[tuple[int, str], list[Any]] = defaultdict(list)
        self.by_key: dict[int, Any] = {}

    def look_up(self, references: Iterable[Reference]) -> None:
        """Read those that the references may name."""
        externals: set[str] = set()
        texts: set[str] = set()
        for reference in references:
            (externals if reference.external_id else texts).add(reference.external_id or reference.id)
        keys = {key for text in texts if (key := self._key(text)) is not None}
        if not externals and not texts:
            return
        named = Q(external_id__in=externals | texts) | Q(number__in=texts) | Q(pk__in=keys)
        for row in self.rows.filter(named):
            self.by_key[row.pk] = row
            self.by_number[row.company_id, row.number].append(row)
            if row.external_id:
                self.by_external[row.company_id, row.source_system, row.external_id] = row

    def find(self, company_id: int, reference: Reference, source_system: str, customer_id: int | None = None) -> Any:
        """The record; of several that bear the number, the customer's own before another's. None when there is none."""
        if reference.external_id:
            return self.by_external.get((company_id, reference.source_system or source_system, reference.external_id))
        key = self._key(reference.id)
        if key is not None and (found := self.by_key.get(key)) and found.company_id == company_id:
            return found
        numbered = self.by_number.get((company_id, reference.id), [])
        own = [row for row in numbered if getattr(row, "customer_id", None) == customer_id]
        found = next(iter(own or numbered), None)
        return found or self.by_external.get((company_id, source_system, reference.id))

    def _key(self, text: str) -> int | None:
        digits = text.removeprefix(self.prefix)
        return int(digits) if digits != text and digits.isascii() and digits.isdecimal() and len(digits) < 19 else None
