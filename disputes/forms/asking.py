"""What is asked of a department about a case."""

from collections.abc import Sequence
from typing import Any

from django import forms

from arops.lib.formfields import DayInput
from disputes.models import Dispute
from org.models import Department, User
from org.selectors import people_with
from workflow.models import Attachment


class AskForm(forms.Form):
    """The question, whom it goes to, and which files of the case go along."""

    department = forms.ModelChoiceField(Department.objects.none(), label="Department", empty_label="choose")
    title = forms.CharField(max_length=200, label="In a line")
    question = forms.CharField(
        max_length=10_000, widget=forms.Textarea(attrs={"rows": 10}), label="The question and what is needed to answer it",
        help_text="Whoever answers sees this, and nothing else of the case.",
    )  # fmt: skip
    due_date = forms.DateField(label="Answer due", widget=DayInput())
    shared = forms.ModelMultipleChoiceField(
        Attachment.objects.none(), required=False, label="Files of the case that go along", widget=forms.CheckboxSelectMultiple
    )
    email = forms.EmailField(
        required=False, max_length=254, label="E-mail address",
        help_text="Somebody there gets a link that opens this question alone.",
    )  # fmt: skip
    name = forms.CharField(required=False, max_length=100, label="Their name")

    def __init__(self, *args: Any, departments: Sequence[Department], files: Sequence[Attachment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["department"].queryset = Department.objects.filter(pk__in=[d.pk for d in departments])
        fields["department"].label_from_instance = lambda d: d.name
        fields["shared"].queryset = Attachment.objects.filter(pk__in=[f.pk for f in files]).defer("file__content")
        if not files:
            del fields["shared"]

    def asked(self) -> dict[str, Any]:
        """What `ask_about` takes."""
        found = dict(self.cleaned_data)
        files = found.pop("shared", ())
        return found | {"files": list(files)}


class EscalateForm(forms.Form):
    """Which senior is to look at a case, and why."""

    reviewer = forms.ModelChoiceField(
        User.objects.none(), empty_label="choose", label="Senior", error_messages={"required": "choose a senior"}
    )
    question = forms.CharField(
        max_length=4000, widget=forms.Textarea(attrs={"rows": 3}), label="What they are to look at",
        error_messages={"required": "write what you want to know"},
    )  # fmt: skip

    def __init__(self, *args: Any, dispute: Dispute, asker: User, **kwargs: Any) -> None:
        super().__init__(*args, **({"auto_id": "escalate-%s"} | kwargs))
        able = people_with([dispute.company_id], "disputes.resolve").exclude(pk=asker.pk)
        self.fields["reviewer"].queryset = able  # type: ignore[attr-defined]
        first = list(able[:2])
        if len(first) == 1:
            self.fields["reviewer"].initial = first[0].pk
