"""The pages of letters that are written down: made one by one, each in a transaction of its own, with what goes along, and let go to the
outbox unless a person has to allow them first. Several processes may do so at once; one that is killed has done a letter or hasn't."""

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from arops.lib import pdf
from collections_app.models import DunningLetter, DunningRun
from collections_app.selectors.dunning import Case
from collections_app.selectors.dunning_letters import case_of
from collections_app.selectors.statement import first_day, statements
from collections_app.services.dunning_letters import write_letter
from collections_app.services.statements import enclose
from invoicing.models import Invoice
from invoicing.services.paper import file_name, invoice_pdf
from messaging.models import Message
from messaging.services import RESTS, Enclosed, complete_draft
from org.actors import Actor
from workflow.services import store_file

COPIES = 20
"""Copies of invoices that go with one letter: the oldest; whoever wants more asks for them."""

log = logging.getLogger(__name__)


def lay_out_letters(*, run: DunningRun, actor: Actor, now: datetime, tell: Callable[[int, int], None]) -> int:
    """Make the pages of all letters of a run that have none yet; how many that were. Safe to repeat, and to kill."""
    waiting = list(_without_pages(run).order_by("pk").values_list("pk", flat=True))
    for number, pk in enumerate(waiting, 1):
        lay_out_letter(pk=pk, actor=actor, now=now)
        tell(number, len(waiting))
    return len(waiting)


def _without_pages(run: DunningRun):  # type: ignore[no-untyped-def]
    return run.letters.filter(reason="", pdf=None, message__state=Message.State.DRAFT)


def lay_out_letter(*, pk: int, actor: Actor, now: datetime) -> None:
    """One letter: its page, its enclosures, its way to the outbox. What goes wrong is noted, and its level counts as not given."""
    try:
        with transaction.atomic():
            letter = _locked(pk)
            if letter is not None:
                _complete(letter, actor, now)
    except Exception:
        log.exception("dunning: letter %s", pk)
        _fail(pk)


def _locked(pk: int) -> DunningLetter | None:
    """The letter, locked, if it has no pages yet and nobody else makes them now."""
    found = DunningLetter.objects.filter(pk=pk, reason="", pdf=None, message__state=Message.State.DRAFT)
    found = found.select_related("customer__company", "customer__collector", "step", "message", "run")
    locked: DunningLetter | None = found.select_for_update(of=("self",), skip_locked=True).first()
    return locked


def _complete(letter: DunningLetter, actor: Actor, now: datetime) -> None:
    if letter.step is None or letter.message is None:
        raise ValueError("a letter without step and message has no words")
    case = case_of(letter)
    along = _along(letter, case, actor) if pdf.is_available() else []
    copies = len(along) - letter.step.with_statement if along else 0
    made = write_letter(case, letter.step, letter.run.day, statement=bool(along) and letter.step.with_statement, copies=copies)
    letter.pdf, _ = store_file(actor=actor, name=made.file_name, content=made.file, content_type=made.content_type)
    letter.save(update_fields=["pdf"])
    files = [Enclosed(letter.pdf, made.file_name), *along]
    complete_draft(
        actor=actor, message=letter.message, attachments=files, body=made.body, not_before=now + RESTS, release=not letter.needs_approval
    )  # fmt: skip


def _along(letter: DunningLetter, case: Case, actor: Actor) -> list[Enclosed]:
    """The statement and the copies that the step asks for."""
    files, day = list[Enclosed](), letter.run.day
    if letter.step and letter.step.with_statement:
        files += enclose(actor=actor, made=statements([letter.customer], first_day(day), day), format="pdf")
    if letter.step and letter.step.with_copies:
        wanted = [asked.debit.item_id for asked in case.decision.asked]
        rows = Invoice.objects.filter(open_item__in=wanted).select_related("company", "customer", "open_item")
        files += [_copy(invoice, actor) for invoice in rows.order_by("open_item__due_date", "pk")[:COPIES]]
    return files


def _copy(invoice: Invoice, actor: Actor) -> Enclosed:
    name = file_name(invoice, "pdf")
    stored, _ = store_file(actor=actor, name=name, content=invoice_pdf(invoice, copy=True), content_type="application/pdf")
    return Enclosed(stored, name)


@transaction.atomic
def _fail(pk: int) -> None:
    words = "the letter could not be written: see the server’s log"
    letter = (
        DunningLetter.objects.select_for_update(of=("self",)).filter(pk=pk, reason="", pdf=None, message__state=Message.State.DRAFT).first()
    )
    if letter is not None:
        Message.objects.filter(pk=letter.message_id).update(state=Message.State.CANCELLED, error=words)
        letter.reason, letter.left_out_because, letter.level, letter.amount, letter.items = "error", words, 0, 0, []
        letter.save(update_fields=["reason", "left_out_because", "level", "amount", "items"])
