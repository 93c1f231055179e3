"""An issued document as XML, judged by schema, sums and, where they can be run, the official rules."""

from dataclasses import dataclass
from typing import Literal

from django.conf import settings

from invoicing.einvoice import EInvoiceRefused, Fault, write
from invoicing.einvoice.schematron import Verdict, judge
from invoicing.models import Invoice
from invoicing.selectors.einvoices import einvoice_of


@dataclass(frozen=True, slots=True)
class Written:
    """The XML and what the official rules said of it."""

    xml: bytes
    verdict: Verdict


def write_einvoice(invoice: Invoice, syntax: Literal["ubl", "cii"] = "ubl") -> Written:
    """The document in a syntax of EN 16931. Raises EInvoiceRefused, whose faults name what to mend."""
    xml = write(einvoice_of(invoice), syntax)
    verdict = judge(xml, syntax, settings.EINVOICE_SCHEMATRON_DIR)
    if verdict.broken:
        raise EInvoiceRefused([Fault(broken.rule, broken.words) for broken in verdict.broken])
    return Written(xml, verdict)
