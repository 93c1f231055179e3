"""Statements of account as files, and as mails or letters: by hand, and one by one by schedule (see `statement_runs`)."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction

from arops.lib import pdf
from arops.lib.merging import amount_in, day_in, language_of, merge, one_line
from arops.lib.refusal import Refused
from collections_app.models import SentStatement, StatementSchedule
from collections_app.policy.statement_words import WORDS
from collections_app.selectors.statement import Statement, first_day, statements
from collections_app.services.statement_paper import XLSX, paper_of, workbook_of
from customers.models import Customer
from messaging.models import Message
from messaging.services import RESTS, Enclosed, queue_message
from org.actors import Actor
from workflow.services import record, store_file

Format = StatementSchedule.Format


class StatementRefused(Refused):
    """A statement that can't be made or sent as asked; the message says why."""


class StatementFile(NamedTuple):
    """A statement as a file."""

    name: str
    content: bytes
    content_type: str


def statement_file(*, customers: Sequence[Customer], as_of: date, format: str, author: str = "") -> StatementFile:
    """The statement of a customer as of a day, from the usual first day on, as `pdf` or `xlsx`; of several one of the group that the
    first heads. Whoever asks has seen to it that all are in sight. Raises StatementRefused where this server makes no PDFs."""
    return file_of(statements(customers, first_day(as_of), as_of), format, author)


def file_of(made: Sequence[Statement], format: str, author: str = "") -> StatementFile:
    """Statements built before, as a file. Raises StatementRefused."""
    head = made[0]
    name = re.sub(r"[^\w.-]+", "-", f"statement-{head.customer.number}-{head.as_of}")
    if format == Format.EXCEL:
        return StatementFile(f"{name}.xlsx", workbook_of(made, author), XLSX)
    try:
        return StatementFile(f"{name}.pdf", paper_of(made), "application/pdf")
    except pdf.PdfUnavailable as error:
        raise StatementRefused(f"{error}: take the Excel file") from error


def formats_of(format: str) -> tuple[str, ...]:
    """The files that a format means: both are two. Where this server makes no PDFs, Excel stands in."""
    asked = (Format.PDF.value, Format.EXCEL.value) if format == Format.BOTH else (format,)
    return tuple(dict.fromkeys(one if one == Format.EXCEL or pdf.is_available() else Format.EXCEL.value for one in asked))


def enclose(*, actor: Actor, made: Sequence[Statement], format: str) -> list[Enclosed]:
    """Statements as files that go with a message, kept. `format` is pdf, xlsx or both."""
    files = [file_of(made, one) for one in formats_of(format)]
    return [Enclosed(store_file(actor=actor, name=f.name, content=f.content, content_type=f.content_type)[0], f.name) for f in files]


@transaction.atomic
def note_sent(
    *, actor: Actor, made: Sequence[Statement], message: Message, schedule: StatementSchedule | None = None
) -> SentStatement:  # fmt: skip
    """Write down that a statement goes out with a message, once a message."""
    head = made[0]
    sent, new = SentStatement.objects.get_or_create(
        message=message,
        defaults={
            "schedule": schedule, "company": head.customer.company, "customer": head.customer, "as_of": head.as_of,
            "balance": balances_of(made), "accounts": accounts_of(made), "made_by": actor.label,
        },
    )  # fmt: skip
    if new:
        record(
            actor=actor, type="statement.sent", company_id=head.customer.company_id, subject=sent, day=head.as_of.isoformat(),
            accounts=len(made),
        )  # fmt: skip
    return sent


def balances_of(made: Sequence[Statement]) -> dict[str, int]:
    """Currency → minor units open of all the accounts."""
    found: dict[str, int] = {}
    for one in made:
        for currency, amount in one.balances.items():
            found[currency] = found.get(currency, 0) + amount
    return found


def accounts_of(made: Sequence[Statement]) -> dict[str, dict[str, int]]:
    """Of a group: what is open of each account by currency, by the customer's key; nothing for one account."""
    return {str(one.customer.pk): one.balances for one in made} if len(made) > 1 else {}


def others_of(made: Sequence[Statement]) -> list[int]:
    """Customers of a group besides its head."""
    return [one.customer.pk for one in made[1:]]


def send_statement(
    *, actor: Actor, made: Sequence[Statement], recipients: Sequence[str], format: str, dedupe_key: str, now: datetime,
    schedule: StatementSchedule | None = None,
) -> SentStatement | None:  # fmt: skip
    """Mail a statement in the words of the customer's language, or put it among what is printed where there is no address; the same
    `dedupe_key` again sends nothing and answers with None. Raises NotAllowed, StatementRefused."""
    head = made[0].customer
    files = enclose(actor=actor, made=made, format=format if recipients else Format.PDF)
    subject, body = words_of(made)
    with transaction.atomic():
        message, new = queue_message(
            actor=actor, company=head.company, customer=head, kind="statement", dedupe_key=dedupe_key, recipients=recipients,
            subject=subject, body=body, attachments=files, not_before=now + RESTS, also_about=others_of(made),
            channel=Message.Channel.EMAIL if recipients else Message.Channel.LETTER,
        )  # fmt: skip
        return note_sent(actor=actor, made=made, message=message, schedule=schedule) if new else None


def words_of(made: Sequence[Statement]) -> tuple[str, str]:
    """Subject and text of the mail that a statement goes with."""
    head = made[0].customer
    language = language_of(head.language)
    words, late = WORDS[language], [one.past_due for one in made]
    sums = [
        merge(words["owed"], {
            "currency": currency, "amount": amount_in(amount, currency, language),
            "late": amount_in(sum(one.get(currency, 0) for one in late), currency, language),
        })
        for currency, amount in sorted(balances_of(made).items())
    ]  # fmt: skip
    values = {
        "company": head.company.name, "number": head.number, "day": day_in(made[0].as_of, language), "sums": "\n".join(sums),
    }  # fmt: skip
    return one_line(merge(words["subject"], values))[:250], merge(words["body"], values)
