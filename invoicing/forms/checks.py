"""What people type about exceptions: filters, answers to what was found, a document mended, the company's policy."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from invoicing.checks import RULES
from invoicing.forms.documents import DayInput
from invoicing.models import CheckPolicy
from invoicing.payload import Problem
from invoicing.services.exceptions import FIELDS, LINE_FIELDS, plain
from org.models import Department, User

LABELS = {
    "po_number": "Purchase order", "order": "Order", "payment_terms": "Terms", "cost_code": "Cost code",
    "buyer_reference": "Buyer reference", "document_date": "Dated", "due_date": "Due",
}  # fmt: skip
LINE_LABELS = {
    "sku": "Article", "description": "Description", "quantity": "Quantity", "unit": "Unit", "unit_price": "Price", "tax_code": "Tax code",
    "tax_amount": "Tax", "po_line": "PO line", "order_line": "Order line", "work_order": "Work order", "contract": "Contract",
    "period_from": "Period from", "period_to": "Period to",
}  # fmt: skip
OWN = (("", "as the company's"), *CheckPolicy.Mode.choices)


class ReasonForm(forms.Form):
    """Why something is decided so."""

    reason = forms.CharField(
        max_length=300, widget=forms.Textarea(attrs={"rows": 3, "placeholder": "Who agreed to it, and where that stands"}), label="Reason"
    )


class AskFindingForm(forms.Form):
    """A question to a department about a finding."""

    department = forms.ChoiceField(label="Department")
    question = forms.CharField(max_length=4000, widget=forms.Textarea(attrs={"rows": 5}), label="Question")
    due_date = forms.DateField(widget=DayInput(), label="Answer by")

    def __init__(self, *args: Any, departments: list[Department], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["department"]
        choices.choices = [(d.code, d.name) for d in departments]


class OwnerForm(forms.Form):
    """Whose an exception is."""

    owner = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="nobody")

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["owner"]
        chosen.queryset = people


class MendForm(forms.Form):
    """The fields of a held document and of its lines, as they stand in its payload. A line that is ticked off is taken out."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, payload: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in FIELDS:
            widget = DayInput() if name.endswith("_date") else forms.TextInput()
            self.fields[name] = forms.CharField(
                required=name == "document_date",
                max_length=80,
                initial=plain(payload.get(name)),
                label=LABELS[name],
                widget=widget,
                error_messages={"required": "a day is needed"},
            )
        self.numbers = [line.get("number") or n + 1 for n, line in enumerate(payload.get("lines") or [])]
        for number, line in zip(self.numbers, payload.get("lines") or [], strict=True):
            self.fields[f"off_{number}"] = forms.BooleanField(required=False, label=f"Take line {number} off")
            for name in LINE_FIELDS:
                most = 300 if name == "description" else 80
                self.fields[f"{name}_{number}"] = forms.CharField(
                    required=False,
                    max_length=most,
                    initial=plain(line.get(name)),
                    label=f"{LINE_LABELS[name]}, line {number}",
                    widget=DayInput() if name.startswith("period_") else None,
                )

    def heads(self) -> list[Any]:
        """Fields of the document, bound."""
        return [self[name] for name in FIELDS]

    def blame(self, problems: Sequence[Problem]) -> None:
        """Put what the reader refused beside the field it is about, called as the form calls it. What is wrong with a line or the whole is
        said where no field is to blame: it follows from that."""
        kept = [n for n in self.numbers if not self.cleaned_data.get(f"off_{n}")]
        rest: list[str] = []
        for problem in problems:
            first, *path = problem.pointer.strip("/").split("/")
            at = int(path[0]) if first == "lines" and path and path[0].isdecimal() else len(kept)
            field = f"{path[-1]}_{kept[at]}" if at < len(kept) else first
            said = problem.detail.replace(" as text", "")
            for name, label in (LINE_LABELS if first == "lines" else LABELS).items():
                said = re.sub(rf"\b{name}\b", label.lower(), said)
            if field in self.fields:
                self.add_error(field, said)
            else:
                rest.append(f"line {kept[at]}: {said}" if at < len(kept) else said)
        for said in [] if self.errors else rest:
            self.add_error(None, said)

    def rows(self) -> list[tuple[int, Any, list[Any]]]:
        """Lines: number, the box that takes it off, its fields."""
        return [(n, self[f"off_{n}"], [self[f"{name}_{n}"] for name in LINE_FIELDS]) for n in self.numbers]

    def head_changes(self) -> dict[str, str]:
        """What stands in the document's fields now."""
        return {name: self._day_text(self.cleaned_data[name]) for name in FIELDS}

    def line_changes(self) -> dict[int, dict[str, str] | None]:
        """What stands in the lines now; None for one that is taken off."""
        data = self.cleaned_data
        return {n: None if data[f"off_{n}"] else {name: data[f"{name}_{n}"] for name in LINE_FIELDS} for n in self.numbers}

    @staticmethod
    def _day_text(value: str | date) -> str:
        return value.isoformat() if isinstance(value, date) else value


class PolicyForm(forms.Form):
    """What a company wants done about findings; a rule may have its own mode."""

    pushed = forms.ChoiceField(choices=CheckPolicy.Mode.choices, label="Documents that an ERP pushes, or a list brings")
    drafted = forms.ChoiceField(choices=CheckPolicy.Mode.choices, label="Drafts made here")
    freight_skus = forms.CharField(required=False, max_length=2000, label="Articles that are freight", help_text="Parted by commas.")
    fee_skus = forms.CharField(required=False, max_length=2000, label="Articles that are surcharges or fees", help_text="Parted by commas.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for rule in RULES:
            self.fields[f"rule_{rule.code}"] = forms.ChoiceField(choices=OWN, required=False, label=rule.label)

    @classmethod
    def start(cls, policy: CheckPolicy | None) -> dict[str, Any]:
        """What the form shows of a policy; the usual ones where there is none."""
        found = policy or CheckPolicy()
        own = {f"rule_{code}": mode for code, mode in found.rules.items()}
        lists = {name: ", ".join(getattr(found, name)) for name in ("freight_skus", "fee_skus")}
        return {"pushed": found.pushed, "drafted": found.drafted, **lists, **own}

    def rules(self) -> dict[str, str]:
        """Rules with a mode of their own."""
        return {rule.code: self.cleaned_data[f"rule_{rule.code}"] for rule in RULES if self.cleaned_data[f"rule_{rule.code}"]}

    def rows(self) -> list[tuple[Any, Any]]:
        """Each rule with its field."""
        return [(rule, self[f"rule_{rule.code}"]) for rule in RULES]

    def articles(self, name: str) -> list[str]:
        """The articles of a list, each once."""
        return list(dict.fromkeys(sku.strip()[:60] for sku in self.cleaned_data[name].split(",") if sku.strip()))
