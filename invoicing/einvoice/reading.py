"""Reading the XML of an invoice: nothing in it may name an entity, open a file or an address."""

from typing import Any

from lxml import etree

from arops.lib.refusal import InputRefused

MAX_BYTES = 20 * 1024 * 1024


class Unreadable(InputRefused):
    """The bytes are no e-invoice that can be read; the message says why."""

    def __init__(self, line: int | None, reason: str = "") -> None:
        super().__init__(line, reason)


def parse(xml: bytes) -> Any:
    """The root element. Raises Unreadable for a DOCTYPE (and so for entities), for what is not XML, and for too much of it."""
    if len(xml) > MAX_BYTES:
        raise Unreadable(None, f"the file is larger than {MAX_BYTES // 1024 // 1024} MB")
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, dtd_validation=False, huge_tree=False)
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable(None, f"it is not well-formed XML: {str(error)[:200]}") from None
    if root.getroottree().docinfo.doctype or root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable(None, "it holds a DOCTYPE, which no invoice needs: refused")
    return root


def read(xml: bytes) -> dict[str, Any]:
    """The business terms (BT- and BG- keys) of an invoice in UBL or CII. Raises Unreadable."""
    from facturx import parse_ubl_cii_xml

    root = parse(xml)
    try:
        found: dict[str, Any] = parse_ubl_cii_xml(root, check_xsd=False, check_schematron=False)
    except Exception as error:  # the library raises bare exceptions
        raise Unreadable(None, f"it is no invoice in UBL 2.1 or CII: {str(error)[:200]}") from None
    return found
