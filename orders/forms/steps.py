"""What happens to a record after it was entered, one small form each."""

from datetime import date
from typing import Any

from django import forms

from orders.forms.parts import area, day_field
from orders.models import PurchaseOrder


class ActForm(forms.Form):
    """A step taken by a day that isn't yet to come, unless the step says otherwise."""

    past: tuple[str, ...] = ()

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean(self) -> dict[str, Any]:
        """What was done was done by today."""
        for name in self.past:
            if (day := self.cleaned_data.get(name)) and day > self.today:
                self.add_error(name, "that day is yet to come")
        return self.cleaned_data


class EndForm(ActForm):
    """A contract ends early."""

    ended_on = day_field(label="Not in force from", help_text="The first day on which nothing of it holds.")
    reason = forms.CharField(max_length=300, widget=area(2), error_messages={"required": "say why the contract ends"})


class MilestoneForm(ActForm):
    """A milestone is reached: said once."""

    past = ("reached_on",)

    code = forms.ChoiceField(label="Milestone")
    reached_on = day_field(label="Reached")
    note = forms.CharField(required=False, max_length=300)

    def __init__(self, *args: Any, open_steps: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["code"]
        field.choices = [(step.code, f"{step.code} {step.name}") for step in open_steps]


class CloseForm(ActForm):
    """Nothing more is billed on a purchase order."""

    state = forms.ChoiceField(
        label="It is", widget=forms.RadioSelect, initial="closed",
        choices=[(str(PurchaseOrder.State.CLOSED), "closed: done with"), (str(PurchaseOrder.State.CANCELLED), "cancelled by the customer")],
    )  # fmt: skip
    reason = forms.CharField(max_length=300, widget=area(2), error_messages={"required": "say why nothing more is billed on it"})


class CompleteForm(ActForm):
    """The work is done."""

    past = ("completed_on",)

    completed_on = day_field(label="Completed")
    technician = forms.CharField(required=False, max_length=100)


class SignOffForm(ActForm):
    """The customer signed for the work."""

    past = ("signed_off_on",)

    signed_off_by = forms.CharField(max_length=150, label="Signed by", error_messages={"required": "say who signed for the work"})
    signed_off_on = day_field(label="On")
