"""Handing out stored files: always as a download, never as a page of ours, whatever is in them."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that was made just now and is kept nowhere."""

    name: str
    content: bytes
    content_type: str


def download(file: Any) -> HttpResponse:
    """The file (with `name`, `content`, `content_type`) as an attachment that no browser runs or guesses the kind of."""
    response = HttpResponse(bytes(file.content), content_type=file.content_type)
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in file.name) or "file"
    response["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response
