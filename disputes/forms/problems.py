"""What people type about problems and repeats."""

from typing import Any

from django import forms

from arops.lib.formfields import DayInput
from disputes.models import Cause, Problem
from disputes.selectors.causes import causes_of
from org.models import Company, Department, User
from org.selectors import people_with


class ProblemForm(forms.Form):
    """What was found, what is done about it, by whom and until when."""

    title = forms.CharField(max_length=200, error_messages={"required": "give the problem a title"})
    findings = forms.CharField(required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 4}), label="What was found")
    corrective_action = forms.CharField(
        required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 4}), label="What is done about it"
    )
    owner = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="nobody yet", label="Owner")
    department = forms.ModelChoiceField(Department.objects.none(), required=False, empty_label="none", label="Department")
    due_date = forms.DateField(required=False, widget=DayInput(), label="Done by")

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = people_with([company.pk], "disputes.view")  # type: ignore[attr-defined]
        self.fields["department"].queryset = Department.objects.filter(company=company).order_by("name")  # type: ignore[attr-defined]

    @staticmethod
    def start(problem: Problem) -> dict[str, Any]:
        """What the form shows of a problem."""
        names = ("title", "findings", "corrective_action", "due_date")
        return {name: getattr(problem, name) for name in names} | {"owner": problem.owner_id, "department": problem.department_id}


class RaiseForm(forms.Form):
    """A problem that somebody raises by hand: a cause, everywhere in the company."""

    cause = forms.ModelChoiceField(Cause.objects.none(), empty_label=None)
    title = forms.CharField(required=False, max_length=200, help_text="Empty: the cause's name.")
    findings = forms.CharField(required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 3}), label="What was found")

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wanted = [c.pk for c in causes_of(company.pk)]
        self.fields["cause"].queryset = Cause.objects.filter(pk__in=wanted)  # type: ignore[attr-defined]


class ActedForm(forms.Form):
    """From which day on the corrective action holds."""

    acted_on = forms.DateField(widget=DayInput(), label="It holds from")


class AskProblemForm(forms.Form):
    """A task for a department about a problem."""

    department = forms.ModelChoiceField(Department.objects.none(), empty_label=None)
    question = forms.CharField(max_length=4000, widget=forms.Textarea(attrs={"rows": 4}), label="What is to be done or answered")
    due_date = forms.DateField(widget=DayInput(), label="By")

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = Department.objects.filter(company=company).order_by("name")  # type: ignore[attr-defined]
