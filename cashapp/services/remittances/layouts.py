"""How lists and PDFs of a sender are read: proposed, tried out on a sample, saved under a name, found again by their headings."""

import re
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from arops.lib import codec
from arops.lib.refusal import InputRefused
from arops.lib.sandbox import run_bounded
from cashapp.models import AdviceLayout
from cashapp.readers.advice.layout import AdviceMapping, AdviceProposal
from cashapp.readers.advice.model import AdviceFile
from cashapp.services.errors import CashError
from customers.models import Customer
from org.actors import Actor, require
from org.models import Company
from org.querysets import own_customers
from workflow.services import record

SECONDS, MEMORY_MB = 20, 512
_SENDER = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|@?[^@\s]+\.[^@\s]+")


_MESSAGES = (b"ISA", b"UNA", b"UNB", b"101 ", b"<")
"""How messages begin that are no list, so that they need not be looked at as one."""


class LayoutRefused(CashError):
    """A layout that can't be saved; the message says why."""


@dataclass(frozen=True, slots=True)
class NewLayout:
    """What is saved: whose lists they are (nobody's: anybody's), from which address or domain (empty: any)."""

    name: str
    mapping: AdviceMapping
    fingerprint: str
    kind: str = AdviceLayout.Kind.LIST
    customer: Customer | None = None
    sender: str = ""


def propose_layout(content: bytes, *, currency: str) -> AdviceProposal:
    """How a list or PDF seems to be laid out, with open questions. Raises InputRefused."""
    kwargs = {"currency": currency}
    path = "cashapp.readers.advice.preview.propose"
    found: AdviceProposal = run_bounded(path, content, seconds=SECONDS, memory_mb=MEMORY_MB, kwargs=kwargs)
    return found


def try_layout(content: bytes, mapping: AdviceMapping) -> AdviceFile:
    """The whole sample read by a mapping; nothing is kept. Raises InputRefused with the first line that can't be read."""
    kwargs = {"mapping": mapping}
    path = "cashapp.readers.advice.preview.try_out"
    found: AdviceFile = run_bounded(path, content, seconds=SECONDS, memory_mb=MEMORY_MB, kwargs=kwargs)
    return found


def layouts_of(company: Company) -> QuerySet[AdviceLayout]:
    """Layouts of lists and PDFs that are in use."""
    return AdviceLayout.objects.filter(company=company, is_active=True)


def layout_for(*, company: Company, content: bytes, sender: str = "") -> AdviceLayout | None:
    """The saved layout that this list or PDF has: of the same headings, and of its sender where one is named. None: none, or two that
    are equally good. Costs nothing where no layout is saved."""
    saved = layouts_of(company)
    if content.lstrip().startswith(_MESSAGES) or not saved.exists():
        return None
    try:
        proposal = propose_layout(content, currency=company.base_currency)
    except InputRefused:
        return None
    fits = [x for x in saved.filter(fingerprint=proposal.fingerprint).order_by("-pk") if _from(x.sender, sender)]
    own = [x for x in fits if x.sender] or fits
    return own[0] if own else None


def _from(wanted: str, sender: str) -> bool:
    """Whether a mail of `sender` is one of `wanted`: the address itself, or of the domain."""
    return not wanted or sender.lower() == wanted.lower() or sender.lower().endswith("@" + wanted.lower().lstrip("@"))


@transaction.atomic
def save_layout(*, actor: Actor, company: Company, layout: NewLayout) -> AdviceLayout:
    """Save a layout, or save it anew under a name that is there. Raises LayoutRefused, NotAllowed (cash.import)."""
    require(actor, "cash.import", company.pk)
    name, sender = layout.name.strip()[:100], layout.sender.strip()[:200]
    if not name:
        raise LayoutRefused("give the layout a name, such as the customer’s")
    if sender and not _SENDER.fullmatch(sender):
        raise LayoutRefused(f"{sender} is neither an address nor a domain such as example.com")
    if layout.customer and layout.customer.company_id != company.pk:
        raise LayoutRefused(f"{layout.customer} is a customer of another company")
    there = AdviceLayout.objects.filter(company=company, kind=layout.kind, name=name, is_active=True)
    if there.exists() and not layouts_in_sight(actor).filter(pk__in=there.values("pk")).exists():
        raise LayoutRefused(f"a layout of other people’s customers is called {name}: choose another name")
    values = {
        "mapping": codec.encode(layout.mapping), "fingerprint": layout.fingerprint, "customer": layout.customer, "sender": sender,
        "created_by": actor.label, "is_active": True,
    }  # fmt: skip
    try:
        with transaction.atomic():
            saved, fresh = AdviceLayout.objects.update_or_create(company=company, kind=layout.kind, name=name, defaults=values)
    except IntegrityError:
        raise LayoutRefused(f"somebody saves {name} at this moment: try again") from None
    record(actor=actor, type="advice_layout.saved", company_id=company.pk, subject=saved, name=name, fresh=fresh)
    return saved


def layout_once(*, company: Company, layout: NewLayout) -> AdviceLayout:
    """A layout to read one file by, kept nowhere."""
    return AdviceLayout(company=company, kind=layout.kind, mapping=codec.encode(layout.mapping), customer=layout.customer)


@transaction.atomic
def drop_layout(*, actor: Actor, layout: AdviceLayout) -> None:
    """No longer read lists by a layout; those read by it stay as they are. Raises NotAllowed (cash.import)."""
    require(actor, "cash.import", layout.company_id)
    AdviceLayout.objects.filter(pk=layout.pk).update(is_active=False)
    record(actor=actor, type="advice_layout.dropped", company_id=layout.company_id, subject=layout, name=layout.name)


def layouts_in_sight(actor: Actor) -> QuerySet[AdviceLayout]:
    """Layouts of lists and PDFs in use; where a portfolio is the limit, those of nobody in particular and of its customers."""
    reach = actor.reach("cash.import")
    found = AdviceLayout.objects.filter(is_active=True)
    if not reach.everything:
        own = Q(customer=None) | own_customers(reach, "customer__collector_id")
        found = found.filter(Q(company_id__in=reach.companies) | (Q(company_id__in=reach.portfolios) & own))
    return found.select_related("company", "customer").order_by("company__code", "name")
