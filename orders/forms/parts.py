"""What forms of records have in common: their row as the domain reads it, and what it refused put beside the fields."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms

from arops.lib.formfields import DayInput
from arops.lib.rows import Problem
from orders.services.single import in_words

MAX_LINES = 300
"""Lines that a form takes; longer records come by list or by the API."""


def day_field(**options: Any) -> forms.DateField:
    """A day, picked or typed."""
    return forms.DateField(widget=DayInput(), **options)


def area(rows: int = 3) -> forms.Textarea:
    """Several lines of text."""
    return forms.Textarea(attrs={"rows": rows})


class RowForm(forms.Form):
    """A form whose values are a row as the domain reads it."""

    def row(self) -> dict[str, Any]:
        """Every field; what is empty is an empty text, which takes away what was there."""
        return {name: _plain(value) for name, value in self.cleaned_data.items() if name in self.fields}

    def filled(self) -> dict[str, Any]:
        """The fields that say something."""
        return {name: value for name, value in self.row().items() if value != ""}


def _plain(value: Any) -> Any:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else value


class LineForm(RowForm):
    """A line of a table. It is there when one of its `marks` says something."""

    marks: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if not isinstance(field.widget, forms.CheckboxInput):
                field.widget.attrs.setdefault("autocomplete", "off")
            if name in _WIDE:
                field.widget.attrs["class"] = "wide"

    def is_filled(self) -> bool:
        """Whether anything was typed that makes it a line."""
        data = getattr(self, "cleaned_data", {})
        return any(data.get(name) not in (None, "") for name in self.marks)


_WIDE = frozenset({"description", "name"})


def filled(lines: Any) -> list[LineForm]:
    """The lines of a formset that are there, in their order."""
    return [line for line in lines.forms if line.is_filled()]


def rows_of(lines: Sequence[LineForm]) -> list[dict[str, Any]]:
    """Their rows; a line without a number takes the next one."""
    rows = [line.filled() for line in lines]
    if not lines or "number" not in lines[0].fields:
        return rows
    last = max((row.get("number", 0) for row in rows), default=0)
    for row in rows:
        if "number" not in row:
            last += 1
            row["number"] = last
    return rows


def formset(form: type[LineForm], extra: int = 3) -> Any:
    """Lines of a kind."""
    return forms.formset_factory(form, extra=extra, max_num=MAX_LINES, absolute_max=MAX_LINES, validate_max=True)


def blame(problems: Sequence[Problem], head: forms.Form, parts: Mapping[str, Sequence[forms.Form]]) -> None:
    """Put what was refused beside the fields it is about; what is about no field stands above the form. `parts` are the lines that were
    sent, by the name of their list."""
    for problem in problems:
        *names, last = problem.pointer.strip("/").split("/")
        form, words = head, in_words(problem)
        while len(names) >= 2 and names[1].isdecimal():
            lines = parts.get(names[0], ())
            if int(names[1]) < len(lines):
                form = lines[int(names[1])]
            names = names[2:]
        if names and not form.fields.keys() & {last}:
            last = names[0]
        form.add_error(last if last in form.fields else None, words)
