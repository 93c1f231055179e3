"""What people type about a company's own rules."""

from typing import Any

from django import forms

from arops.lib import money
from cashapp.forms import amount_of, by_currency, lines_of
from cashapp.models import CashRule, Receipt
from customers.models import Customer
from disputes.models import Dispute
from org.models import Company

CONDITIONS = ("payer_account", "payer_name", "text", "channel", "currency")


class OwnRuleForm(forms.Form):
    """A rule: what it does, for whom, when it holds. Amounts are typed in the rule's currency."""

    name = forms.CharField(max_length=120, label="Name", widget=forms.TextInput(attrs={"autofocus": True}))
    effect = forms.ChoiceField(choices=CashRule.Effect.choices, label="What it says of a receipt")
    customer = forms.CharField(
        required=False, max_length=200, label="Customer", help_text="Number, or the whole name. Empty: whoever the condition fits."
    )
    position = forms.IntegerField(min_value=1, max_value=9999, initial=100, label="Position", help_text="Lower numbers come first and win.")
    payer_account = forms.CharField(required=False, max_length=80, label="Paid from account")
    payer_name = forms.CharField(required=False, max_length=200, label="Payer’s name")
    text = forms.CharField(required=False, max_length=140, label="Text holds")
    channel = forms.ChoiceField(required=False, label="Channel")
    currency = forms.CharField(required=False, min_length=3, max_length=3, label="Currency")
    low = forms.CharField(required=False, max_length=30, label="Amount from", help_text="With a currency.")
    high = forms.CharField(required=False, max_length=30, label="Amount up to")
    first = forms.DateField(required=False, label="From day", widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(required=False, label="To day", widget=forms.DateInput(attrs={"type": "date"}))
    percent = forms.DecimalField(required=False, max_digits=5, decimal_places=2, label="Percent withheld")
    amounts = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 2}), label="Charges up to", help_text="One currency a line: USD 25.00"
    )
    reason = forms.ChoiceField(required=False, label="Reason of the deduction", choices=[("", "choose"), *Dispute.Reason.choices])

    def __init__(self, *args: Any, company: Company, user: Any, **kwargs: Any) -> None:
        self.company, self.user = company, user
        super().__init__(*args, **kwargs)
        channels = Receipt.objects.filter(company=company).order_by().values_list("channel", flat=True).distinct()
        self.fields["channel"].choices = [("", "any"), *((c, c) for c in sorted(channels))]  # type: ignore[attr-defined]

    @staticmethod
    def start(rule: CashRule) -> dict[str, Any]:
        """What stands in the form of a rule."""
        when, currency = rule.condition, rule.condition.get("currency", "")
        bounds = {n: money.to_text(when[n], currency) for n in ("low", "high") if when.get(n) is not None and currency}
        return {
            "name": rule.name, "effect": rule.effect, "customer": rule.customer.number if rule.customer else "", "position": rule.position,
            "first": when.get("from"), "last": when.get("to"), "percent": rule.values.get("percent"),
            "amounts": lines_of(rule.values.get("amounts") or {}), "reason": rule.values.get("reason", ""),
            **{name: when.get(name, "") for name in CONDITIONS}, **bounds,
        }  # fmt: skip

    def clean_customer(self) -> Customer | None:
        """The customer that the number or name means, in sight."""
        text = self.cleaned_data["customer"].strip()
        if not text:
            return None
        seen = Customer.objects.visible_to(self.user, "rules.edit").filter(company=self.company)
        found = list(seen.filter(number=text)[:2]) or list(seen.filter(name__iexact=text)[:2])
        if len(found) != 1:
            raise forms.ValidationError("no customer of yours has this number" if not found else "several have this name: give the number")
        customer: Customer = found[0]
        return customer

    def clean_currency(self) -> str:
        """In capitals, and one that there is."""
        code: str = self.cleaned_data["currency"].strip().upper()
        if code and code not in money.currencies():
            raise forms.ValidationError(f"{code} is no currency")
        return code

    def clean_amounts(self) -> dict[str, int]:
        """Minor units by currency."""
        return by_currency(self.cleaned_data["amounts"])

    def clean(self) -> dict[str, Any]:
        """Bounds in the rule's currency."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("low", "high"):
            if data.get(name):
                self._bound(data, name)
        return data

    def _bound(self, data: dict[str, Any], name: str) -> None:
        if not data.get("currency"):
            self.add_error(name, "say in which currency")
            return
        try:
            data[name] = amount_of(data[name], data["currency"])
        except money.MoneyError as error:
            self.add_error(name, str(error))

    @property
    def said(self) -> dict[str, Any]:
        """The rule as the service takes it."""
        d, effect = self.cleaned_data, self.cleaned_data["effect"]
        condition = {name: d[name].strip() for name in CONDITIONS} | {"low": d["low"] or None, "high": d["high"] or None}
        days = {"from": d["first"].isoformat() if d["first"] else None, "to": d["last"].isoformat() if d["last"] else None}
        values = {
            "withholding": {"percent": str(d["percent"]) if d["percent"] else None}, "charges": {"amounts": d["amounts"]},
            "deduction": {"reason": d["reason"]},
        }  # fmt: skip
        return {
            "name": d["name"], "effect": effect, "customer": d["customer"], "position": d["position"], "condition": condition | days,
            "values": values.get(effect, {}),
        }  # fmt: skip
