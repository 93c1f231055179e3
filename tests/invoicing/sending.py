"""Sending documents and following them, for tests."""

from datetime import timedelta

from invoicing.models import InvoiceDelivery
from invoicing.services.delivering import follow_outbox, note_answer
from invoicing.services.sending import send_invoice
from messaging.services import Rejected, send_due
from tests.factories import SYSTEM
from tests.invoicing.sent import DAY, NOW

LATER = NOW + timedelta(seconds=11)


def send(invoice, **fields):
    return send_invoice(actor=SYSTEM, invoice=invoice, **{"now": NOW, "today": DAY} | fields)


def out(now=LATER, today=DAY, send=lambda message: ""):
    send_due(now=now, send=send)
    return follow_outbox(now=now, today=today)


def refuses(message):
    raise Rejected("the mail server refused it: 550 no such mailbox")


def state(invoice):
    return InvoiceDelivery.objects.get(invoice=invoice).state


def said(invoice, what, day=DAY, reason="", **fields):
    return note_answer(actor=SYSTEM, invoice=invoice, state=what, day=day, reason=reason, now=NOW, today=fields.pop("today", DAY), **fields)


def steps(invoice):
    return list(invoice.delivery_events.order_by("pk").values_list("state", flat=True))
