"""An address as written, taken apart as far as that is plain: the standard wants street, postcode and town each in its place.

What can't be told apart stays a line of the street: nothing is lost, and the country, which alone is compulsory, is kept elsewhere.
"""

import re
from dataclasses import dataclass

_EUROPE = re.compile(r"(?:[A-Z]{1,3}-)?(?P<postcode>\d{4,5}|\d{3} \d{2}|\d{4} [A-Z]{2})\s+(?P<city>\D.*)")
_AMERICA = re.compile(r"(?P<city>[^\d,]+),?\s+(?P<region>[A-Z]{2})\s+(?P<postcode>\d{5}(?:-\d{4})?|[A-Z]\d[A-Z] ?\d[A-Z]\d)")
_BRITAIN = re.compile(r"(?P<city>[^\d,]+),?\s+(?P<postcode>[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2})")


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of an address."""

    street: tuple[str, ...] = ()
    postcode: str = ""
    city: str = ""
    region: str = ""


def parse_address(text: str, name: str = "") -> Address:
    """Parts of an address of several lines (or of one, parted by commas); a first line that is the name is left out.

    >>> parse_address("Hafenstr. 1\\n20457 Hamburg")
    Address(street=('Hafenstr. 1',), postcode='20457', city='Hamburg', region='')
    """
    lines = [line.strip(" ,") for line in text.splitlines() if line.strip(" ,")]
    if len(lines) == 1 and "," in lines[0]:
        lines = _parted(lines[0])
    if lines and name and lines[0].casefold() == name.casefold():
        lines = lines[1:]
    for n in range(len(lines) - 1, max(-1, len(lines) - 3), -1):
        for form in (_AMERICA, _BRITAIN, _EUROPE):
            if found := form.fullmatch(lines[n]):
                parts = found.groupdict()
                return Address(_three(lines[:n]), parts["postcode"], parts["city"].strip(), parts.get("region") or "")
    return Address(_three(lines))


def _parted(line: str) -> list[str]:
    """A line by its commas, the state kept with its town: 12 Main St, Austin, TX 78701."""
    parts = [part.strip() for part in line.split(",")]
    if len(parts) > 2 and re.fullmatch(r"[A-Z]{2} \d{5}(?:-\d{4})?", parts[-1]):
        parts[-2:] = [f"{parts[-2]}, {parts[-1]}"]
    return parts


def _three(lines: list[str]) -> tuple[str, ...]:
    """Three lines at most, which is what the standard has."""
    return tuple(lines if len(lines) <= 3 else [*lines[:2], ", ".join(lines[2:])])
