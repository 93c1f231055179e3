"""Every address of the product against every role, every scope of a key, nobody, and what belongs to somebody else.

The addresses are found, not listed: one that is added later is crawled too, and fails here until it says whom it is for and there is a
thing to try it with. Requests run in transactions that are rolled back, so that each finds the same world.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest
from django.db import transaction
from django.test import Client, override_settings
from django.urls import reverse

from org import policy
from org.models import Company, Department, Membership, User
from org.services import create_api_key
from tests.access.addresses import Address, all_addresses
from tests.access.worlds import COLLEAGUES, OURS, THEIRS, TODAY, Side, make_side, make_things, renumber
from tests.factories import SYSTEM, make_user
from workflow.models import Attachment, Event, TaskLink
from workflow.services.links import token_of

ADDRESSES = all_addresses()
LINKS = {f"workflow:answer{end}" for end in ("", "-open", "-send", "-attach", "-file", "-leave")} | {"org:choose-password"}
"""Pages of whoever came by a link, to a task or to a password of their own."""

PUBLIC = {"login", "healthz", "readyz", "api:schema", "api:docs"} | LINKS
"""What answers without a login."""

UNSTATED = {"home", "login", "logout", "healthz", "readyz", "api:schema", "api:docs"}
"""Pages of the process itself; they show nothing of anybody's."""

OPEN_API = {"api:jobs-all", "api:jobs-one", "api:nowhere"}
"""API calls for every key: jobs show the caller its own; the last answers 404 to what isn't there."""

EVERYBODYS = {"api:fx-rates-one": "rates belong to no company"}
"""Things without a company."""

ROLES = [*policy.ROLES]
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
NOWHERE = 999_999_999
BODY = {"nothing": "useful", "customer": OURS + 1, "remittance": OURS + 1}
"""What is posted: little that any form wants, but things of ours without which some addresses take nothing for found."""

FILLED = BODY | {
    "version": "0", "reason": "because", "state": "waiting", "resolution": "rejected", "note": "x", "body": "x", "customer_words": "x",
    "amount": "1.00", "rest": "on", "do": "done", "words": "x", "question": "why", "split_amount": "1.00", "went_out": "yes", "take": "1",
    "recipients": "eva@customer.example", "name": "X", "email": "x@customer.example", "role": "ap", "outcome": "no_answer",
    "mode": "partial", "subject": "x", "until": "2026-09-25",
}  # fmt: skip
"""A little of everything that forms ask for."""


@pytest.fixture(scope="module")
def sides(django_db_setup: None, django_db_blocker: Any, databases: Any) -> Iterator[tuple[Side, Side]]:
    """Our company and theirs, made once for the module in a transaction that is rolled back in the end."""
    connection = psycopg2.connect(databases.url())
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    asked = {"BUSINESS_DATE": TODAY, "PASSWORD_HASHERS": hashers, "API_CALLS_A_MINUTE": 10**6}  # a crawl calls more often than anybody may
    with django_db_blocker.unblock(), override_settings(**asked), transaction.atomic():
        renumber(connection, OURS)
        ours = make_side("US01", "DE89370400440532013000")
        renumber(connection, THEIRS)
        theirs = make_side("XX01", "DE02120300000000202051")
        renumber(connection, COLLEAGUES)
        make_things(ours.company, make_user("specialist", ours.company), ours.company.bank_accounts.get(), "OTHER")  # type: ignore[attr-defined]
        connection.close()
        yield ours, theirs
        transaction.set_rollback(True)


@contextmanager
def _undone() -> Iterator[None]:
    """Whatever happens inside did not happen."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class Caller:
    """Somebody who asks: a person by session, a key by its secret, or nobody."""

    def __init__(self, user: User | None = None, secret: str = "") -> None:
        self.client = Client(raise_request_exception=True)
        self.headers = {"Idempotency-Key": "crawl"} | ({"Authorization": f"Bearer {secret}"} if secret else {})
        if user:
            self.client.force_login(user, backend="org.backends.EmailBackend")

    def ask(self, address: Address, keys: tuple[int | str, ...] = (), method: str = "GET", data: Any = None) -> Any:
        """The answer; an exception inside the product names the address."""
        url = address.url(*keys)
        self.client.cookies.pop("messages", None)  # what was said after an earlier request
        with _undone():
            try:
                if address.api and method != "GET":
                    return self.client.generic(method, url, "{}", content_type="application/json", headers=self.headers)
                body = (BODY if data is None else data) if method == "POST" else data or {}
                return getattr(self.client, method.lower())(url, body, headers=self.headers)
            except Exception as error:
                raise AssertionError(f"{method} {url} broke: {error!r}") from error


def _sample(address: Address, callers: Sequence[Caller], start: int, side: str) -> tuple[Caller, tuple[int | str, ...]] | None:
    """Somebody who may, and keys of ours that the address takes (not 404); None when there are none."""
    for method in ("GET", "POST"):
        for caller, keys in itertools.product(callers, list(address.keys(start, side))):
            status = caller.ask(address, keys, method).status_code
            if status == 405:
                break  # it takes the other one
            if status not in (403, 404):
                return caller, keys
    return None


def _plain(answer: Any, keys: tuple[int | str, ...]) -> str:
    """A body without what differs by nature: the keys asked for, tokens, ids of the request."""
    text = answer.content.decode("utf-8", "replace")
    for key in keys:
        text = text.replace(str(key), "KEY")
    text = re.sub(r"[A-Za-z0-9]{64}", "TOKEN", text)
    return re.sub(r'"request_id":"[^"]*"|nonce="[^"]*"', "", text)


def test_every_address_says_whom_it_is_for() -> None:
    known = policy.PERMISSIONS | {"anyone", "own", "record", "link"}
    silent = {a.name for a in ADDRESSES if a.policy not in known}
    assert silent == UNSTATED | OPEN_API
    assert {a.name for a in ADDRESSES if a.is_public} == PUBLIC
    assert {a.name for a in ADDRESSES if a.policy == "link"} == LINKS


def test_nobody_sees_nothing(sides: tuple[Side, Side]) -> None:
    nobody = Caller()
    for address in ADDRESSES:
        if address.is_public or address.name == "api:nowhere":
            continue
        keys = next(address.keys(OURS, "US01"))
        for method in ("GET", "POST"):
            answer = nobody.ask(address, keys, method)
            if address.api:
                assert answer.status_code == 401, (address.name, method)
            else:
                assert answer.status_code == 302 and answer["Location"].startswith(reverse("login")), (address.name, method)


def test_roles_without_the_permission_are_refused(sides: tuple[Side, Side]) -> None:
    """Whoever holds every role but those with the permission, which is more than any of those roles alone."""
    company, without = sides[0].company, {}
    for address in ADDRESSES:
        for method, wanted in (("GET", address.policy), ("POST", address.write_policy)):
            if wanted not in policy.PERMISSIONS:
                continue
            if wanted not in without:
                lacking = [role for role in ROLES if wanted not in policy.permissions_of(role)]
                without[wanted] = Caller(in_all(company, lacking)) if lacking else None
            if caller := without[wanted]:
                answer = caller.ask(address, next(address.keys(OURS, "US01")), method)
                assert answer.status_code in (403, 405), (method, address.name, answer.status_code)
                assert answer.status_code == 403 or method == "GET" or address.api, address.name
    assert len([caller for caller in without.values() if caller]) > 30


def in_all(company: Company, roles: Sequence[str], scope: str = "company") -> User:
    """A person who holds all these roles in a company; of the whole company, then also in the department that is asked."""
    person = make_user(roles[0], company, scope=scope)
    asked = Department.objects.get(company=company, code="service") if scope == "company" else None
    Membership.objects.bulk_create(Membership(user=person, company=company, role=r, department=asked, scope=scope) for r in roles[1:])
    return person


def test_keys_without_the_scope_are_refused(sides: tuple[Side, Side]) -> None:
    """A key with every scope but those that stand for the permission."""
    without: dict[str, Caller] = {}
    for address in ADDRESSES:
        for method, wanted in (("GET", address.policy), ("POST", address.write_policy)):
            if not address.api or not wanted:
                continue
            if wanted not in without:
                scopes = [scope for scope in policy.SCOPES if wanted not in policy.permissions_of_scopes([scope])]
                key = create_api_key(actor=SYSTEM, name=f"without {wanted}", scopes=scopes, companies=[sides[0].company])
                without[wanted] = Caller(secret=key[1])
            answer = without[wanted].ask(address, next(address.keys(OURS, "US01")), method)
            assert answer.status_code == 403, (wanted, method, address.name, answer.status_code)
    assert len(without) > 15


def test_keys_open_no_pages(sides: tuple[Side, Side]) -> None:
    caller = Caller(secret=sides[0].secrets["customers:read"])
    for address in ADDRESSES:
        if not address.api and not address.is_public:
            assert caller.ask(address, next(address.keys(OURS, "US01"))).status_code == 302, address.name


Samples = dict[str, tuple[Caller, tuple[int | str, ...]]]


@pytest.fixture(scope="module")
def samples(sides: tuple[Side, Side]) -> Samples:
    """By the name of each address that takes a key: who may ask, and keys of ours that it takes. What is one's own, only that one opens."""
    callers = [Caller(in_all(sides[0].company, ROLES)), *map(Caller, sides[0].people.values())]
    keyed = [a for a in ADDRESSES if a.has_key and a.name not in EVERYBODYS and a.policy not in ("anyone", "own", "link")]
    found = {address.name: _sample(address, callers, OURS, "US01") for address in keyed}
    lacking = sorted(name for name, sample in found.items() if sample is None)
    assert not lacking, "tests/access/worlds.py makes nothing to try these with"
    return {name: sample for name, sample in found.items() if sample}


def test_what_is_theirs_is_not_there(samples: Samples) -> None:
    """An address that takes a thing of ours answers to its twin in the other company as to one that doesn't exist."""
    for address in ADDRESSES:
        if address.name not in samples:
            continue
        caller, keys = samples[address.name]
        theirs = tuple(_twin(key) for key in keys)
        missing = tuple(_moved(key, NOWHERE) for key in keys)
        for method in ("GET", *UNSAFE) if address.api else ("GET", "POST"):  # to a page every other method is one of the two
            answer, nothing = caller.ask(address, theirs, method), caller.ask(address, missing, method)
            made_here = method == "PUT" and "external_id" in address.parameters  # makes one where there is none: judged by the body
            assert answer.status_code in (404, 405) or made_here, (address.name, method, theirs, answer.status_code)
            assert _plain(answer, theirs) == _plain(nothing, missing), (address.name, method)


def test_what_is_only_read_in_the_other_company_is_not_changed_there(sides: tuple[Side, Side], samples: Samples) -> None:
    """Somebody who may everything at home, and only read there: the twin of each thing of ours stays as it is, though it is seen."""
    theirs, person = sides[1].company, in_all(sides[0].company, ROLES)
    Membership.objects.create(user=person, company=theirs, role="auditor")
    caller = Caller(person)
    for address in ADDRESSES:
        if address.name not in samples or address.api or address.policy not in policy.PERMISSIONS:
            continue
        twin = tuple(_twin(key) for key in samples[address.name][1])
        answer, acts = _acts(caller, address, twin, FILLED | {"customer": THEIRS + 1}, theirs)
        assert answer.status_code < 500 and not acts, (address.name, twin, answer.status_code)


def test_the_same_acts_are_done_where_they_may_be(sides: tuple[Side, Side], samples: Samples) -> None:
    """That the crawl above would see an act: the forms as filled do something in one's own company."""
    ours, acted = sides[0], set()
    caller = Caller(ours.people["supervisor"])
    for address in ADDRESSES:
        if address.name in samples and not address.api and address.policy in policy.permissions_of("supervisor"):
            acted |= {address.name} if _acts(caller, address, samples[address.name][1], FILLED, ours.company)[1] else set()
    assert len(acted) > 20, acted


def _acts(caller: Caller, address: Address, keys: tuple[int | str, ...], data: Any, company: Company) -> tuple[Any, int]:
    """The answer to a form, and how many acts in the company's audit trail it left (before they are undone)."""
    with _undone():
        before = Event.objects.filter(company=company).count()
        answer = caller.client.post(address.url(*keys), data)
        return answer, Event.objects.filter(company=company).count() - before


def test_a_link_opens_its_task_and_nothing_else(sides: tuple[Side, Side]) -> None:
    """Its holder is nobody at every address that is no link's, whatever the key; and of the link's, only what hangs on its task is there.
    Nobody who is logged in sees by a link's address what they don't by their own."""
    with _undone():
        link = TaskLink.objects.filter(task__company=sides[0].company, task__customer_ref__lt=THEIRS).order_by("pk")[0]
        holder = Caller()
        assert holder.client.post(reverse("workflow:answer-open"), {"code": token_of(link)}).status_code == 302
        own = set(Attachment.objects.filter(subject_type="workflow.task", subject_id=link.task_id).values_list("pk", flat=True))
        assert own, "tests/access/worlds.py puts a file on the task"
        for pk in Attachment.objects.values_list("pk", flat=True):
            answer = holder.client.get(reverse("workflow:answer-file", args=[pk]))
            assert answer.status_code == (200 if pk in own else 404), pk
        for address in ADDRESSES:
            if address.is_public or address.name == "api:nowhere":
                continue
            for method in ("GET", "POST"):
                answer = holder.ask(address, next(address.keys(OURS, "US01")), method)
                assert answer.status_code == (401 if address.api else 302), (address.name, method)
        insider = Caller(sides[0].people["senior"])
        for pk in own:
            assert insider.client.get(reverse("workflow:answer-file", args=[pk])).status_code == 404


def _twin(key: int | str) -> int | str:
    return _moved(key, None)


def _moved(key: int | str, to: int | None) -> int | str:
    """The same key for the twin row, or for a row that isn't there."""
    if isinstance(key, int):
        return key + THEIRS - OURS if to is None else to
    moved = re.sub(r"\d{6,}", lambda m: str(int(m[0]) + THEIRS - OURS if to is None else to), key)
    return moved.replace("US01", "XX01" if to is None else "ZZ99")


def test_a_portfolio_hides_what_colleagues_look_after(sides: tuple[Side, Side]) -> None:
    """Who is limited to their own customers gets none of those of a colleague, though the company is the same."""
    person = make_user("senior", sides[0].company, scope="portfolio")
    caller = Caller(person)
    for address in ADDRESSES:
        if not address.has_key or address.name in EVERYBODYS or address.policy not in policy.permissions_of("senior"):
            continue
        for keys in list(address.keys(COLLEAGUES, "OTHER"))[:8]:
            answer = caller.ask(address, keys)
            assert answer.status_code in (403, 404, 405), (address.name, keys, answer.status_code)


def test_the_auditor_changes_nothing(sides: tuple[Side, Side]) -> None:
    caller = Caller(sides[0].people["auditor"])
    for address in ADDRESSES:
        if address.is_public or address.name == "logout" or address.policy == "own":
            continue
        for method in UNSAFE:
            answer = caller.ask(address, next(address.keys(OURS, "US01")), method)
            assert answer.status_code in (403, 405) or address.name == "api:nowhere", (address.name, method, answer.status_code)


@pytest.mark.parametrize("role", ["administrator", "controller", "supervisor"])
def test_nonsense_breaks_nothing(sides: tuple[Side, Side], role: str) -> None:
    """Odd query strings and forms get an answer below 500 from whoever may ask."""
    caller = Caller(sides[0].people[role])
    odd = {
        name: value for name in ("page", "sort", "as_of", "company", "customer", "q", "state", "day", "amount") for value in ("\x00-9'%",)
    }
    for address in ADDRESSES:
        if address.policy in policy.PERMISSIONS and address.policy not in policy.permissions_of(role):
            continue
        for keys in [*address.keys(OURS, "US01")][:6] if address.has_key else [()]:
            assert caller.ask(address, keys, "GET", odd).status_code < 500, address.name
            assert caller.ask(address, keys, "POST", odd).status_code < 500, address.name
