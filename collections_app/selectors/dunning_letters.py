"""A letter as it was decided, read back from its row; and whether what it asks for is still so."""

from collections.abc import Iterable
from datetime import date

from collections_app.models import DunningLetter
from collections_app.policy.dunning import Account, Asked, Debit, Decision
from collections_app.selectors.dunning import Case, debits_of


def case_of(letter: DunningLetter) -> Case:
    """The letter's case: what is asked for as its row says; what else is open, as of now."""
    now_open = debits_of([letter.customer_id]).get((letter.customer_id, letter.currency), [])
    known = {debit.item_id: debit for debit in now_open}
    asked = tuple(_asked(item, known.get(item["id"])) for item in letter.items)
    account = Account(letter.customer_id, letter.currency, tuple(now_open), credits=sum(a.covered for a in asked))
    decision = Decision(account, letter.level, asked, letter.cycle, letter.days_past_due, letter.held_out)
    return Case(letter.customer, decision, letter.step, tuple(letter.message.recipients) if letter.message else ())


def _asked(item: dict[str, object], known: Debit | None) -> Asked:
    """What is asked for of an item: the amounts are those of the row, whatever became of it since."""
    due = date.fromisoformat(str(item["due"]))
    dated = date.fromisoformat(str(item["dated"])) if "dated" in item else known.document_date if known else due
    debit = Debit(
        _int(item["id"]), str(item["number"]), dated, due, _int(item.get("amount", item["balance"])), _int(item["balance"]),
        _int(item["disputed"]), _int(item["promised"]), offered=_int(item.get("offered", 0)),
    )  # fmt: skip
    return Asked(debit, _int(item["asked"]), _int(item["covered"]), _int(item["days"]))


def _int(value: object) -> int:
    return int(str(value))


def outdated(letters: Iterable[DunningLetter]) -> set[int]:
    """Keys of letters of which something was paid, credited, disputed, promised or offered in a plan since they were written: they ask for
    too much."""
    rows = list(letters)
    now_open = debits_of({letter.customer_id for letter in rows})
    left = {debit.item_id: debit.chaseable for debits in now_open.values() for debit in debits}
    return {letter.pk for letter in rows if any(left.get(i["id"], 0) < i["asked"] + i["covered"] for i in letter.items)}
