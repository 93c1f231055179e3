"""Where a request comes from: what proxies of ours saw, never what the client writes."""

import pytest
from django.test import RequestFactory

from arops.lib.http import origin_of


@pytest.mark.parametrize(
    ("proxies", "told", "origin"),
    [
        (0, "203.0.113.9", "10.0.0.1"), (1, "203.0.113.9", "203.0.113.9"), (1, "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        (2, "1.1.1.1, 203.0.113.9, 10.0.0.7", "203.0.113.9"), (1, "", "10.0.0.1"), (2, "203.0.113.9", "10.0.0.1"), (1, " , ,", "10.0.0.1"),
        (1, "9" * 500, "9" * 45),
    ],
)  # fmt: skip
def test_the_first_of_our_proxies_says(settings, proxies, told, origin):
    settings.TRUSTED_PROXIES = proxies
    assert origin_of(RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": told})) == origin
