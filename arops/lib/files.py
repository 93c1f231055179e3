"""Handing out stored files: always as a download, never as a page of ours, whatever is in them."""

from dataclasses import dataclass
from typing import IO, Any, TypeVar
from urllib.parse import quote

from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase

R = TypeVar("R", bound=HttpResponseBase)


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that was made just now and is kept nowhere."""

    name: str
    content: bytes
    content_type: str


def download(file: Any) -> HttpResponse:
    """The file (with `name`, `content`, `content_type`) as an attachment that no browser runs or guesses the kind of."""
    return _guarded(HttpResponse(bytes(file.content), content_type=file.content_type), file.name)


def download_open(file: IO[bytes], name: str, content_type: str) -> FileResponse:
    """The same of a file that is open, for those that may be large: it is read as it is sent, and closed."""
    file.seek(0)
    return _guarded(FileResponse(file, content_type=content_type), name)


def _guarded(response: R, name: str) -> R:
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in name) or "file"
    response["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response
