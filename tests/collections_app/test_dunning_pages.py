"""The dunning pages: runs, letters and preview, by role and within sight."""

import csv
import io
from datetime import date, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import reverse

from arops.lib import clock, pdf
from collections_app.models import DunningRun, Strategy, StrategyVersion
from collections_app.services.dunning import run_dunning
from collections_app.services.strategies import create_standard_strategy
from customers.models import Contact
from messaging.models import Message
from tests.factories import PASSWORD, SYSTEM, issue, make_company, make_customer, make_user
from workflow.models import Job
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
        create_standard_strategy(actor=SYSTEM, company=company)
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
    version = StrategyVersion.objects.get(strategy__company=world["us"])
    index, preview = reverse("collections:dunning"), reverse("collections:dunning-preview")
    return [
        index, f"{index}?company=US01&day={DAY}&show=left", f"{index}?level=1&q=acme", f"{index}?show=left&reason=hold",
        preview, f"{preview}?show=left&company=US01", reverse("collections:strategy-version", args=[version.pk]),
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
    for name in ("dunning-run", "strategy-standard"):
        assert specialist.post(reverse(f"collections:{name}"), {"company": "US01"}).status_code == 403


def test_what_is_out_of_sight_is_not_found(world):
    supervisor, ana = enter(make_user("supervisor", world["us"])), enter(world["ana"])
    foreign, bolt = letter_of(world["foreign"]).pk, letter_of(world["bolt"]).pk
    for client, pk in ((supervisor, foreign), (ana, bolt), (ana, foreign), (supervisor, 10**9)):
        for name in ("dunning-letter", "dunning-file"):
            assert client.get(reverse(f"collections:{name}", args=[pk])).status_code == 404
    version = StrategyVersion.objects.get(strategy__company=world["other"]).pk
    index, run = reverse("collections:dunning"), reverse("collections:dunning-run")
    assert supervisor.get(reverse("collections:strategy-version", args=[version])).status_code == 404
    assert supervisor.post(reverse("collections:strategy-version", args=[version]), {}).status_code == 404
    assert supervisor.get(f"{index}?company=XX01").status_code == 404
    assert supervisor.post(run, {"company": "XX01"}).status_code == 404
    assert supervisor.post(reverse("collections:strategy-standard"), {"company": "XX01"}).status_code == 404
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


def test_a_company_without_a_strategy_is_offered_one(world):
    new = make_company("NEW1")
    client = enter(make_user("supervisor", new))
    assert "Begin with the standard strategy" in client.get(reverse("collections:dunning")).content.decode()
    client.post(reverse("collections:strategy-standard"), {"company": "NEW1"})
    assert Strategy.objects.get(company=new).versions.get().steps.count() == 3


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
