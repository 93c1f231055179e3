"""Bank files, accounts, layouts, returned items and the policy on the screen: what they show, to whom, and what they refuse."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from cashapp.models import BankAccount, BankFile, MatchPolicy, Receipt, StatementLine
from tests.cashapp.pages import business_date, desk, enter, url
from tests.cashapp.worlds import Row, camt, make_bank, take
from tests.factories import DAY, make_user

__all__ = ["business_date", "desk"]
pytestmark = pytest.mark.django_db


def bring(client, content, name="day.xml", **more):
    return client.post(url("upload"), {"file": SimpleUploadedFile(name, content)} | more)


def test_a_file_is_imported_and_matched_at_once(desk):
    client = enter(desk.ana)
    MatchPolicy.objects.update(posts_alone=True)
    assert b"No bank file yet" in client.get(url("files")).content
    content = camt([Row(20_000_00, "INV-8812", "Nordia AB"), Row(3_00, "hm", "Who"), Row(-1_00, "fee")], opening=5_00)
    done = bring(client, content)
    page = client.get(done["Location"])
    assert "2 receipts: 1 posted, 0 to review, 1 unknown" in page.content.decode()
    assert "Opening and movements make the closing balance" in page.content.decode() and desk.balance("INV-8812") == 0
    file = BankFile.objects.get()
    original = client.get(url("file-download", file.pk))
    assert original.content == content and "attachment" in original["Content-Disposition"]
    again = bring(client, content, "renamed.xml")
    assert again.status_code == 409 and b"Imported before" in again.content


def test_a_broken_file_is_refused_naming_line_and_reason(desk):
    refused = bring(enter(desk.ana), b"Date;Amount\n2026-09-01;12,00\n31.02.2026;5\n", "list.csv")
    page = refused.content.decode()
    assert refused.status_code == 422 and "line " in page and "Nothing was changed" in page and not BankFile.objects.exists()
    assert bring(enter(desk.ana), b"").status_code == 422


def test_a_held_statement_is_accepted_with_a_reason_by_those_who_may(desk):
    wrong = camt([Row(10_00, "x", "y")], closing=99_00)
    held = bring(enter(desk.ana), wrong)
    assert held.status_code == 422 and "doesn&#x27;t foot" in held.content.decode() and b"Accept the statement" not in held.content
    senior = enter(desk.senior)
    held = bring(senior, wrong)
    assert b"Accept the statement" in held.content
    kept = held.context["kept"]
    # whoever brought it first keeps it; the bytes are one file
    stored_by_ana = enter(desk.ana).post(url("file-decide", kept), {"reason": "I say so"})
    assert stored_by_ana.status_code == 403 and not BankFile.objects.exists()


def test_the_one_who_may_accepts_a_gap(desk):
    senior = enter(desk.senior)
    held = bring(senior, camt([Row(10_00, "x", "y")], closing=99_00))
    kept = held.context["kept"]
    senior.post(url("file-decide", kept), {"reason": "  "})
    assert not BankFile.objects.exists()
    done = senior.post(url("file-decide", kept), {"reason": "the bank's own mistake"}, follow=True)
    assert "accepted: the bank&#x27;s own mistake" in done.content.decode()
    assert enter(desk.ana).post(url("file-decide", kept), {"reason": "again"}).status_code == 404


def test_the_same_file_brought_by_two_is_decided_by_either(desk):
    wrong = camt([Row(10_00, "x", "y")], closing=99_00)
    bring(enter(desk.ana), wrong)
    senior = enter(desk.senior)
    kept = bring(senior, wrong).context["kept"]
    assert enter(make_user("senior", desk.bank.company)).post(url("file-decide", kept), {"reason": "not mine"}).status_code == 404
    assert senior.post(url("file-decide", kept), {"reason": "the bank's own mistake"}).status_code == 302 and BankFile.objects.count() == 1


def test_of_a_bank_file_a_portfolio_shows_its_own_lines(desk):
    """The bank's word on everybody's money is for those who see the whole company."""
    company = desk.bank.company
    rows = [
        Row(900_00, "INV-8820 nordia", "Nordia AB"), Row(500_00, "INV-9001 hart", "Hart & Co"), Row(7_00, "who knows", "Stranger"),
        Row(-3_00, "our wages", "Payroll"), Row(-500_00, "hart came back", "Hart & Co", reversal=True),
    ]  # fmt: skip
    take(camt(rows))
    file = BankFile.objects.get()
    own = make_user("senior", company, scope="portfolio")
    desk.nordia.collector = own
    desk.nordia.save()
    for name, customer in (("INV-8820 nordia", desk.nordia), ("INV-9001 hart", desk.hart)):
        receipt = Receipt.objects.get(text=name)
        Receipt.objects.filter(pk=receipt.pk).update(suggested=customer)
    page = enter(own).get(url("file", file.pk))
    assert b"nordia" in page.content and b"who knows" in page.content
    for hidden in (b"INV-9001", b"hart came", b"our wages", url("file-download", file.pk).encode()):
        assert hidden not in page.content
    assert enter(own).get(url("file-download", file.pk)).status_code == 404
    assert b"hart came" not in enter(own).get(url("returns")).content
    line = StatementLine.objects.get(text="hart came back")
    assert enter(own).post(url("return-dismiss", line.pk), {"reason": "x"}).status_code == 404
    whole = enter(desk.senior).get(url("file", file.pk))
    assert b"our wages" in whole.content and enter(desk.senior).get(url("file-download", file.pk)).status_code == 200


def test_an_unknown_account_is_set_up_and_its_file_imported(desk):
    client = enter(desk.ana)
    other = "DE02120300000000202051"
    refused = bring(client, camt([Row(10_00, "x", "y")], account=other))
    assert refused.status_code == 422 and f"identifiers={other}" in refused.content.decode()
    kept = refused.context["kept"]
    assert f"currency=EUR&amp;file={kept}" in refused.content.decode()
    form = client.get(f"{url('account-new')}?identifiers={other}&currency=EUR&file={kept}")
    assert other in form.content.decode() and form.context["form"]["currency"].value() == "EUR"
    made = client.post(
        url("account-new"),
        {
            "company": desk.bank.company_id,
            "name": "Second",
            "currency": "EUR",
            "identifiers": other,
            "receipts_from": "statement",
            "file": kept,
        },
    )
    assert made["Location"].endswith(f"?file={kept}")
    assert "Import it now" in client.get(made["Location"]).content.decode()
    assert client.post(url("file-decide", kept)).status_code == 302 and BankFile.objects.count() == 1
    assert enter(desk.senior).post(url("file-decide", kept)).status_code == 404


def test_files_and_accounts_of_others_are_not_there(desk):
    take(camt([Row(10_00, "x", "y")]))
    stranger = enter(make_user("supervisor", make_bank(identifier="4711").company))
    file = BankFile.objects.get()
    for name, pk in [
        ("file", file.pk),
        ("file-download", file.pk),
        ("account", desk.bank.pk),
        ("mapping", desk.bank.pk),
        ("policy", desk.bank.company_id),
    ]:
        assert stranger.get(url(name, pk)).status_code == 404, name
    assert desk.bank.name not in stranger.get(url("accounts")).content.decode()
    assert b"a.xml" not in stranger.get(url("files")).content


def test_bank_accounts_are_listed_and_changed(desk):
    client = enter(desk.ana)
    take(camt([Row(10_00, "x", "y")], opening=7_00))
    assert "17.00" in client.get(url("accounts")).content.decode()
    data = {"name": "Renamed", "identifiers": "DE89 3704 0044 0532 0130 00\n4711", "receipts_from": "statement", "is_active": "on"}
    assert client.post(url("account", desk.bank.pk), data).status_code == 302
    assert BankAccount.objects.get(pk=desk.bank.pk).identifiers == ["4711", "DE89370400440532013000"]
    bad = client.post(url("account", desk.bank.pk), data | {"identifiers": " , "})
    assert bad.status_code == 422
    taken = client.post(url("account-new"), data | {"company": desk.bank.company_id, "currency": "EUR", "name": "Third"})
    assert taken.status_code == 422 and "belongs to Renamed already" in taken.content.decode()


def test_a_lists_layout_is_tried_corrected_and_saved(desk):
    client = enter(desk.ana)
    sample = b"Buchungstag;Betrag;Name;Verwendungszweck\n03/04/2026;1.234,50;ACME;INV-1\n04/04/2026;x;Bolt;INV-2\n"
    shown = client.post(url("mapping", desk.bank.pk), {"file": SimpleUploadedFile("list.csv", sample)})
    page = client.get(shown["Location"])
    assert "3 April 2026" in page.content.decode() and "Buchungstag" in page.content.decode()
    stored = shown["Location"].rpartition("=")[2]
    data = {
        "sample": stored, "date": "1", "amount": "2", "payer_name": "3", "text": ["4"], "date_format": "%d/%m/%Y", "decimal": ",",
        "thousands": ".", "sign": "credit_positive", "negative": "ask", "currency": "EUR",
    }  # fmt: skip
    tried = client.post(url("mapping", desk.bank.pk), data)
    assert tried.status_code == 422 and "<b>Line 3.</b>" in tried.content.decode() and "cell-bad" in tried.content.decode()
    assert client.post(url("mapping", desk.bank.pk), data | {"amount": ""}).status_code == 422
    good = client.post(url("mapping", desk.bank.pk), {"file": SimpleUploadedFile("l.csv", sample.replace(b"x;", b"5,00;"))})
    data["sample"] = good["Location"].rpartition("=")[2]
    assert "2 movements" in client.post(url("mapping", desk.bank.pk), data | {"try": "1"}).content.decode()
    assert client.post(url("mapping", desk.bank.pk), data | {"save": "1"}).status_code == 302
    done = bring(client, sample.replace(b"x;", b"5,00;"), "l.csv", bank_account=desk.bank.pk)
    assert done.status_code == 302 and sorted(StatementLine.objects.values_list("amount", flat=True)) == [5_00, 1234_50]
    client.post(url("mapping-forget", desk.bank.pk))
    assert BankAccount.objects.get(pk=desk.bank.pk).csv_mapping == {}


def test_returned_items_wait_beside_their_receipts(desk):
    take(camt([Row(44_00, "INV", "Hart & Co", reference="REF-12345")]))
    back = Row(-44_00, "RETURN REF-12345", "Hart & Co", reversal=True, reference="REF-12345")
    take(camt([back, Row(-9_00, "RETURN", "X", reversal=True)], opening=44_00, number=2, day=DAY.replace(day=16)))
    client, receipt = enter(desk.senior), Receipt.objects.get(amount=44_00)
    page = client.get(url("returns")).content.decode()
    assert f"Reverse {receipt.number}" in page and "No receipt of this amount" in page
    one, two = StatementLine.objects.returns().order_by("pk")
    client.post(url("return", receipt.pk), {"line": one.pk})
    client.post(url("return-dismiss", two.pk), {"reason": "a supplier's"})
    assert not StatementLine.objects.returns().exists() and b"No returned item waits" in client.get(url("returns")).content


def test_a_file_kept_for_another_purpose_is_no_sample(desk):
    client = enter(desk.senior)
    kept = bring(client, camt([Row(10_00, "x", "y")], closing=99_00)).context["kept"]
    assert client.get(f"{url('mapping', desk.bank.pk)}?sample={kept}").status_code == 404
