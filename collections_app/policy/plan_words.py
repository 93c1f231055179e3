"""The fixed words of an agreement about a payment plan, by language. Pure."""

from arops.lib.words import by_language

WORDS = by_language("plan")
"""Language → words; braces are filled with the plan's numbers."""
