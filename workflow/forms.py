"""What is asked of the workflow pages."""

from datetime import date
from typing import Any

from django import forms

from arops.lib import money
from org.actors import Actor
from org.models import Company, Department, User
from workflow.models import Attachment
from workflow.selectors import Asked
from workflow.services.jobs import companies_to_start, startable


class StartForm(forms.Form):
    """Which work, for which company, of which day; only what the person may start."""

    kind = forms.ChoiceField(label="Work")
    company = forms.ModelChoiceField(label="Company", queryset=Company.objects.none(), empty_label=None)
    day = forms.DateField(label="Day", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        company: Any = self.fields["company"]
        kind: Any = self.fields["kind"]
        kind.choices = [(k.code, k.label) for k in startable(actor)]
        company.queryset = Company.objects.filter(pk__in=[c.pk for c in companies_to_start(actor)])
        company.label_from_instance = lambda c: c.code


class TrailForm(forms.Form):
    """Filters of the audit trail; all may be left out."""

    who = forms.CharField(required=False, max_length=80, label="Who")
    type = forms.CharField(required=False, max_length=60, label="What")
    about = forms.RegexField(
        r"^[a-z_]*(\.[a-z_]+)?(:[0-9]{1,18})?$", required=False, max_length=80, label="About",
        error_messages={"invalid": "A type of row, or one row such as ledger.openitem:17."},
    )  # fmt: skip
    company = forms.CharField(required=False, max_length=20, label="Company")
    first = forms.DateField(required=False, label="From")
    last = forms.DateField(required=False, label="To")

    def asked(self) -> Asked:
        """What was asked for; a filter that can't be read narrows nothing."""
        found: dict[str, Any] = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        return Asked(**found)

    @property
    def in_force(self) -> dict[str, str]:
        """The filters that narrow, as text, for the cover of files."""
        return {name: str(value) for name, value in self.cleaned_data.items() if isinstance(value, date) or value}


class AskForm(forms.Form):
    """A question to a department: what the person asked reads, and nothing else of the record."""

    company = forms.ModelChoiceField(label="Company", queryset=Company.objects.none(), empty_label=None)
    title = forms.CharField(max_length=200, label="What is asked, in a line")
    question = forms.CharField(
        max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 6}), label="The question and what is needed to answer it",
        help_text="Whoever answers may not see the customer’s account: write down here what they need to know.",
    )  # fmt: skip
    department = forms.ChoiceField(label="Department", required=False)
    assignee = forms.ChoiceField(label="Person", required=False, help_text="Only where one person alone can answer.")
    due_date = forms.DateField(label="Answer due", widget=forms.DateInput(attrs={"type": "date"}))
    amount = forms.CharField(max_length=30, required=False, label="Amount at stake", help_text="Such as 1,250.00 USD")

    def __init__(self, *args: Any, actor: Actor, company: Company | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reach = actor.reach("tasks.create")
        mine = Company.objects.all() if reach.everything else Company.objects.filter(pk__in=reach.companies | reach.portfolios)
        fields: Any = self.fields
        fields["company"].queryset = mine = mine.filter(pk=company.pk) if company else mine
        fields["company"].label_from_instance = lambda c: c.code
        several = mine.count() > 1
        departments = Department.objects.filter(company__in=mine).select_related("company").order_by("name", "company")
        names = {f"{d.company_id}:{d.code}": f"{d.name}, {d.company.code}" if several else d.name for d in departments}
        fields["department"].choices = [("", "nobody yet"), *names.items()]
        people = User.objects.filter(memberships__company__in=mine, is_active=True).distinct().order_by("name")
        people = people.prefetch_related("memberships")
        fields["assignee"].choices = [("", "anybody there"), *((str(p.pk), p.name) for p in people if p.can("tasks.answer"))]

    def clean_department(self) -> str:
        """The department's code; it must be of the company."""
        company, _, code = str(self.cleaned_data["department"]).partition(":")
        chosen = self.cleaned_data.get("company")
        if code and chosen and int(company) != chosen.pk:
            raise forms.ValidationError(f"this is no department of {chosen.code}")
        return code

    def clean_assignee(self) -> User | None:
        """The person."""
        key = self.cleaned_data["assignee"]
        return User.objects.get(pk=int(key)) if key else None

    def clean_amount(self) -> tuple[int | None, str]:
        """Minor units and currency, or neither."""
        text, _, currency = str(self.cleaned_data["amount"]).strip().rpartition(" ")
        if not currency:
            return None, ""
        try:
            return money.parse(money.ungrouped(text), currency.upper()), currency.upper()
        except money.MoneyError as error:
            raise forms.ValidationError(f"write an amount and its currency, such as 1,250.00 USD: {error}") from None

    def asked(self) -> dict[str, Any]:
        """What `open_task` takes."""
        found = dict(self.cleaned_data)
        found["amount"], found["currency"] = found["amount"]
        found["department"] = found["department"] or None
        return found


class AttachForm(forms.Form):
    """A file to keep beside a record."""

    file = forms.FileField(label="File", max_length=255, allow_empty_file=True)
    kind = forms.ChoiceField(choices=Attachment.Kind.choices, label="What it is")
    note = forms.CharField(max_length=300, required=False, label="Note")


class LinkForm(forms.Form):
    """Whom a link to a task goes to."""

    email = forms.EmailField(max_length=254, label="E-mail address")
    name = forms.CharField(max_length=100, required=False, label="Name")
    days = forms.IntegerField(required=False, min_value=1, max_value=366, label="Days it lasts")


class LimitForm(forms.Form):
    """One limit of a role: amounts as people type them; both left empty takes the limit away. `standard` sets the usual ones instead."""

    company = forms.ModelChoiceField(Company.objects.none())
    currency = forms.ChoiceField(choices=[(c, c) for c in money.currencies()])
    role = forms.CharField(max_length=30, required=False)
    kind = forms.CharField(max_length=30, required=False)
    alone = forms.CharField(max_length=30, required=False)
    approve = forms.CharField(max_length=30, required=False)
    standard = forms.BooleanField(required=False)

    def __init__(self, *args: Any, companies: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        company: Any = self.fields["company"]
        company.queryset = companies

    def clean_alone(self) -> int | None:
        """Minor units."""
        return self._amount("alone")

    def clean_approve(self) -> int | None:
        """Minor units."""
        return self._amount("approve")

    def _amount(self, name: str) -> int | None:
        text, currency = str(self.cleaned_data[name]).strip(), self.cleaned_data.get("currency")
        try:
            return money.parse(money.ungrouped(text), currency) if text and currency else None
        except money.MoneyError as error:
            raise forms.ValidationError(str(error)) from None


class DeputyForm(forms.Form):
    """Who decides for whom, from when to when."""

    person = forms.ModelChoiceField(User.objects.none(), label="Away", empty_label=None)
    deputy = forms.ModelChoiceField(User.objects.none(), label="Decides instead", empty_label="choose")
    first_day = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    last_day = forms.DateField(label="To, that day included", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    note = forms.CharField(max_length=200, required=False, label="Note")

    def __init__(self, *args: Any, actor: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seen = User.objects.visible_to(actor, "approvals.view").filter(is_active=True, memberships__isnull=False).distinct()
        others = User.objects.visible_to(actor, "work.assign").filter(is_active=True, memberships__isnull=False).distinct()
        person: Any = self.fields["person"]
        deputy: Any = self.fields["deputy"]
        person.queryset = others if actor.can("work.assign") else User.objects.filter(pk=actor.pk)
        deputy.queryset = seen
