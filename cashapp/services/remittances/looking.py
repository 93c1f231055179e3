"""A stored file of an advice to look at: text, rows or drawn pages, made in a process of its own. Never the file itself."""

from collections.abc import Sequence

from arops.lib.refusal import InputRefused
from arops.lib.sandbox import run_bounded
from cashapp.readers.looking import Drawing, Look
from workflow.models import StoredFile

SECONDS, MEMORY_MB = 10, 768


def look_at(file: StoredFile) -> Look:
    """What the file shows; of kind `none`, with the reason as its note, where it can't be shown. Never raises for a bad file."""
    try:
        shown: Look = run_bounded("cashapp.readers.looking.look", bytes(file.content), seconds=SECONDS, memory_mb=MEMORY_MB)
    except InputRefused as refusal:
        return Look("none", note=refusal.reason)
    return shown


def draw_page(file: StoredFile, page: int, marks: Sequence[str] = ()) -> str:
    """A page from 1 as PNG in base64, with the words `marks` marked where the page has text. Raises InputRefused."""
    path, kwargs = "cashapp.readers.looking.draw", {"page": page, "marks": list(marks)}
    drawing: Drawing = run_bounded(path, bytes(file.content), seconds=SECONDS, memory_mb=MEMORY_MB, kwargs=kwargs)
    return drawing.png
