"""The classes of receipts the generator knows: each draws a customer, items, an amount and a text, and says what was meant."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from cashapp.engine.model import Candidate, Reference
from cashapp.engine.synthetic import Paid, Source
from cashapp.engine.synthetic_text import damaged, number_text, remittance, short_list


@dataclass(frozen=True, slots=True)
class Draft:
    """A receipt before the bank has had it. `payer` is who sends the money (None: nobody we know), `customer` whose debt he pays."""

    payer: int | None
    customer: int | None
    amount: int
    text: str
    paid: Paid
    structured: tuple[Reference, ...] = ()
    day: date | None = None
    keep_account: bool = True


def _in_full(items: Sequence[Candidate]) -> Paid:
    return {i.id: (i.balance, 0, 0) for i in items}


def _total(items: Sequence[Candidate]) -> int:
    return sum(i.balance for i in items)


def _draft(source: Source, customer: int, items: Sequence[Candidate], numbers: Sequence[str]) -> Draft:
    amount = _total(items)
    return Draft(customer, customer, amount, remittance(source.rng, numbers, amount), _in_full(items))


def _any(items: list[Candidate]) -> bool:
    return True


def _two(items: list[Candidate]) -> bool:
    return len(items) > 1


def _one(source: Source) -> tuple[int, Candidate]:
    customer, items = source.customer(_any)
    return customer, source.rng.choice(items[:12])


def _plain(items: list[Candidate]) -> list[Candidate]:
    return [i for i in items if not i.disputed]


def one_named(source: Source) -> Draft:
    customer, item = _one(source)
    return _draft(source, customer, [item], [number_text(source.rng, item.number)])


def one_structured(source: Source) -> Draft:
    customer, item = _one(source)
    stated = item.balance if source.rng.random() < 0.7 else None
    text = remittance(source.rng, [], item.balance)
    return Draft(customer, customer, item.balance, text, _in_full([item]), (Reference(item.number, stated),))


def several_structured(source: Source) -> Draft:
    customer, items = source.customer(_two)
    chosen = source.some(items, 2, 12)
    with_amounts = source.rng.random() < 0.8
    lines = tuple(Reference(i.number, i.balance if with_amounts else None) for i in chosen)
    return Draft(customer, customer, _total(chosen), "", _in_full(chosen), lines)


def several_named(source: Source) -> Draft:
    customer, items = source.customer(_two)
    chosen = source.some(items, 2, 6)
    return _draft(source, customer, chosen, short_list(source.rng, [i.number for i in chosen]))


def list_cut(source: Source) -> Draft:
    customer, items = source.customer(lambda i: len(i) > 3)
    chosen = source.some(items, 4, 8)
    text = " ".join(i.number for i in chosen)
    lengths = [n for n in (27, 35, 65, 70, 140) if n < len(text)]
    cut = text[: source.rng.choice(lengths)] if lengths else text
    return Draft(customer, customer, _total(chosen), cut, _in_full(chosen))


def one_damaged(source: Source) -> Draft:
    customer, item = _one(source)
    return _draft(source, customer, [item], [damaged(source.rng, item.number)])


def several_damaged(source: Source) -> Draft:
    customer, items = source.customer(_two)
    chosen = source.some(items, 2, 5)
    numbers = [i.number for i in chosen]
    n = source.rng.randrange(len(numbers))
    numbers[n] = damaged(source.rng, numbers[n])
    return _draft(source, customer, chosen, numbers)


def order_number(source: Source) -> Draft:
    customer, items = source.customer(lambda i: any(x.po_number for x in i))
    item = source.rng.choice([i for i in items if i.po_number])
    return _draft(source, customer, [item], [item.po_number])


def one_unnamed(source: Source) -> Draft:
    customer, item = _one(source)
    return _draft(source, customer, [item], [])


def whole_balance(source: Source) -> Draft:
    def wanted(items: list[Candidate]) -> bool:
        everything = source.world.by_customer[items[0].customer_id]
        return 1 < len(everything) < 15 and _total(everything) > 0 and not source.used.intersection(i.id for i in everything)

    customer, _ = source.customer(wanted)
    return _draft(source, customer, source.world.by_customer[customer], [])


def all_due(source: Source) -> Draft:
    today = source.world.today

    def due(items: list[Candidate]) -> list[Candidate]:
        return [i for i in source.world.by_customer[items[0].customer_id] if i.due_date <= today and i.balance > 0]

    def wanted(items: list[Candidate]) -> bool:
        return 1 < len(due(items)) < 25 and not source.used.intersection(i.id for i in due(items))

    customer, items = source.customer(wanted)
    chosen = due(items)
    return Draft(customer, customer, _total(chosen), remittance(source.rng, [], 0), _in_full(chosen), day=today)


def some_unnamed(source: Source) -> Draft:
    customer, items = source.customer(lambda i: len(i) > 3)
    return _draft(source, customer, source.some(items, 2, 4), [])


def _with_discount(source: Source, days: Sequence[int]) -> tuple[int, list[Candidate], date]:
    customer, items = source.customer(lambda i: any(x.discount_until for x in i))
    item = source.rng.choice([i for i in items if i.discount_until])
    assert item.discount_until is not None
    day = item.discount_until + timedelta(days=source.rng.choice(days))
    same = [i for i in items if i.discount_until == item.discount_until]
    return customer, same if source.rng.random() < 0.5 else [item], day


def discount_in_time(source: Source) -> Draft:
    customer, items, day = _with_discount(source, range(-6, 3))
    paid = {i.id: (i.balance - i.discount_amount, i.discount_amount, 0) for i in items}
    amount = sum(cash for cash, _, _ in paid.values())
    numbers = [number_text(source.rng, i.number) for i in items] if source.rng.random() < 0.8 else []
    return Draft(customer, customer, amount, remittance(source.rng, numbers, amount), paid, day=day)


def discount_late(source: Source) -> Draft:
    customer, items, day = _with_discount(source, range(5, 25))
    paid = {}
    for item in items:
        forgiven = len(items) == 1 and item.discount_amount <= min(500, item.balance // 200)
        paid[item.id] = (item.balance - item.discount_amount, 0, item.discount_amount if forgiven else 0)
    amount = sum(cash for cash, _, _ in paid.values())
    return Draft(customer, customer, amount, remittance(source.rng, [i.number for i in items], amount), paid, day=day)


def _netted(source: Source) -> tuple[int, list[Candidate]]:
    def credits(customer: int) -> list[Candidate]:
        return [i for i in source.world.by_customer[customer] if i.balance < 0 and i.id not in source.used]

    customer, items = source.customer(lambda i: bool(credits(i[0].customer_id)) and len(i) > 1)
    credit = source.rng.choice(credits(customer))
    chosen = source.some(items, 1, 3)
    while _total(chosen) + credit.balance <= 0:
        chosen = items[: len(chosen) + 1]
        if len(chosen) == len(items):
            break
    return customer, [*chosen, credit] if _total(chosen) + credit.balance > 0 else chosen


def credit_named(source: Source) -> Draft:
    customer, chosen = _netted(source)
    return _draft(source, customer, chosen, [i.number for i in chosen])


def credit_unnamed(source: Source) -> Draft:
    customer, chosen = _netted(source)
    return _draft(source, customer, chosen, [i.number for i in chosen if i.balance > 0])


def _one_changed(source: Source, change: Callable[[Random, int], int]) -> Draft:
    customer, items = source.customer(lambda i: bool(_plain(i)))
    item = source.rng.choice(_plain(items)[:12])
    amount = max(change(source.rng, item.balance), 100)
    text = remittance(source.rng, [number_text(source.rng, item.number)], amount)
    return Draft(customer, customer, amount, text, {item.id: (min(amount, item.balance), 0, 0)})


def short_payment(source: Source) -> Draft:
    return _one_changed(source, lambda rng, owed: owed - max(600, owed * rng.randint(2, 40) // 100) if owed > 2000 else owed)


def _transposed(rng: Random, owed: int) -> int:
    digits = list(str(owed))
    places = [i for i in range(len(digits) - 1) if digits[i] != digits[i + 1] and not (i == 0 and digits[1] == "0")]
    if places:
        i = rng.choice(places)
        digits[i], digits[i + 1] = digits[i + 1], digits[i]
    return int("".join(digits))


def typed_wrongly(source: Source) -> Draft:
    draft = _one_changed(source, _transposed)
    [(item_id, (cash, _, _))] = draft.paid.items()
    owed = next(i.balance for i in source.free[draft.customer or 0] if i.id == item_id)
    missing = owed - draft.amount
    if 0 < missing <= min(500, owed // 200):
        return Draft(draft.payer, draft.customer, draft.amount, draft.text, {item_id: (cash, 0, missing)})
    return draft


def overpaid(source: Source) -> Draft:
    return _one_changed(source, lambda rng, owed: owed + rng.randint(600, 50_000))


def bank_charges(source: Source) -> Draft:
    customer, items = source.customer(lambda i: any(x.balance > 300_000 and not x.disputed for x in i))
    item = source.rng.choice([i for i in items if i.balance > 300_000 and not i.disputed])
    fee = source.rng.randint(1, min(500, item.balance // 200))
    text = remittance(source.rng, [item.number], item.balance - fee)
    return Draft(customer, customer, item.balance - fee, text, {item.id: (item.balance - fee, 0, fee)})


def disputed_left_out(source: Source) -> Draft:
    customer, items = source.customer(lambda i: any(x.disputed for x in i))
    item = source.rng.choice([i for i in items if i.disputed])
    amount = item.balance - item.disputed
    return Draft(customer, customer, amount, remittance(source.rng, [item.number], amount), {item.id: (amount, 0, 0)})


def parent_pays(source: Source) -> Draft:
    parents = {child: parent for parent, children in source.world.children.items() for child in children}
    customer, items = source.customer(lambda i: i[0].customer_id in parents)
    chosen = source.some(items, 1, 3)
    named = source.rng.random() < 0.8
    draft = _draft(source, customer, chosen, [number_text(source.rng, i.number) for i in chosen] if named else [])
    return Draft(parents[customer], customer, draft.amount, draft.text, draft.paid)


def third_party(source: Source) -> Draft:
    customer, items = source.customer(_any)
    chosen = source.some(items, 1, 2)
    draft = _draft(source, customer, chosen, [i.number for i in chosen])
    return Draft(None, customer, draft.amount, draft.text, draft.paid)


def second_payment(source: Source) -> Draft:
    customer, _ = source.customer(lambda i: bool(source.world.closed[i[0].customer_id]))
    item = source.rng.choice(source.world.closed[customer])
    numbers = [number_text(source.rng, item.number)] if source.rng.random() < 0.9 else []
    return Draft(customer, customer, item.balance, remittance(source.rng, numbers, item.balance), {})


def stranger(source: Source) -> Draft:
    rng = source.rng
    amount = rng.choice(source.world.candidates).balance if rng.random() < 0.3 else rng.randrange(1000, 500_000)
    amount = abs(amount)
    return Draft(None, None, amount, rng.choice(("TAX REFUND", "INTEREST", "INSURANCE CLAIM 88123", remittance(rng, [], amount))), {})


def twins(source: Source) -> Draft:
    def repeated(items: list[Candidate]) -> list[Candidate]:
        seen = [i.balance for i in items]
        return [i for i in items if seen.count(i.balance) > 1]

    customer, items = source.customer(lambda i: bool(repeated(i)))
    return _draft(source, customer, [source.rng.choice(repeated(items))], [])


def wrong_document(source: Source) -> Draft:
    customer, item = _one(source)
    other = source.rng.choice(source.world.candidates)
    return _draft(source, customer, [item], [other.number])


CLASSES: dict[str, Callable[[Source], Draft]] = {
    "one item, named": one_named,
    "one item, structured": one_structured,
    "several items, structured": several_structured,
    "several items, all named": several_named,
    "several items, list cut off": list_cut,
    "one item, damaged reference": one_damaged,
    "several items, one reference damaged": several_damaged,
    "purchase order instead of number": order_number,
    "one item, nothing named": one_unnamed,
    "whole balance, nothing named": whole_balance,
    "all that is due, nothing named": all_due,
    "some items, nothing named": some_unnamed,
    "discount in time": discount_in_time,
    "discount too late": discount_late,
    "credit netted, named": credit_named,
    "credit netted, not named": credit_unnamed,
    "short payment, named": short_payment,
    "amount typed wrongly, named": typed_wrongly,
    "overpaid, named": overpaid,
    "bank charges deducted": bank_charges,
    "disputed part left out": disputed_left_out,
    "parent pays child": parent_pays,
    "third party, named": third_party,
    "second payment": second_payment,
    "stranger": stranger,
    "twins, nothing named": twins,
    "wrong document named": wrong_document,
}
