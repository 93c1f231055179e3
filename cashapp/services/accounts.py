"""Bank accounts: set up once, found by what stands in files."""

from collections.abc import Sequence

from django.db import transaction

from arops.lib import codec, money
from cashapp.engine.payers import plain_account
from cashapp.models import BankAccount
from cashapp.readers.mapping import Mapping
from cashapp.services.errors import CashError
from ledger.models import Account
from org.actors import Actor, require
from org.models import Company
from workflow.services import record


class BankAccountTaken(CashError):
    """Another bank account has this identifier or name."""


@transaction.atomic
def create_bank_account(
    *,
    actor: Actor,
    company: Company,
    name: str,
    currency: str,
    identifiers: Sequence[str],
    receipts_from: str = BankAccount.Source.STATEMENT,
    ledger_account: Account | None = None,
) -> BankAccount:
    """Set up a bank account; without `ledger_account` a cash account is added to the chart. Raises BankAccountTaken,
    MoneyError, NotAllowed.

    `identifiers` are IBANs or account numbers, compared without blanks and punctuation.
    """
    require(actor, "cash.import", company.pk)
    money.exponent(currency)
    plain = sorted({plain_account(i) for i in identifiers} - {""})
    Company.objects.select_for_update(of=("self",), no_key=True).get(pk=company.pk)
    _check_free(company, name, plain, currency)
    account = BankAccount.objects.create(
        company=company, name=name.strip(), currency=currency, identifiers=plain, receipts_from=receipts_from,
        ledger_account=ledger_account or _cash_account(company, name.strip()),
    )  # fmt: skip
    record(actor=actor, type="bank_account.created", company_id=company.pk, subject=account, name=account.name, identifiers=plain)
    return account


@transaction.atomic
def change_bank_account(
    *, actor: Actor, account: BankAccount, name: str, identifiers: Sequence[str], receipts_from: str, is_active: bool
) -> BankAccount:
    """Rename an account, change the numbers it is found by, the files it takes receipts from, or close it. Raises BankAccountTaken,
    NotAllowed.
    """
    require(actor, "cash.import", account.company_id)
    plain = sorted({plain_account(i) for i in identifiers} - {""})
    Company.objects.select_for_update(of=("self",), no_key=True).get(pk=account.company_id)
    _check_free(account.company, name, plain, account.currency, but=account.pk)
    account.name, account.identifiers, account.receipts_from, account.is_active = name.strip(), plain, receipts_from, is_active
    account.save(update_fields=["name", "identifiers", "receipts_from", "is_active"])
    record(
        actor=actor, type="bank_account.changed", company_id=account.company_id, subject=account, name=account.name, identifiers=plain,
        receipts_from=receipts_from, is_active=is_active,
    )  # fmt: skip
    return account


@transaction.atomic
def save_mapping(*, actor: Actor, account: BankAccount, mapping: Mapping | None) -> BankAccount:
    """Keep how this bank's lists are read (None: each list is worked out anew). Raises NotAllowed."""
    require(actor, "cash.import", account.company_id)
    account.csv_mapping = codec.encode(mapping) if mapping else {}
    account.save(update_fields=["csv_mapping"])
    record(actor=actor, type="bank_account.mapped", company_id=account.company_id, subject=account, mapping=account.csv_mapping)
    return account


def _check_free(company: Company, name: str, plain: list[str], currency: str, but: int | None = None) -> None:
    if not plain:
        raise BankAccountTaken("give the IBAN or account number as it stands in the bank's files")
    if not name.strip():
        raise BankAccountTaken("give the account a name")
    taken = BankAccount.objects.filter(identifiers__overlap=plain, currency=currency, is_active=True).exclude(pk=but).first()
    if taken and taken.company_id == company.pk:
        raise BankAccountTaken(f"{', '.join(plain)} belongs to {taken.name} already")
    if taken:
        raise BankAccountTaken(f"{', '.join(plain)} belongs to an account of another company already")
    if BankAccount.objects.filter(company=company, name=name.strip()).exclude(pk=but).exists():
        raise BankAccountTaken(f"{company.code} has a bank account {name.strip()} already")


def _cash_account(company: Company, name: str) -> Account:
    codes = {int(c) for c in Account.objects.filter(company=company).values_list("code", flat=True) if c.isdigit()}
    code = next(c for c in range(1000, 9999) if c not in codes)
    return Account.objects.create(company=company, code=str(code), name=name, kind=Account.Kind.CASH)


def find_accounts(*, actor: Actor, company: Company | None = None) -> dict[tuple[str, str], BankAccount]:
    """(identifier, currency) → the account, of those where the actor may import; for one company or all in sight."""
    found = BankAccount.objects.visible_to(actor, "cash.import").filter(is_active=True).select_related("company", "ledger_account")
    if company:
        found = found.filter(company=company)
    return {(identifier, account.currency): account for account in found for identifier in account.identifiers}
