"""Pages of rules: the grid typed into, trials that open into receipts, own rules, the watch; and who sees what of them."""

from datetime import timedelta

import pytest

from cashapp.models import BackTest, CashRule, DriftAlarm, RuleMatrix
from cashapp.selectors.engine_input import policy_of
from cashapp.selectors.matrix import cells_typed, grid_of
from cashapp.services import match_receipts
from cashapp.services import rules as work
from cashapp.services.rules import testing
from cashapp.services.rules.matrix import differing
from tests.cashapp.desk import EARLY, acme, bank, senior
from tests.cashapp.pages import business_date, enter, url
from tests.cashapp.worlds import TODAY, money_in
from tests.factories import SYSTEM, issue, make_customer, make_user
from workflow.models import Job
from workflow.services.jobs import run_job

__all__ = ["acme", "bank", "business_date", "senior"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(bank):
    return make_user("supervisor", bank.company)


@pytest.fixture
def settled(bank, acme):
    """A receipt by name, posted."""
    issue(acme, 100_00, number="INV-7001", day=EARLY)
    receipt = money_in(bank, 100_00, payer="ACME GmbH")
    match_receipts(company=bank.company, actor=SYSTEM, today=TODAY, post=True)
    return receipt


def typed(matrix, **changes):
    """The grid's form as a browser sends it."""
    grid = grid_of(matrix, policy_of(matrix.company_id))
    cells = [c for b in grid.blocks for r in b.rows for c in r.cells] + [c for _, found in grid.rules for c in found if c]
    data = {c.field: str(c.value) for c in cells} | {"post": "90", "propose": "50", "seen": matrix.changed_at.isoformat()}
    return data | changes


def test_a_version_from_the_published_matrix_to_in_force_by_the_pages(bank, senior, boss, settled):
    me, her = enter(senior), enter(boss)
    assert b"every score as published" in me.get(url("rules")).content
    me.post(url("rules-draft", bank.company.pk))
    draft = RuleMatrix.objects.get()
    page = me.get(url("rules-version", draft.pk))
    assert b'name="m-EXACT-KNOWN-0" value="100"' in page.content and b"Save the draft" in page.content
    assert b"Save the draft" not in her.get(url("rules-version", draft.pk)).content
    refused = me.post(url("rules-version", draft.pk), typed(draft, **{"m-EXACT-KNOWN-0": "101"}))
    assert refused.status_code == 422 and "Whole number, known, to the cent: a score" in refused.content.decode()
    me.post(url("rules-version", draft.pk), typed(draft, **{"r-0-NAME": "60", "m-FUZZY-OTHER-7": "31"}))
    draft.refresh_from_db()
    assert draft.cells["single amount"] == {"NAME": 60} and draft.cells["FUZZY"]["OTHER"][-1] == 31 and len(draft.cells) == 2
    assert me.post(url("rules-version", draft.pk), typed(draft, seen="2026-01-01T00:00:00+00:00")).status_code == 409
    me.post(url("rules-version-step", draft.pk, "try"), {"first": str(TODAY - timedelta(days=60)), "last": str(TODAY)})
    test = BackTest.objects.get()
    trial = me.get(url("rules-trial", test.pk)).content.decode()
    assert "no longer posted (1)" in trial and url("receipt", settled.pk) in trial and "proposed rightly" in trial
    assert b"RC-" in me.get(f"{url('rules-trial', test.pk)}?format=csv").content
    her.post(url("rules-version-step", draft.pk, "activate"))
    draft.refresh_from_db()
    assert draft.state == "active" and b"<b>in force</b>" in me.get(url("rules")).content
    assert b"single amount,By name,,60,92" in me.get(f"{url('rules')}?format=csv").content
    her.post(url("rules-published", bank.company.pk))
    assert not RuleMatrix.objects.filter(state="active").exists()


def test_the_grid_reads_what_it_shows(bank, senior):
    draft = work.draft_matrix(actor=senior, company=bank.company)
    assert differing(cells_typed(typed(draft))) == {}


def test_many_receipts_are_tried_in_the_background(bank, senior, settled, monkeypatch):
    monkeypatch.setattr("cashapp.views.rules.shared.AT_ONCE", 0)
    draft = work.draft_matrix(actor=senior, company=bank.company)
    me = enter(senior)
    me.post(url("rules-version-step", draft.pk, "try"))
    job = Job.objects.get(kind="rule_trial")
    assert b"How far it is" in me.get(url("rules-version", draft.pk)).content
    done = run_job(job_id=job.pk, now=job.created_at)
    assert done.state == "done" and done.counts["receipts"] == 1 and BackTest.objects.get().run_by == senior.label


def test_an_own_rule_by_hand(bank, acme, senior, boss, settled):
    me, her = enter(senior), enter(boss)
    assert b"No rules of your own" in me.get(url("rules-own")).content
    data = {"name": "Charges", "effect": "charges", "position": "5", "currency": "eur", "amounts": "EUR 12.50", "low": "10"}
    bad = me.post(url("rules-own-new", bank.company.pk), data | {"customer": "nobody"})
    assert bad.status_code == 422 and b"No customer of yours" in bad.content
    me.post(url("rules-own-new", bank.company.pk), data | {"customer": acme.number})
    rule = CashRule.objects.get()
    assert (rule.values, rule.condition, rule.customer) == ({"amounts": {"EUR": 1250}}, {"currency": "EUR", "low": 1000}, acme)
    page = me.get(url("rules-own-rule", rule.pk)).content.decode()
    assert "bank charges up to 12.50 EUR are ours" in page and 'value="10.00"' in page
    me.post(url("rules-own-rule", rule.pk), data | {"customer": acme.number, "version": "0", "low": "", "name": "Wires"})
    other = work.draft_rule(
        actor=boss, company=bank.company, name="Ask", effect="ask", condition={"currency": "EUR"}, values={}, position=900
    )  # fmt: skip
    page = me.get(url("rules-own")).content.decode()
    assert "Never posts" in page and "Both fit <b>1</b> of the last" in page and settled.number in page and other.pk
    me.post(url("rules-own-step", rule.pk, "try"), {"first": str(TODAY - timedelta(days=60)), "last": str(TODAY)})
    assert b"had no part in any answer" in me.get(url("rules-trial", BackTest.objects.get().pk)).content
    her.post(url("rules-own-step", rule.pk, "on"), {"version": "1"})
    rule.refresh_from_db()
    assert rule.state == "active" and b"Wires" in me.get(f"{url('rules-own')}?state=active&format=csv").content
    her.post(url("rules-own-step", rule.pk, "retire"), {"words": "new bank"})
    rule.refresh_from_db()
    assert rule.state == "retired"


def test_a_portfolio_sees_no_other_ones_customers_in_rules_and_trials(bank, acme, senior, settled):
    small = make_user("specialist", bank.company, scope="portfolio")
    mine = make_customer(bank.company, "Mine AB", collector=small)
    said = {"effect": "on_account", "condition": {}, "values": {}}
    theirs = work.draft_rule(actor=senior, company=bank.company, customer=acme, name="ACME GmbH pays ahead", **said)
    work.draft_rule(actor=senior, company=bank.company, customer=mine, name="Mine AB pays ahead", **said)
    draft = work.draft_matrix(actor=senior, company=bank.company)
    work.change_matrix(
        actor=senior, matrix=draft, seen=draft.changed_at, cells={"single amount": {"NAME": 60}},
        bands={"post": 90, "customers": {str(acme.pk): {"post": 101}}},
    )  # fmt: skip
    tests = [testing.run_trial(actor=senior, subject=s, first=EARLY, last=TODAY, today=TODAY) for s in (draft, theirs)]
    client = enter(small)
    listed = client.get(url("rules-own")).content
    assert b"Mine AB" in listed and b"ACME" not in listed
    assert client.get(url("rules-own-rule", theirs.pk)).status_code == client.get(url("rules-trial", tests[1].pk)).status_code == 404
    seen = client.get(url("rules-trial", tests[0].pk)).content
    assert b"out of your sight" in seen and b"ACME" not in seen and settled.number.encode() not in seen
    assert b"ACME" not in client.get(url("rules-version", draft.pk)).content
    assert b"ACME GmbH" in enter(senior).get(url("rules-version", draft.pk)).content


def test_the_watch_and_its_alarms(bank, senior, settled):
    DriftAlarm.objects.create(
        company=bank.company, rule="single amount", from_date=EARLY, to_date=TODAY, posted=9, reversed=5, expected="0.01", words="5 of 9"
    )
    me = enter(senior)
    page = me.get(url("rules-watch")).content.decode()
    assert "5 of 9" in page and "Single amount" in page and "too few to say" in page
    me.post(url("rules-alarm-close", DriftAlarm.objects.get().pk), {"words": "numbers of a new series; mended"})
    assert "numbers of a new series" in me.get(url("rules-watch")).content.decode()
    assert b"Taken back" in me.get(f"{url('rules-watch')}?format=csv").content
