"""Readers under a coverage-guided fuzzer (Atheris): whatever the bytes, they answer with a file or refuse it, soon.

    python -m tests.fuzz advices 600          # seconds; also: bank, lists, mail
    python -m tests.fuzz advices 600 FOLDER   # keeps what it learned in FOLDER, and the input that broke a reader beside it

What the suite runs of it is bounded (`tests/readers/advice/test_fuzzed.py`). A finding is an exception other than ReadError, an
input that takes more than five seconds, or more than 1 GB.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["cashapp.readers", "arops.lib.reading"]):
    from arops.lib.reading import mail as mails
    from arops.lib.refusal import InputRefused
    from cashapp.readers import detect as bank
    from cashapp.readers.advice import body as words
    from cashapp.readers.advice import detect as advices
from arops.demo import advices as writers
from tests.lib.test_mails import a_mail
from tests.readers import samples as bank_samples
from tests.readers.advice import samples as advice_samples
from tests.readers.advice.test_lists import ADVICE as PAID


def _mail_with_words(data: bytes) -> object:
    """A mail, and its words as an advice."""
    found = mails.read(data)
    return words.read(found.body.encode(), subject=found.subject, table=found.table, currency="USD")


def _sample_mail() -> bytes:
    mail = a_mail()
    mail.set_content("We paid INV-1001 100.00\nTotal 100.00\n")
    mail.add_alternative("<table><tr><th>Invoice<th>Paid<tr><td>INV-1001<td>100.00</table>", subtype="html")
    mail.add_attachment(b"Invoice,Paid\n", maintype="text", subtype="csv", filename="a.csv")
    return mail.as_bytes()


LISTS = [make(PAID, "en") for make in (writers.comma_separated, writers.printed)] + [writers.letter(PAID, "de").encode()]


TARGETS: dict[str, tuple[Callable[[bytes], object], list[bytes]]] = {
    "advices": (lambda data: advices.read(data, currency="USD"), advice_samples.ALL),
    "bank": (bank.read, [*bank_samples.ALL.values(), *bank_samples.MORE.values()]),
    "lists": (lambda data: advices.read(data, currency="USD"), LISTS),
    "mail": (_mail_with_words, [_sample_mail()]),
}


def main(target: str, seconds: str, folder: str = "") -> None:
    """Fuzz one kind of reader; libFuzzer ends the process itself, with 0 where nothing was found."""
    read, seeds = TARGETS[target]

    def once(data: bytes) -> None:
        try:
            read(data)
        except InputRefused as refusal:
            if not refusal.reason:
                raise AssertionError("a refusal without reason") from refusal

    with tempfile.TemporaryDirectory() as scratch:
        corpus = Path(folder or scratch)
        corpus.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(seeds):
            (corpus / f"seed-{number}").write_bytes(seed)
        bounds = [f"-max_total_time={seconds}", "-timeout=5", "-rss_limit_mb=1024", "-max_len=20000", f"-artifact_prefix={corpus}/"]
        atheris.Setup([sys.argv[0], *bounds, "-verbosity=0", "-print_final_stats=1", str(corpus)], once)
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
