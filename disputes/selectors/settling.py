"""Reading what settling needs: whose sign-off a rule asks for, what was allowed or paid before, what waits for whom."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from disputes.models import Dispute, Settlement, SignOff, SignOffRule
from disputes.policy.settling import WAYS
from disputes.selectors.settled import Settled, settled_since
from ledger.models import Entry, OpenItem
from org.actors import Actor
from org.models import Department, Membership, User
from workflow.models import Attachment

UNDER_WAY = (Settlement.State.SIGNING, Settlement.State.WAITING)
ALLOWING = ("credited", "goodwill", "rebilled")
"""Ways to settle that allow something to the customer."""


@dataclass(frozen=True, slots=True)
class Needed:
    """A sign-off that a settlement needs, and who could give it."""

    department: Department
    people: tuple[User, ...]

    @property
    def names(self) -> str:
        """Who could give it, in a few words."""
        named = [person.name for person in self.people[:3]]
        rest = len(self.people) - len(named)
        return ", ".join(named) + (f" or {rest} more" if rest else "") or "nobody: a person of the department needs a role there"


def sign_offs_needed(case: Dispute, resolution: str, amount: int, asker: str) -> list[Needed]:
    """The departments whose word a settlement needs by the company's rules, and their people without whoever asks. Where nothing is
    allowed, what is in dispute is at stake."""
    at_stake = amount or case.amount
    rules = SignOffRule.objects.filter(company=case.company_id, currency=case.currency, from_amount__lte=at_stake)
    rules = rules.filter(Q(stage="") | Q(stage=case.origin) if case.origin else Q(stage=""))
    wanted = Q(resolution=resolution) | (Q(resolution="") if WAYS[resolution].costs else Q(pk__in=[]))
    departments = Department.objects.filter(pk__in=rules.filter(wanted).values("department")).order_by("name")
    people = people_of([department.pk for department in departments], asker)
    return [Needed(department, tuple(people.get(department.pk, ()))) for department in departments]


def people_of(departments: Collection[int], asker: str = "") -> dict[int, list[User]]:
    """Who could sign for each department: its active people who answer for it in its company; never whoever asks."""
    rows = Membership.objects.filter(department__in=departments, user__is_active=True).select_related("user")
    found: dict[int, list[User]] = {}
    for row in rows.prefetch_related("user__memberships").order_by("user__name", "user_id"):
        known = found.setdefault(row.department_id or 0, [])
        if row.user.label != asker and row.user not in known and row.user.can("tasks.answer", row.company_id):
            known.append(row.user)
    return found


def allowed_before(case: Dispute) -> int:
    """What earlier settlements of the case allowed and what still stands: a write-off that was taken back doesn't count."""
    done = Settlement.objects.filter(dispute=case, state=Settlement.State.DONE, resolution__in=ALLOWING)
    undone = Entry.objects.filter(pk=OuterRef("approval__result_id"), reversed_by__isnull=False)
    standing = done.exclude(Q(approval__result_type="ledger.entry") & Exists(undone))
    return int(standing.aggregate(total=Sum("amount"))["total"] or 0)


def paid_of(case: Dispute) -> int:
    """What of the contested amount was paid since the case was opened: money that came in for the item meanwhile, as far as less of it is
    open than is contested."""
    item = OpenItem.objects.get(pk=case.open_item_id)
    contested = Dispute.objects.all().open().filter(open_item=item).aggregate(total=Sum("amount"))["total"] or 0
    moment = (item.pk, case.created_at)
    return max(0, min(case.amount, contested - item.balance, settled_since([moment]).get(moment, Settled()).paid))


def evidence_of(case: Dispute) -> list[Attachment]:
    """Files that a settlement may enclose: those beside the case, and those beside its document."""
    about = Q(subject_type="disputes.dispute", subject_id=case.pk)
    if case.invoice_id:
        about |= Q(subject_type="invoicing.invoice", subject_id=case.invoice_id)
    return list(Attachment.objects.filter(about, removed_at=None).select_related("file").defer("file__content").order_by("pk"))


def settlements_of(case: Dispute) -> list[Settlement]:
    """How the case was to be settled, the latest first, each with its sign-offs."""
    found = Settlement.objects.filter(dispute=case).select_related("approval", "message")
    return list(found.prefetch_related("sign_offs__department").order_by("-pk"))


def sign_offs_of(user: Actor, *, waiting: bool = True) -> QuerySet[SignOff]:
    """Sign-offs of one's own departments, those that wait or those that were given or refused."""
    found = SignOff.objects.visible_to(user, "tasks.answer").select_related(
        "department", "settlement__dispute__company", "settlement__dispute__customer", "settlement__dispute__open_item"
    )
    state = Q(state=SignOff.State.WAITING)
    return found.filter(state).order_by("pk") if waiting else found.exclude(state).order_by("-pk")


def sign_offs_waiting(user: Actor) -> int:
    """How many sign-offs wait for the person."""
    return sign_offs_of(user).exclude(asked_by=user.label).count()


def labels_in(settlements: Iterable[Settlement]) -> set[str]:
    """Everybody who is named in these settlements."""
    rows = list(settlements)
    signed = {sign.signed_by for row in rows for sign in row.sign_offs.all() if sign.signed_by}
    return {row.requested_by for row in rows} | {row.approval.decided_by for row in rows if row.approval} | signed
