"""What holds for every batch, however odd: nothing over-allocated, every cent in one place, order without influence, reasons given."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from cashapp.engine import Allocation, Alternative, Candidate, Payer, Policy, Proposal, Receipt, Reference, match, read_rule
from tests.cashapp.engine.desk import DAY

PAYERS = (
    Payer(1, "North Foods Ltd", ("Nordic Larder",), ("A1",)),
    Payer(2, "North Food Ltd", (), ("A2",)),
    Payer(3, "Holding AG", (), ("A3",)),
    Payer(4, "Works Ltd", (), ("A4", "A9"), 3),
    Payer(5, "Works Ltd", (), ("A9",)),
)
AMOUNTS = st.one_of(st.sampled_from([1, 99, 100_00, 200_00, 300_00, 500_00, 123_45, 98_00, 2_00]), st.integers(1, 2000_00))
OWN = {
    "charges": {"values": {"amounts": {"USD": 25_00}}}, "withholding": {"values": {"percent": "10"}}, "order": {"customer_id": 1},
    "deduction": {"values": {"reason": "freight"}}, "on_account": {"customer_id": 2, "condition": {"text": "PAYMENT"}},
    "payer": {"customer_id": 3, "condition": {"payer_name": "Who"}},
}  # fmt: skip
RULES = tuple(read_rule(id=n, name=effect, effect=effect, **more) for n, (effect, more) in enumerate(OWN.items()))  # type: ignore[arg-type]
POLICIES = st.sampled_from([Policy(), Policy(rules=RULES), Policy(rules=RULES[1:])])
NUMBERS = st.sampled_from([f"INV-{n}" for n in (10421, 10422, 10423, 10424, 20421, 10042)] + ["10421", "2026-10421", "CM-10421"])


@st.composite
def candidates(draw: st.DrawFn) -> list[Candidate]:
    found = []
    for id in range(1, draw(st.integers(0, 9)) + 1):
        kind = draw(st.sampled_from(["invoice", "invoice", "invoice", "debit_memo", "credit_memo", "receipt"]))
        currency = draw(st.sampled_from(["USD", "USD", "USD", "EUR"]))
        size = draw(st.one_of(st.just(0), AMOUNTS)) if kind == "invoice" else draw(AMOUNTS)
        day = DAY - timedelta(days=draw(st.integers(0, 90)))
        debit = kind in ("invoice", "debit_memo")
        cut = draw(st.sampled_from([0, 0, size // 50, size])) if debit else 0
        found.append(
            Candidate(
                id, draw(st.integers(1, 5)), draw(NUMBERS), kind, currency, size if debit else -size,
                day, day + timedelta(days=30), day + timedelta(days=10) if cut else None, cut, draw(st.sampled_from(["", "", "PO-7711"])),
                draw(st.sampled_from([0, 0, size // 3, size])) if debit else 0,
            )
        )  # fmt: skip
    return found


@st.composite
def receipts(draw: st.DrawFn, items: list[Candidate]) -> list[Receipt]:
    found = []
    for id in range(1, draw(st.integers(1, 6)) + 1):
        meant = draw(st.lists(st.sampled_from(items), max_size=3, unique_by=lambda i: i.id)) if items else []
        total = sum(i.balance for i in meant) + draw(st.sampled_from([0, 0, 0, 1, -1, -2_00, 77_77]))
        names = [i.number for i in draw(st.lists(st.sampled_from(items), max_size=3))] if items else []
        text = " ".join(draw(st.sampled_from([[i.number for i in meant], names, ["PAYMENT"], ["1.04E+04"], ["INV-1O421", "PO-7711"]])))
        lines = [Reference(i.number, draw(st.sampled_from([None, i.balance, 100_00]))) for i in meant] if draw(st.booleans()) else []
        name = draw(st.sampled_from(["", "North Foods", "NORTH FOODZ", "Works", "Who"]))
        found.append(
            Receipt(
                id, total if total > 0 else draw(AMOUNTS), "USD", DAY, name,
                draw(st.sampled_from(["", "A1", "A2", "A3", "A9", "ZZ"])), text, tuple(lines),
            )
        )  # fmt: skip
    return found


@st.composite
def batches(draw: st.DrawFn) -> tuple[list[Receipt], list[Candidate]]:
    items = draw(candidates())
    return draw(receipts(items)), items


def check_parts(given_to: Iterable[Allocation], residual: int, amount: int, items: dict[int, Candidate]) -> None:
    """Promises 1 and 2 of the model, and each item by itself."""
    made = list(given_to)
    assert len({a.item_id for a in made}) == len(made)
    assert sum(a.amount for a in made) + max(residual, 0) == amount
    if residual < 0:
        assert sum(a.write_off + a.short + a.charges + a.withheld for a in made) == -residual
    else:
        assert not any(a.write_off or a.short or a.charges or a.withheld for a in made)
    for a in made:
        item = items[a.item_id]
        sign = 1 if item.balance > 0 else -1
        assert item.balance and item.currency == "USD"
        assert all(part * sign >= 0 for part in (a.amount, a.discount, a.write_off, a.short, a.charges, a.withheld))
        assert abs(a.settled + a.short) <= abs(item.balance)
        assert a.discount <= item.discount_amount or not a.discount
        assert a.amount or a.discount


def check(proposal: Proposal, paid: Receipt, items: dict[int, Candidate], policy: Policy) -> None:
    assert proposal.reasons and all(proposal.reasons) and 0 <= proposal.score <= 100
    for answer in (*proposal.alternatives, *([proposal] if proposal.outcome != "ask" else [])):
        check_parts(answer.allocations, answer.residual, paid.amount, items)
        assert isinstance(answer, Alternative | Proposal) and answer.reasons
    if proposal.outcome == "ask":
        assert proposal.allocations == () and proposal.residual == paid.amount and proposal.residual_treatment == "ask"
    if proposal.outcome == "post":
        assert (proposal.allocations or proposal.rule == "stays on account") and proposal.score >= policy.auto_threshold
        written = sum(a.write_off for a in proposal.allocations)
        assert written <= policy.tolerance_fixed["USD"]
    for e in proposal.evidence:
        assert 0 <= e.start < e.end <= len(paid.text)


@settings(max_examples=200, deadline=None)
@given(batches(), POLICIES)
def test_every_cent_has_one_place_and_no_item_gives_more_than_it_has(batch: tuple[list[Receipt], list[Candidate]], policy: Policy) -> None:
    paid, items = batch
    by_id = {i.id: i for i in items}
    proposals = match(paid, items, PAYERS, policy)
    assert [p.receipt_id for p in proposals] == [r.id for r in paid]
    for proposal, one in zip(proposals, paid, strict=True):
        check(proposal, one, by_id, policy)
    taken: dict[int, int] = defaultdict(int)
    left_short: dict[int, int] = defaultdict(int)
    for proposal in proposals:
        for a in proposal.allocations if proposal.outcome == "post" else ():
            taken[a.item_id] += a.settled
            item = by_id[a.item_id]
            assert abs(taken[item.id]) <= abs(item.balance)
            left_short[item.id] += a.short
    assert all(abs(taken[i]) + short <= abs(by_id[i].balance) for i, short in left_short.items())


@settings(max_examples=100, deadline=None)
@given(batches(), st.randoms(use_true_random=False))
def test_the_order_of_receipts_items_and_payers_changes_nothing(batch: tuple[list[Receipt], list[Candidate]], random) -> None:
    paid, items = batch
    before = {p.receipt_id: p for p in match(paid, items, PAYERS)}
    shuffled = [random.sample(rows, len(rows)) for rows in (paid, items, list(PAYERS))]
    assert {p.receipt_id: p for p in match(*shuffled)} == before


@settings(max_examples=40, deadline=None)
@given(batches())
def test_above_a_hundred_nothing_posts_at_all(batch: tuple[list[Receipt], list[Candidate]]) -> None:
    paid, items = batch
    nothing = match(paid, items, PAYERS, Policy(auto_threshold=101))
    assert all(p.outcome != "post" for p in nothing)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 500_00), st.integers(2, 4), st.integers(0, 40), st.sampled_from(["", "PAYMENT", "EREF+8837711"]))
def test_items_that_nothing_tells_apart_are_never_chosen_between(amount: int, count: int, age: int, text: str) -> None:
    items = [
        Candidate(n, 1, f"INV-77{n:03d}", "invoice", "USD", amount, DAY - timedelta(days=age), DAY + timedelta(days=30 - age))
        for n in range(1, count + 1)
    ]
    (proposal,) = match([Receipt(1, amount, "USD", DAY, "", "A1", text)], items, PAYERS)
    assert proposal.outcome == "ask" and proposal.allocations == ()
