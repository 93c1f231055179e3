"""Files that callers send by multipart/form-data."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request

from arops.api.problems import ApiProblem, invalid
from arops.api.render import JsonError, read_json
from arops.api.views import ApiView, check_text

MOST_BYTES = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """A file with its name, and the form's other fields."""

    name: str
    content: bytes
    fields: dict[str, str]


class UploadView(ApiView):
    """A call that takes a file by multipart/form-data."""

    keeps_body = False

    def get_parsers(self) -> list[BaseParser]:
        """Forms with files alone."""
        return [MultiPartParser()]


def upload_of(request: Request, fields: Collection[str] = ()) -> Upload:
    """The one file of the form (its field is `file`) and the fields that may stand beside it. Raises ApiProblem."""
    data: Any = request.data
    for name in data:
        if name != "file" and name not in fields:
            raise invalid(f"/{name}", "unknown_field", f"{name} is not a field of this form")
    file = request.FILES.get("file")
    if file is None or len(request.FILES) > 1:
        raise invalid("/file", "required", "send one file, as the form's field `file`")
    if file.size > MOST_BYTES:
        raise ApiProblem(413, "too_large", f"a file has at most {MOST_BYTES // 1024 // 1024} MB")
    texts = {name: str(data[name]).strip() for name in fields if name in data}
    for name, value in texts.items():
        check_text(f"/{name}", [value])
    return Upload((file.name or "file").replace("\x00", "")[:255], file.read(), texts)


def mode_of(upload: Upload) -> str:
    """partial (the usual) or atomic. Raises ApiProblem."""
    mode = upload.fields.get("mode") or "partial"
    if mode not in ("partial", "atomic"):
        raise invalid("/mode", "invalid", "mode is partial or atomic")
    return mode


def json_lines(content: bytes) -> Iterator[tuple[int, Any]]:
    """Number and value of each line of a JSONL file; a line that can't be read gives a JsonError. Empty lines are left out."""
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if line.strip():
            try:
                yield number, read_json(line)
            except JsonError as error:
                yield number, error


def looks_like_json(content: bytes) -> bool:
    """Whether a file begins like JSONL."""
    return content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")
