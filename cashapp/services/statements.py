"""Whether a statement may be believed, and what each of its lines is to us."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from arops.lib import money
from cashapp.models import BankAccount, BankStatement, StatementLine
from cashapp.readers.model import CARD, FEE, BankEntry, RemittanceRef, Statement, foot
from cashapp.services.errors import DoesNotFoot, StatementGap

Closing = tuple[date, int]


@dataclass
class Chain:
    """The closings of one account, in order of days: what the next statement has to begin with."""

    account: BankAccount
    closings: list[Closing]

    def before(self, day: date) -> Closing | None:
        """The last closing on or before the day."""
        return next((c for c in reversed(self.closings) if c[0] <= day), None)

    def add(self, statement: Statement) -> None:
        """Remember where a statement ended."""
        if statement.kind == "booked" and statement.closing_date and statement.closing_balance is not None:
            self.closings.append((statement.closing_date, statement.closing_balance))
            self.closings.sort(key=lambda c: c[0])


def chain_of(account: BankAccount) -> Chain:
    """The account's closings so far."""
    known = BankStatement.objects.filter(bank_account=account, kind=BankStatement.Kind.BOOKED)
    rows = known.exclude(closing_balance=None).exclude(closing_date=None).order_by("closing_date", "pk")
    return Chain(account, list(rows.values_list("closing_date", "closing_balance")))


def check_foots(statement: Statement, account: BankAccount) -> None:
    """Raise DoesNotFoot, naming statement and difference, when opening + entries isn't closing. Only booked statements must foot."""
    difference = foot(statement)
    if statement.kind != "booked" or not difference:
        return
    raise DoesNotFoot(
        f"statement {name_of(statement)} of {account.name} doesn't foot: opening balance and entries come to "
        f"{_amount((statement.closing_balance or 0) + difference, account)}, the closing balance is "
        f"{_amount(statement.closing_balance, account)}, "
        f"a difference of {_amount(difference, account)}"
    )


def check_chains(statement: Statement, chain: Chain) -> bool:
    """Whether the statement begins where the last one ended (False when nothing can be said). Raises StatementGap when it doesn't."""
    day = statement.closing_date or statement.opening_date
    if statement.kind != "booked" or statement.opening_balance is None or day is None:
        return False
    last = chain.before(day)
    if last is None:
        return False
    if last[1] != statement.opening_balance:
        raise StatementGap(
            f"statement {name_of(statement)} of {chain.account.name} opens with "
            f"{_amount(statement.opening_balance, chain.account)}, but the "
            f"last one closed on {last[0]} with {_amount(last[1], chain.account)}: "
            f"{_amount(statement.opening_balance - last[1], chain.account)} "
            "lies between them. Import the missing statement first, or accept the gap with a reason"
        )
    return True


def name_of(statement: Statement) -> str:
    """What people call a statement: its number, else its day."""
    return " ".join(filter(None, [statement.statement_id, str(statement.closing_date or statement.opening_date or "")])) or "without number"


def treatment_of(entry: BankEntry, statement: Statement, account: BankAccount) -> str:
    """What a booked movement is to us. Money counts once: only the kind of file that the account takes receipts from brings any."""
    told_apart = account.receipts_from == BankAccount.Source.NOTIFICATION or _has_own_file(entry, account)
    if statement.kind != ("notification" if told_apart else "booked"):
        return StatementLine.Treatment.ANNOUNCED
    if entry.type_code == FEE and entry.currency == account.currency:
        return StatementLine.Treatment.CHARGE
    goes_back = entry.is_reversal or entry.channel == "return"
    if entry.amount > 0 and not goes_back and entry.currency == account.currency:
        return StatementLine.Treatment.RECEIPT
    if entry.amount < 0 and goes_back:
        return StatementLine.Treatment.RETURN
    return StatementLine.Treatment.NOT_RECEIVABLE


def _has_own_file(entry: BankEntry, account: BankAccount) -> bool:
    """Whether a file of its own says what the money is made of: cheques of a lockbox, sales by card."""
    if entry.channel == "lockbox":
        return bool(account.lockboxes)
    if not account.card_payers:
        return False
    said = f"{entry.payer_name} {entry.text}".upper()
    return entry.channel == "card" or entry.type_code in (FEE, CARD) or any(name.upper() in said for name in account.card_payers)


def line_of(entry: BankEntry, statement: BankStatement, key: str, treatment: str) -> StatementLine:
    """The row of an entry; fields that banks fill without end are cut to what a table holds, the text is kept whole."""
    return StatementLine(
        statement=statement,
        ordinal=entry.ordinal,
        key=key,
        amount=entry.amount,
        currency=entry.currency,
        value_date=entry.value_date,
        booking_date=entry.booking_date,
        bank_reference=entry.bank_reference[:140],
        customer_reference=entry.customer_reference[:140],
        end_to_end_id=entry.end_to_end_id[:140],
        type_code=entry.type_code[:60],
        channel=entry.channel,
        payer_name=entry.payer_name[:200],
        payer_account=entry.payer_account[:80],
        payer_bank=entry.payer_bank[:80],
        text=entry.text.replace("\0", ""),
        is_reversal=entry.is_reversal,
        structured=[_part(ref) for ref in entry.structured],
        treatment=treatment,
    )


def _part(ref: RemittanceRef) -> dict[str, object]:
    """What the payer said of one document, as it is kept beside the line: what was not said is left out, but for the sums."""
    more = {name: value for name in ("gross", "adjustment", "code", "text") if (value := getattr(ref, name)) not in (None, "")}
    return {"number": ref.number, "amount": ref.amount, "discount": ref.discount, "kind": ref.kind, **more}


def movements_of(entries: Iterable[BankEntry], currency: str) -> int:
    """Sum of the booked entries in the account's currency."""
    return sum(e.amount for e in entries if e.status == "booked" and e.currency == currency)


def _amount(minor: int | None, account: BankAccount) -> str:
    return f"{money.to_text(minor or 0, account.currency)} {account.currency}"
