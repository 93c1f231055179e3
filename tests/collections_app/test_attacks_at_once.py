"""Two people, or a person and the night, at the same charge or plan at once: the money moves once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection

from arops.lib.refusal import Refused
from collections_app.models import Charge, ChargedItem, PaymentPlan
from collections_app.services.charges.running import run_charges
from collections_app.services.charges.waiving import request_waiver
from collections_app.services.plans import ask_for_plan, cancel_plan, run_plans, sign_plan
from ledger.models import OpenItem
from ledger.verify import verify_books
from tests.collections_app.test_charges import NOW, OCTOBER, SEPTEMBER
from tests.collections_app.test_charges import world as charging
from tests.collections_app.test_plans import FIRST, Deal
from tests.factories import DAY, SYSTEM, apply, issue, receive

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each act answers, or its refusal; all begin together."""
    barrier = threading.Barrier(len(acts))

    def one(act: Callable[[], Any]) -> Any:
        try:
            barrier.wait()
            return act()
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def test_a_plan_is_signed_once_and_ends_once_while_a_payment_comes_in() -> None:
    deal = Deal()
    ask_for_plan(actor=SYSTEM, plan=deal.plan, today=DAY, now=NOW)
    sign = {"actor": SYSTEM, "plan": deal.plan, "signed_by": "J. Doe", "signed_on": DAY, "today": DAY, "note": "by phone"}
    outcomes = at_once(lambda: sign_plan(**sign), lambda: sign_plan(**sign))
    assert sorted(isinstance(o, Refused) for o in outcomes) == [False, True]
    part, money = deal.fresh().plan.instalments.get(ordinal=1).open_item, receive(deal.customer, 250_00)
    late = FIRST + timedelta(days=9)
    outcomes = at_once(
        lambda: run_plans(actor=SYSTEM, company=deal.company, day=late),
        lambda: cancel_plan(actor=SYSTEM, plan=deal.plan, reason="they can't", today=late, now=NOW),
        lambda: apply(money, (part, 250_00), day=late),
    )
    assert PaymentPlan.objects.get().state in ("defaulted", "cancelled")
    owed = sum(OpenItem.objects.open().owed().filter(customer=deal.customer).values_list("balance", flat=True))
    applied = not isinstance(outcomes[2], Refused)
    assert owed == 1000_00 - 250_00 * applied and verify_books(late, [deal.company]) == []


def test_a_month_is_charged_once_and_a_charge_waived_once() -> None:
    company, customer = charging()
    issue(customer, 1000_00, day=date(2026, 7, 1))
    run = {"company": company, "period": SEPTEMBER, "day": OCTOBER, "actor": SYSTEM, "now": NOW}
    at_once(*[lambda: run_charges(**run)] * 4)
    charge = Charge.objects.get()
    assert charge.amount == 9_86 and ChargedItem.objects.count() == 1
    money, asked = receive(customer, 5_00, day=OCTOBER), {"actor": SYSTEM, "charge": charge, "reason": "goodwill", "today": OCTOBER}
    at_once(
        lambda: request_waiver(token="a", now=NOW, **asked),
        lambda: request_waiver(token="b", now=NOW, **asked),
        lambda: apply(money, (charge.open_item, 5_00), day=OCTOBER),
    )
    charge.refresh_from_db()
    assert charge.open_item.balance == 0 or charge.state == "posted"
    assert verify_books(OCTOBER, [company]) == []
