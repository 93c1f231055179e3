"""The outbox page and what people do there."""

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from messaging.models import Message
from messaging.services import Enclosed, queue_message, send_due
from tests.factories import SYSTEM, make_company, make_customer, make_user
from workflow.services import store_file

pytestmark = pytest.mark.django_db


def enter(user):
    client = Client()
    client.force_login(user)
    return client


def queue(customer, key, **fields):
    fields = {"recipients": ["ap@acme.example"], "not_before": timezone.now() + timedelta(minutes=5), "subject": f"Subject {key}"} | fields
    message, _ = queue_message(
        actor=SYSTEM, company=customer.company, customer=customer, kind="dunning", dedupe_key=key, body=f"Body of {key} <b>", **fields
    )
    return message


@pytest.fixture(autouse=True)
def quick(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def world():
    us, other = make_company("US01"), make_company("XX01")
    ana = make_user("specialist", us, scope="portfolio")
    acme, bolt, foreign = make_customer(us, "Acme", collector=ana), make_customer(us, "Bolt"), make_customer(other, "Foreign")
    file, _ = store_file(actor=SYSTEM, name="Mahnung <1>.pdf", content=b"%PDF x", content_type="application/pdf")
    acme_s = queue(acme, "a", attachments=[Enclosed(file, file.name)])
    return {"us": us, "ana": ana, "acme": acme_s, "bolt": queue(bolt, "b"), "foreign": queue(foreign, "f"), "file": file}


def state_of(message):
    message.refresh_from_db()
    return message.state


def test_the_list_filters_by_state_kind_and_text_and_says_where_mail_goes(world):
    client, outbox = enter(make_user("senior", world["us"])), reverse("messaging:outbox")
    body = client.get(outbox).content.decode()
    assert "Subject a" in body and "Subject b" in body and "Subject f" not in body and "Mail goes to" in body
    for query, there in (("state=sent", False), ("state=pending", True), ("q=acme", True), ("q=bolt", False), ("kind=statement", False),
                         ("q=ap@acme.example", True), (f"customer={world['acme'].customer_id}", True), ("customer=x", True)):  # fmt: skip
        assert ("Subject a" in client.get(f"{outbox}?{query}").content.decode()) is there, query


def test_it_is_taken_out_by_those_who_may(world):
    outbox = reverse("messaging:outbox")
    rows = list(csv.DictReader(io.StringIO(enter(world["ana"]).get(outbox + "?format=csv").content.decode("utf-8-sig"))))
    assert [(r["Subject"], r["State"]) for r in rows] == [("Subject a", "waiting to be sent")]
    assert enter(make_user("sales", world["us"])).get(outbox + "?format=csv").status_code == 403


def test_what_is_out_of_sight_is_not_found_and_nobody_without_the_permission_acts(world):
    ana, senior = enter(world["ana"]), enter(make_user("senior", world["us"]))
    for client, message in ((ana, world["bolt"]), (ana, world["foreign"]), (senior, world["foreign"])):
        assert client.get(reverse("messaging:message", args=[message.pk])).status_code == 404
        assert client.get(reverse("messaging:attachment", args=[message.pk, world["file"].pk])).status_code == 404
        for name in ("cancel", "retry", "release", "posted"):
            assert client.post(reverse(f"messaging:{name}", args=[message.pk])).status_code == 404
    auditor = enter(make_user("auditor", world["us"]))
    page = auditor.get(reverse("messaging:message", args=[world["acme"].pk])).content.decode()
    assert "Take back" not in page and "Body of a &lt;b&gt;" in page
    for name in ("cancel", "retry", "release", "posted"):
        assert auditor.post(reverse(f"messaging:{name}", args=[world["acme"].pk])).status_code == 403
        assert senior.get(reverse(f"messaging:{name}", args=[world["acme"].pk])).status_code == 405
    assert enter(make_user("collaborator", world["us"])).get(reverse("messaging:outbox")).status_code == 403


def test_a_file_of_another_message_is_not_found_and_one_s_own_is_a_download(world):
    senior = enter(make_user("senior", world["us"]))
    answer = senior.get(reverse("messaging:attachment", args=[world["acme"].pk, world["file"].pk]))
    assert answer.content == b"%PDF x" and answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"] == "attachment; filename=\"Mahnung__1_.pdf\"; filename*=UTF-8''Mahnung%20%3C1%3E.pdf"
    assert senior.get(reverse("messaging:attachment", args=[world["bolt"].pk, world["file"].pk])).status_code == 404


def test_taken_back_and_sent_after_all_with_a_way_back(world):
    client, message = enter(world["ana"]), world["acme"]
    client.post(reverse("messaging:cancel", args=[message.pk]))
    assert state_of(message) == "cancelled"
    answer = client.post(reverse("messaging:retry", args=[message.pk]), {"recipients": "new@acme.example; two@acme.example"}, follow=True)
    assert state_of(message) == "pending" and message.recipients == ["new@acme.example", "two@acme.example"]
    assert message.not_before > timezone.now() and reverse("messaging:cancel", args=[message.pk]) in answer.content.decode()
    send_due(now=timezone.now() + timedelta(minutes=1))
    late = client.post(reverse("messaging:cancel", args=[message.pk]), follow=True)
    assert state_of(message) == "sent" and "it can’t be taken back" in late.content.decode().replace("&#x27;", "’")


def test_a_bad_address_is_named_and_nothing_is_sent(world):
    bad = queue(world["acme"].customer, "bad", recipients=["nonsense"])
    answer = enter(world["ana"]).post(reverse("messaging:retry", args=[bad.pk]), {"recipients": "a@b.example, Müller & Co"})
    assert answer.status_code == 422 and "is not an e-mail address" in answer.content.decode() and state_of(bad) == "failed"
    assert enter(world["ana"]).post(reverse("messaging:retry", args=[bad.pk]), {"recipients": ""}).status_code == 422


def test_a_person_says_what_became_of_a_parked_one(world):
    Message.objects.filter(pk__in=[world["acme"].pk, world["bolt"].pk]).update(state="parked", claimed_at=timezone.now())
    client = enter(make_user("senior", world["us"]))
    assert "2 messages may have gone out" in client.get(reverse("messaging:outbox")).content.decode()
    assert "It went out" in client.get(reverse("messaging:message", args=[world["acme"].pk])).content.decode()
    for unsaid in ({}, {"went_out": "x"}):  # what isn't said sends no mail a second time
        client.post(reverse("messaging:release", args=[world["acme"].pk]), unsaid)
        assert Message.objects.get(pk=world["acme"].pk).state == "parked"
    client.post(reverse("messaging:release", args=[world["acme"].pk]), {"went_out": "yes"})
    client.post(reverse("messaging:release", args=[world["bolt"].pk]), {"went_out": "no"})
    assert state_of(world["acme"]) == "sent" and state_of(world["bolt"]) == "pending"
    history = client.get(reverse("messaging:message", args=[world["bolt"].pk])).content.decode()
    assert "Said not to have gone out" in history and "Put into the outbox" in history


def test_a_letter_is_marked_as_posted(world):
    letter = queue(world["acme"].customer, "l", channel="letter", recipients=[])
    client = enter(world["ana"])
    assert "Mark as posted" in client.get(reverse("messaging:message", args=[letter.pk])).content.decode()
    client.post(reverse("messaging:posted", args=[letter.pk]))
    assert state_of(letter) == "sent"


def test_without_a_mail_server_mail_is_dropped_into_files(world, settings, tmp_path):
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = "messaging.maildrop.MailDrop", tmp_path / "mail"
    assert send_due(now=timezone.now() + timedelta(minutes=10))["sent"] == 3
    files = sorted((tmp_path / "mail").glob("*.eml"))
    assert len(files) == 3 and any(b"Subject: Subject a" in f.read_bytes() for f in files)
    assert "files in var/mail" in enter(world["ana"]).get(reverse("messaging:outbox")).content.decode()
