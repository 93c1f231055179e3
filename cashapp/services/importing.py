"""Bank files in: read in bounds, known again by three keys, believed only when they foot and chain, booked at once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import IntegrityError, transaction

from arops.lib import codec
from arops.lib.collecting import without_collection
from arops.lib.sandbox import run_bounded
from cashapp.engine.payers import plain_account
from cashapp.models import BankAccount, BankFile, BankStatement, Receipt, StatementLine
from cashapp.readers import fingerprints
from cashapp.readers.mapping import Mapping
from cashapp.readers.model import FEE, BankEntry, Statement
from cashapp.readers.model import BankFile as ParsedFile
from cashapp.selectors.returns import suggest_originals
from cashapp.services.accounts import find_accounts, lockbox_profiles
from cashapp.services.charges import book_charges
from cashapp.services.deposits import deposits_among, mark_banked
from cashapp.services.errors import AlreadyImported, CashError, StatementHeld, UnknownBankAccount
from cashapp.services.recording import NewReceipt, record_receipts
from cashapp.services.statements import Chain, chain_of, check_chains, check_foots, line_of, movements_of, name_of, treatment_of
from org.actors import Actor, require
from org.models import Company
from workflow.services import record, store_file

READ_SECONDS, READ_MEMORY_MB = 20, 512


@dataclass
class ImportResult:
    """What came of a file: its row, the statements that were new, the receipts recorded, and sentences for the person."""

    bank_file: BankFile
    statements: list[BankStatement] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def companies(self) -> list[Company]:
        """The companies whose accounts the file was about."""
        return list({s.bank_account.company_id: s.bank_account.company for s in self.statements}.values())


class EmptyFile(CashError):
    """There is no statement in the file."""


class CardsNotSetUp(CashError):
    """A list of card sales for an account that knows of no card processor."""


def read_file(content: bytes, name: str, *, today: date, bank_account: BankAccount | None = None) -> ParsedFile:
    """The file, parsed in a process of its own. Raises InputRefused with line and reason."""
    mapping = codec.decode(bank_account.csv_mapping, Mapping) if bank_account and bank_account.csv_mapping else None
    kwargs = {"name": name, "latest": today + timedelta(days=5), "profiles": lockbox_profiles()} | ({"mapping": mapping} if mapping else {})
    parsed: ParsedFile = run_bounded("cashapp.readers.detect.read", content, seconds=READ_SECONDS, memory_mb=READ_MEMORY_MB, kwargs=kwargs)
    return parsed


@without_collection()
def import_bank_file(
    *, actor: Actor, content: bytes, name: str, today: date, company: Company | None = None, bank_account: BankAccount | None = None,
    accept_gap: str = "",
) -> ImportResult:  # fmt: skip
    """Import a bank file whole, or refuse it whole. Its credits become receipts in the books, unapplied or unidentified.

    `bank_account` is for lists that don't name theirs. `accept_gap` (a reason) takes in what doesn't foot or chain; it needs
    cash.reverse. Raises InputRefused (line and reason), AlreadyImported, UnknownBankAccount, DoesNotFoot, StatementGap, NotAllowed.
    """
    require(actor, "cash.import", company.pk if company else bank_account.company_id if bank_account else None)
    parsed = read_file(content, name, today=today, bank_account=bank_account)
    _check_new(parsed.content_sha256)
    try:
        with transaction.atomic():
            return _Import(actor, parsed, accept_gap.strip(), company, bank_account).run(content, name)
    except IntegrityError:
        _check_new(parsed.content_sha256)  # the same file twice at once: the second finds the first
        raise


def _check_new(fingerprint: str) -> None:
    known = BankFile.objects.filter(fingerprint=fingerprint).select_related("stored_file").first()
    if known:
        raise AlreadyImported(f"already imported on {known.imported_at:%Y-%m-%d %H:%M} as {known.stored_file.name}: nothing was changed")


class _Import:
    """One file on its way in; holds the accounts locked, so that two files of one account come one after the other."""

    def __init__(self, actor: Actor, parsed: ParsedFile, accept_gap: str, company: Company | None, account: BankAccount | None) -> None:
        self.actor, self.parsed, self.accept_gap = actor, parsed, accept_gap
        self.accounts = self._accounts(company, account)
        locked = (
            BankAccount.objects.select_for_update(of=("self",), no_key=True).filter(pk__in={a.pk for a in self.accounts}).order_by("pk")
        )
        self.chains: dict[int, Chain] = {a.pk: chain_of(a) for a in locked}
        self.keys = fingerprints.entry_keys(parsed)
        self.known = self._known_lines()
        self.taken = set(self.known)

    def run(self, content: bytes, name: str) -> ImportResult:
        """Statements, lines, receipts, in that order."""
        stored, _ = store_file(actor=self.actor, name=name or "bank file", content=content)
        bank_file = BankFile.objects.create(
            stored_file=stored, fingerprint=self.parsed.content_sha256, format=self.parsed.format, imported_by=self.actor.label
        )
        result = ImportResult(bank_file, notes=list(self.parsed.warnings))
        for n, (statement, account) in enumerate(zip(self.parsed.statements, self.accounts, strict=True)):
            self._take(statement, account, self.keys[n], result)
        if not result.statements:
            raise AlreadyImported(" ".join(result.notes) or "every statement in this file was imported before: nothing was changed")
        self._book(result)
        result.counts["statements"], result.counts["receipts"] = len(result.statements), len(result.receipts)
        bank_file.counts, bank_file.notes = dict(result.counts), result.notes
        bank_file.save(update_fields=["counts", "notes"])
        for company in result.companies:
            record(actor=self.actor, type="bank_file.imported", company_id=company.pk, subject=bank_file, name=name, **result.counts)
        return result

    def _accounts(self, company: Company | None, account: BankAccount | None) -> list[BankAccount]:
        """The account of each statement. Raises UnknownBankAccount naming all that aren't set up."""
        if not self.parsed.statements:
            raise EmptyFile("there is no statement in this file")
        known = find_accounts(actor=self.actor, company=company)
        found = [self._account(known, s, account) for s in self.parsed.statements]
        unknown = tuple(dict.fromkeys((s.account, s.currency) for s, a in zip(self.parsed.statements, found, strict=True) if a is None))
        if unknown:
            raise UnknownBankAccount(_not_set_up(unknown, known), unknown)
        return [a for a in found if a]

    def _account(self, known: dict[tuple[str, str], BankAccount], statement: Statement, given: BankAccount | None) -> BankAccount | None:
        plain = plain_account(statement.account)
        if given and (not plain or plain in given.identifiers) and statement.currency in ("", given.currency):
            return given
        found = known.get((plain, statement.currency))
        if found is None and not statement.currency:
            found = next((a for (identifier, _), a in known.items() if identifier == plain), None)
        return found

    def _known_lines(self) -> dict[str, StatementLine]:
        wanted = [key for statement in self.keys for key in statement]
        wanted += [f"{kind}:{key}" for kind in ("interim", "notification") for key in wanted]
        return {line.key: line for line in StatementLine.objects.filter(key__in=wanted).select_related("statement")}

    def _take(self, statement: Statement, account: BankAccount, keys: Sequence[str], result: ImportResult) -> None:
        key = fingerprints.statement_key(statement)
        if BankStatement.objects.filter(key=key).exists():
            result.notes.append(f"Statement {name_of(statement)} of {account.name} was imported before and is left out.")
            result.counts["repeated_statements"] += 1
            return
        if statement.kind == "notification" and not account.card_payers and any(e.type_code == FEE for e in statement.entries):
            raise CardsNotSetUp(f"name the card processor at {account.name} first (Card processors), so that its payouts don't count twice")
        chained, held = self._judge(statement, account)
        row = BankStatement.objects.create(
            bank_account=account, bank_file=result.bank_file, key=key, statement_id=statement.statement_id[:80], kind=statement.kind,
            opening_date=statement.opening_date, opening_balance=statement.opening_balance, closing_date=statement.closing_date,
            closing_balance=statement.closing_balance, movements=movements_of(statement.entries, account.currency), gap_reason=held,
        )  # fmt: skip
        self.chains[account.pk].add(statement)
        result.statements.append(row)
        self._lines(statement, row, keys, chained, result)

    def _judge(self, statement: Statement, account: BankAccount) -> tuple[bool, str]:
        """Whether it chains, and the reason for which it was taken in though it is held."""
        try:
            check_foots(statement, account)
            return check_chains(statement, self.chains[account.pk]), ""
        except StatementHeld:
            if not self.accept_gap:
                raise
            require(self.actor, "cash.reverse", account.company_id)
            return False, self.accept_gap[:300]

    def _lines(self, statement: Statement, row: BankStatement, keys: Sequence[str], chained: bool, result: ImportResult) -> None:
        rows: list[StatementLine] = []
        for entry, plain in zip(statement.entries, keys, strict=True):
            if entry.status != "booked":
                result.counts["pending"] += 1
                continue
            key = plain if statement.kind == "booked" else f"{statement.kind}:{plain}"
            if self._repeats(key, entry, chained):
                row.repeated += 1
                continue
            key = self._free(key)
            rows.append(line_of(entry, row, key, treatment_of(entry, statement, row.bank_account)))
        deposits = deposits_among(rows, row.bank_account)
        StatementLine.objects.bulk_create(rows, batch_size=2000)
        result.notes += filter(None, [mark_banked(deposits)])
        result.counts["lines"] += len(rows)
        result.counts["repeated"] += row.repeated
        if row.repeated:
            row.save(update_fields=["repeated"])
            result.notes.append(f"{row.repeated} entries of statement {name_of(statement)} had been imported before and are left out.")

    def _repeats(self, key: str, entry: BankEntry, chained: bool) -> bool:
        """Whether this very movement is in the books: not when balances prove it new, nor when another payer sent it."""
        known = self.known.get(key)
        if known is None or chained:
            return False
        return bool(entry.bank_reference) or (known.text, known.payer_name) == (entry.text, entry.payer_name[:200])

    def _free(self, key: str) -> str:
        n, free = 2, key
        while free in self.taken or (n > 2 and StatementLine.objects.filter(key=free).exists()):
            free, n = f"{key}:{n}", n + 1
        self.taken.add(free)
        return free

    def _book(self, result: ImportResult) -> None:
        """Receipts of the lines that bring money, account by account; what came back is laid beside what it takes back."""
        lines = (
            StatementLine.objects.filter(statement__bank_file=result.bank_file)
            .select_related("statement__bank_account__company")
            .order_by("pk")
        )
        by_account: dict[int, list[StatementLine]] = {}
        charges: dict[int, list[StatementLine]] = {}
        returns = []
        for line in lines:
            result.counts[line.treatment] += 1
            if line.treatment == StatementLine.Treatment.RECEIPT:
                by_account.setdefault(line.statement.bank_account_id, []).append(line)
            elif line.treatment == StatementLine.Treatment.CHARGE:
                charges.setdefault(line.statement.bank_account_id, []).append(line)
            elif line.treatment == StatementLine.Treatment.RETURN:
                returns.append(line)
        accounts = {a.pk: a for a in self.accounts}
        for pk in sorted(by_account):
            result.receipts += record_receipts(
                actor=self.actor, bank_account=accounts[pk], rows=[_new_receipt(line) for line in by_account[pk]]
            )
        for pk in sorted(charges):
            book_charges(actor=self.actor, bank_account=accounts[pk], lines=charges[pk])
        suggest_originals(returns)


def _new_receipt(line: StatementLine) -> NewReceipt:
    return NewReceipt(
        line.amount, line.value_date, line.payer_name, line.payer_account, line.payer_bank, line.text or line.customer_reference,
        tuple(line.structured), line.channel, line=line,
    )  # fmt: skip


def _not_set_up(unknown: tuple[tuple[str, str], ...], known: dict[tuple[str, str], BankAccount]) -> str:
    """What is missing, and how it is set up; a number that is there in another currency is said to be."""
    names = ", ".join(f"{number or 'no account'} ({currency or 'no currency'})" for number, currency in unknown)
    others = {name: currency for number, _ in unknown for (name, currency) in known if number and name == plain_account(number)}
    there = "".join(f" {number} is set up in {currency}, which is another account;" for number, currency in others.items())
    if all(number.startswith("LOCKBOX") for number, _ in unknown):
        return f"no bank account has {names}: enter its number at Lockboxes of the account where its cheques are banked, and import again"
    return (
        f"no bank account is set up for {names}:{there} add it under Cash, Bank accounts, with this number and currency, and import again"
    )
