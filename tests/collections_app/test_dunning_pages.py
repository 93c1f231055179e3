"""The dunning pages: runs, letters, preview and policy, by role and within sight."""

import csv
import io
from datetime import date, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import reverse

from arops.lib import clock, pdf
from collections_app.models import DunningPolicy, DunningRun
from collections_app.services.dunning import run_dunning
from collections_app.services.dunning_policy import create_default_policy
from customers.models import Contact
from messaging.models import Message
from tests.factories import PASSWORD, SYSTEM, issue, make_company, make_customer, make_user
from workflow.models import Event, Job
from workflow.services.jobs import run_job

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 30)


@pytest.fixture(autouse=True)
def quick(settings, monkeypatch):
    settings.BUSINESS_DATE, settings.PASSWORD_HASHERS = DAY, ["django.contrib.auth.hashers.MD5PasswordHasher"]
    monkeypatch.setattr(pdf, "is_available", lambda: True)
    monkeypatch.setattr(pdf, "from_html", lambda html, css="": b"%PDF " + html.encode())


def enter(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def world():
    us, other = make_company("US01"), make_company("XX01")
    ana = make_user("specialist", us, scope="portfolio")
    for company in (us, other):
        create_default_policy(actor=SYSTEM, company=company)
    acme, bolt = make_customer(us, "Acme", collector=ana), make_customer(us, "Bolt")
    held, foreign = make_customer(us, "Stopped", dunning_hold=True), make_customer(other, "Foreign")
    for n, customer in enumerate((acme, bolt, held, foreign), 1):
        Contact.objects.create(customer=customer, name="Eva", email=f"ap{n}@x.example")
        issue(customer, n * 100_00, day=DAY - timedelta(days=60), due=DAY - timedelta(days=30), number=f"INV-{customer.name}")
    for company in (us, other):
        run_dunning(company=company, day=DAY, actor=SYSTEM, now=clock.now())
    return {"us": us, "other": other, "ana": ana, "acme": acme, "bolt": bolt, "held": held, "foreign": foreign}


def letter_of(customer):
    return customer.dunning_letters.get()


def addresses(world):
    policy = world["us"].dunning_policies.get()
    index, preview = reverse("collections:dunning"), reverse("collections:dunning-preview")
    return [
        index, f"{index}?company=US01&day={DAY}&show=left", f"{index}?level=1&q=acme", f"{index}?show=left&reason=hold",
        preview, f"{preview}?show=left&company=US01", reverse("collections:dunning-policy", args=[policy.pk]),
        *(reverse("collections:dunning-letter", args=[letter_of(world[c]).pk]) for c in ("acme", "held")),
        reverse("collections:dunning-file", args=[letter_of(world["acme"]).pk]),
    ]  # fmt: skip


@pytest.mark.parametrize("role", ["specialist", "supervisor", "collections_manager", "controller", "sales", "auditor"])
def test_every_page_answers_those_who_see_collections(world, role):
    client = enter(make_user(role, world["us"]))
    for address in addresses(world):
        answer = client.get(address)
        assert answer.status_code == 200, address
        if "text/html" in answer["Content-Type"]:
            assert b"style=" not in answer.content and b"{{" not in answer.content and b"Foreign" not in answer.content, address


def test_without_the_permission_nothing_is_shown_or_done(world):
    for role in ("collaborator", "administrator"):
        client = enter(make_user(role, world["us"]))
        assert {client.get(a).status_code for a in addresses(world)} == {403}
    specialist = enter(make_user("specialist", world["us"]))
    for name in ("dunning-run", "dunning-policy-create"):
        assert specialist.post(reverse(f"collections:{name}"), {"company": "US01"}).status_code == 403


def test_what_is_out_of_sight_is_not_found(world):
    supervisor, ana = enter(make_user("supervisor", world["us"])), enter(world["ana"])
    foreign, bolt = letter_of(world["foreign"]).pk, letter_of(world["bolt"]).pk
    for client, pk in ((supervisor, foreign), (ana, bolt), (ana, foreign), (supervisor, 10**9)):
        for name in ("dunning-letter", "dunning-file"):
            assert client.get(reverse(f"collections:{name}", args=[pk])).status_code == 404
    policy = world["other"].dunning_policies.get().pk
    index, run = reverse("collections:dunning"), reverse("collections:dunning-run")
    assert supervisor.get(reverse("collections:dunning-policy", args=[policy])).status_code == 404
    assert supervisor.post(reverse("collections:dunning-policy", args=[policy]), {}).status_code == 404
    assert supervisor.get(f"{index}?company=XX01").status_code == 404
    assert supervisor.post(run, {"company": "XX01"}).status_code == 404
    assert supervisor.post(reverse("collections:dunning-policy-create"), {"company": "XX01"}).status_code == 404
    assert ana.get(reverse("collections:dunning-draft", args=[world["bolt"].pk, "USD"])).status_code == 404
    for address in (index, index + "?show=left", reverse("collections:dunning-preview")):
        body = ana.get(address).content.decode()
        assert "Bolt" not in body and "Stopped" not in body


def test_figures_open_into_rows_that_sum_to_them_and_files_hold_the_same(world):
    client, index = enter(make_user("controller", world["us"])), reverse("collections:dunning")
    body = client.get(index).content.decode()
    assert "1 Friendly reminder" in body and "300.00" in body and "INV-" not in body
    assert "Acme" in body and "Stopped" not in body
    left = client.get(index + "?show=left&reason=hold").content.decode()
    assert "Stopped" in left and "on dunning hold" in left and "Acme" not in left
    rows = list(csv.DictReader(io.StringIO(client.get(index + "?format=csv&level=1").content.decode("utf-8-sig"))))
    assert {(r["Customer"], r["Asked for"]) for r in rows} == {("Acme", "100.00"), ("Bolt", "200.00")}
    assert enter(make_user("sales", world["us"])).get(index + "?format=csv").status_code == 403


def test_the_letter_is_a_download_that_no_browser_runs(world):
    answer = enter(world["ana"]).get(reverse("collections:dunning-file", args=[letter_of(world["acme"]).pk]))
    assert answer["Content-Type"] == "application/pdf" and answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff" and "sandbox" in answer["Content-Security-Policy"]
    assert answer.content.startswith(b"%PDF")
    assert enter(world["ana"]).get(reverse("collections:dunning-file", args=[10**9])).status_code == 404


def test_the_preview_says_what_the_run_then_does_and_writes_nothing(world, settings):
    settings.BUSINESS_DATE = DAY + timedelta(days=7)
    client = enter(make_user("supervisor", world["us"]))
    before = Message.objects.count()
    assert client.get(reverse("collections:dunning-preview"), {"items": "x"}).status_code == 200
    body = client.get(reverse("collections:dunning-preview")).content.decode()
    assert "2 Firm reminder" in body and "Write 2 letters" in body and Message.objects.count() == before
    draft = client.get(reverse("collections:dunning-draft", args=[world["acme"].pk, "USD"])).content.decode()
    assert "Second reminder: 100.00 USD" in draft and "INV-Acme" in draft
    run_dunning(company=world["us"], day=DAY + timedelta(days=7), actor=SYSTEM, now=clock.now())
    assert {letter.level for letter in world["acme"].dunning_letters.all()} == {1, 2}


def test_a_run_by_hand_waits_for_a_worker_and_is_one_a_day(world, settings):
    settings.BUSINESS_DATE = DAY + timedelta(days=7)
    client, index = enter(make_user("collections_manager", world["us"])), reverse("collections:dunning")
    answer = client.post(reverse("collections:dunning-run"), {"company": "US01"}, follow=True)
    assert "waits for a worker" in answer.content.decode()
    asks = client.get(index, headers={"HX-Request": "true"})
    assert "HX-Refresh" not in asks and "waits for a worker" in asks.content.decode() and "<html" not in asks.content.decode()
    run_job(job_id=Job.objects.get(kind="dunning").pk, now=clock.now())
    assert Job.objects.get(kind="dunning").state == "done" and Job.objects.get(kind="dunning").counts["letters"] == 2
    assert "waits for a worker" not in client.get(index).content.decode()
    assert client.get(index, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    again = client.post(reverse("collections:dunning-run"), {"company": "US01"}, follow=True)
    assert "there is one a day" in again.content.decode()
    assert DunningRun.objects.filter(company=world["us"]).count() == 2 and "Run for" not in client.get(index).content.decode()


def test_a_company_without_a_policy_is_offered_one(world):
    new = make_company("NEW1")
    client = enter(make_user("supervisor", new))
    assert "Begin with the standard policy" in client.get(reverse("collections:dunning")).content.decode()
    client.post(reverse("collections:dunning-policy-create"), {"company": "NEW1"})
    assert DunningPolicy.objects.get(company=new).levels.count() == 3


def form_of(client, address):
    form = client.get(address).context["form"]
    values = {name: form.initial.get(name, "") for name in form.fields}
    return {k: v for k, v in values.items() if v is not False and v != ""} | {"count": form.count}


def test_a_policy_is_changed_with_before_and_after_in_the_trail(world):
    client = enter(make_user("collections_manager", world["us"]))
    policy = world["us"].dunning_policies.get()
    address = reverse("collections:dunning-policy", args=[policy.pk])
    data = form_of(client, address)
    assert client.post(address, data).status_code == 302
    assert not Event.objects.filter(type="dunning_policy.changed").exists()
    changed = data | {"minimum": "50.00", "level2_days": 25, "level2_subject_de": "", "level2_body_de": ""}
    assert client.post(address, changed).status_code == 302
    policy.refresh_from_db()
    assert policy.minimum == 50_00 and policy.levels.get(level=2).days_past_due == 25 and not policy.levels.get(level=2).texts.exists()
    event = Event.objects.get(type="dunning_policy.changed")
    assert event.data["before"]["minimum"] == 25_00 and event.data["after"]["minimum"] == 50_00
    assert set(event.data["after"]) == {"minimum", "level_2"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"level1_subject_en": "{{7*7}}"}, "{{7*7}} is not a merge field"),
        ({"level1_body_en": "{% debug %}"}, "{% debug %} is not a merge field"),
        ({"level1_body_de": "{customer.company.secret}"}, "level 1, Deutsch"),
        ({"level1_subject_de": ""}, "write both subject and text"),
        ({"level2_days": 5}, "each level comes later"),
        ({"level1_days": 0}, "greater than or equal to 1"),
        ({"minimum": "1e3"}, "is not an amount"),
        ({"minimum": "-5.00"}, "not negative"),
        ({"grace_days": "many"}, "Enter a whole number"),
        ({"level3_body_en": ""}, "This field is required"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_with_the_reason(world, change, said):
    client = enter(make_user("collections_manager", world["us"]))
    address = reverse("collections:dunning-policy", args=[world["us"].dunning_policies.get().pk])
    answer = client.post(address, form_of(client, address) | change)
    body = answer.content.decode().replace("&#x27;", "'")
    assert answer.status_code == 422 and said in body
    assert not Event.objects.filter(type="dunning_policy.changed").exists()


def test_levels_are_added_and_taken_away(world):
    client = enter(make_user("supervisor", world["us"]))
    policy = world["us"].dunning_policies.get()
    address = reverse("collections:dunning-policy", args=[policy.pk])
    data = form_of(client, address)
    more = client.post(address, data | {"then": "add", "minimum": "31.00"})
    assert more.status_code == 200 and b"Level 4" in more.content and b"31.00" in more.content and policy.levels.count() == 3
    fourth = {"count": 4, "level4_days": 60, "level4_subject_en": "Last {total}", "level4_body_en": "{items}"}
    assert client.post(address, data | fourth).status_code == 302 and policy.levels.count() == 4
    fewer = client.post(address, form_of(client, address) | {"then": "remove"})
    assert b"Level 4" not in fewer.content.replace(b"Add level 4", b"") and policy.levels.count() == 4
    assert client.post(address, data).status_code == 302 and policy.levels.count() == 3


def test_those_who_only_read_can_t_change_a_policy(world):
    client = enter(make_user("auditor", world["us"]))
    address = reverse("collections:dunning-policy", args=[world["us"].dunning_policies.get().pk])
    assert b"Keep the policy" not in client.get(address).content
    assert client.post(address, form_of(client, address)).status_code in (403, 404)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_pages_are_accessible_in_both_themes(world, page, web):
    user = make_user("supervisor", world["us"], email="eva@test.example")
    page.goto("/login/")
    page.fill("input[name=username]", user.email)
    page.fill("input[name=password]", PASSWORD)
    page.click("#login button")
    message = letter_of(world["acme"]).message
    Message.objects.filter(pk=message.pk).update(state="failed", error="550 no such user")
    index, left, _, _, preview, _, policy, letter, *_ = addresses(world)
    message = reverse("messaging:message", args=[message.pk])
    found = {}
    for theme, paths in (
        ("light", [index, left, preview, policy, letter]),
        ("dark", [index, reverse("messaging:outbox"), message, policy]),
    ):
        page.emulate_media(color_scheme=theme)
        for path in paths:
            page.goto(path)
            result = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
            bad = [v for v in result.response["violations"] if v["impact"] in ("serious", "critical")]
            if bad:
                found[f"{theme} {path}"] = [(v["id"], v["nodes"][0]["html"][:160]) for v in bad]
    assert found == {}
