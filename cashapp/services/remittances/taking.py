"""Advices in, from wherever: read in bounds, known again by what they say, given to their customer, kept with what was odd."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from arops.lib.sandbox import run_bounded
from cashapp.models import AdviceLayout, Remittance, RemittanceLine
from cashapp.readers.advice.keys import keys_of
from cashapp.readers.advice.model import Advice, AdviceFile, AdviceLine
from cashapp.selectors.advice_payers import Whose, whose
from cashapp.services.errors import CashError
from cashapp.services.remittances.layouts import layout_for
from ledger.services import next_numbers
from messaging.models import InboundMail
from org.actors import Actor, require
from org.models import Company
from workflow.models import StoredFile
from workflow.services import record, store_file

READ_SECONDS, READ_MEMORY_MB = 20, 512
_LATE = timedelta(days=60)
"""A payment may be announced; one that lies further ahead is noted as odd."""


@dataclass
class Taken:
    """What came of advices: those that are new, those known before, and sentences for the person. `rows`: one for each, in order."""

    remittances: list[Remittance] = field(default_factory=list)
    repeated: list[Remittance] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    format: str = ""
    rows: list[Remittance] = field(default_factory=list)

    def add(self, other: "Taken") -> None:
        """What came of another part, too."""
        self.remittances += other.remittances
        self.repeated += other.repeated
        self.notes += other.notes
        self.rows += other.rows
        self.format = self.format or other.format


@dataclass(frozen=True, slots=True)
class Said:
    """What the sender says of an advice besides: whose it is, its scan, and the id it has there."""

    customer_id: int | None = None
    stored_file: StoredFile | None = None
    external_id: str | None = None
    source_system: str = "arops"


class NoAdvice(CashError):
    """There is no advice in the file."""


def read_advices(content: bytes, name: str, *, today: date, currency: str, layout: AdviceLayout | None = None) -> AdviceFile:
    """The file, parsed in a process of its own. `currency` is that of lists which don't say theirs. Raises InputRefused."""
    kwargs = {"name": name, "latest": today + _LATE, "layout": layout.mapping if layout else None, "currency": currency}
    parsed: AdviceFile = run_bounded(
        "cashapp.readers.advice.detect.read", content, seconds=READ_SECONDS, memory_mb=READ_MEMORY_MB, kwargs=kwargs
    )
    return parsed


def kind_of(content: bytes) -> str:
    """What the content is, such as "x12" or "list", told in a process of its own. Raises InputRefused."""
    found: str = run_bounded("cashapp.readers.advice.detect.detect", content, seconds=READ_SECONDS, memory_mb=READ_MEMORY_MB)
    return found


def take_advice_file(
    *, actor: Actor, company: Company, content: bytes, name: str, today: date, source: str = Remittance.Source.FILE,
    mail: InboundMail | None = None, layout: AdviceLayout | None = None,
) -> Taken:  # fmt: skip
    """Take a file of advices in whole, or refuse it whole; those that were sent before are `repeated` and change nothing. A list or PDF
    is read by `layout`, by the one saved for its headings (and for the sender of the mail), or as it leaves no question.

    Raises InputRefused (line and reason; for a list or PDF that needs a layout too), NoAdvice, NotAllowed (cash.import).
    """
    require(actor, "cash.import", company.pk)
    layout = layout or layout_for(company=company, content=content, sender=mail.sender if mail else "")
    parsed = read_advices(content, name, today=today, currency=company.base_currency, layout=layout)
    if not parsed.advices:
        raise NoAdvice(f"{name or 'the file'} holds no advice")
    with transaction.atomic():
        stored, _ = store_file(actor=actor, name=name or "advice", content=content)
        taken = take_advices(
            actor=actor, company=company, advices=parsed.advices, source=source, stored_file=stored, mail=mail, layout=layout,
            format=parsed.format, said=[Said(layout.customer_id)] * len(parsed.advices) if layout and layout.customer_id else (),
        )  # fmt: skip
    taken.notes += parsed.notes
    return taken


@transaction.atomic
def take_advices(
    *, actor: Actor, company: Company, advices: Sequence[Advice], source: str, stored_file: StoredFile | None = None,
    mail: InboundMail | None = None, layout: AdviceLayout | None = None, format: str = "",
    said: Sequence[Said] = (),
) -> Taken:  # fmt: skip
    """Take advices in, all or nothing, in a handful of statements however many; their payers are looked up, nothing is joined yet.

    One that says what another said before is that one, and `repeated`. `said` (empty, or one for each) is what their sender tells
    besides. Raises NotAllowed (cash.import).
    """
    require(actor, "cash.import", company.pk)
    Company.objects.select_for_update(no_key=True).get(pk=company.pk)  # two of the same at once come one after the other
    keys = list(keys_of(advices))
    known = {r.key: r for r in Remittance.objects.filter(company=company, key__in=keys)}
    besides = said or [Said()] * len(advices)
    fresh = [(key, advice, own) for key, advice, own in zip(keys, advices, besides, strict=True) if key not in known]
    taken = Taken([], [known[key] for key in keys if key in known], format=format)
    if fresh:
        payers = whose(company.pk, [advice for _, advice, _ in fresh])
        twins = _twins(company, [advice for _, advice, _ in fresh])
        numbers = next_numbers(company=company, kind="remittance", prefix="RA-", count=len(fresh))
        origin = {
            "source": source, "format": format[:40], "created_by": actor.label, "stored_file": stored_file, "mail": mail,
            "layout": layout if layout and layout.pk else None,
        }  # fmt: skip
        taken.remittances = [
            _remittance(company, key, _with_twin(advice, twins), payer, own, number, origin)
            for (key, advice, own), payer, number in zip(fresh, payers, numbers, strict=True)
        ]
        Remittance.objects.bulk_create(taken.remittances, batch_size=2000)
        lines = (line for made, (_, advice, _) in zip(taken.remittances, fresh, strict=True) for line in _lines(made, advice.lines))
        RemittanceLine.objects.bulk_create(lines, batch_size=5000)
    known |= {r.key: r for r in taken.remittances}
    taken.rows = [known[key] for key in keys]
    record(
        actor=actor, type="remittances.taken", company_id=company.pk, subject=stored_file, source=source, format=format,
        count=len(taken.remittances), repeated=len(taken.repeated), first=taken.remittances[0].number if fresh else "",
    )  # fmt: skip
    return taken


Payment = tuple[str, int | None, str]


def _payment(advice: Advice) -> Payment:
    """What a payment is known by, whoever tells of it and in which format: trace, total, currency."""
    return (_text(advice.trace, 140), advice.total, advice.currency)


def _twins(company: Company, advices: Sequence[Advice]) -> dict[Payment, str]:
    """Payments of these advices that another one told of before, in other words: payment → our number of that one."""
    traces = {_payment(advice)[0] for advice in advices if advice.trace and advice.total}
    told = Remittance.objects.filter(company=company, trace__in=traces, set_aside="") if traces else Remittance.objects.none()
    return {(r.trace, r.total, r.currency): r.number for r in told.order_by("-pk")}


def _with_twin(advice: Advice, twins: Mapping[Payment, str]) -> Advice:
    """The advice, with a note where the same payment was told of before: perhaps it came twice, by two ways."""
    number = twins.get(_payment(advice)) if advice.trace and advice.total else None
    return replace(advice, notes=(*advice.notes, f"{number} tells of the same payment, in other words")) if number else advice


def _remittance(company: Company, key: str, advice: Advice, payer: Whose, said: Said, number: str, origin: Mapping[str, Any]) -> Remittance:
    base, customer = company.base_currency, said.customer_id or payer.customer_id
    notes = [*advice.notes, *([payer.note] if payer.note and not said.customer_id else [])]
    if not advice.currency:
        notes.append(f"it names no currency: {base} is taken")
    return Remittance(
        company=company, key=key, number=number, reference=_text(advice.reference, 140), trace=_text(advice.trace, 140),
        payer_name=_text(advice.payer_name, 200), payer_account=_text(advice.payer_account, 80), customer_id=customer,
        currency=advice.currency or base, total=advice.total, payment_date=advice.payment_date, text=_text(advice.text), notes=notes,
        external_id=said.external_id, source_system=said.source_system,
        **{**origin, "stored_file": said.stored_file or origin["stored_file"]},
    )  # fmt: skip


def _lines(remittance: Remittance, lines: Sequence[AdviceLine]) -> list[RemittanceLine]:
    return [
        RemittanceLine(
            remittance=remittance, ordinal=n, kind=line.kind, reference=_text(line.reference, 140), po_number=_text(line.po_number, 60),
            gross=line.gross, discount=line.discount, adjustment=line.adjustment, paid=line.paid, code=_text(line.code, 40),
            text=_text(line.text, 500),
        )
        for n, line in enumerate(lines, 1)
    ]  # fmt: skip


def _text(text: str, most: int = 20_000) -> str:
    """Without what no database keeps."""
    return text.replace("\0", "").strip()[:most]
