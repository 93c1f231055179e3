"""Outlook's winmail.dat ([MS-OXTNEF]): the files that it packs, by the names they had. Pure; meant for `arops.lib.sandbox`.

A stream of attributes, each with its level, name, length, value and checksum. Of an attachment its data and title are taken, and the long
name of its properties where there is one. What is cut short or makes no sense ends the reading; the files found till then count.
"""

import struct
from collections.abc import Iterator

_SIGNATURE = 0x223E9F78
_BEGINS, _DATA, _TITLE, _PROPERTIES = 0x00069002, 0x0006800F, 0x00018010, 0x00069005
_ATTACHMENT = 2
_LONG_NAME = struct.pack("<HH", 0x001F, 0x3707)
"""Type and tag of PR_ATTACH_LONG_FILENAME in UTF-16."""
MOST = 100


def unpack(data: bytes) -> list[tuple[str, bytes]] | None:
    """The files in it, name and bytes; None when it is no TNEF."""
    if len(data) < 6 or struct.unpack_from("<I", data)[0] != _SIGNATURE:
        return None
    found: list[list[bytes | str]] = []
    for name, value in _attributes(data):
        if name == _BEGINS:
            found.append(["", b""])
        elif found and name == _DATA:
            found[-1][1] = value
        elif found and name == _TITLE and not found[-1][0]:
            found[-1][0] = value.split(b"\x00", 1)[0].decode("cp1252", "replace")
        elif found and name == _PROPERTIES and (long := _long_name(value)):
            found[-1][0] = long
        if len(found) > MOST:
            break
    return [(str(name), content) for name, content in found if isinstance(content, bytes) and content]


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Name and value of the attributes of attachments."""
    at = 6
    while at + 9 <= len(data):
        level, name, length = struct.unpack_from("<BII", data, at)
        at += 9
        if level not in (1, _ATTACHMENT) or at + length + 2 > len(data):
            return
        if level == _ATTACHMENT:
            yield name, data[at : at + length]
        at += length + 2  # its checksum


def _long_name(properties: bytes) -> str:
    """The long name among the properties of an attachment: type and tag, how many values, the length of the first, itself."""
    at = properties.find(_LONG_NAME)
    if at < 0 or at + 12 > len(properties):
        return ""
    _, length = struct.unpack_from("<II", properties, at + 4)
    return properties[at + 12 : at + 12 + min(length, 1_000)].decode("utf-16-le", "replace").split("\x00", 1)[0]
