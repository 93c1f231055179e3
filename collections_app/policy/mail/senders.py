"""Addresses of senders: what two of them have in common. A sender writes his own address, so it proves nothing. Pure."""

import re
from collections.abc import Iterable

PUBLIC = frozenset(
    "gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com yahoo.de yahoo.fr yahoo.es aol.com icloud.com me.com "
    "mac.com "
    "gmx.de gmx.net gmx.com gmx.at gmx.ch web.de t-online.de freenet.de mail.com mail.ru yandex.ru proton.me protonmail.com orange.fr "
    "wanadoo.fr free.fr laposte.net sfr.fr hotmail.fr hotmail.es hotmail.de outlook.de outlook.fr outlook.es telefonica.net comcast.net "
    "verizon.net att.net sbcglobal.net qq.com 163.com zoho.com fastmail.com hey.com btinternet.com bluewin.ch aon.at".split()
)
"""Domains in which anybody gets an address: two people of one have nothing in common."""
_REPLY = re.compile(r"^\s*((re|aw|wg|fw|fwd|tr|rv|sv|antw|antwort|r[ée]f)\s*(\[[0-9]+\])?\s*:\s*)+", re.IGNORECASE)


def domain_of(address: str) -> str:
    """The domain of an address in small letters, empty where it is one of a public provider, or none."""
    domain = address.strip().lower().rpartition("@")[2]
    return "" if domain in PUBLIC or "." not in domain else domain


def knows(sender: str, known: Iterable[str]) -> bool:
    """Whether a sender is one of the known addresses, or has an address in a domain of one of them that isn't a public provider's."""
    addresses = {a.strip().lower() for a in known if a}
    domain = domain_of(sender)
    return sender.strip().lower() in addresses or (bool(domain) and domain in {domain_of(a) for a in addresses})


def topic_of(subject: str) -> str:
    """A subject without what programs put before it when it is answered or passed on, for comparing."""
    return " ".join(_REPLY.sub("", subject).split()).lower()
