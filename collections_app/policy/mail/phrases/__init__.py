"""What people write about bills, as patterns in four languages. One more way to say a thing is one more line in a language's file."""

from collections_app.policy.mail.phrases import english, french, german, spanish
from collections_app.policy.mail.phrases.model import Phrase

LANGUAGES = (english, german, french, spanish)
GROUPS: tuple[tuple[Phrase, ...], ...] = tuple(
    tuple(phrase for language in LANGUAGES for phrase in getattr(language, group))
    for group in ("CHANGING", "PAYING", "ASKING", "DOCUMENTS", "DISPUTES")
)
"""Phrases by what they are about; of each kind of a group a sentence says one."""

__all__ = ["GROUPS", "Phrase"]
