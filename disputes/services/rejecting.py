"""A claim rejected with evidence: the letter on the company's letterhead, with what was compared and where each figure stands, and the
files that show it; sent through the outbox.

What customers wrote stands in it as they wrote it: nothing in it is markup and nothing is fetched (see `arops.lib.pdf`).
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.template.loader import render_to_string

from arops.lib import pdf
from arops.lib.merging import day_in, language_of, merge, one_line, sum_in
from disputes.models import CaseText, Dispute, Settlement
from disputes.policy.letter import LETTER, TITLES, cited_in, said_in
from disputes.policy.texts import REASONS
from disputes.selectors.telling import text_for
from disputes.services.telling import tell_customer
from disputes.services.ways import files_of
from invoicing.selectors.investigation import Cell, Cite, Row
from invoicing.services.investigating import investigate_invoice
from invoicing.services.paper import look_of, sheet
from messaging.models import Message
from messaging.services import Enclosed
from org.actors import Actor
from workflow.models import Attachment
from workflow.services import store_file

ALSO = {"po_missing": "document", "terms": "terms", "tax": "tax"}
"""Reason of a case → the row about the whole document that belongs to it."""
MOST_ROWS = 60


def send_letter(*, actor: Actor, settlement: Settlement, case: Dispute, today: date, now: datetime) -> Message | None:
    """Make the letter and queue it with the chosen files; once for each time that the case is rejected."""
    enclosed = files_of(settlement)
    made = letter_pdf(case, settlement.words, enclosed, today)
    words = _words(case)
    name = f"{words['file']}-{re.sub(r'[^A-Za-z0-9._-]+', '-', case.number)[:60]}.pdf"
    stored, _ = store_file(actor=actor, name=name, content=made, content_type="application/pdf")
    said = settlement.to_customer
    files = [Enclosed(stored, name), *(Enclosed(file.file, file.name) for file in enclosed)]
    own = f"{words['dear']}\n\n{said or words['mail']}\n\n{words['regards']}\n{case.company.name}\n"
    has_text = text_for(case.company_id, CaseText.Event.REJECTED, language_of(case.customer.language)) is not None
    return tell_customer(
        actor=actor, dispute=case, event=CaseText.Event.REJECTED, now=now, today=today, subject=words["subject"],
        body="" if has_text else own, words=said or settlement.words, files=files, wanted=True,
    )  # fmt: skip


def letter_pdf(case: Dispute, reasons: str, enclosed: Sequence[Attachment], today: date) -> bytes:
    """The letter as PDF. Raises PdfUnavailable."""
    context = letter_of(case, reasons, enclosed, today)
    return pdf.from_html(render_to_string("disputes/letter.html", context), sheet(context["accent"], context["language"]))


def letter_of(case: Dispute, reasons: str, enclosed: Sequence[Attachment], today: date) -> dict[str, Any]:
    """What stands in the letter."""
    language = language_of(case.customer.language)
    return {
        "case": case, "company": case.company, "customer": case.customer, "w": _words(case), "reasons": reasons.strip(),
        "today": day_in(today, language), "opened": day_in(case.opened_on, language), "language": language,
        "claimed": sum_in(case.amount, case.currency, language),
        "reason": REASONS[language].get(case.reason, case.get_reason_display()), "rows": rows_in(case, language), "enclosed": enclosed,
        "signed": case.owner.name if case.owner else "", **look_of(case.company, language),
    }  # fmt: skip


def _words(case: Dispute) -> dict[str, str]:
    language = language_of(case.customer.language)
    item = case.open_item
    values = {
        "item": one_line(item.number), "case": case.number, "day": day_in(item.document_date, language),
        "amount": sum_in(case.amount, case.currency, language),
    }  # fmt: skip
    return {name: merge(text, values) for name, text in LETTER[language].items()}


def rows_in(case: Dispute, language: str) -> list[tuple[str, list[Cell]]]:
    """The comparison in the letter's language, amounts with their currency."""
    return [
        (TITLES[language].get(title, title), [_cell_in(cell, case.currency, language) for cell in cells]) for title, cells in compared(case)
    ]


def _cell_in(cell: Cell, currency: str, language: str) -> Cell:
    said = [said_in(words, language) for words in cell.said]
    said += [sum_in(cell.amount, currency, language)] if cell.amount is not None else []
    return Cell(said, None, [Cite(cited_in(c.words, language), c.url) for c in cell.cites])


def compared(case: Dispute) -> list[tuple[str, list[Cell]]]:
    """What each document says about the contested lines (all, where the case names none), with its source; and about the whole document
    where the reason is about it."""
    if case.invoice is None:
        return []
    found, _ = investigate_invoice(case.invoice)
    numbers = {str(n) for n in case.lines.values_list("line__number", flat=True)}
    also = ALSO.get(case.reason, "")

    def wanted(row: Row) -> bool:
        return row.key == also or (row.key.isdecimal() and (not numbers or row.key in numbers))

    return [(row.title, list(row.cells)) for row in found.rows if wanted(row)][:MOST_ROWS]
