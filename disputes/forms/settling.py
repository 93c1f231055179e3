"""What people type to settle a case, to sign a settlement off, and to say whose sign-off is needed."""

from collections.abc import Sequence
from typing import Any

from django import forms

from arops.lib import money
from arops.lib.formfields import PlainNumber
from disputes.models import Dispute, Stage
from disputes.policy.settling import WAYS, Way, share_out
from disputes.selectors.settling import evidence_of
from disputes.services.ways import Wish, reasons_of
from invoicing.models import Dispatch, InvoiceLine
from org.models import Department

ALIKE = {
    "credited": "What is agreed",
    "goodwill": "What is given up",
    "rebilled": "What the customer will owe less",
    "debited": "What is billed",
}
WHY = {"rejected": "Reasons, for the letter", "corrected": "What was corrected, for the mail"}


class SettleForm(forms.Form):
    """How a case is settled, with the fields of one way. Amounts include tax; the lines and their sum follow each other: whichever of the
    two was changed counts."""

    amount = PlainNumber(label="Amount")
    reason = forms.ChoiceField(required=False, label="Reason")
    words = forms.CharField(required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3}), label="Why, for whoever decides")
    to_customer = forms.CharField(
        required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3}), label="What the customer is told"
    )
    tell = forms.BooleanField(required=False, label="Tell the customer by mail")
    po_number = forms.CharField(required=False, max_length=60, label="Purchase order number")
    channel = forms.ChoiceField(
        required=False,
        label="Sent",
        choices=[("", "as the customer wants it"), *[(c.value, c.label) for c in Dispatch.Channel if c != "pull"]],
    )
    attachments = forms.TypedMultipleChoiceField(
        required=False, coerce=int, widget=forms.CheckboxSelectMultiple, label="Evidence",
        error_messages={"invalid_choice": "one of the files is not, or no longer, beside this case: choose again"},
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, case: Dispute, way: Way, first: int, **kwargs: Any) -> None:
        self.case, self.way, self.first = case, way, first
        self.held = {row.line_id: row.amount for row in case.lines.all()} if way.code == "credited" else {}
        self.sources = self._sources()
        super().__init__(*args, **kwargs)
        self._fit()

    def _sources(self) -> list[InvoiceLine]:
        """Lines of the document that can be chosen: those contested, or all where the case names none."""
        if self.way.code not in ("credited", "debited") or self.case.invoice is None:
            return []
        rows = list(self.case.invoice.lines.all())
        return [row for row in rows if row.pk in self.held] if self.held else [row for row in rows if row.amount + row.tax_amount > 0]

    def _fit(self) -> None:
        """Only the fields of the way, with its words and choices."""
        fields, code = self.fields, self.way.code
        drop = {"amount": not self.way.amount, "reason": not self.way.asks_reason, "po_number": code != "corrected"}
        drop |= {"channel": code != "corrected", "tell": code in ("rejected", "corrected"), "to_customer": code == "corrected"}
        drop["attachments"] = code in ("paid", "withdrawn", "corrected")
        for name in (name for name, gone in drop.items() if gone):
            del fields[name]
        fields["words"].label = WHY.get(code, fields["words"].label)
        if "amount" in fields:
            fields["amount"].label = ALIKE[code]
        self._wants({"amount": "say how much", "reason": "choose a reason", "words": self.way.needs_words})
        self._choices()
        for source in self.sources:
            fields[f"line_{source.pk}"] = PlainNumber(label=f"Line {source.number}")

    def _wants(self, said: dict[str, str]) -> None:
        """Fields that can't be left empty, with what is said where they are; the cursor stands in the first that is empty."""
        for name in (name for name in said if name in self.fields and said[name]):
            self.fields[name].required, self.fields[name].error_messages["required"] = True, said[name]
        first = next((name for name in ("reason", "words") if name in self.fields), None)
        if first:
            self.fields[first].widget.attrs["autofocus"] = True

    def _choices(self) -> None:
        if "reason" in self.fields:
            many = len({kind for kind, _ in reasons_of(self.case, self.way.code)}) > 1
            reason: Any = self.fields["reason"]
            reason.choices = [("", "choose"), *((f"{kind}:{r.code}", _named(kind, r, many)) for kind, r in self.reasons)]
        if "attachments" in self.fields:
            files: Any = self.fields["attachments"]
            files.choices = [(row.pk, f"{row.name} ({row.get_kind_display()})") for row in evidence_of(self.case)]

    @property
    def reasons(self) -> Sequence[tuple[str, Any]]:
        """The reasons of the way, each with the kind of request it is for."""
        return reasons_of(self.case, self.way.code)

    def rows(self) -> list[tuple[InvoiceLine, int, forms.BoundField]]:
        """Lines with what is contested of each and their field."""
        return [(source, self.held.get(source.pk, 0), self[f"line_{source.pk}"]) for source in self.sources]

    def clean(self) -> dict[str, Any]:
        """The amount and the lines in minor units."""
        data = self.cleaned_data
        if self.way.amount:
            typed, lines = self._read("amount"), {s.pk: self._read(f"line_{s.pk}") for s in self.sources}
            data["minor"], data["lines"] = self._agree(typed, {pk: share for pk, share in lines.items() if share})
        return data

    def _agree(self, typed: int | None, lines: dict[int, int]) -> tuple[int, list[tuple[int, int]]]:
        """Amount and lines that go together. Lines as they were first shown follow an amount that was changed."""
        total = sum(lines.values())
        if typed is None or typed == total:
            return total or (typed or 0), list(lines.items())
        if not lines or lines == first_shares(self.held, self.first):
            return typed, []
        if typed == self.first:
            return total, list(lines.items())
        said = money.format(total, self.case.currency)
        self.add_error("amount", f"the lines come to {said}: change one of the two, or empty the lines")
        return typed, []

    def _read(self, name: str) -> int | None:
        text = self.cleaned_data.get(name)
        try:
            return money.parse(text, self.case.currency) if text else None
        except money.MoneyError as error:
            self.add_error(name, str(error))
            return None

    def wish(self) -> Wish:
        """What was typed, as the service takes it; as far as it could be read."""
        data = getattr(self, "cleaned_data", {})
        by, _, code = data.get("reason", "").partition(":")
        payload = {"attachments": data.get("attachments", []), "by": by, "channel": data.get("channel", "")}
        payload |= {"po_number": data.get("po_number", "")} | ({"tell": data["tell"]} if "tell" in data else {})
        words, told = (data.get(name, "").replace("\x00", "") for name in ("words", "to_customer"))
        return Wish(data.get("minor", 0), code, words, told, tuple(data.get("lines", ())), payload)


def _named(kind: str, reason: Any, many: bool) -> str:
    words = f"{reason.name} (needs evidence)" if reason.needs_evidence else reason.name
    return f"{words}, {'write-off' if kind == 'write_off' else 'credit memo'}" if many else words


def first_shares(held: dict[int, int], amount: int) -> dict[int, int]:
    """What of an amount falls on each contested line, as the form first shows it; nothing where the lines don't come to it."""
    if not held or sum(held.values()) < amount:
        return {}
    return {pk: share for pk, share in zip(held, share_out(amount, list(held.values())), strict=True) if share}


class SignForm(forms.Form):
    """A word with a signature."""

    note = forms.CharField(required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}), label="Note")
    given = forms.ChoiceField(choices=[("yes", "sign off"), ("no", "refuse")])


class RuleForm(forms.Form):
    """Whose sign-off a settlement needs."""

    department = forms.ModelChoiceField(Department.objects.none(), empty_label="choose", error_messages={"required": "choose a department"})
    resolution = forms.ChoiceField(
        required=False, label="Settled as", choices=[("", "everything that costs money"), *((way.code, way.label) for way in WAYS.values())]
    )
    stage = forms.ChoiceField(required=False, label="Where it began", choices=[("", "anywhere"), *Stage.choices])
    from_amount = PlainNumber(label="From", initial="0")
    currency = forms.CharField(required=False, max_length=3)

    def __init__(self, *args: Any, companies: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        department: Any = self.fields["department"]
        department.queryset = Department.objects.filter(company__in=companies).select_related("company").order_by("company__code", "name")
        many = len({d.company_id for d in department.queryset}) > 1
        department.label_from_instance = lambda d: f"{d.company.code}: {d.name}" if many else d.name

    def clean(self) -> dict[str, Any]:
        """The amount in minor units of the currency; without one, of the company's."""
        data, department = self.cleaned_data, self.cleaned_data.get("department")
        data["currency"] = (data.get("currency") or "").strip().upper() or (department.company.base_currency if department else "")
        try:
            data["minor"] = money.parse(data.get("from_amount") or "0", data["currency"]) if data["currency"] else 0
        except money.MoneyError as error:
            self.add_error("from_amount" if data["currency"] in money.currencies() else "currency", str(error))
        return data
