"""Collections: contacts made, promises, the work list's memory, dunning."""

from collections_app.models.activity import Activity, Snooze
from collections_app.models.dunning import DunningLetter, DunningLevel, DunningPolicy, DunningRun, DunningText
from collections_app.models.promise import Promise, PromiseItem

__all__ = ["Activity", "DunningLetter", "DunningLevel", "DunningPolicy", "DunningRun", "DunningText", "Promise", "PromiseItem", "Snooze"]
