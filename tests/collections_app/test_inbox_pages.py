"""The inbox on its pages and over the API: what is in sight, one key for what was recognised, two for an answer with copies."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from collections_app.models import AnswerTemplate, Inquiry, OwnPaper, Promise, Suggestion
from collections_app.services.inquiries.noticing import inquiry_notices
from collections_app.services.inquiries.templates import TemplateDraft, keep_paper, save_template, standard_templates
from customers.models import Contact, Customer
from invoicing.services import issue_documents
from messaging.models import InboundMail, Message
from messaging.services import send_due
from org.models import User
from org.services import create_api_key
from reports.selectors.item_timeline import item_timeline
from reports.selectors.timeline import timeline
from tests.collections_app.letters_in import NOW, TODAY, send_in, written
from tests.factories import SYSTEM, issue, make_company, make_customer, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(settings) -> User:
    settings.BUSINESS_DATE = TODAY
    return make_user("specialist", make_company(currency="EUR"), scope="portfolio")


@pytest.fixture
def acme(ana: User) -> Customer:
    company = ana.memberships.get().company  # type: ignore[attr-defined]
    made = make_customer(company, "ACME GmbH", collector=ana, number="C-1", external_id="C-1", source_system="erp")
    Contact.objects.create(customer=made, name="Jo", email="jo@acme.example")
    row = {
        "company": company.code, "customer": {"external_id": "C-1"}, "number": "INV-1001", "external_id": "INV-1001", "currency": "EUR",
        "document_date": "2027-01-02", "due_date": "2027-02-01", "total": "500.00",
        "lines": [{"description": "work", "quantity": "1", "unit_price": "500.00", "amount": "500.00"}],
    }  # fmt: skip
    assert [o.outcome for o in issue_documents([row], actor=SYSTEM, source_system="erp")] == ["created"]
    return made


def enter(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_two_keys_answer_with_copies(acme: Customer, ana: User) -> None:
    standard_templates(actor=SYSTEM, company=acme.company)
    _, asked = send_in(acme.company, "jo@acme.example", "Copy", "Please send us a copy of invoice INV-1001.")
    assert asked
    client, suggestion = enter(ana), Suggestion.objects.get()
    there = client.post(reverse("collections:suggestion-confirm", args=[suggestion.pk]))
    assert there.headers["Location"] == reverse("collections:inquiry-answer", args=[asked.pk])
    form = client.get(there.headers["Location"]).context["reply"]["form"]
    assert form.initial["to"] == ["jo@acme.example"] and form.initial["encloses"] == ["copies"]
    assert "INV-1001" in form.initial["body"] and "500.00 EUR" in form.initial["body"] and "Ana" not in form.initial["subject"]
    sent = {**form.initial, "token": "t", "version": asked.version}
    client.post(there.headers["Location"], sent)
    client.post(there.headers["Location"], sent)
    message = Message.objects.get(kind="answer")
    assert [f.name for f in message.enclosed.all()] == ["invoice-INV-1001.pdf"] and asked.number in message.subject
    suggestion.refresh_from_db()
    assert (suggestion.state, suggestion.result) == ("confirmed", f"message:{message.pk}")
    unsend = reverse("collections:inquiry-unsend", args=[asked.pk, message.pk])
    client.post(unsend)
    asked.refresh_from_db()
    assert (asked.state, Message.objects.get(pk=message.pk).state) == ("open", "cancelled")
    page = client.get(reverse("collections:inquiry", args=[asked.pk])).content.decode()
    assert "Please send us a copy of invoice INV-1001." in page and "taken back" in page.lower()


def test_only_what_is_in_sight_and_one_key_takes_a_promise(acme: Customer, ana: User) -> None:
    company = acme.company
    make_customer(company, "Hidden SA", number="H-1")
    _, strange = send_in(company, "x@unknown.example", "<b>Hidden SA</b>", "About INV-1001: <script>alert(1)</script>")
    _, promised = send_in(company, "jo@acme.example", "Soon", "We will pay INV-1001 on 24 February.")
    assert strange and promised
    client, boss = enter(ana), enter(make_user("supervisor", company))
    listed = client.get(reverse("collections:inbox")).content.decode()
    assert "Soon" in listed and "Hidden SA" not in listed
    for name in ("inquiry", "inquiry-answer", "inquiry-next"):
        assert client.get(reverse(f"collections:{name}", args=[strange.pk])).status_code == 404
    mail = InboundMail.objects.get(inquiry_entry__inquiry=strange)
    assert client.get(reverse("collections:inbox-mail", args=[mail.pk])).status_code == 404
    seen = boss.get(reverse("collections:inquiry", args=[strange.pk])).content.decode()
    assert "names INV-1001" in seen and "&lt;script&gt;" in seen and "<script>alert" not in seen
    client.post(reverse("collections:suggestion-confirm", args=[Suggestion.objects.get(entry__inquiry=promised).pk]))
    assert Promise.objects.get().amount == 500_00
    standard_templates(actor=SYSTEM, company=company)
    form = client.get(reverse("collections:inquiry-answer", args=[promised.pk])).context["reply"]["form"]
    assert "we expect your payment of 500.00 EUR on 24 February 2027 for INV-1001" in form.initial["body"]
    boss.post(reverse("collections:inquiry-customer", args=[strange.pk]), {"customer": acme.pk, "version": strange.version})
    strange.refresh_from_db()
    assert strange.customer == acme and client.get(reverse("collections:inquiry", args=[strange.pk])).status_code == 200
    assert b"Soon" in client.get(reverse("collections:inbox") + "?view=open&format=csv").content


def test_next_goes_through_all_of_them(acme: Customer, ana: User) -> None:
    asked = [send_in(acme.company, "jo@acme.example", f"Question {n}", f"What about {n}?")[1] for n in range(3)]
    client, here = enter(ana), asked[0]
    seen = []
    for _ in asked:
        assert here
        there = client.get(reverse("collections:inquiry-next", args=[here.pk])).headers["Location"]
        here = next(inquiry for inquiry in asked if inquiry and reverse("collections:inquiry", args=[inquiry.pk]) == there)
        seen.append(here)
    assert seen == [*asked[1:], asked[0]]


def test_a_mail_is_brought_and_one_taken_down(acme: Customer, ana: User) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    client = enter(ana)
    mail = written("jo@acme.example", "Brought", "A question.").as_bytes()
    for said in ("Taken in", "here already"):
        given = {"file": SimpleUploadedFile("a.eml", mail), "company": acme.company_id}
        page = client.post(reverse("collections:inbox-upload"), given, follow=True)
        assert said in page.content.decode()
    asked = {"customer": "c-1", "source": "phone", "kind": "other", "subject": "Called", "words": "INV-1001"}
    client.post(reverse("collections:inquiry-new"), asked)
    made = Inquiry.objects.get(subject="Called")
    assert (made.owner, made.items.count()) == (ana, 1)
    client.post(reverse("collections:inquiry-close", args=[made.pk]), {"version": made.version, "reason": "told"})
    made.refresh_from_db()
    assert made.state == "closed"


def test_templates_and_papers_are_kept_by_those_who_may(acme: Customer, ana: User) -> None:
    company, eva = acme.company, make_user("supervisor", acme.company)
    draft = TemplateDraft("document", "Paper", "en", "Paper {inquiry}", "Dear {contact}", ("w9",))
    template = save_template(actor=eva, company=company, draft=draft)
    paper = {"actor": eva, "company": company, "file_name": "w9.pdf"}
    keep_paper(code="W9", name="W-9", content=b"%PDF-1.7 a", valid_to=TODAY - timedelta(days=1), **paper)
    _, asked = send_in(company, "jo@acme.example", "Paper", "Please send us your W-9.")
    assert asked
    client, boss = enter(ana), enter(eva)
    answer = reverse("collections:inquiry-answer", args=[asked.pk])
    assert "They ask for w9" in client.get(answer).content.decode(), "it has run out"
    keep_paper(code="w9", name="W-9 2027", content=b"%PDF-1.7 b", **paper)
    assert client.get(answer).context["reply"]["form"].initial["encloses"] == ["w9"] and OwnPaper.objects.count() == 1
    assert client.get(reverse("collections:template", args=[template.pk])).status_code == 200
    assert client.post(reverse("collections:template", args=[template.pk]), {}).status_code in (403, 404)
    wrong = {"name": "Paper", "kind": "document", "language": "en", "subject": "x", "body": "{{7*7}}", "is_active": "on"}
    assert "is not a merge field" in boss.post(reverse("collections:template", args=[template.pk]), wrong).content.decode()
    assert AnswerTemplate.objects.get().body == "Dear {contact}"


def test_owners_are_told_once_and_only_of_what_they_see(acme: Customer, ana: User) -> None:
    eva = make_user("supervisor", acme.company)
    _, asked = send_in(acme.company, "jo@acme.example", "Question", "A question.")
    assert asked

    def told(hours: float) -> dict[str, tuple[str, ...]]:
        return {n.subject.partition(":")[0]: n.recipients for n in inquiry_notices(NOW + timedelta(hours=hours), TODAY)}

    assert told(1) == {} and told(20) == {"Answer due soon": (ana.email,)}
    assert told(25) == {"Answer is late": tuple(sorted((ana.email, eva.email)))}


def test_the_timelines_of_customer_and_document(acme: Customer, ana: User) -> None:
    send_in(acme.company, "jo@acme.example", "About it", "What is INV-1001 for?")
    (mail,) = [h for h in timeline(acme, lane="contacts") if h.title == "About it"]
    assert (mail.detail, mail.quote, mail.of and mail.of[0]) == ("Mail from jo@acme.example", "What is INV-1001 for?", "inquiry")
    item = acme.open_items.get()  # type: ignore[attr-defined]
    assert [h.title for h in item_timeline(item)] == ["Asked about: something else", "Invoice issued"]
    page = enter(ana).get(reverse("reports:item-timeline", args=[item.pk]) + "?lane=money")
    assert b"Invoice issued" in page.content and b"Asked about" not in page.content
    foreign = issue(make_customer(acme.company), 1_00)
    assert enter(ana).get(reverse("reports:item-timeline", args=[foreign.pk])).status_code == 404


def test_inquiries_over_the_api(acme: Customer) -> None:
    secret = create_api_key(actor=SYSTEM, name="portal", scopes=["collections:write"], companies=[acme.company])[1]
    heads = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "k1"}
    said = {"customer": "C-1", "subject": "Where is my copy?", "words": "Of INV-1001", "kind": "copy", "source": "portal"}

    def post(body: dict[str, str]) -> tuple[int, dict[str, object]]:
        answer = Client().post("/api/v1/inquiries", json.dumps(body), content_type="application/json", headers=heads)
        return answer.status_code, answer.json()

    status, made = post(said)
    assert (status, post(said)[1]["id"], Inquiry.objects.count()) == (201, made["id"], 1)
    assert made["items"] and made["source"] == "portal"
    listed = Client().get("/api/v1/inquiries?kind=copy", headers=heads).json()["data"]
    assert [row["id"] for row in listed] == [made["id"]]
    heads["Idempotency-Key"] = "k2"
    assert post({**said, "customer": "nobody"})[0] == 422


def test_a_sent_answer_is_a_persons_to_machines(acme: Customer, ana: User) -> None:
    """A person's mail may be answered by machines; a notice of ours asks them to keep silent."""
    from messaging.services.transport import _headers

    assert _headers(Message(kind="answer", in_reply_to="<a@b>")) == {"Auto-Submitted": "no", "In-Reply-To": "<a@b>", "References": "<a@b>"}
    assert _headers(Message(kind="notice"))["Auto-Submitted"] == "auto-generated"
    assert send_due(now=NOW, send=lambda m: "")["sent"] == 0
