"""The texts a policy starts with: friendly, firm, final; in every language. People change them on the policy page."""

from dataclasses import dataclass

from arops.lib.words import by_language


@dataclass(frozen=True, slots=True)
class Level:
    """A level as it is first set up: its name, from how many days past due, and (subject, body) by language."""

    name: str
    days: int
    texts: dict[str, tuple[str, str]]


_WORDS = by_language("dunning")


def texts_of(tone: str) -> dict[str, tuple[str, str]]:
    """(Subject, text) by language of a letter in a tone: `soon` (before it is due), `friendly`, `firm`, `final`."""
    return {code: (words[f"{tone}.subject"], words[f"{tone}.body"]) for code, words in _WORDS.items()}


LEVELS = (
    Level("Friendly reminder", 5, texts_of("friendly")),
    Level("Firm reminder", 20, texts_of("firm")),
    Level("Final notice", 40, texts_of("final")),
)

GRACE_DAYS, QUIET_DAYS, MINIMUM_MAJOR = 3, 7, 25
"""Days of grace, quiet days, and the least amount asked for in whole units of the company's currency."""
