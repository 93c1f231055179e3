"""Papers are in one language, the customer's: nothing of them is written into a template, none says anything in English to anybody else."""

import re
from datetime import date
from decimal import Decimal
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.template.loader import render_to_string

from arops.lib.words import by_language
from customers.terms import terms_in
from invoicing.services.paper import WORDS, TaxRow, file_name, said_of, sheet
from invoicing.services.reasons import STANDARD

PAPERS = (
    "invoicing/paper.html", "invoicing/paper_body.html", "letters/charge.html", "letters/dunning.html", "letters/plain.html",
    "letters/plan.html", "customers/statement_paper.html", "disputes/letter.html",
)  # fmt: skip
NAMES = {"BIC"}
"""What is called the same in every language."""


@pytest.mark.parametrize("name", PAPERS)
def test_no_word_stands_in_the_page_itself(name):
    page = (Path(settings.BASE_DIR) / "templates" / name).read_text()
    bare = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|<!.*?>", " ", page)
    labels = re.findall(r'(?:aria-label|title|alt)="([^"]*)"', bare)
    assert set(re.findall(r"[^\W\d_]+", re.sub(r"<[^>]*>", " ", bare) + " ".join(labels))) <= NAMES


def a_document(kind, language):
    """A document of a kind that has everything that can stand on paper."""
    earlier = SimpleNamespace(number="N-0", document_date=date(2026, 3, 1))
    lines = [
        SimpleNamespace(
            number=n, sku="S-1", description="…", quantity=Decimal("1200"), unit="HUR", unit_price=Decimal("1.5"), amount=1_800_00,
            work_order="WO-1", po_line=10, contract="C-1", releases=earlier, period_from=first, period_to=last,
        )
        for n, (first, last) in enumerate(((date(2026, 3, 1), date(2026, 3, 31)), (date(2026, 3, 1), None), (None, date(2026, 3, 31))), 1)
    ]  # fmt: skip
    invoice = SimpleNamespace(
        kind=kind, number="N-1", currency="EUR", document_date=date(2026, 3, 1), due_date=date(2026, 3, 31), payment_terms="2/10 net 30",
        po_number="PO-1", order_reference="SO-1", cost_code="CC", refers_to=earlier, replaces=earlier, reason="Price or rate wrong",
        reason_code="price", retainage=100_00, subtotal=5_400_00, tax_total=1_026_00, total=6_426_00, language=language,
    )  # fmt: skip
    company = SimpleNamespace(
        name="Ä GmbH", address="", phone="", email="", bank_account="DE1", bank_name="", bank_bic="B", bank_routing="R"
    )  # fmt: skip
    return {
        **said_of(invoice, language), "company": company, "customer": SimpleNamespace(name="K", address="", number="K-1", tax_id="T"),
        "lines": lines, "copy": True, "is_credit": kind == "credit_memo", "taxes": [TaxRow("19 %", 5_400_00, 1_026_00)],
        "payable": 6_326_00, "reference": "RF1", "reference_in_fours": "RF1", "account_in_fours": "DE1", "discount": 128_52,
        "discount_until": date(2026, 3, 11), "buyer_reference": "BR", "logo": "", "accent": "#000000", "foot": "", "foot_line": "",
        "payment_note": "", "sender": "",
    }  # fmt: skip


def in_english(text, language, topics):
    """Pieces of the English words that stand in a text although the language says them otherwise."""
    found = set()
    for topic in topics:
        words = by_language(topic)
        own = " ".join(words[language].values()).lower()
        pieces = {piece.strip(" .,:;") for said in words["en"].values() for piece in re.split(r"\{\w*\}", said)}
        found |= {p for p in pieces if len(p) > 2 and p.lower() not in own and re.search(rf"\b{re.escape(p)}\b", text)}
    return found


@pytest.mark.parametrize("kind", ["invoice", "debit_memo", "credit_memo"])
@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
def test_a_document_is_in_one_language(kind, language):
    page = render_to_string("invoicing/paper.html", a_document(kind, language))
    said = unescape(re.sub(r"<[^>]*>", "\n", page))
    if language != "en":
        assert not in_english(said, language, ("paper", "invoice", "terms", "memo_reasons"))
        assert "EUR" not in re.sub(r"(?m)^.*(?:EUR)$", "", said) and not re.search(r"\d,\d{3}\.\d\d|2026-0", said)
    assert f'<html lang="{language}"' in page and by_language("invoice")[language][kind] in said
    assert not re.search(r"\{\w+\}", said)
    amounts = {"en": "5,400.00", "de": "5.400,00", "fr": "5\u202f400,00", "es": "5.400,00"}
    assert amounts[language] in said and WORDS[language]["page"] in sheet("#000000", language)


def test_terms_reasons_and_names_of_files_are_words_too():
    assert [terms_in("2/10 net 30", code) for code in ("en", "de")] == [
        "2/10 net 30",
        "2\u00a0% Skonto binnen 10 Tagen, sonst 30 Tage netto",
    ]
    assert [terms_in(text, "fr") for text in ("eom 30", "due on receipt", "as agreed")] == [
        "30 jours fin de mois",
        "à réception",
        "as agreed",
    ]
    names = {reason.code: reason.name for reason in STANDARD if {"credit_memo", "debit_memo"} & set(reason.kinds)}
    assert by_language("memo_reasons")["en"] == names
    kinds = [
        file_name(SimpleNamespace(kind=k, number="N/1", language=code), "pdf") for k, code in (("debit_memo", "fr"), ("invoice", "en"))
    ]
    assert kinds == ["note-de-debit-N-1.pdf", "invoice-N-1.pdf"]
