"""What people type about refunds and the accounts they go to."""

from typing import Any

from django import forms

from arops.lib import money
from arops.lib.formfields import DayInput
from cashapp.models import PayoutAccount, RefundExport
from cashapp.selectors.refunds import accounts_for, paying_accounts
from cashapp.services.refunds.accounts import Details
from invoicing.forms.memos import BalanceForm
from ledger.models import OpenItem
from org.models import Company

PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class RefundForm(BalanceForm):
    """How much of a credit is paid back, why, and where to."""

    payout = forms.ModelChoiceField(
        PayoutAccount.objects.none(), label="Paid to", empty_label="choose", error_messages={"required": "choose where to"}
    )

    def __init__(self, *args: Any, item: OpenItem, **kwargs: Any) -> None:
        super().__init__(*args, item=item, **kwargs)
        field: Any = self.fields["payout"]
        field.queryset = accounts_for(item)
        field.label_from_instance = lambda a: f"{a}" + ("" if a.state == "active" else " (waiting for approval)")
        only = list(field.queryset[:2])
        if len(only) == 1:
            field.initial = only[0]


class PayoutForm(forms.Form):
    """Bank details."""

    holder = forms.CharField(max_length=140, label="In the name of", widget=forms.TextInput(attrs=PLAIN))
    scheme = forms.ChoiceField(choices=[("iban", "IBAN"), ("us", "US: routing and account number")], label="Kind")
    account = forms.CharField(max_length=60, label="IBAN or account number", widget=forms.TextInput(attrs=PLAIN))
    bank = forms.CharField(max_length=40, required=False, label="BIC or routing number", widget=forms.TextInput(attrs=PLAIN))
    currency = forms.ChoiceField(choices=())
    words = forms.CharField(
        max_length=500, label="Where they come from, and how you checked them", widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "say where the details come from"},
    )  # fmt: skip
    evidence = forms.FileField(required=False, label="The paper that shows them")

    def __init__(self, *args: Any, currency: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["currency"]
        choice.choices = [(c, c) for c in dict.fromkeys([currency, *money.currencies()]) if c]

    def details(self) -> Details:
        """What was typed, as the service takes it."""
        data = self.cleaned_data
        return Details(data["holder"].replace("\x00", ""), data["scheme"], data["account"], data["bank"], "", data["currency"])


class ExportForm(forms.Form):
    """How refunds are handed over."""

    format = forms.ChoiceField(choices=RefundExport.Format.choices, label="As")
    execution_date = forms.DateField(widget=DayInput(), label="Paid on")
    bank_account = forms.ModelChoiceField(PayoutAccount.objects.none(), required=False, label="From", empty_label="payables choose")

    def __init__(self, *args: Any, company: Company, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        account: Any = self.fields["bank_account"]
        account.queryset, account.label_from_instance = paying_accounts(company.pk, currency), lambda a: a.name


class PaidForm(forms.Form):
    """When and from where a refund was paid, where no line of the bank shows it."""

    bank_account = forms.ModelChoiceField(PayoutAccount.objects.none(), empty_label=None, label="From")
    day = forms.DateField(widget=DayInput(), label="On")
    reference = forms.CharField(max_length=140, required=False, label="Reference", widget=forms.TextInput(attrs=PLAIN))

    def __init__(self, *args: Any, company_id: int, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        account: Any = self.fields["bank_account"]
        account.queryset, account.label_from_instance = paying_accounts(company_id, currency), lambda a: a.name
