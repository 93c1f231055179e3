"""What people type about inquiries: one taken down by hand, an answer, what was recognised put right, a template."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from arops.lib import money
from arops.lib.merging import LANGUAGES, one_line
from collections_app.forms.days import DayField
from collections_app.models import AnswerTemplate, Inquiry
from collections_app.selectors.inquiries.enclosures import Enclosure
from collections_app.services.inquiries.confirming import Given
from collections_app.services.inquiries.templates import TemplateDraft
from customers.models import Contact, Customer
from disputes.models import Dispute
from ledger.models import OpenItem
from org.models import Company, User

ASKABLE = [c for c in Inquiry.Kind.choices if c[0] not in ("away", "bounce", "bank")]
BY_HAND = [c for c in Inquiry.Source.choices if c[0] not in ("mail", "portal")]


class MailForm(forms.Form):
    """A mail saved as a file."""

    file = forms.FileField(label="Mail (.eml)", widget=forms.FileInput(attrs={"accept": ".eml,message/rfc822"}))
    company = forms.ModelChoiceField(Company.objects.none(), required=True)

    def __init__(self, *args: Any, companies: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["company"]
        field.queryset, field.empty_label = companies, None
        if found := list(companies[:1]):
            field.initial = found[0]


class InquiryForm(forms.Form):
    """A question that came by telephone, or from a colleague."""

    customer = forms.CharField(max_length=60, label="Customer’s number", help_text="As in the list of customers.")
    source = forms.ChoiceField(choices=BY_HAND, label="How it came")
    kind = forms.ChoiceField(choices=ASKABLE, initial=Inquiry.Kind.OTHER, label="What it is about")
    subject = forms.CharField(max_length=300, label="In one line")
    words = forms.CharField(
        max_length=20_000, required=False, label="What they ask", widget=forms.Textarea(attrs={"rows": 7}),
        help_text="Numbers of invoices in it are found.",
    )  # fmt: skip

    def __init__(self, *args: Any, customers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customers = customers

    def clean_customer(self) -> Customer:
        """The customer in sight by its number."""
        found = list(self.customers.filter(number__iexact=self.cleaned_data["customer"].strip()).select_related("company", "collector")[:2])
        if not found:
            raise forms.ValidationError("no customer in your sight has this number")
        if len(found) > 1:
            raise forms.ValidationError("customers of several companies have it: open the inquiry from the customer’s page")
        customer: Customer = found[0]
        return customer


class AnswerForm(forms.Form):
    """An answer: to whom, in which words, with what."""

    to = forms.MultipleChoiceField(label="To", widget=forms.CheckboxSelectMultiple, error_messages={"required": "choose who gets it"})
    subject = forms.CharField(max_length=220)
    body = forms.CharField(max_length=20_000, label="Text", widget=forms.Textarea(attrs={"rows": 10}))
    encloses = forms.MultipleChoiceField(label="Enclose", required=False, widget=forms.CheckboxSelectMultiple)
    sure = forms.BooleanField(required=False, label="I have checked that the address is the customer’s")
    wait = forms.BooleanField(required=False, label="It asks something: wait for the customer")

    def __init__(self, *args: Any, people: Sequence[tuple[str, str]], enclosures: Sequence[Enclosure], **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "answer_%s"} | kwargs)
        self.people = list(people)
        self.enclosed = [(e.code, f"{e.label}, {e.detail}" if e.detail else e.label) for e in enclosures]
        self.fields["to"].choices = self.people  # type: ignore[attr-defined]
        self.fields["encloses"].choices = self.enclosed  # type: ignore[attr-defined]

    def clean_subject(self) -> str:
        """One line."""
        return one_line(str(self.cleaned_data["subject"]))


class ConfirmForm(forms.Form):
    """What was recognised, put right before it is done."""

    items = forms.ModelMultipleChoiceField(OpenItem.objects.none(), required=False)
    amount = forms.CharField(required=False, max_length=30)
    reason = forms.ChoiceField(choices=Dispute.Reason.choices, required=False)

    def __init__(self, *args: Any, items: Sequence[OpenItem], currency: str, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "confirm_%s"} | kwargs)
        self.fields["items"].queryset = OpenItem.objects.filter(pk__in=[i.pk for i in items])  # type: ignore[attr-defined]
        self.fields["day"] = DayField(today=today, required=False, label="Until")
        self.currency = currency

    def clean_amount(self) -> int | None:
        """Minor units of what was typed; None for the whole."""
        try:
            text = money.ungrouped(self.cleaned_data["amount"])
            return money.parse(text, self.currency) if text else None
        except money.MoneyError as error:
            raise forms.ValidationError(str(error)) from None

    def given(self) -> Given:
        """For the service."""
        data = self.cleaned_data
        return Given(list(data["items"].select_related("company")), data["amount"], data.get("day"), data["reason"])


class OwnerForm(forms.Form):
    """Who answers."""

    owner = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="nobody")

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "owner_%s"} | kwargs)
        self.fields["owner"].queryset = people  # type: ignore[attr-defined]


class TemplateForm(forms.Form):
    """A template of an answer."""

    name = forms.CharField(max_length=60, help_text="The same name in another language is its translation.")
    kind = forms.ChoiceField(choices=ASKABLE, label="Answers")
    language = forms.ChoiceField(choices=tuple(LANGUAGES.items()))
    subject = forms.CharField(max_length=200)
    body = forms.CharField(max_length=20_000, label="Text", widget=forms.Textarea(attrs={"rows": 13}), strip=False)
    encloses = forms.MultipleChoiceField(label="Encloses", required=False, widget=forms.CheckboxSelectMultiple)
    is_active = forms.BooleanField(required=False, initial=True, label="In use")

    def __init__(self, *args: Any, papers: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["encloses"].choices = [  # type: ignore[attr-defined]
            ("copies", "Copies of the invoices it is about"), ("statement", "Statement of account"), *papers,
        ]  # fmt: skip

    def draft(self) -> TemplateDraft:
        """The template as it is to be."""
        data = self.cleaned_data
        return TemplateDraft(
            data["kind"], data["name"].strip(), data["language"], data["subject"].strip(), data["body"], tuple(data["encloses"]),
            data["is_active"],
        )  # fmt: skip


class PaperForm(forms.Form):
    """A paper of our own, or its new edition."""

    code = forms.CharField(max_length=30, help_text="Short, such as w9: templates name it so. The same code is its new edition.")
    name = forms.CharField(max_length=80, help_text="Such as W-9 2027.")
    file = forms.FileField(widget=forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg,.docx,.xlsx"}))

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "paper_%s"} | kwargs)
        self.fields["valid_to"] = DayField(today=today, required=False, label="Valid until")


def template_values(template: AnswerTemplate) -> dict[str, Any]:
    """What the form of a template shows at first."""
    return {name: getattr(template, name) for name in ("name", "kind", "language", "subject", "body", "encloses", "is_active")}


def people_choices(contacts: Sequence[Contact], sender: str, known: bool) -> list[tuple[str, str]]:
    """Who can be answered: the customer's people, and whoever wrote, with a warning where nobody is known there by that address."""
    found = {c.email: f"{c.name}, {c.get_role_display()} <{c.email}>" for c in reversed(contacts)}
    choices = list(reversed(found.items()))
    if sender and sender.lower() not in {address.lower() for address in found}:
        choices.append((sender, f"{sender}, who wrote" if known else f"{sender}, who wrote: not known there"))
    return choices
