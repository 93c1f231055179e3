"""Settling and signing on the screen."""

import pytest
from django.test import Client
from django.urls import reverse

from disputes.models import Dispute, DisputeFinding, Settlement, SignOffRule
from disputes.services.signing import save_sign_off_rule
from disputes.services.ways import likely_reason
from invoicing.models import Invoice
from invoicing.services.reasons import STANDARD
from tests.disputes.settling_desk import DAY, bill, contest, make_desk, settle
from tests.factories import make_user
from workflow.services.attachments import attach

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def business_date(settings):
    settings.BUSINESS_DATE = DAY


@pytest.fixture
def desk():
    return make_desk()


@pytest.fixture
def case(desk):
    return contest(desk, bill(desk), lines={1: 200_00, 2: 100_00})


def enter(person):
    client = Client()
    client.force_login(person)
    return client


def said(answer):
    return answer.content.decode()


def test_the_form_begins_with_the_contested_lines_and_who_would_decide(desk, case):
    body = said(enter(desk.senior).get(reverse("disputes:settle", args=[case.pk])))
    assert 'value="300.00"' in body and 'value="200.00"' in body and 'value="100.00"' in body
    assert "185.19" in body and "14.81" in body  # net and tax of the first line
    assert "More than the 250.00 USD you may do alone" in body and "Supervisor" in body
    assert "Goodwill" in body and "Reject" in body


def test_it_begins_with_what_was_found(desk, case):
    DisputeFinding.objects.create(
        dispute=case, cause=desk.cause, origin="pricing_setup", remedy="goodwill", amount=120_00, words="The contract says so.",
        by=desk.senior.label,
    )  # fmt: skip
    case.cause = desk.cause
    case.save(update_fields=["cause"])
    body = said(enter(desk.senior).get(reverse("disputes:settle", args=[case.pk])))
    assert "What is given up" in body and 'value="120.00"' in body and "The contract says so." in body
    assert "The cause that was found is ours (Wrong price)" in body


def test_what_would_come_of_it_follows_what_is_typed(desk, case):
    client, url = enter(desk.specialist), reverse("disputes:settle-foresee", args=[case.pk])
    line = case.invoice.lines.first().pk
    given = {"way": "credited", "reason": "credit_memo:price", "version": 0, "amount": "30.00"}
    seen = said(client.post(url, given | {f"line_{line}": "200.00", f"line_{line + 1}": "100.00"}))
    assert "Within your own limit" in seen and "18.52" in seen and "270.00" in seen  # shared out 2 : 1; the rest is chased
    seen = said(client.post(url, given | {"amount": "300.00", f"line_{line}": "60.00"}))
    assert "60.00" in seen and "240.00" in seen  # the lines were changed, so they count
    seen = said(client.post(url, given | {f"line_{line}": "20.00"}))
    assert "Not yet: no more than" not in seen
    assert "Not yet" in said(client.post(url, given | {"amount": "400"}))


def test_a_partial_credit_by_the_form_and_the_case_page_after_it(desk, case):
    client, url = enter(desk.senior), reverse("disputes:settle", args=[case.pk])
    given = {"way": "credited", "amount": "150.00", "reason": "credit_memo:price", "words": "half", "version": case.version, "token": "a"}
    line = case.invoice.lines.first().pk
    answer = client.post(url, given | {f"line_{line}": "200.00", f"line_{line + 1}": "100.00"}, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("disputes:detail", args=[case.pk])
    assert "Credit memo of 150.00 USD" in said(answer) and "part-settlement" in said(answer)
    assert [x.amount + x.tax_amount for x in Invoice.objects.get(kind="credit_memo").lines.all()] == [100_00, 50_00]
    again = client.post(url, given, follow=True)
    assert again.status_code == 200 and Settlement.objects.count() == 1
    assert "settled, or being settled" in said(client.get(url, follow=True))


def test_errors_stand_by_their_field(desk, case):
    client, url = enter(desk.senior), reverse("disputes:settle", args=[case.pk])
    line = case.invoice.lines.first().pk
    bad = {"way": "credited", "amount": "120.00", "reason": "", "version": case.version, "token": "a", f"line_{line}": "50.00"}
    body = said(client.post(url, bad))
    assert "Choose a reason" in body and "The lines come to 50.00" in body
    assert "Write the reasons" in said(client.post(url, {"way": "rejected", "version": case.version, "token": "b"}))
    assert "changed this dispute meanwhile" in said(client.post(url, {"way": "withdrawn", "version": case.version + 3, "token": "c"}))


def test_the_case_page_says_whom_it_waits_for_and_takes_it_back(desk, case):
    made = settle(desk.senior, case)
    page = reverse("disputes:detail", args=[case.pk])
    body = said(enter(desk.senior).get(page))
    assert "Waits for Supervisor, Controller" in body and "Take it back" in body
    theirs = said(enter(desk.supervisor).get(page))
    assert "Waits for you" in theirs and reverse("workflow:approval", args=[made.approval_id]) in theirs
    url = reverse("disputes:settlement-withdraw", args=[case.pk, made.pk])
    assert "Only whoever" not in said(enter(desk.specialist).post(url, follow=True))
    made.refresh_from_db()
    assert made.state == "waiting"
    assert "to be decided again" in said(enter(desk.senior).post(url, follow=True))
    assert "withdrawn" in said(enter(desk.senior).get(page))
    assert "Settle" not in said(enter(desk.auditor).get(page)).split("part-settlement")[1].split("</section>")[0].replace("Settlement", "")


def test_approved_on_the_approvals_page_the_case_is_closed(desk, case):
    made = settle(desk.senior, case)
    enter(desk.supervisor).post(reverse("workflow:approval-decide", args=[made.approval_id, "approve"]), {"note": "ok"})
    case.refresh_from_db()
    assert (case.state, case.agreed) == ("resolved", 300_00)
    body = said(enter(desk.senior).get(reverse("disputes:detail", args=[case.pk])))
    assert "decided by Supervisor" in body and "open it" in body


def test_a_department_signs_on_a_page_that_shows_what_is_needed(desk, case):
    save_sign_off_rule(
        actor=desk.supervisor, company=desk.company, department=desk.logistics, resolution="", stage="", from_amount=0, currency="USD"
    )
    photo = attach(actor=desk.senior, subject=case, kind="evidence", name="photo.pdf", content=b"%PDF-1.7 photo")
    other = attach(actor=desk.senior, subject=case, kind="other", name="internal.pdf", content=b"%PDF-1.7 internal")
    made = settle(desk.senior, case, payload={"attachments": [photo.pk]})
    row, mover = made.sign_offs.get(), enter(desk.mover)
    assert case.number in said(mover.get(reverse("disputes:sign-offs"))) and b"1" in mover.get(reverse("disputes:sign-off-count")).content
    body = said(mover.get(reverse("disputes:sign-off", args=[row.pk])))
    assert "300.00" in body and "The contract says 11.50." in body and "photo.pdf" in body and "internal.pdf" not in body
    assert reverse("disputes:detail", args=[case.pk]) not in body
    assert mover.get(reverse("disputes:detail", args=[case.pk])).status_code in (403, 404)
    assert mover.get(reverse("disputes:sign-off-file", args=[row.pk, photo.pk])).content == b"%PDF-1.7 photo"
    assert mover.get(reverse("disputes:sign-off-file", args=[row.pk, other.pk])).status_code == 404
    url = reverse("disputes:sign-off", args=[row.pk])
    assert "say why" in said(mover.post(url, {"given": "no", "note": ""})).lower()
    assert mover.post(url, {"given": "yes"}).status_code == 302
    made.refresh_from_db()
    assert made.state == "waiting"
    assert case.number in said(mover.get(reverse("disputes:sign-offs") + "?view=done"))


def test_sign_offs_of_another_department_are_not_there(desk, case):
    save_sign_off_rule(
        actor=desk.supervisor, company=desk.company, department=desk.logistics, resolution="", stage="", from_amount=0, currency="USD"
    )
    row = settle(desk.senior, case).sign_offs.get()
    for person in (desk.supervisor, make_user("collaborator", desk.company), make_desk("DE01").mover):
        assert enter(person).get(reverse("disputes:sign-off", args=[row.pk])).status_code == 404
        assert enter(person).post(reverse("disputes:sign-off", args=[row.pk]), {"given": "yes"}).status_code == 404


def test_rules_are_kept_on_their_page(desk):
    client, url = enter(desk.supervisor), reverse("disputes:sign-off-rules")
    assert "No sign-off is needed" in said(client.get(url))
    client.post(url, {"department": desk.logistics.pk, "resolution": "rejected", "stage": "logistics", "from_amount": "1,000.00"})
    rule = SignOffRule.objects.get()
    assert (rule.from_amount, rule.currency, rule.stage) == (1_000_00, "USD", "logistics")
    assert "1,000.00" in said(client.get(url)) and "Collaborator" in said(client.get(url))
    assert client.post(url, {"department": "", "from_amount": "x"}).status_code == 422
    assert client.post(url, {"department": make_desk("DE01").logistics.pk, "from_amount": "1"}).status_code == 422
    assert enter(desk.senior).get(url).status_code == 403
    client.post(reverse("disputes:sign-off-rule-remove", args=[rule.pk]))
    assert not SignOffRule.objects.exists()


def test_the_letter_can_be_looked_at_first(desk, case):
    answer = enter(desk.senior).post(reverse("disputes:letter", args=[case.pk]), {"way": "rejected", "words": "No.", "version": 0})
    assert answer["Content-Type"] == "application/pdf" and "attachment" in answer["Content-Disposition"] and answer.content[:4] == b"%PDF"


def test_where_nothing_was_found_right_no_credit_stands_filled_in_for_who_may_not_reject(desk, case):
    DisputeFinding.objects.create(dispute=case, cause=desk.cause, origin="pricing_setup", remedy="rejected", amount=0, by=desk.senior.label)
    body = said(enter(desk.specialist).get(reverse("disputes:settle", args=[case.pk])))
    assert "The finding says “Reject”" in body
    assert 'value="300.00"' not in body and 'value="200.00"' not in body
    assert 'id="decides"' not in said(enter(desk.specialist).get(reverse("disputes:detail", args=[case.pk])))


def test_the_form_begins_with_the_customers_reason_where_the_finding_bears_it_out():
    reasons = [("credit_memo", reason) for reason in STANDARD if "credit_memo" in reason.kinds]
    assert likely_reason(reasons, Dispute(reason="damaged"), "logistics") == "credit_memo:damaged"
    assert likely_reason(reasons, Dispute(reason="price"), "pricing_setup") == "credit_memo:price"
    assert likely_reason(reasons, Dispute(reason="short_payment"), "billing_output") == "", "the stage alone doesn't say which"
    assert likely_reason(reasons, Dispute(reason="price"), "logistics") == "", "what was found is something else"
    assert likely_reason(reasons, Dispute(reason="price"), "") == ""
