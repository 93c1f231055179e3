"""What each business event posts. Pure: builds drafts, writes nothing, knows no Django.

Signs: debit > 0 > credit. Accounts are named by kind, cash by the account's key. A line on a control account names its open
item: one that exists (`ItemState`) or one that the entry opens (`NewItem`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from arops.lib import money


class DraftError(ValueError):
    """An event that can't be posted as asked; the message says why."""


@dataclass(frozen=True, slots=True)
class ItemState:
    """An open item as it stands: what of it is open, in its currency and in the company's (signed minor units)."""

    id: int
    account_id: int | str
    currency: str
    balance: int
    base_balance: int

    def base_of(self, part: int) -> int:
        """The share of the base balance that leaves with `part` of the balance; all of it with the last of the balance.

        Half-way shares go to the even unit. Raises DraftError when `part` is more than what is open.
        """
        if part == self.balance:
            return self.base_balance
        if (part > 0) != (self.balance > 0) or not 0 < abs(part) < abs(self.balance):
            raise DraftError(f"{part} is not part of the open balance {self.balance}")
        return round(Decimal(self.base_balance) * part / self.balance)


@dataclass(frozen=True, slots=True)
class NewItem:
    """A document that an entry opens. `amount` and `base_amount` are signed minor units."""

    customer_id: int | None
    kind: str
    number: str
    document_date: date
    due_date: date
    amount: int
    base_amount: int
    account: str = "receivable"
    po_number: str = ""
    discount_until: date | None = None
    discount_amount: int = 0


@dataclass(frozen=True, slots=True)
class LineDraft:
    """One line: an account (kind, or the key of a cash account), signed amounts, and on control accounts the item."""

    account: str | int
    amount: int
    base_amount: int
    item: ItemState | NewItem | int | None = None


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """One entry to post. `source` names the event: posting it again changes nothing."""

    company_id: int
    kind: str
    currency: str
    effective_date: date
    source: str
    lines: tuple[LineDraft, ...]
    narrative: str = ""
    reverses_id: int | None = None
    opens: NewItem | None = field(default=None)


@dataclass(frozen=True, slots=True)
class Books:
    """The company's side of a conversion: its currency, and what one unit of the entry's currency is worth in it that day."""

    company_id: int
    base_currency: str
    currency: str
    rate: Decimal = Decimal(1)

    def base(self, amount: int) -> int:
        """`amount` in the company's currency, half to even."""
        if self.currency == self.base_currency:
            return amount
        return money.convert(amount, self.currency, self.rate, self.base_currency)


@dataclass(frozen=True, slots=True)
class Part:
    """A share of an open item that an application uses up: signed like the item's balance."""

    item: ItemState
    amount: int


def document(books: Books, *, item: NewItem, source: str, net: int, tax: int = 0, contra: str = "revenue_clearing") -> EntryDraft:
    """An invoice, debit memo, credit memo or late fee: receivables against `contra` and sales tax.

    `net` and `tax` are positive minor units for an invoice, negative for a credit memo; they sum to the item's amount.
    """
    if net + tax != item.amount:
        raise DraftError(f"net {net} and tax {tax} don't sum to {item.amount}")
    base_tax = books.base(tax)
    lines = [LineDraft(item.account, item.amount, item.base_amount, item), LineDraft(contra, -net, base_tax - item.base_amount)]
    if tax:
        lines.append(LineDraft("tax", -tax, -base_tax))
    return EntryDraft(books.company_id, item.kind, books.currency, item.document_date, source, tuple(_moving(lines)), opens=item)


def retention(books: Books, *, invoice: ItemState, item: NewItem, source: str) -> EntryDraft:
    """What the customer keeps of an invoice until release: out of its open item, into one of its own on the retainage account."""
    base = invoice.base_of(item.amount)
    kept = replace(item, base_amount=base)
    lines = (LineDraft(invoice.account_id, -item.amount, -base, invoice), LineDraft(item.account, item.amount, base, kept))
    return EntryDraft(books.company_id, "retention", books.currency, item.document_date, source, lines, opens=kept)


def release(books: Books, *, parts: Sequence[Part], item: NewItem, source: str) -> EntryDraft:
    """Retainage that may be asked for now: out of the items that held it, into the receivable of the invoice that asks for it.

    It stays at the rates it was booked at: nothing is gained or lost before it is paid.
    """
    if sum(p.amount for p in parts) != item.amount:
        raise DraftError("what is released doesn't sum to the invoice")
    return _regrouped(books, "release", parts, item, item.document_date, source)


def instalment(books: Books, *, parts: Sequence[Part], item: NewItem, day: date, source: str, narrative: str = "") -> EntryDraft:
    """What a payment plan asks for on one day: out of the items it covers (`parts`), into an item that ages by its own due date.

    It stays at the rates the items were booked at: nothing is earned, gained or lost by giving time.
    """
    if sum(p.amount for p in parts) != item.amount:
        raise DraftError("what the instalment covers doesn't sum to it")
    return _regrouped(books, "instalment", parts, item, day, source, narrative)


def give_back(
    books: Books, *, instalment: ItemState, back: Sequence[tuple[ItemState, int, int]], day: date, source: str, narrative: str = ""
) -> EntryDraft:
    """What is open of an instalment, or a part of it, goes back to the items it came from: each with its amount and the company's amount of
    it.

    Where it was paid in part at the mean of several rates, what the company's amounts differ by is an exchange gain or loss.
    """
    given = sum(amount for _, amount, _ in back)
    lines = [LineDraft(instalment.account_id, -given, -instalment.base_of(given), instalment)]
    lines += [LineDraft(item.account_id, amount, base, item) for item, amount, base in back]
    difference = -sum(line.base_amount for line in lines)
    if difference and books.currency == books.base_currency:
        raise DraftError("what goes back is out of balance")
    lines.append(LineDraft("fx", 0, difference))
    return EntryDraft(books.company_id, "instalment", books.currency, day, source, tuple(_moving(lines)), narrative)


def _regrouped(
    books: Books, kind: str, parts: Sequence[Part], item: NewItem, day: date, source: str, narrative: str = ""
) -> EntryDraft:  # fmt: skip
    """Parts of open items made one new item, at the rates they were booked at."""
    taken = [LineDraft(p.item.account_id, -p.amount, -p.item.base_of(p.amount), p.item) for p in parts]
    opened = replace(item, base_amount=-sum(line.base_amount for line in taken))
    lines = (LineDraft(item.account, item.amount, opened.base_amount, opened), *taken)
    return EntryDraft(books.company_id, kind, books.currency, day, source, lines, narrative, opens=opened)


def receipt(books: Books, *, item: NewItem, cash_account_id: int, source: str, narrative: str = "") -> EntryDraft:
    """Money at the bank: cash against an open item of kind receipt (unapplied), or against unidentified cash."""
    lines = (LineDraft(cash_account_id, -item.amount, -item.base_amount), LineDraft(item.account, item.amount, item.base_amount, item))
    return EntryDraft(books.company_id, "receipt", books.currency, item.document_date, source, lines, narrative, opens=item)


def bank_charge(books: Books, *, amount: int, cash_account_id: int, day: date, source: str, narrative: str = "") -> EntryDraft:
    """What a bank or card processor kept (`amount` > 0), or gave back (< 0): bank charges against cash."""
    base = books.base(amount)
    lines = (LineDraft("bank_charges", amount, base), LineDraft(cash_account_id, -amount, -base))
    return EntryDraft(books.company_id, "bank_charge", books.currency, day, source, lines, narrative)


def payout(books: Books, *, amount: int, base_amount: int, cash_account_id: int, day: date, source: str, narrative: str = "") -> EntryDraft:
    """A refund that left the bank: out of refunds payable at the `base_amount` it was booked there, out of cash at the day's rate."""
    paid = books.base(amount)
    lines = [LineDraft("refunds", amount, base_amount), LineDraft(cash_account_id, -amount, -paid), LineDraft("fx", 0, paid - base_amount)]
    return EntryDraft(books.company_id, "payout", books.currency, day, source, tuple(_moving(lines)), narrative)


def identification(books: Books, *, found: ItemState, item: NewItem, day: date, source: str) -> EntryDraft:
    """Unidentified cash whose owner is known: out of `found`, whole, into the customer's unapplied receipt."""
    lines = (
        LineDraft(found.account_id, -found.balance, -found.base_balance, found),
        LineDraft(item.account, item.amount, item.base_amount, item),
    )
    return EntryDraft(books.company_id, "identification", books.currency, day, source, lines, opens=item)


def conversion(
    paid: Books, owed: Books, *, part: Part, item: NewItem, day: date, source: str, narrative: str = ""
) -> tuple[EntryDraft, EntryDraft]:
    """Money of one currency made money of another in the same company's books, by an entry in either currency.

    Out of a receipt (`part`, at the rate it was booked at) and into `item` (at the day's rate, its `base_amount` is set here). Both stand
    against exchange gain and loss, where in the company's currency just what was gained or lost remains.
    """
    if paid.company_id != owed.company_id or paid.currency == owed.currency:
        raise DraftError("a conversion is between two currencies of one company")
    base_out, base_in = part.item.base_of(part.amount), owed.base(item.amount)
    opened = replace(item, base_amount=base_in)
    out = (LineDraft(part.item.account_id, -part.amount, -base_out, part.item), LineDraft("fx", part.amount, base_out))
    into = (LineDraft("fx", -item.amount, -base_in), LineDraft(item.account, item.amount, base_in, opened))
    return (
        EntryDraft(paid.company_id, "application", paid.currency, day, source, out, narrative),
        EntryDraft(owed.company_id, "application", owed.currency, day, f"{source}:in", into, narrative, opens=opened),
    )


def application(
    books: Books,
    *,
    parts: Sequence[Part],
    day: date,
    source: str,
    others: Sequence[tuple[str, int]] = (),
    kind: str = "application",
    narrative: str = "",
) -> EntryDraft:
    """Open items set off against each other: receipts and credits (amounts < 0) against invoices (amounts > 0).

    `others` are further debits (> 0: discount allowed, tolerance written off, bank charges) or credits by account kind.
    What the parts and `others` sum to must be zero: sum(parts) == sum(others). Each item leaves at the rate it was booked
    at; the difference in the company's currency is the exchange gain or loss of the settlement.
    """
    if sum(p.amount for p in parts) != sum(amount for _, amount in others):
        raise DraftError("the parts applied, discounts and write-offs don't sum to zero")
    lines = [LineDraft(p.item.account_id, -p.amount, -p.item.base_of(p.amount), p.item) for p in parts]
    lines += [LineDraft(account, amount, books.base(amount)) for account, amount in others if amount]
    difference = -sum(line.base_amount for line in lines)
    if difference and books.currency == books.base_currency:
        raise DraftError("the application is out of balance")
    if difference:
        lines.append(LineDraft("fx", 0, difference))
    return EntryDraft(books.company_id, kind, books.currency, day, source, tuple(_moving(lines)), narrative)


def _moving(lines: Sequence[LineDraft]) -> list[LineDraft]:
    return [line for line in lines if line.amount or line.base_amount]
