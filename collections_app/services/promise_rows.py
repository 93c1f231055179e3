"""Promises as rows from another system: read, looked up, given; an outcome for each row. The same word again is known as such."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from arops.lib.rows import Fields, Problem, amount, currency, day, read_row, reference, text
from collections_app.models import Promise
from collections_app.services.promises import MOST_PARTS, Instalment, PromiseError, give_promise
from customers.models import Customer
from customers.services.master import Saved
from customers.services.saving import Customers, save_rows
from ledger.models import OpenItem
from org.actors import Actor

GIVE = "promises.give"
MOST_ITEMS = 500
NEEDED = ("customer", "currency", "amount", "due_date")


def save_promises(
    rows: Sequence[Any], *, actor: Actor, source_system: str, today: date, atomic: bool = False, dry_run: bool = False
) -> list[Saved]:
    """Give promises by rows: customer, amount, day, open items by number or id (without any, all that are open in the currency), perhaps
    instalments. A row that says what an open promise of the items says already is unchanged."""
    named = Customers(rows, actor=actor, permission=GIVE, source_system=source_system)
    return save_rows(rows, lambda index, row: _save(index, row, named, actor, today), atomic=atomic, dry_run=dry_run)


def _fields(code: Any) -> Fields:
    known = code if isinstance(code, str) and len(code) == 3 else ""
    return {
        "company": text(20, needed=True), "customer": reference, "currency": currency, "amount": amount(known, least=1), "due_date": day,
        "note": text(2_000),
    }  # fmt: skip


def _save(index: int, row: Any, named: Customers, actor: Actor, today: date) -> Saved:
    code = row.get("currency") if isinstance(row, Mapping) else ""
    values, problems = read_row(row, _fields(code), frozenset({"items", "instalments"}), NEEDED)
    parts = _parts(row.get("instalments"), _fields(code), problems) if isinstance(row, Mapping) else []
    customer = named.find(row) if not problems else None
    if isinstance(customer, Problem):
        problems.append(customer)
    if problems or not isinstance(customer, Customer):
        return Saved(index, None, "rejected", None, tuple(problems))
    items = _items(row.get("items"), customer, values["currency"], problems)
    if problems:
        return Saved(index, None, "rejected", None, tuple(problems))
    if (same := _given_before(customer, items, parts, values)) is not None:
        return Saved(index, None, "unchanged", same)
    try:
        made = give_promise(
            actor=actor, customer=customer, items=items, amount=values["amount"], due_on=values["due_date"], today=today,
            note=values.get("note", ""), instalments=parts,
        )  # fmt: skip
    except PromiseError as refusal:
        where = f"/{refusal.field}" if refusal.field else ""
        return Saved(index, None, "rejected", None, (Problem(where, "refused", str(refusal)),))
    return Saved(index, None, "created", made.pk)


def _parts(said: Any, fields: Fields, problems: list[Problem]) -> list[Instalment]:
    if said is None:
        return []
    if not isinstance(said, list) or len(said) > MOST_PARTS:
        words = f"instalments is a list of at most {MOST_PARTS} objects with due_date and amount"
        problems.append(Problem("/instalments", "invalid", words))
        return []
    found = []
    for n, part in enumerate(said):
        wanted = {name: fields[name] for name in ("due_date", "amount")}
        values, wrong = read_row(part, wanted, required=("due_date", "amount"), pointer=f"/instalments/{n}")
        problems += wrong
        if not wrong and values.get("amount"):
            found.append(Instalment(values["due_date"], values["amount"]))
    return found


def _items(said: Any, customer: Customer, code: str, problems: list[Problem]) -> list[OpenItem]:
    open_items = OpenItem.objects.filter(customer=customer, currency=code, balance__gt=0).order_by("due_date", "pk")
    if said is None:
        return list(open_items)
    if not isinstance(said, list) or not 1 <= len(said) <= MOST_ITEMS or not all(isinstance(one, str) for one in said):
        problems.append(Problem("/items", "invalid", f"items is a list of 1 to {MOST_ITEMS} ids or numbers of open items"))
        return []
    found = []
    there = {name: item for item in open_items for name in (item.number, f"itm_{item.pk}")}
    for n, one in enumerate(said):
        if one in there:
            found.append(there[one])
        else:
            problems.append(Problem(f"/items/{n}", "missing_reference", f"{one[:60]} is no open item of this customer in {code}"))
    return found


def _given_before(
    customer: Customer, items: Sequence[OpenItem], parts: Sequence[Instalment], values: Mapping[str, Any]
) -> int | None:  # fmt: skip
    """The open promise of just this amount by just this day, in the same parts, whose items are all among these."""
    same = Promise.objects.open().filter(
        customer=customer, currency=values["currency"], amount=values["amount"], due_on=values["due_date"]
    )  # fmt: skip
    wanted = {item.pk for item in items}
    for promise in same.prefetch_related("items", "instalments"):
        found = [Instalment(part.due_on, part.amount) for part in promise.instalments.all()]
        if found == list(parts) and {item.open_item_id for item in promise.items.all()} <= wanted:
            return promise.pk
    return None
