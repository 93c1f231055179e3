"""`manage.py bench mails`: how well the rules read what mails say, by kind and language, beside a plain look-up of words.

The sentences (`*.txt`: what it means, then the sentence) were written and labelled by this product's own makers, not drawn from customers'
mails, and the rules were mended by them. So the figures show what the rules cover; on letters of strangers they will be lower.
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from collections_app.policy.mail.recognise import Setting, recognise

LANGUAGES = ("en", "de", "fr", "es")
KINDS = ("paid", "promise", "dispute", "copy", "statement", "document", "bank")
_SETTING = Setting(date(2027, 2, 17), "EUR", "DE")
_PLAIN = {
    "paid": r"\bpaid|bezahlt|überwiesen|payée?|réglé|pagad", "promise": r"\bwill pay|zahlen|werden|paierons|sera|pagaremos|será",
    "dispute": r"wrong|dispute|damaged|falsch|beschädigt|contest|erron|incorrect|dañad", "copy": r"\bcopy|kopie|copie|copia",
    "statement": r"statement|auszug|relevé|estado de cuenta", "document": r"w-?9|certificate|lieferschein|bon de livraison|albarán",
    "bank": r"bank details|bankverbindung|coordonnées bancaires|datos bancarios",
}  # fmt: skip
"""Words by which somebody in a hurry would sort."""


def sentences(language: str) -> Iterator[tuple[frozenset[str], str]]:
    """What each sentence of a language means (nothing, or kinds), and the sentence."""
    for line in (Path(__file__).parent / f"{language}.txt").read_text().splitlines():
        meant, _, words = line.partition(" | ")
        yield frozenset(meant.split("+")) - {"none"}, words


def by_rules(words: str) -> frozenset[str]:
    """What the rules read."""
    return frozenset(found.kind for found in recognise(words, _SETTING))


def by_words(words: str) -> frozenset[str]:
    """What a look-up of words reads."""
    return frozenset(kind for kind, pattern in _PLAIN.items() if re.search(pattern, words, re.IGNORECASE))


def judged(language: str, read: Callable[[str], frozenset[str]] = by_rules) -> Counter[tuple[str, str]]:
    """(kind, hit, missed or wrong) → how often."""
    found: Counter[tuple[str, str]] = Counter()
    for meant, words in sentences(language):
        said = read(words)
        found.update((kind, "hit" if kind in said else "missed") for kind in meant)
        found.update((kind, "wrong") for kind in said - meant)
    return found


def shares(counts: Counter[tuple[str, str]], kind: str = "") -> tuple[float, float]:
    """Precision and recall of a kind, or of all kinds together."""
    hit, missed, wrong = (
        sum(n for (k, how), n in counts.items() if how == told and kind in ("", k)) for told in ("hit", "missed", "wrong")
    )
    return hit / (hit + wrong) if hit + wrong else 1.0, hit / (hit + missed) if hit + missed else 1.0


def run(write: Callable[[str], object]) -> None:
    """Write the figures, and how many sentences a second are read."""
    for language in LANGUAGES:
        counts = judged(language)
        total = sum(1 for _ in sentences(language))
        (precision, recall), (plain_precision, plain_recall) = shares(counts), shares(judged(language, by_words))
        said = f"{language}: {total} sentences, precision {precision:.3f}, recall {recall:.3f}"
        write(f"{said}; by words {plain_precision:.3f}, {plain_recall:.3f}")
        write("  " + ", ".join(f"{kind} {p:.2f}/{r:.2f}" for kind in KINDS for p, r in [shares(counts, kind)]))
    begun, read = time.process_time(), [by_rules(words) for language in LANGUAGES for _, words in sentences(language)]
    write(f"{len(read) / max(time.process_time() - begun, 1e-6):,.0f} sentences a second of processor time")
    write("Sentences and labels are the makers' own: what is covered, not what strangers will write.")
