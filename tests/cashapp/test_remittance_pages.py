"""The pages of advices and cheques: brought, looked at, keyed, set aside with undo; a portfolio sees its own."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from cashapp.models import AdviceLayout, ChequeBatch, Receipt, Remittance
from cashapp.readers.advice.model import Advice
from cashapp.services.remittances.keying import key_remittance
from tests.cashapp.pages import *  # noqa: F403 - the fixtures of the cash pages
from tests.cashapp.pages import HTMX, enter, url
from tests.factories import SYSTEM, make_customer, make_user

pytestmark = pytest.mark.django_db
LIST = b"Invoice number;Amount paid;Cheque number\nINV-8812;20000,00;4711\nINV-8813;30000,00;4711\n"


def told(desk, customer=None, **more) -> Remittance:
    advice = Advice("EUR", more.pop("total", 77_00), payer_name="Somebody", **more)
    return key_remittance(actor=SYSTEM, company=desk.bank.company, advice=advice, customer=customer)


def test_a_list_is_shown_before_it_is_taken_in_and_its_layout_kept(desk):
    senior = enter(desk.senior)
    answer = senior.post(url("remittances-upload"), {"file": SimpleUploadedFile("a.csv", LIST), "company": desk.bank.company_id})
    shown = senior.get(answer["Location"])
    assert shown.status_code == 200 and b"20,000.00" in shown.content and not Remittance.objects.exists()
    form = shown.context["form"]
    typed = {name: form[name].value() or "" for name in form.fields} | {"name": "Nordia’s", "payer": desk.nordia.number}
    refused = senior.post(answer["Location"], typed | {"reference": "", "do": "take"})
    assert refused.status_code == 422 and not Remittance.objects.exists()
    done = senior.post(answer["Location"], typed | {"do": "take"})
    made = Remittance.objects.get()
    assert done["Location"] == url("remittance", made.pk) and made.customer == desk.nordia and made.layout == AdviceLayout.objects.get()
    page = senior.get(done["Location"])
    assert b"INV-8813" in page.content and b"4711" in page.content
    again = senior.post(url("remittances-upload"), {"file": SimpleUploadedFile("b.csv", LIST), "company": desk.bank.company_id})
    assert again["Location"] == done["Location"] and Remittance.objects.count() == 1
    original = senior.get(url("remittance-original", made.pk))
    assert original["Content-Disposition"].startswith("attachment") and "sandbox" in original["Content-Security-Policy"]
    bad = senior.post(url("remittances-upload"), {"file": SimpleUploadedFile("x.pdf", b"%PDF-1.7 broken"), "company": desk.bank.company_id})
    assert bad.status_code == 422 and b"x.pdf" in bad.content


def test_set_aside_from_the_list_and_undone(desk):
    senior, made = enter(desk.senior), told(desk)
    answer = senior.post(url("remittances-several"), {"keys": [made.pk], "do": "aside", "reason": "a copy", "was_view": "join"}, **HTMX)
    made.refresh_from_db()
    assert made.set_aside == "a copy" and answer["HX-Redirect"].endswith("?view=join")
    assert b"a copy" in senior.get(url("remittances") + "?view=aside").content
    senior.post(url("remittances-undo") + f"?keys={made.pk}", **HTMX)
    made.refresh_from_db()
    assert not made.set_aside
    assert "attachment" in senior.get(url("remittances") + "?format=csv")["Content-Disposition"]
    odd = senior.get(url("remittances") + "?view=x&least=abc&paid_from=nonsense&after=~~")
    assert odd.status_code == 422 and b"not understood" in odd.content
    assert senior.get(url("remittances") + "?items=x&keys=y").status_code == 200, "`items` is no filter"


def test_a_portfolio_sees_its_own_advices_and_names_no_others(desk):
    ana = make_user("specialist", desk.bank.company, scope="portfolio")
    mine = make_customer(desk.bank.company, "Mine Ltd", number="M-1", collector=ana)
    own, foreign, nobodys = told(desk, mine, reference="1"), told(desk, desk.hart, reference="2"), told(desk, reference="3")
    seen = enter(ana)
    page = seen.get(url("remittances") + "?view=all").content
    assert own.number.encode() in page and nobodys.number.encode() in page
    assert foreign.number.encode() not in page and b"Hart" not in page
    assert seen.get(url("remittance", foreign.pk)).status_code == 404
    assert b"Hart" not in seen.get(url("remittance-customers") + "?payer=Har").content
    assert b"M-1" in seen.get(url("remittance-customers") + f"?payer=Min&company={desk.bank.company_id}").content
    seen.post(url("remittance-customer", nobodys.pk), {"payer": desk.hart.number})
    nobodys.refresh_from_db()
    assert nobodys.customer is None  # a customer out of sight can't be named


def test_an_advice_and_cheques_are_keyed_in_forms(desk):
    senior, lines = enter(desk.senior), {"line-TOTAL_FORMS": 1, "line-INITIAL_FORMS": 0}
    typed = lines | {"company": desk.bank.company_id, "payer": f"{desk.hart.number} · Hart & Co", "currency": "EUR", "total": "500.00"}
    answer = senior.post(url("remittance-new"), typed | {"line-0-reference": "INV-9001", "line-0-paid": "500", "line-0-kind": "invoice"})
    made = Remittance.objects.get()
    assert answer["Location"] == url("remittance", made.pk) and made.customer == desk.hart
    assert senior.post(url("remittance-new"), typed | {"total": "1,0,0x"}).status_code == 422

    counted = {"bank_account": desk.bank.pk, "deposit_date": "2026-09-20", "expected_count": 1, "expected_total": "900.00"}
    there = senior.post(url("cheques"), counted)["Location"]
    cheque = lines | {"number": "55", "amount": "900", "payer": desk.nordia.number, "line-0-reference": "INV-8820", "line-0-paid": "900"}
    picture = SimpleUploadedFile("c.svg", b"<svg onload=alert(1)>")
    assert senior.post(there, cheque | {"image": picture}).status_code == 422  # a page that runs is no image
    assert senior.post(there, cheque)["Location"] == there
    assert senior.post(there, cheque).status_code == 422  # keyed before: asked first
    batch = ChequeBatch.objects.get()
    senior.post(url("cheque-deposit", batch.pk))
    receipt = Receipt.objects.get(channel="cheque")
    assert (receipt.amount, receipt.customer) == (900_00, desk.nordia)
    assert b"deposited" in senior.get(there).content.lower()
