"""Asking a virus scanner: clamd's INSTREAM over its socket. Nothing is written to disk.

`CLAMD_SOCKET` is a path, or `host:port` of this machine. The protocol: `zINSTREAM\\0`, chunks with their length in front, a length of zero;
the answer is one line, `stream: OK` or `stream: NAME FOUND`.
"""

import socket
import struct

from arops.lib.refusal import Refused

CHUNK = 64 * 1024
PATIENCE = 30.0
"""Seconds to wait for the scanner."""
_LOCAL = ("127.0.0.1", "localhost", "::1")


class Infected(Refused):
    """The scanner found something; the message says what."""


class ScannerAway(Refused):
    """The scanner doesn't answer, or not as one."""


def scan(content: bytes, *, address: str) -> None:
    """Have the bytes scanned. Raises Infected, ScannerAway."""
    try:
        with _connected(address) as line:
            line.sendall(b"zINSTREAM\0")
            for start in range(0, len(content), CHUNK):
                part = content[start : start + CHUNK]
                line.sendall(struct.pack("!I", len(part)) + part)
            line.sendall(struct.pack("!I", 0))
            answer = _answer(line)
    except OSError as error:
        raise ScannerAway("the virus scanner doesn’t answer: try again in a moment, or tell your administrator") from error
    if answer.endswith(" FOUND"):
        name = answer.removeprefix("stream:").removesuffix("FOUND").strip()
        raise Infected(f"the virus scanner found {name[:100]}: the file is not kept")
    if not answer.endswith("OK"):
        raise ScannerAway(f"the virus scanner couldn’t scan the file: {answer[:200] or 'no answer'}")


def _connected(address: str) -> socket.socket:
    """A connection to the scanner on this machine."""
    if address.startswith("/"):
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(PATIENCE)
        try:
            line.connect(address)
        except OSError:
            line.close()
            raise
        return line
    host, _, port = address.rpartition(":")
    if host.strip("[]") not in _LOCAL or not port.isdecimal():
        raise OSError(f"{address} is neither a path nor a port of this machine")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE)


def _answer(line: socket.socket) -> str:
    received = b""
    while len(received) < 4096 and not received.endswith(b"\0"):
        part = line.recv(1024)
        if not part:
            break
        received += part
    return received.rstrip(b"\0\n").decode("utf-8", "replace")
