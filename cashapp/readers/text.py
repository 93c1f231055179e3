"""Bytes to text (`arops.lib.reading.text`)."""

from arops.lib.reading.text import decode, guess_encoding

__all__ = ["decode", "guess_encoding"]
