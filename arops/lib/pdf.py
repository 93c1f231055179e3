"""PDF from HTML, by WeasyPrint. It needs the Pango libraries of the system; without them all works but PDF, and says so.

The text in a document comes from customers: nothing in it may make the server read a file or call an address, so only `data:` URLs
are fetched, and no redirect is followed.
"""

from functools import lru_cache
from typing import Any


class PdfUnavailable(Exception):
    """This server can't make PDFs; the message says what is missing."""


@lru_cache(maxsize=1)
def _weasyprint() -> Any:
    try:
        import weasyprint
        from weasyprint.urls import URLFetcher
    except (ImportError, OSError) as error:
        raise PdfUnavailable("PDFs need Pango on the server (Debian: libpango-1.0-0 libpangoft2-1.0-0)") from error
    return weasyprint, URLFetcher


def is_available() -> bool:
    """Whether this server can make PDFs."""
    try:
        _weasyprint()
    except PdfUnavailable:
        return False
    return True


def from_html(html: str, css: str = "", *, archive: bool = False) -> bytes:
    """The document as PDF; with `archive` as PDF/A-3b, which keeps its fonts and may carry files. Raises PdfUnavailable."""
    weasyprint, fetcher = _weasyprint()
    locked = {"allowed_protocols": ["data"], "allow_redirects": False}
    document = weasyprint.HTML(string=html, url_fetcher=fetcher(**locked))
    styles = [weasyprint.CSS(string=css, url_fetcher=fetcher(**locked))] if css else []
    made: bytes = document.write_pdf(stylesheets=styles, **({"pdf_variant": "pdf/a-3b"} if archive else {}))
    return made
