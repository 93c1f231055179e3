"""What people type on the page of a case: notes, moves, who has it, who watches it."""

from typing import Any

from django import forms

from disputes.models import Dispute
from org.models import Department, User
from org.selectors import people_with


class NoteForm(forms.Form):
    """A word among ourselves."""

    body = forms.CharField(
        max_length=8000, widget=forms.Textarea(attrs={"rows": 3}), label="Internal note", error_messages={"required": "write something"}
    )


class MoveForm(forms.Form):
    """Where the case goes: a state, or `waiting:` and whom it waits for; the department that it waits for; why it is opened again."""

    to = forms.RegexField(
        r"\A(investigating|decision|open|waiting|waiting:customer|waiting:department)\Z",
        error_messages={"invalid": "choose where the case goes", "required": "choose where the case goes"},
    )
    department = forms.ModelChoiceField(Department.objects.none(), required=False)
    reason = forms.CharField(required=False, max_length=2000)
    tell = forms.BooleanField(required=False)
    words = forms.CharField(required=False, max_length=4000)

    def __init__(self, *args: Any, dispute: Dispute, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = Department.objects.filter(company=dispute.company_id)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Whoever is to answer is named."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        data["state"], _, data["waiting_on"] = str(data.get("to", "")).partition(":")
        if data["waiting_on"] != "department":
            data["department"] = None
        elif not data.get("department"):
            self.add_error("department", "choose the department that it waits for")
        return data


class AssignForm(forms.Form):
    """Who works a case."""

    owner = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="nobody")

    def __init__(self, *args: Any, dispute: Dispute, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = people_with([dispute.company_id], "disputes.work")  # type: ignore[attr-defined]


class HandOverForm(forms.Form):
    """Which department has a case."""

    department = forms.ModelChoiceField(Department.objects.none(), required=False, empty_label="none")

    def __init__(self, *args: Any, dispute: Dispute, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = Department.objects.filter(company=dispute.company_id)  # type: ignore[attr-defined]


class WatchForm(forms.Form):
    """Who is told what happens to a case; nobody named: oneself."""

    user = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="somebody")
    on = forms.BooleanField(required=False)

    def __init__(self, *args: Any, dispute: Dispute, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = people_with([dispute.company_id], "disputes.view")  # type: ignore[attr-defined]
