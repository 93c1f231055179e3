"""What tasks, attachments and approvals are about: records of apps above, which say for themselves who sees them and where they are shown.

**To have files and tasks on a record**, register its model in the `tasks.py` of its app (every app's `tasks` is loaded at the start):

    register_subject("orders.workorder", view="orders.view", edit="orders.edit", url_name="orders:work-order")

The model's manager has `visible_to(actor, permission)`: whoever sees the record by `view` sees its files, whoever sees it by `edit` adds
and removes them. `url_name` is the page of the record and takes its key.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.urls import NoReverseMatch, reverse

from org.actors import Actor, NotAllowed

SUBJECTS: dict[str, "Subject"] = {}


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of record: the label of its model, the permissions that open and change it, the name of its page."""

    label: str
    view: str
    edit: str
    url_name: str

    @property
    def model(self) -> Any:
        """The model itself."""
        return apps.get_model(self.label)

    @property
    def word(self) -> str:
        """What such a record is called."""
        return str(self.model._meta.verbose_name)


def register_subject(model_label: str, *, view: str, edit: str, url_name: str) -> None:
    """Make records of a model something that files, tasks and approvals can be about."""
    SUBJECTS[model_label.lower()] = Subject(model_label.lower(), view, edit, url_name)


def label_of(row: Any) -> str:
    """How the kind of a record is written beside what is about it."""
    return str(row._meta.label_lower)


def may_edit(actor: Actor, row: Any) -> bool:
    """Whether the actor may change what hangs on the record."""
    kind = SUBJECTS.get(label_of(row))
    if kind is None or not actor.can(kind.edit, getattr(row, "company_id", None)):
        return False
    return bool(kind.model._default_manager.visible_to(actor, kind.edit).filter(pk=row.pk).exists())


def require_edit(actor: Actor, row: Any) -> None:
    """Raise NotAllowed unless the actor may change what hangs on the record."""
    if not may_edit(actor, row):
        raise NotAllowed(f"{actor.label} may not change what hangs on this {row._meta.verbose_name}")


def find_subject(actor: Actor, subject_type: str, subject_id: int | None, *, to_edit: bool = False) -> Any:
    """The record, when the actor sees it (may change it); None when not, when it is gone, or when its kind isn't known."""
    kind = SUBJECTS.get(subject_type)
    if kind is None or subject_id is None:
        return None
    row = kind.model._default_manager.visible_to(actor, kind.view).filter(pk=subject_id).first()
    return row if row is None or not to_edit or may_edit(actor, row) else None


def address_of(subject_type: str, subject_id: int | None) -> str:
    """The address of the record's page; empty when there is none."""
    kind = SUBJECTS.get(subject_type)
    if kind is None or subject_id is None:
        return ""
    try:
        return reverse(kind.url_name, args=[subject_id])
    except NoReverseMatch:
        return ""


def names_of(actor: Actor, rows: Iterable[Any]) -> dict[tuple[str, int], str]:
    """What the records that rows are about (`subject_type`, `subject_id`) call themselves: one query a kind, only those in sight."""
    wanted = defaultdict[str, set[int]](set)
    for row in rows:
        if row.subject_id is not None and row.subject_type in SUBJECTS:
            wanted[row.subject_type].add(row.subject_id)
    found: dict[tuple[str, int], str] = {}
    for label, keys in wanted.items():
        kind = SUBJECTS[label]
        seen = kind.model._default_manager.visible_to(actor, kind.view).filter(pk__in=keys)
        found |= {(label, row.pk): str(row) for row in seen}
    return found
