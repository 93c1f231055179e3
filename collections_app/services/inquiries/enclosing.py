"""The files that go with an answer, made when it is sent."""

from collections.abc import Collection
from datetime import date

from collections_app.models import Inquiry
from collections_app.selectors.inquiries.enclosures import COPIES, STATEMENT, copies_of, papers_of
from collections_app.services.inquiries.errors import InquiryRefused
from collections_app.services.statements import formats_of, statement_file
from invoicing.services.sending import MAX_MAIL, files_of
from messaging.services import Enclosed
from org.actors import Actor
from workflow.services import store_file


def enclose(*, actor: Actor, inquiry: Inquiry, codes: Collection[str], today: date) -> list[Enclosed]:
    """The files that the codes stand for: `copies`, `statement`, papers of our own by theirs. Copies and statement are of the inquiry's
    customer alone. Raises InquiryRefused, and what making the files refuses."""
    files: list[Enclosed] = []
    if {COPIES, STATEMENT} & set(codes) and inquiry.customer is None:
        raise InquiryRefused("say whose inquiry it is first: nothing of an account goes to a stranger")
    if COPIES in codes:
        copies = copies_of(inquiry)
        if not copies:
            raise InquiryRefused("choose the invoices first: there is no document to copy")
        for invoice in copies:
            files += files_of(actor, invoice, with_xml=False, copy=True)
    if STATEMENT in codes and inquiry.customer:
        made = statement_file(customers=[inquiry.customer], as_of=today, format=formats_of("pdf")[0])
        stored, _ = store_file(actor=actor, name=made.name, content=made.content, content_type=made.content_type)
        files.append(Enclosed(stored, made.name))
    files += [Enclosed(p.stored_file, p.file_name) for p in papers_of(inquiry.company_id, today) if p.code in codes]
    unknown = set(codes) - {COPIES, STATEMENT} - {p.code for p in papers_of(inquiry.company_id, today)}
    if unknown:
        raise InquiryRefused(f"{', '.join(sorted(unknown))}: there is no such paper, or it has run out")
    if sum(one.file.size for one in files) > MAX_MAIL:
        raise InquiryRefused(f"with its files the answer is larger than {MAX_MAIL // 1024 // 1024} MB: send some of them apart")
    return files
