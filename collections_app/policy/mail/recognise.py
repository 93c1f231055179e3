"""What a mail says about the account, read by rules: paid, disputed, promised; what it asks for. Pure, the same each time.

Each finding bears the sentence that says so and the rule that read it. It is a proposal for a person, so a sentence that can be read two
ways may bring two of them; what is denied, hoped or conditional brings none ("we will pay once we have the W-9" asks for a W-9).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from collections_app.policy.mail.amounts import amounts_of
from collections_app.policy.mail.days import day_of
from collections_app.policy.mail.phrases import GROUPS, Phrase
from collections_app.policy.mail.phrases.model import BANK
from collections_app.policy.mail.speech import own_words, sentences

MOST = 6
"""Findings that one mail brings."""
SHORTEST = 9
"""Letters that a sentence must have to say anything."""
_AWAY = (
    r"\b(out of (the )?office|on (annual |parental |sick )?leave|away (from|until)|on (vacation|holiday)|(returning|back|return)( to the"
    r" office| in the office)? (on|by)|limited access|nicht im (büro|haus)|abwesend|abwesenheit|im urlaub|wieder (da|erreichbar|im)"
    r"|absente?|en congé|de retour|fuera de la oficina|de vacaciones|ausente)"
)
_GONE = (
    r"\b(no longer (with|works?|employed|at)|has left (the|our)|nicht mehr (bei|im|für)|ausgeschieden|ne travaille plus|quitté"
    r"|ya no (trabaja|forma))"
)
_MONEY = ("paid", "promise")
_MONTH_FIRST = frozenset({"US", "PH", "FM", "MH", "PW"})
_NUMBER = re.compile(r"(?<![\w@.])(?=[A-Za-z0-9/_.#-]{0,40}[0-9])#?([A-Za-z0-9](?:[A-Za-z0-9/_.-]{0,38}[A-Za-z0-9])?)(?![\w@])", re.ASCII)
_OURS = re.compile(r"\bINQ-[0-9]{6,12}\b", re.ASCII)


@dataclass(frozen=True, slots=True)
class Found:
    """What a sentence was taken to mean. `about`: the reason of a dispute, the document that is asked for. `amount` in minor units."""

    kind: str
    quote: str
    rule: str
    about: str = ""
    amount: int | None = None
    currency: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known beside the words: when they were said, the account's currency, the customer's country, which machine wrote them."""

    said: date
    currency: str
    country: str = ""
    automatic: str = ""

    @property
    def month_first(self) -> bool:
        """Whether 03/04 is March there."""
        return self.country in _MONTH_FIRST


def recognise(text: str, setting: Setting) -> tuple[Found, ...]:
    """What a mail's own words say, each kind once, in the order of its first sentence."""
    if setting.automatic in ("bounce", "ours"):
        return ()
    said = sentences(own_words(text))
    if setting.automatic == "reply":
        return _away(said, setting)
    found: dict[str, Found] = {}
    for sentence in said:
        for one in _of_sentence(sentence, setting):
            known = found.get(one.kind)
            if known is None or (known.kind in _MONEY and known.day is None and one.day is not None):
                found[one.kind] = one
    only = {(amount, code) for sentence in said for amount, code, _ in amounts_of(sentence, setting.currency)}
    return tuple(_with_amount(one, only) for one in found.values())[:MOST]


def _with_amount(one: Found, only: set[tuple[int, str]]) -> Found:
    """What was paid or promised in a sentence without an amount is the one amount of the mail, where it names one."""
    if one.kind not in _MONEY or one.amount is not None or len(only) != 1:
        return one
    amount, code = next(iter(only))
    return replace(one, amount=amount, currency=code)


def _of_sentence(sentence: str, setting: Setting) -> Iterable[Found]:
    if len(sentence) < SHORTEST:
        return
    for group in GROUPS:
        seen = set[str]()
        for phrase in group:
            match = phrase.found(sentence)
            if match and phrase.kind not in seen:
                seen.add(phrase.kind)
                yield _found(phrase, match, sentence, setting)
        if BANK in seen:
            return  # whatever else it says, it is about an account to pay to


def _found(phrase: Phrase, match: re.Match[str], sentence: str, setting: Setting) -> Found:
    amount, currency = _amount(sentence, match, setting.currency)
    rest = sentence[match.start() :]
    day = None
    if phrase.kind in ("paid", "promise"):
        ahead = phrase.kind == "promise"
        wanted = [day_of(part, setting.said, ahead=ahead, month_first=setting.month_first) for part in (rest, sentence)]
        day = next((d for d in wanted if d and ((d >= setting.said) if ahead else (d <= setting.said))), None)
    return Found(phrase.kind, sentence, phrase.rule, phrase.about, amount, currency, day)


def _amount(sentence: str, match: re.Match[str], currency: str) -> tuple[int | None, str]:
    """The amount that stands nearest to what was said."""
    found = amounts_of(sentence, currency)
    if not found:
        return None, ""
    amount, code, _ = min(found, key=lambda one: min(abs(one[2] - match.start()), abs(one[2] - match.end())))
    return amount, code


def _away(said: list[str], setting: Setting) -> tuple[Found, ...]:
    """Somebody isn't there: until when, or for good."""
    for pattern, about in ((_GONE, "gone"), (_AWAY, "")):
        for sentence in said:
            if re.search(pattern, sentence, re.IGNORECASE):
                days = [day_of(s, setting.said, ahead=True, month_first=setting.month_first) for s in (sentence, " ".join(said))]
                day = next((d for d in days if d and d >= setting.said), None)
                return (Found("away", sentence, ":".join(filter(None, ("away", about))), about, day=None if about else day),)
    return (Found("away", said[0], "away:header"),) if said else ()


def numbers_in(text: str) -> tuple[str, ...]:
    """What may be numbers of documents in a text, as written, each once; the first hundred."""
    found = dict.fromkeys(match[1] for match in _NUMBER.finditer(text[:40_000]) if 3 <= len(match[1]) <= 40)
    return tuple(found)[:100]


def core_of(number: str) -> str:
    """The digits that tell a document apart, without leading noughts: those at the end of `INV-2026-001042` are 1042. Empty below four."""
    tail = re.search(r"([0-9]+)[A-Za-z]?$", number)
    digits = tail[1].lstrip("0") if tail else ""
    return digits if len(digits) >= 4 else ""


def inquiry_number(subject: str) -> str:
    """The number of an inquiry of ours that a subject bears; empty without."""
    found = _OURS.search(subject)
    return found[0] if found else ""
