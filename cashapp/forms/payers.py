"""What people say about payers."""

from typing import Any

from django import forms

from cashapp.models import PayerAlias, PayerRelation
from customers.models import Customer
from org.actors import Actor


class RelationForm(forms.Form):
    """That somebody pays for a customer: another customer by its number, or somebody who is none by name and account."""

    kind = forms.ChoiceField(choices=PayerRelation.Kind.choices, label="What the payer is")
    pays_for = forms.CharField(max_length=40, label="Pays for customer", help_text="The customer's number.")
    payer = forms.CharField(
        max_length=40, required=False, label="Payer's customer number", help_text="Empty where the payer is no customer."
    )
    payer_name = forms.CharField(max_length=200, required=False, label="Payer's name", help_text="As the bank shows it.")
    payer_account = forms.CharField(
        max_length=60, required=False, label="Payer's account", help_text="IBAN or number, where it is always the same."
    )
    valid_from = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), label="From")
    valid_to = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}), label="To")
    reason = forms.CharField(max_length=300, label="Why", help_text="What was agreed, and where it is written.")

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customers = Customer.objects.visible_to(actor, "payers.edit").select_related("company")

    def _customer(self, name: str) -> Customer | None:
        number = self.cleaned_data.get(name, "").replace("\0", "").strip()
        found = list(self.customers.filter(number__iexact=number)[:2]) if number else []
        if number and len(found) != 1:
            raise forms.ValidationError(
                f"no customer of yours has the number {number}" if not found else f"{number} is borne by several customers"
            )
        return found[0] if found else None

    def clean_pays_for(self) -> Customer | None:
        """The customer."""
        return self._customer("pays_for")

    def clean_payer(self) -> Customer | None:
        """The customer who pays, if it is one."""
        return self._customer("payer")

    def clean_payer_name(self) -> str:
        """Without what no database keeps."""
        return str(self.cleaned_data["payer_name"]).replace("\0", "")


class AliasForm(forms.Form):
    """Whose invoices an alias may pay, and until when it counts."""

    scope = forms.ChoiceField(choices=PayerAlias.Scope.choices, label="May pay the invoices of")
    expires_on = forms.DateField(
        required=False, widget=forms.DateInput(attrs={"type": "date"}), label="Counts until", help_text="Empty: as long as it is used."
    )
