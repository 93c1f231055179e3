"""What goes into the matching engine and what comes out: frozen records without a database.

Signs and units: money is an integer of the currency's minor unit. A receipt's amount is positive. A candidate's balance is
signed as in the ledger, debit > 0 > credit: an invoice of 100.00 is 10000, a credit memo or an unapplied receipt is negative.
A candidate of balance 0 is a closed item: it is never paid, but a receipt that names it is known to be a second payment.

What a proposal promises (and the tests hold it to):

1. sum of `allocation.amount` + max(residual, 0) == receipt.amount: every cent of the receipt has one place;
2. when residual < 0, -residual == sum of `write_off`, `short`, `charges` and `withheld` over the allocations: every missing cent
   has a treatment;
3. the sum of all parts never passes an item's balance, over all proposals that post in a batch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from cashapp.engine.own import NOTHING, Bands, Cells, OwnRule

Kind = Literal["invoice", "debit_memo", "credit_memo", "receipt"]
Outcome = Literal["post", "suggest", "ask"]
Treatment = Literal["none", "on_account", "short_pay_dispute", "tolerance_write_off", "bank_charges", "tax_withheld", "ask"]


@dataclass(frozen=True, slots=True)
class Reference:
    """One line of structured remittance advice (820 RMR, REMADV DOC, camt RfrdDocInf), or a creditor reference.

    `amount` is what the payer says he pays on this document and `discount` what he says he took; None where he says nothing.
    `reason` is why he held something back, as a dispute's reason; empty where he gave none that we know.
    """

    number: str
    amount: int | None = None
    discount: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money that came in. `text` is the remittance text as the bank gave it: spans of evidence point into it.

    `caution` is why a person must see it whatever explains it, such as a bank account never seen before; empty mostly.
    """

    id: int
    amount: int
    currency: str
    value_date: date
    payer_name: str = ""
    payer_account: str = ""
    text: str = ""
    structured: tuple[Reference, ...] = ()
    customer_id: int | None = None
    company_id: int = 0
    channel: str = ""
    caution: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An open item of the receipts' company. `disputed` is the part in dispute; `references` are other numbers it bears."""

    id: int
    customer_id: int
    number: str
    kind: Kind
    currency: str
    balance: int
    document_date: date
    due_date: date
    discount_until: date | None = None
    discount_amount: int = 0
    po_number: str = ""
    disputed: int = 0
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Payer:
    """A customer as one who pays: names he is known by, accounts he paid from, and the customer above him who may pay for him.

    `pays_for` are customers whose debts he may settle though they are not of his group. A payer who is no customer of ours
    (a factor, an insurer) has a negative number of its own as `customer_id`, owes nothing and pays for others. `doubtful` maps an
    alias or account to how often, in 100 uses, it was right, where that is less than the policy asks for; `own_only` are aliases and
    accounts that may pay for the customer and those below it, not for the rest of the group.
    """

    customer_id: int
    name: str
    aliases: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    parent_id: int | None = None
    pays_for: tuple[int, ...] = ()
    doubtful: Mapping[str, int] = field(default_factory=lambda: NOTHING)
    own_only: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Policy:
    """What a company lets the engine do alone. The defaults are careful.

    A shortage is written off up to the lower of `tolerance_fixed` (minor units by currency; a currency not named has none) and
    `tolerance_percent` of what was owed (None: the fixed limit alone). `chance_limit` bounds how likely a sum of items may be
    a coincidence before it goes to a person; `subset_max_items` and `subset_max_size` bound the search itself.

    `matrix` are the company's own cells over the published ones, `bands` its own thresholds (then `auto_threshold` and
    `suggest_threshold` count no more), `rules` its own rules in order of position. `rates` are what one unit of a currency is worth
    in another on the day, keyed (from, to): a payment in another currency is proposed with them, never posted.

    Money of a payer from an account of his never seen before is posted alone up to `new_account_limits` (minor units by currency; a
    currency not named: never). `alias_confidence` is how often in 100 uses an alias must have been right to be trusted. `charges`
    (minor units by currency) is what banks may keep on the way at our cost, `withheld` the percent of tax the payer keeps by law: own
    rules set both, by receipt.
    """

    auto_threshold: int = 90
    suggest_threshold: int = 50
    tolerance_fixed: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({"USD": 500, "EUR": 500, "GBP": 500, "CHF": 500}))
    tolerance_percent: Decimal | None = Decimal("0.5")
    discount_grace_days: int = 3
    allow_fuzzy_reference: bool = True
    name_similarity: float = 0.92
    name_margin: float = 0.03
    subset_max_items: int = 24
    subset_max_size: int = 8
    pool_max_items: int = 400
    chance_limit: float = 0.01
    alternatives_max: int = 4
    conflict_margin: int = 5
    oldest_first_suggestion: bool = True
    matrix: Cells = field(default_factory=lambda: NOTHING)
    bands: Bands | None = None
    rules: tuple[OwnRule, ...] = ()
    rates: Mapping[tuple[str, str], Decimal] = field(default_factory=lambda: MappingProxyType({}))
    alias_confidence: int = 90
    new_account_limits: Mapping[str, int] = field(
        default_factory=lambda: MappingProxyType({"USD": 1_000_000, "EUR": 1_000_000, "GBP": 1_000_000, "CHF": 1_000_000})
    )
    charges: Mapping[str, int] = field(default_factory=lambda: NOTHING)
    withheld: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Allocation:
    """What one item gets: `amount` of the cash (negative where a credit is used up), and what else becomes of its balance.

    `discount` is earned early-payment discount, `write_off` a shortage within tolerance, `short` the part the payer left out,
    which stays open and is to be disputed, `charges` what banks kept on the way, `withheld` tax the payer kept by law. All bear the
    sign of the item's balance. `reason` is why it is short, as the payer's code or a rule of the company says.
    """

    item_id: int
    amount: int
    discount: int = 0
    write_off: int = 0
    short: int = 0
    charges: int = 0
    withheld: int = 0
    reason: str = ""

    @property
    def settled(self) -> int:
        """What leaves the item."""
        return self.amount + self.discount + self.write_off + self.charges + self.withheld


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stretch `text[start:end]` of the remittance text in which an item's number was read, and how (`kind`)."""

    start: int
    end: int
    kind: str
    number: str


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another way to apply the same receipt, for a person to choose."""

    customer_id: int | None
    allocations: tuple[Allocation, ...]
    residual: int
    residual_treatment: Treatment
    rule: str
    score: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the engine would do with one receipt, how sure it is (0 to 100), and why, in words.

    `post`: apply it. `suggest`: show it first, a person accepts. `ask`: no single answer; `allocations` is empty and
    `alternatives` holds what is thinkable, best first. `new_account`: the payer's accounts are known, and it came from another.
    """

    receipt_id: int
    customer_id: int | None
    allocations: tuple[Allocation, ...]
    residual: int
    residual_treatment: Treatment
    rule: str
    score: int
    reasons: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    outcome: Outcome
    alternatives: tuple[Alternative, ...] = ()
    new_account: bool = False


class MatchInputError(ValueError):
    """The batch can't be matched as given; the message names the receipt or item and the field."""
