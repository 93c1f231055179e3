"""The way in, and the pages for when there is no way on."""

import pytest
from django.test import Client

from arops.views import server_error
from tests.factories import make_company, make_user

pytestmark = pytest.mark.django_db


def _client(role: str, **fields) -> Client:
    client = Client()
    client.force_login(make_user(role, make_company(), **fields), backend="org.backends.EmailBackend")
    return client


@pytest.mark.parametrize(
    ("role", "home"),
    [("specialist", "/queue/"), ("supervisor", "/queue/"), ("controller", "/dashboard/"), ("credit_manager", "/dashboard/"),
     ("auditor", "/dashboard/"), ("sales", "/customers/"), ("collaborator", "/tasks/")],
)  # fmt: skip
def test_each_role_begins_where_its_work_is(role: str, home: str) -> None:
    answer = _client(role).get("/")
    assert answer.status_code == 302 and answer["Location"] == home


def test_who_has_nothing_to_do_is_told_so() -> None:
    assert "Nothing waits for you" in _client("collaborator").get("/tasks/").content.decode()
    nobody = Client()
    nobody.force_login(make_user("specialist"), backend="org.backends.EmailBackend")
    assert "no role yet" in nobody.get("/").content.decode()


def test_a_person_without_a_permission_is_told_which() -> None:
    answer = _client("sales").get("/cash/")
    assert answer.status_code == 403 and "cash.view" in answer.content.decode()


def test_an_error_of_ours_shows_its_number_and_nothing_else(rf) -> None:
    request = rf.get("/")
    request.request_id = "abc123"
    answer = server_error(request)
    assert answer.status_code == 500 and "abc123" in answer.content.decode()


def test_the_demo_logins_are_shown_in_demo_mode_only(settings) -> None:
    settings.DEMO = True
    assert "demo-arops-2026" in Client().get("/login/").content.decode()
    settings.DEMO = False
    assert "demo-arops-2026" not in Client().get("/login/").content.decode()
