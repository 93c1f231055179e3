"""Attacks on who sees what: quotes of mails that aren't for the reader's eyes, views shared with others, rules over customers of others."""

from dataclasses import replace
from email.message import EmailMessage

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from collections_app.models import Inquiry
from collections_app.services.absences import end_absence, plan_absence
from collections_app.services.inquiries.moving import assign_inquiry, set_customer
from collections_app.services.portfolios import PortfolioRefused, RuleDraft, apply_rules, move_rule, save_rule
from collections_app.services.statement_schedules import ScheduleDraft, save_schedule
from customers.models import Contact, Customer
from messaging.models import InboundMail, InboundPart, Message
from messaging.selectors import WITH_LINK
from messaging.services.finishing import FINISHES
from messaging.services.queueing import queue_message
from org.actors import NotAllowed
from org.models import User
from org.services import create_api_key, disable_user
from reports.selectors.timeline import timeline
from tests.collections_app.letters_in import NOW, TODAY, bring, written
from tests.factories import SYSTEM, make_company, make_customer, make_user
from workflow.selectors.views import views_of
from workflow.services.views import keep_view

pytestmark = pytest.mark.django_db
SECRET = "Depot owes 17.00"


@pytest.fixture(autouse=True)
def business_date(settings):
    settings.BUSINESS_DATE = TODAY


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def group():
    """A head that Ana collects from, a depot that Ben does, and a mail to the head with what the depot owes."""
    company = make_company()
    ana, ben = (make_user("specialist", company, scope="portfolio") for _ in range(2))
    head = make_customer(company, "Holding", collector=ana)
    Contact.objects.create(customer=head, name="Eva", email="eva@holding.example")
    depot = make_customer(company, "Depot", collector=ben, parent=head)
    message, _ = queue_message(
        actor=SYSTEM, company=company, customer=head, kind="statement", dedupe_key="s", recipients=["eva@holding.example"],
        subject="Statement", body=SECRET, not_before=NOW, also_about=[depot.pk],
    )  # fmt: skip
    return ana, head, went_out(message, "<group@us.example>")


def went_out(message: Message, message_id: str) -> Message:
    Message.objects.filter(pk=message.pk).update(state="sent", sent_at=NOW, message_id=message_id)
    message.refresh_from_db()
    return message


def came_back(message: Message, quoted: str) -> EmailMessage:
    """A report of delivery with the whole mail in it."""
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Date"] = "MAILER-DAEMON@holding.example", "Undelivered", "Wed, 17 Feb 2027 08:00:00 +0000"
    mail["Content-Type"] = 'multipart/report; report-type=delivery-status; boundary="b"'
    mail.set_payload(
        f"--b\nContent-Type: text/plain\n\nSorry. You wrote: {quoted}\n--b\nContent-Type: message/delivery-status\n\n"
        f"Final-Recipient: rfc822; {message.recipients[0]}\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no such user\n\n"
        f'--b\nContent-Type: text/csv\nContent-Disposition: attachment; filename="s.csv"\n\n{quoted}\n'
        f"--b\nContent-Type: message/rfc822\n\nMessage-ID: {message.message_id}\nSubject: x\n\n{quoted}\n--b--\n"
    )
    return mail


def told(client: Client, inquiry: Inquiry, mail: InboundMail) -> str:
    """Everything that the pages of an inquiry and its mail say to a person."""
    pages = [reverse("collections:inquiry", args=[inquiry.pk]), reverse("collections:inbox-mail", args=[mail.pk])]
    pages += [reverse("collections:inbox-file", args=[part.pk]) for part in InboundPart.objects.filter(mail=mail)]
    pages += [reverse("customers:tab", args=[inquiry.customer_id, "timeline"])]
    return "".join(client.get(page).content.decode() for page in pages)


def test_what_came_back_of_a_group_tells_no_figure_of_the_others(group: tuple[User, Customer, Message]) -> None:
    ana, head, message = group
    mail, inquiry = bring(head.company, came_back(message, SECRET))
    assert inquiry and inquiry.customer == head and InboundPart.objects.filter(mail=mail).exists()
    client, boss = logged_in(ana), logged_in(make_user("supervisor", head.company))
    assert SECRET in told(boss, inquiry, mail) and "17.00" not in told(client, inquiry, mail)
    assert not [h for h in timeline(head, lane="contacts") if SECRET in h.quote]
    found = {"view": "open", "q": SECRET}
    address = reverse("collections:inbox")
    assert inquiry.number in boss.get(address, found).content.decode()
    assert inquiry.number not in client.get(address, found).content.decode()
    _, secret = create_api_key(actor=SYSTEM, name="one", scopes=["all"], customer_refs=[head.pk])
    said = Client().get(f"/api/v1/inquiries/inq_{inquiry.pk}", headers={"Authorization": f"Bearer {secret}"})
    assert said.status_code == 200 and SECRET not in said.content.decode()


def test_an_answer_to_a_group_is_read_without_what_it_quotes(group: tuple[User, Customer, Message]) -> None:
    ana, head, message = group
    words = f"We pay on Friday.\n\nOn 1 Feb 2027 AR <ar@us.example> wrote:\n{SECRET}\n> {SECRET}\n"
    mail, inquiry = bring(
        head.company, written("eva@holding.example", "Re: Statement", words, In_Reply_To=str(message.message_id), References="<x@y>")
    )
    assert inquiry and inquiry.customer == head
    seen = told(logged_in(ana), inquiry, mail)
    assert "We pay on Friday" in seen and "17.00" not in seen
    assert SECRET in told(logged_in(make_user("supervisor", head.company)), inquiry, mail)


def test_a_link_to_a_password_that_came_back_is_read_by_nobody() -> None:
    company = make_company()
    person, boss = make_user("controller", company), make_user("supervisor", company)
    link = f"https://us.example/settings/choose-password/{person.pk}-abc123-{'0af' * 11}/"
    message, _ = queue_message(
        actor=SYSTEM, company=company, customer=None, kind="password_link", dedupe_key=f"password_link:{person.pk}:1",
        recipients=[person.email], subject="Choose a password", body="Dear", not_before=NOW,
    )  # fmt: skip
    mail, inquiry = bring(company, came_back(went_out(message, "<link@us.example>"), link))
    assert inquiry is None and "0af" not in mail.body
    client = logged_in(boss)
    assert client.get(reverse("collections:inbox-others")).status_code == 200
    client.post(reverse("collections:inbox-take", args=[mail.pk]))
    made = Inquiry.objects.get()
    assert b"0af" not in client.get(reverse("collections:inquiry", args=[made.pk])).content
    for part in InboundPart.objects.filter(mail=mail):
        assert client.get(reverse("collections:inbox-file", args=[part.pk])).status_code == 404
    assert client.get(reverse("collections:inbox-mail", args=[mail.pk])).status_code == 404
    client.post(reverse("collections:inquiry-to-cash", args=[made.pk]))
    cash = InboundMail.objects.get(purpose="remittances")
    assert b"0af" not in client.get(reverse("cashapp:mail", args=[cash.pk])).content
    assert client.get(reverse("cashapp:mail-original", args=[cash.pk])).status_code == 404
    for part in InboundPart.objects.filter(mail=cash):
        assert client.get(reverse("cashapp:mail-part-original", args=[part.pk])).status_code == 404
    assert set(WITH_LINK) == set(FINISHES)


def test_who_sees_a_portfolio_moves_nobody_elses_customers() -> None:
    """A supervisor of a portfolio: by rules, or by saying that a colleague is away, every customer could come to them."""
    company = make_company()
    boss, ben = make_user("supervisor", company, scope="portfolio"), make_user("specialist", company, scope="portfolio")
    theirs = make_customer(company, "Zeta Works", collector=ben)
    draft = RuleDraft("All", (boss.pk,))
    rule = save_rule(actor=SYSTEM, company=company, draft=draft)
    client, moves = logged_in(boss), reverse("collections:portfolio-moves")
    assert client.get(moves).status_code == 403 and client.post(moves).status_code == 403
    assert client.get(reverse("collections:portfolio-rule", args=[rule.pk])).status_code == 403
    assert client.get(reverse("collections:team")).status_code == 403
    assert b"All" not in client.get(reverse("collections:portfolios")).content.partition(b"Workload")[2]
    for deed in (
        lambda: apply_rules(actor=boss, company=company, today=TODAY),
        lambda: save_rule(actor=boss, company=company, draft=draft),
        lambda: move_rule(actor=boss, rule=rule, up=True),
        lambda: plan_absence(actor=boss, company=company, person=ben, cover=boss, first=TODAY, last=TODAY, today=TODAY),
    ):
        with pytest.raises((PortfolioRefused, NotAllowed)):
            deed()
    theirs.refresh_from_db()
    assert theirs.collector == ben
    own = plan_absence(actor=boss, company=company, person=boss, cover=ben, first=TODAY, last=TODAY, today=TODAY)
    end_absence(actor=boss, absence=own, today=TODAY)
    assert apply_rules(actor=make_user("supervisor", company), company=company, today=TODAY) == 1


def test_a_shared_view_with_words_in_it_is_for_who_sees_the_whole_company() -> None:
    company = make_company()
    eva, sam = make_user("supervisor", company), make_user("senior", company)
    ana = make_user("senior", company, scope="portfolio")
    page = "collections:queue"
    told = keep_view(owner=eva, page=page, name="Large", query="scope=all&q=Depot+Ltd", is_shared=True)
    calls = keep_view(owner=eva, page=page, name="Calls", query="kind=call", is_shared=True)
    seen = {user: {offered.view for offered in views_of(user, page, "")} for user in (eva, sam, ana)}
    assert seen == {eva: {told, calls}, sam: {told, calls}, ana: {calls}}
    assert logged_in(ana).post(reverse("workflow:view-change", args=[told.pk]), {"do": "first"}).status_code == 404


def test_a_mail_of_nobodys_names_no_customer_of_a_colleague(group: tuple[User, Customer, Message]) -> None:
    """A stranger answers a mail to somebody else's customer; whoever is given the inquiry isn't told whose mail that was."""
    ana, head, _ = group
    depot = Customer.objects.get(name="Depot")
    message, _ = queue_message(
        actor=SYSTEM, company=head.company, customer=depot, kind="dunning", dedupe_key="d", recipients=["x@depot.example"],
        subject="Reminder of INV-DEPOT", body="Please pay", not_before=NOW,
    )  # fmt: skip
    went_out(message, "<depot@us.example>")
    _, inquiry = bring(head.company, written("thief@evil.example", "Re:", "Hello there.", In_Reply_To="<depot@us.example>"))
    assert inquiry and inquiry.customer is None
    Inquiry.objects.filter(pk=inquiry.pk).update(owner=ana)
    shown = logged_in(ana).get(reverse("collections:inquiry", args=[inquiry.pk])).content
    assert b"known there" in shown and b"Depot" not in shown and b"INV-DEPOT" not in shown


def test_who_confirms_is_counted_under_a_lock() -> None:
    """Two who confirm taken away in the same moment would leave an administrator alone, who then needs nobody."""
    company = make_company()
    admin, one = make_user("administrator", company), make_user("controller", company)
    make_user("controller", company)
    with CaptureQueriesContext(connection) as asked:
        disable_user(actor=admin, user=one)
    assert any("FOR NO KEY UPDATE" in q["sql"] and '"org_company"' in q["sql"] for q in asked.captured_queries)


def test_a_group_is_scheduled_by_who_sees_all_of_it(group: tuple[User, Customer, Message]) -> None:
    """Figures of accounts out of sight would go to whatever address stands at the head."""
    _, head, _ = group
    senior = make_user("senior", head.company, scope="portfolio")
    Customer.objects.filter(pk=head.pk).update(collector=senior)
    draft = ScheduleDraft("Group", TODAY, customer=head, for_group=True)
    with pytest.raises(NotAllowed, match="whole group"):
        save_schedule(actor=senior, company=head.company, draft=draft)
    kept = save_schedule(actor=senior, company=head.company, draft=replace(draft, for_group=False))
    with pytest.raises(NotAllowed, match="whole group"):
        save_schedule(actor=senior, company=head.company, draft=draft, schedule=kept)
    assert save_schedule(actor=make_user("senior", head.company), company=head.company, draft=draft, schedule=kept).for_group


def test_people_of_another_company_are_told_of_by_no_name(group: tuple[User, Customer, Message]) -> None:
    ana, head, _ = group
    _, inquiry = bring(head.company, written("eva@holding.example", "Question", "A question."))
    assert inquiry
    stranger, client = make_user("specialist", make_company()), logged_in(ana)
    asked = {"owner": str(stranger.pk), "version": str(inquiry.version)}
    assert client.post(reverse("collections:inquiry-assign", args=[inquiry.pk]), asked).status_code == 404
    assert client.post(reverse("collections:inbox-bulk"), asked | {"keys": str(inquiry.pk), "do": "assign"}).status_code == 404
    left = client.post(reverse("collections:inquiry-split", args=[inquiry.pk]), {"entry": "1", "version": asked["version"]})
    assert left.status_code == 302, "an inquiry in sight is no missing page, whatever mail is named"


def test_an_inquiry_of_another_portfolio_is_its_collectors(group: tuple[User, Customer, Message]) -> None:
    """Its former owner, who doesn't see it any more, would keep it from everybody."""
    ana, head, _ = group
    depot, boss = Customer.objects.get(name="Depot"), make_user("supervisor", head.company)
    _, inquiry = bring(head.company, written("eva@holding.example", "Question", "A question."))
    assert inquiry and inquiry.owner == ana
    moved = set_customer(actor=boss, inquiry=inquiry, customer=depot)
    assert moved.owner == depot.collector
    assert set_customer(actor=boss, inquiry=assign_inquiry(actor=boss, inquiry=moved, owner=boss), customer=head).owner == boss
