"""What people type about customers' papers, rules and taxes."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from arops.lib import money
from arops.lib.rows import Wrong, decimal
from customers.models import BillingRequirement, Customer, CustomerDocument
from customers.readers import MAX_BYTES
from customers.requirements import CUSTOMER, FILES, GIVEN, PAPERS
from customers.services.taxes import CATEGORIES
from org.actors import Actor
from org.models import Company, Department

_DAY = forms.DateInput(attrs={"type": "date"})


def actors_of(company: Company) -> list[tuple[str, str]]:
    """Who may be waited for: the customer, or a department."""
    departments = Department.objects.filter(company=company).values_list("code", "name")
    return [("", "receivables (us)"), (CUSTOMER, "the customer"), *departments]


class RequestForm(forms.Form):
    """A paper that is asked for."""

    kind = forms.ChoiceField(label="Paper", choices=CustomerDocument.Kind.choices)
    waits_for = forms.ChoiceField(label="Who must act", required=False)
    invoice_number = forms.CharField(label="Invoice", required=False, max_length=60, help_text="Lien releases: the invoice they are for.")
    contract_number = forms.CharField(label="Contract", required=False, max_length=60, help_text="Empty: all of this customer’s invoices.")
    jurisdiction = forms.CharField(label="Jurisdiction", required=False, max_length=20, help_text="Exemption: such as US-TX; empty: all.")
    through_date = forms.DateField(label="Work through", required=False, widget=_DAY, help_text="Lien releases.")
    amount = forms.CharField(label="Amount", required=False, max_length=30, help_text="Lien releases.")
    note = forms.CharField(label="Note", required=False, max_length=300)

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customer = customer
        waits: Any = self.fields["waits_for"]
        waits.choices = actors_of(customer.company)
        self.fields["amount"].label = f"Amount, {customer.currency}"

    def clean_amount(self) -> int | None:
        """Minor units of the customer's currency."""
        text = money.ungrouped(self.cleaned_data["amount"])
        try:
            return money.parse(text, self.customer.currency) if text else None
        except money.MoneyError as error:
            raise forms.ValidationError(str(error)) from None


class HaveForm(forms.Form):
    """A paper that is there, or went out: its number and how long it holds."""

    on = forms.DateField(label="On", widget=_DAY)
    reference = forms.CharField(label="Number on it", required=False, max_length=80)
    valid_from = forms.DateField(label="Valid from", required=False, widget=_DAY)
    expires_on = forms.DateField(label="Expires", required=False, widget=_DAY, help_text="Its last day; empty: never.")
    note = forms.CharField(label="Note", required=False, max_length=300)

    def clean(self) -> dict[str, Any]:
        """A span has its beginning before its end."""
        data = super().clean() or {}
        if data.get("valid_from") and data.get("expires_on") and data["expires_on"] < data["valid_from"]:
            self.add_error("expires_on", "it expires before it is valid")
        return data

    @property
    def given(self) -> dict[str, Any]:
        """What the services take."""
        return dict(self.cleaned_data)


class RuleForm(forms.Form):
    """A rule about a customer's invoices; the last three belong to one kind each."""

    kind = forms.ChoiceField(label="What is wanted", choices=BillingRequirement.Kind.choices)
    mask = forms.CharField(
        label="Looks like", required=False, max_length=40, help_text="# a digit, @ a letter, * the rest, such as PO-#####"
    )
    days = forms.IntegerField(label="Days", required=False, min_value=1, max_value=365)
    file = forms.ChoiceField(label="File", required=False, choices=[(code, name.capitalize()) for code, name in FILES.items()])
    paper = forms.ChoiceField(
        label="Paper", required=False, choices=[(code, name) for code, name in PAPERS.items() if not code.startswith("lien")]
    )
    valid_from = forms.DateField(label="From", widget=_DAY)
    learned_from = forms.CharField(label="Learned from the rejection of", required=False, max_length=60, help_text="Number of the invoice.")
    note = forms.CharField(label="Note", required=False, max_length=300, help_text="Where the customer says so.")

    WHEN = {"mask": "kind:po_format", "days": "kind:bill_within", "file": "kind:attachment", "paper": "kind:document"}

    def __init__(self, *args: Any, rule: BillingRequirement | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rule = rule
        if rule:
            self.fields["kind"].disabled = True
            self.initial["kind"] = rule.kind

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of the kind that was chosen."""
        data = self.cleaned_data
        named = {"po_format": {"mask": data["mask"]}, "bill_within": {"days": data["days"]}, "attachment": {"kind": data["file"]},
                 "document": {"kind": data["paper"]}}  # fmt: skip
        return named.get(data["kind"], {})

    @staticmethod
    def starts_with(rule: BillingRequirement, today: date) -> dict[str, Any]:
        """A new version begins as the one before."""
        params = rule.params
        return {"kind": rule.kind, "mask": params.get("mask", ""), "days": params.get("days"), "file": params.get("kind", ""),
                "paper": params.get("kind", ""), "valid_from": today, "note": rule.note}  # fmt: skip


class RateForm(forms.Form):
    """A tax rate from a day on."""

    company = forms.ModelChoiceField(Company.objects.none(), label="Company", empty_label=None)
    jurisdiction = forms.CharField(max_length=20, label="Jurisdiction", help_text="Such as US-TX-DAL or DE")
    code = forms.CharField(max_length=20, label="Code", help_text="As invoices name it")
    name = forms.CharField(max_length=100, required=False, label="Name", help_text="Such as Texas, Dallas")
    percent = forms.CharField(max_length=12, label="Per cent", help_text="Such as 8.25")
    category = forms.ChoiceField(choices=[(code, f"{code} {name}") for code, name in CATEGORIES.items()], label="Category")
    valid_from = forms.DateField(label="From", widget=_DAY)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        company: Any = self.fields["company"]
        company.queryset = Company.objects.visible_to(actor, "taxes.edit")
        company.label_from_instance = lambda c: c.code

    def clean_percent(self) -> Decimal:
        """A plain decimal below 100."""
        try:
            read = decimal(4, least=Decimal(0), most=Decimal("99.9999"))(
                str(self.cleaned_data["percent"]).strip().removesuffix("%").strip()
            )
        except Wrong as error:
            raise forms.ValidationError(f"a rate {error}") from None
        return Decimal(read)


class ListForm(forms.Form):
    """A list to import."""

    file = forms.FileField(label="CSV or Excel file", max_length=255)
    atomic = forms.BooleanField(required=False, label="All rows or none", help_text="Otherwise good rows are kept, bad ones are told.")

    def clean_file(self) -> Any:
        """No larger than lists are read."""
        given = self.cleaned_data["file"]
        if given.size > MAX_BYTES:
            raise forms.ValidationError(f"a list has at most {MAX_BYTES // 1024 // 1024} MB")
        return given


def is_given(kind: str) -> bool:
    """Whether we give such a paper to the customer."""
    return kind in GIVEN
