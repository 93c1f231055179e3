"""Bank files with what came of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, Sum

from cashapp.models import BankAccount, BankFile, BankStatement, Receipt, StatementLine
from org.actors import Actor

SHOWN = 500


@dataclass(frozen=True, slots=True)
class FileFigures:
    """What became of a file's receipts: how many were applied, wait by band, or are done with otherwise; sums by currency."""

    receipts: int
    applied: int
    green: int
    review: int
    unknown: int
    sums: dict[str, int]


def files_of(actor: Actor) -> QuerySet[BankFile]:
    """Files in sight, the latest first."""
    found = BankFile.objects.visible_to(actor, "cash.view").select_related("stored_file").defer("stored_file__content")
    return found.order_by("-pk")


def figures_of(actor: Actor, file: BankFile) -> FileFigures:
    """What became of the file's receipts, of those in sight."""
    found = Receipt.objects.visible_to(actor, "cash.view").filter(statement_line__statement__bank_file=file)
    waits = Q(on_account=False, returned_on=None) & ~Q(open_item__balance=0)
    rows = found.order_by().values("currency").annotate(
        n=Count("pk"), total=Sum("amount"), green=Count("pk", filter=waits & Q(band="green")),
        review=Count("pk", filter=waits & Q(band="review")), unknown=Count("pk", filter=waits & Q(band="unknown")),
    )  # fmt: skip
    waiting = {b: sum(r[b] for r in rows) for b in ("green", "review", "unknown")}
    count = sum(r["n"] for r in rows)
    return FileFigures(count, count - sum(waiting.values()), **waiting, sums={r["currency"]: r["total"] for r in rows})


def statements_of(actor: Actor, file: BankFile) -> list[BankStatement]:
    """The file's statements in sight with their lines (at most SHOWN), in the order of the file."""
    statements = list(
        BankStatement.objects.visible_to(actor, "cash.view").filter(bank_file=file).select_related("bank_account__company").order_by("pk")
    )
    lines = StatementLine.objects.visible_to(actor, "cash.view").filter(statement__in=statements)
    lines = lines.select_related("receipt__open_item", "receipt__customer", "returns")
    by_statement: dict[int, list[StatementLine]] = {}
    for line in lines.order_by("statement", "ordinal", "pk")[:SHOWN]:
        by_statement.setdefault(line.statement_id, []).append(line)
    for statement in statements:
        statement.shown = by_statement.get(statement.pk, [])  # type: ignore[attr-defined]
    return statements


def may_have_original(actor: Actor, file: BankFile) -> bool:
    """Whether the actor may have the file as the bank sent it: it tells of everybody's money, so a portfolio is not enough for that.
    Whoever brought it knows it already."""
    reach = actor.reach("cash.view")
    if reach.everything or file.imported_by == actor.label:
        return True
    return not file.statements.exclude(bank_account__company__in=reach.companies).exists()  # type: ignore[attr-defined]


def accounts_of(actor: Actor) -> Iterable[BankAccount]:
    """Bank accounts in sight, with how far their statements reach."""
    found = BankAccount.objects.visible_to(actor, "cash.view").select_related("company", "ledger_account")
    rows = list(found.order_by("company__code", "name"))
    last: dict[int, BankStatement] = {}
    booked = BankStatement.objects.filter(bank_account__in=rows, kind=BankStatement.Kind.BOOKED).exclude(closing_date=None)
    for statement in booked.order_by("bank_account_id", "-closing_date", "-pk").distinct("bank_account_id"):
        last[statement.bank_account_id] = statement
    for row in rows:
        row.last_statement = last.get(row.pk)
    return rows
