"""An auditor's recomputation: seeded histories of trade, and every figure derived anew from the raw rows in plain Python.

Nothing of the product's reading is used on the auditor's side: only what stands in the tables, the calendar, and the definitions of
docs/reference/metrics.md. Histories hold currencies of no, two and three decimals, part payments, discounts, write-offs, credit
memos, applications taken back, returned receipts, disputes opened, closed and opened again, postings back-dated within open periods,
and a leap day.
"""

import csv
import io
import random
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from collections_app.selectors.statement import statement
from disputes.services import close_dispute, move_dispute, open_dispute
from ledger.aging import Buckets
from ledger.asof import Scope
from ledger.models import Entry, Line, OpenItem
from ledger.services import reverse_entries
from org.actors import Reach
from org.models import Company
from reports.selectors import overview
from reports.selectors.ageing import AgeingReport, ageing
from reports.selectors.customer import overview as customer_overview
from reports.selectors.equivalent import equivalent
from reports.selectors.figures import History
from reports.selectors.items import item_list, part_of
from reports.selectors.question import Question
from reports.services import take_snapshot
from tests.factories import SYSTEM, apply, issue, make_company, make_customer, make_user, rate, receive
from tests.reports.auditor import Auditor

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2028, 1, 5), date(2028, 4, 10)
LEAP = date(2028, 2, 29)
DAYS = (LAST, date(2028, 3, 31), date(2028, 3, 1), LEAP, date(2028, 2, 28), date(2028, 1, 31))
DIGITS = {"JPY": 0, "KWD": 3}
ALL = Reach(everything=True)
EURO, YEN = Decimal("1.0812"), Decimal("0.0066")


class World:
    """Two companies in two currencies and a seeded history of them; `moments` are times in between."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        for currency, value in (("EUR", "1.0812"), ("JPY", "0.0066"), ("KWD", "3.25731")):
            rate(currency, "USD", value, day=FIRST)
        for currency, value in (("KWD", "487.1"), ("EUR", "163.37")):
            rate(currency, "JPY", value, day=FIRST)
        rate("EUR", "JPY", "158.02", day=LEAP)
        self.companies = [make_company(currency=c, first=date(2028, 1, 1), months=12) for c in ("USD", "JPY")]
        self.user = make_user("controller", *self.companies)
        self.customers = [make_customer(c, segment=s, collector=p) for c in self.companies for s, p in (("", None), ("key", self.user))]
        for number, parent in ((1, 0), (3, 2)):
            self.customers[number].parent = self.customers[parent]
            self.customers[number].save()
        self.moments: list[datetime] = []
        self.items: list[OpenItem] = []
        for n in range(45):
            self.step(n)
            if n in (15, 35):
                self.moments.append(Entry.objects.latest("posted_at").posted_at)
        later = next(i for i in self.items if i.amount > 0 and i.document_date < LEAP)
        OpenItem.objects.filter(pk=later.pk).update(due_date=later.due_date + timedelta(days=11))
        for company in self.companies:
            receive(None, 31_337, company=company, day=date(2028, 3, 3))

    def step(self, n: int) -> None:
        chance, day = self.random, FIRST + timedelta(days=self.random.randrange((LAST - FIRST).days))
        if n % 3 != 2:
            customer, currency = chance.choice(self.customers), chance.choice(("USD", "EUR", "JPY", "KWD"))
            if customer.company.base_currency == "JPY" and currency == "USD":
                currency = "JPY"
            amount, due = chance.randrange(1_000, 900_000), day + timedelta(days=chance.choice((0, 1, 14, 30)))
            if n % 9 == 4:
                self.items.append(issue(customer, -amount, kind="credit_memo", day=day, currency=currency))
            else:
                self.items.append(issue(customer, amount, day=day, due=due, currency=currency))
            return
        item = chance.choice([i for i in self.items if i.amount > 0])
        item.refresh_from_db()
        if item.balance:
            self.pay(item, n)

    def pay(self, item: OpenItem, n: int) -> None:
        """A payment in full or in part, perhaps dated before others of the item, perhaps taken back or returned."""
        undone = Line.objects.filter(open_item=item, entry__reverses__isnull=False).values_list("entry__effective_date", flat=True)
        day = max([item.document_date + timedelta(days=self.random.randrange(40)), *undone])
        part = item.balance if n % 2 else max(1, item.balance // 3)
        discount, small = part // 50 if n % 4 == 0 else 0, min(7, part // 9) if n % 5 == 0 else 0
        cash = receive(item.customer, part - discount - small + (99 if n % 7 == 0 else 0), day=day, currency=item.currency)
        given = tuple((kind, amount) for kind, amount in (("discount", discount), ("rounding", small)) if amount)
        entry = Entry.objects.get(pk=apply(cash, (item, part), day=day, others=given))
        if n % 12 == 2:
            reverse_entries(entries=[entry], day=day + timedelta(days=2), actor=SYSTEM, reason="wrong invoice")
        elif n % 12 == 8:
            reverse_entries(entries=[entry, cash.opened_by], day=day + timedelta(days=3), actor=SYSTEM, reason="no funds")
        item.refresh_from_db()
        if item.balance > 3 and item.document_date < LEAP:
            self.contest(item, n)

    def contest(self, item: OpenItem, n: int) -> None:
        held = sum(d.amount for d in item.disputes.open())
        if item.balance - held < 3:
            return
        dispute = open_dispute(
            actor=SYSTEM, open_item=item, amount=(item.balance - held) * 2 // 3, reason="price", today=LEAP, source=f"t:{n}"
        )
        if n % 2:
            dispute = close_dispute(actor=SYSTEM, dispute=dispute, resolution="paid", today=date(2028, 3, 9), agreed=0)
            if n % 3 == 2 and n % 4 == 1:
                move_dispute(actor=SYSTEM, dispute=dispute, state="open", version=dispute.version, today=date(2028, 3, 9))

    def ask(self, day: date, known: datetime | None = None, **fields: Any) -> Question:
        scope = Scope(ALL, company_ids=[c.pk for c in self.companies], accounts=fields.pop("accounts", ("receivable", "retainage")))
        return Question(day, scope, known, **fields)


@pytest.fixture(params=[11])
def world(request: pytest.FixtureRequest) -> World:
    return World(request.param)


two_histories = pytest.mark.parametrize("world", [11, 23], indirect=True)


def as_rows(report: AgeingReport) -> dict[Any, list[int]]:
    return {
        (*line.keys.values(), line.currency, line.base_currency): [
            *line.own.buckets, line.own.credits, line.own.disputed, *line.base.buckets, line.base.credits, line.items,
        ]
        for line in report.lines
    }  # fmt: skip


def convert(amount: int, rate_: Decimal | Fraction, digits: int, wanted: int) -> int:
    return round(Fraction(amount) * Fraction(rate_) * Fraction(10) ** (wanted - digits))


@two_histories
def test_ageing_by_anything_as_of_any_day_as_known_at_any_moment(world: World) -> None:
    auditor = Auditor()
    shapes = [
        (("company",), "due", (0, 30, 60, 90), True), (("customer",), "document", (0, 15, 45), True), (("parent",), "due", (7, 30), False),
        (("collector", "segment"), "due", (0, 1, 2), True), (("currency",), "document", (30, 60), False),
    ]  # fmt: skip
    for day in DAYS:
        for known in (None, *world.moments):
            for by, basis, bounds, apart in shapes:
                report = ageing(world.ask(day, known, basis=basis, buckets=Buckets(bounds), credits_apart=apart), by=by)
                assert as_rows(report) == auditor.ageing(day, by, basis, bounds, apart, known)
                assert report.ties_all


def test_cash_not_applied_with_the_unidentified(world: World) -> None:
    auditor = Auditor()
    for day in DAYS:
        cash = overview.unapplied_cash(world.ask(day))
        open_then = auditor.balances(day, None, ("receivable", "unidentified"))
        want: dict[Any, int] = defaultdict(int)
        for pk, (own, _) in open_then.items():
            item = auditor.items[pk]
            if item["kind"] == "receipt":
                want[item["company_id"], item["currency"]] += own
        assert {(line.keys["company"], line.currency): line.own.total for line in cash.lines} == dict(want)


def test_every_column_opens_into_items_that_sum_to_it(world: World) -> None:
    for day in DAYS[:3]:
        question = world.ask(day, buckets=Buckets((0, 20, 50)))
        for currency, amounts in ageing(question).totals.items():
            columns = {str(n): amount for n, amount in enumerate(amounts.buckets)} | {
                "credits": amounts.credits,
                "overdue": amounts.past_due,
            }
            for part, amount in columns.items():
                found = item_list(part_of(question.within(currency=currency), part), limit=1)
                assert found.totals.get(currency, 0) == amount


@two_histories
def test_the_measures_of_each_company_and_of_both_at_the_rate_of_the_day(world: World) -> None:
    auditor = Auditor()
    us, jp = world.companies
    for companies, worth in (([us], {us.pk: Fraction(1)}), ([us, jp], {us.pk: Fraction(1), jp.pk: Fraction(YEN) * 100})):
        for day in DAYS:
            check_measures(world, auditor, companies, worth, day)


def check_measures(world: World, auditor: Auditor, companies: list[Company], worth: dict[int, Fraction], day: date) -> None:
    def summed(figure: Any) -> int:
        return sum(round(figure(pk) * rate_) for pk, rate_ in worth.items())

    money, start = equivalent(companies, day, "USD"), day - timedelta(days=30)
    question = world.ask(day).within(company_ids=list(worth))
    history = History(question, [start], money, 30)
    owed, begin = summed(lambda c: auditor.owed(c, day)), summed(lambda c: auditor.owed(c, start))
    late = summed(lambda c: auditor.late(c, day))
    sales = summed(lambda c: auditor.moved(c, start, day, ("invoice", "debit_memo", "credit_memo")))
    found = history.measures(day)
    assert (history.receivables(day), history.past_due(day), history.receivables(start)) == (owed, late, begin)
    for code, amount in (("dso", owed), ("best_possible", owed - late), ("add", late)):
        assert found[code].value == (Fraction(amount * 30, sales) if sales > 0 else None)
    due = begin + sales - (owed - late)
    assert found["cei"].value == (Fraction((begin + sales - owed) * 100, due) if due > 0 else None)
    assert found["turnover"].value == (Fraction(sales * 2, begin + owed) if begin + owed > 0 else None)
    assert found["overdue"].value == (Fraction(late * 100, owed) if owed > 0 else None)
    rolled = overview.roll_forward(history, start)
    assert (rolled.begin, rolled.end, rolled.begin + sum(amount for *_, amount in rolled.causes)) == (begin, owed, owed)
    top, whole = overview.top_customers(question, money, limit=99)
    assert whole == owed
    assert all(abs(sum(getattr(row, name) for row in top) - figure) <= len(top) for name, figure in (("total", owed), ("past_due", late)))
    weighted, paid = auditor.days_late(start, day, worth)
    value = overview.days_late(question, start, money).value
    assert (value is None) == (paid == 0)
    assert value is None or abs(value - weighted / paid) < Fraction(1, 100)


def test_statements_open_move_and_close_to_the_minor_unit(world: World) -> None:
    auditor = Auditor()
    first, last = date(2028, 2, 10), date(2028, 3, 31)
    for customer in world.customers:
        want: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for item, entry, line in auditor.seen(last, None, ("receivable",)):
            if item["customer_id"] == customer.pk:
                want[item["currency"]][1] += line["amount"]
                want[item["currency"]][0] += line["amount"] if entry["effective_date"] < first else 0
        made = statement(customer, first, last)
        assert {p.currency: [p.opening, p.closing] for p in made.parts if p.opening or p.lines or p.items} == dict(want)
        for part in made.parts:
            assert part.opening + sum(line.amount for line in part.lines) == part.closing == part.ageing.total
            assert part.difference == 0


def test_the_file_of_a_statement_opens_moves_and_closes(world: World) -> None:
    client = Client()
    client.force_login(world.user)
    for customer in world.customers:
        made = statement(customer, date(2028, 2, 10), LAST)
        asked = {"first": "2028-02-10", "as_of": LAST.isoformat(), "format": "xlsx"}
        answer = client.get(reverse("customers:statement", args=[customer.pk]), asked).content
        sheet = list(openpyxl.load_workbook(io.BytesIO(answer))["Account"].iter_rows(min_row=2, values_only=True))
        rows = [row for row in sheet if row[-1]]
        totals = {str(row[0]).removeprefix("Total "): minor(row[3], str(row[0])[-3:]) for row in sheet if row[0] and not row[-1]}
        assert totals == {part.currency: part.closing for part in made.parts}
        for part in made.parts:
            mine = [row for row in rows if row[-1] == part.currency]
            assert minor(mine[0][3], part.currency) == part.opening
            assert minor(mine[-1][4], part.currency) == part.closing == sum(minor(row[3], part.currency) for row in mine)


def test_the_header_of_a_customer(world: World) -> None:
    auditor = Auditor()
    open_then = auditor.balances(LAST)
    disputed = auditor.disputed(LAST, open_then)
    for customer in world.customers:
        own = {pk: b for pk, (b, _) in open_then.items() if auditor.items[pk]["customer_id"] == customer.pk}
        mine = {pk: b for pk, b in own.items() if auditor.items[pk]["currency"] == customer.currency}
        late = [pk for pk, b in own.items() if b > 0 and auditor.items[pk]["due_date"] < LAST]
        view = customer_overview(customer, LAST)
        assert view.exposure.open_items + view.exposure.credits == sum(mine.values())
        assert view.own.past_due == sum(mine[pk] for pk in late if pk in mine)
        assert view.disputed == sum(disputed.get(pk, 0) for pk in mine)
        assert view.oldest_days == max(((LAST - auditor.items[pk]["due_date"]).days for pk in late), default=0)
        if customer.currency == "USD":
            values = {"EUR": EURO, "JPY": YEN, "KWD": Decimal("3.25731")}
            foreign: dict[str, int] = defaultdict(int)
            for pk in own.keys() - mine.keys():
                foreign[auditor.items[pk]["currency"]] += own[pk]
            assert view.exposure.foreign == sum(convert(n, values[c], DIGITS.get(c, 2), 2) for c, n in foreign.items())


def test_a_snapshot_is_what_a_report_of_its_day_says_later(world: World) -> None:
    company = world.companies[0]
    kept = take_snapshot(company=company, day=LAST, actor=SYSTEM)
    moment = Entry.objects.latest("posted_at").posted_at
    issue(world.customers[0], 555_55, day=LEAP)
    again = ageing(world.ask(LAST, moment).within(company_ids=[company.pk]), by=("customer",))
    assert [(r["customer"], r["currency"], r["buckets"], r["credits"], r["disputed"], r["base_total"]) for r in kept.rows] == [
        (line.keys["customer"], line.currency, line.own.buckets, line.own.credits, line.own.disputed, line.base.total)
        for line in again.lines
    ]


def test_files_hold_the_same_figures_in_typed_cells_with_their_totals(world: World) -> None:
    auditor = Auditor()
    client = Client()
    client.force_login(world.user)
    address, asked = reverse("reports:aging"), {"as_of": LAST.isoformat(), "by": "customer"}
    want: dict[str, list[list[int]]] = defaultdict(list)
    for (_, currency, _), row in auditor.ageing(LAST, ("customer",), "due", (0, 30, 60, 90), True).items():
        want[currency].append([*row[:6], sum(row[:6]), row[6]])
    text = client.get(address, asked | {"format": "csv"}).content.decode("utf-8-sig")
    assert by_currency(list(csv.reader(io.StringIO(text)))[1:]) == {c: sorted(found) for c, found in want.items()}
    book = openpyxl.load_workbook(io.BytesIO(client.get(address, asked | {"format": "xlsx"}).content))
    sheet = [row for row in book["Rows"].iter_rows(min_row=2, values_only=True) if any(cell is not None for cell in row)]
    assert by_currency([row for row in sheet if row[-1]]) == {c: sorted(found) for c, found in want.items()}
    totals = {str(row[0]).removeprefix("Total "): row for row in sheet if not row[-1]}
    assert {c: cells(row, c) for c, row in totals.items()} == {
        c: [sum(col) for col in zip(*found, strict=True)] for c, found in want.items()
    }


def by_currency(sheet: list[Any]) -> dict[str, list[list[int]]]:
    found: dict[str, list[list[int]]] = defaultdict(list)
    for row in sheet:
        found[row[-1]].append(cells(row, row[-1]))
    return {currency: sorted(rows_) for currency, rows_ in found.items()}


def cells(row: Any, currency: str) -> list[int]:
    """The amounts of a row of the file, in minor units: five buckets, credits, total, disputed."""
    return [minor(cell, currency) for cell in row[2:10]]


def minor(cell: Any, currency: str) -> int:
    """A cell's amount in minor units."""
    return round(Decimal(str(cell or 0)).scaleb(DIGITS.get(currency, 2)))
