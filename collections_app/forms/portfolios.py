"""Portfolios as people type them: rules, absences, hand-overs."""

from datetime import date
from typing import Any

from django import forms

from arops.lib import money
from collections_app.forms.charges import AmountField
from collections_app.forms.days import DayField
from collections_app.models import PortfolioRule
from collections_app.services.portfolios import RuleDraft
from customers.models import Customer
from org.models import Company, User


class RuleForm(forms.Form):
    """A rule of assignment."""

    name = forms.CharField(max_length=60)
    people = forms.ModelMultipleChoiceField(User.objects.none(), widget=forms.CheckboxSelectMultiple, label="Goes to")
    segment = forms.ChoiceField(required=False)
    country = forms.RegexField(r"\A[A-Z]{2}\Z", required=False, label="Country", help_text="ISO code, such as US.")
    risks = forms.RegexField(r"\A[ABCD]{1,4}\Z", required=False, label="Risk classes", help_text="Such as CD.")
    name_from = forms.CharField(required=False, max_length=20, label="Names from", help_text="Such as A.")
    name_to = forms.CharField(required=False, max_length=20, label="Names to", help_text="Up to all that begin so.")
    minimum = AmountField()
    is_active = forms.BooleanField(required=False, initial=True, label="In force")

    def __init__(self, *args: Any, company: Company, people: Any, rule: PortfolioRule | None = None, **kwargs: Any) -> None:
        if rule:
            names = "name segment country risks name_from name_to is_active".split()
            start = {name: getattr(rule, name) for name in names} | {"people": [p.pk for p in rule.people.all()]}
            kwargs["initial"] = start | {"minimum": money.to_text(rule.minimum, company.base_currency) if rule.minimum else ""}
        super().__init__(*args, **kwargs)
        self.fields["people"].queryset = people  # type: ignore[attr-defined]
        segments = (
            Customer.objects.filter(company=company).exclude(segment="").order_by("segment").values_list("segment", flat=True).distinct()
        )
        self.fields["segment"].choices = [("", "any"), *((s, s) for s in segments)]  # type: ignore[attr-defined]
        self.fields["minimum"].currency = company.base_currency  # type: ignore[attr-defined]
        self.fields["minimum"].label = f"Open at least, {company.base_currency}"

    def for_service(self) -> RuleDraft:
        """The argument of `save_rule`."""
        data = self.cleaned_data | {"minimum": self.cleaned_data["minimum"] or 0}
        people = tuple(person.pk for person in data.pop("people"))
        return RuleDraft(people=people, **data)


class AbsenceForm(forms.Form):
    """Who is away, until when, who covers, what they should know."""

    person = forms.ModelChoiceField(User.objects.none(), label="Away", widget=forms.Select(attrs={"autofocus": True}))
    cover = forms.ModelChoiceField(User.objects.none(), label="Covered by")
    note = forms.CharField(required=False, max_length=2000, label="What they should know", widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, people: Any, may_all: bool, person: User, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["first"], self.fields["last"] = DayField(today=today, label="From"), DayField(today=today, label="To")
        self.fields["person"].queryset = people if may_all else people.filter(pk=person.pk)  # type: ignore[attr-defined]
        self.fields["cover"].queryset = people  # type: ignore[attr-defined]


class HandOverForm(forms.Form):
    """Customers chosen in a list go to somebody, with a note."""

    to = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="nobody")
    note = forms.CharField(required=False, max_length=2000)

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = people  # type: ignore[attr-defined]
