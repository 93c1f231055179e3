"""When the demo's people did what they did: what is written while a day is told of bears that day, not the moment of loading."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from time import monotonic
from typing import Any

from django.db.models import DateTimeField

from disputes.models import DisputeFinding, DisputeMovement, DisputeNote, DisputeStep, Settlement
from workflow.models import Event, Task, TaskNote

TOLD = (
    (Event, "at"), (DisputeStep, "at"), (DisputeMovement, "at"), (DisputeFinding, "at"), (DisputeNote, "at"), (TaskNote, "at"),
    (Task, "created_at"), (Settlement, "requested_at"),
)  # fmt: skip
"""Columns that the database fills with the moment, where nobody says another."""


class Times:
    """The day that is being told of."""

    @contextmanager
    def on(self, day: date) -> Iterator[None]:
        """What is done within was done on this day, from nine o'clock on."""
        began, morning = monotonic(), datetime.combine(day, time(9), UTC)

        def moment() -> datetime:
            return morning + timedelta(seconds=monotonic() - began)

        fields: list[DateTimeField[Any, Any]] = [model._meta.get_field(name) for model, name in TOLD]  # type: ignore[misc]
        before = [field.__dict__.get("_get_default") for field in fields]
        for field in fields:
            field.__dict__["_get_default"] = moment  # Django's own cache of what an unset column starts with
        try:
            yield
        finally:
            for field, default in zip(fields, before, strict=True):
                if default is None:
                    field.__dict__.pop("_get_default", None)
                else:
                    field.__dict__["_get_default"] = default
