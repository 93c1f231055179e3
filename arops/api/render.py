"""JSON in and out, strictly: no NaN, no repeated names, no bytes that aren't UTF-8; lists also as CSV."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from arops.lib.sheets import harmless

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def iso(moment: date | None) -> str | None:
    """A day or a moment as answers tell it: null where there is none."""
    return moment.isoformat() if moment else None


class Rendered(str):
    """An answer that is JSON text already."""


class Json(BaseRenderer):
    """Plain JSON."""

    media_type, format, charset = "application/json", "json", None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None) -> bytes:
        """Bytes of the data; nothing for nothing."""
        if isinstance(data, Rendered):
            return data.encode()
        return b"" if data is None else json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=str).encode()


class Csv(BaseRenderer):
    """The rows of a list as CSV, harmless to spreadsheets; an object's fields get columns of their own, a list is JSON text."""

    media_type, format, charset = "text/csv", "csv", "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None) -> bytes:
        """Bytes of the rows under `data`, or of the one row."""
        rows = [dict(_flat(row)) for row in (data.get("data", [data]) if isinstance(data, Mapping) else data or [])]
        out = io.StringIO()
        writer = csv.DictWriter(out, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
        return out.getvalue().encode()


class File(BaseRenderer):
    """For callers that ask for a file's own type, whatever that is: the view makes the answer itself."""

    media_type, format, charset = "*/*", "file", None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None) -> bytes:
        """Nothing to be done."""
        return bytes(data or b"")


def _flat(row: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return harmless(value) if isinstance(value, str) and not _is_number(value) else value


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdecimal() and text.isascii()


class JsonError(ValueError):
    """Bytes that are no JSON, in words."""


class JsonParser(BaseParser):
    """JSON as RFC 8259 has it; the error names line and column."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """The document. Raises ParseError."""
        try:
            return read_json(stream.read())
        except JsonError as error:
            raise ParseError(f"the body {error}") from None


def read_json(content: bytes) -> Any:
    """What the bytes say. Raises JsonError, whose text goes on after "the body"."""
    try:
        text = content.decode("utf-8")
        found = _DECODER.decode(text)
        if _SURROGATE.search(text):
            json.dumps(found, ensure_ascii=False).encode()
        return found
    except UnicodeDecodeError:
        raise JsonError("is not UTF-8") from None
    except UnicodeEncodeError:
        raise JsonError("holds half of a surrogate pair, which is no character") from None
    except RecursionError:
        raise JsonError("is nested too deeply") from None
    except ValueError as error:
        raise JsonError(f"is not JSON: {error}") from None


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON value")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is there twice in one object")
    return found


_DECODER = json.JSONDecoder(parse_constant=_refuse, object_pairs_hook=_once)
