"""What became of a record: who changed it when, what stood there before and after.

The audit trail tells what went through the product. The database keeps every state of a row besides: a change that no event tells of is
shown too, without a name.
"""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from org.selectors import actor_names
from workflow.models import Event

SHOWN = 60
_QUIET = frozenset({"number", "revision", "before", "after"})
_OWN = frozenset({"updated_at", "source_version"})


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that changed: its name in words, and its value before and after, empty where there was none."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """One change: when, by whom (in words), what it was, and what differs."""

    at: datetime
    who: str
    title: str
    differences: tuple[Difference, ...]
    notes: tuple[tuple[str, str], ...] = ()


def history(record: Any) -> list[Change]:
    """The latest changes of a record, the latest first, as the audit trail tells them."""
    events = Event.objects.filter(subject_type=record._meta.label_lower, subject_id=record.pk).order_by("-pk")[:SHOWN]
    found = list(events)
    names = actor_names({event.actor for event in found})
    told = [_change(event, names.get(event.actor) or event.actor) for event in found]
    return sorted([*told, *_untold(record)], key=lambda change: change.at, reverse=True)[:SHOWN]


def _untold(record: Any) -> list[Change]:
    """Changes of the row itself that left its revision alone: whatever goes through the product raises it, and tells."""
    states = list(record.events.order_by("-pgh_id").values()[: SHOWN + 1])
    found = []
    for now, then in pairwise(states):
        if now["pgh_label"] == "update" and now["revision"] == then["revision"]:
            names = [n for n in now if not n.startswith("pgh_") and n not in _OWN and now[n] != then[n]]
            differences = tuple(Difference(_words(n), _said(then[n]), _said(now[n])) for n in names)
            if differences:
                found.append(Change(now["pgh_created_at"], "nobody is named", "Changed in the database", differences))
    return found


def _change(event: Event, who: str) -> Change:
    before, after = event.data.get("before") or {}, event.data.get("after") or {}
    differences: list[Difference] = []
    for name in sorted({*before, *after}):
        differences += _differences(name, before.get(name), after.get(name))
    notes = tuple((_words(name), str(value)) for name, value in event.data.items() if name not in _QUIET and _is_plain(value))
    return Change(event.at, who, _words(event.type.rpartition(".")[2]).capitalize(), tuple(differences), notes)


def _is_plain(value: Any) -> bool:
    return value not in (None, "") and not isinstance(value, dict | list)


def _differences(name: str, before: Any, after: Any) -> list[Difference]:
    """What differs in a field; of a list, in each of its entries."""
    if isinstance(before, list) or isinstance(after, list):
        return _of_lists(name, before or [], after or [])
    return [Difference(_words(name), _said(before), _said(after))] if before != after else []


def _of_lists(name: str, before: list[Any], after: list[Any]) -> list[Difference]:
    """Entries are the same by their number or code."""
    old, new = ({_key(entry): entry for entry in entries if isinstance(entry, dict)} for entries in (before, after))
    one = _words(name).removesuffix("s")
    found = []
    for key in sorted({*old, *new}, key=lambda k: (len(k), k)):
        then, now = old.get(key), new.get(key)
        if then is None or now is None:
            found.append(Difference(f"{one} {key}", _summary(then), _summary(now)))
            continue
        fields = [field for field in now if then.get(field) != now.get(field)]
        found += [Difference(f"{one} {key}, {_words(field)}", _said(then.get(field)), _said(now.get(field))) for field in fields]
    return found


def _key(entry: dict[str, Any]) -> str:
    return str(next((entry[name] for name in ("number", "order_line", "code") if name in entry), ""))


def _summary(entry: dict[str, Any] | None) -> str:
    if entry is None:
        return ""
    names = ("sku", "description", "quantity", "unit", "unit_price", "amount")
    return " ".join(_said(entry[name]) for name in names if entry.get(name) not in (None, "")) or "there"


def _said(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return text.rstrip("0").rstrip(".") if "." in text and text.replace(".", "").lstrip("-").isdigit() else text


def _words(name: str) -> str:
    return name.replace("_", " ").replace(" id", "")
