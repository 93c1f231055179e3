"""What banks and people make of names, numbers and remittance texts. Used by the generator alone."""

from collections.abc import Callable, Sequence
from random import Random

from cashapp.engine.model import Payer

_FIRST_WORDS = """
Alder Amber Apex Arbor Arrow Atlas Aurora Beacon Birch Blue Bolt Bright Cedar Cobalt Coral Crown Delta Dover Eagle Echo Elm Ember
Falcon Fern Flint Forge Frost Gale Garnet Gold Granite Grove Harbor Hawk Hazel Heron Hill Iron Ivy Jade Jasper Juniper Keystone
Lake Lark Laurel Linden Lion Lotus Lunar Maple Marble Meadow Mercury Mesa Mill Nova Oak Ocean Olive Onyx Opal Orchid Otter Palm
Pearl Phoenix Pine Pioneer Polar Prairie Quartz Quest Raven Red Ridge River Robin Rowan Ruby Saffron Sage Sierra Silver Solar
Spruce Star Stone Summit Swift Terra Thorn Tidal Timber Topaz Trident Tulip Union Vale Vega Vertex Violet Vista Walnut Willow Wolf
Zenith
"""
_SECOND_WORDS = """
Automation Bakeries Builders Catering Ceramics Chemicals Clinics Components Construction Controls Dairies Devices Dynamics
Electric Energy Engineering Fabrics Farms Fasteners Filters Finance Foods Freight Furniture Glass Graphics Hardware Health Hotels
Hydraulics Imaging Industries Instruments Interiors Labs Lighting Logistics Lumber Machining Marine Media Metals Mining Motors
Networks Optics Packaging Paper Pharma Plastics Plumbing Power Press Printing Pumps Retail Robotics Roofing Rubber Security Seeds
Services Shipping Software Solutions Steel Storage Supply Systems Telecom Textiles Tools Toys Trading Transport Turbines Valves
Water Welding Wines
"""
_PLACE_WORDS = "North South East West Texas Ohio Bavaria Kent Lyon Utrecht Madrid Oslo Dublin Boston Denver Austin"
_FIRST, _SECOND, _PLACES = _FIRST_WORDS.split(), _SECOND_WORDS.split(), _PLACE_WORDS.split()
_ONSETS = "b br d f g h k kl l m n p r s st t tr v w z"
_SYLLABLES = [onset + vowel + end for onset in _ONSETS.split() for vowel in "aeiou" for end in ("", "l", "n", "r", "s", "x")]
_LEGAL = ("Inc.", "LLC", "Ltd.", "GmbH", "Corp.", "Co. KG", "S.A.", "B.V.", "AG", "plc", "")

OCR = {"0": "OQD", "1": "IL", "5": "S", "8": "B", "2": "Z", "6": "G"}


def _invented(rng: Random) -> str:
    """A founder's or made-up name of two or three syllables."""
    return "".join(rng.choice(_SYLLABLES) for _ in range(rng.choice((2, 2, 3)))).capitalize()


class _Names:
    """Company names: two or three words, at times a place, a legal form. Few are alike by accident."""

    @staticmethod
    def company(rng: Random) -> str:
        words = [_invented(rng) if rng.random() < 0.7 else rng.choice(_FIRST), rng.choice(_SECOND)]
        if rng.random() < 0.5:
            words.insert(1, rng.choice(_FIRST))
        if rng.random() < 0.25:
            words.append(rng.choice(_PLACES))
        return " ".join([*words, rng.choice(_LEGAL)]).strip()


NAMES = _Names()


def series(rng: Random) -> Callable[[int], str]:
    """The company's way to number invoices: one for the whole world."""
    return rng.choice((
        lambda n: f"INV-{n:06d}",
        lambda n: f"INV-2026-{n:06d}",
        lambda n: f"RE{n:07d}",
        lambda n: f"SF/{n:06d}",
        lambda n: f"10{n:06d}",
        lambda n: f"26-{n:06d}",
    ))  # fmt: skip


def payer_line(rng: Random, payer: Payer | None, keep_account: bool = True) -> tuple[str, str]:
    """The payer as the bank shows him: his name cut and in capitals, an account known (80 %), none (15 %) or new (5 %)."""
    if payer is None:
        return NAMES.company(rng).upper(), f"XX{rng.randrange(10**16):016d}" if rng.random() < 0.5 else ""
    name = rng.choice((payer.name, *payer.aliases)) if payer.aliases else payer.name
    if rng.random() < 0.3:
        name = " ".join(w for w in name.split() if w not in _LEGAL)
    name = name.upper()[: rng.choice((18, 22, 27, 35, 70))] if rng.random() < 0.7 else name
    roll = rng.random()
    if roll < 0.15 or not keep_account:
        return name, ""
    if roll < 0.20 or not payer.accounts:
        return name, f"XX{rng.randrange(10**16):016d}"
    return name, rng.choice(payer.accounts)


def number_text(rng: Random, number: str) -> str:
    """A number as careful people write it: as printed, in small letters, without or with other separators."""
    roll = rng.random()
    if roll < 0.6:
        return number
    if roll < 0.7:
        return number.lower()
    if roll < 0.85:
        return number.replace("-", "").replace("/", "")
    return number.replace("-", " ").replace("/", "-")


def damaged(rng: Random, number: str) -> str:
    """A number after scanners, spreadsheets, keyboards and narrow fields."""
    return rng.choice((_ocr, _ocr, _no_prefix, _no_prefix, _no_zeros, _blank, _swap, _wrong, _lost, _cut, _head, _scientific))(rng, number)


def _ocr(rng: Random, number: str) -> str:
    places = [i for i, c in enumerate(number) if c in OCR]
    chars = list(number)
    for i in rng.sample(places, min(len(places), rng.randint(1, 3))):
        chars[i] = rng.choice(OCR[chars[i]])
    return "".join(chars)


def _body(number: str) -> str:
    return number.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ-/ ")


def _no_prefix(rng: Random, number: str) -> str:
    return _body(number)


def _no_zeros(rng: Random, number: str) -> str:
    return number.replace("-0", "-").replace("RE0", "RE").lstrip("0")


def _blank(rng: Random, number: str) -> str:
    i = rng.randrange(2, len(number) - 1)
    return f"{number[:i]} {number[i:]}"


def _swap(rng: Random, number: str) -> str:
    i = rng.randrange(len(number) - 5, len(number) - 1)
    return number[:i] + number[i + 1] + number[i] + number[i + 2 :]


def _wrong(rng: Random, number: str) -> str:
    i = rng.randrange(len(number) - 5, len(number))
    return number[:i] + rng.choice("0123456789") + number[i + 1 :]


def _lost(rng: Random, number: str) -> str:
    i = rng.randrange(len(number) - 5, len(number))
    return number[:i] + number[i + 1 :]


def _cut(rng: Random, number: str) -> str:
    return number[: len(number) - rng.randint(1, 2)]


def _head(rng: Random, number: str) -> str:
    return number[rng.randint(2, 4) :]


def _scientific(rng: Random, number: str) -> str:
    plain = "".join(c for c in number if c.isdigit()).lstrip("0")
    return f"{plain[0]}.{plain[1:3]}E+{len(plain) - 1:02d}"


_ONE = (
    "{0}", "INVOICE {0}", "PAYMENT {0} THANK YOU", "INV {0} DTD {date}", "RG {0} KDNR {short}", "YOUR REF {0} OUR REF {long}",
    "/RFB/{0}", "SVWZ+{0} EREF+{long}", "ACH CREDIT {long} {0}", "{0} {amount}", "CHECK {short} INV# {0}", "RE: {0} / {name}",
)  # fmt: skip
_NONE = (
    "", "PAYMENT", "ACH CREDIT {long}", "THANK YOU", "WIRE {long} {date}", "CHECK {short}", "MONTHLY PAYMENT {name}", "EREF+{long}",
    "INVOICES",
)  # fmt: skip


def remittance(rng: Random, numbers: Sequence[str], amount: int) -> str:
    """A text around the numbers (or without any), with the dates, own references and amounts that surround them in life."""
    shown = rng.choice((", ", " ", ",", "; ", " + ", " / ")).join(numbers)
    template = rng.choice(_ONE if numbers else _NONE)
    return template.format(
        shown, date=f"{rng.randint(1, 28):02d}.{rng.randint(1, 12):02d}.2026", short=rng.randrange(1000, 99999),
        long=rng.randrange(10**7, 10**10), amount=f"{amount // 100:,}.{amount % 100:02d}", name=NAMES.company(rng),
    )  # fmt: skip


def short_list(rng: Random, numbers: Sequence[str]) -> list[str]:
    """Several numbers, at times in the short form INV-8812/13."""
    first = numbers[0]
    if rng.random() < 0.25 and all(n[:-3] == first[:-3] for n in numbers):
        return ["/".join([first, *(n[-3:] for n in numbers[1:])])]
    return [number_text(rng, n) for n in numbers]
