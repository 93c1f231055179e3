"""What the tests of the cash pages share: a desk of receipts, people at it, and how they act."""

import pytest
from django.test import Client
from django.urls import reverse

from cashapp.models import Receipt
from tests.cashapp.worlds import TODAY, make_desk

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(autouse=True)
def business_date(settings):
    settings.BUSINESS_DATE = TODAY


@pytest.fixture
def desk():
    return make_desk()


def enter(user):
    client = Client()
    client.force_login(user)
    return client


def url(name, *args):
    return reverse(f"cashapp:{name}", args=args)


def act(client, name, receipt, **data):
    receipt = Receipt.objects.get(pk=receipt.pk)
    return client.post(url(name, receipt.pk), {"version": receipt.version} | data, **HTMX)


def proposed(desk, name, rank=1):
    """A proposal as the form of the workbench sends it."""
    proposal = desk.fresh(name).proposals.get(rank=rank)
    data = {"use": [], "rank": rank} | ({"rest": "on"} if proposal.residual > 0 else {})
    for a in proposal.allocations:
        data["use"].append(a["item"])
        for part in ("amount", "discount", "write_off", "short"):
            data[f"{part}-{a['item']}"] = f"{a[part] / 100:.2f}" if a[part] else ""
    return data
