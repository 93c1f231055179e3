"""What people type to customers, and the texts to choose from."""

from collections.abc import Sequence
from typing import Any

from django import forms

from arops.lib.merging import LANGUAGES, one_line
from customers.models import Contact
from disputes.models import CaseText
from disputes.services.texts import TextDraft
from workflow.models import Attachment


class ReplyForm(forms.Form):
    """An answer to a customer: to its contacts, with files beside the case."""

    to = forms.MultipleChoiceField(label="To", widget=forms.CheckboxSelectMultiple, error_messages={"required": "choose who gets it"})
    subject = forms.CharField(max_length=200)
    body = forms.CharField(max_length=20_000, label="Text", widget=forms.Textarea(attrs={"rows": 9}))
    attached = forms.TypedMultipleChoiceField(label="Attach", required=False, coerce=int, widget=forms.CheckboxSelectMultiple)
    wait = forms.BooleanField(required=False, label="It is a question: wait for the customer’s answer")

    def __init__(self, *args: Any, contacts: Sequence[Contact], attachments: Sequence[Attachment], **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "reply_%s"} | kwargs)
        people = {c.email: f"{c.name}, {c.get_role_display()} <{c.email}>" for c in reversed(contacts)}
        self.fields["to"].choices = list(reversed(people.items()))  # type: ignore[attr-defined]
        self.fields["attached"].choices = [  # type: ignore[attr-defined]
            (a.pk, f"{a.name} ({max(1, a.file.size // 1024):,} kB)") for a in attachments
        ]

    def clean_subject(self) -> str:
        """One line."""
        return one_line(str(self.cleaned_data["subject"]))


class TextForm(forms.Form):
    """A text to customers."""

    event = forms.ChoiceField(choices=CaseText.Event.choices, label="Said when")
    name = forms.CharField(max_length=80, help_text="As it is offered for a choice. The same name in another language is its translation.")
    language = forms.ChoiceField(choices=tuple(LANGUAGES.items()))
    subject = forms.CharField(max_length=200)
    body = forms.CharField(max_length=20_000, label="Text", widget=forms.Textarea(attrs={"rows": 14}))
    is_active = forms.BooleanField(required=False, initial=True, label="In use")

    def draft(self) -> TextDraft:
        """The text as it is to be."""
        return TextDraft(**self.cleaned_data)
