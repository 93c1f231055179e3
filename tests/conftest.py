"""Servers before settings, one database per process, the runtime role for the tests, and connections to attack the books with."""

import os
from collections.abc import Iterator
from typing import Any

import django
import pytest
from psycopg2.extensions import connection as Connection

from tests.support import servers
from tests.support.database import Databases, connect

DATABASES: Databases = servers.prepare()
os.environ["DJANGO_SETTINGS_MODULE"] = "arops.settings"
django.setup()


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
