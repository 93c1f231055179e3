"""Servers before settings, one database per process, the runtime role for the tests, and connections to attack the books with."""

import os
from collections.abc import Iterator
from typing import Any

import django
import django.conf
import pytest
from playwright.sync_api import sync_playwright
from psycopg2.extensions import connection as Connection

from arops import doctor
from tests.support import servers
from tests.support.database import Databases, connect

# Quiet, and without the requests that Chromium makes for itself.
CHROMIUM_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip

if django.conf.settings.configured:
    raise pytest.UsageError("The settings were read before the servers stood: unset DJANGO_SETTINGS_MODULE, and give no --ds.")
DATABASES: Databases = servers.prepare()
os.environ["DJANGO_SETTINGS_MODULE"] = "arops.settings"
django.setup()
# Thousands of people are made for the tests: their passwords needn't cost a sixth of a second each.
django.conf.settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *django.conf.settings.PASSWORD_HASHERS]
# pytest-django of an xdist worker, which inherits our environment, would read the settings before this file runs there.
del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The demo first: the emptied tables have no statistics yet; stale ones make plans for thousands of rows ten times slower. Then the
    crawls: what is long goes first, so that no process waits for another at the end."""
    items.sort(key=lambda item: ("tests/demo/" not in item.nodeid, "tests/access/" not in item.nodeid))


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """A migrated database, and a cleaning that the journal's triggers accept."""
    from django.db import connections
    from django.test import TransactionTestCase

    with django_db_blocker.unblock():
        DATABASES.create()
    original = TransactionTestCase._fixture_teardown
    TransactionTestCase._fixture_teardown = lambda case: DATABASES.reset()
    yield
    TransactionTestCase._fixture_teardown = original
    with django_db_blocker.unblock():
        for alias in connections:
            connections[alias].close()
        DATABASES.drop()


@pytest.fixture(scope="session")
def databases() -> Databases:
    """The test database of this process: URLs for any role, and others beside it."""
    return DATABASES


@pytest.fixture
def admin_conn(db: None) -> Iterator[Connection]:
    """A superuser's connection to the test database (sees only what is committed)."""
    connection = connect(DATABASES.url())
    yield connection
    connection.close()


@pytest.fixture
def owner_conn(db: None) -> Iterator[Connection]:
    """A connection as the role that owns the tables."""
    connection = connect(os.environ["DATABASE_OWNER_URL"])
    yield connection
    connection.close()


@pytest.fixture
def app_conn(db: None) -> Iterator[Connection]:
    """A connection as the runtime role, for raw SQL beside the product's own functions."""
    connection = connect(os.environ["DATABASE_URL"])
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A headless browser through Playwright, the system's Chromium; skipped with the reason where there is none."""
    found = doctor.find_chromium()
    if not found:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    # Playwright's loop runs in this thread, where Django would take every query for an asynchronous one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def web(live_server: Any, settings: Any) -> str:
    """The address of the product, served from the test database by threads of this process."""
    return str(live_server.url)


@pytest.fixture
def page(chromium: Any, web: str) -> Iterator[Any]:
    """A fresh window of 1400 × 900 without cookies; `page.goto("/")` goes to `web`. Scripts' errors fail the test."""
    context = chromium.new_context(base_url=web, viewport={"width": 1400, "height": 900}, locale="en-US")
    window = context.new_page()
    window.set_default_timeout(10_000)
    errors: list[str] = []
    window.on("pageerror", lambda error: errors.append(str(error)))
    yield window
    context.close()
    assert not errors, f"scripts failed: {errors}"
