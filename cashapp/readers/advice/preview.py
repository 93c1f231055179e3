"""What a list or PDF of remittances looks like, and what a mapping makes of it: for the page where a person says what stands where.

asked = run_bounded("cashapp.readers.advice.preview.propose", data, kwargs={"currency": "EUR"})     # AdviceProposal
file = run_bounded("cashapp.readers.advice.preview.try_out", data, kwargs={"mapping": mapping})     # AdviceFile
"""

from . import pdf, tabular
from .layout import COLUMNS, AdviceMapping, AdviceProposal, ReadError, propose_grid
from .model import AdviceFile
from .understand import advices_of

__all__ = ["ReadError", "propose", "try_out"]


def propose(data: bytes, *, currency: str = "", sheet: str = "") -> AdviceProposal:
    """Headings, first rows, a mapping and its open questions. `currency` is taken where nothing in the file says one. Where no row of a
    list names what we know, the first is taken for its headings, and a person says what they mean. ReadError where there are none."""
    found = pdf.grid(data) if pdf.is_pdf(data) else tabular.grid(data, sheet=sheet, whatever=True)
    return propose_grid(found, currency)


def try_out(data: bytes, *, mapping: AdviceMapping) -> AdviceFile:
    """The file as the mapping reads it. ReadError names the line and what is wrong."""
    chosen = [getattr(mapping, role) for role, _ in COLUMNS if getattr(mapping, role)]
    found = pdf.grid(data) if pdf.is_pdf(data) else tabular.grid(data, sheet=mapping.sheet, chosen=chosen)
    return advices_of(found, mapping)
