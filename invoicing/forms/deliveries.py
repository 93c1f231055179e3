"""What people ask of deliveries and say about them."""

from collections.abc import Mapping
from typing import Any

from django import forms

from customers.models import Customer
from invoicing.models import Dispatch
from invoicing.selectors.deliveries import VIEWS, Filters
from invoicing.services.delivering import ANSWERS

MADE = (("here", "made or sent here"), ("all", "also what ERPs issued"))


class DeliveryFilter(forms.Form):
    """The list's query string. What can't be read narrows nothing."""

    view = forms.ChoiceField(required=False, choices=VIEWS)
    q = forms.CharField(required=False, max_length=80)
    company = forms.IntegerField(required=False, min_value=1, max_value=2**62)
    customer = forms.IntegerField(required=False, min_value=1, max_value=2**62)
    channel = forms.ChoiceField(required=False, choices=[("", "all"), *Customer.DeliveryBy.choices])
    made = forms.ChoiceField(required=False, choices=MADE)
    page = forms.IntegerField(required=False, min_value=1, max_value=500)

    def filters(self) -> Filters:
        """What was asked for."""
        self.is_valid()
        found: Mapping[str, Any] = self.cleaned_data
        text = str(found.get("q") or "").replace("\x00", "").strip()
        return Filters(
            found.get("view") or "unsent", text, found.get("company"), found.get("customer"), found.get("channel") or "",
            found.get("made") or "here",
        )  # fmt: skip


class SendForm(forms.Form):
    """Sending a document: how, with which words, and which sending it is."""

    channel = forms.ChoiceField(required=False, choices=[("", "as the customer wants it"), *Dispatch.Channel.choices])
    note = forms.CharField(required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))
    number = forms.IntegerField(min_value=1, max_value=1000)


class AnswerForm(forms.Form):
    """What became of a document."""

    state = forms.ChoiceField(
        choices=[(s, s) for s in ANSWERS], error_messages={"invalid_choice": "Say accepted, rejected, delivered or bounced."}
    )
    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(required=False, max_length=300)


class MailedForm(forms.Form):
    """When a batch went into the post."""

    mailed_on = forms.DateField(label="Mailed on", widget=forms.DateInput(attrs={"type": "date"}))


class LetterheadForm(forms.Form):
    """Logo, colour and lines of a company's paper."""

    logo = forms.FileField(required=False, label="Logo", help_text="PNG or JPEG, at most 300 kB; about 70 × 18 mm on paper.")
    remove_logo = forms.BooleanField(required=False, label="No logo: the company’s name instead")
    accent = forms.RegexField(
        r"^#[0-9a-fA-F]{6}$", label="Colour", widget=forms.TextInput(attrs={"type": "color"}), help_text="Of rules and headings.",
        error_messages={"invalid": "# and six hexadecimal digits, such as #1d4ed8."},
    )  # fmt: skip
    footer = forms.CharField(
        required=False, max_length=300, label="Line at the foot", help_text="Above the legal particulars on every page."
    )
    payment_note = forms.CharField(
        required=False, max_length=300, label="Line beside the payment details", help_text="Such as how cheques are to be made out."
    )
