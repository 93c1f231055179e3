"""Links to one task for somebody without an account: what opens them, what doesn't, and that everything else stays shut."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from org.actors import NotAllowed
from org.selectors import actor_names
from tests.factories import make_user
from tests.workflow.test_tasks import NOW, TODAY, ask, day, world  # noqa: F401
from workflow.models import Attachment, Event, LinkTry, Task, TaskLink
from workflow.services import link_tries
from workflow.services.attachments import attach
from workflow.services.links import LinkEnded, actor_of, create_link, link_of, renew_link, revoke_link, token_of
from workflow.services.subjects import SUBJECTS
from workflow.services.tasks import TaskError, answer_task, cancel_task, close_task, note_task, reopen_task, take_task

pytestmark = pytest.mark.django_db
ENDED = "This link opens nothing"


def give(world, task=None, email="pat@outside.example", **fields):  # noqa: F811
    fields = {"now": NOW, "today": TODAY, "name": "Pat Hill"} | fields
    return create_link(actor=world["asker"], task=task or ask(world), email=email, **fields)


def holder(link):
    """A browser that opened the link."""
    client = Client()
    assert client.post(reverse("workflow:answer-open"), {"code": token_of(link)}).status_code == 302
    return client


def page_of(client):
    return client.get(reverse("workflow:answer"))


def test_a_question_is_answered_by_a_link(world):  # noqa: F811
    link = give(world)
    assert link.expires_at - NOW == timedelta(days=14), "the answer was due before: two weeks from now"
    client = holder(link)
    shown = page_of(client).content.decode()
    assert "Was WO-7 signed off?" in shown and "We billed 1,250.00 on it." in shown and world["asker"].name in shown
    assert "Nordwind" not in shown and 'class="rail"' not in shown
    sent = client.post(reverse("workflow:answer-send"), {"body": "Yes, by Mr Hill.", "version": "0"})
    assert sent.status_code == 302 and "Thank you" in page_of(client).content.decode()
    link.refresh_from_db()
    assert link.task.state == "answered" and link.last_used_at
    note = link.task.notes.get()
    assert (note.author, actor_names([note.author])) == (f"link:{link.pk}", {f"link:{link.pk}": "Pat Hill (pat@outside.example)"})
    told = Event.objects.filter(subject_type="workflow.task", actor=f"link:{link.pk}").order_by("pk")
    assert list(told.values_list("type", flat=True)) == ["task_link.opened", "task.answered"]
    assert told[0].data["email"] == "pat@outside.example"


def test_it_is_handed_back_with_a_reason_and_asked_again(world):  # noqa: F811
    link = give(world)
    client = holder(link)
    refused = client.post(reverse("workflow:answer-send"), {"body": " ", "way": "back"})
    assert refused.status_code == 422 and "Say why it is handed back" in refused.content.decode()
    assert client.post(reverse("workflow:answer-send"), {"body": "Ask logistics.", "way": "back"}).status_code == 302
    assert "Thank you" in page_of(client).content.decode()
    note_task(actor=world["asker"], task=link.task, body="they never know")
    reopen_task(actor=world["asker"], task=link.task, reason="They sent us to you.", today=TODAY)
    shown = page_of(client).content.decode()
    assert "They sent us to you." in shown and "Ask logistics." in shown and 'name="body"' in shown
    assert "they never know" not in shown, "what colleagues note is among themselves"
    stale = client.post(reverse("workflow:answer-send"), {"body": "I did not read the new question.", "version": "0"})
    assert stale.status_code == 422 and "I did not read the new question." in stale.content.decode(), "what was typed stays"


def ways_to_end(world, link):  # noqa: F811
    """Name → what ends the link, or the code that never was one."""
    other, token = give(world, ask(world, "t2")), token_of(link)
    pk, mac = token.split("-")
    expired = give(world, ask(world, "t3"), now=NOW - timedelta(days=1), days=1)
    revoked = revoke_link(actor=world["asker"], link=give(world, ask(world, "t4")), now=NOW)
    closed, cancelled = ask(world, "t5"), ask(world, "t6")
    of_closed, of_cancelled = give(world, closed), give(world, cancelled)
    answer_task(actor=world["sam"], task=closed, body="Yes.", today=TODAY)
    close_task(actor=world["asker"], task=closed, now=NOW, today=TODAY)
    cancel_task(actor=world["asker"], task=cancelled, now=NOW, today=TODAY)
    return {
        "another case": f"{pk}-{mac.swapcase()}", "truncated": token[:-1], "longer": token + "0", "another link's": f"{other.pk}-{mac}",
        "no link": f"999999999-{mac}", "nothing": "", "not a code": "../../etc/passwd", "leading zero": f"0{token}",
        "other digits": f"{chr(0xFF11)}{token[1:]}", "expired": token_of(expired), "revoked": token_of(revoked),
        "closed": token_of(of_closed), "cancelled": token_of(of_cancelled), "huge": "9" * 40 + f"-{mac}",
    }  # fmt: skip


def test_a_wrong_code_and_a_link_that_ended_are_one_answer(world):  # noqa: F811
    link = give(world)
    pages = set()
    for name, code in ways_to_end(world, link).items():
        client = Client()
        answer = client.post(reverse("workflow:answer-open"), {"code": code})
        assert answer.status_code == 404 and ENDED in answer.content.decode(), name
        assert "arops_answer" not in answer.cookies and "Was WO-7" not in page_of(client).content.decode(), name
        pages.add(answer.content.decode().split('name="csrfmiddlewaretoken"')[0])
    assert len(pages) == 1, "nobody learns why"
    assert link_of(token_of(link), NOW) == link
    assert link_of(f"  {token_of(link)}\n", NOW) == link, "copied with spaces"


def test_what_ended_meanwhile_is_refused_in_the_next_request(world, monkeypatch):  # noqa: F811
    """Revoked, over, closed: whoever has the page open can neither read on, nor answer, nor fetch a file."""
    for n, end in enumerate(("revoke", "expire", "close", "cancel")):
        task = ask(world, f"e{n}")
        file = attach(actor=world["asker"], subject=task, kind="delivery", name="pod.pdf", content=b"%PDF-1.7 pod")
        link = give(world, task)
        client = holder(link)
        assert page_of(client).status_code == 200
        if end == "revoke":
            revoke_link(actor=world["asker"], link=link, now=NOW)
        elif end == "expire":
            monkeypatch.setattr("arops.lib.clock.now", lambda: NOW + timedelta(days=14))
        elif end == "close":
            answer_task(actor=world["sam"], task=task, body="Yes.", today=TODAY)
            close_task(actor=world["asker"], task=task, now=NOW, today=TODAY)
        else:
            cancel_task(actor=world["asker"], task=task, now=NOW, today=TODAY)
        before = Task.objects.get(pk=task.pk).state
        fetched = client.get(reverse("workflow:answer-file", args=[file.pk]))
        assert fetched.status_code == 404 and b"pod" not in fetched.content, end
        client = holder_again(client, link)
        assert client.post(reverse("workflow:answer-send"), {"body": "late"}).status_code == 404, end
        client = holder_again(client, link)
        assert page_of(client).status_code == 404 and not Client().cookies, end
        monkeypatch.undo()
        assert Task.objects.get(pk=task.pk).state == before and not task.notes.filter(author=f"link:{link.pk}").exists()


def holder_again(client, link):
    """A browser that still has the cookie of a link that ended (the ended page takes it away)."""
    from django.core.signing import get_cookie_signer

    client.cookies["arops_answer"] = get_cookie_signer(salt="arops_answerworkflow.views.links").sign(str(link.pk))
    return client


def test_a_cookie_that_was_tampered_with_opens_nothing(world):  # noqa: F811
    link, other = give(world), give(world, ask(world, "t2"))
    client = holder(link)
    signed = client.cookies["arops_answer"].value
    flags = client.cookies["arops_answer"]
    assert flags["httponly"] and flags["samesite"] == "Lax" and flags["path"] == "/answer/"
    for bad in (f"{other.pk}:" + signed.split(":", 1)[1], signed[:-2], str(link.pk), signed.upper()):
        client.cookies["arops_answer"] = bad
        assert page_of(client).status_code == 404, bad


def test_the_holder_of_a_link_sees_and_does_nothing_else(world):  # noqa: F811
    task, other = ask(world), ask(world, "t2", title="Who drove?")
    link = give(world, task)
    actor = actor_of(link)
    assert list(Task.objects.visible_to(actor, "tasks.answer")) == [task]
    assert not Task.objects.visible_to(actor, "tasks.view") and not Task.objects.visible_to(actor)
    for kind in SUBJECTS.values():
        if kind.label != "workflow.task":
            assert not kind.model._default_manager.visible_to(actor, kind.view).exists(), kind.label
    for refused in (
        lambda: answer_task(actor=actor, task=other, body="x", today=TODAY),
        lambda: close_task(actor=actor, task=task, now=NOW, today=TODAY),
        lambda: reopen_task(actor=actor, task=task, reason="x", today=TODAY),
        lambda: cancel_task(actor=actor, task=task, now=NOW, today=TODAY),
        lambda: take_task(actor=actor, task=other), lambda: create_link(actor=actor, task=task, email="x@y.example", now=NOW, today=TODAY),
        lambda: revoke_link(actor=actor, link=link, now=NOW),
        lambda: attach(actor=actor, subject=other, kind="evidence", name="a.txt", content=b"words"),
        lambda: attach(actor=actor, subject=world["customer"], kind="evidence", name="a.txt", content=b"words"),
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            refused()
    client = holder(link)
    for address in (reverse("workflow:tasks"), reverse("workflow:task", args=[task.pk]), reverse("home")):
        assert client.get(address).status_code == 302, "the cookie is no login"


def test_files_of_the_question_and_no_others(world):  # noqa: F811
    task, other = ask(world), ask(world, "t2")
    link, theirs = give(world, task), give(world, task, email="kim@outside.example")
    asker = world["asker"]
    mine = attach(actor=asker, subject=task, kind="delivery", name="pod.pdf", content=b"%PDF-1.7 pod")
    foreign = [
        attach(actor=asker, subject=other, kind="delivery", name="other.pdf", content=b"%PDF-1.7 other"),
        attach(actor=asker, subject=world["customer"], kind="contract", name="contract.pdf", content=b"%PDF-1.7 contract"),
        attach(actor=actor_of(theirs), subject=task, kind="evidence", name="kim.txt", content=b"from kim"),
    ]
    client = holder(link)
    shown = page_of(client).content.decode()
    assert "pod.pdf" in shown and not any(name in shown for name in ("other.pdf", "contract.pdf", "kim.txt"))
    fetched = client.get(reverse("workflow:answer-file", args=[mine.pk]))
    assert fetched.content == b"%PDF-1.7 pod" and fetched["Content-Disposition"].startswith("attachment")
    missing = client.get(reverse("workflow:answer-file", args=[999_999]))
    for file in foreign:
        answer = client.get(reverse("workflow:answer-file", args=[file.pk]))
        assert answer.status_code == missing.status_code == 404 and b"%PDF" not in answer.content and b"from kim" not in answer.content
    assert Client().get(reverse("workflow:answer-file", args=[mine.pk])).status_code == 404
    assert client.get(reverse("workflow:attachment", args=[mine.pk])).status_code == 302


def test_a_file_goes_along_with_the_answer(world, settings):  # noqa: F811
    from django.core.files.uploadedfile import SimpleUploadedFile

    settings.ATTACHMENT_MAX_BYTES = 1024
    link = give(world)
    client = holder(link)
    program, large, page = ("a.exe", b"MZ" + b"\0" * 60, ""), ("big.txt", b"x" * 1025, "larger than"), ("page.html", b"<html><script>", "")
    for name, content, why in (program, large, page):
        refused = client.post(reverse("workflow:answer-attach"), {"file": SimpleUploadedFile(name, content), "body": "so far"})
        assert refused.status_code == 422 and "so far" in refused.content.decode() and why in refused.content.decode(), name
    added = client.post(reverse("workflow:answer-attach"), {"file": SimpleUploadedFile("sheet.txt", b"signed"), "body": "so far"})
    assert added.status_code == 200 and "sheet.txt" in added.content.decode() and "so far" in added.content.decode()
    client.post(reverse("workflow:answer-send"), {"body": "Signed.", "file": SimpleUploadedFile("second.txt", b"too")})
    kept = Attachment.objects.filter(subject_type="workflow.task", subject_id=link.task_id)
    assert {(f.name, f.added_by) for f in kept} == {("sheet.txt", f"link:{link.pk}"), ("second.txt", f"link:{link.pk}")}
    late = client.post(reverse("workflow:answer-attach"), {"file": SimpleUploadedFile("third.txt", b"three")})
    assert late.status_code == 422 and "answered already" in late.content.decode()


def test_who_gets_a_link_and_who_gives_it(world, settings):  # noqa: F811
    task = ask(world)
    link = give(world, task)
    assert give(world, task).pk == link.pk, "asked twice, given once"
    for refused in (
        lambda: give(world, task, email="no address"), lambda: give(world, task, email="sam@test.example"),
        lambda: give(world, task, email="a@b.example", days=0), lambda: give(world, task, email="a@b.example", days=5000),
    ):  # fmt: skip
        with pytest.raises(TaskError):
            refused()
    for stranger in (world["sam"], make_user("auditor", world["company"]), make_user("specialist")):
        with pytest.raises(NotAllowed):
            create_link(actor=stranger, task=task, email="a@b.example", now=NOW, today=TODAY)
        with pytest.raises(NotAllowed):
            revoke_link(actor=stranger, link=link, now=NOW)
    fresh = renew_link(actor=world["asker"], link=link, now=NOW, today=TODAY)
    assert (fresh.email, fresh.name) == (link.email, link.name) and token_of(fresh) != token_of(link)
    with pytest.raises(LinkEnded):
        link_of(token_of(link), NOW)
    settings.SITE_URL = ""
    with pytest.raises(TaskError, match="SITE_URL"):
        give(world, task, email="a@b.example")


def test_links_of_one_department_end_when_another_is_asked(world):  # noqa: F811
    link = give(world)
    answer_task(actor=actor_of(link), task=link.task, body="Not ours.", today=TODAY)
    task = reopen_task(actor=world["asker"], task=link.task, reason="Are you sure?", today=TODAY, department="service")
    assert link_of(token_of(link), NOW), "the same department is asked again"
    answer_task(actor=actor_of(link), task=task, body="Yes.", today=TODAY)
    reopen_task(actor=world["asker"], task=task, reason="Yours?", today=TODAY, department="logistics")
    with pytest.raises(LinkEnded):
        link_of(token_of(link), NOW)
    assert Event.objects.filter(type="task_link.revoked", data__email=link.email).exists()


def test_another_secret_key_ends_every_link(world, settings):  # noqa: F811
    link = give(world)
    token = token_of(link)
    settings.SECRET_KEY = "another" * 8
    with pytest.raises(LinkEnded):
        link_of(token, NOW)


def test_guessing_is_bounded_by_place(world, monkeypatch):  # noqa: F811
    monkeypatch.setattr(link_tries, "MOST", 3)
    link = give(world)
    guesser, other = Client(REMOTE_ADDR="203.0.113.9"), Client(REMOTE_ADDR="203.0.113.10")
    where = reverse("workflow:answer-open")
    assert [guesser.post(where, {"code": "1-" + "0" * 48}).status_code for _ in range(5)] == [404, 404, 404, 429, 429]
    neighbour = Client(REMOTE_ADDR="203.0.113.9")
    assert neighbour.post(where, {"code": token_of(link)}).status_code == 302, "one guesser shuts nobody out who shares its address"
    assert other.post(where, {"code": token_of(link)}).status_code == 302
    assert "203.0.113.9" not in str(LinkTry.objects.values_list("origin", flat=True)), "kept as a keyed hash"


def test_a_stranger_sends_no_large_files(world):  # noqa: F811
    """Refused before it is read; who holds a link sends its files."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    large, where = b"x" * (2 * 1024 * 1024), reverse("workflow:answer-attach")
    assert Client().post(where, {"file": SimpleUploadedFile("a.txt", large)}).status_code == 413
    assert Client().post(reverse("login"), {"password": "x" * len(large)}).status_code == 413
    assert holder(give(world)).post(where, {"file": SimpleUploadedFile("a.txt", large)}).status_code == 200
    assert Client().post(where, {"code": "x"}, CONTENT_LENGTH="1e3").status_code == 413


def test_pages_of_links_are_kept_and_told_by_nobody(world):  # noqa: F811
    client = holder(give(world))
    for answer in (Client().get(reverse("workflow:answer")), page_of(client), client.post(reverse("workflow:answer-open"), {"code": "x"})):
        assert answer["Cache-Control"] == "no-store" and "noindex" in answer["X-Robots-Tag"]
        assert answer["Referrer-Policy"] == "same-origin" and answer["X-Frame-Options"] == "DENY"
    strict = Client(enforce_csrf_checks=True)
    for name in ("answer-open", "answer-send", "answer-attach", "answer-leave"):
        assert strict.post(reverse(f"workflow:{name}")).status_code == 403, name
        assert client.get(reverse(f"workflow:{name}")).status_code == 405, name
    left = holder(give(world, ask(world, "t9")))
    left.post(reverse("workflow:answer-leave"))
    assert "Open the question" in page_of(left).content.decode()


def test_links_stand_on_the_task_for_whoever_asked(world, client):  # noqa: F811
    task = ask(world)
    client.force_login(world["asker"], backend="org.backends.EmailBackend")
    step = lambda name: reverse("workflow:task-step", args=[task.pk, name])  # noqa: E731
    assert client.post(step("link"), {"email": "pat@outside.example", "name": "Pat", "days": "10"}).status_code == 302
    link = TaskLink.objects.get()
    shown = client.get(reverse("workflow:task", args=[task.pk])).content.decode()
    assert "pat@outside.example" in shown and "not used yet" in shown and token_of(link) not in shown and link.nonce not in shown
    bad = client.post(step("link"), {"email": "nonsense"})
    assert bad.status_code == 422 and "E-mail address" in bad.content.decode()
    assert client.post(step("link-renew"), {"link": link.pk}).status_code == 302
    assert client.post(step("link-revoke"), {"link": TaskLink.objects.latest("pk").pk}).status_code == 302
    assert not TaskLink.objects.filter(revoked_at=None).exists()
    other = give(world, ask(world, "t2"))
    assert client.post(step("link-revoke"), {"link": other.pk}).status_code == 404, "a link of another task"
    client.force_login(world["sam"], backend="org.backends.EmailBackend")
    assert "pat@outside.example" not in client.get(reverse("workflow:task", args=[task.pk])).content.decode()
