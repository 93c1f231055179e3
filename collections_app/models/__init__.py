"""Collections: contacts made, promises, the work list's memory, dunning."""

from collections_app.models.activity import Activity, Snooze
from collections_app.models.dunning import DunningLetter, DunningLevel, DunningPolicy, DunningRun
from collections_app.models.promise import Promise, PromiseItem

__all__ = ["Activity", "DunningLetter", "DunningLevel", "DunningPolicy", "DunningRun", "Promise", "PromiseItem", "Snooze"]
