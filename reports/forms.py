"""What a request asks for, read from its query string: the same words on screens, in exports and in the API."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import Http404
from django.utils import timezone

from arops.lib.money import currencies
from arops.lib.months import months_before
from customers.models import Customer
from ledger.aging import BucketError, Buckets
from ledger.asof import Scope
from org.actors import Actor
from org.models import Company
from reports.selectors.ageing import DIMENSIONS
from reports.selectors.items import part_of
from reports.selectors.movements import CAUSES
from reports.selectors.question import Question, companies_in, customers_of

COMPARE = (("month", "Prior month"), ("week", "Prior week"), ("year", "Prior year"))


class ReportForm(forms.Form):
    """As of when, known when, of what, aged how. Empty fields mean today, now, all, the usual."""

    as_of = forms.DateField(required=False)
    known_at = forms.CharField(required=False)
    company = forms.CharField(required=False)
    customer = forms.IntegerField(required=False)
    parent = forms.IntegerField(required=False)
    collector = forms.CharField(required=False)
    segment = forms.CharField(required=False)
    currency = forms.CharField(required=False)
    basis = forms.ChoiceField(required=False, choices=[("due", "Due date"), ("document", "Document date")])
    buckets = forms.CharField(required=False)
    credits = forms.ChoiceField(required=False, choices=[("apart", "Apart"), ("aged", "Aged")])
    by = forms.CharField(required=False)
    part = forms.CharField(required=False)
    kind = forms.CharField(required=False)
    account = forms.ChoiceField(required=False, choices=[("cash", "Cash not applied")])
    compare = forms.ChoiceField(required=False, choices=COMPARE)
    since = forms.DateField(required=False)
    cause = forms.CharField(required=False)
    days = forms.IntegerField(required=False, min_value=1, max_value=366)

    def __init__(self, data: Any, *, actor: Actor, today: date, permission: str = "reports.view", by: str = "customer") -> None:
        super().__init__(data)
        self.actor, self.today, self.default_by = actor, today, by
        self.reach = actor.reach(permission)
        self.companies = companies_in(self.reach)

    def clean_as_of(self) -> date:
        """Today when empty; a year that is no year of ours is refused."""
        day: date = self.cleaned_data["as_of"] or self.today
        if not date(1990, 1, 1) <= day <= date(2100, 1, 1):
            raise forms.ValidationError("The day lies between 1990 and 2100.")
        return day

    def clean_known_at(self) -> datetime | None:
        """A moment such as 2026-11-23T12:00, or a day: its end."""
        text = self.cleaned_data["known_at"].strip()
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise forms.ValidationError("Write the moment like 2026-11-23 or 2026-11-23T12:00.") from None
        if len(text) == 10:
            moment = datetime.combine(moment.date(), time.max)
        return moment if timezone.is_aware(moment) else timezone.make_aware(moment)

    def clean_company(self) -> Company | None:
        """One of the companies in sight, by key or code; another is as good as none."""
        wanted = self.cleaned_data["company"]
        if not wanted:
            return None
        found = [c for c in self.companies if wanted in (c.code, str(c.pk))]
        if not found:
            raise Http404("no such company")
        return found[0]

    def clean_customer(self) -> Customer | None:
        """A customer in sight."""
        wanted = self.cleaned_data["customer"]
        return _customer(self.actor, wanted) if wanted else None

    def clean_parent(self) -> Customer | None:
        """A customer in sight whose group is meant."""
        wanted = self.cleaned_data["parent"]
        return _customer(self.actor, wanted) if wanted else None

    def clean_currency(self) -> str:
        """An ISO 4217 code."""
        code: str = self.cleaned_data["currency"].upper()
        if code and code not in currencies():
            raise forms.ValidationError(f"{code} is not a currency.")
        return code

    def clean_collector(self) -> str:
        """A person's key, `me`, or `none`."""
        text: str = self.cleaned_data["collector"]
        if text not in ("", "me", "none") and not (text.isascii() and text.isdigit()):
            raise forms.ValidationError("A collector is a key, me or none.")
        return text

    def clean_buckets(self) -> Buckets:
        """Bounds in days."""
        try:
            return Buckets.parse(self.cleaned_data["buckets"])
        except BucketError as error:
            raise forms.ValidationError(str(error)) from None

    def clean_by(self) -> tuple[str, ...]:
        """Dimensions, parted by commas, each once."""
        names = tuple(dict.fromkeys(part for part in (self.cleaned_data["by"] or self.default_by).split(",") if part))
        unknown = [name for name in names if name not in DIMENSIONS]
        if unknown or not names:
            raise forms.ValidationError(f"Ageing is shown by {', '.join(DIMENSIONS)}.")
        return names

    def clean_cause(self) -> str:
        """What moved the receivables."""
        cause: str = self.cleaned_data["cause"]
        if cause and cause != "sales" and cause not in CAUSES:
            raise forms.ValidationError(f"Causes are sales, {', '.join(CAUSES)}.")
        return cause

    def clean(self) -> dict[str, Any]:
        """The column asked for must exist among the buckets; days run forwards."""
        data = super().clean() or {}
        if "buckets" in data and data.get("part"):
            try:
                part_of(Question(self.today, Scope(self.reach), buckets=data["buckets"]), data["part"])
            except ValueError as error:
                self.add_error("part", str(error))
        if data.get("since") and data.get("as_of") and data["since"] > data["as_of"]:
            self.add_error("since", "The first day lies after the last.")
        return data

    def question(self) -> Question:
        """The question asked; of a form that is valid."""
        data = self.cleaned_data
        scope = Scope(self.reach, currency=data["currency"] or None)
        if data["company"]:
            scope = replace(scope, company_ids=[data["company"].pk])
        if data["collector"] not in ("", "none"):
            person = self.reach.person_id or 0 if data["collector"] == "me" else int(data["collector"])
            scope = replace(scope, collector_ids=[person])
        if data["account"] == "cash":
            scope = replace(scope, kinds=("receipt",), accounts=("receivable", "unidentified"))
        scope = replace(scope, customer_ids=self._customers())
        apart = data["credits"] != "aged" and data["account"] != "cash"
        question = Question(data["as_of"], scope, data["known_at"], data["basis"] or "due", data["buckets"], apart)
        return part_of(question, data["part"]) if data["part"] else question

    def _customers(self) -> Any:
        data = self.cleaned_data
        if data["customer"]:
            return [data["customer"].pk]
        # An empty segment that is asked for means "without a segment".
        segment = data["segment"] if "segment" in self.data and data["segment"] != "" else None
        segment = "" if data["segment"] == "none" else segment
        parent = data["parent"].pk if data["parent"] else None
        return customers_of(self.actor, segment=segment, parent_id=parent, unassigned=data["collector"] == "none")

    def compared(self) -> tuple[str, date]:
        """What the day is compared with: its name, and the day."""
        day, choice = self.cleaned_data["as_of"], self.cleaned_data["compare"] or "month"
        if choice == "week":
            return choice, day - timedelta(days=7)
        return choice, months_before(day, 12 if choice == "year" else 1)

    def reasons(self) -> list[str]:
        """What is wrong, a sentence a field."""
        return [f"{name.replace('_', ' ')}: {' '.join(map(str, errors))}" for name, errors in self.errors.items()]


def _customer(actor: Actor, pk: int) -> Customer:
    found = Customer.objects.visible_to(actor).filter(pk=pk).first()
    if found is None:
        raise Http404("no such customer")
    return found
