"""The day as a paper, for the binder."""

from pathlib import Path

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string

from arops.lib import clock, pdf
from cashapp.views.reconciling.present import BankRow, DayPage
from invoicing.services.paper import in_colour, look_of
from org.selectors import actor_names

PAPER = Path(settings.BASE_DIR) / "static" / "css" / "paper.css"
MOST = 2000
"""Lines of the bank that a paper holds; the Excel file holds all."""


def paper_of(made: DayPage, bank: list[BankRow]) -> HttpResponse:
    """The reconciliation as PDF: figures, items, lines, who prepared and who signed it, and the hash of what was signed."""
    account = made.account.row
    look = look_of(account.company, "en")
    context = {
        "made": made, "row": made.row, "account": account, "currency": account.currency, "bank": bank[:MOST],
        "more": max(0, len(bank) - MOST),
        "names": actor_names({made.row.prepared_by, made.row.signed_by}), "at": clock.now(), **look,
    }  # fmt: skip
    content = pdf.from_html(render_to_string("cashapp/reconciling/paper.html", context), in_colour(PAPER.read_text(), look["accent"]))
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="reconciliation-{account.pk}-{made.day}.pdf"'
    return response
