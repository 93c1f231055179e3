"""What people type about customers: master data, contacts, holds, notes, mail. Values are judged by the same readers as an ERP's."""

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from arops.lib import money
from collections_app.models import StatementSchedule
from customers import payload
from customers.models import Contact, Customer
from customers.reaching import PURPOSES
from org.actors import Actor
from org.models import Company, User


class MasterForm(forms.Form):
    """A customer by hand. Limit and risk are open to those who decide on credit; others see them."""

    company = forms.ModelChoiceField(Company.objects.none(), label="Company")
    number = forms.CharField(max_length=40)
    name = forms.CharField(max_length=200)
    is_active = forms.BooleanField(required=False, label="Trades with us")
    address = forms.CharField(required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))
    country = forms.CharField(required=False, max_length=2, help_text="ISO code, such as US")
    tax_id = forms.CharField(required=False, max_length=40, label="Tax id")
    language = forms.CharField(max_length=10, initial="en", help_text="Of letters and statements, such as en")
    currency = forms.CharField(max_length=3, help_text="ISO code, such as USD")
    payment_terms = forms.CharField(max_length=40, initial="net 30", label="Payment terms", help_text="net 30, 2/10 net 30, eom 30")
    parent = forms.CharField(required=False, max_length=40, label="Part of the group of", help_text="Number of the parent account")
    segment = forms.CharField(required=False, max_length=40)
    collector = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="nobody", label="Owner (collector)")
    sales_representative = forms.CharField(required=False, max_length=100, label="Sales representative")
    delivery = forms.ChoiceField(choices=Customer.DeliveryBy.choices, initial="email", label="Invoices go by")
    invoice_email = forms.CharField(required=False, max_length=254, label="E-mail for invoices", help_text="Empty: accounts payable")
    buyer_reference = forms.CharField(required=False, max_length=60, label="Buyer reference", help_text="What they route invoices by")
    peppol_id = forms.CharField(required=False, max_length=60, label="Peppol id", help_text="Such as 0204:991-1234512345-06")
    tax_code = forms.CharField(required=False, max_length=20, label="Tax code", help_text="The tax rate that applies; empty: none set")
    credit_limit = forms.CharField(required=False, max_length=30, label="Credit limit", help_text="Empty: none set")
    risk = forms.ChoiceField(choices=Customer.Risk.choices, initial="B")

    def __init__(self, *args: Any, actor: Actor, companies: list[Company], customer: Customer | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customer = customer
        ids = [company.pk for company in companies]
        self.fields["company"].queryset = Company.objects.filter(pk__in=ids)  # type: ignore[attr-defined]
        people = User.objects.filter(memberships__company__in=ids, is_active=True).distinct()
        self.fields["collector"].queryset = people  # type: ignore[attr-defined]
        if customer:
            del self.fields["company"]
        else:
            del self.fields["is_active"]
        if not any(actor.can("credit.decide", pk) for pk in ids):
            for name in ("credit_limit", "risk"):
                self.fields[name].disabled = True

    def clean(self) -> dict[str, Any]:
        """Every value as the interface to ERPs would take it."""
        data = super().clean() or {}
        for name in data.keys() & payload.CUSTOMER.keys():
            try:
                data[name] = payload.CUSTOMER[name](data[name])
            except payload.Wrong as error:
                self.add_error(name, f"{self.fields[name].label or name} {error}")
        company = self.customer.company if self.customer else data.get("company")
        if company:
            self._references(data, company)
        return data

    def _references(self, data: dict[str, Any], company: Company) -> None:
        mine = Customer.objects.filter(company=company)
        if data.get("number") and mine.filter(number=data["number"]).exclude(pk=self.customer and self.customer.pk).exists():
            self.add_error("number", "another customer of this company has this number")
        collector = data.get("collector")
        if collector and not collector.memberships.filter(company=company).exists():
            self.add_error("collector", f"{collector.name} doesn't work for {company.code}")
        if data.get("parent"):
            data["parent"] = self._parent(data["parent"], mine)
        if data.get("currency"):
            self._limit(data)

    def _parent(self, number: str, mine: Any) -> Customer | None:
        found: Customer | None = mine.filter(number=number.strip()).first()
        if found is None:
            self.add_error("parent", "there is no customer with this number in the company")
        elif self.customer and self.customer.pk in (found.pk, found.parent_id):
            self.add_error("parent", "a group doesn't run in a circle")
        return found

    def _limit(self, data: dict[str, Any]) -> None:
        try:
            text = money.ungrouped(data.get("credit_limit") or "")
            data["credit_limit"] = payload.credit_limit(text or None, data["currency"])
        except (payload.Wrong, money.MoneyError) as error:
            self.add_error("credit_limit", f"the limit {error}")

    def for_edit(self) -> dict[str, Any]:
        """Arguments of `edit_customer`."""
        return {name: self.cleaned_data[name] or None if name == "parent" else self.cleaned_data[name] for name in self.fields}

    def for_save(self) -> dict[str, Any]:
        """The row for `save_customers`: references by code, number and address, amounts as text."""
        data = self.cleaned_data
        row = {name: data[name] for name in self.fields if name in payload.CUSTOMER and data[name] not in ("", None)}
        row |= {"company": data["company"].code}
        row |= {"parent": data["parent"].number} if data["parent"] else {}
        row |= {"collector": data["collector"].email} if data["collector"] else {}
        limit = data["credit_limit"]
        return row | ({"credit_limit": money.to_text(limit, data["currency"])} if limit is not None else {})

    @staticmethod
    def starts_with(customer: Customer) -> dict[str, Any]:
        """The form of a customer as it stands."""
        values = {name: getattr(customer, name) for name in MasterForm.base_fields if hasattr(customer, name)}
        limit = customer.credit_limit
        return values | {
            "parent": customer.parent.number if customer.parent else "",
            "collector": customer.collector_id,
            "credit_limit": money.to_text(limit, customer.currency) if limit is not None else "",
        }


class ContactForm(forms.ModelForm):
    """A person at the customer."""

    purposes = forms.MultipleChoiceField(
        label="Gets", required=False, choices=[(code, words[:1].upper() + words[1:]) for code, words in PURPOSES.items()],
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: what goes to the role. Accounts payable gets all of it, others the letters.",
    )  # fmt: skip

    class Meta:
        model = Contact
        fields = ("name", "role", "email", "phone", "language", "purposes", "receives_letters", "takes_mail", "takes_calls", "is_active")
        labels = {
            "email": "E-mail", "receives_letters": "Gets letters unasked", "takes_mail": "May be written to",
            "takes_calls": "May be called", "is_active": "Still there",
        }  # fmt: skip
        help_texts: ClassVar = {
            "receives_letters": "Reminders, statements, notices of charges, requests for papers",
            "takes_mail": "No: they asked for no mail at all", "takes_calls": "No: they asked not to be called",
        }  # fmt: skip

    def clean_language(self) -> str:
        """A code, or nothing."""
        try:
            return payload.CONTACT["language"](self.cleaned_data["language"]) if self.cleaned_data["language"] else ""
        except payload.Wrong as error:
            raise ValidationError(f"the language {error}") from None


class HoldForm(forms.Form):
    """Why, and until when, an account isn't chased."""

    reason = forms.CharField(max_length=200, label="Why", help_text="Shown to everybody who opens the account")
    until = forms.DateField(
        required=False, label="Until", help_text="Empty: until somebody lifts it", widget=forms.DateInput({"type": "date"})
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_until(self) -> date | None:
        """A day ahead, or none."""
        until: date | None = self.cleaned_data["until"]
        if until and until <= self.today:
            raise ValidationError("choose a day ahead")
        return until


class NoteForm(forms.Form):
    """A note on the customer's timeline; or what was said at a meeting, in a letter or mail that went another way."""

    body = forms.CharField(max_length=4000, label="Note", widget=forms.Textarea(attrs={"rows": 3}))
    kind = forms.ChoiceField(
        required=False, label="It was", initial="note",
        choices=[("note", "a note"), ("meeting", "a meeting"), ("letter", "a letter"), ("email", "an e-mail from elsewhere")],
    )  # fmt: skip


class StatementMailForm(forms.Form):
    """To whom a statement goes by mail, as which files, of one account or the group."""

    to = forms.MultipleChoiceField(label="To", widget=forms.CheckboxSelectMultiple, error_messages={"required": "choose who gets it"})
    format = forms.ChoiceField(widget=forms.RadioSelect, choices=StatementSchedule.Format.choices)
    group = forms.BooleanField(required=False)
    token = forms.CharField(max_length=40, widget=forms.HiddenInput())

    def __init__(self, *args: Any, contacts: list[Contact], has_children: bool, can_pdf: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_children:
            del self.fields["group"]
        if not can_pdf:
            self.fields["format"].choices = [("xlsx", "Excel")]  # type: ignore[attr-defined]
        self.fields["to"].required = bool(contacts)
        self.fields["to"].choices = [(c.email, f"{c.name}, {c.get_role_display()}") for c in contacts]  # type: ignore[attr-defined]


class WriteForm(forms.Form):
    """An e-mail to a customer's contacts, with the statement where wanted."""

    to = forms.MultipleChoiceField(label="To", widget=forms.CheckboxSelectMultiple, error_messages={"required": "choose who gets it"})
    subject = forms.CharField(max_length=200)
    body = forms.CharField(max_length=20_000, label="Text", widget=forms.Textarea(attrs={"rows": 10}))
    statement = forms.ChoiceField(
        required=False, label="Statement of account", choices=[("", "without"), *StatementSchedule.Format.choices]
    )
    group = forms.BooleanField(required=False, label="Of the whole group, with its children")

    def __init__(self, *args: Any, contacts: list[Contact], has_children: bool = False, can_pdf: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_children:
            del self.fields["group"]
        if not can_pdf:
            self.fields["statement"].choices = [("", "without"), ("xlsx", "Excel")]  # type: ignore[attr-defined]
        choices = [(c.email, f"{c.name}, {c.get_role_display()} <{c.email}>") for c in contacts if c.email]
        self.fields["to"].choices = choices  # type: ignore[attr-defined]

    def clean_subject(self) -> str:
        """One line."""
        return " ".join(str(self.cleaned_data["subject"]).split())
