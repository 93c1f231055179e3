"""Whose an advice is: by the account it names, by names that we know, by the documents it speaks of."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from cashapp import engine
from cashapp.engine.payers import Identity, PayerBook, PayerLevel
from cashapp.engine.references import key
from cashapp.readers.advice.model import Advice
from cashapp.selectors.payers import payers_of
from ledger.models import OpenItem

_NO_DAY = date(2000, 1, 1)
_OTHERS = "its documents belong to another customer than the payer that it names"


@dataclass(frozen=True, slots=True)
class Whose:
    """The customer who pays, where it is clear; what is odd about it, naming nobody (whoever reads it may not know the other)."""

    customer_id: int | None
    note: str = ""


def whose(company_id: int, advices: Sequence[Advice]) -> list[Whose]:
    """Who pays each of the advices, in four queries however many there are. Nobody where the evidence leaves a doubt."""
    book = PayerBook(payers_of(company_id))
    owners = _owners(company_id, {line.reference for advice in advices for line in advice.lines if line.reference})
    policy = engine.Policy()
    return [
        _decide(book.identify(_as_receipt(advice), policy), {o for line in advice.lines for o in owners.get(key(line.reference), ())}, book)
        for advice in advices
    ]


def _as_receipt(advice: Advice) -> engine.Receipt:
    return engine.Receipt(
        0, max(1, advice.total or 1), advice.currency, advice.payment_date or _NO_DAY, advice.payer_name, advice.payer_account, advice.text
    )


def _owners(company_id: int, references: Iterable[str]) -> dict[str, set[int]]:
    """Key of a document's number → the customers who bear one of that number."""
    wanted = {form for said in references for form in (said.strip(), said.strip().upper()) if form}
    found: dict[str, set[int]] = defaultdict(set)
    rows = OpenItem.objects.filter(company=company_id, number__in=wanted, customer__isnull=False).exclude(kind="receipt")
    for number, customer in rows.values_list("number", "customer").distinct():
        found[key(number)].add(customer)
    return found


def _decide(identity: Identity, owners: set[int], book: PayerBook) -> Whose:
    named = identity.customers
    if identity.level is PayerLevel.KNOWN or (identity.level is PayerLevel.NAME and not owners):
        payer = named[0]
        return Whose(payer, "" if all(book.related(payer, o) for o in owners) else _OTHERS)
    if len(owners) == 1 and (not named or owners & set(named)):
        return Whose(next(iter(owners)))
    if identity.level is PayerLevel.NAME:
        return Whose(named[0], "" if all(book.related(named[0], o) for o in owners) else _OTHERS)
    return _by_documents(owners, book)


def _by_documents(owners: set[int], book: PayerBook) -> Whose:
    """One owner is the payer; several of one group are paid for by its top."""
    if len(owners) == 1:
        return Whose(next(iter(owners)))
    roots = {book.root(o) for o in owners}
    if len(roots) == 1:
        return Whose(next(iter(roots)))
    return Whose(None, "its documents belong to several customers" if owners else "")
