"""What a customer wants of invoices, its papers and taxes: versions instead of edits, who must act, the four lien releases."""

import itertools
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.models import BillingRequirement, CustomerDocument, TaxRate
from customers.requirements import Bill, Paper, gaps_of, read_params, releases_missing, standing
from customers.selectors import Asked, current_rates, documents_in_sight, rules_in_force
from customers.services import NotSaved, documents
from customers.services.documents import (
    cancel_document,
    receive_document,
    refuse_document,
    request_again,
    request_document,
    save_documents,
    send_document,
)
from customers.services.requirements import add_requirement, end_requirement, revise_requirement, save_requirements
from customers.services.taxes import end_tax_rate, save_tax_rates, set_tax_rate
from org.actors import NotAllowed
from org.models import Department
from tests.factories import SYSTEM, make_company, make_customer, make_user
from workflow.models import Event

TODAY = date(2026, 9, 20)


def paper(kind="w9", state="requested", **fields):
    return Paper(key=fields.pop("key", 1), kind=kind, state=state, **fields)


def codes(gaps):
    return [(gap.code, gap.waits_for) for gap in gaps]


def test_how_papers_stand():
    asked = {"kind": "w9", "state": "requested", "today": TODAY, "requested_on": date(2026, 9, 8)}
    assert standing(**asked).words == "requested 12 days ago" and standing(**asked).holds_up
    assert standing(kind="insurance", state="received", today=TODAY).holds_up, "ours isn't sent yet"
    assert not standing(kind="exemption", state="received", today=TODAY).holds_up
    ends = {"kind": "insurance", "state": "sent", "today": TODAY}
    assert standing(**ends, expires_on=date(2026, 9, 19)).words == "expired 1 day ago"
    assert standing(**ends, expires_on=TODAY).words == "expires today" and not standing(**ends, expires_on=TODAY).holds_up
    assert (
        standing(**ends, expires_on=date(2026, 10, 20)).code == "expiring"
        and standing(**ends, expires_on=date(2026, 10, 21)).code == "good"
    )


@given(st.sampled_from(CustomerDocument.Kind.values), st.sampled_from(CustomerDocument.State.values), st.integers(-400, 400))
def test_a_paper_is_either_good_or_someones(kind, state, days):
    found = standing(kind=kind, state=state, today=TODAY, requested_on=TODAY, expires_on=TODAY + timedelta(days=days))
    assert found.holds_up == (found.code in ("requested", "refused", "expired", "waiting")) and found.words
    assert found.code != "expired" or days < 0


def test_what_holds_an_invoice_up():
    bill = Bill("INV-1", TODAY, contracts=frozenset({"C-9"}), po_number="12")
    papers = [paper(waits_for="customer"), paper("insurance", "sent", expires_on=date(2026, 9, 1)), paper("po_copy", contract="C-8"),
              paper("vendor_form", "cancelled")]  # fmt: skip
    assert codes(gaps_of(bill, papers, [], TODAY)) == [("insurance", ""), ("w9", "customer")]
    renewed = [*papers, paper("insurance", "sent", expires_on=date(2027, 9, 1)), paper("insurance", "requested", waits_for="customer")]
    assert codes(gaps_of(bill, renewed, [], TODAY)) == [("w9", "customer")], "a renewal that is asked for doesn't undo what is in force"
    rules = [
        ("document", {"kind": "exemption"}),
        ("po_format", {"mask": "PO-###"}),
        ("attachment", {"kind": "sign_off"}),
        ("cost_code", {}),
    ]
    assert codes(gaps_of(bill, [], rules, TODAY)) == [("exemption", "customer"), ("po_number", ""), ("attachment", ""), ("cost_code", "")]
    assert not gaps_of(Bill("I", TODAY, po_number="PO-123", cost_code="7", files=frozenset({"sign_off"})), [], rules[1:], TODAY)


def test_lien_releases_go_in_pairs():
    """This cycle's conditional travels with the last cycle's unconditional, which is due once its money is there and wrong before."""
    first, second = Bill("INV-1", TODAY), Bill("INV-2", TODAY, earlier=("INV-1", False))
    conditional = paper("lien_conditional_progress", "sent", invoice="INV-1")
    assert [g.kind for g in releases_missing(first, [])] == ["lien_conditional_progress"] and not releases_missing(first, [conditional])
    sent = [conditional, paper("lien_conditional_progress", "sent", invoice="INV-2")]
    assert not releases_missing(second, sent), "INV-1 isn't paid: nothing unconditional is due"
    paid = Bill("INV-2", TODAY, earlier=("INV-1", True))
    (gap,) = releases_missing(paid, sent)
    assert gap.kind == "lien_unconditional_progress" and "INV-1, which is paid" in gap.words
    given_up = paper("lien_unconditional_progress", "sent", invoice="INV-1")
    assert not releases_missing(paid, [*sent, given_up])
    (alarm,) = releases_missing(first, [given_up])
    assert "though INV-1 isn’t paid" in alarm.words, "the cheque bounced"
    (asked,) = releases_missing(first, [paper("lien_conditional_final", waits_for="projects", invoice="INV-1", requested_on=TODAY)])
    assert (asked.kind, asked.waits_for) == ("lien_conditional_final", "projects")


def test_params():
    assert read_params("document", {"kind": "w9"}) == {"kind": "w9"} and read_params("po_number", {"x": 1}) == {}
    for kind, params in (("document", {"kind": "passport"}), ("bill_within", {"days": True}), ("po_format", {}), ("attachment", {})):
        with pytest.raises(ValueError):
            read_params(kind, params)


@pytest.fixture
def world(db):
    company = make_company("US01")
    Department.objects.create(company=company, code="projects", name="Projects")
    return company, make_customer(company, "Nordwind"), make_user("senior", company)


def test_rules_have_versions(world):
    _, customer, user = world
    rule = add_requirement(actor=user, customer=customer, kind="po_format", params={"mask": "PO-###"}, valid_from=date(2026, 1, 1))
    with pytest.raises(NotSaved, match="make a new version"):
        add_requirement(actor=user, customer=customer, kind="po_format", params={"mask": "X"}, valid_from=TODAY)
    newer = revise_requirement(actor=user, requirement=rule, params={"mask": "PO-####"}, valid_from=date(2026, 6, 1), learned_from="INV-77")
    rule.refresh_from_db()
    assert (newer.version, newer.learned_from, newer.replaces, rule.valid_to) == (2, "INV-77", rule, date(2026, 5, 31))
    assert [r.params["mask"] for r in rules_in_force([customer.pk], date(2026, 5, 31))[customer.pk]] == ["PO-###", "PO-####"]
    with pytest.raises(NotSaved, match="newer version"):
        revise_requirement(actor=user, requirement=rule, params={"mask": "Y"}, valid_from=TODAY)
    with pytest.raises(NotSaved, match="can't end before"):
        end_requirement(actor=user, requirement=newer, valid_to=date(2026, 1, 1))
    end_requirement(actor=user, requirement=newer, valid_to=TODAY)
    assert not rules_in_force([customer.pk], TODAY + timedelta(days=1))
    for kind in ("w9", "insurance"):
        add_requirement(actor=user, customer=customer, kind="document", params={"kind": kind}, valid_from=TODAY)
    assert list(Event.objects.filter(type__startswith="requirement.").order_by("pk").values_list("type", flat=True)) == [
        "requirement.added", "requirement.revised", "requirement.ended", "requirement.added", "requirement.added",
    ]  # fmt: skip
    with pytest.raises(NotAllowed):
        add_requirement(actor=make_user("specialist", customer.company), customer=customer, kind="cost_code", params={}, valid_from=TODAY)


def test_rules_by_rows(world):
    _, customer, user = world
    row = {"customer": customer.number, "kind": "bill_within", "params": {"days": 10}}
    rows = [row, row, {**row, "params": {"days": 0}}, {**row, "customer": "nobody"}, {**row, "kind": "spell"}, 7]
    saved = save_requirements(rows, actor=user, source_system="erp", today=TODAY)
    assert [s.outcome for s in saved] == ["created", "unchanged", "rejected", "rejected", "rejected", "rejected"]
    assert {p.pointer for s in saved for p in s.problems} >= {"/params", "/customer", "/kind", ""}
    later = [{**row, "params": {"days": 5}, "valid_from": "2026-10-01"}]
    assert save_requirements(later, actor=user, source_system="erp", today=TODAY)[0].outcome == "updated"
    assert BillingRequirement.objects.get(version=2).valid_from == date(2026, 10, 1)


def test_a_paper_from_request_to_renewal(world):
    _, customer, user = world
    insurance = request_document(actor=user, customer=customer, kind="insurance", today=TODAY, waits_for="projects")
    assert request_document(actor=user, customer=customer, kind="insurance", today=TODAY).pk == insurance.pk
    insurance = receive_document(actor=user, document=insurance, on=TODAY, expires_on=date(2026, 12, 31), reference="POL-1", version=0)
    with pytest.raises(NotSaved, match="someone else"):
        send_document(actor=user, document=insurance, on=TODAY, version=0)
    with pytest.raises(NotSaved, match="expires before"):
        send_document(actor=user, document=insurance, on=TODAY, valid_from=date(2027, 1, 1))
    insurance = send_document(actor=user, document=insurance, on=TODAY)
    with pytest.raises(NotSaved, match="is sent"):
        receive_document(actor=user, document=insurance, on=TODAY)
    renewal = request_again(actor=user, document=insurance, today=date(2026, 12, 1), waits_for="projects")
    assert renewal.pk != insurance.pk and renewal.state == "requested"
    again = request_again(actor=user, document=renewal, today=date(2026, 12, 9))
    assert again.pk == renewal.pk and again.requested_on == date(2026, 12, 1), "how long one waits isn't forgotten"
    refused = refuse_document(actor=user, document=insurance, reason="wrong name")
    assert refused.note == "wrong name" and cancel_document(actor=user, document=renewal).state == "cancelled"
    exemption = request_document(actor=user, customer=customer, kind="exemption", today=TODAY)
    assert exemption.waits_for == "customer"
    for wrong in (
        lambda: send_document(actor=user, document=exemption, on=TODAY),
        lambda: refuse_document(actor=user, document=exemption, reason=" "),
        lambda: request_document(actor=user, customer=customer, kind="w9", today=TODAY, waits_for="moon"),
        lambda: request_document(actor=user, customer=customer, kind="passport", today=TODAY),
    ):  # fmt: skip
        with pytest.raises(NotSaved):
            wrong()
    with pytest.raises(NotAllowed):
        request_document(actor=make_user("auditor", customer.company), customer=customer, kind="w9", today=TODAY)


def test_an_unconditional_release_waits_for_the_money(world, monkeypatch):
    _, customer, user = world
    paid = {"INV-1": False}
    monkeypatch.setattr(documents, "_clearing", [lambda customer_id, number: paid.get(number)])
    release = request_document(actor=user, customer=customer, kind="lien_unconditional_progress", today=TODAY, invoice_number="INV-1")
    with pytest.raises(NotSaved, match="isn’t paid"):
        send_document(actor=user, document=release, on=TODAY)
    for invoice, reason in ((None, "name the invoice"), ("INV-9", "no invoice INV-9")):
        (row,) = save_documents(
            [{"customer": customer.number, "kind": "lien_unconditional_final", "state": "sent", "invoice_number": invoice}], actor=user,
            source_system="erp", today=TODAY,
        )  # fmt: skip
        assert row.outcome == "rejected" and reason in row.problems[0].detail
    paid["INV-1"] = True
    assert send_document(actor=user, document=release, on=TODAY).state == "sent"


def test_papers_by_rows(world):
    _, customer, user = world
    theirs = make_customer(make_company("XX01"), number="T-1")
    row = {"customer": f"cus_{customer.pk}", "kind": "exemption", "external_id": "D-1", "state": "received", "expires_on": "2026-12-31",
           "jurisdiction": "US-TX", "amount": "10.50"}  # fmt: skip
    rows = [row, row, {**row, "expires_on": "2027-12-31"}, {**row, "expires_on": "soon"}, {**row, "customer": theirs.number},
            {"customer": customer.number, "external_id": "D-2"}, {**row, "colour": "red"}]  # fmt: skip
    saved = save_documents(rows, actor=user, source_system="erp", today=TODAY)
    assert [s.outcome for s in saved] == ["created", "unchanged", "updated", *["rejected"] * 4]
    assert [s.problems[0].pointer for s in saved[3:]] == ["/expires_on", "/customer", "/kind", "/colour"]
    kept = CustomerDocument.objects.get()
    assert (kept.expires_on, kept.amount, kept.source_system) == (date(2027, 12, 31), 1050, "erp")
    assert save_documents([{**row, "external_id": "D-3"}], actor=user, source_system="erp", today=TODAY, dry_run=True)[0].pk is None
    torn = save_documents([{**row, "external_id": "D-4"}, {}], actor=user, source_system="erp", today=TODAY, atomic=True)
    assert [s.outcome for s in torn] == ["rejected", "rejected"] and CustomerDocument.objects.count() == 1


def test_the_list_asks_the_database_what_the_rules_say(world):
    """Each paper is listed under the standing that `standing` tells of it."""
    company, customer, user = world
    sorts = itertools.product(("w9", "exemption"), CustomerDocument.State.values, (None, -1, 0, 30, 31))
    made = [
        CustomerDocument(
            company=company, customer=customer, kind=kind, state=state, requested_on=TODAY, contract_number=f"{n}", created_by="x",
            expires_on=None if days is None else TODAY + timedelta(days=days),
        )
        for n, (kind, state, days) in enumerate(sorts)
    ]  # fmt: skip
    CustomerDocument.objects.bulk_create(made)
    told = {d.pk: standing(kind=d.kind, state=d.state, today=TODAY, requested_on=TODAY, expires_on=d.expires_on).code for d in made}
    for code, fits in {
        "requested": {"requested"}, "expiring": {"expiring"}, "expired": {"expired"}, "refused": {"refused"},
        "waits": {"requested", "waiting", "expired"}, "all": set(told.values()), "": set(told.values()) - {"cancelled"},
    }.items():  # fmt: skip
        found = {d.pk for d in documents_in_sight(user, Asked(standing=code), TODAY)}
        assert found == {pk for pk, was in told.items() if was in fits}, code


def test_rates_are_never_edited(world):
    company, _, _ = world
    controller = make_user("controller", company)
    fields = {"company": company, "code": "TX-DAL", "name": "Dallas", "jurisdiction": "US-TX-DAL"}
    old = set_tax_rate(actor=controller, **fields, percent=Decimal("8.25"), valid_from=date(2026, 1, 1))
    new = set_tax_rate(actor=controller, **fields, percent=Decimal("8.5"), valid_from=date(2026, 10, 1))
    assert current_rates([old, new], TODAY) == {old.pk: "current", new.pk: "future"}
    assert current_rates([old, new], date(2026, 10, 1)) == {old.pk: "past", new.pk: "current"}
    for wrong in (
        lambda: set_tax_rate(actor=controller, **fields, percent=Decimal("9"), valid_from=date(2026, 1, 1)),
        lambda: set_tax_rate(actor=controller, **fields, percent=Decimal("9"), valid_from=TODAY, category="E"),
        lambda: end_tax_rate(actor=controller, rate=new, valid_to=TODAY),
    ):  # fmt: skip
        with pytest.raises(NotSaved):
            wrong()
    with pytest.raises(NotAllowed):
        set_tax_rate(actor=make_user("supervisor", company), **fields, percent=Decimal("1"), valid_from=TODAY)
    row = {"company": "US01", "code": "TX-DAL", "jurisdiction": "US-TX-DAL", "percent": "8.25", "valid_from": "2026-01-01"}
    rows = [row, {**row, "percent": "9"}, {**row, "valid_from": "2027-01-01"}, {**row, "percent": "100"}, {**row, "company": "XX"}]
    saved = save_tax_rates(rows, actor=controller)
    assert [s.outcome for s in saved] == ["unchanged", "rejected", "created", "rejected", "rejected"]
    assert saved[1].problems[0].code == "conflict" and TaxRate.objects.count() == 3


def test_the_runtime_role_edits_no_rule_and_no_rate(world, app_conn):
    company, customer, user = world
    add_requirement(actor=user, customer=customer, kind="cost_code", params={}, valid_from=TODAY)
    set_tax_rate(actor=SYSTEM, company=company, code="A", name="", jurisdiction="US", percent=Decimal(1), valid_from=TODAY)
    with app_conn.cursor() as cursor:
        for sql in ("UPDATE customers_billingrequirement SET kind = 'portal'", "DELETE FROM customers_billingrequirement",
                    "UPDATE customers_taxrate SET percent = 2", "DELETE FROM customers_customerdocument"):  # fmt: skip
            with pytest.raises(Exception, match="permission denied"):
                cursor.execute(sql)
            app_conn.rollback()
