"""What each way to settle a case needs before it is asked for, and what it does once nothing holds it any more.

Everything that is done is kept in the settlement's payload when it is asked for: the lines of the memo with net and tax, the files, the
channel. What is done is exactly that.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from arops.lib import money, pdf
from disputes.models import Dispute, Settlement
from disputes.policy.settling import WAYS, Way, fit_in, share_out, split_free, split_gross
from disputes.selectors.settling import allowed_before, evidence_of, paid_of
from disputes.services.errors import DisputeError
from invoicing.models import Dispatch, Invoice
from invoicing.services.correcting import correct_po_number
from invoicing.services.giving_up import makers_of, request_write_off
from invoicing.services.memo_rows import MemoLine, total_of
from invoicing.services.memos import check_memo, request_memo, request_rebill, whole_of
from invoicing.services.reasons import ROUNDING, Reason, reason_of, reasons_for
from invoicing.services.sending import MAX_MAIL, send_invoice
from ledger.models import OpenItem
from org.actors import Actor
from workflow.models import Approval, Attachment
from workflow.services.approvals import Evidence

Lines = Sequence[tuple[int, int]]
"""Keys of invoice lines with what is agreed of each, tax included."""
GIVEN_UP = ("goodwill", *ROUNDING)
"""Reasons of write-offs that stand for goodwill."""
KINDS = {
    "credited": ("credit_memo",), "rebilled": ("credit_memo",), "debited": ("debit_memo",), "goodwill": ("credit_memo", "write_off"),
}  # fmt: skip
"""Ways to settle → the kinds of requests that they may make."""
ROOM_FOR_LETTER = 1024 * 1024


class SettlementRefused(DisputeError):
    """A settlement that can't be asked for or done; the message says why."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How somebody wants to settle a case: what stands in the form."""

    amount: int = 0
    reason_code: str = ""
    words: str = ""
    to_customer: str = ""
    lines: Lines = ()
    payload: Mapping[str, Any] = field(default_factory=dict)


def way_of(resolution: str) -> Way:
    """The way by its code. Raises SettlementRefused."""
    if resolution not in WAYS:
        raise SettlementRefused("choose how the case is settled", "resolution")
    return WAYS[resolution]


def kind_of(resolution: str, payload: Mapping[str, Any]) -> str:
    """The kind of approval that a settlement asks for; empty where it asks for none."""
    kinds = KINDS.get(resolution, ())
    return "write_off" if "write_off" in kinds and payload.get("by") == "write_off" else next(iter(kinds), "")


def makers_for(case: Dispute, kind: str) -> list[str]:
    """Whoever may not decide besides whoever asks: who issued what it is about."""
    if kind == "write_off":
        return makers_of([case.open_item_id])
    return [case.invoice.issued_by] if case.invoice else []


def reasons_of(case: Dispute, resolution: str) -> list[tuple[str, Reason]]:
    """The reasons to choose from, each with the kind of request it is for."""
    if resolution == "debited":
        return [("debit_memo", r) for r in reasons_for(case.company_id, "debit_memo")]
    credits = [("credit_memo", r) for r in reasons_for(case.company_id, "credit_memo")] if case.invoice_id else []
    if resolution == "goodwill":
        given_up = [("write_off", r) for r in reasons_for(case.company_id, "write_off") if r.code in GIVEN_UP]
        return [(kind, r) for kind, r in credits if _is_goodwill(r)] + given_up
    return [(kind, r) for kind, r in credits if r.code != "goodwill"] if resolution in ("credited", "rebilled") else []


def likely_reason(reasons: list[tuple[str, Reason]], case: Dispute, origin: str) -> str:
    """The reason that the form begins with, as `kind:code`: the one the customer named, where what was found arose at its stage; else
    empty, for a stage alone says too little (a wrong price and an invoice sent twice both begin in billing)."""
    return next((f"{kind}:{r.code}" for kind, r in reasons if origin and r.origin == origin and r.code == case.reason), "")


def _is_goodwill(reason: Reason) -> bool:
    """Whether a reason names no point of the order's life where something of ours went wrong."""
    return reason.code == "goodwill" or not reason.origin


def room_of(case: Dispute) -> int:
    """How much can still be allowed of a case: what is in dispute, and no more than was claimed in all, whatever was opened again."""
    return max(0, min(case.amount, case.claimed - allowed_before(case)))


def prepare(case: Dispute, way: Way, wish: Wish) -> tuple[int, dict[str, Any]]:
    """The amount and what will be done, judged as the case and the books stand. Raises SettlementRefused, CreditRefused, ReasonRefused."""
    if way.needs_document and case.invoice is None:
        raise SettlementRefused(f"{case.open_item.number} has no document here: there is nothing to credit, bill or send again")
    if way.needs_words and not wish.words.strip():
        raise SettlementRefused(way.needs_words, "words")
    amount = _amount(case, way, wish.amount)
    payload: dict[str, Any] = {"attachments": _files(case, wish.payload), "tell": _tick(wish.payload)}
    if way.asks_reason:
        payload["by"] = _kind(case, way, wish, len(payload["attachments"]))
    return amount, payload | _PREPARED.get(way.code, _nothing)(case, wish, amount, payload)


def _amount(case: Dispute, way: Way, amount: int) -> int:
    if not way.amount:
        return 0
    if amount <= 0:
        raise SettlementRefused("say how much: more than zero", "amount")
    if way.amount == "agreed" and amount > (room := room_of(case)):
        left = f"{money.format(room, case.currency)} {case.currency}"
        before = allowed_before(case)
        why = f": {money.format(before, case.currency)} were allowed before" if before else ""
        raise SettlementRefused(f"no more than {left} can be allowed of {case.number}{why}", "amount")
    return amount


def _files(case: Dispute, payload: Mapping[str, Any]) -> list[int]:
    """Keys of the chosen files, all of them beside the case or its document."""
    wanted = list(dict.fromkeys(payload.get("attachments") or ()))
    files = [row for row in evidence_of(case) if row.pk in wanted] if wanted else []
    if sum(row.file.size for row in files) > MAX_MAIL - ROOM_FOR_LETTER:
        raise SettlementRefused(f"the files are larger than {MAX_MAIL // 1024 // 1024} MB together: choose fewer", "attachments")
    if len(files) < len(wanted):
        raise SettlementRefused("one of the files is not, or no longer, beside this case: choose again", "attachments")
    return wanted


def _tick(payload: Mapping[str, Any]) -> bool | None:
    tick = payload.get("tell")
    return None if tick is None else bool(tick)


def _kind(case: Dispute, way: Way, wish: Wish, files: int) -> str:
    """The kind of request that the reason is for. Raises ReasonRefused."""
    by = str(wish.payload.get("by") or "") if way.code == "goodwill" else kind_of(way.code, {})
    found = [(kind, r) for kind, r in reasons_of(case, way.code) if r.code == wish.reason_code and (not by or kind == by)]
    if not found:
        raise SettlementRefused("choose a reason", "reason_code")
    reason_of(case.company_id, found[0][0], wish.reason_code, files=files)
    return found[0][0]


def _nothing(case: Dispute, wish: Wish, amount: int, payload: Mapping[str, Any]) -> dict[str, Any]:
    return {}


def _credit(case: Dispute, wish: Wish, amount: int, payload: Mapping[str, Any]) -> dict[str, Any]:
    if payload["by"] == "write_off":
        if amount > case.open_item.balance:
            raise SettlementRefused(f"of {case.open_item.number} only {_open(case.open_item)} are open", "amount")
        return {}
    return _memo(case, wish, amount, "credit_memo")


def _debit(case: Dispute, wish: Wish, amount: int, payload: Mapping[str, Any]) -> dict[str, Any]:
    return _memo(case, wish, amount, "debit_memo")


def _memo(case: Dispute, wish: Wish, amount: int, kind: str) -> dict[str, Any]:
    lines = memo_lines(case, amount, wish.lines, kind)
    check_memo(_document(case), lines, kind)
    return {"lines": [[line.line_id, line.net, line.tax] for line in lines]}


def _rebill(case: Dispute, wish: Wish, amount: int, payload: Mapping[str, Any]) -> dict[str, Any]:
    invoice = _document(case)
    if invoice.kind != Invoice.Kind.INVOICE:
        raise SettlementRefused("only an invoice is billed again")
    check_memo(invoice, whole_of(invoice), "credit_memo")
    return {"whole": total_of(whole_of(invoice))}


def _correct(case: Dispute, wish: Wish, amount: int, payload: Mapping[str, Any]) -> dict[str, Any]:
    channel = str(wish.payload.get("channel") or "")
    if channel and channel not in (Dispatch.Channel.EMAIL, Dispatch.Channel.EINVOICE, Dispatch.Channel.PRINT):
        raise SettlementRefused("choose how the document is sent", "channel")
    return {"channel": channel, "po_number": " ".join(str(wish.payload.get("po_number") or "").split())[:60]}


def _reject(case: Dispute, wish: Wish, amount: int, payload: Mapping[str, Any]) -> dict[str, Any]:
    if not pdf.is_available():
        raise SettlementRefused("this server can’t make the letter: install Pango (Debian: libpango-1.0-0 libpangoft2-1.0-0)")
    return {}


def _paid(case: Dispute, wish: Wish, amount: int, payload: Mapping[str, Any]) -> dict[str, Any]:
    paid = paid_of(case)
    if not paid:
        raise SettlementRefused(
            f"nothing of what is contested was paid since {case.opened_on}: {_open(case.open_item)} of {case.open_item.number} are open"
        )
    return {"paid": paid}


_PREPARED: dict[str, Callable[..., dict[str, Any]]] = {
    "credited": _credit, "goodwill": _credit, "debited": _debit, "rebilled": _rebill, "corrected": _correct, "rejected": _reject,
    "paid": _paid,
}  # fmt: skip


def _open(item: OpenItem) -> str:
    return f"{money.format(item.balance, item.currency)} {item.currency}"


def _document(case: Dispute) -> Invoice:
    """The case's document, which `prepare` has seen to be there."""
    found: Invoice = Invoice.objects.select_related("company", "customer").get(pk=case.invoice_id)
    return found


def memo_lines(case: Dispute, amount: int, lines: Lines, kind: str) -> list[MemoLine]:
    """An agreed amount as lines of a memo, net and tax of each as its own line has them. `lines` say what falls on which line; else it
    falls on the contested lines, and where the case names none, on the document as a whole. Raises SettlementRefused."""
    invoice = _document(case)
    own = {line.pk: line for line in invoice.lines.all()}
    wanted = [(pk, gross) for pk, gross in lines if gross]
    if not wanted and kind == "credit_memo":
        held = list(case.lines.values_list("line_id", "amount"))
        if held and sum(share for _, share in held) >= amount:
            wanted = [(pk, gross) for (pk, _), gross in zip(held, share_out(amount, [s for _, s in held]), strict=True) if gross]
    if not wanted:
        return [MemoLine(None, *_of_the_whole(invoice, amount, kind))]
    if sum(gross for _, gross in wanted) != amount:
        raise SettlementRefused("the lines don’t come to what is agreed", "amount")
    if not {pk for pk, _ in wanted} <= own.keys() or len({pk for pk, _ in wanted}) != len(wanted):
        raise SettlementRefused("these are not lines of the document")
    lines_of = [(own[pk].amount, own[pk].tax_amount) for pk, _ in wanted]
    if kind != "credit_memo":
        return [MemoLine(pk, *split_free(gross, *line)) for (pk, gross), line in zip(wanted, lines_of, strict=True)]
    try:
        shares = [split_gross(gross, *line) for (_, gross), line in zip(wanted, lines_of, strict=True)]
    except ValueError:
        raise SettlementRefused("more is credited of a line than was billed on it") from None
    fitted = fit_in(shares, lines_of, *_left(invoice))
    return [MemoLine(pk, *share) for (pk, _), share in zip(wanted, fitted, strict=True)]


def _left(invoice: Invoice) -> tuple[int, int]:
    """Net and tax of a document that no credit memo took yet."""
    memos = list(invoice.memos.filter(kind=Invoice.Kind.CREDIT_MEMO).values_list("subtotal", "tax_total"))
    return invoice.subtotal - sum(net for net, _ in memos), invoice.tax_total - sum(tax for _, tax in memos)


def _of_the_whole(invoice: Invoice, amount: int, kind: str) -> tuple[int, int]:
    """Net and tax of an amount of the document: a credit takes them as they are left of it, so that many credits come to what was billed
    and never to more of either."""
    net, tax = _left(invoice)
    if kind == "credit_memo" and net >= 0 and tax >= 0 and amount <= net + tax:
        return split_gross(amount, net, tax)
    return split_free(amount, invoice.subtotal, invoice.tax_total)


def carry_out(row: Settlement, case: Dispute, actor: Actor, today: date, now: datetime) -> Approval | Dispatch | None:
    """Do it, or ask for it where others decide; whatever was made of it. Raises what refuses it."""
    kind = kind_of(row.resolution, row.payload)
    if kind:
        return _ask(row, case, actor, kind, today, now)
    if row.resolution == "corrected":
        return _send(row, case, actor, today, now)
    return None


def _ask(row: Settlement, case: Dispute, actor: Actor, kind: str, today: date, now: datetime) -> Approval:
    ours = f" The cause that was found is ours: {case.cause}." if row.resolution == "goodwill" and case.cause and case.cause.is_ours else ""
    note = f"{case.number}. {row.words}{ours}".strip()
    common: dict[str, Any] = {
        "actor": actor, "reason_code": row.reason_code, "day": today, "token": f"settlement:{row.pk}", "today": today, "now": now,
        "evidence": [Evidence(file.name, bytes(file.file.content)) for file in files_of(row)],
    }  # fmt: skip
    if kind == "write_off":
        return request_write_off(items=[(case.open_item, row.amount)], reason=note, **common)
    invoice = _document(case)
    said = reason_of(case.company_id, kind, row.reason_code, files=len(common["evidence"])).name
    common |= {"invoice": invoice, "reason": f"{said} ({case.number})", "note": note}
    if row.resolution == "rebilled":
        return request_rebill(**common)
    lines = [MemoLine(pk, net, tax) for pk, net, tax in row.payload["lines"]]
    return request_memo(lines=lines, kind=kind, **common)


def _send(row: Settlement, case: Dispute, actor: Actor, today: date, now: datetime) -> Dispatch:
    """Correct what is to be corrected, and send the document as it is now."""
    invoice = _document(case)
    if number := row.payload["po_number"]:
        invoice = correct_po_number(actor=actor, invoice=invoice, po_number=number, reason=f"{case.number}: {row.words}")
    sending = Dispatch.objects.filter(invoice=invoice).count() + 1
    return send_invoice(
        actor=actor, invoice=invoice, now=now, today=today, channel=row.payload["channel"] or None, number=sending,
        note=row.to_customer or row.words,
    )  # fmt: skip


def files_of(row: Settlement) -> list[Attachment]:
    """The files that were chosen, those that are still there, in their order."""
    keys = row.payload.get("attachments", [])
    found = Attachment.objects.filter(pk__in=keys, removed_at=None).select_related("file").in_bulk()
    return [found[key] for key in keys if key in found]
