"""References in the texts of real bank files: of the documents that people would read out of them, how many the engine reads, and what
it reads that isn't there.

The files name who confirmed their sums, not their documents: which documents a text names is written down here by hand (`NAMED`). The
books hold those, their neighbours in number, and three ordinary series: enough to be mistaken for one of them.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from arops.lib.refusal import InputRefused
from cashapp import bench_formats
from cashapp.engine import Candidate, Payer, Policy, Receipt, Reference
from cashapp.engine.book import Book
from cashapp.engine.case import Case
from cashapp.readers import detect

DEV = Path(__file__).resolve().parents[4] / "shared" / "formats" / "dev"
FORMATS = {"bai2", "bai_lockbox", "mt940", "mt942", "camt052", "camt053", "camt054", "ofx"}
pytestmark = pytest.mark.skipif(not DEV.exists(), reason="the real files are not here")

NAMED = {
    "Factuur 17227/248/20": ["17227-248-20"],
    "Factuurnr 123456 Klantnr": ["123456"],
    "Factuurnr 072304597540": ["072304597540"],
    "AI529942Cwebshare": ["AI-529942"],
    "Invoice 2026-117": ["INV-2026-117"],
    "INVOICE US20291092": ["US20291092"],
    "INVOICE JP1920190": ["JP1920190"],
    "RFB/557742358": ["557742358"],
    "Insurance policy 857239PERIOD": ["857239", "859239"],
    "CUSNO 90782 4210773": ["4210773"],
    "Direct debit S14 0410": ["S14-0410"],
    "PO 4711": ["PO:4711"],
    "CHEQUE 180 CE554": ["CE-554"],
    "9001123412341234": ["9001123412341234"],
    "1070123412341234": ["1070123412341234"],
    "Verwendungszweck 50050002": ["50050002"],
    "Verwendungszweck 50050004": ["50050004"],
    "Verwendungszweck 30030002": ["30030002"],
    "Verwendungszweck 30030004": ["30030004"],
    "Employee ID: 123456": ["123456"],  # an employee bears the number of an invoice: who pays and how much tell them apart, not the text
}
"""A piece of a text, and the numbers in our books of what it names (`PO:`: a purchase order's)."""
STATED = {
    "302388292000011111111111111": "302388292000011111111111111",  # a Swiss reference made up: its check digit is wrong
    "2345678917": "234567891",  # Finnish references: the last digit checks the others
    "1234567897": "123456789",
}
"""References of standards, and the number in our books that was sent with them."""


@dataclass(frozen=True)
class Text:
    """What one movement says, in which currency, and the numbers that it names."""

    text: str
    structured: tuple[str, ...]
    currency: str
    names: frozenset[str]


def _texts() -> Iterator[Text]:
    seen = set()
    for row in csv.DictReader((DEV / "manifest.csv").read_text().splitlines()):
        path = DEV / row["file"]
        try:
            file = detect.read(path.read_bytes(), name=path.name, latest=date(2030, 1, 1)) if row["format"] in FORMATS else None
        except (InputRefused, ValueError):
            continue
        for entry in (e for s in (file.statements if file else ()) for e in s.entries):
            plain = " ".join(entry.text.split())
            stated = tuple(dict.fromkeys(s.number for s in entry.structured if s.number))
            if (plain, stated) not in seen and any(c.isdigit() for c in plain + "".join(stated)):
                seen.add((plain, stated))
                names = {n for piece, numbers in NAMED.items() if piece in plain for n in numbers}
                names |= {STATED[s] for s in stated if s in STATED}
                yield Text(plain, stated, entry.currency, frozenset(names))


def _books(texts: list[Text]) -> Book:
    """What the texts name, in their currencies; the numbers beside each; three series of two hundred."""
    wanted = {(n, t.currency) for t in texts for n in t.names}
    currencies = sorted({t.currency for t in texts})
    beside = {(n[:-1] + str((int(n[-1]) + step) % 10), c) for n, c in wanted for step in (1, 5, 9)} - wanted
    series = {(form.format(n), c) for c in currencies for n in range(1, 201) for form in ("RE-2023-{:04}", "INV-1{:04}", "70{:05}")}
    day = date(2026, 9, 1)
    items = []
    for id, (number, currency) in enumerate(sorted(wanted | beside | series), 1):
        order = number.removeprefix("PO:") if number.startswith("PO:") else ""
        kept = f"DOC-{id:07}" if order else number
        items.append(Candidate(id, id % 50 + 1, kept, "invoice", currency, 1000 + id, day, day, po_number=order))
    return Book(items, [Payer(n, f"Customer {n}") for n in range(1, 51)])


def _read(text: Text, book: Book) -> set[str]:
    """What the engine reads for a payer whom nobody knows, weakest readings included."""
    stated = tuple(Reference(number) for number in text.structured)
    case = Case(Receipt(1, 999, text.currency, date(2026, 9, 20), "", "", text.text, stated), book, Policy())
    groups = [*case.structured[0], *case.named, *case.text_hits.orders, *case.noisy]
    return {f"PO:{i.po_number}" if i.po_number else i.number for g in groups for i in g.items}


def test_documents_are_read_out_of_real_texts_and_nothing_else() -> None:
    texts = list(_texts())
    book = _books(texts)
    assert len(texts) > 150 and sum(bool(t.names) for t in texts) >= len(NAMED)
    found = [(t, _read(t, book)) for t in texts]
    missed = [(n, t.text) for t, read in found for n in sorted(t.names - read)]
    wrong = [(n, t.text) for t, read in found for n in sorted(read - t.names)]
    hits = sum(len(t.names & read) for t, read in found)
    precision, recall = hits / (hits + len(wrong)), hits / (hits + len(missed))
    assert (precision, recall) >= (1, 1), f"precision {precision:.1%}, recall {recall:.1%}; wrong {wrong}; missed {missed}"


def test_the_bench_reports_the_real_files_and_nothing_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    bench_formats.run(said.append)
    assert len(said) > len(FORMATS) and not any("differ:" in line for line in said)
    monkeypatch.setenv("AROPS_FORMATS", "nowhere")
    bench_formats.run(said.append)
    assert said[-1].startswith("\nreal files: none at nowhere")
