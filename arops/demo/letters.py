"""What the demo's customers wrote: this morning one paid, one promises, one disputes, one wants copies, one names another bank account, one
asks two things, one nobody knows; days ago two who were answered. With the words that answers begin with, and the paper they ask for."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

from arops.demo.paper import pdf
from arops.demo.setup import SYSTEM, World
from arops.lib import money
from collections_app.models import Inquiry
from collections_app.services.inquiries.answering import answer_inquiry
from collections_app.services.inquiries.taking import bring_mail
from collections_app.services.inquiries.templates import keep_paper, standard_templates
from customers.models import Contact
from ledger.models import OpenItem
from messaging.models import Message

HOME = "US01"
ANSWERED = (6, 2)
"""How many days ago those wrote who were answered: the first is content, of the other something is waited for."""


class Letters:
    """The mails of a morning, and what answers need."""

    def __init__(self, world: World, today: date, now: datetime) -> None:
        self.world, self.today, self.now = world, today, now

    def make(self) -> None:
        """Templates and the W-9 first, then the mails, through the inbox's own way."""
        for company in self.world.companies.values():
            standard_templates(actor=SYSTEM, company=company)
        home = self.world.companies[HOME]
        lines = [[(60, "Form W-9 of Aldermere, as it goes to customers", False)], [], [(60, "Demonstration only: no tax form.", False)]]
        keep_paper(
            actor=SYSTEM, company=home, code="w9", name=f"W-9 {self.today.year}", file_name=f"w9-{self.today.year}.pdf", content=pdf(lines),
            valid_to=date(self.today.year, 12, 31),
        )  # fmt: skip
        for n, (days, mail) in enumerate(self._mails()):
            day, moment = self.today - timedelta(days=days), self.now - timedelta(days=days, hours=21 - 2 * n)
            brought, _ = bring_mail(actor=SYSTEM, company=home, content=mail, name=f"{n}.eml", today=day, now=moment)
            if days:
                inquiry = Inquiry.objects.get(entries__mail=brought)
                self._answer(inquiry, brought.sender, day, moment + timedelta(hours=5), close=days == ANSWERED[0])

    def _answer(self, inquiry: Inquiry, to: str, day: date, moment: datetime, close: bool) -> None:
        """What Ana wrote: that all is done, or a question to the customer, whose answer is waited for."""
        words = "the statement is in our portal" if close else "which purchase order do you mean? Please send us its number"
        sent = answer_inquiry(
            actor=self.world.people["specialist"], inquiry=inquiry, recipients=[to], subject=f"Re: {inquiry.subject}",
            body=f"Good afternoon,\n\n{words}.\n\nKind regards\nAna Ribeiro\n", token="demo", now=moment, today=day, close=close,
        )  # fmt: skip
        Message.objects.filter(pk=sent.pk).update(state=Message.State.SENT, sent_at=moment)

    def _mails(self) -> Iterator[tuple[int, bytes]]:
        """To the home company, of customers of its specialist and one more: how many days ago, and the mail."""
        late = OpenItem.objects.open().owed().filter(company=self.world.companies[HOME], due_date__lt=self.today, kind="invoice")
        mine = late.filter(customer__collector=self.world.people["specialist"]).select_related("customer").order_by("due_date", "pk")
        items: dict[int, OpenItem] = {}
        for item in mine[:200]:
            items.setdefault(item.customer_id or 0, item)
        words = (self._promise, self._paid, self._price, self._copy, self._bank, self._two, self._done, self._order)
        for n, (item, write) in enumerate(zip(list(items.values())[2:], words, strict=False)):
            contact = Contact.objects.filter(customer=item.customer, is_active=True).exclude(email="").order_by("pk").first()
            if contact:
                subject, body = write(item)
                days = ANSWERED[words.index(write) - len(words)] if write in (self._done, self._order) else 0
                said = f"Good morning,\n\n{body}\n\nKind regards\n{contact.name}\n"
                yield days, self._mail(f"{contact.name} <{contact.email}>", subject, said, n, days)
        if items:
            last = next(iter(items.values()))
            said = f"Hello,\n\nplease send me a copy of invoice {last.number} and a statement of the account.\n\nThanks\nJ. Doe\n"
            yield 0, self._news()
            yield 0, self._mail("J. Doe <jdoe.accounts@gmail.example>", "Invoice copy", said, 9)

    def _news(self) -> bytes:
        """A newsletter, which becomes no inquiry."""
        words = "Five ways to read a cash flow statement, and our autumn courses.\n"
        return self._mail(
            "Ledger Weekly <news@ledgerweekly.example>", "This week: cash flow", words, 8, list_id="<news.ledgerweekly.example>"
        )

    def _promise(self, item: OpenItem) -> tuple[str, str]:
        day = self.today + timedelta(days=9)
        return f"Payment of {item.number}", f"we will pay invoice {item.number} in full on {day:%-d %B}. It is in our next payment run."

    def _paid(self, item: OpenItem) -> tuple[str, str]:
        day, amount = self.today - timedelta(days=3), money.format(item.balance, item.currency)
        return "Your reminder", f"we paid {item.number} by wire on {day:%-d %B}: {item.currency} {amount}. Can you not see it yet?"

    def _price(self, item: OpenItem) -> tuple[str, str]:
        return f"Re: {item.number}", f"the unit price on {item.number} is wrong: our contract says less.\nWe need your W-9 as well, please."

    def _copy(self, item: OpenItem) -> tuple[str, str]:
        return "Missing invoice", f"we never received invoice {item.number}. Please send us a copy, then we can release it."

    def _bank(self, item: OpenItem) -> tuple[str, str]:
        words = f"our bank details changed. Please send what is left after your credit for {item.number} to our new account from now on."
        return "Change of bank details", words

    def _two(self, item: OpenItem) -> tuple[str, str]:
        day = self.today + timedelta(days=6)
        return "Statement and payment", f"please send us a statement of the account.\nWe will pay {item.number} on {day:%-d %B}."

    def _done(self, item: OpenItem) -> tuple[str, str]:
        return "Statement, please", "could you send us a statement of account? We close our month."

    def _order(self, item: OpenItem) -> tuple[str, str]:
        return f"{item.number}: order number", f"we can't release {item.number}, since it doesn't name our purchase order. Which one is it?"

    def _mail(self, sender: str, subject: str, words: str, n: int, days: int = 0, list_id: str = "") -> bytes:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, "receivables@aldermere.example", subject
        mail["Date"] = format_datetime(self.now - timedelta(days=days, hours=3, minutes=7 * n))
        mail["Message-ID"] = f"<{self.today:%Y%m%d}.{n}@customers.example>"
        if list_id:
            mail["List-Id"], mail["Precedence"] = list_id, "bulk"
        mail.set_content(words)
        return mail.as_bytes()
