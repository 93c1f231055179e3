"""A confident band by sample: drawn by rule, judged by a person, posted whole or not at all; receipts that wait; questions to customers."""

from datetime import timedelta

import pytest

from cashapp.engine.sample import Drawn, sample_of
from cashapp.models import BandReview, Match, MatchPolicy, Receipt
from cashapp.services import match_receipts
from cashapp.services.errors import StaleReceipt
from cashapp.services.pausing import CannotWait, ask_customer, go_on, wait_for
from cashapp.services.reviewing import ReviewRefused, judge_sample, open_review, post_reviewed
from cashapp.services.working import take_lease
from customers.models import Contact
from messaging.models import Message
from org.actors import NotAllowed
from tests.cashapp.desk import EARLY, NOW, acme, ana, balance, bank, fresh, senior
from tests.cashapp.worlds import TODAY, money_in
from tests.factories import SYSTEM, issue, make_user

__all__ = ["acme", "ana", "bank", "senior"]


def test_the_sample_is_the_largest_and_a_share_that_anyone_can_draw_again():
    drawn = [Drawn(n, 0, 100_00 + n, "EUR" if n % 3 else "USD") for n in range(1, 101)]
    first = sample_of(drawn, 10, "DE:2026-09-20:0")
    assert first == sample_of(list(reversed(drawn)), 10, "DE:2026-09-20:0") and len(first) == len(set(first)) == 10
    assert {100, 99} <= set(first) and set(first) != set(sample_of(drawn, 10, "DE:2026-09-21:0"))
    assert sample_of(drawn, 1, "x") == [100, 99] and sample_of(drawn, 0, "x") == [] and len(sample_of(drawn, 100, "x")) == 100


def ready(bank, acme, count=3):
    MatchPolicy.objects.create(company=bank.company, posts_alone=False, sample_percent=50)
    items = [issue(acme, n * 100_00, number=f"INV-1000{n}", day=EARLY) for n in range(1, count + 1)]
    receipts = [money_in(bank, n * 100_00, acme, text=f"INV-1000{n}") for n in range(1, count + 1)]
    match_receipts(company=bank.company, actor=SYSTEM, today=TODAY, post=False)
    return items, receipts


@pytest.mark.django_db
def test_what_was_looked_at_and_has_not_changed_is_posted(bank, acme, ana, senior):
    items, receipts = ready(bank, acme)
    review = open_review(user=ana, company=bank.company, today=TODAY, now=NOW)
    assert len(review.sample) == 2 and receipts[2].pk in review.sample, "half of three, the largest among them"
    assert open_review(user=ana, company=bank.company, today=TODAY, now=NOW).pk == review.pk, "half-done work is kept"
    judge_sample(user=ana, review=review, receipt_id=review.sample[0], right=True, now=NOW)
    with pytest.raises(ReviewRefused, match="1 more receipt of the sample"):
        post_reviewed(user=ana, review=review, today=TODAY, now=NOW)
    with pytest.raises(ReviewRefused, match="another person"):
        judge_sample(user=senior, review=review, receipt_id=review.sample[1], right=True, now=NOW)
    judge_sample(user=ana, review=review, receipt_id=review.sample[1], right=True, now=NOW)
    other = next(r for r in receipts if r.pk not in review.sample)
    take_lease(actor=senior, receipt=other, now=NOW)
    run = post_reviewed(user=ana, review=review, today=TODAY, now=NOW)
    assert {m.receipt_id for m in run.posted} == set(review.sample), "what someone has in hand meanwhile is left to them"
    assert sum(balance(i) for i in items) == other.amount and BandReview.objects.get().posted == 2
    with pytest.raises(ReviewRefused, match="posted already"):
        post_reviewed(user=ana, review=review, today=TODAY, now=NOW)
    with pytest.raises(NotAllowed):
        open_review(user=make_user("auditor", bank.company), company=bank.company, today=TODAY, now=NOW)


@pytest.mark.django_db
def test_one_that_is_wrong_posts_nothing_and_the_next_review_looks_at_twice_as_many(bank, acme, ana):
    ready(bank, acme)
    review = open_review(user=ana, company=bank.company, today=TODAY, now=NOW)
    wrong = review.sample[0]
    judge_sample(user=ana, review=review, receipt_id=wrong, right=False, now=NOW)
    with pytest.raises(ReviewRefused, match="was wrong"):
        post_reviewed(user=ana, review=review, today=TODAY, now=NOW)
    assert not Match.objects.exists() and Receipt.objects.get(pk=wrong).band == "review"
    again = open_review(user=ana, company=bank.company, today=TODAY, now=NOW)
    assert again.percent == 100 and len(again.sample) == 2 and wrong not in again.sample


@pytest.mark.django_db
def test_a_receipt_waits_until_its_day_and_its_customer_is_asked(bank, acme, ana):
    receipt, later = money_in(bank, 500_00, acme), TODAY + timedelta(days=5)
    given = {"actor": ana, "receipt": receipt, "today": TODAY, "now": NOW}
    with pytest.raises(CannotWait, match="a day after today"):
        wait_for(version=0, until=TODAY, what="", **given)
    wait_for(version=0, until=later, what="the rest", **given)
    with pytest.raises(StaleReceipt):
        wait_for(version=0, until=later, what="", **given)
    go_on(actor=ana, receipt=receipt, version=1, now=NOW)
    asked = {"customer": acme, "subject": "Your payment", "body": "What is it for?", "until": later, "version": 2} | given
    with pytest.raises(CannotWait, match="no contact"):
        ask_customer(recipients=["eve@example.com"], **asked)
    Contact.objects.create(customer=acme, name="Eva", email="ap@acme.example", role="accounts_payable")
    message = ask_customer(recipients=["AP@acme.example", "eve@example.com"], **asked)
    assert message.recipients == ["AP@acme.example"] and message.state == Message.State.PENDING
    assert (fresh(receipt).waits_until, fresh(receipt).waits_for) == (later, f"the answer of {acme.name}")
