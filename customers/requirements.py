"""What a customer's rules about invoices take and mean, and how its papers stand. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

EXPIRING = 30
"""Days before its end in which a paper counts as expiring."""
CUSTOMER = "customer"
"""Who must act, where it is no department of ours."""
GIVEN = frozenset(
    "w9 vendor_form insurance lien_conditional_progress lien_unconditional_progress lien_conditional_final lien_unconditional_final".split()
)
"""Papers that we give the customer; the others it gives us."""
LIEN = frozenset(kind for kind in GIVEN if kind.startswith("lien_"))
UNCONDITIONAL = frozenset(kind for kind in LIEN if "unconditional" in kind)
PAPERS = {
    "w9": "W-9", "vendor_form": "vendor set-up form", "exemption": "tax exemption certificate", "insurance": "insurance certificate",
    "po_copy": "purchase order copy", "lien_conditional_progress": "conditional lien release, progress",
    "lien_unconditional_progress": "unconditional lien release, progress", "lien_conditional_final": "conditional lien release, final",
    "lien_unconditional_final": "unconditional lien release, final",
}  # fmt: skip
FILES = {
    "sign_off": "customer's sign-off", "delivery": "proof of delivery", "installation": "installation document",
    "purchase_order": "purchase order", "contract": "contract", "certificate": "certificate", "lien_release": "lien release",
    "evidence": "evidence", "other": "file",
}  # fmt: skip


class RequirementError(ValueError):
    """A rule that can't be kept as written; the message says why."""


def fits_mask(text: str, mask: str) -> bool:
    """Whether the text looks like the mask: # is a digit, @ a letter, * anything to the end, all else itself (in any case)."""
    for n, sign in enumerate(mask):
        if sign == "*":
            return True
        if n >= len(text):
            return False
        here = text[n]
        fits = here.isascii() and here.isdigit() if sign == "#" else here.isalpha() if sign == "@" else here.upper() == sign.upper()
        if not fits:
            return False
    return len(text) == len(mask)


def read_params(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a kind of rule, checked. Raises RequirementError."""
    if kind == "po_format":
        mask = given.get("mask")
        if not isinstance(mask, str) or not 0 < len(mask.strip()) <= 40:
            raise RequirementError("say what the number looks like: # for a digit, @ for a letter, * for the rest")
        return {"mask": mask.strip()}
    if kind == "bill_within":
        days = given.get("days")
        if type(days) is not int or not 1 <= days <= 365:
            raise RequirementError("days are a whole number from 1 to 365")
        return {"days": days}
    if kind == "attachment":
        wanted = given.get("kind")
        if not isinstance(wanted, str) or not wanted:
            raise RequirementError("say which document is to be attached")
        return {"kind": wanted}
    if kind == "document":
        wanted = given.get("kind")
        if wanted not in PAPERS:
            raise RequirementError(f"say which document is to be on file: {', '.join(PAPERS)}")
        return {"kind": wanted}
    return {}


def words_of(kind: str, params: Mapping[str, Any], label: str) -> str:
    """A rule in words: `label` is what its kind is called."""
    if kind == "po_format":
        return f"purchase order number looks like {params.get('mask', '')}"
    if kind == "bill_within":
        return f"billed within {params.get('days')} days of completion"
    if kind == "attachment":
        return f"attached: {FILES.get(str(params.get('kind')), params.get('kind'))}"
    if kind == "document":
        return f"on file: {PAPERS.get(str(params.get('kind')), params.get('kind'))}"
    return label


def same_rule(kind: str, params: Mapping[str, Any], other_kind: str, other: Mapping[str, Any]) -> bool:
    """Whether two rules are versions of one: the same kind and, where a customer may have several of it, the same thing wanted."""
    return kind == other_kind and (kind not in ("attachment", "document", "po_format") or params == other or kind == "po_format")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a paper stands on a day: `code` is requested, refused, cancelled, expired, expiring or good; `since` a day it has been so."""

    code: str
    words: str
    since: date | None = None
    days_left: int | None = None

    @property
    def holds_up(self) -> bool:
        """Whether the customer has a reason not to pay because of it."""
        return self.code in ("requested", "refused", "expired", "waiting")


def standing(
    *, kind: str, state: str, today: date, requested_on: date | None = None, received_on: date | None = None,
    valid_from: date | None = None, expires_on: date | None = None,
) -> Standing:  # fmt: skip
    """How a paper stands. One we give is good once it is sent; one we get, once it is received."""
    if state in ("cancelled", "refused"):
        return Standing(state, "no longer needed" if state == "cancelled" else "refused", received_on or requested_on)
    if state == "requested" or (state == "received" and kind in GIVEN):
        days = (today - requested_on).days if requested_on else None
        said = f"requested {_days(days)} ago" if days else "requested today" if days == 0 else "requested"
        return Standing(
            "requested" if state == "requested" else "waiting", said if state == "requested" else "ready to be sent", requested_on
        )
    if expires_on and expires_on < today:
        return Standing("expired", f"expired {_days((today - expires_on).days)} ago", expires_on, (expires_on - today).days)
    if valid_from and valid_from > today:
        return Standing("waiting", f"valid from {valid_from}", valid_from)
    if expires_on and (expires_on - today).days <= EXPIRING:
        left = (expires_on - today).days
        return Standing("expiring", f"expires in {_days(left)}" if left else "expires today", received_on, left)
    return Standing("good", "in force" if expires_on else "on file", received_on, (expires_on - today).days if expires_on else None)


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Paper:
    """A document as far as these rules look at it."""

    key: int
    kind: str
    state: str
    waits_for: str = ""
    contract: str = ""
    invoice: str = ""
    requested_on: date | None = None
    received_on: date | None = None
    valid_from: date | None = None
    expires_on: date | None = None

    def stands(self, today: date) -> Standing:
        """How it stands on the day."""
        return standing(
            kind=self.kind, state=self.state, today=today, requested_on=self.requested_on, received_on=self.received_on,
            valid_from=self.valid_from, expires_on=self.expires_on,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gap:
    """What an invoice lacks before its customer pays: `code` for sums by reason, who must act, since when, the paper if there is one."""

    code: str
    words: str
    waits_for: str
    since: date | None = None
    paper: int | None = None
    kind: str = ""
    file_kind: str = ""


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice as far as these rules look at it. `earlier` is the last one before it of the same contract: its number, whether its money
    has come in. `unsigned` are work orders that the customer hasn't signed for. It has arrived once it is delivered; accepted, nothing on
    its face matters any more."""

    number: str
    dated: date
    contracts: frozenset[str] = frozenset()
    po_number: str = ""
    cost_code: str = ""
    files: frozenset[str] = frozenset()
    earlier: tuple[str, bool] | None = None
    unsigned: tuple[str, ...] = ()
    is_paid: bool = False
    has_arrived: bool = False
    is_accepted: bool = False


def papers_missing(bill: Bill, papers: Sequence[Paper], wanted: Iterable[str], today: date) -> list[Gap]:
    """Papers that hold the invoice up: asked for and not there, refused, expired. Of several of a kind that are about it, the newest
    counts (`papers` in the order of their making); `wanted` are kinds that a rule asks for, whether or not anyone requested them."""
    gaps = []
    newest: dict[str, Paper] = {}
    for paper in papers:
        if paper.kind not in LIEN and paper.state != "cancelled" and _is_about(bill, paper):
            kept = newest.get(paper.kind)
            # A renewal that is only asked for doesn't undo the paper that is still in force.
            if kept is None or kept.stands(today).holds_up or not paper.stands(today).holds_up:
                newest[paper.kind] = paper
    for kind in sorted(set(wanted) | newest.keys()):
        found = newest.get(kind)
        if found is None:
            gaps.append(
                Gap(kind, f"{PAPERS[kind]} is wanted and was never asked for", "" if kind in GIVEN else CUSTOMER, bill.dated, kind=kind)
            )
        elif (stands := found.stands(today)).holds_up:
            gaps.append(Gap(kind, f"{PAPERS[kind]} {stands.words}", _who(found), stands.since, found.key, kind))
    return gaps


def _is_about(bill: Bill, paper: Paper) -> bool:
    if paper.invoice:
        return paper.invoice == bill.number
    return not paper.contract or paper.contract in bill.contracts


def _who(paper: Paper) -> str:
    return paper.waits_for or ("" if paper.kind in GIVEN else CUSTOMER)


def releases_missing(bill: Bill, papers: Sequence[Paper]) -> list[Gap]:
    """Lien releases by the pairing rule: this invoice goes with its conditional release, and, once the one before is paid, with that
    one's unconditional release. An unconditional one given for an invoice that isn't paid (any more) is told, too."""
    gaps = []
    sent = {
        (p.invoice, "unconditional" if p.kind in UNCONDITIONAL else "conditional"): p
        for p in papers
        if p.kind in LIEN and p.state == "sent"
    }
    asked = {(p.invoice, "unconditional" if p.kind in UNCONDITIONAL else "conditional"): p for p in papers
             if p.kind in LIEN and p.state in ("requested", "received", "refused")}  # fmt: skip

    def lacks(number: str, sort: str, words: str) -> None:
        if (number, sort) not in sent and not (sort == "conditional" and (number, "unconditional") in sent):
            there = asked.get((number, sort))
            kind = there.kind if there else f"lien_{sort}_progress"
            said = f"{words}: {there.stands(bill.dated).words}" if there and there.state != "requested" else words
            gaps.append(Gap("lien_release", said, there.waits_for if there else "", there.requested_on if there else bill.dated,
                            there.key if there else None, kind))  # fmt: skip

    lacks(bill.number, "conditional", f"conditional lien release for {bill.number} isn’t sent")
    if bill.earlier and bill.earlier[1]:
        lacks(bill.earlier[0], "unconditional", f"unconditional lien release for {bill.earlier[0]}, which is paid, isn’t sent")
    given = sent.get((bill.number, "unconditional"))
    if given and not bill.is_paid:
        said = f"unconditional lien release was given though {bill.number} isn’t paid"
        gaps.append(Gap("lien_release", said, "", given.received_on, given.key, given.kind))
    return gaps


def rules_missed(bill: Bill, rules: Iterable[tuple[str, Mapping[str, Any]]]) -> list[Gap]:
    """What the invoice itself lacks of its customer's rules: numbers, codes, attached files."""
    gaps: list[Gap] = []
    for kind, params in () if bill.is_accepted else rules:
        if kind == "po_number" and not bill.po_number:
            gaps.append(Gap("po_number", "purchase order number isn’t on it", "", bill.dated))
        elif kind == "po_format" and bill.po_number and not fits_mask(bill.po_number, str(params.get("mask", ""))):
            gaps.append(Gap("po_number", f"purchase order number doesn’t look like {params.get('mask')}", "", bill.dated))
        elif kind == "cost_code" and not bill.cost_code:
            gaps.append(Gap("cost_code", "cost code isn’t on it", "", bill.dated))
        elif kind == "attachment" and params.get("kind") not in bill.files:
            wanted = str(params.get("kind"))
            gaps.append(Gap("attachment", f"{FILES.get(wanted, wanted)} isn’t attached", "", bill.dated, file_kind=wanted))
        elif kind == "sign_off" and bill.unsigned:
            gaps.append(Gap("sign_off", f"work order {', '.join(bill.unsigned)} isn’t signed off", CUSTOMER, bill.dated))
        elif kind == "portal" and not bill.has_arrived:
            gaps.append(Gap("portal", "isn’t in the customer’s portal", "", bill.dated))
    return gaps


def gaps_of(bill: Bill, papers: Sequence[Paper], rules: Sequence[tuple[str, Mapping[str, Any]]], today: date) -> tuple[Gap, ...]:
    """Everything that stands between the invoice and its payment; nothing once it is paid and its releases are right."""
    wanted = {str(params.get("kind")) for kind, params in rules if kind == "document"} & PAPERS.keys()
    releases = releases_missing(bill, papers) if any(kind == "lien_release" for kind, _ in rules) else []
    return (*papers_missing(bill, papers, wanted, today), *releases, *rules_missed(bill, rules))
