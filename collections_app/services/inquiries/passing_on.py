"""A mail that belongs elsewhere: handed to cash as a remittance advice, or its sender kept as a contact."""

from django.db import transaction

from collections_app.models import Inquiry
from collections_app.services.inquiries.errors import InquiryRefused
from collections_app.services.inquiries.moving import WORK, changed, locked
from customers.models import Contact
from customers.services import save_contact
from messaging.models import InboundMail, Mailbox
from messaging.services.queueing import is_address
from messaging.services.receiving import receive_mail
from org.actors import Actor, require


@transaction.atomic
def hand_to_cash(*, actor: Actor, inquiry: Inquiry) -> InboundMail:
    """Give the mail, as it came, to those who read remittance advices; it is read there as if it had come to them. Raises InquiryRefused,
    NotAllowed (cash.import)."""
    require(actor, WORK, inquiry.company_id)
    entry = inquiry.entries.filter(mail__isnull=False).select_related("mail__stored_file").order_by("-pk").first()
    if entry is None or entry.mail is None:
        raise InquiryRefused("there is no mail in it")
    content = bytes(entry.mail.stored_file.content)
    mail, fresh = receive_mail(actor=actor, company=inquiry.company, content=content, purpose=Mailbox.Purpose.REMITTANCES)
    if not fresh:
        raise InquiryRefused("cash has this mail already")
    changed(actor, locked(inquiry, None), "inquiry.handed_to_cash", [])
    return mail


@transaction.atomic
def keep_sender(*, actor: Actor, inquiry: Inquiry) -> Contact:
    """Make who wrote a contact of the customer, so that answers go there without a question. It gets no reminders of itself. Raises
    InquiryRefused, NotAllowed (customers.edit)."""
    found = locked(inquiry, None)
    mail = InboundMail.objects.filter(inquiry_entry__inquiry=found, automatic="").order_by("-pk").first()
    if found.customer is None or mail is None or not is_address(mail.sender):
        raise InquiryRefused("say whose inquiry it is first" if found.customer is None else "nobody with an address wrote")
    known = Contact.objects.filter(customer=found.customer, email__iexact=mail.sender).first()
    if known:
        raise InquiryRefused(f"{known.name} has this address at {found.customer.name} already")
    name = (mail.sender_name or mail.sender.partition("@")[0])[:150]
    made = save_contact(
        actor=actor, customer=found.customer, name=name, email=mail.sender, role=Contact.Role.OTHER, receives_letters=False
    )  # fmt: skip
    found.contact = made
    changed(actor, found, "inquiry.contact_kept", ["contact"], email=mail.sender)
    return made
