"""The words in Spanish, by topic."""

from arops.lib.words.es import answers, cases, charges, compared, documents, mails, papers, speech

TOPICS: dict[str, dict[str, str]] = {
    "letter": papers.LETTER, "statement": papers.STATEMENT, "events": papers.EVENTS, "plan": papers.PLAN,
    "workbook": papers.WORKBOOK, "dunning": mails.DUNNING,
    "document": mails.DOCUMENT, "invoice": mails.INVOICE, "refund": mails.REFUND, "dormant": mails.DORMANT, "answers": answers.ANSWERS,
    "reasons": cases.REASONS, "outcomes": cases.OUTCOMES, "case_texts": cases.CASE_TEXTS, "rejection": cases.REJECTION,
    "charge": charges.CHARGE, "cells": compared.CELLS, "states": compared.STATES,
    "titles": compared.TITLES, "speech": speech.SPEECH, "paper": documents.PAPER, "terms": documents.TERMS,
    "memo_reasons": documents.MEMO_REASONS,
}  # fmt: skip
"""Topic → its words; the same topics and words in every language."""
