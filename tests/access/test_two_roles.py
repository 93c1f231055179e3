"""A person with a role in each of two companies: what they may do in the one they may not do in the other, though they see it there."""

from typing import Any

from django.db import transaction

from org import policy
from org.models import Membership
from tests.access.addresses import all_addresses
from tests.access.test_crawl import BODY, Caller, in_all, sides
from tests.access.worlds import OURS, THEIRS, Side
from workflow.models import Event

__all__ = ["sides"]

FILLED = BODY | {
    "version": "0", "reason": "because", "state": "waiting", "resolution": "rejected", "note": "x", "body": "x", "customer_words": "x",
    "amount": "1.00", "rest": "on", "do": "done", "words": "x", "question": "why", "split_amount": "1.00", "went_out": "yes", "take": "1",
    "recipients": "eva@customer.example", "name": "X", "email": "x@customer.example", "role": "ap", "outcome": "no_answer",
    "mode": "partial", "subject": "x", "until": "2026-09-25",
}  # fmt: skip
"""A little of everything that forms ask for."""


def test_what_is_only_read_in_the_other_company_is_not_changed_there(sides: tuple[Side, Side]) -> None:
    """Somebody who may everything at home, and only read there."""
    ours, theirs = sides
    person = in_all(ours.company, list(policy.ROLES))
    Membership.objects.create(user=person, company=theirs.company, role="auditor")
    caller: Any = Caller(person)
    for address in all_addresses():
        if not address.has_key or address.api or address.policy not in policy.PERMISSIONS:
            continue
        for keys in list(address.keys(THEIRS, "XX01"))[:8]:
            with transaction.atomic():
                before = Event.objects.filter(company=theirs.company).count()
                answer = caller.client.post(address.url(*keys), FILLED | {"customer": THEIRS + 1})
                after = Event.objects.filter(company=theirs.company).count()
                transaction.set_rollback(True)
            assert answer.status_code < 500, (address.name, keys)
            assert after == before, (address.name, keys, answer.status_code)


def test_the_same_acts_are_done_where_they_may_be(sides: tuple[Side, Side]) -> None:
    """That the crawl above would see an act: the forms as filled do something in one's own company."""
    caller, acted = Caller(sides[0].people["supervisor"]), set()
    for address in all_addresses():
        if not address.has_key or address.api or address.policy not in policy.permissions_of("supervisor"):
            continue
        for keys in list(address.keys(OURS, "US01"))[:8]:
            with transaction.atomic():
                before = Event.objects.count()
                caller.client.post(address.url(*keys), FILLED)
                acted |= {address.name} if Event.objects.count() > before else set()
                transaction.set_rollback(True)
        if len(acted) > 20:
            break
    assert len(acted) > 20, acted
