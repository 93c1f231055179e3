"""What is negotiated about a payment plan, as people type it."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms

from arops.lib import money
from collections_app.forms.days import DayField
from collections_app.forms.plan_rows import Rows
from collections_app.models import PaymentPlan
from collections_app.policy.plans import RHYTHMS, PlanTermsError, Terms, schedule
from customers.models import Contact, Customer
from ledger.models import OpenItem
from workflow.services.approvals import Evidence

KINDS = (("plan", "Payment plan"), ("settlement", "Settlement"))
EXAMPLES = {"number": "3", "each": "1,000", "down": "0", "rate": "0"}


class NegotiateForm(forms.Form):
    """Which items, in how many instalments from when, at which rate, or row by row; a settlement also says what is paid of it. Of a running
    plan that is re-scheduled the items and what is given up stand (`running`)."""

    items = forms.ModelMultipleChoiceField(OpenItem.objects.none(), error_messages={"required": "choose what the plan covers"})
    kind = forms.ChoiceField(choices=KINDS, initial="plan")
    pays = forms.CharField(required=False, max_length=30, label="They pay")
    number = forms.IntegerField(required=False, min_value=1, max_value=120, label="Instalments")
    each = forms.CharField(required=False, max_length=30, label="Or so much each")
    down = forms.CharField(required=False, max_length=30, label="Down payment")
    rhythm = forms.ChoiceField(choices=tuple(RHYTHMS.items()), initial="monthly", label="How often")
    rate = forms.DecimalField(required=False, min_value=0, max_digits=6, decimal_places=3, label="Interest, % a year")
    default_days = forms.IntegerField(required=False, min_value=0, max_value=90, label="Ends after days late")
    contact = forms.ModelChoiceField(Contact.objects.none(), required=False, label="Agreed with", empty_label="nobody named")
    note = forms.CharField(required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}), label="Why they need time")

    field_order = ("items", "kind", "pays", "number", "each", "down", "first", "rhythm", "rate", "default_days", "contact", "note")

    def __init__(
        self, *args: Any, customer: Customer, items: Sequence[tuple[OpenItem, int]], currency: str, today: date,
        running: PaymentPlan | None = None, rows: Rows | None = None, **kwargs: Any,
    ):  # fmt: skip
        super().__init__(*args, **kwargs)
        self.customer, self.items_free = customer, items
        self.rows, self.running = rows if rows is not None else Rows.of(self.data), running
        self.free, self.currency, self.today = {item.pk: amount for item, amount in items}, currency, today
        self.fields["first"] = DayField(today=today, label="First on", required=not self.rows)
        if running is not None:
            self.fields["items"].required = self.fields["kind"].required = False
        self.fields["items"].queryset = OpenItem.objects.filter(pk__in=self.free)  # type: ignore[attr-defined]
        self.fields["contact"].queryset = customer.contacts.all()  # type: ignore[attr-defined]
        self.order_fields(self.field_order)

    def clean_each(self) -> int:
        """Minor units; none when nothing was typed."""
        return self._amount("each")

    def clean_down(self) -> int:
        """Minor units; none when nothing was typed."""
        return self._amount("down")

    def _amount(self, name: str) -> int:
        text = money.ungrouped(self.cleaned_data.get(name) or "")
        try:
            return money.parse(text, self.currency) if text else 0
        except money.MoneyError as error:
            raise forms.ValidationError(str(error)) from None

    @property
    def total(self) -> int:
        """What is open and undisputed of the chosen items, in minor units."""
        if self.running is not None:
            return sum(self.free.values())
        return sum(self.free[item.pk] for item in self.cleaned_data.get("items") or [])

    @property
    def waived_before(self) -> int:
        """What a running settlement gives up, which a new schedule leaves as it is."""
        return self.running.rest_item.balance if self.running and self.running.rest_item else 0

    def clean(self) -> dict[str, Any]:
        """A settlement says what is paid: an amount, or a share such as 70 %."""
        data = super().clean() or {}
        self.written: tuple[tuple[date, int], ...] = ()
        try:
            self.written = self.rows.parsed(self.currency, self.today)
        except ValueError as error:
            self.add_error(None, str(error))
        if self.running is not None:
            data["kind"], data["pays"] = self.running.kind, None
            return data
        if data.get("kind") != "settlement" or "items" not in data:
            data["pays"] = None
            return data
        try:
            data["pays"] = _share(data.get("pays") or "", self.total, self.currency)
        except money.MoneyError as error:
            self.add_error("pays", str(error))
        return data

    def terms(self) -> Terms:
        """What the schedule is made of."""
        data = self.cleaned_data
        rate = data["rate"] or Decimal(0)
        if self.written:
            return Terms(self.today, self.written[0][0], data["rhythm"], rate=rate, rows=self.written, rest=self.rows.rest)
        return Terms(self.today, data["first"], data["rhythm"], data["number"] or 0, data["each"], data["down"], rate)


SHARE = re.compile(r"\d{1,3}(\.\d{0,6})?", re.ASCII)
"""A share as people type it: digits. Decimal takes `NaN` and `1e999990` too, and counts minutes to round that."""


def _share(text: str, total: int, currency: str) -> int:
    """Minor units of an amount, or of a share in per cent of the total."""
    text = text.strip()
    if text.endswith("%"):
        share = text[:-1].strip().replace(",", ".")
        if not SHARE.fullmatch(share):
            raise money.MoneyError("write an amount, or a share such as 70 %")
        return round(Decimal(total) * Decimal(share) / 100)
    return money.parse(money.ungrouped(text), currency) if text else 0


def negotiated(plan: PaymentPlan) -> dict[str, Any]:
    """A draft as the form shows it again."""
    dues = list(plan.instalments.all())  # type: ignore[attr-defined]
    gap = (dues[1].due_on - dues[0].due_on).days if len(dues) > 1 else 30
    has_down = len(dues) > 2 and abs(dues[0].amount - dues[1].amount) > 1
    rhythm = "weekly" if gap < 10 else "fortnightly" if gap < 20 else "monthly" if gap < 60 else "quarterly"
    return {
        "kind": plan.kind, "pays": money.to_text(plan.total - plan.waived, plan.currency) if plan.waived else "", "number": len(dues),
        "down": money.to_text(dues[0].amount, plan.currency) if has_down else "", "first": dues[0].due_on.isoformat(), "rhythm": rhythm,
        "rate": plan.rate.normalize() if plan.rate else None, "default_days": plan.default_days, "contact": plan.contact_id,
        "note": plan.note,
    }  # fmt: skip


def rows_of_draft(plan: PaymentPlan) -> Rows:
    """The rows of a draft that was written by hand; none where its terms make the same schedule."""
    dues = [(due.due_on, due.amount) for due in plan.instalments.all()]  # type: ignore[attr-defined]
    said, total = negotiated(plan), plan.total - plan.waived
    down = money.parse(said["down"], plan.currency) if said["down"] else 0
    try:
        same = schedule(total, Terms(dues[0][0], dues[0][0], said["rhythm"], said["number"], down=down))
    except PlanTermsError:
        return Rows.written(dues, plan.currency)
    return Rows() if [(due.due_on, due.amount) for due in same] == dues else Rows.written(dues, plan.currency)


def rows_of_running(parts: Sequence[tuple[date, int]], currency: str, today: date) -> Rows:
    """What a new schedule begins with: what isn't due yet stands, what was missed goes to the last day."""
    ahead = [(day, amount) for day, amount in parts if day > today and amount]
    return Rows.written(ahead or [(today + timedelta(days=14), sum(amount for _, amount in parts))], currency)


def usual(today: date, default_days: int) -> dict[str, Any]:
    """What a negotiation begins with."""
    return {
        "kind": "plan",
        "number": 3,
        "first": (today + timedelta(days=14)).isoformat(),
        "rhythm": "monthly",
        "default_days": default_days,
    }


class SignForm(forms.Form):
    """Who signed for the customer, and what shows it."""

    signed_by = forms.CharField(max_length=150, label="Signed by")
    file = forms.FileField(required=False, label="Signed paper")
    note = forms.CharField(required=False, max_length=500, label="Or how they agreed")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["signed_on"] = DayField(today=today, label="On", initial=today.isoformat())
        self.order_fields(("signed_by", "signed_on", "file", "note"))

    def clean(self) -> dict[str, Any]:
        """Either a paper or a word; what lacks both is asked for at the word, where one types."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and not data.get("file") and not data.get("note"):
            self.add_error("note", "add the signed paper, or say how the customer agreed")
        return data

    def for_service(self) -> dict[str, Any]:
        """The arguments of `sign_plan`."""
        data = self.cleaned_data
        held = data["file"]
        file = Evidence(held.name, held.read()) if held else None
        return {"signed_by": data["signed_by"], "signed_on": data["signed_on"], "note": data["note"], "file": file}
