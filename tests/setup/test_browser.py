"""A real browser reaches the product, and the log-in page works without the network."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.factories import PASSWORD, make_company, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_logs_in_and_asks_no_other_host(page: Any, web: str) -> None:
    user = make_user("specialist", make_company())
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).netloc))
    page.goto("/login/")
    page.fill("input[name=username]", user.email)
    page.fill("input[name=password]", PASSWORD)
    page.click("#login button")
    page.wait_for_url(lambda url: "/login/" not in url)
    assert set(asked) == {urlsplit(web).netloc}
