"""Mail with a link to a task: the link is in the mail that goes out, and in nothing that is kept."""

import logging
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from messaging.models import Message
from messaging.services import Rejected, queue_message, queue_notices, retry_message, send_due
from messaging.services.finishing import finished_body, veiled
from org.models import Department
from tests.factories import SYSTEM, make_company, make_user
from workflow.models import Event
from workflow.services.links import create_link, link_of, revoke_link, token_of
from workflow.services.tasks import answer_task, open_task

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAY = NOW.date()


@pytest.fixture
def world(settings):
    settings.SITE_URL = "https://ar.example"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    company = make_company("US01")
    Department.objects.create(company=company, code="service", name="Service")
    asker = make_user("specialist", company)
    task = open_task(
        actor=asker, company=company, kind="q", title="Was it signed?", question="Page 3?", due_date=DAY, dedupe_key="k",
        department="service", today=DAY,
    )  # fmt: skip
    link = create_link(actor=asker, task=task, email="pat@outside.example", name="Pat", now=NOW, today=DAY)
    return {"company": company, "asker": asker, "task": task, "link": link}


def queued():
    queue_notices(now=timezone.now(), today=DAY)
    return Message.objects.get(kind="task_link")


def everything_kept() -> str:
    """Every text in every table that the product reads."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            found += [row[0] for row in cursor.fetchall()]
    return "\n".join(found)


def test_the_mail_has_the_link_and_nothing_that_is_kept_has(world, caplog):
    token = token_of(world["link"])
    with caplog.at_level(logging.DEBUG):
        message = queued()
        assert token not in message.body and "answer/#" not in message.body
        assert send_due(now=timezone.now() + timedelta(minutes=1))["sent"] == 1
    (sent,) = [m for m in mail.outbox if m.to == ["pat@outside.example"]]
    assert f"https://ar.example/answer/#{token}\n" in sent.body and "Pat" in sent.body and "Was it signed?" in sent.body
    assert "Page 3?" not in sent.body, "the question is behind the link"
    kept = everything_kept()
    assert "pat@outside.example" in kept and token not in kept and token.partition("-")[2] not in kept
    assert token.partition("-")[2] not in caplog.text
    assert not Event.objects.filter(data__icontains=token).exists()
    assert link_of(token, NOW) == world["link"]


def test_a_link_goes_to_nobody_but_whom_it_was_made_for(world):
    message = queued()
    Message.objects.filter(pk=message.pk).update(state="failed")
    thief = make_user("supervisor", world["company"])
    retry_message(actor=thief, message=message, now=NOW, recipients=["thief@elsewhere.example"])
    assert send_due(now=timezone.now() + timedelta(minutes=1))["failed"] == 1
    message.refresh_from_db()
    assert (message.state, mail.outbox) == ("failed", []) and "nobody but whom it was made for" in message.error


def test_words_that_people_write_fill_nothing_in(world):
    """The kind and the key decide, which people don't write; whatever stands in a text, nothing is put there."""
    body = "{{ token }} task_link:1 {link} %(token)s " + f"task_link:{world['link'].pk}:asked"
    for n, kind in enumerate(("reply", "notice", "dunning")):
        message, _ = queue_message(
            actor=world["asker"], company=world["company"], customer=None, kind=kind, dedupe_key=f"task_link:{world['link'].pk}:x{n}",
            recipients=["pat@outside.example"], subject="x", body=body, not_before=NOW,
        )  # fmt: skip
        assert finished_body(message) == body


def test_what_ended_meanwhile_does_not_go_out(world):
    message = queued()
    message.claimed_at = timezone.now()
    assert "answer/#" in finished_body(message)
    answer_task(actor=SYSTEM, task=world["task"], body="Yes.", today=DAY)
    with pytest.raises(Rejected, match="answered"):
        finished_body(message)
    revoke_link(actor=world["asker"], link=world["link"], now=NOW)
    send_due(now=timezone.now() + timedelta(minutes=1))
    message.refresh_from_db()
    assert message.state == "failed" and "ended" in message.error and not [m for m in mail.outbox if "answer/#" in m.body]


def test_a_mail_server_that_quotes_the_mail_tells_the_log_nothing(world):
    token, message = token_of(world["link"]), queued()

    def refuse(message):
        raise Rejected(f"550 looks like spam: https://ar.example/answer/#{token}")

    send_due(now=timezone.now() + timedelta(minutes=1), send=refuse)
    message.refresh_from_db()
    assert message.state == "failed" and "looks like spam" in message.error and token not in message.error
    assert not Event.objects.filter(data__reason__icontains=token).exists()
    assert veiled(f"x {token.upper()} y") == "x … y"
