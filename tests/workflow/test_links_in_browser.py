"""A link from a mail in a real browser, against a real server: the question is answered; the code is in no address, no header, no log."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from org.models import Department
from tests.factories import make_company, make_user
from workflow.models import Task
from workflow.services.attachments import attach
from workflow.services.links import create_link, token_of
from workflow.services.tasks import open_task

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
ROOT = Path(__file__).resolve().parents[2]
DAY = date(2026, 9, 20)


@pytest.fixture
def link():
    company = make_company("US01")
    Department.objects.create(company=company, code="service", name="Service")
    asker = make_user("specialist", company)
    task = open_task(
        actor=asker, company=company, kind="dispute", title="Was the pump signed for?", question="We billed 1,250.00 for it on WO-7.",
        department="service", due_date=DAY, dedupe_key="k", today=DAY,
    )  # fmt: skip
    attach(actor=asker, subject=task, kind="delivery", name="delivery-note.pdf", content=b"%PDF-1.7 note")
    return create_link(actor=asker, task=task, email="pat@outside.example", name="Pat", now=timezone.now(), today=DAY)


@pytest.fixture
def server(tmp_path):
    """gunicorn as it runs in production's way, which logs the line and the headers of every request; its address and its log."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path / "access.log"
    told = '%(h)s "%(r)s" %(s)s "%(f)s" "%(a)s" %(U)s %(q)s %({origin}i)s %({cookie}i)s'
    command = [
        sys.executable, "-m", "gunicorn", "arops.wsgi:application", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread",
        "--threads", "4", "--no-control-socket", "--access-logfile", str(log), "--access-logformat", told, "--error-logfile", str(log),
        "--log-level", "debug", "--capture-output",
    ]  # fmt: skip
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "arops.settings", "LOG_LEVEL": "DEBUG"}
    process = subprocess.Popen(command, cwd=ROOT, env=env)
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2)
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}", log
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def elsewhere():
    """Another site, which keeps the headers that it is sent."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(f"{self.path} {self.headers}")
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<title>elsewhere</title>")

        def log_message(self, *args):
            pass

    site = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=site.serve_forever, daemon=True).start()
    yield f"http://localhost:{site.server_address[1]}/", seen
    site.shutdown()


def test_the_code_is_in_no_address_no_header_and_no_log(chromium, link, server, elsewhere):
    (web, log), (other, seen), token = server, elsewhere, token_of(link)
    secret = token.partition("-")[2]
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    page, requests = context.new_page(), []
    page.on("request", lambda request: requests.append(request))
    page.goto(other)
    page.goto(f"{web}/answer/#{token}")
    page.wait_for_selector("h1:has-text('Was the pump signed for?')")
    assert page.url == f"{web}/answer/", "the code has left the address"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "fits a phone"
    assert not [v["id"] for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
    with page.expect_download() as fetched:
        page.click("text=delivery-note.pdf")
    assert Path(fetched.value.path()).read_bytes() == b"%PDF-1.7 note"
    page.fill("#answer", "Yes, by Mr Hill.")
    page.set_input_files("#file", {"name": "sheet.txt", "mimeType": "text/plain", "buffer": b"signed"})
    page.click("text=Send the answer")
    page.wait_for_selector("text=Thank you.")
    page.evaluate("address => { location.href = address }", other)
    page.wait_for_url(other)
    page.go_back()
    assert secret not in page.url
    for request in requests:
        headers = request.all_headers()
        assert secret not in request.url.partition("#")[0] and secret not in str(headers), request.url
        if secret in (request.post_data or ""):
            assert (request.method, request.url) == ("POST", f"{web}/answer/open/")
    assert len(seen) >= 2 and not [said for said in seen if web in said or secret in said], "another site isn't told where one came from"
    cookies = {cookie["name"]: cookie for cookie in context.cookies()}
    assert cookies["arops_answer"]["httpOnly"] and cookies["arops_answer"]["sameSite"] == "Lax" and secret not in str(cookies)
    context.close()
    text = log.read_text()
    assert "POST /answer/open/" in text and "/answer/send/" in text and secret not in text
    task = Task.objects.get()
    assert (task.state, task.notes.get().body, task.notes.get().author) == ("answered", "Yes, by Mr Hill.", f"link:{link.pk}")


def test_without_scripts_the_code_is_pasted(chromium, web, link):
    context = chromium.new_context(base_url=web, java_script_enabled=False, color_scheme="dark")
    page = context.new_page()
    page.goto(f"/answer/#{token_of(link)}")
    page.fill("#code", f"{web}/answer/#{token_of(link)}")
    page.click("button:has-text('Open')")
    page.wait_for_selector("h1:has-text('Was the pump signed for?')")
    page.fill("#answer", "Not ours: ask logistics.")
    page.click("text=Not ours")
    page.wait_for_selector("text=It is handed back")
    page.click("text=Close it in this browser")
    page.wait_for_selector("h1:has-text('Open the question')")
    assert Task.objects.get().state == "handed_back"
    context.close()


def test_another_link_in_the_same_window_opens_its_own(page, web, link):
    second = open_task(
        actor=make_user("specialist", link.task.company), company=link.task.company, kind="q", title="Who drove?", department="service",
        due_date=DAY, dedupe_key="k2", today=DAY,
    )  # fmt: skip
    other = create_link(
        actor=make_user("senior", link.task.company), task=second, email="pat@outside.example", now=timezone.now(), today=DAY
    )
    page.goto(f"/answer/#{token_of(link)}")
    page.wait_for_selector("h1:has-text('Was the pump signed for?')")
    page.goto(f"/answer/#{token_of(other)}")
    page.wait_for_selector("h1:has-text('Who drove?')")
    assert page.locator("text=Was the pump signed for?").count() == 0
    page.goto(f"/answer/#{token_of(other)[:-3]}")
    page.wait_for_selector("h1:has-text('This link opens nothing')")
    assert page.locator("text=Who drove?").count() == 0, "a broken link shows nothing of the one before"
