"""More rights need two persons: who asks doesn't confirm, and what was asked is what is done or nothing."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from org.actors import NotAllowed
from org.models import AccessChange, ApiKey, Membership, User
from org.services import (
    Grant,
    NotForYourself,
    OrgError,
    change_user,
    confirm_change,
    create_api_key,
    disable_user,
    refuse_change,
    rotate_api_key,
    set_roles,
    withdraw_change,
)
from org.services.second import NotSecond, Overtaken
from tests.factories import SYSTEM, make_company, make_user
from workflow.models import Event

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def us():
    return make_company("US01")


@pytest.fixture
def admin(us):
    return make_user("administrator", us)


@pytest.fixture
def ruth(us):
    return make_user("controller", us)


@pytest.fixture
def ana(us):
    return make_user("specialist", us)


def _roles(person: User) -> set[str]:
    return set(Membership.objects.filter(user=person).values_list("role", flat=True))


def _asked(admin, ana, us, *roles) -> AccessChange:
    made = set_roles(actor=admin, user=ana, grants=[Grant(us, role) for role in roles or ("supervisor",)], now=NOW)
    assert made and made.state == "waiting"
    return made


def test_a_role_with_more_rights_counts_once_another_confirms(us, admin, ruth, ana):
    asked = _asked(admin, ana, us)
    assert _roles(ana) == {"specialist"}
    client = Client()
    client.force_login(User.objects.get(pk=ruth.pk), backend="org.backends.EmailBackend")
    assert asked.title in client.get(reverse("org:changes")).content.decode()
    assert f'href="{reverse("org:changes")}"' in client.get(reverse("org:preferences")).content.decode(), "a controller gets there"
    client.post(reverse("org:change-decide", args=[asked.pk, "confirm"]))
    assert _roles(ana) == {"supervisor"}
    assert {e.actor for e in Event.objects.filter(type__in=["access.asked", "access.confirmed"])} == {admin.label, ruth.label}


def test_neither_the_asker_nor_whom_it_is_about_confirms(us, admin, ruth, ana):
    asked = _asked(admin, ana, us)
    for actor, refusal in ((admin, NotSecond), (ana, NotAllowed), (make_user("supervisor", us), NotAllowed)):
        with pytest.raises(refusal):
            confirm_change(actor=actor, change=asked, now=NOW)
    with pytest.raises(OrgError, match="name a third"):  # the only other one isn't raised without somebody else
        set_roles(actor=admin, user=ruth, grants=[Grant(us, "controller"), Grant(us, "supervisor")], now=NOW)
    make_user("controller", us)
    own = _asked(admin, ruth, us, "controller", "supervisor")
    with pytest.raises(NotSecond):
        confirm_change(actor=ruth, change=own, now=NOW)
    with pytest.raises(NotForYourself):
        set_roles(actor=admin, user=admin, grants=[Grant(us, "controller")], now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():  # the database itself
        AccessChange.objects.filter(pk=asked.pk).update(state="confirmed", decided_by=admin.label)
    assert _roles(ana) == {"specialist"} and _roles(ruth) == {"controller"}


def test_what_was_decided_is_decided_once_and_what_was_asked_stays(us, admin, ruth, ana):
    asked = _asked(admin, ana, us)
    with pytest.raises(NotAllowed):
        withdraw_change(actor=ruth, change=asked, now=NOW)
    confirm_change(actor=ruth, change=asked, now=NOW)
    set_roles(actor=admin, user=ana, grants=[Grant(us, "specialist")], now=NOW)  # less: at once
    for move in (confirm_change, refuse_change):
        with pytest.raises(Overtaken):
            move(actor=ruth, change=asked, now=NOW)
    assert _roles(ana) == {"specialist"}
    for change in ({"payload": {"before": [], "after": []}}, {"state": "waiting"}, {"barred": []}):
        with pytest.raises((InternalError, ProgrammingError, IntegrityError)), transaction.atomic():
            AccessChange.objects.filter(pk=asked.pk).update(**change)


def test_a_change_since_it_was_asked_makes_it_void(us, admin, ruth, ana):
    asked = _asked(admin, ana, us)
    Membership.objects.create(user=ana, company=us, role="auditor")
    with pytest.raises(Overtaken, match="changed since"):
        confirm_change(actor=ruth, change=asked, now=NOW)
    Membership.objects.filter(user=ana, role="auditor").delete()
    with pytest.raises(Overtaken, match="days ago"):
        confirm_change(actor=ruth, change=asked, now=NOW + timedelta(days=15))
    User.objects.filter(pk=admin.pk).update(is_active=False)
    with pytest.raises(Overtaken, match="no longer ask"):
        confirm_change(actor=ruth, change=asked, now=NOW)
    assert refuse_change(actor=ruth, change=asked, now=NOW).state == "refused" and _roles(ana) == {"specialist"}


def test_whoever_is_alone_acts_alone_and_it_is_said(us, admin, ana):
    assert set_roles(actor=admin, user=ana, grants=[Grant(us, "controller")], now=NOW) is None
    assert _roles(ana) == {"controller"} and AccessChange.objects.get().state == "alone"
    assert Event.objects.filter(type="access.alone", actor=admin.label).exists()
    with pytest.raises(OrgError, match="nobody who confirms"):  # no way back to being alone
        set_roles(actor=admin, user=ana, grants=[], now=NOW)
    with pytest.raises(OrgError, match="nobody who confirms"):
        disable_user(actor=admin, user=User.objects.get(pk=ana.pk))


def test_who_confirms_in_one_company_doesnt_for_two(us, admin, ruth):
    other = make_company("DE01")
    both = make_user("administrator", us, other)
    lena = make_user("specialist", us)
    with pytest.raises(OrgError, match="each company apart"):
        set_roles(actor=both, user=lena, grants=[Grant(us, "supervisor"), Grant(other, "supervisor")], now=NOW)


def test_a_key_opens_nothing_until_confirmed_also_one_that_only_reads(us, admin, ruth):
    def live() -> int:
        return ApiKey.objects.live(NOW).count()

    reads, _ = create_api_key(actor=admin, name="reads", scopes=["invoices:read"], companies=[us])
    assert reads.waits and live() == 0, "an administrator sees no invoices"
    confirm_change(actor=ruth, change=AccessChange.objects.get(key=reads), now=NOW)
    writes, _ = create_api_key(actor=admin, name="writes", scopes=["receipts:write"], companies=[us])
    asked = AccessChange.objects.get(key=writes)
    with pytest.raises(NotSecond):
        confirm_change(actor=admin, change=asked, now=NOW)
    assert live() == 1
    confirm_change(actor=ruth, change=asked, now=NOW)
    assert live() == 2
    writes.refresh_from_db()
    newer, _ = rotate_api_key(actor=admin, key=writes, overlap=timedelta(days=1), now=NOW)
    writes.refresh_from_db()
    assert newer.waits and writes.expires_at is None, "a new secret of the same rights is one too many for one person"
    refuse_change(actor=ruth, change=AccessChange.objects.get(key=newer), now=NOW)
    assert live() == 2 and ApiKey.objects.get(pk=newer.pk).revoked_at
    erp, _ = create_api_key(actor=SYSTEM, name="erp", scopes=["all"], companies=[us])
    assert not erp.waits


def test_another_department_is_more_of_the_same_role(us, admin, ruth):
    sales, service = (us.departments.create(code=code, name=code) for code in ("sales", "service"))
    tom = make_user("collaborator", us)
    Membership.objects.filter(user=tom).update(department=sales)
    asked = set_roles(actor=admin, user=tom, grants=[Grant(us, "collaborator", department=service)], now=NOW)
    assert asked and "service" in asked.title and tom.memberships.get().department == sales, "its questions are read by its people alone"
    confirm_change(actor=ruth, change=asked, now=NOW)
    assert tom.memberships.get().department == service
    assert set_roles(actor=admin, user=tom, grants=[Grant(us, "collaborator")], now=NOW) is None, "of none is less"


def test_anothers_login_is_changed_by_two_and_a_link_goes_to_the_old_one_until_then(us, admin, ruth, ana):
    before = ana.email
    asked = change_user(actor=admin, user=ana, name="Ana R", email="mine@evil.example", now=NOW)
    ana.refresh_from_db()
    assert (ana.name, ana.email) == ("Ana R", before) and asked
    with pytest.raises(OrgError, match="waits"):
        change_user(actor=admin, user=ana, name="Ana R", email="also@evil.example", now=NOW)
    confirm_change(actor=ruth, change=asked, now=NOW)
    ana.refresh_from_db()
    assert ana.email == "mine@evil.example"


@pytest.mark.django_db(transaction=True)
def test_two_confirm_and_the_asker_withdraws_at_once_and_one_of_it_counts():
    us = make_company("US01")
    admin, ana, *confirmers = (make_user(role, us) for role in ("administrator", "specialist", "controller", "administrator"))
    asked = _asked(admin, ana, us)
    moves = [(confirm_change, who) for who in confirmers] + [(withdraw_change, admin)]
    barrier = threading.Barrier(len(moves))

    def decide(move, who):
        try:
            barrier.wait()
            return move(actor=who, change=asked, now=NOW).state
        except Overtaken:
            return "overtaken"
        finally:
            connection.close()

    with ThreadPoolExecutor(len(moves)) as pool:
        outcomes = list(pool.map(lambda one: decide(*one), moves))
    asked.refresh_from_db()
    assert outcomes.count("overtaken") == 2 and asked.state in outcomes
    assert _roles(ana) == ({"supervisor"} if asked.state == "confirmed" else {"specialist"})
    assert Event.objects.filter(type__in=["access.confirmed", "access.withdrawn"]).count() == 1
