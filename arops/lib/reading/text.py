"""Bytes to text. Few senders say which encoding they use, so it is worked out from the bytes and shown to the user."""

from .errors import ReadError

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def guess_encoding(data: bytes) -> str:
    """The byte-order mark's encoding, else UTF-16 by its NUL pattern, else UTF-8 where the bytes are valid, else Windows-1252.

    Windows-1252 is the superset of Latin-1 that exports use in practice.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    head = data[:4096]
    if len(head) >= 4 and head[1::2].count(0) > len(head) * 0.3:
        return "utf-16-le"
    if len(head) >= 4 and head[0::2].count(0) > len(head) * 0.3:
        return "utf-16-be"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def decode(data: bytes, encoding: str | None = None) -> str:
    """Text with "\\n" line ends and no byte-order mark; ReadError for binary data or bytes that don't fit `encoding`."""
    name = encoding or guess_encoding(data)
    try:
        text = data.decode(name, errors="replace" if encoding is None and name == "cp1252" else "strict")
    except UnicodeDecodeError as error:
        said = f"byte {error.start + 1} is no text in {name}: save the file as CSV in UTF-8, or as .xlsx"
        raise ReadError(data.count(b"\n", 0, error.start) + 1, said) from None
    except LookupError:
        raise ReadError(None, f"{name!r} is not an encoding that can be read") from None
    if "\0" in text:
        raise ReadError(text.count("\n", 0, text.index("\0")) + 1, "binary data, not a text file")
    return text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
