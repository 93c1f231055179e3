"""Roles, lock-outs, passwords and keys: what an administrator may do, and that it counts at once."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from messaging.models import Message
from messaging.services.finishing import finished_body
from messaging.services.notices import queue_notices
from org.actors import NotAllowed
from org.models import ApiKey, Department, Membership, User
from org.services import (
    Grant,
    NotForYourself,
    OrgError,
    UnknownScope,
    change_company,
    create_api_key,
    disable_user,
    revoke_api_key,
    rotate_api_key,
    set_roles,
)
from org.services.keys import DeadKey
from tests.factories import PASSWORD, SYSTEM, make_company, make_customer, make_user
from workflow.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def us():
    return make_company("US01")


@pytest.fixture
def admin(us):
    return make_user("administrator", us)


@pytest.fixture(autouse=True)
def quick_hashes(settings):
    """Passwords are hashed often here; their strength is not what is tested."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def _logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="org.backends.EmailBackend")
    return client


def _enters(email: str, password: str) -> bool:
    """Whether the login page lets them in."""
    return Client().post("/login/", {"username": email, "password": password}).status_code == 302


def _mailed_link(person: User) -> str:
    """What the mail to that person leads to; the outbox itself doesn't hold it."""
    queue_notices(now=timezone.now(), today=timezone.now().date())
    message = Message.objects.filter(kind="password_link", recipients=[person.email]).latest("pk")
    assert "choose-password" not in message.body
    return "/settings" + finished_body(message).partition("/settings")[2].split()[0]


def _roles(person: User, **ticked: str) -> dict[str, str]:
    data = {"name": person.name, "email": person.email}
    for key, scope in ticked.items():
        name = key.replace("_", "-", 1)
        data |= {f"role-{name}": "on", f"scope-{name}": scope}
    return data


def test_a_person_is_added_and_chooses_a_password_by_the_link_mailed(us, admin):
    client = _logged_in(admin)
    data = {"name": "Zoe", "email": "zoe@test.example", f"role-{us.pk}-specialist": "on", f"scope-{us.pk}-specialist": "portfolio"}
    assert client.post(reverse("org:user-new"), data).status_code == 302
    person = User.objects.get(email="zoe@test.example")
    link = _mailed_link(person)
    new = {"new_password1": "a-much-longer-one-2026", "new_password2": "a-much-longer-one-2026"}
    stranger = Client()
    assert stranger.get(link).status_code == 200 and stranger.post(link, new).status_code == 302
    assert _enters("zoe@test.example", "a-much-longer-one-2026")
    assert stranger.post(link, new).status_code == 410, "a link works once"
    assert [(m.role, m.scope) for m in person.memberships.all()] == [("specialist", "portfolio")]
    assert Event.objects.filter(type="user.roles_set", actor=admin.label, subject_id=person.pk).get().data["given"]


def test_an_address_is_one_persons(us, admin):
    make_user("specialist", us, email="ana@test.example")
    answer = _logged_in(admin).post(reverse("org:user-new"), {"name": "Ana", "email": "ANA@test.example"})
    assert answer.status_code == 422 and "already" in answer.content.decode()


def test_nobody_changes_their_own_roles(us, admin):
    with pytest.raises(NotForYourself):
        set_roles(actor=admin, user=admin, grants=[Grant(us, "controller")], now=timezone.now())
    _logged_in(admin).post(reverse("org:user", args=[admin.pk]), _roles(admin, **{f"{us.pk}_controller": "company"}))
    assert [m.role for m in admin.memberships.all()] == ["administrator"]
    with pytest.raises(NotForYourself):
        disable_user(actor=admin, user=admin)


def test_a_role_taken_away_counts_at_the_next_click(us, admin):
    ana = make_user("specialist", us)
    make_customer(us, "Acme")
    hers = _logged_in(ana)
    assert hers.get(reverse("customers:list")).status_code == 200
    _logged_in(admin).post(reverse("org:user", args=[ana.pk]), _roles(ana))
    assert hers.get(reverse("customers:list")).status_code == 403


def test_a_person_locked_out_is_out_at_the_next_click(us, admin):
    ana = make_user("specialist", us)
    hers = _logged_in(ana)
    assert _logged_in(admin).post(reverse("org:user-disable", args=[ana.pk])).status_code == 302
    answer = hers.get(reverse("customers:list"))
    assert answer.status_code == 302 and answer["Location"].startswith("/login/")
    assert not _enters(ana.email, PASSWORD)
    _logged_in(admin).post(reverse("org:user-enable", args=[ana.pk]))
    assert _enters(ana.email, PASSWORD)


def test_roles_of_companies_out_of_reach_stay(us, admin):
    other = make_company("DE01")
    ana = make_user("senior", us, other)
    set_roles(actor=admin, user=ana, grants=[Grant(us, "specialist")], now=timezone.now())
    assert set(Membership.objects.filter(user=ana).values_list("company__code", "role")) == {("US01", "specialist"), ("DE01", "senior")}
    with pytest.raises(NotAllowed):
        set_roles(actor=admin, user=ana, grants=[Grant(other, "administrator")], now=timezone.now())
    with pytest.raises(NotAllowed):
        disable_user(actor=admin, user=ana)


def test_grants_that_make_no_sense_are_refused(us, admin):
    other = make_company("DE01")
    ana = make_user("senior", us)
    theirs = Department.objects.create(company=other, code="service", name="Service")
    for grant in (Grant(us, "emperor"), Grant(us, "senior", "everything"), Grant(us, "collaborator", "company", theirs)):
        with pytest.raises(OrgError):
            set_roles(actor=admin, user=ana, grants=[grant], now=timezone.now())


def test_a_reset_password_ends_every_session(us, admin):
    ana = make_user("specialist", us)
    hers = _logged_in(ana)
    said = _logged_in(admin).post(reverse("org:user-password", args=[ana.pk]))
    assert said.status_code == 302 and "choose-password" not in said.content.decode()
    assert hers.get(reverse("customers:list")).status_code == 302 and not _enters(ana.email, PASSWORD)
    assert Client().get(_mailed_link(ana)).status_code == 200
    assert Client().get(_mailed_link(ana).replace(f"/{ana.pk}-", f"/{admin.pk}-")).status_code == 410


def test_changing_ones_own_password_keeps_this_session_and_ends_others(us):
    ana = make_user("specialist", us)
    here, there = _logged_in(ana), _logged_in(ana)
    short = {"old_password": PASSWORD, "new_password1": "short-one", "new_password2": "short-one"}
    answer = here.post(reverse("org:password"), short)
    assert answer.status_code == 422 and "12 characters" in answer.content.decode()
    new = "a-much-longer-one-2026"
    assert here.post(reverse("org:password"), short | {"new_password1": new, "new_password2": new}).status_code == 302
    assert here.get(reverse("customers:list")).status_code == 200
    assert there.get(reverse("customers:list")).status_code == 302


def test_preferences_go_with_the_person_to_another_browser(us):
    ana = make_user("specialist", us)
    _logged_in(ana).post(reverse("org:preferences"), {"theme": "dark", "density": "comfortable"})
    elsewhere = _logged_in(ana).get(reverse("customers:list")).content.decode()
    assert 'data-theme="dark"' in elsewhere and 'data-density="comfortable"' in elsewhere and 'data-keys="off"' in elsewhere


def test_too_many_wrong_passwords_lock_the_login_and_say_so(us):
    ana = make_user("specialist", us)
    client = Client()
    for _ in range(10):
        answer = client.post("/login/", {"username": ana.email, "password": "wrong-wrong-wrong"})
    assert answer.status_code == 429
    said = answer.content.decode()
    assert "Too many" in said and "traceback" not in said.lower()
    assert client.post("/login/", {"username": ana.email, "password": PASSWORD}).status_code == 429
    assert client.post("/login/", {"username": ana.email.upper(), "password": PASSWORD}).status_code == 429
    assert Client(REMOTE_ADDR="203.0.113.9").post("/login/", {"username": ana.email, "password": PASSWORD}).status_code == 302


def test_a_rotated_key_has_one_successor_that_lives_no_longer_than_it_would_have(us, admin):
    now = timezone.now()
    week, month = timedelta(days=7), now + timedelta(days=30)
    key, _ = create_api_key(actor=SYSTEM, name="a month", scopes=["invoices:read"], companies=[us], expires_at=month)
    newer, _ = rotate_api_key(actor=admin, key=key, overlap=week, now=now)
    assert newer.expires_at == month
    for later in (timedelta(0), timedelta(seconds=1), timedelta(days=1)):
        with pytest.raises(DeadKey, match="ends on"):
            rotate_api_key(actor=admin, key=key, overlap=week, now=now + later)
    assert ApiKey.objects.filter(name="a month").count() == 2
    short, _ = create_api_key(actor=SYSTEM, name="short", scopes=["invoices:read"], companies=[us], expires_at=now + timedelta(days=3))
    with pytest.raises(DeadKey, match="choose fewer days"):
        rotate_api_key(actor=admin, key=short, overlap=week, now=now)


def test_keys_are_shown_once_used_rotated_and_revoked(us, admin):
    client = _logged_in(admin)
    data = {"name": "ERP", "source_system": "erp", "scopes": ["customers:read"], "companies": [us.pk]}
    secret = client.post(reverse("org:key-new"), data).context["secret"]
    key = ApiKey.objects.get()
    assert secret not in client.get(reverse("org:keys")).content.decode() and secret not in str(key.__dict__)

    def call(text: str) -> int:
        return Client().get("/api/v1/customers", headers={"Authorization": f"Bearer {text}"}).status_code

    assert call(secret) == 200 and ApiKey.objects.get().last_used_at
    newer = client.post(reverse("org:key-rotate", args=[key.pk]), {"days": "7"}).context["secret"]
    assert call(secret) == call(newer) == 200
    key.refresh_from_db()
    assert timedelta(days=6) < key.expires_at - timezone.now() <= timedelta(days=7)
    client.post(reverse("org:key-revoke", args=[key.pk]))
    assert (call(secret), call(newer)) == (401, 200)
    assert set(Event.objects.filter(type__startswith="api_key.").values_list("type", flat=True)) >= {
        "api_key.created", "api_key.rotated", "api_key.revoked",
    }  # fmt: skip


def test_keys_reach_no_further_than_their_maker(us, admin):
    other = make_company("DE01")
    for companies in ([other], []):
        with pytest.raises(NotAllowed):
            create_api_key(actor=admin, name="x", scopes=["all"], companies=companies)
    with pytest.raises(UnknownScope):
        create_api_key(actor=admin, name="x", scopes=["money:print"], companies=[us])
    both = make_user("administrator", us, other)
    with pytest.raises(OrgError, match="each company apart"):  # there is nobody else in both to confirm it
        create_api_key(actor=both, name="all", scopes=["invoices:read"])
    everywhere, _ = create_api_key(actor=SYSTEM, name="all", scopes=["invoices:read"])
    assert list(ApiKey.objects.visible_to(admin, "apikeys.manage")) == []
    assert list(ApiKey.objects.visible_to(both, "apikeys.manage")) == [everywhere]
    with pytest.raises(NotAllowed):
        revoke_api_key(actor=admin, key=everywhere, now=timezone.now())
    with pytest.raises(NotAllowed):
        rotate_api_key(actor=admin, key=everywhere, overlap=timedelta(days=1), now=timezone.now())


def test_a_companys_particulars_change_and_its_currency_doesnt(us, admin):
    _logged_in(admin).post(reverse("org:company", args=[us.pk]), {"name": "New name", "address": "1 Road", "country": "US", "email": ""})
    us.refresh_from_db()
    assert us.name == "New name" and Event.objects.filter(type="company.changed").get().data["after"]["address"] == "1 Road"
    with pytest.raises(OrgError):
        change_company(actor=admin, company=us, base_currency="EUR")


def test_rates_are_entered_by_the_controller_and_seen_by_the_rest(us):
    rate = {"currency": "eur", "base": "USD", "day": "2026-11-01", "rate": "1.0850"}
    controller, auditor = _logged_in(make_user("controller", us)), _logged_in(make_user("auditor", us))
    assert controller.post(reverse("ledger:rates"), rate).status_code == 302
    assert "1.085" in auditor.get(reverse("ledger:rates")).content.decode()
    assert auditor.post(reverse("ledger:rates"), rate).status_code == 403
    for wrong in ({"base": "EUR"}, {"currency": "EURO"}, {"rate": "0"}, {"rate": "1e400"}, {"day": "soon"}):
        assert controller.post(reverse("ledger:rates"), rate | wrong).status_code == 422, wrong
