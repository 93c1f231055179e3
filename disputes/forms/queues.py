"""What people type about queues of cases: filters of the list, what is done to several at once."""

from collections.abc import Collection
from typing import Any

from django import forms

from arops.lib.formfields import ListFilters
from disputes.models import Dispute
from disputes.selectors.queues import SORTS, VIEWS, Wanted
from org.models import User
from org.selectors import people_with

KEY = {"required": False, "min_value": 1, "max_value": 2**62}
MOST = 500
"""Cases that one click may give away or watch."""


class FilterForm(ListFilters):
    """The list's query string. What can't be read is named, and narrows nothing."""

    view = forms.ChoiceField(required=False, choices=VIEWS)
    company = forms.IntegerField(**KEY)  # type: ignore[arg-type]
    customer = forms.IntegerField(**KEY)  # type: ignore[arg-type]
    reason = forms.ChoiceField(required=False, choices=[("", "all"), *Dispute.Reason.choices])
    state = forms.ChoiceField(required=False, choices=[("", "all"), *Dispute.State.choices])
    cause = forms.IntegerField(**KEY)  # type: ignore[arg-type]
    department = forms.IntegerField(**KEY)  # type: ignore[arg-type]
    owner = forms.RegexField(r"\A(me|nobody|[0-9]{1,18})\Z", required=False)
    opened_from = forms.DateField(required=False)
    opened_to = forms.DateField(required=False)
    sort = forms.ChoiceField(required=False, choices=[(s, s) for name in SORTS for s in (name, f"-{name}")])

    def wanted(self) -> Wanted:
        """What was asked for, without what couldn't be read."""
        found: dict[str, Any] = dict(getattr(self, "cleaned_data", {}))
        view = found.pop("view", "") or "mine"
        sort = found.pop("sort", "") or {"closed": "-closed", "every": "-opened"}.get(view, "due")
        if view != "closed" and sort.endswith("closed"):  # the day of closing is none's that is open
            sort = "due"
        text = found.pop("q", "")
        return Wanted(view=view, text=text, sort=sort, **{name: value for name, value in found.items() if value not in (None, "")})


class SeveralForm(forms.Form):
    """Cases that are ticked, and whom they are given to."""

    cases = forms.TypedMultipleChoiceField(coerce=int, required=False)
    owner = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="nobody")

    def __init__(self, *args: Any, companies: Collection[int], ticked: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = people_with(companies, "disputes.work")  # type: ignore[attr-defined]
        cases: Any = self.fields["cases"]
        cases.choices = [(text, text) for text in ticked if text.isascii() and text.isdigit() and len(text) < 19]

    def clean_cases(self) -> list[int]:
        """At least one, and no more than one click is for."""
        chosen = sorted(set(self.cleaned_data["cases"]))
        if not chosen:
            raise forms.ValidationError("tick the cases first")
        if len(chosen) > MOST:
            raise forms.ValidationError(f"no more than {MOST} cases at once")
        return chosen
