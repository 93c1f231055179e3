"""The workbench and receipts on the screen: what they show, to whom, and what they answer to what people do."""

import pytest

from cashapp.models import Match, PayerAlias, Receipt, ReceiptDraft
from disputes.models import Dispute
from tests.cashapp.desk import work
from tests.cashapp.pages import HTMX, act, business_date, desk, enter, proposed, url
from tests.cashapp.worlds import TODAY, make_bank, money_in
from tests.factories import make_user

__all__ = ["business_date", "desk"]
pytestmark = pytest.mark.django_db


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


def test_charges_and_tax_are_typed_or_chosen_as_what_is_left(desk):
    one, two, client = desk.items["INV-8812"].pk, desk.items["INV-8813"].pk, enter(desk.ana)
    data = {"use": [one, two], f"amount-{one}": "19960", f"charges-{one}": "40.00", f"amount-{two}": "30040", f"short-{two}": "1210"}
    data |= {f"reason-{two}": "withheld", "rank": 0}
    assert b"Bank charges" in act(client, "draft", desk.receipts["short"], **data, drop=0).content
    answer = act(client, "post", desk.receipts["short"], **data)
    assert "with 40.00 bank charges and 1,210.00 tax withheld" in answer["HX-Trigger"] and not Dispute.objects.exists()
    assert desk.balance("INV-8812") == desk.balance("INV-8813") == 0


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


def test_an_answer_that_was_paid_meanwhile_is_renewed_when_the_receipt_is_opened(desk):
    client, item = enter(desk.ana), desk.items["INV-9001"].pk
    panel = url("panel", desk.receipts["twice"].pk)
    renewal = f'hx-post="{url("again", desk.receipts["twice"].pk)}" hx-vals='
    assert renewal not in client.get(panel).content.decode()
    work(desk.ana, money_in(desk.bank, 500_00, desk.hart), (desk.items["INV-9001"], 500_00))
    stale = client.get(panel).content.decode()
    assert "paid meanwhile" in stale and renewal in stale
    act(client, "draft", desk.receipts["twice"], rest="on")
    fresh = act(client, "again", desk.receipts["twice"], quiet="1")
    assert "was paid meanwhile, so it was matched again" in fresh["HX-Trigger"] and renewal not in fresh.content.decode()
    assert not any(item == a["item"] for p in desk.fresh("twice").proposals.all() for a in p.allocations)
    assert desk.receipts["twice"].drafts.exists()


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


def test_what_is_ready_is_posted_at_once_after_a_sample_was_looked_at(desk):
    client = enter(desk.ana)
    page = client.get(url("ready"))
    review, sure = page.context["review"], desk.receipts["sure"].pk
    assert review.sample == [sure] and "INV-8820" in page.content.decode() and b"disabled" in page.content
    client.post(url("ready-post", review.pk))
    assert not Match.objects.exists(), "nobody has looked yet"
    client.post(url("ready-judge", review.pk), {"receipt": sure, "right": 1})
    answer = client.post(url("ready-post", review.pk))
    assert answer.status_code == 302 and [m.receipt_id for m in Match.objects.all()] == [sure]
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


def test_a_draft_of_a_changed_receipt_is_not_kept(desk):
    client = enter(desk.ana)
    stale = client.post(url("draft", desk.receipts["sure"].pk), {"version": 99}, **HTMX)
    assert stale.status_code == 409 and not ReceiptDraft.objects.exists()
