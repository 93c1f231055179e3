"""What a company sets over the published rules: cells of the matrix, bands, rules of its own. Frozen records, read from plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, Literal, get_args

Effect = Literal["payer", "order", "on_account", "charges", "withholding", "deduction", "not_receivable", "ask"]
EFFECTS: tuple[str, ...] = get_args(Effect)

Cells = Mapping[str, Mapping[str, Sequence[int] | int]]
"""`{level of reference: {payer level: [8 scores]}}` and `{rule: {payer level: score}}`: only what differs from the published one."""

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Condition:
    """When an own rule speaks: everything that is named must hold. Empty: always.

    `payer_account` is compared without blanks, `payer_name` without legal forms and accents, `text` must stand somewhere in the
    remittance (capitals and small letters are the same). `low` and `high` bound the amount, minor units, both included.
    """

    payer_account: str = ""
    payer_name: str = ""
    text: str = ""
    channel: str = ""
    currency: str = ""
    low: int | None = None
    high: int | None = None
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class OwnRule:
    """A company's own rule. `customer_id` is whom it speaks of (for `payer`: whose money it is); None: of everybody.

    - `payer`: the money is the customer's, as sure as an account.
    - `order`: the customer pays oldest first; what the amount doesn't fill stays open.
    - `on_account`: the money stays with the customer unapplied.
    - `charges`: a shortage up to `limit` minor units (by currency) is bank charges that we bear.
    - `withholding`: `percent` of what is owed is tax withheld; so much less settles the item.
    - `deduction`: what is short is a deduction for `reason` and may post.
    - `not_receivable`: it is no customer's money, a person takes it out.
    - `ask`: always a person's.
    """

    id: int
    name: str
    effect: Effect
    position: int = 100
    customer_id: int | None = None
    condition: Condition = field(default_factory=Condition)
    percent: Decimal | None = None
    limits: Mapping[str, int] = field(default_factory=lambda: NOTHING)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Bands:
    """From which score something posts, and from which it is proposed; for customers of whom more is measured, their own pair."""

    post: int = 90
    propose: int = 50
    customers: Mapping[int, tuple[int, int]] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, customer_id: int | None) -> tuple[int, int]:
        """(post, propose) for a customer."""
        own = None if customer_id is None else self.customers.get(customer_id)
        return own or (self.post, self.propose)


class OwnRuleError(ValueError):
    """Data that is no rule, no cell or no band; the message says where and what is wanted."""


def read_rule(
    *, id: int, name: str, effect: str, position: int = 100, customer_id: int | None = None,
    condition: Mapping[str, Any] = NOTHING, values: Mapping[str, Any] = NOTHING,
) -> OwnRule:  # fmt: skip
    """An own rule from plain data: `condition` {payer_account, payer_name, text, channel, currency, low, high, from, to} and `values`
    {percent, amounts: {currency: minor units}, reason}. Raises OwnRuleError."""
    if effect not in EFFECTS:
        raise OwnRuleError(f"rule {name}: {effect} is no effect; there are {', '.join(EFFECTS)}")
    unknown = set(condition) - {"payer_account", "payer_name", "text", "channel", "currency", "low", "high", "from", "to"}
    if unknown:
        raise OwnRuleError(f"rule {name}: no condition is called {sorted(unknown)[0]}")
    words = {k: str(condition.get(k) or "") for k in ("payer_account", "payer_name", "text", "channel", "currency")}
    when = Condition(
        **words, low=condition.get("low"), high=condition.get("high"), first_day=_day(condition.get("from"), name),
        last_day=_day(condition.get("to"), name),
    )  # fmt: skip
    percent = _percent(values.get("percent"), name)
    limits = MappingProxyType({str(c): int(v) for c, v in (values.get("amounts") or {}).items()})
    rule = OwnRule(id, name, effect, position, customer_id, when, percent, limits, str(values.get("reason") or ""))  # type: ignore[arg-type]
    _check_whole(rule)
    return rule


def _check_whole(rule: OwnRule) -> None:
    if rule.effect in ("payer", "on_account", "order") and rule.customer_id is None:
        raise OwnRuleError(f"rule {rule.name}: say which customer it is about")
    if rule.effect == "withholding" and not rule.percent:
        raise OwnRuleError(f"rule {rule.name}: say what percent is withheld")
    if rule.effect == "charges" and not rule.limits:
        raise OwnRuleError(f"rule {rule.name}: say up to which amount, by currency")
    if rule.effect in ("payer", "not_receivable", "ask") and rule.condition == Condition() and rule.customer_id is None:
        raise OwnRuleError(f"rule {rule.name}: it would hold for every receipt; say when")
    if rule.effect == "payer" and rule.condition == Condition():
        raise OwnRuleError(f"rule {rule.name}: it would hold for every receipt; say when")


def _percent(value: Any, name: str) -> Decimal | None:
    if value in (None, ""):
        return None
    try:
        percent = Decimal(str(value))
    except InvalidOperation:
        percent = Decimal(0)
    if not 0 < percent < 100:
        raise OwnRuleError(f"rule {name}: {value} is no percentage between 0 and 100")
    return percent


def _day(value: Any, name: str) -> date | None:
    if not value:
        return None
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        raise OwnRuleError(f"rule {name}: {value} is no day") from None


def read_bands(data: Mapping[str, Any], *, post: int = 90, propose: int = 50) -> Bands:
    """Bands from plain data {post, propose, customers: {id: {post, propose}}}; what is missing is as given. Raises OwnRuleError."""
    whole = _pair(data, post, propose, "bands")
    own = {int(c): _pair(pair, *whole, f"bands of customer {c}") for c, pair in (data.get("customers") or {}).items()}
    return Bands(*whole, MappingProxyType(own))


def _pair(data: Mapping[str, Any], post: int, propose: int, where: str) -> tuple[int, int]:
    high, low = int(data.get("post", post)), int(data.get("propose", propose))
    if not 0 <= low <= high <= 101 or high < 80:
        raise OwnRuleError(f"{where}: post must be from 80 to 101 and not below propose, not {high} and {low}")
    return high, low
