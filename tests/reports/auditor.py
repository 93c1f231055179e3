"""The raw rows of the books, and the figures that follow from them in plain Python, without the product's reading."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django.db import connection

DEBITS, CREDITS = ("invoice", "debit_memo", "late_fee", "instalment"), ("credit_memo", "receipt")


def rows(sql: str) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


class Auditor:
    """The raw rows, and the figures that follow from them."""

    def __init__(self) -> None:
        self.items = {
            r["id"]: r for r in rows("SELECT i.*, a.kind AS account FROM ledger_openitem i JOIN ledger_account a ON a.id = account_id")
        }
        self.entries = {r["id"]: r for r in rows("SELECT id, kind, effective_date, posted_at, reverses_id FROM ledger_entry")}
        self.lines = [(self.items[r["open_item_id"]], self.entries[r["entry_id"]], r) for r in rows("SELECT * FROM ledger_line")
                      if r["open_item_id"]]  # fmt: skip
        self.customers = {r["id"]: r for r in rows("SELECT * FROM customers_customer")}
        self.bases = {r["id"]: r["base_currency"] for r in rows("SELECT id, base_currency FROM org_company")}
        self.disputes = rows("SELECT * FROM disputes_dispute")

    def seen(self, day: date, known: datetime | None, accounts: tuple[str, ...]) -> Iterator[tuple[dict, dict, dict]]:
        for item, entry, line in self.lines:
            if item["account"] in accounts and entry["effective_date"] <= day and (known is None or entry["posted_at"] <= known):
                yield item, entry, line

    def balances(self, day: date, known: datetime | None = None, accounts: tuple[str, ...] = ("receivable",)) -> dict[int, tuple[int, int]]:
        found: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        for item, _, line in self.seen(day, known, accounts):
            found[item["id"]][0] += line["amount"]
            found[item["id"]][1] += line["base_amount"]
        assert not any(base for amount, base in found.values() if not amount), "what is settled is settled in both currencies"
        assert all(own * self.items[pk]["amount"] >= 0 for pk, (own, _) in found.items()), "nothing is settled twice, on no day"
        return {pk: (own, base) for pk, (own, base) in found.items() if own}

    def disputed(self, day: date, open_then: dict[int, tuple[int, int]]) -> dict[int, int]:
        held: dict[int, int] = defaultdict(int)
        for d in self.disputes:
            ended = d["state"] in ("resolved", "rejected") and d["resolved_on"] <= day
            if d["opened_on"] <= day and not ended:
                held[d["open_item_id"]] += d["amount"]
        return {pk: min(amount, open_then[pk][0]) for pk, amount in held.items() if open_then.get(pk, (0,))[0] > 0}

    def key(self, item: dict, name: str) -> Any:
        customer = self.customers[item["customer_id"]] if item["customer_id"] else {"parent_id": None, "collector_id": None, "segment": ""}
        return {
            "company": item["company_id"], "customer": item["customer_id"], "collector": customer["collector_id"],
            "segment": customer["segment"], "parent": customer["parent_id"] or item["customer_id"],
        }[name]  # fmt: skip

    def ageing(self, day: date, by: tuple[str, ...], basis: str, bounds: tuple[int, ...], apart: bool, known: datetime | None = None,
               accounts: tuple[str, ...] = ("receivable",)) -> dict[Any, list[int]]:  # fmt: skip
        """Keys, currency, company currency → buckets, credits, disputed, the same buckets and credits in company currency, items."""
        open_then = self.balances(day, known, accounts)
        disputed = self.disputed(day, open_then)
        width = len(bounds) + 1
        found: dict[Any, list[int]] = defaultdict(lambda: [0] * (2 * width + 4))
        for pk, (own, base) in open_then.items():
            item = self.items[pk]
            keys = (*(self.key(item, name) for name in by if name != "currency"), item["currency"], self.bases[item["company_id"]])
            past = (day - item[f"{basis}_date"]).days
            place = width if apart and item["kind"] in CREDITS else sum(1 for bound in bounds if past > bound)
            row = found[keys]
            row[place] += own
            row[width + 1] += disputed.get(pk, 0)
            row[width + 2 + place] += base
            row[-1] += 1
        return dict(found)

    def owed(self, company: int, day: date) -> int:
        return sum(base for pk, (_, base) in self.balances(day).items() if self.items[pk]["company_id"] == company)

    def late(self, company: int, day: date) -> int:
        return sum(
            base for pk, (_, base) in self.balances(day).items()
            if self.items[pk]["company_id"] == company and self.items[pk]["kind"] in DEBITS and self.items[pk]["due_date"] < day
        )  # fmt: skip

    def moved(self, company: int, after: date, upto: date, kinds: tuple[str, ...]) -> int:
        return sum(
            line["base_amount"] for item, entry, line in self.seen(upto, None, ("receivable",))
            if item["company_id"] == company and entry["effective_date"] > after and self.kind(entry) in kinds
        )  # fmt: skip

    def kind(self, entry: dict) -> str:
        return self.entries[entry["reverses_id"]]["kind"] if entry["reverses_id"] else entry["kind"]

    def days_late(self, after: date, upto: date, worth: dict[int, Fraction]) -> tuple[Fraction, Fraction]:
        undone = {e["reverses_id"] for e in self.entries.values() if e["reverses_id"] and e["effective_date"] <= upto}
        weighted = paid = Fraction(0)
        for item, entry, line in self.seen(upto, None, ("receivable",)):
            counts = entry["kind"] == "application" and entry["effective_date"] > after and entry["id"] not in undone
            if counts and item["kind"] in DEBITS and line["amount"] < 0 and item["company_id"] in worth:
                cash = -line["base_amount"] * worth[item["company_id"]]
                paid += cash
                weighted += cash * (entry["effective_date"] - item["due_date"]).days
        return weighted, paid
