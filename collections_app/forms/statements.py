"""What people type about statements."""

from datetime import date
from typing import Any

from django import forms

from arops.lib import money
from collections_app.forms.days import DayField
from collections_app.models import StatementSchedule
from collections_app.services.statement_schedules import ScheduleDraft
from customers.models import Customer
from org.models import Company


class ScheduleForm(forms.Form):
    """A schedule of statements. The customer is said by its number."""

    name = forms.CharField(max_length=60)
    customer = forms.CharField(max_length=40, required=False, help_text="Its number, for one customer alone.")
    segment = forms.CharField(max_length=40, required=False, help_text="Empty, as the customer: all without a schedule of their own.")
    day = forms.IntegerField(min_value=1, max_value=31, label="Day of the month", help_text="31: the last of any month.")
    every_months = forms.IntegerField(min_value=1, max_value=12, label="Every so many months")
    format = forms.ChoiceField(choices=StatementSchedule.Format.choices)
    minimum = forms.CharField(max_length=20, required=False, label="Only from", help_text="What must be open at least.")
    only_overdue = forms.BooleanField(required=False, label="Only where something is past due")
    for_group = forms.BooleanField(required=False, label="One for a parent with all its children")

    def __init__(self, *args: Any, actor: Any, company: Company, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["starts_on"] = DayField(today=today, label="From")
        self.actor, self.company = actor, company
        self.fields["minimum"].label = f"Only from, {company.base_currency}"

    @staticmethod
    def starts_with(schedule: StatementSchedule) -> dict[str, Any]:
        """A schedule as the form shows it."""
        names = ("name", "segment", "day", "every_months", "starts_on", "format", "only_overdue", "for_group")
        shown = {name: getattr(schedule, name) for name in names}
        least = money.to_text(schedule.minimum, schedule.company.base_currency) if schedule.minimum else ""
        return shown | {"customer": schedule.customer.number if schedule.customer else "", "minimum": least}

    def clean_customer(self) -> Customer | None:
        """The customer in sight with that number."""
        number = self.cleaned_data["customer"].strip()
        if not number:
            return None
        seen = Customer.objects.visible_to(self.actor, "statements.schedule")
        found: Customer | None = seen.filter(company=self.company, number__iexact=number).first()
        if found is None:
            raise forms.ValidationError(f"{self.company.code} has no customer {number} in your sight")
        return found

    def clean_minimum(self) -> int:
        """Minor units of the company's currency; nought when nothing is typed."""
        text = self.cleaned_data["minimum"].strip()
        try:
            return money.parse(text, self.company.base_currency) if text else 0
        except money.MoneyError as error:
            raise forms.ValidationError(str(error)) from None

    def draft(self) -> ScheduleDraft:
        """What was typed, for the service."""
        return ScheduleDraft(**self.cleaned_data)
