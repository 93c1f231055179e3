"""Bank accounts: set up once, found by what stands in files."""

from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction

from arops.lib import codec, money
from cashapp.engine.payers import plain_account
from cashapp.models import BankAccount
from cashapp.readers.lockbox import STANDARD, LockboxProfile
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
    card_payers: Sequence[str] = (),
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
        card_payers=list(card_payers), ledger_account=ledger_account or _cash_account(company, name.strip()),
    )  # fmt: skip
    record(actor=actor, type="bank_account.created", company_id=company.pk, subject=account, name=account.name, identifiers=plain)
    return account


@transaction.atomic
def change_bank_account(
    *,
    actor: Actor,
    account: BankAccount,
    name: str,
    identifiers: Sequence[str],
    receipts_from: str,
    is_active: bool,
    card_payers: Sequence[str] = (),
) -> BankAccount:
    """Rename an account, change the numbers it is found by, the files it takes receipts from, or close it. Raises BankAccountTaken,
    NotAllowed.
    """
    require(actor, "cash.import", account.company_id)
    plain = sorted({plain_account(i) for i in identifiers} - {""})
    Company.objects.select_for_update(of=("self",), no_key=True).get(pk=account.company_id)
    _check_free(account.company, name, plain, account.currency, but=account.pk)
    account.name, account.identifiers, account.receipts_from, account.is_active = name.strip(), plain, receipts_from, is_active
    account.card_payers = list(card_payers)
    account.save(update_fields=["name", "identifiers", "receipts_from", "is_active", "card_payers"])
    record(
        actor=actor, type="bank_account.changed", company_id=account.company_id, subject=account, name=account.name, identifiers=plain,
        receipts_from=receipts_from, is_active=is_active, card_payers=account.card_payers,
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
    return {(name, account.currency): account for account in found for name in (*account.identifiers, *map(_box, account.lockboxes))}


def _box(number: str) -> str:
    """As the reader names a lockbox."""
    return plain_account(f"LOCKBOX {number}")


def profile_of(account: BankAccount) -> LockboxProfile:
    """The account's saved layout of lockbox files, or what most banks write, in its currency."""
    if account.lockbox_profile:
        saved: LockboxProfile = codec.decode(account.lockbox_profile, LockboxProfile)
        return saved
    return replace(STANDARD, currency=account.currency)


def lockbox_profiles() -> dict[str, LockboxProfile]:
    """Lockbox number → how its bank writes, of every account that has a saved layout: it says nothing about anybody's money."""
    saved = BankAccount.objects.filter(is_active=True).exclude(lockboxes=[])
    return {number: profile_of(account) for account in saved for number in account.lockboxes}


@transaction.atomic
def save_lockboxes(*, actor: Actor, account: BankAccount, numbers: Sequence[str], profile: LockboxProfile) -> BankAccount:
    """Keep which lockboxes are banked to the account and how the bank writes their files. Raises BankAccountTaken, NotAllowed."""
    require(actor, "cash.import", account.company_id)
    plain = sorted({number.strip().lstrip("0") for number in numbers} - {""})
    taken = BankAccount.objects.filter(lockboxes__overlap=plain, currency=account.currency, is_active=True).exclude(pk=account.pk).first()
    if taken:
        raise BankAccountTaken(f"lockbox {', '.join(plain)} belongs to another account already")
    account.lockboxes = plain
    account.lockbox_profile = codec.encode(profile) if plain and profile != replace(STANDARD, currency=account.currency) else {}
    account.save(update_fields=["lockboxes", "lockbox_profile"])
    record(
        actor=actor, type="bank_account.lockboxes", company_id=account.company_id, subject=account, numbers=plain,
        profile=account.lockbox_profile,
    )  # fmt: skip
    return account
