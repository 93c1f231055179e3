"""What sets one kind of record apart from another, for the one way in which all of them are saved."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from arops.lib import money
from arops.lib.bulk import copy_rows
from arops.lib.rows import Problem
from orders.payload import Shape

if TYPE_CHECKING:
    from orders.services.batch import Batch


@dataclass
class Change:
    """A record that is to be made or changed: its values as they will be, and what was there before."""

    index: int
    record: Any
    is_new: bool
    values: dict[str, Any]
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)

    @property
    def customer_id(self) -> int | None:
        """Whose it will be."""
        customer = self.values.get("customer")
        return customer.pk if customer is not None else self.record.customer_id

    def value(self, name: str) -> Any:
        """A field as it will be."""
        return self.values[name] if name in self.values else getattr(self.record, name)


class Kind:
    """A kind of record. Subclasses say what their rows need beyond their fields, and keep what hangs on a record."""

    name: ClassVar[str]
    words: ClassVar[str]
    prefix: ClassVar[str]
    model: ClassVar[Any]
    shape: ClassVar[Shape]
    references: ClassVar[dict[str, tuple[Any, str]]] = {}
    """Field → the model it refers to, and the prefix of that model's ids."""
    by_customer: ClassVar[bool] = False
    """Whether numbers are the customer's own, so that two customers may bear the same."""

    def load(self, batch: "Batch", records: Sequence[Any]) -> None:
        """Read what hangs on records that are there."""

    def judge(self, change: Change, problems: list[Problem], batch: "Batch") -> None:
        """What is wrong with the record as it would be."""

    def differences(self, change: Change, batch: "Batch") -> None:
        """Note in `before` and `after` what changes of the lists that hang on the record."""

    def verb(self, change: Change) -> str:
        """What happened, as the audit trail calls it."""
        return "created" if change.is_new else "updated"

    def write(self, changes: Sequence[Change], batch: "Batch") -> None:
        """Keep what hangs on records that were made or changed."""


class LinesKind(Kind):
    """A kind whose records have lines that are replaced as a whole."""

    line_model: ClassVar[Any]
    parent: ClassVar[str]
    line_fields: ClassVar[tuple[str, ...]]

    def load(self, batch: "Batch", records: Sequence[Any]) -> None:
        """The lines of records that are there."""
        batch.lines |= {record.pk: [] for record in records}
        rows = self.line_model.objects.filter(**{f"{self.parent}__in": list(batch.lines)}).order_by(
            f"{self.parent}_id", self.line_fields[0]
        )
        for parent, *values in rows.values_list(f"{self.parent}_id", *self.line_fields):
            batch.lines[parent].append(tuple(values))

    def lines_of(self, values: Iterable[dict[str, Any]]) -> list[tuple[Any, ...]]:
        """Lines as they are kept, in their order."""
        return sorted((tuple(line[name] for name in self.line_fields) for line in values), key=lambda line: line[0])

    def differences(self, change: Change, batch: "Batch") -> None:
        """Lines that differ from those that are there."""
        if "lines" not in change.values:
            return
        before, after = batch.lines.get(change.record.pk, []), self.lines_of(change.values["lines"])
        if before != after:
            change.before["lines"], change.after["lines"] = self._told(before), self._told(after)

    def _told(self, lines: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
        return [{name: told(value) for name, value in zip(self.line_fields, line, strict=True)} for line in lines]

    def write(self, changes: Sequence[Change], batch: "Batch") -> None:
        """Replace the lines that changed: by one statement that takes away, one that adds."""
        changed = [c for c in changes if "lines" in c.after]
        old = [c.record.pk for c in changed if not c.is_new and c.before["lines"]]
        if old:
            self.line_model.objects.filter(**{f"{self.parent}__in": old}).delete()
        rows = []
        for change in changed:
            batch.lines[change.record.pk] = self.lines_of(change.values["lines"])
            rows += [(change.record.pk, *line) for line in batch.lines[change.record.pk]]
        copy_rows(self.line_model._meta.db_table, [f"{self.parent}_id", *self.line_fields], rows)


def told(value: Any) -> Any:
    """A value as the audit trail keeps it."""
    return value if value is None or isinstance(value, bool | int) else str(value)


def amount_told(value: int | None, currency: str) -> str | None:
    """An amount as the audit trail keeps it."""
    return None if value is None else money.to_text(value, currency)
