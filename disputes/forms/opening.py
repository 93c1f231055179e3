"""What people type to open a case, or to change what is contested: the whole document, lines of it, or an amount."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings

from arops.lib import money
from disputes.models import Dispute
from disputes.selectors.contestable import Contestable
from ledger.models import OpenItem
from org.models import Department
from workflow.services.approvals import Evidence

KINDS = (("invoice", "the whole document"), ("lines", "lines of it"), ("amount", "an amount"))
MOST_FILES = 10


class SeveralFiles(forms.ClearableFileInput):
    """A field of files takes several."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Files as evidence, each of a size that can be kept."""

    widget = SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> list[Evidence]:
        """The files with their content. Raises ValidationError."""
        given = data if isinstance(data, list | tuple) else [data] if data else []
        if len(given) > MOST_FILES:
            raise forms.ValidationError(f"{MOST_FILES} files at most; more can be added on the case")
        files = [file for one in given if (file := super(FilesField, self).clean(one, initial))]
        for file in files:
            if file.size > settings.ATTACHMENT_MAX_BYTES:
                raise forms.ValidationError(f"{file.name} is larger than {settings.ATTACHMENT_MAX_BYTES // 1024 // 1024} MB")
        return [Evidence(file.name, file.read()) for file in files]


class ContestForm(forms.Form):
    """What of an item is contested, and why. `kind` left out: an amount where one is typed, else lines that are ticked, else all."""

    kind = forms.ChoiceField(choices=KINDS, required=False, label="What is contested")
    reason = forms.ChoiceField(choices=[("", "choose"), *Dispute.Reason.choices], error_messages={"required": "say why it is contested"})
    amount = forms.CharField(required=False, max_length=30, label="Amount contested")

    def __init__(self, *args: Any, item: OpenItem, lines: Sequence[Contestable] = (), free: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.item, self.sources, self.free = item, lines, free
        for line in lines:
            text = money.to_text(line.offered, item.currency)
            self.fields[f"line_{line.pk}"] = forms.CharField(required=False, max_length=30, initial=text, label=f"Line {line.number}")

    def rows(self) -> list[tuple[Contestable, forms.BoundField, bool]]:
        """Lines with their field and whether they are ticked, for the page."""
        ticked = self._ticked()
        return [(line, self[f"line_{line.pk}"], line.pk in ticked) for line in self.sources]

    def _ticked(self) -> set[int]:
        given = self.data.getlist("lines") if self.is_bound and hasattr(self.data, "getlist") else self.initial.get("lines", ())
        return {int(key) for key in given if str(key).isdecimal() and len(str(key)) < 19}

    def clean_amount(self) -> int | None:
        """Minor units; None when nothing was typed."""
        return self._minor(self.cleaned_data["amount"])

    def _minor(self, typed: str) -> int | None:
        try:
            text = money.ungrouped(typed)
            return money.parse(text, self.item.currency) if text else None
        except money.MoneyError as error:
            raise forms.ValidationError(str(error)) from None

    def clean(self) -> dict[str, Any]:
        """Kind, amount and lines as the service takes them."""
        data = super().clean() or {}
        kind = data.get("kind") or ("amount" if data.get("amount") else "lines" if self._ticked() else "invoice")
        data["kind"], data["lines"] = kind, ()
        if kind == "lines":
            data["lines"] = self._lines(data)
            data["amount"] = sum(part for _, part in data["lines"])
        elif kind == "invoice":
            data["amount"] = self.free
        elif data.get("amount") is None and "amount" not in self.errors:
            self.add_error("amount", "say how much is contested")
        return data

    def _lines(self, data: Mapping[str, Any]) -> tuple[tuple[int, int], ...]:
        found, ticked = [], self._ticked()
        for line in self.sources:
            if line.pk not in ticked:
                continue
            try:
                part = self._minor(data.get(f"line_{line.pk}") or "")
                found.append((line.pk, line.free if part is None else part))
            except forms.ValidationError as error:
                self.add_error(f"line_{line.pk}", error)
        if not ticked & {line.pk for line in self.sources}:
            self.add_error("kind", "tick the lines that are contested")
        return tuple(found)


class OpenForm(ContestForm):
    """A new case on an item."""

    customer_words = forms.CharField(
        required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3}), label="In the customer's words"
    )
    evidence = FilesField(required=False, label="Evidence", widget=SeveralFiles(attrs={"multiple": True}))
    department = forms.ModelChoiceField(Department.objects.none(), required=False, empty_label="nobody else")

    def __init__(self, *args: Any, item: OpenItem, **kwargs: Any) -> None:
        super().__init__(*args, item=item, **kwargs)
        self.fields["department"].queryset = Department.objects.filter(company=item.company_id)  # type: ignore[attr-defined]

    def for_service(self) -> dict[str, Any]:
        """The arguments of `open_by_hand` that come of the form."""
        names = ("kind", "reason", "amount", "customer_words", "department", "lines", "evidence")
        told = {name: self.cleaned_data[name] for name in names}
        return told | {"customer_words": told["customer_words"].replace("\x00", "")}


class AmendForm(ContestForm):
    """What is contested of an open case from now on."""

    note = forms.CharField(required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2}), label="Why it changes")

    def for_service(self) -> dict[str, Any]:
        """The arguments of `amend_dispute` that come of the form."""
        data = self.cleaned_data
        what = {"lines": data["lines"]} if data["kind"] == "lines" else {"amount": data["amount"]}
        return what | {"reason": data["reason"], "note": data["note"].replace("\x00", "")}
