"""What headings of a list mean, whatever case, accents and marks they are written with."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache


@lru_cache(maxsize=4096)
def flat(text: str) -> str:
    """Lower case, no accents, single blanks for everything that isn't a letter or a digit: `Fällig am:` is `fallig am`."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l").replace("ø", "o").replace("ß", "ss"))
    return " ".join(re.sub(r"[^a-z0-9#]+", " ", plain.encode("ascii", "ignore").decode()).split())


def assign(headings: Sequence[str], words: Mapping[str, str]) -> dict[str, str]:
    """Field → heading by `words` (flat heading → field); the first of two that say the same."""
    found: dict[str, str] = {}
    for heading in headings:
        if name := words.get(flat(heading)):
            found.setdefault(name, heading)
    return found


def named(headings: Iterable[str], words: Iterable[str]) -> int:
    """How many different ones of these (flat) words the headings are: what makes a row look like a heading row."""
    return len({flat(heading) for heading in headings} & set(words))
