"""A page of text as PDF: words in Helvetica, each at its place. Enough for an advice that a customer's system prints."""

from collections.abc import Sequence

HEIGHT, TOP, STEP, SIZE = 842, 790, 16, 10
_PER_PAGE = 44
_WIDTH = 0.5 * SIZE
"""About what a digit of Helvetica takes, to set amounts flush right."""

Cell = tuple[int, str, bool]
"""Where it begins (or, flush right, ends) in points from the left, the text, whether it is flush right."""


def pdf(lines: Sequence[Sequence[Cell]]) -> bytes:
    """The lines from top to bottom, over as many pages as they take; an empty line is a gap."""
    pages = [lines[at : at + _PER_PAGE] for at in range(0, len(lines), _PER_PAGE)] or [()]
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for n, page in enumerate(pages):
        content = b"\n".join(_cell(cell, TOP - row * STEP) for row, line in enumerate(page) for cell in line)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 {HEIGHT}] /Resources << /Font << /F1 3 0 R >> >> "
            f"/Contents {5 + 2 * n} 0 R >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    return _file(objects)


def _cell(cell: Cell, y: int) -> bytes:
    x, text, right = cell
    left = x - round(len(text) * _WIDTH) if right else x
    said = text.encode("cp1252", "replace").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    return b"BT /F1 %d Tf %d %d Td (%s) Tj ET" % (SIZE, left, y, said)


def _file(objects: Sequence[bytes]) -> bytes:
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        out += b"%010d 00000 n \n" % place
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
