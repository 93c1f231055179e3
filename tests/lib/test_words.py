"""What customers read: no language lacks a word, no text names what it isn't filled with, days and amounts in the manner of each."""

import re
from datetime import date

import pytest

from arops.lib.merging import LANGUAGES, amount_in, day_in, language_note, language_of, short_day_in
from arops.lib.words import by_language, en
from collections_app.policy import answers, standard_texts
from collections_app.policy.letters import check_text
from collections_app.policy.statement_words import bucket_words, event_words
from disputes.policy import texts
from disputes.policy.letter import PATTERNS, said_in

FORMS = {"day", "short"}
"""Words of which each language fills in what it needs."""


@pytest.mark.parametrize("topic", sorted(en.TOPICS))
def test_no_language_lacks_a_word(topic):
    words = by_language(topic)
    assert set(words) == set(LANGUAGES) == {"en", "de", "fr", "es"}
    for code, said in words.items():
        assert set(said) == set(words["en"]), code
        assert all(said.values()), code
        for name, text in said.items():
            if topic != "speech" or name not in FORMS:
                assert set(re.findall(r"\{\w*\}|\\\d", text)) <= set(re.findall(r"\{\w*\}|\\\d", words["en"][name])), (code, name)


@pytest.mark.parametrize("topic", ["dunning", "answers", "case_texts", "charge", "plan", "document", "dormant"])
def test_sentences_are_translated(topic):
    words = by_language(topic)
    for name, text in words["en"].items():
        if len(re.sub(r"\{\w*\}", "", text)) > 40:
            assert len({words[code][name] for code in LANGUAGES}) == len(LANGUAGES), name


def test_texts_to_begin_with_are_there_in_every_language_and_hold_to_their_fields():
    for level in standard_texts.LEVELS:
        assert set(level.texts) == set(LANGUAGES)
        for subject, body in level.texts.values():
            check_text(subject + body)
            assert body.count("{items}") == 1
    for book, check in ((answers, answers.check_text), (texts, texts.check_text)):
        assert {one.language for one in book.STANDARD} == set(LANGUAGES)
        for one in book.STANDARD:
            check(one.subject + one.body)
            assert not re.search(r"\{\w+\}", book.sample(one.language, date(2026, 3, 1))["day"])


def test_days_and_amounts_in_the_manner_of_the_language():
    first = date(2026, 3, 1)
    assert [day_in(first, code) for code in LANGUAGES] == ["1 March 2026", "01.03.2026", "1er mars 2026", "1 de marzo de 2026"]
    assert [short_day_in(first, code) for code in LANGUAGES] == ["1 Mar 2026", "01.03.2026", "01/03/2026", "01/03/2026"]
    said = [amount_in(-1_234_56, "EUR", code) for code in LANGUAGES]
    assert said == ["−1,234.56", "−1.234,56", "−1\u202f234,56", "−1.234,56"] and amount_in(1_234, "JPY", "fr") == "1\u202f234"


def test_french_is_set_as_it_is_printed():
    body = by_language("dunning")["fr"]["final.body"]
    assert "impayés\u202f;" in body and "'" not in body


def test_a_language_without_words_falls_back_whole_and_says_so():
    assert (language_of("it"), language_of("fr-CA"), language_of("ES_mx")) == ("en", "fr", "es")
    assert "it" in language_note("it") and not language_note("es-MX") and not language_note("")


def test_events_buckets_and_cells():
    assert event_words("-receipt", "fr") == "Règlement reçu (annulation)" and event_words("receipt", "es") == "Pago recibido"
    assert bucket_words("31–60", "fr") == "31–60 jours" and bucket_words("90+", "es") == "más de 90 días"
    assert (
        said_in("1,200 × Bolt ordered", "fr") == "1\u202f200 × Bolt commandés"
        and said_in("signed 2026-03-01", "es") == "firmado el 01/03/2026"
    )
    assert {name for name, _ in PATTERNS} == set(by_language("cells")["en"])
