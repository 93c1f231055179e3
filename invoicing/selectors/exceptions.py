"""The queue of exceptions: what the check holds, what it cleared, what waits for a department's answer, what was issued with findings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Case, Count, Exists, Max, OuterRef, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Abs

from invoicing.checks import BY_CODE, ORIGINS
from invoicing.models import Draft, Finding, Invoice
from org.actors import Actor
from org.models import User
from workflow.models import Task

VIEWS = (
    ("held", "Held"), ("asked", "Asked"), ("answered", "Answered"), ("clear", "Ready to issue"), ("issued", "Issued with findings"),
    ("discarded", "Put aside"),
)  # fmt: skip
SORTS = {"stake": "at_stake", "age": "held_since", "customer": "customer__name", "number": "number", "total": "total"}
_ANSWERED = (Task.State.ANSWERED, Task.State.HANDED_BACK)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the queue is narrowed; what is empty narrows nothing."""

    view: str = "held"
    text: str = ""
    origin: str = ""
    rule: str = ""
    owner: str = ""
    company: str = ""
    sort: str = "-stake"


@dataclass(frozen=True, slots=True)
class Held:
    """A row of the queue: a draft, or an issued invoice, with what was found in it, the gravest first."""

    document: Draft | Invoice
    findings: Sequence[Finding] = field(default_factory=tuple)

    @property
    def is_draft(self) -> bool:
        """Whether it isn't issued yet."""
        return isinstance(self.document, Draft)

    @property
    def first(self) -> Finding | None:
        """The finding that says most about it."""
        return self.findings[0] if self.findings else None

    @property
    def words(self) -> str:
        """Its reason, in a line."""
        return self.first.words if self.first else ""

    @property
    def origins(self) -> list[str]:
        """Where it went wrong, each point once."""
        return list(dict.fromkeys(ORIGINS.get(f.origin, f.origin) for f in self.findings))

    @property
    def at_stake(self) -> int:
        """Minor units at risk."""
        if isinstance(self.document, Draft):
            return int(self.document.at_stake)
        risky = [f for f in self.findings if f.state == Finding.State.OPEN]
        whole = any(f.severity == "block" and not f.effect for f in risky)
        return int(self.document.total) if whole else min(int(self.document.total), sum(abs(f.effect) for f in risky))

    @property
    def since(self) -> datetime | None:
        """Since when it waits."""
        return self.document.held_since if isinstance(self.document, Draft) else self.document.issued_at

    @property
    def owner(self) -> Any:
        """Whose it is."""
        return self.document.owner if isinstance(self.document, Draft) else None

    @property
    def task(self) -> Task | None:
        """The question that was asked about it last."""
        return next((f.task for f in reversed(self.findings) if f.task), None)

    def days(self, today: date) -> int | None:
        """How many days it has waited."""
        return (today - self.since.date()).days if self.since else None


def drafts_in_view(actor: Actor, wanted: Wanted) -> QuerySet[Draft]:
    """Drafts in sight that the view and the filters mean."""
    found: Any = Draft.objects.visible_to(actor, "invoices.view").filter(_state(wanted.view))
    if wanted.view in ("asked", "answered"):
        states = (Task.State.OPEN,) if wanted.view == "asked" else _ANSWERED
        found = found.filter(Exists(_open_findings().filter(task__state__in=states)))
    if wanted.view == "discarded":
        found = found.exclude(pushed_hash="")
    return _narrowed(found, wanted, actor, "draft")


def _state(view: str) -> Q:
    if view in ("held", "asked", "answered"):
        return Q(state=Draft.State.HELD)
    return Q(state=Draft.State.DISCARDED if view == "discarded" else Draft.State.CLEAR)


def _open_findings(of: str = "draft") -> QuerySet[Finding]:
    return Finding.objects.filter(**{of: OuterRef("pk")}, state=Finding.State.OPEN)


def _narrowed(found: Any, wanted: Wanted, actor: Actor, of: str) -> Any:
    if wanted.company:
        found = found.filter(company__code=wanted.company)
    if wanted.text:
        named = Q(number__icontains=wanted.text) | Q(customer__name__icontains=wanted.text) | Q(customer__number__istartswith=wanted.text)
        found = found.filter(named)
    about = {name: value for name, value in (("origin", wanted.origin), ("rule", wanted.rule)) if value}
    if about:
        findings = Finding.objects.filter(**{of: OuterRef("pk")}, **about).exclude(state=Finding.State.FIXED)
        found = found.filter(Exists(findings))
    if of == "draft" and wanted.owner:
        mine = {"me": Q(owner=actor.reach().person_id), "nobody": Q(owner=None)}.get(wanted.owner)
        found = found.filter(mine if mine is not None else Q(owner=int(wanted.owner) if wanted.owner.isdecimal() else 0))
    return found


def invoices_in_view(actor: Actor, wanted: Wanted) -> QuerySet[Invoice]:
    """Issued invoices in sight with findings that nobody decided about."""
    found: Any = Invoice.objects.visible_to(actor, "invoices.view")
    return _narrowed(found.filter(Exists(_open_findings("invoice"))), wanted, actor, "invoice")  # type: ignore[no-any-return]


def rows_of(actor: Actor, wanted: Wanted, limit: int) -> list[Held]:
    """The first rows of the view, in its order, with what was found."""
    down, path = wanted.sort.startswith("-"), SORTS.get(wanted.sort.lstrip("-"), "at_stake")
    order = "-" if down else ""
    found: Any
    if wanted.view == "issued":
        path = {"at_stake": "total", "held_since": "issued_at"}.get(path, path)
        found = invoices_in_view(actor, wanted).select_related("company", "customer", "open_item")
        return _with_findings(list(found.order_by(f"{order}{path}", "-pk")[:limit]), "invoice")
    found = drafts_in_view(actor, wanted).select_related("company", "customer", "owner")
    return _with_findings(list(found.order_by(f"{order}{path}", "pk")[:limit]), "draft")


def _with_findings(documents: Sequence[Any], of: str) -> list[Held]:
    known: dict[int, list[Finding]] = {}
    for finding in standing(Finding.objects.filter(**{f"{of}__in": documents})):
        known.setdefault(getattr(finding, f"{of}_id"), []).append(finding)
    return [Held(d, known.get(d.pk, ())) for d in documents]


def standing(found: QuerySet[Finding]) -> list[Finding]:
    """Findings that weren't fixed: open before decided, grave before light, dear before cheap."""
    rows = found.exclude(state=Finding.State.FIXED).select_related("task__department", "draft", "invoice")
    return sorted(rows, key=_gravity)


def _gravity(finding: Finding) -> tuple[bool, int, int, int]:
    whole = 0 if finding.severity == "block" and not finding.effect else 1
    return finding.state != Finding.State.OPEN, ("block", "warn", "note").index(finding.severity), -abs(finding.effect) * whole, finding.pk


def totals(actor: Actor, wanted: Wanted) -> list[tuple[str, int, int, int]]:
    """(currency, documents, at stake, total) of the whole view: the sums of its rows."""
    if wanted.view == "issued":
        found: Any = invoices_in_view(actor, wanted).order_by().values("currency").annotate(n=Count("pk"), t=Sum("total"))
        stakes = _issued_stakes(invoices_in_view(actor, wanted))
        return [(r["currency"], r["n"], stakes.get(r["currency"], 0), r["t"]) for r in found.order_by("currency")]
    sums: Any = drafts_in_view(actor, wanted).order_by().values("currency").annotate(n=Count("pk"), s=Sum("at_stake"), t=Sum("total"))
    return [(r["currency"], r["n"], r["s"], r["t"]) for r in sums.order_by("currency")]


def _issued_stakes(invoices: QuerySet[Invoice]) -> dict[str, int]:
    """Minor units at risk by currency in issued documents, each as its row says it (`Held.at_stake`)."""
    whole = Max(Case(When(severity="block", effect=0, then=Value(1)), default=Value(0)))
    rows: Any = Finding.objects.filter(invoice__in=invoices, state=Finding.State.OPEN).order_by()
    sums: dict[str, int] = {}
    for row in rows.values("invoice_id", "currency", "invoice__total").annotate(e=Sum(Abs("effect")), whole=whole):
        total = row["invoice__total"]
        sums[row["currency"]] = sums.get(row["currency"], 0) + (total if row["whole"] else min(total, row["e"]))
    return sums


def counts(actor: Actor) -> dict[str, int]:
    """How many documents each view holds, unfiltered."""
    found = {code: drafts_in_view(actor, Wanted(view=code)).count() for code, _ in VIEWS if code != "issued"}
    return found | {"issued": invoices_in_view(actor, Wanted(view="issued")).count()}


def rules_in_use(actor: Actor) -> list[tuple[str, str]]:
    """Rules that stand against something in sight, by code and label."""
    seen: Any = Finding.objects.visible_to(actor, "invoices.view").open()
    codes = seen.order_by().values_list("rule", flat=True).distinct()
    return sorted(((code, rule_label(code)) for code in codes), key=lambda pair: pair[1])


def rule_label(code: str) -> str:
    """What people call a rule."""
    return BY_CODE[code].label if code in BY_CODE else code.replace("_", " ")


def findings_of(invoice: Invoice) -> list[Finding]:
    """What stands against an issued invoice: found in it, or in the draft it was."""
    return standing(Finding.objects.filter(Q(invoice=invoice) | Q(draft__invoice=invoice)))


def people(actor: Actor) -> Iterable[Any]:
    """Owners of exceptions in sight."""
    seen: Any = Draft.objects.visible_to(actor, "invoices.view").held()
    return User.objects.filter(pk__in=seen.exclude(owner=None).values("owner")).order_by("name")
