"""A strategy's life: drafted, tried on the book, put in force by another person, tried against another, retired."""

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import InternalError, ProgrammingError, transaction
from django.test import Client
from django.urls import reverse

from arops.lib import clock
from collections_app.models import ExperimentMember, Strategy, StrategyStep, StrategyVersion
from collections_app.policy.experiment import Member, draws_challenger, judge_experiment
from collections_app.policy.strategy import StepDraft
from collections_app.selectors.experiments import experiment_report
from collections_app.selectors.strategies import StrategyBook, draft_of
from collections_app.services.activating import MakerIsNotChecker, activate_version, retire_strategy
from collections_app.services.experiments import end_experiment, enter_experiments, start_experiment
from collections_app.services.strategies import (
    StaleDraft,
    StrategyError,
    change_version,
    create_standard_strategy,
    create_strategy,
    draft_version,
)
from collections_app.services.trials import try_version
from ledger.models import Entry
from ledger.services import reverse_entries
from org.actors import NotAllowed
from tests.factories import SYSTEM, apply, issue, make_company, make_customer, make_user, receive
from workflow.models import Event

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 30)
NOW = clock.now()


@pytest.fixture
def us(settings):
    settings.BUSINESS_DATE, settings.PASSWORD_HASHERS = DAY, ["django.contrib.auth.hashers.MD5PasswordHasher"]
    company = make_company("US01")
    create_standard_strategy(actor=SYSTEM, company=company)
    return company


@pytest.fixture
def two(us):
    return make_user("collections_manager", us), make_user("supervisor", us)


def owes(company, name, days=10, amount=100_00, **fields):
    customer = make_customer(company, name, **fields)
    issue(customer, amount, day=DAY - timedelta(days=days + 30), due=DAY - timedelta(days=days))
    return customer


def drafted(maker, strategy, *steps, **rules):
    version = draft_version(actor=maker, strategy=strategy)
    own = draft_of(version)
    return change_version(actor=maker, version=version, draft=replace(own, steps=steps or own.steps, **rules), seen=version.revision)


def activate(actor, version, day=DAY):
    return activate_version(actor=actor, version=version, valid_from=day, today=DAY, now=NOW)


def test_a_draft_changes_nothing_is_tried_and_comes_into_force_by_another_person_from_a_day_on(us, two):
    maker, checker = two
    acme, strategy = owes(us, "Acme"), us.strategies.get()
    version = drafted(maker, strategy, StepDraft("call", 3, "Ring"), minimum=50_00)
    assert StrategyBook(us, DAY).version_of(acme).number == 1
    with pytest.raises(StrategyError, match="not been tried"):
        activate(checker, version)
    trial = try_version(actor=maker, version=version, day=DAY)
    assert trial.result["before"]["ways"] == {"email": [1, {"USD": 100_00}]} or trial.result["before"]["ways"]["email"][0] == 1
    assert trial.result["after"]["ways"]["call"][0] == 1 and trial.result["differences"] == 1
    with pytest.raises(MakerIsNotChecker):
        activate(maker, version)
    with pytest.raises(NotAllowed):
        activate(make_user("senior", us), version)
    with pytest.raises(StrategyError, match="today or later"):
        activate(checker, version, DAY - timedelta(days=1))
    activate(checker, version, DAY + timedelta(days=5))
    numbers = [StrategyBook(us, DAY + timedelta(days=n)).version_of(acme).number for n in (0, 4, 5, 90)]
    assert numbers == [1, 1, 2, 2] and StrategyBook(us, DAY - timedelta(days=400)).version_of(acme).number == 1
    assert Event.objects.get(type="strategy.activated").data["instead_of"] == [1]
    later = drafted(maker, strategy, StepDraft("call", 4, "Ring later"))
    try_version(actor=maker, version=later, day=DAY)
    activate(checker, later)
    assert [StrategyBook(us, DAY + timedelta(days=n)).version_of(acme).number for n in (-1, 0, 5)] == [1, 3, 3]


def test_an_edit_and_another_strategy_in_force_ask_for_a_new_trial(us, two):
    maker, checker = two
    strategy = us.strategies.get()
    version = drafted(maker, strategy, quiet_days=9)
    try_version(actor=maker, version=version, day=DAY)
    change_version(actor=maker, version=version, draft=replace(draft_of(version), quiet_days=10), seen=version.revision)
    version.refresh_from_db()
    with pytest.raises(StrategyError, match="changed since its trial"):
        activate(checker, version)
    try_version(actor=maker, version=version, day=DAY)
    other = create_strategy(actor=checker, company=us, name="Key", segment="key")
    try_version(actor=checker, version=other, day=DAY)
    activate(maker, other)
    with pytest.raises(StrategyError, match="other strategies came into force"):
        activate(checker, version)
    with pytest.raises(StrategyError, match="on the book of today"):
        try_version(actor=maker, version=version, day=DAY - timedelta(days=8))
        activate(checker, version)


def test_the_database_itself_keeps_what_was_in_force_and_lets_nothing_untried_in(us, two):
    active = StrategyVersion.objects.get()
    for change in (
        lambda: StrategyVersion.objects.filter(pk=active.pk).update(quiet_days=1),
        lambda: StrategyStep.objects.filter(version=active).update(days=1),
        lambda: StrategyStep.objects.filter(version=active).delete(),
        lambda: StrategyStep.objects.create(version=active, ordinal=9, days=90),
        lambda: StrategyVersion.objects.filter(pk=drafted(two[0], us.strategies.get()).pk).update(state="active", activated_by="user:9"),
    ):
        with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
            change()


def test_drafts_are_their_maker_s_and_not_changed_behind_ones_back(us, two):
    maker, checker = two
    version = drafted(maker, us.strategies.get())
    with pytest.raises(StrategyError, match="only its maker"):
        change_version(actor=checker, version=version, draft=draft_of(version), seen=version.revision)
    with pytest.raises(StaleDraft):
        change_version(actor=maker, version=version, draft=draft_of(version), seen=version.revision - 1)
    with pytest.raises(StrategyError, match="not negative"):
        change_version(actor=maker, version=version, draft=replace(draft_of(version), quiet_days=-1), seen=version.revision)
    with pytest.raises(StrategyError, match="whole company"):
        draft_version(actor=make_user("supervisor", us, scope="portfolio"), strategy=us.strategies.get())


def test_one_for_a_customer_comes_first_and_falls_away_when_it_is_retired(us, two):
    maker, checker = two
    acme = owes(us, "Acme", segment="key")
    own = create_strategy(actor=maker, company=us, name="Acme’s own", customer=acme)
    try_version(actor=maker, version=own, day=DAY)
    activate(checker, own)
    assert StrategyBook(us, DAY).version_of(acme) == own
    with pytest.raises(StrategyError, match="already"):
        create_strategy(actor=maker, company=us, name="Twice", customer=acme)
    with pytest.raises(StrategyError, match="stays"):
        retire_strategy(actor=checker, strategy=us.strategies.get(customer=None), day=DAY, why="x")
    retire_strategy(actor=checker, strategy=own.strategy, day=DAY, why="paid")
    assert StrategyBook(us, DAY).version_of(acme).number == 1 != own


def test_customers_enter_an_experiment_by_lot_and_stay_in_their_arm(us, two):
    maker, checker = two
    customers = [owes(us, f"C{n}") for n in range(40)]
    version = drafted(maker, us.strategies.get(), StepDraft("call", 3))
    try_version(actor=maker, version=version, day=DAY)
    with pytest.raises(MakerIsNotChecker):
        start_experiment(actor=maker, challenger=version, share=50, horizon_days=30, today=DAY, now=NOW)
    test = start_experiment(actor=checker, challenger=version, share=50, horizon_days=30, today=DAY, now=NOW)
    with pytest.raises(StrategyError, match="is no draft any more"):
        activate(checker, version)
    assert [enter_experiments(company=us, day=DAY, actor=SYSTEM) for _ in range(2)] == [40, 0]
    arms = dict(test.members.values_list("customer", "is_challenger"))
    assert arms == {c.pk: draws_challenger(test.seed, c.pk, 50) for c in customers} and 5 < sum(arms.values()) < 35
    book = StrategyBook(us, DAY)
    assert all((book.version_of(c) == version) == arms[c.pk] for c in customers)
    payer, item = customers[0], customers[0].open_items.get()
    apply(receive(payer, 100_00, day=DAY + timedelta(days=9)), (item, 100_00), day=DAY + timedelta(days=9))
    early, late = experiment_report(test, DAY + timedelta(days=9)), experiment_report(test, DAY + timedelta(days=31))
    assert (early.waiting, late.waiting, late.entered) == (40, 0, 40)
    assert late.verdict.champion.received + late.verdict.challenger.received == 100_00 and "Too few cases" in late.verdict.words
    end_experiment(actor=checker, experiment=test, adopt=True, today=DAY + timedelta(days=31))
    assert all(StrategyBook(us, DAY + timedelta(days=31)).version_of(c) == version for c in customers)
    assert not ExperimentMember.objects.filter(entered_on__gt=DAY).exists()


def test_what_came_back_after_the_days_was_never_paid(us, two):
    acme, version = owes(us, "Acme"), drafted(two[0], us.strategies.get(), StepDraft("call", 3))
    try_version(actor=two[0], version=version, day=DAY)
    test = start_experiment(actor=two[1], challenger=version, share=50, horizon_days=7, today=DAY, now=NOW)
    enter_experiments(company=us, day=DAY, actor=SYSTEM)
    paid_on, back_on = DAY + timedelta(days=5), DAY + timedelta(days=12)
    item = acme.open_items.get()
    entry = apply(receive(acme, 100_00, day=paid_on), (item, 100_00), day=paid_on)
    reverse_entries(entries=[Entry.objects.get(pk=entry)], day=back_on, actor=SYSTEM, reason="no funds")
    reports = [experiment_report(test, day).verdict for day in (back_on - timedelta(days=1), back_on)]
    assert [v.champion.received + v.challenger.received for v in reports] == [100_00, 0]


def test_nothing_is_tried_against_what_is_about_to_end(us, two):
    maker, checker = two
    later = drafted(maker, us.strategies.get(), quiet_days=9)
    try_version(actor=maker, version=later, day=DAY)
    activate(checker, later, DAY + timedelta(days=20))
    challenger = drafted(maker, us.strategies.get(), StepDraft("call", 3))
    try_version(actor=maker, version=challenger, day=DAY)
    with pytest.raises(StrategyError, match="another version follows on 20 Oct 2026"):
        start_experiment(actor=checker, challenger=challenger, share=50, horizon_days=30, today=DAY, now=NOW)


def test_a_report_admits_noise_and_finds_a_difference_that_is_there():
    def arm(is_challenger, paid, of):
        return [Member(is_challenger, 100, 100 if n < paid else 0) for n in range(of)]

    same = judge_experiment(arm(False, 60, 120) + arm(True, 64, 120), "s")
    assert same.is_enough and "noise" in same.words
    assert same.customers.low < 0 < same.customers.high and same.money.low < 0 < same.money.high
    better = judge_experiment(arm(False, 40, 120) + arm(True, 90, 120), "s")
    assert "more of customers and more of the money" in better.words
    assert better == judge_experiment(arm(False, 40, 120) + arm(True, 90, 120), "s")
    assert not judge_experiment(arm(False, 40, 120) + arm(True, 40, 49), "s").is_enough
    assert judge_experiment([], "s").customers is None
    chance = random.Random(1)
    rich = [Member(n % 2 == 0, 10**9 if n < 2 else 100, 10**9 if n == 0 else chance.choice((0, 100))) for n in range(1000)]
    assert judge_experiment(rich, "s").money.low < 0, "one account that pays a billion proves nothing"


def enter(user):
    client = Client()
    client.force_login(user)
    return client


def form_of(client, address):
    form = client.get(address).context["form"]
    values = {name: form.initial.get(name, "") for name in form.fields}
    seen = client.get(address).context["version"].revision
    return {k: v for k, v in values.items() if v is not False and v != ""} | {"count": form.count, "seen": seen}


def test_the_editor_keeps_previews_tries_and_puts_in_force_by_two_people(us, two):
    owes(us, "Acme", language="de")
    maker, checker = enter(two[0]), enter(two[1])
    active = StrategyVersion.objects.get()
    maker.post(reverse("collections:strategy-draft", args=[active.strategy_id]), {"base": active.pk})
    version = StrategyVersion.objects.get(number=2)
    address = reverse("collections:strategy-version", args=[version.pk])
    data = form_of(maker, address)
    more = maker.post(address, data | {"then": "add", "minimum": "31.00"})
    assert more.status_code == 200 and b"31.00" in more.content and b"4. New step" in more.content and version.steps.count() == 3
    call = {"count": 4, "step4_channel": "call", "step4_days": 12, "step4_tone": "neutral", "step4_signer": "company", "step4_name": "Ring"}
    assert maker.post(address, data | call | {"stops": ["plan", "dispute"], "minimum": "31.00"}).status_code == 302
    version.refresh_from_db()
    assert [s.channel for s in version.steps.all()] == ["email", "call", "email", "email"] and version.stops == ["dispute", "plan"]
    assert maker.post(address, data).status_code == 422, "the page is of before the last change"
    wrong = maker.post(address, form_of(maker, address) | {"step1_body_en": "{{7*7}}"})
    assert wrong.status_code == 422 and "is not a merge field" in wrong.content.decode()
    letter = maker.get(reverse("collections:strategy-preview", args=[version.pk, 1]) + "?language=de").content.decode()
    assert "Zahlungserinnerung: 100,00 USD" in letter and "Acme" in letter
    changed = maker.get(reverse("collections:strategy-changes", args=[version.pk])).content.decode()
    assert "31.00 USD" in changed and "call, after 12 days, “Ring”" in changed and "3 changes against version 1" in changed
    tried = maker.post(reverse("collections:strategy-try", args=[version.pk]), follow=True)
    assert tried.status_code == 200 and "Accounts treated otherwise" in tried.content.decode()
    assert maker.get(tried.request["PATH_INFO"] + "?format=csv").status_code == 200
    maker.post(reverse("collections:strategy-activate", args=[version.pk]), {"valid_from": str(DAY)})
    version.refresh_from_db()
    assert version.state == "draft"
    assert checker.post(address, form_of(maker, address)).status_code == 404, "only the maker changes a draft"
    checker.post(reverse("collections:strategy-activate", args=[version.pk]), {"valid_from": "31.12.2026"})
    version.refresh_from_db()
    assert version.state == "draft", "a day that can't be read isn't today"
    checker.post(reverse("collections:strategy-activate", args=[version.pk]), {"valid_from": str(DAY)})
    version.refresh_from_db()
    assert (version.state, version.valid_from) == ("active", DAY)
    assert "version 2 since 2026-09-30" in checker.get(reverse("collections:strategies")).content.decode()


def test_a_strategy_of_a_customer_and_sums_over_all_are_not_for_a_portfolio(us, two):
    ana = make_user("specialist", us, scope="portfolio")
    acme, bolt = owes(us, "Acme", collector=ana), owes(us, "Bolt")
    own = create_strategy(actor=two[0], company=us, name="Secret", customer=bolt)
    version = drafted(two[0], us.strategies.get(customer=None), StepDraft("call", 3))
    trial = try_version(actor=two[0], version=version, day=DAY)
    client = enter(ana)
    assert "Secret" not in client.get(reverse("collections:strategies")).content.decode()
    assert client.get(reverse("collections:strategy-version", args=[own.pk])).status_code == 404
    body = client.get(reverse("collections:strategy-trial", args=[trial.pk])).content.decode()
    assert "Acme" in body and "Bolt" not in body and "200.00" not in body
    assert client.post(reverse("collections:strategy-try", args=[version.pk])).status_code == 403
    assert acme.pk and Strategy.objects.count() == 2


def test_the_standard_strategy_is_there_once(db):
    company = make_company()
    strategy = create_standard_strategy(actor=SYSTEM, company=company)
    version = strategy.versions.get()
    assert company.strategies.get() == strategy and version.state == "active" and version.minimum == 25_00
    assert [step.title for step in version.steps.all()] == ["1 Friendly reminder", "2 Firm reminder", "3 Final notice"]
    assert {text.language for step in version.steps.all() for text in step.texts.all()} == {"de", "fr", "es"}
