"""The audit file of a case: whole, the same for the same case, no more than its reader sees, and told from one that was changed."""

import io
import json
import zipfile
from datetime import date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from customers.models import Contact
from disputes.models import Cause, DisputeFinding
from disputes.policy.binding import MANIFEST, Binder, member_name, verify
from disputes.services import move_dispute, note_dispute, open_dispute
from disputes.services.binder import audit_file
from disputes.services.telling import tell_customer
from org.actors import NotAllowed
from org.models import Department
from tests.factories import issue, make_company, make_customer, make_user
from workflow.models import Event
from workflow.services.attachments import attach, remove_attachment
from workflow.services.audit import seal_events
from workflow.services.tasks import open_task

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 30)
NOW = datetime.fromisoformat("2026-09-30T08:00:00+00:00")
ATTACK = "<script>alert(1)</script><img src='file:///etc/passwd'><link rel=attachment href=file:///etc/passwd>{{7*7}}"


@pytest.fixture
def world():
    company = make_company("FILE")
    sam = make_user("senior", company)
    customer = make_customer(company, "Nordia <b>")
    Contact.objects.create(customer=customer, name="Eva", email="ap@nordia.example")
    item = issue(customer, 500_00, day=DAY - timedelta(days=20))
    case = open_dispute(
        actor=sam, open_item=item, amount=120_50, reason="price", today=DAY, source="t:1", owner=sam, customer_words=ATTACK
    )  # fmt: skip
    note_dispute(actor=sam, dispute=case, body="among us " + ATTACK)
    Department.objects.create(company=company, code="service", name="Service")
    open_task(
        actor=sam, company=company, kind="question", title="Was it done?", question="The hours?", due_date=DAY, subject=case,
        dedupe_key="t:1", department="service", customer_id=customer.pk, today=DAY,
    )  # fmt: skip
    case.refresh_from_db()
    attach(actor=sam, subject=case, kind="evidence", name="../../etc/pass wd.txt", content=b"proof one", note="by mail")
    gone = attach(actor=sam, subject=case, kind="evidence", name="wrong.txt", content=b"proof two")
    remove_attachment(actor=sam, subject=case, attachment=gone)
    cause = Cause.objects.create(company=company, code="list", name="Old price list", stage="pricing_setup")
    DisputeFinding.objects.create(
        dispute=case, cause=cause, origin="pricing_setup", remedy="credited", amount=120_50, words="the list was old", by=sam.label,
        proposed={"cause": "list", "why": ["seven cases alike"]}, looked_at=[{"document": "contract", "number": "CT-7", "value": "9.00"}],
    )  # fmt: skip
    said = {"subject": "Your question", "body": "We look into it."}
    tell_customer(actor=sam, dispute=case, event="opened", now=NOW, today=DAY, wanted=True, **said)
    move_dispute(actor=sam, dispute=case, state="investigating", version=case.version, today=DAY)
    seal_events()
    return company, sam, case


@pytest.fixture
def unprinted(monkeypatch):
    """Without the PDF, which takes a second."""
    monkeypatch.setattr("disputes.services.binder.pdf.is_available", lambda: False)


def opened(actor, case):
    made = audit_file(actor=actor, dispute=case)
    with made.file as file:
        file.seek(0)
        return made, file.read()


def facts(content: bytes):
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return json.loads(file.read("case.json"))


def test_the_file_has_every_step_the_evidence_and_what_was_said_found_and_decided(world):
    company, sam, case = world
    made, content = opened(make_user("auditor", company), case)
    told = facts(content)
    assert verify(io.BytesIO(content), made.manifest_sha256) == []
    assert [s["state"] for s in told["steps"]] == ["open", "waiting", "investigating"]
    assert told["movements"] == [told["movements"][0] | {"delta": 120_50, "in_dispute": 120_50, "by": sam.label}]
    assert told["findings"][0]["proposed"]["why"] == ["seven cases alike"] and told["findings"][0]["looked_at"][0]["number"] == "CT-7"
    assert [m["subject"] for m in told["messages"]] == ["Your question"] and told["notes"][0]["is_internal"]
    assert told["tasks"][0]["question"] == "The hours?" and told["people"][sam.label] == sam.name
    assert [e["name"].rsplit("/", 1)[-1] for e in told["evidence"]] == ["pass wd.txt", "wrong.txt"]
    assert told["left_out"] == []
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        names = file.namelist()
        assert names[0] == "case.json" and names[-1] == MANIFEST and {n.split("/")[0] for n in names[2:-1]} == {"evidence"}
        assert [file.read(e["member"]) for e in told["evidence"]] == [b"proof one", b"proof two"]
        assert not any(".." in n or n.startswith("/") or "\\" in n for n in names)
        paper = PdfReader(io.BytesIO(file.read("case.pdf")))
    text = "".join(page.extract_text() for page in paper.pages)
    assert not paper.attachments and "rel=attachment" in text and "{{7*7}}" in text and "root:" not in text


def test_events_bear_the_seal_of_the_chain(world, unprinted):
    company, sam, case = world
    note_dispute(actor=sam, dispute=case, body="after the seal")
    events = facts(opened(make_user("auditor", company), case)[1])["events"]
    assert events[0]["type"] == "dispute.opened" and len(events[0]["seal"]["hash"]) == 64
    assert events[-1]["type"] == "dispute.noted" and events[-1]["seal"] is None
    assert len({e["sha256"] for e in events}) == len(events)


def test_the_same_case_makes_the_same_bytes_and_another_word_makes_others(world):
    _, sam, case = world
    (first, content), (second, again) = opened(sam, case), opened(sam, case)
    assert content == again and first.manifest_sha256 == second.manifest_sha256
    note_dispute(actor=sam, dispute=case, body="one word more")
    assert opened(sam, case)[0].manifest_sha256 != first.manifest_sha256


def test_what_anybody_wrote_is_text_in_what_people_read(world, unprinted):
    _, sam, case = world
    with zipfile.ZipFile(io.BytesIO(opened(sam, case)[1])) as file:
        page = file.read("case.html").decode()
    assert "<script>" not in page and "<img" not in page and "&lt;script&gt;" in page and "{{7*7}}" in page


def test_who_is_no_auditor_finds_less_and_is_told_so(world, unprinted):
    _, sam, case = world
    told = facts(opened(sam, case)[1])
    assert len(told["evidence"]) == 1 and any("taken off" in words for words in told["left_out"])
    assert {e["subject_type"] for e in told["events"]} == {"disputes.dispute"}


def test_who_sees_the_case_but_exports_nothing_takes_no_file(world, unprinted):
    company, _, case = world
    with pytest.raises(NotAllowed):
        audit_file(actor=make_user("sales", company), dispute=case)
    address = reverse("disputes:file", args=[case.pk])
    for person, status in (
        (make_user("sales", company), 403), (make_user("auditor", make_company()), 404), (make_user("administrator", company), 403),
        (make_user("specialist", company, scope="portfolio"), 404), (make_user("auditor", company), 200),
    ):  # fmt: skip
        client = Client()
        client.force_login(person)
        assert client.get(address).status_code == status, person


def test_the_file_is_handed_out_as_a_download_and_stands_in_the_trail(world, unprinted, tmp_path):
    company, _, case = world
    client = Client()
    client.force_login(make_user("auditor", company))
    response = client.get(reverse("disputes:file", args=[case.pk]))
    content = b"".join(response.streaming_content)
    assert response["Content-Disposition"].startswith(f'attachment; filename="{case.number}.zip"')
    event = Event.objects.get(type="dispute.exported")
    assert event.data["manifest_sha256"] == response["X-Manifest-SHA256"]
    path = tmp_path / "case.zip"
    path.write_bytes(content)
    out = io.StringIO()
    call_command("verify_case_file", path, stdout=out)
    assert f"{case.number}: all members are as they were put in" in out.getvalue()
    path.write_bytes(changed(content, "case.json", b"{}"))
    with pytest.raises(CommandError, match=r"case\.json is not what was put in"):
        call_command("verify_case_file", path)
    path.write_bytes(made_anew())
    with pytest.raises(CommandError, match="doesn't tell of such a manifest"):
        call_command("verify_case_file", path)


def changed(content: bytes, name: str, body: bytes | None, more: str = "") -> bytes:
    """The file with a member changed, taken out (None), or one slipped in."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w") as new:
        for member in old.namelist():
            if member != name or body is not None:
                new.writestr(member, body if member == name and body is not None else old.read(member))
        if more:
            new.writestr(more, b"slipped in")
    return target.getvalue()


def made_anew() -> bytes:
    target = io.BytesIO()
    binder = Binder(target)
    binder.add("case.json", b"{}")
    binder.close(case="DSP-1")
    return target.getvalue()


def test_whatever_is_changed_in_a_file_is_found():
    whole = made_anew()
    assert verify(io.BytesIO(whole)) == []
    for other, words in (
        (changed(whole, "case.json", b"{ }"), "case.json is not what was put in"), (changed(whole, "case.json", None), "is missing"),
        (changed(whole, "", None, more="evidence/0009-x"), "is not in the manifest"), (changed(whole, MANIFEST, None), "no manifest"),
        (changed(whole, MANIFEST, b"[]"), "can't be read"), (whole[:-40], "no whole audit file"), (b"hello", "no whole audit file"),
    ):  # fmt: skip
        assert any(words in fault for fault in verify(io.BytesIO(other))), words
    assert verify(io.BytesIO(whole), "0" * 64) == ["the manifest is not the one that the audit trail tells of"]


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("../../etc/passwd", "evidence/0001-passwd"), ("C:\\x\\Lieferschein Größe.PDF", "evidence/0001-Lieferschein-Groe.PDF"),
        ("con.txt", "evidence/0001-file.txt"), ("…", "evidence/0001-file"), ("a" * 300 + ".pdf", "evidence/0001-" + "a" * 60 + ".pdf"),
        (".htaccess", "evidence/0001-htaccess"), ("x\n\r\x00y.txt", "evidence/0001-x-y.txt"),
    ],
)  # fmt: skip
def test_names_of_members_lead_nowhere(name, member):
    assert member_name(1, name) == member
