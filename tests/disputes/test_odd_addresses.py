"""Addresses that nobody types and somebody tries: no page of cases breaks at them, with cases or without any."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.disputes.settling_desk import bill, contest, make_desk
from tests.factories import make_company, make_user

pytestmark = pytest.mark.django_db
DAYS = ("0001-01-01", "9999-12-31", "1989-12-31", "2026-02-30", "-1", "٢٠٢٦-٠١-٠١")
PAIRS = [(a, b) for a in DAYS for b in DAYS[:3]]
ADDRESSES = [
    *(("service", f"first={a}&last={b}") for a, b in PAIRS), *(("causes", f"from={a}&to={b}") for a, b in PAIRS[:9]),
    *(("list", f"view=every&opened_from={a}&opened_to={b}") for a, b in PAIRS[:9]),
    ("service-cases", "figure=stage.&key=x"), ("service-cases", "figure=stage.waiting-&first=9999-12-31"),
    ("list", "view=every&after=~"), ("list", "view=every&sort=opened&after=2026-13-99~5"), ("list", "sort=amount&after=9e99~9"),
    ("list", "view=every&sort=-customer&after=%F0%9F%92%A9~99999999999999999999"), ("list", "least=NaN&most=Infinity&currency=QQQ"),
    ("list", "customer=99999999999999999999&cause=-1&owner=%27&department=1e3"), ("list", "sort=__class__&view=__dict__"),
    ("heat", "source_by=pk&by=__class__&company=%00"), ("cause-cases", "source_by=customer&source=99999999999999999999&cause=none"),
    ("cause-cases", "source_by=customer&source=%D9%A1"), ("cause-cases", "of=others&source_by=order_desk&period=0"),
    ("repeats", "view=x&dimension=pk"), ("problems", "view=x&owner=9999999999999999999999"), ("sign-offs", "view=x&q=%00%27"),
]  # fmt: skip


def test_no_page_of_cases_breaks(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    desk, empty = make_desk(), make_company("XX01")
    contest(desk, bill(desk))
    for person in (desk.senior, make_user("senior", empty), make_user("auditor")):
        client = Client(raise_request_exception=False)
        client.force_login(person, backend="org.backends.EmailBackend")
        for name, query in ADDRESSES:
            status = client.get(f"{reverse(f'disputes:{name}')}?{query}").status_code
            assert status in (200, 403, 404, 422), (person, name, query, status)
