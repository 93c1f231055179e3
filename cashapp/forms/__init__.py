"""What people type about cash."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django import forms
from django.http import QueryDict

from arops.lib import money
from cashapp.models import BankAccount
from cashapp.readers.mapping import Mapping
from cashapp.readers.sniff import Proposal
from cashapp.selectors.mapping import DAYS, ROLES, place_of
from cashapp.services.settling import Share
from disputes.models import Dispute
from ledger.models import OpenItem
from org.actors import Actor
from org.models import Company

PARTS = {
    "amount": "amount", "discount": "discount", "write_off": "write-off", "short": "deduction", "charges": "bank charges",
    "withheld": "tax withheld",
}  # fmt: skip
NOT_CONTESTED = ("charges", "withheld")
"""What is left of an item may be these instead of a deduction: chosen where its reason is."""
MAX_FILE = 50 * 1024 * 1024


def amount_of(text: str, currency: str) -> int:
    """Minor units of an amount as people type it: 1,234.50 or 1 234.5 or (12.00). Raises MoneyError."""
    plain = money.ungrouped(text.replace("–", ""))
    if plain.startswith("(") and plain.endswith(")"):
        plain = f"-{plain[1:-1]}"
    if plain in ("", "-0", "0"):
        return 0
    return money.parse(plain, currency)


@dataclass
class Typed:
    """An allocation as it was typed: rows as a draft keeps them, and what was wrong with it, in words."""

    rows: list[dict[str, Any]]
    rest: bool
    rank: int
    version: int
    errors: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, post: QueryDict, currency: str) -> "Typed":
        """Read a form of the workbench. What can't be read counts as zero and is named in `errors`."""
        typed = cls([], post.get("rest") == "on", number(post.get("rank")), number(post.get("version")))
        for key in dict.fromkeys(post.getlist("use")):
            if number(key) > 0:
                row: dict[str, Any] = {"item": number(key)} | {part: typed._part(post, part, key, currency) for part in PARTS}
                reason = post.get(f"reason-{key}", "short_payment")
                if reason in NOT_CONTESTED:
                    row[reason], row["short"] = row[reason] + row["short"], 0
                typed.rows.append(row | {"reason": reason if reason in Dispute.Reason.values else "short_payment"})
        return typed

    def _part(self, post: QueryDict, part: str, key: str, currency: str) -> int:
        try:
            return amount_of(post.get(f"{part}-{key}", ""), currency)
        except money.MoneyError as error:
            self.errors.append(f"{PARTS[part]} of {post.get(f'number-{key}', key)[:60]}: {error}")
            return 0

    @property
    def data(self) -> dict[str, Any]:
        """As a draft keeps it."""
        return {"rows": self.rows, "rest": self.rest, "rank": self.rank}

    @property
    def shares(self) -> list[Share]:
        """As it is posted."""
        return [Share(r["item"], reason=r["reason"], **{part: r.get(part, 0) for part in PARTS}) for r in self.rows]

    def add(self, item: OpenItem, unapplied: int) -> None:
        """One more item: as much of it as is left of the receipt; a credit whole."""
        if any(r["item"] == item.pk for r in self.rows):
            return
        left = unapplied - sum(r["amount"] for r in self.rows)
        amount = item.balance if item.balance < 0 else max(0, min(item.balance, left))
        self.rows.append({"item": item.pk, **dict.fromkeys(PARTS, 0), "amount": amount, "reason": "short_payment"})
        self.rank = 0

    def drop(self, item_id: int) -> None:
        """Without an item."""
        self.rows = [r for r in self.rows if r["item"] != item_id]
        self.rank = 0


def number(text: Any) -> int:
    """A whole number out of a form; -1 for anything else."""
    return int(text) if isinstance(text, str) and text.isascii() and text.isdecimal() and len(text) < 18 else -1


def words(text: str | None, most: int = 2000) -> str:
    """What somebody typed, trimmed, without the characters that no database keeps."""
    return (text or "").replace("\0", "").strip()[:most]


class BankFileForm(forms.Form):
    """A file from the bank, and the account for lists that don't name theirs."""

    file = forms.FileField(
        label="Bank file", error_messages={"required": "choose a file", "empty": "the file is empty"},
        widget=forms.ClearableFileInput(attrs={"data-key": "b", "data-command": "Bring a file"}),
    )  # fmt: skip
    bank_account = forms.ModelChoiceField(
        BankAccount.objects.none(), required=False, empty_label="found in the file", label="Account",
        help_text="Only for lists (CSV, Excel) that don't say whose they are.",
    )  # fmt: skip

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = BankAccount.objects.visible_to(actor, "cash.import").filter(is_active=True)
        self.fields["bank_account"].queryset = found.select_related("company")  # type: ignore[attr-defined]

    def clean_file(self) -> Any:
        """At most as much as a reader takes."""
        file = self.cleaned_data["file"]
        if file.size > MAX_FILE:
            raise forms.ValidationError(f"the file has {file.size // 1024 // 1024} MB, more than {MAX_FILE // 1024 // 1024} MB")
        return file


class BankAccountForm(forms.Form):
    """A bank account of a company."""

    company = forms.ModelChoiceField(Company.objects.none(), empty_label=None)
    name = forms.CharField(max_length=100, help_text="As your team calls it.")
    currency = forms.ChoiceField(choices=[(c, c) for c in money.currencies()])
    identifiers = forms.CharField(
        max_length=600, label="Numbers", widget=forms.Textarea(attrs={"rows": 2}),
        help_text="IBAN or account numbers as they stand in the bank's files, one a line.",
    )  # fmt: skip
    receipts_from = forms.ChoiceField(
        choices=BankAccount.Source.choices, label="Receipts come from", help_text="The other files are kept for information."
    )
    card_payers = forms.CharField(
        max_length=600, required=False, label="Card processors", widget=forms.Textarea(attrs={"rows": 2}),
        help_text="As the statement names them, one a line. Their lists of sales bring the receipts; payouts are kept for information.",
    )  # fmt: skip
    is_active = forms.BooleanField(required=False, initial=True, label="In use")

    def __init__(self, *args: Any, actor: Actor, account: BankAccount | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        companies = Company.objects.visible_to(actor, "cash.import")
        self.fields["company"].queryset = companies  # type: ignore[attr-defined]
        if account:
            del self.fields["company"], self.fields["currency"]
            return
        del self.fields["is_active"]
        currency = self.initial.get("currency")
        alike = currency and companies.filter(base_currency=currency).first()
        first = alike or companies.first()
        start: dict[str, Any] = {"company": first, "currency": first.base_currency if first else "USD"}
        self.initial = {**start, **self.initial}

    def clean_identifiers(self) -> list[str]:
        """Each number, and none longer than a number is."""
        found = [line.strip() for line in self.cleaned_data["identifiers"].replace(",", "\n").splitlines() if line.strip()]
        if any(len(i) > 60 for i in found):
            raise forms.ValidationError("a number has at most 60 characters: write one a line")
        return found

    def clean_card_payers(self) -> list[str]:
        """Each name, long enough to tell it from others."""
        found = [words(line, 60) for line in self.cleaned_data["card_payers"].splitlines() if line.strip()]
        if any(len(name) < 4 for name in found):
            raise forms.ValidationError("a processor's name has at least 4 letters, or it would be found in too many payments")
        return found


def lines_of(amounts: dict[str, int]) -> str:
    """Amounts by currency (minor units) as they are typed, a line each."""
    return "\n".join(f"{currency} {money.to_text(amount, currency)}" for currency, amount in sorted(amounts.items()))


def by_currency(text: str) -> dict[str, int]:
    """Minor units by currency from lines such as `EUR 5.00`. Raises ValidationError."""
    return dict(_pair(line) for line in text.splitlines() if line.strip())


def _pair(line: str) -> tuple[str, int]:
    currency, _, amount = line.strip().partition(" ")
    try:
        minor = amount_of(amount, currency.upper())
    except money.MoneyError as error:
        raise forms.ValidationError(f"{line.strip()[:40]}: {error}") from None
    if minor < 0:
        raise forms.ValidationError(f"{line.strip()[:40]}: an amount of zero or more")
    return currency.upper(), minor


def reasons() -> Iterable[tuple[str, str]]:
    """Why something may be deducted, for the workbench's select."""
    return Dispute.Reason.choices


class MappingForm(forms.Form):
    """How a bank's list is read: which column is what, and how it writes days and amounts."""

    date_format = forms.ChoiceField(label="Days are written", required=False)
    decimal = forms.ChoiceField(choices=[(".", "1234.50"), (",", "1234,50")], label="Amounts are written")
    thousands = forms.ChoiceField(
        choices=[("", "nothing"), (",", "a comma"), (".", "a point"), (" ", "a blank"), ("'", "an apostrophe")], required=False,
        label="Thousands are parted by",
    )  # fmt: skip
    sign = forms.ChoiceField(
        choices=[("credit_positive", "money in is positive"), ("debit_positive", "money in is negative")], label="A signed amount"
    )
    negative = forms.ChoiceField(
        choices=[("ask", "is refused"), ("reverse", "reverses a booking"), ("absolute", "is just how debits are written")],
        label="A negative credit or debit",
    )  # fmt: skip
    currency = forms.ChoiceField(required=False, label="Currency, where no column says it")
    lump = forms.BooleanField(required=False, label="A card batch is one receipt, with its sales as parts")
    settlement = forms.BooleanField(required=False, label="The list only tells what makes up card payouts: the bank's statement books them")
    text = forms.MultipleChoiceField(required=False, label="Remittance text", widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, proposal: Proposal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.proposal = proposal
        columns = [(str(n), name or f"column {n}") for n, name in enumerate(proposal.columns, 1)]
        for role, label in ROLES:
            choices = [("", "–"), *columns]
            self.fields[role] = forms.ChoiceField(choices=choices, required=role == "date", label=label)
            self.initial.setdefault(role, self._place(getattr(proposal.mapping, role)))
        self.fields["text"].choices = columns  # type: ignore[attr-defined]
        self.fields["date_format"].choices = [("", "as a spreadsheet's dates, or 2026-04-03"), *((d, d) for d in DAYS)]  # type: ignore[attr-defined]
        self.fields["currency"].choices = [("", "–"), *((c, c) for c in money.currencies())]  # type: ignore[attr-defined]
        self.initial.setdefault("text", [p for p in map(self._place, proposal.mapping.text) if p])
        for name in ("date_format", "decimal", "thousands", "sign", "negative", "currency", "lump", "settlement"):
            self.initial.setdefault(name, getattr(proposal.mapping, name) or "")
        days = proposal.mapping.date_format
        if days and days not in DAYS:
            self.fields["date_format"].choices += [(days, days)]  # type: ignore[attr-defined]

    def _place(self, column: Any) -> str:
        place = place_of(column, self.proposal.columns)
        return "" if place is None else str(place + 1)

    @property
    def columns(self) -> list[Any]:
        """The fields that choose columns."""
        return [self[role] for role, _ in ROLES]

    def clean(self) -> dict[str, Any]:
        """An amount there must be."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not any(data.get(name) for name in ("amount", "credit", "debit")):
            self.add_error("amount", "choose the column of the amount, or those of credits and debits")
        return data

    def mapping(self) -> Mapping:
        """The mapping that was chosen; columns go by their headings where these are unique, else by number."""
        data = self.cleaned_data
        roles: dict[str, Any] = {role: self._column(data[role]) for role, _ in ROLES if data[role]}
        kept = ("decimal", "thousands", "sign", "negative", "currency", "lump", "settlement")
        plain: dict[str, Any] = {name: data[name] for name in kept}
        empty: dict[str, Any] = {role: None for role, _ in ROLES if role not in roles}
        text = tuple(self._column(c) for c in data["text"])
        return replace(self.proposal.mapping, **empty, **roles, **plain, text=text, date_format=data["date_format"] or None)

    def _column(self, chosen: str) -> str | int:
        name = self.proposal.columns[int(chosen) - 1]
        return name if name and self.proposal.columns.count(name) == 1 else int(chosen)
