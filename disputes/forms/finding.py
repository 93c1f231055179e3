"""What people type when they record what came of looking into a case."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from django import forms

from arops.lib import money
from disputes.models import Cause, Dispute, Stage
from disputes.services.investigating import Inquiry
from messaging.selectors import writable
from org.models import Department


class FindingForm(forms.Form):
    """Cause, liable department, remedy, amount and words: begun with what is proposed."""

    cause = forms.TypedChoiceField(coerce=int, label="Cause", error_messages={"required": "choose the cause"})
    department = forms.TypedChoiceField(coerce=int, empty_value=None, required=False, label="Liable")
    remedy = forms.ChoiceField(label="Remedy", error_messages={"required": "choose what puts it right"})
    amount = forms.CharField(max_length=30, label="Right of it")
    words = forms.CharField(required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4}), label="Finding, goes to the file")
    tell = forms.BooleanField(required=False, label="Tell the customer that it is to be decided")
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, dispute: Dispute, causes: Sequence[Cause], departments: Sequence[Department], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not writable(dispute.customer):
            del self.fields["tell"]
        self.dispute, self.causes, self.departments = dispute, {c.pk: c for c in causes}, {d.pk: d for d in departments}
        choices: Any = self.fields
        choices["cause"].choices = [("", "choose"), *_by_stage(causes)]
        choices["department"].choices = [("", "the cause’s own"), *((d.pk, d.name) for d in departments)]
        choices["remedy"].choices = [("", "choose"), *((code, label.capitalize()) for code, label in Dispute.Resolution.choices)]
        self.fields["amount"].label = f"Rightly contested, of {money.format(dispute.claimed, dispute.currency)} {dispute.currency}"

    def clean_amount(self) -> int:
        """Minor units."""
        try:
            return money.parse(money.ungrouped(self.cleaned_data["amount"]), self.dispute.currency)
        except money.MoneyError as error:
            raise forms.ValidationError(str(error)) from None

    def told(self) -> dict[str, Any]:
        """The arguments of `record_finding`."""
        given = self.cleaned_data
        return {
            "cause": self.causes[given["cause"]], "department": self.departments.get(given["department"]), "remedy": given["remedy"],
            "amount": given["amount"], "words": given["words"], "version": given["version"],
        }  # fmt: skip


def _by_stage(causes: Sequence[Cause]) -> list[tuple[str, list[tuple[int, str]]]]:
    return [
        (Stage(stage).label.capitalize() if stage in Stage.values else stage, [(c.pk, c.name) for c in rows])
        for stage, rows in groupby(causes, key=lambda c: c.stage)
    ]


def initial_of(inquiry: Inquiry) -> dict[str, Any]:
    """What the form begins with: the proposal."""
    found, dispute = inquiry.proposal, inquiry.claim
    return {
        "cause": found.cause or "", "department": found.department or "", "remedy": found.remedy,
        "amount": money.to_text(found.amount, dispute.currency), "words": " ".join(found.reasons) if found.basis != "nothing" else "",
    }  # fmt: skip
