"""What a company's paper looks like: logo, colour, lines at the foot."""

import io
import re

from django.db import transaction
from PIL import Image, UnidentifiedImageError

from arops.lib.refusal import Refused
from invoicing.models import Letterhead
from org.actors import Actor, require
from org.models import Company
from workflow.models import StoredFile
from workflow.services import record, store_file

MAX_BYTES, MAX_SIDE = 300 * 1024, 2_000
KINDS = {"PNG": "image/png", "JPEG": "image/jpeg"}
READABLE = 3.0
"""Contrast with white paper that a heading needs (WCAG, large text)."""


class LetterheadRefused(Refused):
    """The logo or the colour can't be used; the message says why."""


@transaction.atomic
def set_letterhead(
    *, actor: Actor, company: Company, accent: str, footer: str, payment_note: str, logo: bytes | None = None, remove_logo: bool = False
) -> Letterhead:
    """Change a company's letterhead; a logo is given as the bytes of a PNG or JPEG. Raises LetterheadRefused, NotAllowed."""
    require(actor, "settings.manage", company.pk)
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", accent):
        raise LetterheadRefused("write the colour as # and six hexadecimal digits, such as #1d4ed8")
    if contrast_with_white(accent) < READABLE:
        raise LetterheadRefused(f"{accent} is too light to be read on white paper: choose a darker one")
    head, _ = Letterhead.objects.select_for_update(of=("self",)).get_or_create(company=company)
    before = {"accent": head.accent, "footer": head.footer, "payment_note": head.payment_note, "logo": head.logo_id}
    head.accent, head.footer, head.payment_note, head.changed_by = accent.lower(), footer, payment_note, actor.label
    head.logo = _stored(actor, logo) if logo else None if remove_logo else head.logo
    head.save()
    after = {"accent": head.accent, "footer": head.footer, "payment_note": head.payment_note, "logo": head.logo_id}
    if before != after:
        record(actor=actor, type="letterhead.changed", company_id=company.pk, subject=head, before=before, after=after)
    return head


def _stored(actor: Actor, content: bytes) -> StoredFile:
    """The logo, kept. Nothing but a picture of points: what could hold a script or an address is refused."""
    if len(content) > MAX_BYTES:
        raise LetterheadRefused(f"the logo is larger than {MAX_BYTES // 1024} kB")
    try:
        with Image.open(io.BytesIO(content), formats=list(KINDS)) as picture:
            kind, size = str(picture.format), picture.size
            if max(size) > MAX_SIDE:
                raise LetterheadRefused(f"the logo has {size[0]} × {size[1]} points; {MAX_SIDE} a side are enough")
            picture.verify()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise LetterheadRefused("the logo is neither a PNG nor a JPEG that can be read") from None
    name = f"logo.{'png' if kind == 'PNG' else 'jpg'}"
    return store_file(actor=actor, name=name, content=content, content_type=KINDS[kind])[0]


def contrast_with_white(colour: str) -> float:
    """The contrast ratio of WCAG between the colour and white.

    >>> round(contrast_with_white("#000000"))
    21
    """
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)
