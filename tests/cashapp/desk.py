"""What the tests of people's work on receipts share: a bank, a customer, people, and an application by hand."""

from datetime import UTC, datetime

import pytest

from cashapp.models import Receipt
from cashapp.services import (
    Share,
    apply_receipt,
)
from ledger.models import OpenItem
from tests.cashapp.worlds import TODAY, make_bank
from tests.factories import DAY, make_customer, make_user

NOW = datetime(2026, 9, 20, 9, tzinfo=UTC)
EARLY = DAY.replace(day=1)


@pytest.fixture
def bank():
    return make_bank()


@pytest.fixture
def acme(bank):
    return make_customer(bank.company, "ACME GmbH")


@pytest.fixture
def ana(bank):
    return make_user("specialist", bank.company)


@pytest.fixture
def senior(bank):
    return make_user("senior", bank.company)


def work(actor, receipt, *shares, **more):
    receipt.refresh_from_db()
    given = {"version": receipt.version, "today": TODAY, "now": NOW} | more
    return apply_receipt(actor=actor, receipt=receipt, shares=[Share(i.pk, *a) for i, *a in shares], **given)


def balance(item: OpenItem) -> int:
    return OpenItem.objects.get(pk=item.pk).balance


def fresh(receipt: Receipt) -> Receipt:
    return Receipt.objects.select_related("open_item").get(pk=receipt.pk)
