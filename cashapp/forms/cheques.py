"""What people type about cheques: what a batch should come to, and each cheque with its stub."""

from collections.abc import Iterable
from typing import Any

from django import forms

from arops.lib.formfields import DayInput
from cashapp.forms import MAX_FILE
from cashapp.forms.remittances import PLAIN, AdviceLineForm, minor
from cashapp.models import BankAccount
from cashapp.readers.advice.model import AdviceLine
from cashapp.services.cheques import MOST, NewCheque
from customers.models import Customer
from org.actors import Actor
from workflow.models import StoredFile


class CountedForm(forms.Form):
    """Count and total as made before keying; amounts in `currency`."""

    expected_count = forms.IntegerField(min_value=1, max_value=MOST, label="Cheques counted", widget=forms.TextInput(attrs=PLAIN))
    expected_total = forms.CharField(max_length=30, label="They come to", widget=forms.TextInput(attrs=PLAIN | {"inputmode": "decimal"}))

    def __init__(self, *args: Any, currency: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency

    def clean_expected_total(self) -> int:
        """Minor units."""
        return minor(self.cleaned_data["expected_total"], self._currency()) or 0

    def _currency(self) -> str:
        return self.currency


class BatchForm(CountedForm):
    """A new batch."""

    bank_account = forms.ModelChoiceField(BankAccount.objects.none(), empty_label=None, label="Deposited to")
    deposit_date = forms.DateField(widget=DayInput(), label="Day of the deposit")
    field_order = ("bank_account", "deposit_date", "expected_count", "expected_total")

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = BankAccount.objects.visible_to(actor, "cash.import").filter(is_active=True).select_related("company")
        account: Any = self.fields["bank_account"]
        account.queryset, account.label_from_instance = found, lambda a: f"{a.company.code} {a.name} ({a.currency})"

    def _currency(self) -> str:
        account = self.cleaned_data.get("bank_account")
        return account.currency if account else ""


class ChequeForm(forms.Form):
    """A cheque; its amount in `currency`."""

    number = forms.CharField(max_length=60, label="Cheque number", widget=forms.TextInput(attrs=PLAIN))
    amount = forms.CharField(max_length=30, widget=forms.TextInput(attrs=PLAIN | {"inputmode": "decimal", "data-of-sum": ""}))
    payer = forms.CharField(max_length=200, label="Payer", widget=forms.TextInput(attrs=PLAIN | {"list": "customers"}))
    cheque_date = forms.DateField(required=False, widget=DayInput(), label="Dated")
    payer_account = forms.CharField(required=False, max_length=80, label="Drawn on account", widget=forms.TextInput(attrs=PLAIN))
    text = forms.CharField(required=False, max_length=500, label="Memo", widget=forms.TextInput(attrs=PLAIN))
    image = forms.FileField(required=False, label="Image", widget=forms.FileInput(attrs={"accept": ".png,.jpg,.jpeg,.tif,.tiff,.gif,.pdf"}))
    again = forms.BooleanField(required=False, label="It is another cheque of this number and amount")

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency

    def clean_amount(self) -> int:
        """Minor units."""
        return minor(self.cleaned_data["amount"], self.currency) or 0

    def clean_image(self) -> Any:
        """At most as much as is kept."""
        file = self.cleaned_data["image"]
        if file and file.size > MAX_FILE:
            raise forms.ValidationError(f"the image has more than {MAX_FILE // 1024 // 1024} MB")
        return file

    def cheque(self, lines: Iterable["StubLineForm"], customer: Customer | None, image: StoredFile | None) -> NewCheque:
        """What was typed."""
        data = self.cleaned_data
        stub = tuple(line for form in lines if (line := form.line()))
        return NewCheque(
            data["amount"], data["number"].strip(), data["cheque_date"], customer.name if customer else data["payer"].strip(),
            data["payer_account"].strip(), customer, data["text"].strip(), stub, image,
        )  # fmt: skip


class StubLineForm(AdviceLineForm):
    """A line of the stub: the few fields that most stubs have."""

    field_order = ("reference", "paid", "discount", "adjustment", "code")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["gross"], self.fields["kind"]

    def line(self) -> AdviceLine | None:
        """What was typed; None for an empty line. A negative amount is a credit that was taken."""
        found = super().line()
        if found and found.paid is not None and found.paid < 0:
            return AdviceLine(found.reference, "credit", found.gross, found.discount, found.adjustment, found.paid, found.code)
        return found


StubLines = forms.formset_factory(StubLineForm, extra=4, max_num=100, absolute_max=100, validate_max=True)
