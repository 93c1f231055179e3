"""Memos that people issue without asking, over the API or by a list: within their own limit, or refused in words.

They count in the sums of thirty days like those that are asked for. The day is the database's, as it is for what is posted. ERP keys and
the product's own work have no limits: what they issue was decided elsewhere.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from django.db import connection
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce, Now

from arops.lib import money
from invoicing.models import Invoice
from invoicing.payload import Problem
from invoicing.services.writing import Ready
from ledger.selectors import lock_items
from org.actors import Actor
from workflow.models import Approval
from workflow.services.approvals import OnApproval, hash_of, take_turns
from workflow.services.authority import authorities, person_id_of, sums_of

Key = tuple[int, str, str, int | None]
LIMITED = ("credit_memo", "debit_memo")


def by_hand(actor: Actor) -> bool:
    """Whether a person issues by themselves, not by an approval."""
    return actor.label.startswith("user:") and not isinstance(actor, OnApproval)


def beyond_limits(ready: Sequence[Ready], actor: Actor) -> dict[int, Problem]:
    """Index → why a memo is more than the person may do alone; empty for everybody and everything else."""
    mine = [item for item in ready if item.document.kind in LIMITED] if by_hand(actor) else []
    if not mine:
        return {}
    today, keys = _today(), sorted({_key(item) for item in mine})
    for key in keys:
        take_turns(*key)
    sums = sums_of([Approval(company_id=k[0], kind=k[1], currency=k[2], customer_ref=k[3]) for k in keys], today)
    known, person = authorities([key[:3] for key in keys], today), person_id_of(actor.label) or 0
    problems = _over_credited([item for item in mine if item.document.kind == "credit_memo"])
    for item in mine:
        if item.index in problems:
            continue
        key = _key(item)
        authority = known.get(key[:3])
        limit = authority.alone(authority.people.get(person)) if authority else 0
        if sums[key] + item.document.total > limit:
            problems[item.index] = _problem(sums[key] + item.document.total, limit, key[2], item.document.kind)
        else:
            sums[key] += item.document.total
    return problems


def _over_credited(mine: Sequence[Ready]) -> dict[int, Problem]:
    """Memos for which less is left to credit of what they are about, the earlier ones of the batch counted."""
    about = {item.refers_to_id for item in mine if item.refers_to_id}
    lock_items(Invoice.objects.filter(pk__in=about).values_list("open_item", flat=True))
    taken = Coalesce(Sum("memos__total", filter=Q(memos__kind="credit_memo")), 0)
    left = {
        pk: total - memos for pk, total, memos in Invoice.objects.filter(pk__in=about).annotate(t=taken).values_list("pk", "total", "t")
    }
    releases = set(Invoice.objects.filter(pk__in=about, lines__releases__isnull=False).values_list("pk", flat=True))
    problems = {}
    for item in mine:
        if item.refers_to_id in releases:
            problems[item.index] = Problem("/refers_to", "invalid", "it bills retainage: credit the invoice of which that was held back")
        elif item.refers_to_id and item.document.total > left[item.refers_to_id]:
            rest = left[item.refers_to_id]
            said = f"{money.format(rest, item.document.currency)} {item.document.currency}" if rest > 0 else "nothing"
            problems[item.index] = Problem("/total", "too_much", f"{said} can still be credited of it")
        elif item.refers_to_id:
            left[item.refers_to_id] -= item.document.total
    return problems


def _problem(total: int, limit: int, currency: str, kind: str) -> Problem:
    verb = "credit" if kind == "credit_memo" else "debit"
    alone = f"more than the {money.format(limit, currency)} you may {verb} alone" if limit else f"nothing that you may {verb} alone"
    said = f"{money.format(total, currency)} {currency} in 30 days is {alone}"
    return Problem("/total", "over_limit", f"{said}: ask for it on the invoice’s page, where somebody else approves it")


def _key(item: Ready) -> Key:
    kind = item.document.kind if item.refers_to_id else "adjustment"
    return item.company.pk, kind, item.document.currency, item.customer_id


def _today() -> date:
    with connection.cursor() as cursor:
        cursor.execute("SELECT CURRENT_DATE")
        day: date = cursor.fetchone()[0]
    return day


def remember(ready: Sequence[Ready], keys: Mapping[int, int], actor: Actor) -> None:
    """Keep what was issued so among what was done alone, so that sums see it."""
    mine = [item for item in ready if item.document.kind in LIMITED and item.index in keys] if by_hand(actor) else []
    if not mine:
        return
    today = _today()
    sums = sums_of([Approval(company_id=k[0], kind=k[1], currency=k[2], customer_ref=k[3]) for k in map(_key, mine)], today)
    rows = []
    for item in mine:
        sums[_key(item)] += item.document.total
        rows.append(_row(item, keys[item.index], sums[_key(item)], actor, today))
    Approval.objects.bulk_create(rows)


def _row(item: Ready, pk: int, total: int, actor: Actor, today: date) -> Approval:
    document, key = item.document, _key(item)
    about = document.refers_to.id or document.refers_to.external_id if document.refers_to else ""
    said = {"kind": document.kind, "number": document.number, "document_date": document.document_date.isoformat(), "refers_to": about}
    word = "Credit" if document.kind == "credit_memo" else "Debit"
    made = Approval(
        company_id=key[0], kind=key[1], currency=key[2], customer_ref=key[3], amount=document.total, summed=total, state="alone",
        title=f"{word} memo {document.number}, issued directly", reason=document.reason, makers=[actor.label], requested_by=actor.label,
        payload={"row": said, "invoice": item.refers_to_id}, requested_on=today, decided_at=Now(), result_type="invoicing.invoice",
        result_id=pk, token=f"{actor.label}:direct:{key[0]}:{pk}",
    )  # fmt: skip
    made.payload_hash = hash_of(made)
    return made
