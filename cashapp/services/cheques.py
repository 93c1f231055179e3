"""Cheques keyed by hand: counted and added up first, keyed one after another, deposited when both agree, and only then in the books."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from arops.lib import money
from cashapp.models import BankAccount, ChequeBatch, KeyedCheque, Receipt, Remittance, RemittanceJoin
from cashapp.readers.advice.model import Advice, AdviceLine
from cashapp.services.errors import CashError
from cashapp.services.recording import NewReceipt, record_receipts
from cashapp.services.remittances.taking import Said, take_advices
from customers.models import Customer
from ledger.services import next_numbers
from org.actors import Actor, require
from workflow.models import StoredFile
from workflow.services import record

MOST = 500
"""Cheques of a batch: more are a lockbox's work."""


class ChequeRefused(CashError):
    """A batch or cheque that can't be kept so; the message says why and what to do."""


class KeyedBefore(ChequeRefused):
    """A cheque of this number, amount and payer is there already; it may be keyed again on purpose."""


@dataclass(frozen=True, slots=True)
class NewCheque:
    """A cheque as it lies on the table: `amount` in minor units above zero; `lines` are what its stub says that it pays."""

    amount: int
    number: str
    cheque_date: date | None = None
    payer_name: str = ""
    payer_account: str = ""
    customer: Customer | None = None
    text: str = ""
    lines: tuple[AdviceLine, ...] = ()
    image: StoredFile | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How far a batch is: keyed so far against what was counted, in minor units."""

    count: int
    total: int
    expected_count: int
    expected_total: int

    @property
    def missing_count(self) -> int:
        """Cheques still to key; below zero: too many."""
        return self.expected_count - self.count

    @property
    def missing_total(self) -> int:
        """What they still come to."""
        return self.expected_total - self.total

    @property
    def agrees(self) -> bool:
        """Whether count and total are what was counted."""
        return not self.missing_count and not self.missing_total


@transaction.atomic
def open_batch(
    *, actor: Actor, bank_account: BankAccount, deposit_date: date, expected_count: int, expected_total: int, today: date
) -> ChequeBatch:
    """Begin a batch with the count and total that were made before keying.

    Raises ChequeRefused (nothing in it, too many, a day that lies far off), NotAllowed (cash.import).
    """
    require(actor, "cash.import", bank_account.company_id)
    _check_counted(expected_count, expected_total)
    if abs((deposit_date - today).days) > 31:
        raise ChequeRefused(f"{deposit_date} is more than a month away from {today}: check the day of the deposit")
    (number,) = next_numbers(company=bank_account.company, kind="cheque_batch", prefix="CB-")
    batch = ChequeBatch.objects.create(
        company=bank_account.company, number=number, bank_account=bank_account, deposit_date=deposit_date, expected_count=expected_count,
        expected_total=expected_total, created_by=actor.label,
    )  # fmt: skip
    _tell(actor, batch, "cheques.opened", count=expected_count, total=expected_total)
    return batch


@transaction.atomic
def recount_batch(*, actor: Actor, batch: ChequeBatch, expected_count: int, expected_total: int) -> ChequeBatch:
    """Counted again: count and total were wrong, not the keying. Raises ChequeRefused, NotAllowed."""
    held = _held(actor, batch)
    _check_counted(expected_count, expected_total)
    before = {"count_before": held.expected_count, "total_before": held.expected_total}
    held.expected_count, held.expected_total = expected_count, expected_total
    held.save(update_fields=["expected_count", "expected_total"])
    _tell(actor, held, "cheques.recounted", count=expected_count, total=expected_total, **before)
    return held


@transaction.atomic
def key_cheque(*, actor: Actor, batch: ChequeBatch, cheque: NewCheque, again: bool = False, replaces: int | None = None) -> KeyedCheque:
    """Keep one cheque of a batch, as the last or in the place of another (`replaces`, its key). Nothing is in the books yet.

    `again`: it is meant, though a cheque of this number, amount and payer was keyed before. Raises KeyedBefore, ChequeRefused, NotAllowed.
    """
    held = _held(actor, batch)
    old = held.cheques.filter(pk=replaces).first() if replaces else None  # type: ignore[attr-defined]
    _check_cheque(cheque, held)
    if not again:
        _check_new(cheque, held, old)
    place = old.ordinal if old else (held.cheques.aggregate(last=Max("ordinal"))["last"] or 0) + 1  # type: ignore[attr-defined]
    if place > MOST:
        raise ChequeRefused(f"a batch has at most {MOST} cheques: deposit it and begin another")
    image = cheque.image or (old.image if old else None)
    values = {
        "amount": cheque.amount, "number": cheque.number, "cheque_date": cheque.cheque_date, "payer_name": cheque.payer_name[:200],
        "payer_account": cheque.payer_account[:80], "customer": cheque.customer, "text": cheque.text[:500], "image": image,
        "lines": [asdict(line) for line in cheque.lines], "keyed_by": actor.label,
    }  # fmt: skip
    kept, _ = KeyedCheque.objects.update_or_create(batch=held, ordinal=place, defaults=values)
    return kept


@transaction.atomic
def drop_cheque(*, actor: Actor, cheque: KeyedCheque) -> None:
    """Take a cheque out of a batch that isn't deposited yet. Raises ChequeRefused, NotAllowed."""
    held = _held(actor, cheque.batch)
    _tell(actor, held, "cheques.one_dropped", cheque=cheque.number, amount=cheque.amount)
    cheque.delete()


@transaction.atomic
def drop_batch(*, actor: Actor, batch: ChequeBatch, reason: str) -> ChequeBatch:
    """Give a batch up before it is deposited; its cheques stay to be looked at. Raises ChequeRefused, NotAllowed."""
    held = _held(actor, batch)
    if not reason.strip():
        raise ChequeRefused("say why the batch is dropped")
    held.state = ChequeBatch.State.DROPPED
    held.save(update_fields=["state"])
    _tell(actor, held, "cheques.dropped", reason=reason.strip()[:300])
    return held


@transaction.atomic
def deposit_batch(*, actor: Actor, batch: ChequeBatch, now: datetime) -> list[Receipt]:
    """Book a batch whose count and total agree: each cheque a receipt of the day of the deposit, its stub an advice, the two joined by
    the cheque's number. All or nothing. Raises ChequeRefused (they don't agree), PeriodNotOpen, MissingRate, NotAllowed.
    """
    held = _held(actor, batch)
    counted = tally_of(held)
    if not counted.agrees:
        raise ChequeRefused(f"the batch doesn’t agree: {difference_words(counted, held.bank_account.currency)}")
    cheques = list(KeyedCheque.objects.filter(batch=held).select_related("customer", "image"))
    receipts = record_receipts(actor=actor, bank_account=held.bank_account, rows=[_receipt(c, held) for c in cheques])
    for cheque, receipt in zip(cheques, receipts, strict=True):
        cheque.receipt = receipt
    _take_stubs(actor, held, cheques)
    KeyedCheque.objects.bulk_update(cheques, ["receipt", "remittance"])
    held.state, held.posted_by, held.posted_at = ChequeBatch.State.POSTED, actor.label, now
    held.save(update_fields=["state", "posted_by", "posted_at"])
    _tell(actor, held, "cheques.deposited", count=len(receipts), first=receipts[0].number, last=receipts[-1].number)
    return receipts


def tally_of(batch: ChequeBatch) -> Tally:
    """Count and total of a batch so far."""
    amounts = list(KeyedCheque.objects.filter(batch=batch).values_list("amount", flat=True))
    return Tally(len(amounts), sum(amounts), batch.expected_count, batch.expected_total)


def difference_words(tally: Tally, currency: str) -> str:
    """What is missing or too much, in words."""
    count, total = tally.missing_count, tally.missing_total
    parts = [f"{abs(count)} cheque{'' if abs(count) == 1 else 's'} {'missing' if count > 0 else 'too many'}"] if count else []
    if total:
        parts.append(f"{money.format(abs(total), currency)} {currency} {'missing' if total > 0 else 'too much'}")
    return ", ".join(parts)


def _held(actor: Actor, batch: ChequeBatch) -> ChequeBatch:
    """The batch, locked, while it is being keyed."""
    require(actor, "cash.import", batch.company_id)
    batches = ChequeBatch.objects.select_for_update(of=("self",), no_key=True)
    held: ChequeBatch = batches.select_related("bank_account__company", "bank_account__ledger_account", "company").get(pk=batch.pk)
    if held.state != ChequeBatch.State.OPEN:
        raise ChequeRefused(f"{held.number} is {held.get_state_display()}: begin another batch")
    return held


def _check_counted(count: int, total: int) -> None:
    if not 1 <= count <= MOST:
        raise ChequeRefused(f"a batch has 1 to {MOST} cheques")
    if total < 1:
        raise ChequeRefused("a batch comes to more than nothing")


def _check_cheque(cheque: NewCheque, batch: ChequeBatch) -> None:
    if cheque.amount <= 0:
        raise ChequeRefused("a cheque is of more than nothing")
    if not cheque.number.strip():
        raise ChequeRefused("give the number printed on the cheque")
    if cheque.customer and cheque.customer.company_id != batch.company_id:
        raise ChequeRefused(f"{cheque.customer} is a customer of another company than {batch.bank_account.name}")
    if cheque.cheque_date and cheque.cheque_date > batch.deposit_date:
        raise ChequeRefused(f"the cheque is dated {cheque.cheque_date}, after the deposit of {batch.deposit_date}: keep it back until then")


def _check_new(cheque: NewCheque, batch: ChequeBatch, old: KeyedCheque | None) -> None:
    """A cheque counts as the same by number, amount and payer: numbers of different banks repeat, amounts too."""
    alike = KeyedCheque.objects.filter(
        batch__company=batch.company_id, number=cheque.number, amount=cheque.amount, customer=cheque.customer,
        payer_name__iexact=cheque.payer_name,
    ).exclude(batch__state=ChequeBatch.State.DROPPED)  # fmt: skip
    before = alike.exclude(pk=old.pk if old else None).select_related("batch").first()
    if before:
        raise KeyedBefore(f"cheque {cheque.number} of this amount was keyed in {before.batch.number}: key it again only if it is another")


def _receipt(cheque: KeyedCheque, batch: ChequeBatch) -> NewReceipt:
    words = " ".join(filter(None, [f"CHEQUE {cheque.number}", cheque.text]))
    payer = cheque.payer_name or (cheque.customer.name if cheque.customer else "")
    return NewReceipt(
        cheque.amount, batch.deposit_date, payer, cheque.payer_account, text=words, channel="cheque", customer=cheque.customer
    )


def _take_stubs(actor: Actor, batch: ChequeBatch, cheques: Sequence[KeyedCheque]) -> None:
    """The stubs as advices, each joined to the receipt it came with. The receipt's number tells apart those that say the very same."""
    taken = take_advices(
        actor=actor, company=batch.company, advices=[_stub(cheque, batch) for cheque in cheques], source=Remittance.Source.HAND,
        format="cheque", said=[Said(cheque.customer_id, cheque.image) for cheque in cheques],
    )  # fmt: skip
    for cheque, remittance in zip(cheques, taken.remittances, strict=True):
        cheque.remittance = remittance
    RemittanceJoin.objects.bulk_create(
        RemittanceJoin(remittance=c.remittance, receipt=c.receipt, how="keyed together", score=100, made_by=actor.label) for c in cheques
    )


def _stub(cheque: KeyedCheque, batch: ChequeBatch) -> Advice:
    receipt: Receipt = cheque.receipt  # type: ignore[assignment]
    return Advice(
        batch.bank_account.currency, cheque.amount, tuple(AdviceLine(**line) for line in cheque.lines),
        cheque.cheque_date or batch.deposit_date, receipt.payer_name, cheque.payer_account, trace=cheque.number, reference=receipt.number,
        text=cheque.text,
    )  # fmt: skip


def _tell(actor: Actor, batch: ChequeBatch, type: str, **data: Any) -> None:
    record(actor=actor, type=type, company_id=batch.company_id, subject=batch, batch=batch.number, **data)
