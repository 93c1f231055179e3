"""Advices as lists and as one: what waits to be joined, what is joined, what disagrees with its receipt, what was set aside."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from arops.lib.keyset import Slice, in_order, slice_of
from cashapp.models import Receipt, Remittance, RemittanceJoin, RemittanceLine
from org.actors import Actor
from org.models import Company
from workflow.models import Event, StoredFile

VIEWS = (
    ("join", "To join"), ("joined", "Joined"), ("disagree", "Disagreeing"), ("aside", "Set aside"), ("all", "All"),
)  # fmt: skip
PAGE, SUMMED, COUNTED = 60, 5_000, 10_000
SORTS = {"number": "pk", "total": "total", "paid": "payment_date"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which advices are asked for; what is empty narrows nothing. Amounts in minor units of the advice's currency."""

    view: str = "join"
    text: str = ""
    company: int | None = None
    source: str = ""
    currency: str = ""
    least: int | None = None
    most: int | None = None
    paid_from: date | None = None
    paid_to: date | None = None
    customer: int | None = None
    mail: int | None = None
    file: int | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """By currency: (currency, advices, what they say was paid). None: more than is summed unasked."""

    rows: list[tuple[str, int, int]] | None

    @property
    def count(self) -> int | None:
        """How many; None where there are more than are counted unasked."""
        return None if self.rows is None else sum(n for _, n, _ in self.rows)


def remittances(actor: Actor, wanted: Wanted) -> QuerySet[Remittance]:
    """The advices in sight that are asked for, the latest first."""
    found: Any = of_view(Remittance.objects.visible_to(actor, "cash.view"), wanted.view)
    exact = {
        "company": wanted.company, "source": wanted.source, "currency": wanted.currency, "total__gte": wanted.least,
        "total__lte": wanted.most, "payment_date__gte": wanted.paid_from, "payment_date__lte": wanted.paid_to,
        "customer": wanted.customer, "mail": wanted.mail, "stored_file": wanted.file,
    }  # fmt: skip
    found = found.filter(**{name: value for name, value in exact.items() if value not in (None, "")})
    return _named(found, wanted.text) if wanted.text else found


def of_view(found: Any, view: str) -> Any:
    """Advices of a view, of those given."""
    if view == "join":
        return found.to_join()
    if view == "aside":
        return found.exclude(set_aside="")
    if view == "joined":
        return found.filter(pk__in=_joined().values("remittance"))
    return disagreeing(found) if view == "disagree" else found


def _joined() -> Any:
    return RemittanceJoin.objects.filter(ended_at=None)


def disagreeing(found: Any) -> Any:
    """Of those given: advices whose total is not what came in, or not the sum of their lines, while money of their receipts waits.

    What several advices of one receipt say counts together, and so do the receipts of one advice.
    """
    waiting = found.filter(pk__in=_joined().filter(receipt__open_item__balance__lt=0).values("remittance"), total__isnull=False)
    told = with_sums(waiting)
    beside = ~Q(announced=F("received"))
    within = Q(lines_silent=0) & ~Q(lines_sum=F("total"))
    return told.filter(beside | within)


def with_sums(found: Any) -> Any:
    """Each advice with `received` (its receipts), `announced` (all advices of those receipts), `lines_sum`, `lines_silent` (lines that
    give no amount); null where there are none."""
    own = _joined().filter(remittance=OuterRef("pk"))
    received = own.order_by().values("remittance").annotate(s=Sum("receipt__amount")).values("s")
    beside = (
        _joined().filter(receipt__in=_joined().filter(remittance=OuterRef(OuterRef(OuterRef("pk")))).values("receipt")).values("remittance")
    )
    announced = Remittance.objects.filter(pk__in=beside).order_by().values("company").annotate(s=Sum("total")).values("s")
    lines = RemittanceLine.objects.filter(remittance=OuterRef("pk")).order_by().values("remittance")
    summed = lines.annotate(s=Sum(Coalesce("paid", "adjustment"))).values("s")
    silent = lines.annotate(s=Count("pk", filter=Q(paid=None, adjustment=None))).values("s")
    return found.annotate(
        received=Subquery(received), announced=Subquery(announced), lines_sum=Subquery(summed), lines_silent=Subquery(silent)
    )


def _named(found: Any, text: str) -> Any:
    """By our number, the payer, a number of the payment, or a document that it names."""
    lines = RemittanceLine.objects.filter(reference__iexact=text).values("remittance")
    return found.filter(
        Q(payer_name__icontains=text) | Q(customer__name__icontains=text) | Q(number__iexact=text) | Q(trace__iexact=text)
        | Q(reference__iexact=text) | Q(pk__in=lines)
    )  # fmt: skip


def counts(actor: Actor) -> dict[str, int]:
    """How many advices each view of work holds, up to COUNTED; what is joined or all only grows and isn't counted."""
    seen: Any = Remittance.objects.visible_to(actor, "cash.view")
    return {view: of_view(seen, view).order_by()[:COUNTED].count() for view in ("join", "disagree", "aside")}


def totals(found: QuerySet[Remittance]) -> Totals:
    """Advices and what they say was paid, by currency; of more than SUMMED none."""
    read = list(found.order_by().values_list("currency", "total")[: SUMMED + 1])
    if len(read) > SUMMED:
        return Totals(None)
    sums: dict[str, tuple[int, int]] = {}
    for currency, total in read:
        n, so_far = sums.get(currency, (0, 0))
        sums[currency] = (n + 1, so_far + (total or 0))
    return Totals([(currency, *pair) for currency, pair in sorted(sums.items())])


def page_of(actor: Actor, found: QuerySet[Remittance], after: str = "", size: int = PAGE) -> tuple[list[Remittance], str]:
    """A page of advices, the latest first, each with `shown_joins` (receipts in sight), and the cursor of the next page."""
    slice: Slice = slice_of(found, "pk", down=True, after=after, size=size)
    whole = with_sums(Remittance.objects.all()).select_related("company", "customer", "stored_file").defer("text", "stored_file__content")
    return in_order(whole.prefetch_related(joins_in_sight(actor)), slice.keys), slice.after


def joins_in_sight(actor: Actor) -> "Prefetch[str]":
    """Standing joins with receipts in sight, as `shown_joins`."""
    receipts = Receipt.objects.visible_to(actor, "cash.view").order_by().values("pk")
    standing = _joined().filter(receipt__in=receipts).select_related("receipt__customer", "receipt__open_item").order_by("pk")
    return Prefetch("joins", queryset=standing, to_attr="shown_joins")


def remittance_in_sight(actor: Actor, pk: int, permission: str = "cash.view") -> Remittance | None:
    """An advice with what its page shows."""
    found = with_sums(Remittance.objects.visible_to(actor, permission))
    found = found.select_related("company", "customer", "stored_file", "layout", "mail").defer("stored_file__content")
    return found.prefetch_related("lines", joins_in_sight(actor)).filter(pk=max(0, pk)).first()


def past_joins(actor: Actor, remittance: Remittance) -> Iterable[RemittanceJoin]:
    """Joins that were taken apart again, with receipts in sight."""
    receipts = Receipt.objects.visible_to(actor, "cash.view").order_by().values("pk")
    return RemittanceJoin.objects.filter(remittance=remittance, receipt__in=receipts, ended_at__isnull=False).select_related("receipt")


def advices_of(actor: Actor, receipt: Receipt) -> list[Remittance]:
    """Advices in sight that speak of a receipt."""
    standing = _joined().filter(receipt=receipt).values("remittance")
    return list(Remittance.objects.visible_to(actor, "cash.view").filter(pk__in=standing).order_by("pk"))


def history_of(remittance: Remittance) -> QuerySet[Event]:
    """What was done with the advice, the latest first."""
    return Event.objects.filter(subject_type="cashapp.remittance", subject_id=remittance.pk).order_by("-pk")


def may_have_file(actor: Actor, file: StoredFile) -> bool:
    """Whether the actor may see a file of advices as it came: only if every advice in it is in sight, or he brought it himself."""
    if file.added_by == actor.label:
        return True
    told = Remittance.objects.filter(stored_file=file)
    return not told.exclude(pk__in=Remittance.objects.visible_to(actor, "cash.view").values("pk")).exists() and told.exists()


def file_of(remittance: Remittance) -> StoredFile | None:
    """Its file with the content, or the mail's where it has none of its own."""
    key = remittance.stored_file_id or (remittance.mail.stored_file_id if remittance.mail else None)
    return StoredFile.objects.filter(pk=key).first() if key else None


def companies_of(actor: Actor, permission: str = "cash.view") -> QuerySet[Company]:
    """Companies whose cash the actor sees, or works on."""
    return Company.objects.visible_to(actor, permission).order_by("code")
