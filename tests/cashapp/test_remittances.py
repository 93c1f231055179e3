"""Advices in: known again by what they say, given to their customer, keyed, set aside, seen by whoever may."""

import io
import zipfile
from datetime import datetime
from pathlib import Path

import pytest

from cashapp.models import AdviceLayout, Remittance, RemittanceLine
from cashapp.readers.advice.keys import keys_of
from cashapp.readers.advice.layout import AdviceMapping
from cashapp.readers.advice.model import Advice, AdviceLine
from cashapp.readers.looking import ReadError, draw, look
from cashapp.selectors.remittances import Wanted, remittances
from cashapp.services.remittances import take_advice_file, take_advices
from cashapp.services.remittances.joining import join
from cashapp.services.remittances.keying import AdviceRefused, key_remittance
from cashapp.services.remittances.layouts import LayoutRefused, NewLayout, propose_layout, save_layout
from cashapp.services.remittances.setting_aside import NotSetAside, set_aside, take_up
from cashapp.services.remittances.uploading import bring_stored
from org.actors import NotAllowed
from tests.cashapp.worlds import TODAY, make_bank, money_in
from tests.factories import SYSTEM, issue, make_company, make_customer, make_user
from workflow.services import store_file

NOW = datetime.fromisoformat("2026-09-20T08:00:00+00:00")
LIST = b"Invoice number;Amount paid;Cheque number;Currency\nINV-1;980,00;4711;EUR\nINV-2;500,00;4711;EUR\n"


def advice(total=500_00, **more) -> Advice:
    return Advice("EUR", total, (AdviceLine("INV-1", paid=total),), payer_name="Acme", **more)


def test_a_key_is_of_what_is_said_and_tells_equals_apart():
    one, same, other = advice(trace="AB 1"), advice(trace="ab  1", text="forwarded"), advice(trace="AB 2")
    keys = list(keys_of([one, same, other]))
    assert keys[1] == f"{keys[0]}-2" and keys[2] not in keys[:2]
    assert list(keys_of([same, one, other])) == keys
    assert next(keys_of([Advice("EUR", 1, text="paid by card")])) != next(keys_of([Advice("EUR", 1, text="paid by cash")]))


def _zipped(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("again.csv", content)
    return out.getvalue()


@pytest.mark.django_db
def test_a_file_that_comes_again_is_known_whatever_became_of_it():
    company = make_company(currency="EUR")
    first = take_advice_file(actor=SYSTEM, company=company, content=LIST, name="a.csv", today=TODAY)
    assert [r.trace for r in first.remittances] == ["4711"] and not first.repeated
    assert list(RemittanceLine.objects.values_list("reference", "paid")) == [("INV-1", 980_00), ("INV-2", 500_00)]
    for content in (LIST, b"\xef\xbb\xbf" + LIST.replace(b"\n", b"\r\n"), _zipped(LIST)):
        again = take_advice_file(actor=SYSTEM, company=company, content=content, name="b.txt", today=TODAY)
        assert again.repeated == first.remittances and not again.remittances
    assert Remittance.objects.count() == 1


@pytest.mark.django_db
def test_a_broken_file_changes_nothing_and_its_neighbours_come_in():
    company = make_company(currency="EUR")
    bad = {"bad.csv": LIST.replace(b"500,00", b"five hundred"), "page.xlsx": b"<html><table>", "run.pdf": b"MZ\x90\x00"}
    files = [(store_file(actor=SYSTEM, name=name, content=content)[0], name) for name, content in ({"good.csv": LIST} | bad).items()]
    came = bring_stored(actor=SYSTEM, company=company, files=files, today=TODAY, now=NOW)
    assert len(came.taken.remittances) == Remittance.objects.count() == 1
    assert [r.name for r in came.refused] == list(bad) and came.refused[0].line == 3


@pytest.mark.django_db
def test_whose_an_advice_is():
    company = make_company(currency="EUR")
    acme, other, twin = make_customer(company, "Acme GmbH"), make_customer(company, "Nordia AB"), make_customer(company, "Twin Ltd")
    parent = make_customer(company, "Holding")
    for child in (other, twin):
        child.parent = parent
        child.save()
    make_customer(company, "Twin Limited")
    issue(acme, 500_00, number="INV-1"), issue(other, 500_00, number="INV-2"), issue(twin, 500_00, number="INV-3")

    def said(name, *numbers):
        lines = tuple(AdviceLine(n, paid=n_ * 100) for n_, n in enumerate(numbers, 1))
        return Advice("EUR", None, lines, payer_name=name)

    told = [
        said("ACME G.m.b.H."), said("somebody", "INV-1"), said("Acme", "INV-2"), said("", "INV-2", "INV-3"), said("Twin Ltd", "INV-3"),
        said("Twin"), said("", "INV-1", "INV-2"), said("", "none-of-ours"),
    ]  # fmt: skip
    taken = take_advices(actor=SYSTEM, company=company, advices=told, source="edi").remittances
    assert [r.customer for r in taken] == [acme, acme, acme, parent, twin, None, None, None]
    assert [bool(r.notes) for r in taken] == [False, False, True, False, False, False, True, False]
    assert not any("Nordia" in note for r in taken for note in r.notes)  # who reads it may not know the other


@pytest.mark.django_db
def test_an_advice_is_keyed_once_and_says_enough():
    company = make_company(currency="EUR")
    acme, stranger = make_customer(company, "Acme"), make_customer(make_company(), "Acme")
    made = key_remittance(actor=SYSTEM, company=company, advice=advice(trace="9"), customer=acme)
    assert (made.source, made.customer, made.total, made.notes) == ("hand", acme, 500_00, [])
    twin = key_remittance(actor=SYSTEM, company=company, advice=advice(trace="9", reference="by mail"), customer=acme)
    assert [made.number in note for note in twin.notes] == [True]  # the same payment in other words: perhaps it came by two ways
    with pytest.raises(AdviceRefused, match=made.number):
        key_remittance(actor=SYSTEM, company=company, advice=advice(trace="9"), customer=acme)
    for wrong, customer in ((Advice("EUR", None), acme), (Advice("EUR", 0, (AdviceLine("A", paid=1),)), acme), (advice(), stranger)):
        with pytest.raises(AdviceRefused):
            key_remittance(actor=SYSTEM, company=company, advice=wrong, customer=customer)
    with pytest.raises(NotAllowed):
        key_remittance(actor=make_user("auditor", company), company=company, advice=advice(), customer=acme)


@pytest.mark.django_db
def test_views_say_what_an_advice_waits_for():
    """One advice of two receipts agrees with them together; one of another total doesn't; money that is applied is worked already."""
    bank = make_bank()
    company, acme = bank.company, make_customer(bank.company, "Acme")

    def told(total, trace):
        return key_remittance(actor=SYSTEM, company=company, advice=Advice("EUR", total, payer_name="Acme", trace=trace), customer=acme)

    def joined(remittance, *receipts):
        for receipt in receipts:
            receipt.refresh_from_db()
            join(actor=SYSTEM, remittance=remittance, receipt=receipt, version=receipt.version, today=TODAY, now=NOW)

    def view(name):
        return set(remittances(SYSTEM, Wanted(view=name)))

    both, short, first, second, waits = told(700_00, "1"), told(90_00, "2"), told(30_00, "3"), told(20_00, "4"), told(5_00, "5")
    joined(both, money_in(bank, 300_00, acme), money_in(bank, 400_00, acme))
    joined(short, money_in(bank, 80_00, acme))
    shared = money_in(bank, 50_00, acme)
    joined(first, shared), joined(second, shared)
    assert view("join") == {waits} and view("joined") == {both, short, first, second}
    assert view("disagree") == {short}
    with pytest.raises(NotSetAside, match="joined"):
        set_aside(actor=SYSTEM, remittances=[waits, both], reason="a copy")
    with pytest.raises(NotSetAside, match="why"):
        set_aside(actor=SYSTEM, remittances=[waits], reason=" ")
    set_aside(actor=SYSTEM, remittances=[waits], reason="a copy")
    assert view("aside") == {waits} and not view("join")
    take_up(actor=SYSTEM, remittances=[waits])
    assert view("join") == {waits}


@pytest.mark.django_db
def test_a_layout_is_found_again_by_its_headings_and_its_sender():
    company = make_company(currency="EUR")
    acme = make_customer(company, "Acme")
    odd = b"Xx;Belegtext;Gezahlt am;Summe X\nINV-1;none;2026-09-01;12,50\n"
    proposal = propose_layout(odd, currency="EUR")
    assert proposal.headings[3] == "Summe X" and proposal.questions
    mapping = AdviceMapping(reference="Xx", paid="Summe X", payment_date="Gezahlt am", currency="EUR", decimal_mark=",")
    layout = NewLayout("Acme's", mapping, proposal.fingerprint, customer=acme)
    with pytest.raises(LayoutRefused, match="name"):
        save_layout(actor=SYSTEM, company=company, layout=NewLayout(" ", mapping, "f"))
    saved = save_layout(actor=SYSTEM, company=company, layout=layout)
    (made,) = take_advice_file(actor=SYSTEM, company=company, content=odd, name="x.csv", today=TODAY).remittances
    assert (made.layout, made.customer) == (saved, acme)
    assert [line.paid for line in made.lines.all()] == [12_50]
    assert save_layout(actor=SYSTEM, company=company, layout=layout) == saved and AdviceLayout.objects.count() == 1


def test_what_is_looked_at_is_drawn_anew():
    """No byte of a hostile file reaches the browser as it came."""
    shown = look(b"ISA*00*" + b" " * 98 + b">~GS*RA~<script>alert(1)</script>~")
    assert shown.kind == "text" and shown.text.count("\n") >= 2
    assert look(LIST).rows[1] == ("INV-1", "980,00", "4711", "EUR")
    assert look(b"\xff\xfe\x00\x01\x02broken\x00").kind in ("none", "text")
    picture = (Path(__file__).parents[2] / "docs").glob("**/*.png")
    first = next(picture, None)
    if first:
        assert look(first.read_bytes()).pages == 1 and draw(first.read_bytes(), page=1).png.startswith("iVBOR")
    for broken in (b"%PDF-1.7 nothing", b"\x89PNG\r\n\x1a\nnothing"):
        with pytest.raises(ReadError):
            draw(broken, page=1)
