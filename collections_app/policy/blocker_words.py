"""What a customer is told when a paper of theirs is missing, in the languages that letters are written in. Pure."""

from arops.lib.words import by_language

WORDS = by_language("document")
"""Language → subject and text of the reminder, what waits for the paper, and papers by their kind."""

MOST = 5
"""Reminders by mail of one paper; afterwards a person calls."""
