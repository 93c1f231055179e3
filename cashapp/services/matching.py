"""The engine's run: all receipts that wait, against all that is open; what is sure is posted, the rest is proposed to people."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from django.db import transaction

from arops.lib import money
from arops.lib.bulk import update_rows
from arops.lib.collecting import without_collection
from cashapp import engine
from cashapp.models import Match, MatchPolicy, MatchProposal, Receipt
from cashapp.selectors.budgets import Budgets
from cashapp.selectors.engine_input import policy_of, propose
from cashapp.selectors.ready import judged_wrong, taken_back
from cashapp.services.account_raising import changes_to_tell, raise_account_changes, tell_customers
from cashapp.services.errors import CashError
from cashapp.services.holding import leased_by_other, locked
from cashapp.services.judging import take_turns
from cashapp.services.keeping import keep_on_account
from cashapp.services.remittances.waiting import join_waiting
from cashapp.services.settling import Settlement, Share, settle
from disputes.services import DisputeError
from ledger.errors import LedgerError
from org.actors import Actor, require
from org.models import Company
from workflow.services import record

BATCH = 500


@dataclass
class MatchRun:
    """What a run did: matches posted, receipts left with a suggestion, and receipts that need a person's answer."""

    seen: int = 0
    posted: list[Match] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)
    suggested: int = 0
    asked: int = 0

    @property
    def words(self) -> str:
        """For messages: "118 posted, 19 to review, 5 unknown"."""
        kept = f", {len(self.kept)} left on account" if self.kept else ""
        return f"{len(self.posted)} posted{kept}, {self.suggested} to review, {self.asked} unknown"


@without_collection()
def match_receipts(
    *,
    company: Company,
    actor: Actor,
    today: date,
    receipts: Iterable[Receipt] | None = None,
    post: bool | None = None,
    now: datetime | None = None,
) -> MatchRun:
    """Join what advices wait, and match what waits (or those `receipts`). Posts what the engine is sure of when the company's policy
    lets it, or as `post` says.

    A receipt someone is working on (a lease that runs at `now`), or asked a question about, gets proposals but is not posted. Safe to
    repeat: a receipt is posted once, and proposals are replaced. Raises NotAllowed.
    """
    require(actor, "cash.apply", company.pk)
    join_waiting(actor=actor, company=company, today=today)
    policy = policy_of(company.pk)
    waiting = Receipt.objects.filter(company=company).to_clear().select_related("open_item")
    if receipts is not None:
        waiting = waiting.filter(pk__in=[r.pk for r in receipts])
    rows = list(waiting.order_by("pk"))
    proposals = _proposals(company.pk, rows, policy, today) if rows else []
    _raise_changes(actor, company, rows, proposals, now)
    run, left = MatchRun(seen=len(rows)), dict(zip([r.pk for r in rows], proposals, strict=True))
    if policy.posts_alone if post is None else post:
        undone = taken_back(rows) if post is None else set()
        whole = [(r, p) for r, p in zip(rows, proposals, strict=True) if p.outcome == "post" and not r.question and r.pk not in undone]
        sure, over = within_budget([(r, p) for r, p in whole if p.allocations], Budgets(policy))
        left |= over
        run.kept = keep_on_account([(r, p) for r, p in whole if not p.allocations], actor=actor, now=now)
        for start in range(0, len(sure), BATCH):
            run.posted += _post(sure[start : start + BATCH], actor, today, now, alone=post is None)
        for match in run.posted:
            left.pop(match.receipt_id)
        for receipt_id in run.kept:
            left.pop(receipt_id)
    bands = store_proposals([r for r in rows if r.pk in left], left)
    run.suggested = sum(b != Receipt.Band.UNKNOWN for b in bands)
    run.asked = len(bands) - run.suggested
    record(
        actor=actor,
        type="cash.matched",
        company_id=company.pk,
        seen=run.seen,
        posted=len(run.posted),
        suggested=run.suggested,
        asked=run.asked,
    )
    return run


def _proposals(company_id: int, rows: Sequence[Receipt], policy: MatchPolicy, today: date) -> list[engine.Proposal]:
    """The engine's answers. Where a person said no before, by a sample or by taking a posting back, it is sure no longer."""
    found = propose(company_id, rows, policy, today)
    no = dict.fromkeys(judged_wrong(company_id), "a person judged it wrong in a sample")
    no |= dict.fromkeys(taken_back(rows, alone=True), "what was posted alone was taken back")
    return [
        replace(p, outcome="suggest", reasons=(*p.reasons, no[r.pk])) if r.pk in no and p.outcome == "post" else p
        for r, p in zip(rows, found, strict=True)
    ]


def within_budget(
    sure: Sequence[tuple[Receipt, engine.Proposal]], budgets: Budgets
) -> tuple[list[tuple[Receipt, engine.Proposal]], dict[int, engine.Proposal]]:
    """What may be posted with what is left for tolerances this month, and (receipt → proposal) what a person has to look at instead."""
    kept, over = [], {}
    for receipt, proposal in sure:
        written, customer = sum(a.write_off for a in proposal.allocations), receipt.customer_id or proposal.customer_id or 0
        why = budgets.of(receipt).refusal(customer, receipt.currency, written) if written > 0 else ""
        if why:
            over[receipt.pk] = replace(proposal, outcome="suggest", reasons=(*proposal.reasons, why))
            continue
        kept.append((receipt, proposal))
        if written > 0:
            budgets.of(receipt).take(customer, receipt.currency, written)
    return kept, over


def _raise_changes(
    actor: Actor, company: Company, rows: Sequence[Receipt], proposals: Sequence[engine.Proposal], now: datetime | None
) -> None:
    """Raise the accounts that known payers never used before, and ask the customers about large payments from them."""
    made = raise_account_changes(actor=actor, company=company, found=list(zip(rows, proposals, strict=True)))
    if made and now:
        tell_customers(changes=changes_to_tell(company, made), now=now)


def _post(sure: Sequence[tuple[Receipt, engine.Proposal]], actor: Actor, today: date, now: datetime | None, alone: bool) -> list[Match]:
    """Post a batch; where the books refuse it as a whole (someone applied an item meanwhile), one by one, leaving out those that fail."""
    try:
        return _post_together(sure, actor, today, now, alone)
    except (CashError, LedgerError, DisputeError):
        if len(sure) == 1:
            return []
    return [match for pair in sure for match in _post([pair], actor, today, now, alone)]


@transaction.atomic
def _post_together(
    sure: Sequence[tuple[Receipt, engine.Proposal]], actor: Actor, today: date, now: datetime | None, alone: bool
) -> list[Match]:
    take_turns(sure[0][0].company_id, [Share.of(a) for _, p in sure for a in p.allocations])
    within, _ = within_budget(sure, Budgets(policy_of(sure[0][0].company_id)))  # somebody may have spent of it meanwhile
    seen = {r.pk: r.version for r, _ in within}
    wanted = {r.pk: p for r, p in within}
    held = [
        r for r in locked(list(wanted)) if r.version == seen[r.pk] and not r.returned_on and not (now and leased_by_other(r, actor, now))
    ]
    return settle([replace(settlement_of(r, wanted[r.pk]), alone=alone) for r in held], actor=actor, today=today) if held else []


def settlement_of(receipt: Receipt, proposal: engine.Proposal) -> Settlement:
    """What a proposal would post. Raises CashError when it names no payer."""
    customer = receipt.customer_id or proposal.customer_id
    if customer is None:
        raise CashError(f"{receipt.number}: the items belong to several customers, and the payer is none of them")
    shares = tuple(Share.of(a) for a in proposal.allocations)
    return Settlement(receipt, shares, customer, proposal.rule, proposal.score, proposal.reasons, rest=proposal.residual > 0)


def refresh_proposals(*receipts: Receipt, today: date) -> None:
    """The engine's fresh answers for receipts of one company that wait; nothing is posted."""
    waiting = list(Receipt.objects.filter(pk__in=[r.pk for r in receipts]).to_clear().select_related("open_item").order_by("pk"))
    if not waiting:
        return
    company_id = waiting[0].company_id
    found = _proposals(company_id, waiting, policy_of(company_id), today)
    store_proposals(waiting, dict(zip([r.pk for r in waiting], found, strict=True)))


@transaction.atomic
def store_proposals(receipts: Sequence[Receipt], proposals: dict[int, engine.Proposal]) -> list[str]:
    """Replace the proposals of receipts; answers with the band of each."""
    MatchProposal.objects.filter(receipt__in=[r.pk for r in receipts]).delete()
    MatchProposal.objects.bulk_create((row for r in receipts for row in _rows(r, proposals[r.pk])), batch_size=2000)
    for receipt in receipts:
        proposal = proposals[receipt.pk]
        receipt.band, receipt.score, receipt.hint = _band(proposal), proposal.score, _hint(receipt, proposal)[:120]
        receipt.suggested_id = proposal.customer_id
    update_rows(receipts, ["band", "score", "hint", "suggested"])
    return [r.band for r in receipts]


def _rows(receipt: Receipt, p: engine.Proposal) -> list[MatchProposal]:
    evidence = [[e.start, e.end, e.kind, e.number] for e in p.evidence]
    found = [_row(receipt, p, p.outcome)] if p.allocations or not p.alternatives else []
    found += [_row(receipt, a, "suggest" if p.allocations else "ask") for a in p.alternatives]
    for rank, row in enumerate(found, 1):
        row.rank = rank
    found[0].evidence = evidence
    return found


def _row(receipt: Receipt, p: engine.Proposal | engine.Alternative, outcome: str) -> MatchProposal:
    shares = [
        {"item": a.item_id, "amount": a.amount, "discount": a.discount, "write_off": a.write_off, "short": a.short}
        | {name: value for name in ("charges", "withheld", "reason") if (value := getattr(a, name))}
        for a in p.allocations
    ]
    return MatchProposal(
        receipt=receipt,
        rule=p.rule[:60],
        score=p.score,
        outcome=outcome,
        customer_id=p.customer_id,
        allocations=shares,
        residual=p.residual,
        treatment=p.residual_treatment,
        reasons=list(p.reasons),
    )


def _band(p: engine.Proposal) -> str:
    if p.outcome == "post":
        return Receipt.Band.GREEN
    return Receipt.Band.REVIEW if p.allocations or p.alternatives or p.customer_id else Receipt.Band.UNKNOWN


def _hint(receipt: Receipt, p: engine.Proposal) -> str:
    """Why it waits, for the queue: the thing a person would say first."""
    if not p.allocations:
        if p.outcome == "post":
            return p.rule
        if n := len(p.alternatives):
            return f"{n} possible answer{'s' if n > 1 else ''}"
        return f"“{receipt.text[:40]}”" if receipt.text.strip() else "no text"
    if p.residual:
        return f"{'short' if p.residual < 0 else 'rest'} {money.format(abs(p.residual), receipt.currency)}"
    if len(p.allocations) > 1:
        return f"{len(p.allocations)} items"
    return p.rule
