"""The day of cash as files: statements that chain with the last ones imported, a lockbox file, remittances, mails, and a list of them."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from arops.demo import advices, bankfiles
from arops.demo.day import LOCKBOX, PLANS, DayOfCash, Told, make_day
from arops.demo.lockboxes import Cheque, lockbox_file
from arops.demo.plan import COMPANIES, PlanCompany, PlanPayment
from arops.lib import money
from cashapp.models import BankStatement

OPENING = 250_000_00
"""Of an account without any statement yet."""
_ENDINGS = {"820": "x12", "remadv": "edi", "excel": "xlsx", "csv": "csv", "pdf": "pdf"}
_FOLDERS = ("remittances", "mails")


def write_day(folder: Path, day: date, waiting: Mapping[str, Sequence[PlanPayment]]) -> list[Path]:
    """Write all files of the day, in place of an earlier day's; answers with what was written, the list of them last."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in _FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)
    for old in [*folder.glob("*.bai2.txt"), *folder.glob("*.camt053.xml"), *folder.glob("*.lockbox.txt")]:
        old.unlink()
    written, told = [], []
    for name, content, words in files_of(day, waiting):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        written.append(path)
        told.append(f"{name:<44} {words}")
    listing = folder / "what-is-here.txt"
    listing.write_text("\n".join([f"A day of cash, {day}", "", *told, ""]), encoding="utf-8")
    return [*written, listing]


def files_of(day: date, waiting: Mapping[str, Sequence[PlanPayment]]) -> Iterator[tuple[str, bytes, str]]:
    """Name, content and a few words for each file."""
    for company in COMPANIES:
        money_in = list(waiting.get(company.code, ()))
        sisters = [c.code for c in COMPANIES if c.currency == company.currency and c.code != company.code]
        found = make_day(company, day, money_in, sisters) if company.code in PLANS else DayOfCash(company, day, money_in)
        if not found.payments:
            continue
        yield _statement(found)
        if found.cheques:
            cheques = [
                Cheque(f"{2_100 + n}", amount, c.name.upper(), f"{c.pk:010d}", tuple(s)) for n, (c, s, amount) in enumerate(found.cheques)
            ]
            yield (
                f"{company.code}-{day:%Y%m%d}.lockbox.txt",
                lockbox_file(LOCKBOX, cheques, day),
                f"lockbox {LOCKBOX}, {len(cheques)} cheques",
            )
        for n, told in enumerate(found.told, 1):
            yield _remittance(company, n, told)


def _statement(found: DayOfCash) -> tuple[str, bytes, str]:
    company = found.company
    statements = BankStatement.objects.filter(bank_account__company__code=company.code, kind="booked")
    last = statements.exclude(closing_balance=None).order_by("-closing_date", "-pk").first()
    opening = last.closing_balance if last and last.closing_balance is not None else OPENING
    name, content, closing = bankfiles.statement(company, found.payments, opening=opening, day=found.day, number=statements.count() + 1)
    return name, content, f"{len(found.payments)} movements, closing {money.to_text(closing, company.currency)} {company.currency}"


def _remittance(company: PlanCompany, n: int, told: Told) -> tuple[str, bytes, str]:
    language = "de" if company.country == "DE" else "en"
    advice = told.advice
    content = _content(told, n, language)
    words = f"{advice.payer_name}, {money.to_text(advice.total or 0, advice.currency)} {advice.currency}"
    name = f"{n:02d}-{advice.trace}.{_ENDINGS[told.format]}"
    if told.way == "file":
        return f"remittances/{company.code}/{name}", content, words
    files = [(name, content)] if told.way == "mail" else []
    to = f"remittances.{company.code.lower()}@aldermere.example"
    mail = advices.mail(advice, language, sender=f"{told.advice.payer_name} <{told.email}>", to=to, files=files)
    return f"mails/{company.code}/{n:02d}-{advice.trace}.eml", mail, f"{words} ({name.rpartition('.')[2] if files else 'in its body'})"


def _content(told: Told, n: int, language: str) -> bytes:
    if told.format == "820":
        return advices.x820(told.advice, n)
    if told.format == "remadv":
        return advices.remadv(told.advice, n)
    writer = {"excel": advices.sheet, "csv": advices.comma_separated, "pdf": advices.printed}[told.format]
    return writer(told.advice, language)
