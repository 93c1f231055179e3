"""The finding that is proposed for a case: cause, where it began, what puts it right, how much of the claim is right, and why. Pure.

Rules, in the order in which they are asked; the first that answers is proposed:

1. Findings of the check that fit what the customer says and come to the claim exactly (with tax, or net of it): all of the claim is
   right.
2. The money itself: a credit memo or a payment of that very amount stands open; the discount of that amount was earned, or taken too
   late; a payment names the document and was put elsewhere. Of a late discount nothing is right, for an open credit memo nothing has to be
   allowed.
3. A finding that holds up the whole document (a missing purchase order number), where it is what the customer says, or where all of it was
   left unpaid.
4. Findings that come to the claim exactly and contradict what the customer says: proposed all the same, and said so.
5. Findings that fit and come to less than the claim: the explained part is right, the rest stays open. Where all that fits comes to more,
   those that come nearest to the claim from below; where each is more, and the customer says which kind it means, the claim.
6. The records bear the document out against what the customer says (the price is the agreed one, all was delivered and signed for):
   nothing is right, the customer's own records are wrong.
7. Similar cases: where at least three closed ones have the same cause three times out of five, that cause is likely, and of the claim the
   share that was agreed then. Nothing is explained by it.
8. Nothing: it says so, and whom to ask what.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from arops.lib import money
from disputes.policy.reasons import (
    FITTING,
    PAID,
    QUESTIONS,
    REJECTED,
    SILENT,
    WITH_TAX,
    Question,
    fits,
    is_meant,
    remedy_of,
    standard_cause,
)
from disputes.policy.subset import Sums

CRUMBS = 5
"""Minor units that tax may be rounded otherwise by, one for each finding at most."""
ENOUGH, MOSTLY = 3, Fraction(3, 5)
"""Closed cases, and the share of them with one cause, that make it likely."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A finding of the check. `effect` is net, `gross` with its tax; both 0 where it holds up the whole document instead."""

    key: str
    rule: str
    label: str
    words: str
    origin: str
    lines: tuple[int, ...] = ()
    effect: int = 0
    gross: int = 0
    holds: bool = False


@dataclass(frozen=True, slots=True)
class CashFact:
    """Something about the money that explains `amount`; `right` of it has to be allowed. `cause` is the code of a standard cause."""

    kind: str
    amount: int
    right: int
    words: str
    origin: str
    cause: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Proof:
    """That the records bear out the document against a reason. `whole`: for all that is contested, so that the claim can be refused."""

    reason: str
    words: str
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Likely:
    """What similar closed cases say: how many there were, how many had the cause, what was done, and the share that was agreed."""

    cases: int
    same: int
    cause: int
    remedy: str
    share: Fraction
    words: str


@dataclass(frozen=True, slots=True)
class CauseOption:
    """A cause that the company has: its key, code, stage, the rules that point to it, the department that mends it."""

    key: int
    code: str
    name: str
    stage: str
    rules: frozenset[str] = frozenset()
    department: int | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What the customer contests: minor units, the reason it gave, the lines it named, its words; `whole`: all that was left to pay."""

    amount: int
    reason: str
    currency: str
    lines: frozenset[int] = frozenset()
    whole: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a proposal is made of."""

    differences: tuple[Difference, ...] = ()
    cash: tuple[CashFact, ...] = ()
    proofs: tuple[Proof, ...] = ()
    likely: tuple[Likely, ...] = ()
    causes: tuple[CauseOption, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed. `explained` + `open` is the claim; `amount` is what of it is right. `basis` is the rule that answered: findings,
    cash, holds, part, proof, precedents or nothing."""

    basis: str
    origin: str
    remedy: str
    amount: int
    explained: int
    open: int
    cause: int | None = None
    department: int | None = None
    taken: tuple[Difference, ...] = ()
    reasons: tuple[str, ...] = ()
    asks: tuple[Question, ...] = ()
    contradicts: bool = False
    lines: tuple[int, ...] = field(default=())


def propose(claim: Claim, evidence: Evidence) -> Proposal:
    """The finding for a claim, by the first of the rules above that answers."""
    for rule in _RULES:
        if found := rule(claim, evidence):
            return _with_cause(found, claim, evidence)
    return _nothing(claim, evidence)


def _fitting_exactly(claim: Claim, evidence: Evidence) -> Proposal | None:
    found = _exactly(claim, evidence)
    return found if found and not found.contradicts else None


def _exactly(claim: Claim, evidence: Evidence) -> Proposal | None:
    """Findings that come to the claim: with tax first, else net, else but for the rounding of the tax."""
    pool = sorted((d for d in evidence.differences if d.effect), key=lambda d: _rank(claim, d))
    strangers = {n for n, d in enumerate(pool) if not fits(claim.reason, d.rule)}
    gross, net = Sums([d.gross for d in pool], strangers), Sums([d.effect for d in pool], strangers)

    def chosen(sums: Sums, target: int, said: str, least: int = 1) -> Proposal | None:
        places = sums.exact(target)
        if not places or len(places) < least:
            return None
        return _of_findings(claim, [pool[n] for n in places], said, strange=bool(strangers & set(places)))

    found = chosen(gross, claim.amount, "") or chosen(net, claim.amount, "The customer left out the net amount.")
    for cents in range(1, CRUMBS + 1 if any(d.gross != d.effect for d in pool) else 1):
        said = f"But for {_says(cents, claim)}, by which the tax was rounded otherwise."
        found = found or chosen(gross, claim.amount - cents, said, cents) or chosen(gross, claim.amount + cents, said, cents)
    return found


def _rank(claim: Claim, found: Difference) -> tuple[bool, bool, bool]:
    """What stands first: on a line that is contested, fitting the reason, billed too much."""
    off = bool(claim.lines) and bool(found.lines) and not claim.lines & set(found.lines)
    return off, not fits(claim.reason, found.rule), found.effect < 0


def _of_findings(claim: Claim, taken: Sequence[Difference], said: str, *, strange: bool) -> Proposal:
    taken = sorted(taken, key=lambda d: -abs(d.gross))
    main = taken[0]
    reasons = [*(f"{d.words} {_where(d)}" for d in taken), _sum_words(claim, taken)]
    if said:
        reasons.append(said)
    if strange:
        reasons.append(_against(claim, taken))
    lines = tuple(dict.fromkeys(n for d in taken for n in d.lines))
    return Proposal(
        "findings", main.origin, remedy_of(main.rule, main.effect), claim.amount, claim.amount, 0, taken=tuple(taken),
        reasons=tuple(reasons), contradicts=strange, lines=lines,
    )  # fmt: skip


def _sum_words(claim: Claim, taken: Sequence[Difference]) -> str:
    if len(taken) == 1:
        return f"That is the {_says(claim.amount, claim)} that the customer contests."
    parts = " + ".join(_says(d.gross, claim) for d in taken)
    return f"Together they are the claim: {parts} = {_says(claim.amount, claim)}."


def _against(claim: Claim, taken: Sequence[Difference]) -> str:
    labels = ", ".join(dict.fromkeys(d.label for d in taken if not fits(claim.reason, d.rule)))
    reason = claim.reason.replace("_", " ")
    return f"The customer says “{reason}”; what comes to the amount is “{labels}”. Ask the customer before settling."


def _of_the_money(claim: Claim, evidence: Evidence) -> Proposal | None:
    fact = next((f for f in evidence.cash if f.amount == claim.amount), None)
    if fact is None:
        return None
    return Proposal("cash", fact.origin, fact.remedy, fact.right, claim.amount, 0, reasons=(fact.words,))


def _of_the_document(claim: Claim, evidence: Evidence) -> Proposal | None:
    """What holds up all of it. Nothing of the money is wrong: the customer may keep it until the document is right."""
    pool = [d for d in evidence.differences if d.holds]
    meant = [d for d in pool if is_meant(claim.words, d.rule)]
    said = [d for d in pool if claim.reason not in SILENT and fits(claim.reason, d.rule)]
    taken = meant or said or (pool if claim.whole and claim.reason in SILENT else [])
    if not taken:
        return None
    why = "It holds up the document, not a part of its amount: the claim ends when it is mended."
    reasons = (*(f"{d.words} {_where(d)}" for d in taken), why)
    remedy = remedy_of(taken[0].rule, 0)
    return Proposal("holds", taken[0].origin, remedy, claim.amount, claim.amount, 0, taken=tuple(taken), reasons=reasons)


def _in_part(claim: Claim, evidence: Evidence) -> Proposal | None:
    fitting = [d for d in evidence.differences if d.gross > 0 and fits(claim.reason, d.rule) and not _rank(claim, d)[0]]
    within = Sums([d.gross for d in fitting]).within(claim.amount)
    taken = [fitting[n] for n in within]
    if not taken and claim.reason not in SILENT:
        taken = fitting
    if not taken:
        return None
    whole = sum(d.gross for d in taken)
    explained, reasons = min(whole, claim.amount), [f"{d.words} {_where(d)}" for d in taken]
    left = claim.amount - explained
    if whole > claim.amount:
        reasons.append(f"What was found comes to {_says(whole, claim)}, more than the {_says(claim.amount, claim)} that are contested.")
    else:
        reasons.append(f"That explains {_says(explained, claim)}; for {_says(left, claim)} nothing was found.")
    asks = QUESTIONS.get(claim.reason, ()) if left else ()
    found = _of_findings(claim, taken, "", strange=False)
    return replace(found, basis="part", amount=explained, explained=explained, open=left, reasons=tuple(reasons), asks=asks)


def _by_proof(claim: Claim, evidence: Evidence) -> Proposal | None:
    proofs = [p for p in evidence.proofs if p.reason == claim.reason]
    if not proofs or not all(p.whole for p in proofs):
        return None
    reasons = [*(p.words for p in proofs), "The records bear the document out: the claim can be refused with them."]
    return Proposal("proof", "customer", REJECTED, 0, 0, claim.amount, reasons=tuple(reasons))


def _by_precedent(claim: Claim, evidence: Evidence) -> Proposal | None:
    likely = next((x for x in evidence.likely if x.same >= ENOUGH and Fraction(x.same, x.cases) >= MOSTLY), None)
    cause = next((c for c in evidence.causes if likely and c.key == likely.cause), None)
    if not likely or not cause:
        return None
    amount = 0 if likely.remedy in (REJECTED, PAID) else round(claim.amount * min(likely.share, Fraction(1)))
    reasons = ("The check finds nothing that explains it.", likely.words, "It is likely by those cases alone: look before you record it.")
    return Proposal(
        "precedents", cause.stage, likely.remedy, amount, 0, claim.amount, cause.key, cause.department, reasons=reasons,
        asks=QUESTIONS.get(claim.reason, ()),
    )  # fmt: skip


def _nothing(claim: Claim, evidence: Evidence) -> Proposal:
    reasons = ["Nothing in the records explains it."]
    others = [d for d in evidence.differences if d.effect or d.holds]
    if others:
        labels = ", ".join(dict.fromkeys(d.label for d in others))
        reasons = [f"What the check finds ({labels}) is neither the amount nor what the customer says."]
    reasons += [p.words for p in evidence.proofs if p.reason == claim.reason]
    return Proposal("nothing", "", "", 0, 0, claim.amount, reasons=tuple(reasons), asks=QUESTIONS.get(claim.reason, QUESTIONS["other"]))


_RULES = (
    _fitting_exactly, _of_the_money, _of_the_document, _exactly, _in_part, _by_proof, _by_precedent,
)  # fmt: skip


def _with_cause(found: Proposal, claim: Claim, evidence: Evidence) -> Proposal:
    """The proposal with the company's cause for it, and that cause's department."""
    if found.cause is not None:
        return found
    if found.taken:
        main = max(found.taken, key=lambda d: abs(d.gross))
        cause = cause_for(evidence.causes, main.rule, found.origin)
    elif found.basis == "cash":
        code = next((f.cause for f in evidence.cash if f.amount == claim.amount), "")
        cause = _coded(evidence.causes, code) or _of_stage(evidence.causes, found.origin)
    else:
        cause = _coded(evidence.causes, "customer_records") or _of_stage(evidence.causes, found.origin)
    if cause is None:
        return replace(found, reasons=(*found.reasons, "No cause of the company's is of this stage: choose one, or have one added."))
    return replace(found, cause=cause.key, department=cause.department)


def cause_for(causes: Sequence[CauseOption], rule: str, origin: str) -> CauseOption | None:
    """The company's cause for a finding: one of the stage that the rule points to; else the standard one of the stage; else one of the
    stage that rules of the same kind point to."""
    pointed = next((c for c in causes if c.stage == origin and rule in c.rules), None)
    alike = frozenset().union(*(rules for rules in FITTING.values() if rule in rules))
    kin = next((c for c in causes if c.stage == origin and c.rules & alike), None)
    return pointed or _coded(causes, standard_cause(rule, origin), origin) or kin


def _coded(causes: Sequence[CauseOption], code: str, stage: str = "") -> CauseOption | None:
    return next((c for c in causes if c.code == code and (not stage or c.stage == stage)), None)


def _of_stage(causes: Sequence[CauseOption], stage: str) -> CauseOption | None:
    return next((c for c in causes if c.stage == stage), None)


def with_tax(rule: str, effect: int, lines: Sequence[tuple[int, Fraction]]) -> int:
    """The effect of a finding with its tax. `lines` are (net, tax per unit) of the lines it is about; tax is rounded half up line by line
    where it is about one, else on what falls on it of all of them."""
    if rule in WITH_TAX or not effect:
        return effect
    if len(lines) == 1:
        net, rate = lines[0]
        return effect + _half_up(net * rate) - _half_up((net - effect) * rate)
    whole = sum(net for net, _ in lines)
    if not whole:
        return effect
    if whole == effect:
        return effect + sum(_half_up(net * rate) for net, rate in lines)
    return effect + _half_up(Fraction(effect, whole) * sum((net * rate for net, rate in lines), Fraction(0)))


def _half_up(value: Fraction) -> int:
    return int(value + Fraction(1, 2)) if value >= 0 else -int(-value + Fraction(1, 2))


def _says(amount: int, claim: Claim) -> str:
    return f"{money.format(amount, claim.currency)} {claim.currency}"


def _where(found: Difference) -> str:
    return f"It began in {found.origin.replace('_', ' ')}." if found.origin else ""
