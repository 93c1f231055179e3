"""One receipt on the engine's desk: the payer, what the remittance names, the items in reach, and the reasons to doubt."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from cashapp.engine import hits
from cashapp.engine.book import Book
from cashapp.engine.hits import Group
from cashapp.engine.model import Candidate, Policy, Receipt
from cashapp.engine.own import Condition, OwnRule
from cashapp.engine.payers import Identity, PayerLevel, plain_account, plain_name
from cashapp.engine.references import upper
from cashapp.engine.scoring import PUBLISHED, Scores

MAX_FAMILY = 40


class Case:
    """Facts about a receipt, each worked out once and only if a rule asks. `spent` holds what other receipts of the batch took."""

    def __init__(
        self, receipt: Receipt, book: Book, policy: Policy, gone: frozenset[int] = frozenset(), scores: Scores = PUBLISHED
    ) -> None:
        self.receipt, self.book, self.policy, self.gone, self.scores = receipt, book, policy, gone, scores
        self.text = upper(receipt.text)
        self.identity: Identity = book.payers.identify(receipt, policy)
        self.own: tuple[OwnRule, ...] = self._own_rules() if policy.rules else ()

    def _own_rules(self) -> tuple[OwnRule, ...]:
        """The company's rules that speak of this receipt; what they say of payer, charges and tax counts from here on."""
        speaking = [r for r in self.policy.rules if holds(r.condition, self.receipt, self.text)]
        named = next((r for r in speaking if r.effect == "payer"), None)
        if named is not None and self.identity.level is not PayerLevel.KNOWN and named.customer_id is not None:
            self.identity = Identity((named.customer_id,), PayerLevel.KNOWN, f"own rule: {named.name}")
        reach = {*self.identity.customers, *(c for k in self.identity.customers for c in self.book.payers.pays_for(k))}
        heard = [r for r in speaking if r.customer_id is None or r.customer_id in reach]
        charges = next((r.limits for r in heard if r.effect == "charges"), None)
        withheld = next((r.percent for r in heard if r.effect == "withholding"), None)
        if charges is not None or withheld is not None:
            self.policy = replace(self.policy, charges=charges or self.policy.charges, withheld=withheld or self.policy.withheld)
        return tuple(heard)

    def bands(self, customer: int | None) -> tuple[int, int]:
        """From which score something posts, and from which it is proposed."""
        own = self.policy.bands
        return own.of(customer) if own is not None else (self.policy.auto_threshold, self.policy.suggest_threshold)

    @property
    def amount(self) -> int:
        return self.receipt.amount

    @cached_property
    def customers(self) -> tuple[int, ...]:
        """Customers the payer may be, their children, and (of a known payer) the rest of his group."""
        payers = self.book.payers
        found = list(self.identity.customers)
        for customer in self.identity.customers:
            found.extend(payers.pays_for(customer))
            above = payers.root(customer)
            if above != customer and not self.identity.own_only:
                found.extend([above, *payers.below(above)])
        return tuple(dict.fromkeys(found))[:MAX_FAMILY]

    def relation(self, owners: Sequence[int]) -> PayerLevel:
        """How the payer stands to the customers whose items a solution pays."""
        known, level = self.identity.customers, self.identity.level
        if level is PayerLevel.UNKNOWN:
            return level
        if set(owners) <= set(known):
            return level
        if all(any(self._may_pay(k, o) for k in known) for o in owners):
            return PayerLevel.GROUP if level > PayerLevel.SIMILAR else PayerLevel.TIED
        return PayerLevel.OTHER if level > PayerLevel.SIMILAR else PayerLevel.UNKNOWN

    def _may_pay(self, payer: int, owner: int) -> bool:
        payers = self.book.payers
        return owner == payer or owner in payers.pays_for(payer) if self.identity.own_only else payers.may_pay(payer, owner)

    def could_be(self, customer: int) -> bool:
        """Whether the payer's name, as the bank shows it, might be this customer's."""
        return customer in self.customers or self.book.payers.resembles(self.receipt.payer_name, customer)

    @cached_property
    def structured(self) -> tuple[list[Group], list[str]]:
        groups, missing = hits.in_structured(self.receipt, self.book)
        return self._open(groups), missing

    @cached_property
    def text_hits(self) -> hits.TextHits:
        found = hits.in_text(self.text, self.receipt.currency, self.book)
        return found._replace(groups=self._open(found.groups), orders=self._open(found.orders))

    @cached_property
    def named(self) -> list[Group]:
        """Whole numbers in the text, with the short forms of lists. Short bare digits of strangers' items are chance, not references."""
        groups = [g for g in self.text_hits.groups if g.level > hits.Level.BARE or self._ours(g)]
        if groups:
            groups = groups + self._open(hits.continued(self.text, groups, self.book))
        return _once(groups)

    @cached_property
    def noisy(self) -> list[Group]:
        """What can be read through noise besides the whole numbers."""
        if self.customers:
            found = hits.through_noise(self.text, self.receipt.currency, self.book, self.customers, self._taken)
        else:
            found = [g for g in hits.anywhere(self.text, self.receipt.currency, self.book) if not _overlaps(g, self._taken)]
        return self._fresh(found, self.named)

    @cached_property
    def _taken(self) -> list[Group]:
        return [*self.own_named, *self.text_hits.orders, *self.text_hits.closed]

    @cached_property
    def own_named(self) -> list[Group]:
        """References to items of the payer and his group; all of them where nobody knows the payer."""
        return [g for g in self.named if self._ours(g)]

    @cached_property
    def near(self) -> list[Group]:
        """Numbers one slip away, among the payer's items."""
        if not self.policy.allow_fuzzy_reference:
            return []
        return self._open(hits.nearly(self.text, self.reach, [*self._taken, *self.noisy], self.book))

    @cached_property
    def strangers(self) -> list[str]:
        """Numbers that look like ours but are not open: paid already, or somebody else's."""
        paid = [g.items[0].number for g in self.text_hits.closed]
        return paid + hits.strangers(self.text, self.book, self._taken)

    def pool(self, customer: int) -> list[Candidate]:
        """The open items of a customer in the receipt's currency, earliest due first, at most `pool_max_items`."""
        items = self.book.open_of(customer, self.receipt.currency)
        if self.gone:
            items = [i for i in items if i.id not in self.gone]
        return items[: self.policy.pool_max_items]

    @cached_property
    def reach(self) -> list[Candidate]:
        """Every item of every customer the payer may stand for."""
        return [i for c in self.customers for i in self.pool(c)][: self.policy.pool_max_items]

    @cached_property
    def families(self) -> list[list[Candidate]]:
        """Items of each customer that the payer may be together with those of the customers it pays for, where there are any."""
        found = [self._with_children(c) for c in self.identity.customers if self.book.payers.pays_for(c)]
        return [p for p in found if p]

    def _with_children(self, customer: int) -> list[Candidate]:
        members = [customer, *self.book.payers.pays_for(customer)][:MAX_FAMILY]
        found = [i for c in members for i in self.pool(c)]
        found.sort(key=lambda i: (i.due_date, i.id))
        return found[: self.policy.pool_max_items]

    def _ours(self, group: Group) -> bool:
        return not self.customers or any(i.customer_id in self.customers for i in group.items)

    def _open(self, groups: list[Group]) -> list[Group]:
        if not self.gone:
            return groups
        kept = [g._replace(items=tuple(i for i in g.items if i.id not in self.gone)) for g in groups]
        return [g for g in kept if g.items]

    def _fresh(self, groups: list[Group], taken: Sequence[Group]) -> list[Group]:
        known = {i.id for g in taken for i in g.items}
        return _once([g for g in self._open(groups) if not all(i.id in known for i in g.items)])


def _overlaps(group: Group, others: Sequence[Group]) -> bool:
    return any(g.start < group.end and group.start < g.end for g in others)


def _once(groups: list[Group]) -> list[Group]:
    """Groups that mean the same items count once, by their surest reading."""
    best: dict[tuple[int, ...], Group] = {}
    for group in groups:
        ids = tuple(i.id for i in group.items)
        if ids not in best or group.level > best[ids].level:
            best[ids] = group
    return list(best.values())


def holds(when: Condition, receipt: Receipt, text: str) -> bool:
    """Whether a rule speaks of a receipt; `text` is its remittance in capitals."""
    return (
        (not when.currency or when.currency == receipt.currency)
        and (not when.channel or when.channel == receipt.channel)
        and (when.low is None or receipt.amount >= when.low)
        and (when.high is None or receipt.amount <= when.high)
        and (when.first_day is None or receipt.value_date >= when.first_day)
        and (when.last_day is None or receipt.value_date <= when.last_day)
        and (not when.text or upper(when.text) in text)
        and (not when.payer_account or plain_account(when.payer_account) == plain_account(receipt.payer_account))
        and (not when.payer_name or plain_name(when.payer_name) == plain_name(receipt.payer_name))
    )
