"""What a list or PDF of remittances looks like, and what a mapping makes of it: for the page where a person says what stands where.

asked = run_bounded("cashapp.readers.advice.preview.propose", data, kwargs={"currency": "EUR"})     # AdviceProposal
file = run_bounded("cashapp.readers.advice.preview.try_out", data, kwargs={"mapping": mapping})     # AdviceFile
"""

from . import pdf, tabular
from .grid import Grid
from .layout import AdviceMapping, AdviceProposal, ReadError, propose_grid
from .model import AdviceFile
from .understand import advices_of

__all__ = ["ReadError", "propose", "try_out"]


def propose(data: bytes, *, currency: str = "", sheet: str = "") -> AdviceProposal:
    """Headings, first rows, a mapping and its open questions. `currency` is taken where nothing in the file says one. ReadError where no
    headings can be made out."""
    return propose_grid(_grid(data, sheet), currency)


def try_out(data: bytes, *, mapping: AdviceMapping) -> AdviceFile:
    """The file as the mapping reads it. ReadError names the line and what is wrong."""
    return advices_of(_grid(data, mapping.sheet), mapping)


def _grid(data: bytes, sheet: str) -> Grid:
    return pdf.grid(data) if pdf.is_pdf(data) else tabular.grid(data, sheet=sheet)
