"""The cash pages: what they show, to whom, and what they answer to what people do."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from cashapp.models import BankAccount, BankFile, Match, MatchPolicy, PayerAlias, Receipt, ReceiptDraft, StatementLine
from disputes.models import Dispute
from tests.cashapp.worlds import TODAY, Row, camt, make_bank, make_desk, take
from tests.factories import DAY, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(autouse=True)
def business_date(settings):
    settings.BUSINESS_DATE = TODAY


@pytest.fixture
def desk():
    return make_desk()


def enter(user):
    client = Client()
    client.force_login(user)
    return client


def url(name, *args):
    return reverse(f"cashapp:{name}", args=args)


def act(client, name, receipt, **data):
    receipt = Receipt.objects.get(pk=receipt.pk)
    return client.post(url(name, receipt.pk), {"version": receipt.version} | data, **HTMX)


def proposed(desk, name, rank=1):
    """A proposal as the form of the workbench sends it."""
    proposal = desk.fresh(name).proposals.get(rank=rank)
    data = {"use": [], "rank": rank} | ({"rest": "on"} if proposal.residual > 0 else {})
    for a in proposal.allocations:
        data["use"].append(a["item"])
        for part in ("amount", "discount", "write_off", "short"):
            data[f"{part}-{a['item']}"] = f"{a[part] / 100:.2f}" if a[part] else ""
    return data


# The queue


def test_the_queue_shows_bands_with_counts_and_sums(desk):
    page = enter(desk.ana).get(url("workbench"))
    groups = {g.band: (g.count, g.words) for g in page.context["groups"]}
    assert groups == {"green": (1, "900.00 EUR"), "review": (2, "50,500.00 EUR"), "unknown": (1, "8,115.20 EUR")}
    assert b"Post 1 ready" in page.content and page.context["work"].receipt.pk == desk.receipts["sure"].pk
    assert b"{{" not in page.content and b"style=" not in page.content


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=8115.20", ["nobody"]),
        ("q=8,115.20", ["nobody"]),
        ("q=damage", ["short"]),
        ("q=nordia", ["sure", "short"]),
        ("q=hart", ["twice"]),
        ("band=review", ["twice", "short"]),
        ("currency=USD", []),
        ("view=account", []),
        ("view=rubbish&band=rubbish", ["sure", "twice", "short", "nobody"]),
    ],
)
def test_the_queue_is_filtered(desk, query, names):
    page = enter(desk.ana).get(f"{url('workbench')}?{query}")
    assert [r.pk for g in page.context["groups"] for r in g.rows] == [desk.receipts[n].pk for n in names]


def test_an_empty_queue_says_why(desk):
    client = enter(desk.ana)
    assert b"Clear 1 filter<" in client.get(f"{url('workbench')}?q=nothing").content
    Receipt.objects.exclude(customer=None).update(on_account=True)
    Receipt.objects.filter(customer=None).update(question="?")
    assert b"Everything is cleared" in client.get(url("workbench")).content


def test_a_portfolio_shows_its_own_receipts_those_that_seem_so_and_those_of_nobody(desk):
    own = make_user("specialist", desk.bank.company, scope="portfolio")
    desk.hart.collector = own
    desk.hart.save()
    page = enter(own).get(url("workbench"))
    assert [r.pk for g in page.context["groups"] for r in g.rows] == [desk.receipts["twice"].pk, desk.receipts["nobody"].pk]
    assert enter(own).get(url("panel", desk.receipts["short"].pk)).status_code == 404
    assert act(enter(own), "post", desk.receipts["short"], **proposed(desk, "short")).status_code == 404


def test_the_panel_marks_what_was_found_and_harms_nobody(desk):
    client = enter(desk.ana)
    panel = client.get(url("panel", desk.receipts["short"].pk)).content.decode()
    assert '<mark title="INV-8812">INV-8812</mark>' in panel and '<mark title="INV-8813">INV-8813</mark>' in panel
    assert "1,250.00" in panel and "Nordia AB" in panel
    assert "ORDER 7741 &lt;b&gt;THANKS" in client.get(url("panel", desk.receipts["nobody"].pk)).content.decode()


# Acting


def test_enter_posts_the_proposal_and_opens_the_next(desk):
    answer = act(enter(desk.ana), "post", desk.receipts["sure"], **proposed(desk, "sure"))
    match = Match.objects.get()
    assert answer.status_code == 200 and match.score >= 90 and match.actor == desk.ana.label and desk.balance("INV-8820") == 0
    assert answer.context["work"].receipt.pk == desk.receipts["twice"].pk
    assert url("match-undo", match.pk) in answer["HX-Trigger"] and f"receipt={desk.receipts['twice'].pk}" in answer["HX-Replace-Url"]
    assert b'id="bench-queue" hx-swap-oob="true"' in answer.content


def test_what_was_changed_by_hand_is_manual_and_opens_its_dispute(desk):
    one, two = desk.items["INV-8812"].pk, desk.items["INV-8813"].pk
    data = proposed(desk, "short") | {f"short-{two}": "1,250.00", f"reason-{two}": "damaged", "use": [one, two]}
    data |= {f"amount-{one}": "20,000.00", f"amount-{two}": "30000"}
    assert act(enter(desk.ana), "post", desk.receipts["short"], **data).status_code == 200
    assert Match.objects.get().rule == "manual" and Dispute.objects.get().reason == "damaged" and desk.balance("INV-8813") == 1_250_00


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"amount-{one}": "1.234"}, "Amount of INV-8812: 1.234 has more decimals"),
        ({"amount-{one}": "lots"}, "is not an amount"),
        ({"amount-{one}": "20000.01"}, "is more than the 20,000.00 that are open"),
        ({"amount-{one}": "19999.99"}, "0.01 is left over"),
        ({"amount-{one}": "-5"}, "give an amount above zero"),
    ],
)
def test_a_wrong_allocation_comes_back_with_the_reason_and_what_was_typed(desk, change, words):
    one = desk.items["INV-8812"].pk
    data = proposed(desk, "short") | {f"number-{one}": "INV-8812"} | {k.format(one=one): v for k, v in change.items()}
    answer = act(enter(desk.ana), "post", desk.receipts["short"], **data)
    assert answer.status_code == 422 and words in answer.content.decode() and not Match.objects.exists()
    assert answer["HX-Retarget"] == "#work"


def test_two_tabs_with_one_receipt_the_second_sees_the_state(desk):
    client, data = enter(desk.ana), proposed(desk, "sure")
    act(client, "post", desk.receipts["sure"], **data)
    again = client.post(url("post", desk.receipts["sure"].pk), {"version": 0} | data, **HTMX)
    assert again.status_code == 409 and "All of this receipt is applied" in again.content.decode()
    assert Match.objects.count() == 1 and desk.balance("INV-8820") == 0


def test_two_receipts_race_for_one_invoice_the_second_is_told(desk):
    client, item = enter(desk.ana), desk.items["INV-9001"].pk
    data = {"use": [item], f"amount-{item}": "500.00", "rank": 0}
    assert act(client, "post", desk.receipts["twice"], **data).status_code == 200
    late = act(client, "post", desk.receipts["nobody"], **data, rest="on")
    assert late.status_code == 422 and "is more than the – that are open" in late.content.decode()


def test_undo_takes_the_posting_back(desk):
    client = enter(desk.ana)
    act(client, "post", desk.receipts["sure"], **proposed(desk, "sure"))
    back = client.post(url("match-undo", Match.objects.get().pk), **HTMX)
    assert back["HX-Redirect"] == f"{url('workbench')}?receipt={desk.receipts['sure'].pk}" and desk.balance("INV-8820") == 900_00
    assert desk.fresh("sure").proposals.exists() and desk.fresh("sure").band == "green"


def test_someone_elses_lease_is_respected_and_can_be_taken_over(desk):
    senior, ana = enter(desk.senior), enter(desk.ana)
    act(senior, "lease", desk.receipts["sure"])
    panel = ana.get(url("panel", desk.receipts["sure"].pk)).content.decode()
    assert "is working here until" in panel and 'data-key="Enter"' not in panel
    assert act(ana, "post", desk.receipts["sure"], **proposed(desk, "sure")).status_code == 409
    assert act(ana, "lease", desk.receipts["sure"], take=1).status_code == 200
    assert act(ana, "post", desk.receipts["sure"], **proposed(desk, "sure")).status_code == 200


def test_half_done_work_is_there_when_one_comes_back(desk):
    client, one = enter(desk.ana), desk.items["INV-8812"].pk
    quiet = act(client, "draft", desk.receipts["nobody"], use=[one], **{f"amount-{one}": "77.70"})
    assert quiet.status_code == 204
    work = client.get(url("panel", desk.receipts["nobody"].pk)).context["work"]
    assert work.is_draft and [(r.item.number, r.amount) for r in work.rows] == [("INV-8812", 77_70)]
    assert not enter(desk.senior).get(url("panel", desk.receipts["nobody"].pk)).context["work"].is_draft


def test_items_are_found_added_and_taken_out(desk):
    client, receipt = enter(desk.ana), desk.receipts["nobody"]
    for text, number in [
        ("8813", "INV-8813"),
        ("44-17", "INV-8813"),
        ("31,250.00", "INV-8813"),
        ("900", "INV-8820"),
        ("nordia", "INV-8812"),
    ]:
        assert number in [i.number for i in client.get(f"{url('find', receipt.pk)}?q={text}").context["items"]], text
    assert b"No open item" in client.get(f"{url('find', receipt.pk)}?q=nothing").content
    item = desk.items["INV-8813"].pk
    added = act(client, "draft", receipt, add=item)
    assert [(r.item.pk, r.amount) for r in added.context["work"].rows] == [(item, 8_115_20)]
    dropped = act(client, "draft", receipt, use=[item], drop=item, **{f"amount-{item}": "8115.20"})
    assert dropped.context["work"].rows == []
    assert act(client, "draft", receipt, add=10**12).status_code == 404


def test_another_answer_is_taken(desk):
    client = enter(desk.ana)
    work = client.get(url("panel", desk.receipts["twice"].pk)).context["work"]
    assert work.rows == [] and len(work.choices) >= 2
    second = work.choices[1]
    chosen = act(client, "draft", desk.receipts["twice"], answer=second.rank).context["work"]
    assert chosen.rank == second.rank and [r.item for r in chosen.rows] == [r.item for r in second.rows]


def test_the_payer_is_named_and_the_receipt_matched_again(desk):
    answer = act(enter(desk.ana), "identify", desk.receipts["nobody"], customer=desk.hart.pk)
    assert answer.status_code == 200 and desk.fresh("nobody").customer == desk.hart
    assert PayerAlias.objects.filter(customer=desk.hart, is_active=True).get().value == "Z HOLDINGS"
    assert act(enter(desk.ana), "identify", desk.receipts["nobody"], customer=10**9).status_code == 404
    act(enter(desk.ana), "unidentify", desk.receipts["nobody"])
    assert desk.fresh("nobody").customer is None and not PayerAlias.objects.filter(is_active=True).exists()


def test_on_account_split_and_discussed(desk):
    client = enter(desk.ana)
    nobody = act(client, "post", desk.receipts["nobody"], rest="on")
    assert nobody.status_code == 422 and "Name the payer" in nobody.content.decode()
    left = act(client, "post", desk.receipts["short"], rest="on", rank=0)
    assert url("off-account", desk.receipts["short"].pk) in left["HX-Trigger"] and desk.fresh("short").on_account
    client.post(url("off-account", desk.receipts["short"].pk))
    assert act(client, "split", desk.receipts["short"], split_amount="10,000.00").status_code == 200
    assert desk.fresh("short").unapplied == 40_000_00 and Receipt.objects.get(split_from=desk.receipts["short"]).amount == 10_000_00
    assert act(client, "split", desk.receipts["short"], split_amount="x").status_code == 422
    act(client, "ask", desk.receipts["twice"], question="Which of the two?")
    assert [n for v, _, n in client.get(url("workbench")).context["tabs"] if v == "discuss"] == [1]
    assert act(client, "answer", desk.receipts["twice"], words="The older").status_code == 403
    assert act(enter(desk.senior), "answer", desk.receipts["twice"], words="The older").status_code == 200
    assert "The older" in client.get(url("panel", desk.receipts["twice"].pk)).content.decode()


def test_what_is_ready_is_posted_with_one_button(desk):
    client = enter(desk.ana)
    answer = client.post(url("ready"))
    assert answer.status_code == 302 and [m.receipt_id for m in Match.objects.all()] == [desk.receipts["sure"].pk]
    assert url("ready-undo") in client.get(url("workbench")).content.decode()
    client.post(url("ready-undo"))
    assert desk.balance("INV-8820") == 900_00 and not Match.objects.filter(reversed_by=None).exists()
    client.post(url("ready-undo"))
    assert Match.objects.count() == 1


def test_without_htmx_the_same_acts_redirect(desk):
    receipt = desk.receipts["sure"]
    answer = enter(desk.ana).post(url("post", receipt.pk), {"version": 0} | proposed(desk, "sure"))
    assert answer.status_code == 302 and desk.balance("INV-8820") == 0


@pytest.mark.parametrize("name", ["panel", "receipt", "find"])
def test_receipts_of_others_are_not_there(desk, name):
    stranger = enter(make_user("supervisor", make_bank(identifier="4711").company))
    assert stranger.get(url(name, desk.receipts["sure"].pk)).status_code == 404


@pytest.mark.parametrize(
    "name", ["post", "draft", "lease", "identify", "unidentify", "split", "ask", "answer", "again", "off-account", "return"]
)
def test_acts_on_receipts_of_others_are_not_there(desk, name):
    stranger = enter(make_user("supervisor", make_bank(identifier="4711").company))
    before = desk.fresh("sure").version
    assert act(stranger, name, desk.receipts["sure"], customer=desk.hart.pk, reason="x").status_code == 404
    assert desk.fresh("sure").version == before


def test_readers_look_but_do_not_touch(desk):
    auditor = enter(make_user("auditor", desk.bank.company))
    page = auditor.get(url("workbench"))
    assert page.status_code == 200 and b"Post 1 ready" not in page.content and b'data-key="Enter"' not in page.content
    for name in ("post", "draft", "lease", "identify", "split", "ask", "return"):
        assert act(auditor, name, desk.receipts["sure"]).status_code == 403, name
    assert auditor.post(url("ready")).status_code == 403 and auditor.post(url("upload")).status_code == 403
    assert auditor.get(url("account-new")).status_code == 403


def test_strange_characters_are_no_error(desk):
    client = enter(desk.senior)
    assert client.get(f"{url('workbench')}?q=%00&company=%00").status_code == 200
    assert client.get(f"{url('find', desk.receipts['sure'].pk)}?q=%00\u0661").status_code == 200
    assert act(client, "ask", desk.receipts["sure"], question="a\0b").status_code == 200
    item = desk.items["INV-8820"].pk
    for amount in ("NaN", "1e3", "\u0661\u0662", "9" * 40, "1_000"):
        assert act(client, "post", desk.receipts["sure"], use=[item], **{f"amount-{item}": amount}).status_code == 422, amount


def test_the_workbench_answers_within_a_handful_of_queries(desk, django_assert_max_num_queries):
    client, data = enter(desk.ana), proposed(desk, "sure")
    client.get(url("workbench"))
    with django_assert_max_num_queries(22):
        client.get(url("workbench"))
    with django_assert_max_num_queries(17):
        client.get(url("panel", desk.receipts["short"].pk))
    with django_assert_max_num_queries(64):
        assert act(client, "post", desk.receipts["sure"], **data).status_code == 200


# The receipt's page


def test_the_receipts_page_tells_its_story(desk):
    client = enter(desk.senior)
    act(client, "post", desk.receipts["sure"], **proposed(desk, "sure"))
    match = Match.objects.get()
    page = client.get(url("receipt", desk.receipts["sure"].pk)).content.decode()
    assert "INV-8820" in page and "Take it back" in page and "The bank took it back" in page
    wrong = client.post(url("match-reverse", match.pk), {"reason": "wrong invoice"}, follow=True)
    assert "taken back" in wrong.content.decode() and desk.balance("INV-8820") == 900_00
    back = client.post(url("return", desk.receipts["sure"].pk), {"reason": "no funds"}, follow=True)
    assert "Returned" in back.content.decode() and desk.fresh("sure").returned_on == TODAY
    assert b"RC-" in client.get(f"{url('workbench')}?view=returned").content


# Bank files


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


def test_the_policy_is_changed_by_those_who_may(desk):
    client = enter(desk.senior)
    data = {
        "posts_alone": "on", "auto_threshold": 92, "suggest_threshold": 40, "tolerances": "EUR 2.50\nJPY 300", "approver_limits": "",
        "tolerance_percent": "1.0", "discount_grace_days": 5,
    }  # fmt: skip
    assert client.post(url("policy", desk.bank.company_id), data).status_code == 302
    assert MatchPolicy.objects.get().tolerances == {"EUR": 2_50, "JPY": 300}
    for wrong in (
        {"tolerances": "EUR x"},
        {"tolerances": "XXX 1"},
        {"auto_threshold": 50},
        {"suggest_threshold": 95},
        {"tolerances": "EUR -1"},
    ):
        assert client.post(url("policy", desk.bank.company_id), data | wrong).status_code == 422, wrong
    assert enter(desk.ana).get(url("policy", desk.bank.company_id)).status_code == 403
    assert "2.50" in enter(desk.ana).get(url("policies")).content.decode()


def test_a_file_kept_for_another_purpose_is_no_sample(desk):
    client = enter(desk.senior)
    kept = bring(client, camt([Row(10_00, "x", "y")], closing=99_00)).context["kept"]
    assert client.get(f"{url('mapping', desk.bank.pk)}?sample={kept}").status_code == 404


def test_a_draft_of_a_changed_receipt_is_not_kept(desk):
    client = enter(desk.ana)
    stale = client.post(url("draft", desk.receipts["sure"].pk), {"version": 99}, **HTMX)
    assert stale.status_code == 409 and not ReceiptDraft.objects.exists()
