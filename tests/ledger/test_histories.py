"""Any history keeps the books: random sequences of issue, receive, apply, credit, write off, reverse and close, against a model
in plain Python that knows only lists of (day, item, amount)."""

from collections import defaultdict
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test

from ledger import drafts, posting, services
from ledger.asof import Scope, aging, item_balances
from ledger.drafts import NewItem, Part
from ledger.errors import AlreadyReversed, LedgerError, OverApplied, PeriodNotOpen
from ledger.models import Entry, OpenItem, Period
from ledger.selectors import books_of, item_state
from ledger.verify import verify_books
from org.actors import Reach
from tests.factories import SYSTEM, cash_account, make_company, make_customer, rate

FIRST = date(2026, 1, 1)
days = st.integers(0, 179).map(lambda n: FIRST + timedelta(days=n))
amounts = st.integers(1, 100_000)
ALL = Scope(Reach(everything=True), accounts=("receivable", "retainage", "unidentified"))


class Histories(RuleBasedStateMachine):
    """The product on one side, a list of movements on the other."""

    items = Bundle("items")
    entries = Bundle("entries")

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.company = make_company(first=FIRST, months=6)
        rate("EUR", "USD", "1.0837")
        rate("EUR", "USD", "1.1291", date(2026, 3, 1))
        self.customer = make_customer(self.company)
        self.moves = []
        self.closed = set()
        self.count = 0

    def teardown(self):
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for day in (FIRST, date(2026, 3, 31), date(2026, 6, 29)):
                assert verify_books(day) == []
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    def name(self):
        self.count += 1
        return f"{self.count:05d}"

    def is_open(self, day):
        return f"{day:%Y-%m}" not in self.closed

    def post(self, draft, day, moves):
        """Post and tell the model; a closed period must refuse, and an open one must not."""
        if not self.is_open(day):
            with pytest.raises(PeriodNotOpen):
                posting.post_one(draft, actor=SYSTEM)
            return None
        posted = posting.post_one(draft, actor=SYSTEM)
        self.moves += [(day, item if item is not None else posted.item_id, amount) for item, amount in moves]
        return posted

    @rule(target=items, day=days, amount=amounts, currency=st.sampled_from(["USD", "EUR"]), credit=st.booleans())
    def issue(self, day, amount, currency, credit):
        books, number = books_of(self.company, currency, day), self.name()
        signed, kind = (-amount, "credit_memo") if credit else (amount, "invoice")
        item = NewItem(self.customer.pk, kind, number, day, day + timedelta(days=30), signed, books.base(signed))
        posted = self.post(drafts.document(books, item=item, source=f"{self.company.pk}:{number}", net=signed), day, [(None, signed)])
        return posted.item_id if posted else multiple()

    @rule(target=items, day=days, amount=amounts, currency=st.sampled_from(["USD", "EUR"]), known=st.booleans())
    def receive(self, day, amount, currency, known):
        books, number = books_of(self.company, currency, day), self.name()
        item = NewItem(
            self.customer.pk if known else None,
            "receipt",
            number,
            day,
            day,
            -amount,
            -books.base(amount),
            account="receivable" if known else "unidentified",
        )
        draft = drafts.receipt(books, item=item, cash_account_id=cash_account(self.company).pk, source=f"{self.company.pk}:{number}")
        posted = self.post(draft, day, [(None, -amount)])
        return posted.item_id if posted else multiple()

    @rule(target=entries, credit=items, debit=items, day=days, amount=amounts, discount=st.sampled_from([0, 0, 7]))
    def apply(self, credit, debit, day, amount, discount):
        held, owed = OpenItem.objects.get(pk=credit), OpenItem.objects.get(pk=debit)
        if held.amount > 0 or owed.amount < 0 or held.currency != owed.currency or held.account_id != owed.account_id:
            return multiple()
        books, source = books_of(self.company, held.currency, day), f"{self.company.pk}:a{self.name()}"
        try:
            parts = [Part(item_state(held), -amount), Part(item_state(owed), amount + discount)]
            draft = drafts.application(books, parts=parts, day=day, source=source, others=[("discount", discount)])
        except drafts.DraftError:
            assert amount > -held.balance or amount + discount > owed.balance
            return multiple()
        posted = self.post(draft, day, [(credit, amount), (debit, -amount - discount)])
        return posted.entry_id if posted else multiple()

    @rule(item=items, day=days)
    def write_off(self, item, day):
        owed = OpenItem.objects.get(pk=item)
        if owed.balance <= 0:
            return
        books = books_of(self.company, owed.currency, day)
        parts, balance = [Part(item_state(owed), owed.balance)], owed.balance
        draft = drafts.application(
            books, parts=parts, day=day, source=f"{self.company.pk}:w{self.name()}", others=[("bad_debt", balance)], kind="write_off"
        )
        self.post(draft, day, [(item, -balance)])

    @rule(entry=entries, day=days)
    def reverse(self, entry, day):
        original = Entry.objects.get(pk=entry)
        day = max(day, original.effective_date)
        moves = [(line.open_item_id, -line.amount) for line in original.lines.all() if line.open_item_id]
        try:
            services.reverse_entries(entries=[original], day=day, actor=SYSTEM, reason="undo")
        except AlreadyReversed:
            assert Entry.objects.filter(reverses=original).exists()
        except PeriodNotOpen:
            assert not self.is_open(day)
        else:
            assert self.is_open(day)
            self.moves += [(day, item, amount) for item, amount in moves]

    @rule(item=items, extra=amounts, day=days)
    def apply_too_much(self, item, extra, day):
        """Drafts made on a stale reading of the item are refused by the database."""
        owed = OpenItem.objects.get(pk=item)
        if owed.amount < 0 or not self.is_open(day):
            return
        stale = drafts.ItemState(owed.pk, owed.account_id, owed.currency, owed.balance + extra, owed.base_balance + extra)
        books = books_of(self.company, owed.currency, day)
        draft = drafts.application(
            books,
            parts=[Part(stale, stale.balance)],
            day=day,
            source=f"{self.company.pk}:x{self.name()}",
            others=[("rounding", stale.balance)],
        )
        with pytest.raises(OverApplied):
            posting.post_one(draft, actor=SYSTEM)

    @rule(month=st.sampled_from(["2026-01", "2026-02", "2026-03"]))
    def close(self, month):
        if month not in self.closed:
            services.close_period(period=Period.objects.get(company=self.company, name=month), actor=SYSTEM, at="2026-07-01T00:00Z")
            self.closed.add(month)

    @rule(day=days)
    def as_of_any_day(self, day):
        expected = defaultdict(int)
        for moved_on, item, amount in self.moves:
            if moved_on <= day:
                expected[item] += amount
        found = {row.item_id: row.balance for row in item_balances(day, ALL)}
        assert found == {item: balance for item, balance in expected.items() if balance}
        total = sum(row.total for row in aging(day, ALL, by=("customer", "currency")))
        assert total == sum(expected.values())

    @invariant()
    def balances_are_what_was_moved(self):
        expected = defaultdict(int)
        for _, item, amount in self.moves:
            expected[item] += amount
        found = dict(OpenItem.objects.filter(company=self.company).values_list("pk", "balance"))
        assert {k: v for k, v in found.items() if v} == {k: v for k, v in expected.items() if v}


@pytest.mark.django_db
def test_any_history_keeps_the_books():
    options = settings(max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    run_state_machine_as_test(Histories, settings=options)


@pytest.mark.django_db
def test_every_refusal_is_a_ledger_error_in_words():
    company = make_company()
    customer = make_customer(company)
    books = books_of(company, "USD", FIRST)
    item = NewItem(customer.pk, "invoice", "A", date(2024, 1, 1), date(2024, 2, 1), 5, 5)
    with pytest.raises(LedgerError, match="2024-01-01 is missing"):
        posting.post_one(drafts.document(books, item=item, source="a", net=5), actor=SYSTEM)
