"""The track of a case: where it may go next and why not elsewhere, and how long it stood where. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from disputes.policy.clock import working_days

TRACK = (
    ("open", "Open"), ("investigating", "Investigating"), ("waiting", "Waiting"), ("decision", "To be decided"),
    ("settling", "Being settled"),
)  # fmt: skip
"""The steps of every case before it is closed."""
CLOSED = ("resolved", "rejected")
"""Where cases end; all others are open."""


@dataclass(frozen=True, slots=True)
class Move:
    """A step that a case may take, or why it can't: `why` is empty where it may."""

    code: str
    label: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a case stood: from which day to which (None: it stands there), and the days that took, of all and of working days."""

    state: str
    waiting_on: str
    department: str
    since: date
    until: date | None
    days: int
    worked: int
    by: str


def moves(state: str, waiting_on: str, allowed: Mapping[str, frozenset[str]], departments: bool) -> list[Move]:
    """Every step, with why it is closed to the case where it is; `allowed` is what the service takes."""
    next_ones = allowed.get(state, frozenset())
    found = [_move("investigating", "Investigate", state, next_ones)]
    for whom, label in (("customer", "Wait for the customer"), ("department", "Wait for a department")):
        here = state == "waiting" and waiting_on == whom
        # Waiting may be handed from one to another without a step between.
        may = "waiting" in next_ones or (state == "waiting" and (not here or whom == "department"))
        why = "" if may else _why("waiting", state)
        if whom == "department" and may and not departments:
            why = "the company has no departments: an administrator adds them under Settings"
        found.append(Move(f"waiting:{whom}", label, "it waits for the customer already" if here and whom == "customer" else why))
    found.append(_move("decision", "To be decided", state, next_ones))
    found.append(Move("settling", "Settle", _why_not_settle(state)))
    found.append(Move("closed", "Close", "it is closed" if state in CLOSED else "a case is closed by settling it: that is where w leads"))
    found.append(_move("open", "Open again", state, next_ones))
    return found


def _move(code: str, label: str, state: str, next_ones: frozenset[str]) -> Move:
    return Move(code, label, "" if code in next_ones else _why(code, state))


def _why(code: str, state: str) -> str:
    if code == "open":
        return "only a closed case is opened again"
    if code == state:
        return "it stands there"
    if state in CLOSED:
        return "it is closed: open it again first"
    if state == "settling":
        return "it is being settled: the settlement is decided, or taken back, first"
    return "it has gone past that"


def _why_not_settle(state: str) -> str:
    if state in CLOSED:
        return "it is closed: open it again first"
    return "it is being settled already" if state == "settling" else "a settlement is asked for with w, and says how and how much"


def passed(state: str) -> frozenset[str]:
    """The steps of the track that lie behind the case; all of them once it is closed."""
    codes = [code for code, _ in TRACK]
    return frozenset(codes[: codes.index(state)] if state in codes else codes)


def stages(steps: Sequence[tuple[str, str, str, date, str]], today: date) -> list[Stage]:
    """Where the case stood, from its steps (state, waiting on, department, day, by), the first first. Steps that leave it where it was
    (handed on, due on another day) are one."""
    kept: list[tuple[str, str, str, date, str]] = []
    for step in steps:
        if not kept or kept[-1][:3] != step[:3]:
            kept.append(step)
    found = []
    for n, (state, waiting_on, department, since, by) in enumerate(kept):
        is_last = n + 1 == len(kept)
        end = None if is_last else kept[n + 1][3]
        upto = since if is_last and state in CLOSED else end or max(today, since)
        found.append(Stage(state, waiting_on, department, since, end, (upto - since).days, working_days(since, upto), by))
    return found
