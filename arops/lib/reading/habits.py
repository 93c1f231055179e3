"""How a list writes days and numbers, found out from its cells; and the cells that can be read two ways, to ask a person. Pure."""

from collections.abc import Iterable

from arops.lib.reading import values
from arops.lib.reading.values import DateOrder, DecimalMark

Cells = Iterable[tuple[int, str]]
"""Line and text of cells that were typed as text."""


def date_order(cells: Cells) -> DateOrder:
    """The order that some day in the list proves; none when nothing or both are proved."""
    found = {values.order_of(cell) for _, cell in cells}
    if "dmy" in found and "mdy" not in found:
        return "dmy"
    return "mdy" if "mdy" in found and "dmy" not in found else ""


def decimal_mark(cells: Cells) -> DecimalMark:
    """The mark before decimals that some number proves; a point where nothing speaks of marks."""
    found = {values.mark_of(cell) for _, cell in cells}
    if "," in found and "." not in found:
        return ","
    if "." in found and "," not in found:
        return "."
    return "" if found & {"either", ".", ","} else "."


def unclear_day(cells: Cells) -> tuple[int, str] | None:
    """The line of a day that can be read two ways, and the question in words."""
    for line, cell in cells:
        if values.order_of(cell) == "either":
            first, second = values.day(cell, "dmy"), values.day(cell, "mdy")
            return line, f"{cell} in line {line}: is that {first:%-d %B %Y} or {second:%-d %B %Y}?"
    return None


def unclear_mark(cells: Cells) -> tuple[int, str] | None:
    """The line of a number that can be read two ways, and the question in words."""
    for line, cell in cells:
        if values.mark_of(cell) == "either":
            return line, f"{cell} in line {line}: does the mark stand before decimals or between thousands?"
    return None
