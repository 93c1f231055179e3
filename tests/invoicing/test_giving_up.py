"""Write-offs and refunds by people: asked for, allowed, posted once, taken back by new entries; the books hold in the end."""

from datetime import date

import pytest
from django.urls import reverse

from arops.lib.refusal import Refused
from invoicing.services.giving_up import (
    Rule,
    WriteOffRefused,
    preview_rule,
    request_refund,
    request_write_off,
    reverse_write_off,
    write_off_by_rule,
)
from ledger.models import Account, Entry, OpenItem
from ledger.selectors import trial_balance
from org.actors import NotAllowed
from tests.factories import SYSTEM, apply, issue, make_company, make_customer, make_user, receive
from tests.invoicing.memo_desk import COUNT, DAY, NOW, allow, balance, enter, holds
from workflow.services.approvals import Evidence
from workflow.services.limits import standard_limits


@pytest.fixture
def company(db, settings):
    settings.BUSINESS_DATE = DAY
    made = make_company("US01")
    standard_limits(company=made, actor=SYSTEM)
    return made


@pytest.fixture
def acme(company):
    return make_customer(company, "Acme", number="K-1")


@pytest.fixture
def people(company):
    return {role: make_user(role, company) for role in ("specialist", "senior", "supervisor", "controller", "auditor")}


def give_up(actor, items, reason_code="uncollectable", **fields):
    given = {"day": DAY, "today": DAY, "now": NOW, "evidence": [Evidence("mail.txt", b"insolvent")]} | fields
    return request_write_off(actor=actor, items=items, reason_code=reason_code, token=f"w{next(COUNT)}", **given)


def test_a_write_off_posts_to_bad_debt_and_is_taken_back_by_a_new_entry(acme, company, people):
    item = issue(acme, 800_00, number="INV-1")
    asked = give_up(people["senior"], [(item, 800_00)])
    assert asked.state == "waiting"  # a senior gives up 250 alone
    allow(people["supervisor"], asked)
    entry = Entry.objects.get(kind="write_off")
    assert (balance("INV-1"), trial_balance(company.pk, DAY)["6900"]) == (0, 800_00)
    client = enter(people["supervisor"])
    assert client.post(reverse("invoicing:write-off-reverse", args=[entry.pk]), {"reason": ""}).status_code == 422
    assert client.post(reverse("invoicing:write-off-reverse", args=[entry.pk]), {"reason": "they paid"}).status_code == 302
    assert (balance("INV-1"), trial_balance(company.pk, DAY)["6900"]) == (800_00, 0)
    with pytest.raises(Refused, match="already"):
        reverse_write_off(actor=people["supervisor"], entry=entry, reason="again", today=DAY)
    with pytest.raises(NotAllowed):
        reverse_write_off(actor=people["senior"], entry=entry, reason="x", today=DAY)
    holds()


def test_what_can_not_be_written_off_is_said(acme, company, people):
    item, credit = issue(acme, 100_00), issue(acme, -50_00, kind="credit_memo")
    other = issue(make_customer(company), 100_00)
    for items, said in (
        ([(item, 50_00), (other, 50_00)], "one customer"), ([(credit, 50_00)], "no invoice"), ([(item, 0)], "more than zero"),
        ([(item, 100_01)], "are open by now"), ([], "one customer"),
    ):  # fmt: skip
        with pytest.raises(WriteOffRefused, match=said):
            give_up(people["senior"], items)
    asked = give_up(people["senior"], [(issue(acme, 900_00, number="INV-9"), 900_00)])
    apply(receive(acme, 500_00), (OpenItem.objects.get(number="INV-9"), 500_00))
    with pytest.raises(WriteOffRefused, match=r"400.00 USD are open by now"):
        allow(people["controller"], asked)
    assert enter(people["specialist"]).get(reverse("invoicing:write-off", args=[item.pk])).status_code == 403


def test_small_and_old_balances_are_written_off_by_rule_after_a_look(acme, company, people):
    """Below 5.00, more than 90 days: 3.00 + 2.00 of Acme, 4.00 of Bolt; not 5.01, nor what is young or disputed."""
    bolt, old = make_customer(company, "Bolt"), {"day": date(2026, 5, 1), "due": date(2026, 6, 1)}
    small = [issue(acme, 3_00, **old), issue(acme, 2_00, **old), issue(bolt, 4_00, **old)]
    issue(acme, 5_01, **old), issue(acme, 1_00)
    rule = Rule(company, "USD", 5_00, 90)
    batches = preview_rule(actor=people["senior"], rule=rule, today=DAY)
    assert [(b.total, len(b.items), b.alone) for b in batches] == [(5_00, 2, True), (4_00, 1, True)]
    client, address = enter(people["senior"]), reverse("invoicing:small-balances")
    asked = {"company": company.pk, "currency": "USD", "below": "5.00", "days": "90"}
    body = client.get(address, asked).content.decode()
    assert "9.00" in body and "Bolt" in body
    client.post(address, asked | {"items": [small[0].pk, small[2].pk], "token": "r"})
    assert [OpenItem.objects.get(pk=i.pk).balance for i in small] == [0, 2_00, 0]
    assert trial_balance(company.pk, DAY)["6990"] == 7_00  # too small to collect: rounding, not bad debt
    made, refused = write_off_by_rule(
        actor=people["senior"], rule=rule, items=[i.pk for i in small], day=DAY, token="s", today=DAY, now=NOW
    )
    assert ([a.amount for a in made], refused) == ([2_00], [])
    assert preview_rule(actor=people["senior"], rule=rule, today=DAY) == []
    holds()


def test_a_refund_takes_two_people_and_leaves_the_customers_account(acme, company, people):
    credit = issue(acme, -300_00, kind="credit_memo", number="CM-1")
    asked = request_refund(
        actor=people["senior"], item=credit, amount=120_00, reason_code="credit_unused", day=DAY, token="f", today=DAY, now=NOW
    )
    assert (asked.state, asked.amount) == ("waiting", 120_00)
    allow(people["supervisor"], asked)
    assert (balance("CM-1"), trial_balance(company.pk, DAY)["2150"]) == (-180_00, -120_00)
    cash = receive(acme, 50_00)
    whole = request_refund(
        actor=people["supervisor"], item=cash, amount=50_00, reason_code="overpaid", day=DAY, token="g", today=DAY, now=NOW
    )
    allow(people["controller"], whole)
    assert OpenItem.objects.get(pk=cash.pk).balance == 0
    with pytest.raises(WriteOffRefused, match=r"180\.00 USD of CM-1 is open"):
        request_refund(
            actor=people["senior"], item=OpenItem.objects.get(number="CM-1"), amount=200_00, reason_code="overpaid", day=DAY, token="h",
            today=DAY, now=NOW,
        )  # fmt: skip
    assert Account.objects.get(company=company, code="2150").kind == "refunds"
    holds()
