"""What mails say, read by rules: four languages, denials and conditions, days and amounts, own words; nothing hostile takes long."""

import time
from datetime import date

import pytest

from collections_app.bench_mails import LANGUAGES, judged, shares
from collections_app.policy.mail.recognise import Setting, core_of, numbers_in, recognise
from collections_app.policy.mail.senders import knows, topic_of
from collections_app.policy.mail.speech import own_words
from collections_app.policy.service import answer_due
from tests.collections_app.letters_in import NOW

SAID = date(2027, 2, 17)
CASES = """
US | We paid invoice INV-1001 on 12 February by ACH. | paid | 2027-02-12 |
US | Payment of $4,310.00 was sent yesterday. | paid | 2027-02-16 | 431000
US | This has already been paid, check #20312 was mailed 02/05. | paid | 2027-02-05 |
DE | Have you received our payment of EUR 1.234,56? We transferred it on Monday. | paid | 2027-02-15 | 123456
US | We will pay the full balance on Friday. | promise | 2027-02-19 |
US | Payment is scheduled for 03/05. | promise | 2027-03-05 |
GB | Payment is scheduled for 03/05. | promise | 2027-05-03 |
DE | You can expect EUR 5,000.00 by the end of the month; we will transfer it. | promise | 2027-02-28 | 500000
US | It is included in our next payment run on 24 February. | promise | 2027-02-24 |
US | The invoice has not been paid yet because we never received it. | copy | |
US | Could you please send me a copy of invoice 4711? | copy | |
US | We cannot pay this until you send us a signed delivery note. | document:proof_of_delivery | |
US | We will pay once we have your W-9. | document:w9 | |
US | Please send us a current statement of account. | statement | |
US | The price on line 3 is wrong: we agreed on 12.50. | dispute:price | |
US | We only received 40 of the 50 cartons. | dispute:quantity | |
US | The goods were damaged on arrival. | dispute:damaged | |
US | We never received the goods for this order. | dispute:not_delivered | |
US | You billed us twice for the same job. | dispute:duplicate | |
US | The PO number is missing on the invoice. | dispute:po_missing | |
DE | Wir haben die Rechnung bereits am 10.02. überwiesen. | paid | 2027-02-10 |
DE | Wir werden den Betrag von 1.500,00 EUR nächste Woche überweisen. | promise | 2027-02-26 | 150000
DE | Die Rechnung wird am Freitag bezahlt. | promise | 2027-02-19 |
DE | Die Rechnung liegt uns nicht vor, bitte senden Sie uns eine Rechnungskopie. | copy | |
DE | Bitte senden Sie uns einen aktuellen Kontoauszug. | statement | |
DE | Der Preis in Position 2 stimmt nicht. | dispute:price | |
DE | Ohne Lieferschein können wir nicht zahlen. | document:proof_of_delivery | |
FR | Nous avons payé la facture le 10 février. | paid | 2027-02-10 |
FR | Le règlement sera effectué fin du mois. | promise | 2027-02-28 |
FR | Merci de nous envoyer une copie de la facture. | copy | |
FR | Nous n'avons pas reçu la marchandise. | dispute:not_delivered | |
ES | La factura ha sido pagada el 10 de febrero. | paid | 2027-02-10 |
ES | Pagaremos la factura el viernes. | promise | 2027-02-19 |
ES | Por favor, envíen el estado de cuenta. | statement | |
US | Thank you for your help. | | |
DE | Die Rechnung ist noch nicht bezahlt. | | |
US | We do not dispute the invoice. | | |
US | If you have paid already, please ignore this. | | |
US | Please let us know when you will pay. | | |
US | We won't be able to pay before April. | | |
US | The invoice should have been paid last week, sorry about that. | | |
US | We will send you the documents tomorrow. | | |
"""


@pytest.mark.parametrize("line", CASES.strip().splitlines(), ids=lambda line: line.split("|")[1].strip()[:40])
def test_a_sentence_means(line: str) -> None:
    country, text, meant, day, amount = (part.strip() for part in line.split("|"))
    found = recognise(text, Setting(SAID, "USD" if country == "US" else "EUR", country))
    assert [f"{f.kind}:{f.about}" if f.about else f.kind for f in found] == ([meant] if meant else [])
    if meant:
        assert (found[0].day, found[0].amount) == (date.fromisoformat(day) if day else None, int(amount) if amount else None)
        assert found[0].quote in text


def test_only_the_writers_own_words_count() -> None:
    top = (
        "Hi Ana,\n\nwe paid on Friday.\n\nKind regards\nJo\n+1 555 100 200\n\n"
        "On Tue, 16 Feb 2027, ArOps <x@y>\nwrote:\n> please pay EUR 9.00\n"
    )
    assert own_words(top) == "Hi Ana,\n\nwe paid on Friday."
    inline = "On 3 Feb Ana wrote:\n> when will you pay?\nOn Friday.\n> and INV-2?\nWe dispute it.\n"
    assert own_words(inline) == "On Friday.\nWe dispute it."
    passed_on = (
        "FYI\n\n---------- Forwarded message ---------\nFrom: A <a@b.example>\nDate: x\nSubject: y\n\nWe never received invoice 4711.\n"
    )
    assert "never received" in own_words(passed_on)
    assert recognise("Our letter said: all is well.\n-- \nWe paid everything on Friday.", Setting(SAID, "EUR")) == ()


def test_a_machine_says_nothing_but_that_somebody_is_away() -> None:
    assert recognise("We have paid.", Setting(SAID, "EUR", automatic="bounce")) == ()
    (away,) = recognise("I am out of the office and back on 1 March.", Setting(SAID, "EUR", automatic="reply"))
    assert (away.kind, away.day) == ("away", date(2027, 3, 1))
    (gone,) = recognise("Kim no longer works here.", Setting(SAID, "EUR", automatic="reply"))
    assert gone.about == "gone"


def test_hostile_mails_are_read_in_no_time() -> None:
    begun = time.process_time()
    often = ("we ", "payment was ", "> ", "On ", "-", "1.", "EUR 1,", "A1-")
    for text in (word * (20_000 // len(word)) for word in often):
        recognise(text, Setting(SAID, "EUR"))
        numbers_in(text)
    assert time.process_time() - begun < 3


def test_numbers_addresses_and_topics() -> None:
    assert numbers_in("INV-1001, and (#4711) of 2027-02-01; mail jo1@x.example") == ("INV-1001", "4711", "2027-02-01")
    assert (core_of("INV-2026-001042"), core_of("R-12")) == ("1042", "")
    assert knows("jo@acme.example", ["ap@acme.example"]) and not knows("jo@gmail.com", ["ap@gmail.com"])
    assert not knows("jo@acme.example.evil.example", ["ap@acme.example"])
    assert topic_of("AW: Re: [2]: Your invoice") == topic_of("your  INVOICE") or topic_of("AW: Re: Your invoice") == "your invoice"


def test_an_answer_is_due_on_a_weekday() -> None:
    friday = NOW.replace(day=19, hour=17)
    assert answer_due(friday, 24) == NOW.replace(day=22, hour=17)
    assert answer_due(NOW.replace(day=20), 8) == NOW.replace(day=22, hour=8)
    assert answer_due(NOW, 8) == NOW.replace(hour=17)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_makers_own_sentences_are_read(language: str) -> None:
    precision, recall = shares(judged(language))
    assert precision >= 0.97 and recall >= 0.97
    assert shares(judged(language), "bank")[1] == 1, "of other bank details none is missed"
