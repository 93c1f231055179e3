"""The ladder of a company as data: rungs in their order, with the conditions that lead there and the role that decides."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.db import transaction
from django.db.models import Max

from collections_app.models import Rung
from collections_app.services.escalation.errors import EscalationError
from org import policy
from org.actors import Actor, require
from org.models import Company
from workflow.services import record


@dataclass(frozen=True, slots=True)
class NewRung:
    """A rung as people give it; `minimum` in minor units of the company's currency."""

    name: str
    role: str = ""
    is_outside: bool = False
    days_past_due: int | None = None
    minimum: int = 0
    risks: str = ""
    broken_promises: int = 0
    event: str = ""
    action: str = ""
    is_active: bool = True


STANDARD: tuple[tuple[str, NewRung], ...] = (
    ("supervisor", NewRung("Supervisor", "supervisor", days_past_due=30, broken_promises=1, action="Call together with the collector")),
    (
        "collections_manager",
        NewRung("Collections manager", "collections_manager", days_past_due=45, action="Speak to whoever decides there"),
    ),
    (
        "credit_manager",
        NewRung("Credit manager", "credit_manager", days_past_due=60, action="Hold deliveries; look at limit and terms"),
    ),
    ("controller", NewRung("Controller", "controller", days_past_due=90, action="Decide: plan, settlement, agency or lawyer")),
    ("agency", NewRung("Collection agency", is_outside=True, days_past_due=120, action="Place what is undisputed with the agency")),
    ("legal", NewRung("Lawyer", is_outside=True, action="File suit, after the agency’s report")),
)  # fmt: skip
"""Code and rung of a usual ladder; the lawyer is reached by hand only."""


@transaction.atomic
def add_standard_ladder(*, actor: Actor, company: Company) -> list[Rung]:
    """Give a company without a ladder the usual one, to be changed as it likes. Raises EscalationError where there is one; NotAllowed."""
    require(actor, "collections.configure", company.pk)
    if Rung.objects.filter(company=company).exists():
        raise EscalationError("there is a ladder already: change its rungs")
    rungs = [Rung(company=company, code=code, ordinal=n, **asdict(new)) for n, (code, new) in enumerate(STANDARD, 1)]
    Rung.objects.bulk_create(rungs)
    record(actor=actor, type="ladder.made", company_id=company.pk, rungs=[r.code for r in rungs])
    return rungs


@transaction.atomic
def save_rung(*, actor: Actor, company: Company, wanted: NewRung, rung: Rung | None = None) -> Rung:
    """Add a rung at the top, or change one; cases that stand on it stay. Raises EscalationError, NotAllowed."""
    require(actor, "collections.configure", company.pk)
    if not wanted.name.strip():
        raise EscalationError("give the rung a name")
    if not wanted.is_outside and wanted.role not in policy.ROLES:
        raise EscalationError("choose the role that decides")
    if not wanted.is_outside and "escalations.decide" not in policy.permissions_of(wanted.role):
        raise EscalationError(f"the role {policy.ROLES[wanted.role][0]} may not decide what is raised: choose another")
    if set(wanted.risks) - set("ABCD"):
        raise EscalationError("risk classes are A to D")
    if rung is None:
        last = Rung.objects.filter(company=company).aggregate(last=Max("ordinal"))["last"] or 0
        rung = Rung(company=company, code=_free_code(company, wanted.name), ordinal=last + 1)
    for name, value in asdict(wanted).items():
        setattr(rung, name, value)
    if wanted.is_outside:
        rung.role = ""
    rung.save()
    record(actor=actor, type="rung.saved", company_id=company.pk, subject=rung, said=asdict(wanted))
    return rung


def _free_code(company: Company, name: str) -> str:
    plain = "".join(c if c.isascii() and c.isalnum() else "_" for c in name.strip().lower())[:24] or "rung"
    taken: Sequence[str] = list(Rung.objects.filter(company=company).values_list("code", flat=True))
    return next(code for n in range(1, len(taken) + 2) if (code := plain if n == 1 else f"{plain}_{n}") not in taken)


@transaction.atomic
def move_rung(*, actor: Actor, rung: Rung, up: bool) -> None:
    """Let a rung and its neighbour change places. Raises NotAllowed."""
    require(actor, "collections.configure", rung.company_id)
    held = list(Rung.objects.select_for_update().filter(company=rung.company_id).order_by("ordinal"))
    at = next(n for n, r in enumerate(held) if r.pk == rung.pk)
    other = at + 1 if up else at - 1
    if not 0 <= other < len(held):
        return
    one, two = held[at], held[other]
    one.ordinal, two.ordinal = two.ordinal, one.ordinal
    Rung.objects.bulk_update([one, two], ["ordinal"])
    record(actor=actor, type="rung.moved", company_id=rung.company_id, subject=rung, ordinal=one.ordinal)
