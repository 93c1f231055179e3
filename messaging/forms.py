"""What people type in the outbox, and about mailboxes."""

import re
from typing import Any

from django import forms

from messaging.models import Mailbox
from messaging.services.mailboxes import FIELDS, Given
from org.models import Company


class RetryForm(forms.Form):
    """To whom a failed message is sent instead."""

    recipients = forms.CharField(max_length=2000, label="To", help_text="Addresses, one a line or parted by commas.", required=False,
                                 widget=forms.Textarea(attrs={"rows": 2}))  # fmt: skip

    def clean_recipients(self) -> list[str]:
        """The addresses; each is checked by the service."""
        return [part for part in re.split(r"[\s,;]+", self.cleaned_data["recipients"]) if part]


class PostedForm(forms.Form):
    """A batch of letters was posted."""

    posted_on = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    proof_note = forms.CharField(max_length=300, required=False)


class MailboxForm(forms.Form):
    """A mailbox to read. The password goes in and is never given out; left empty, the one that is kept stays."""

    company = forms.ModelChoiceField(Company.objects.none(), empty_label=None)
    purpose = forms.ChoiceField(
        label="What comes into it", choices=Mailbox.Purpose.choices, initial=Mailbox.Purpose.REMITTANCES, required=False,
        help_text="Remittance advices go to cash, what customers write to the inbox.",
    )  # fmt: skip
    name = forms.CharField(max_length=100, help_text="Yours, such as Remittances.")
    host = forms.CharField(max_length=200, label="IMAP server", help_text="Such as imap.example.com.")
    security = forms.ChoiceField(
        label="Encryption",
        initial="tls",
        choices=[("tls", "TLS, from the start"), ("starttls", "STARTTLS"), ("none", "None: own network only")],
    )
    port = forms.IntegerField(min_value=1, max_value=65535, initial=993, help_text="993 with TLS, 143 with STARTTLS.")
    username = forms.CharField(max_length=200, label="User name")
    sign_in = forms.ChoiceField(
        label="Signs in by", choices=Mailbox.SignIn.choices, initial=Mailbox.SignIn.PASSWORD, required=False,
        help_text="Microsoft 365 and Google take no passwords.",
    )  # fmt: skip
    password = forms.CharField(
        max_length=5000, required=False, strip=False, label="Password or refresh token",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), help_text="Where the provider has app passwords, one of those.",
    )  # fmt: skip
    client_id = forms.CharField(max_length=200, required=False, label="Client ID", help_text="With OAuth: of the registered application.")
    client_secret = forms.CharField(
        max_length=500, required=False, label="Client secret", widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="With OAuth, where the application has one. It goes with the token: both are entered together.",
    )  # fmt: skip
    tenant = forms.RegexField(
        r"^[A-Za-z0-9.-]+$", max_length=100, required=False, label="Tenant", help_text="Of Microsoft: the directory’s name or number."
    )
    folder = forms.CharField(max_length=200, initial="INBOX", help_text="Only read: no mail in it is deleted, moved or marked.")
    is_active = forms.BooleanField(required=False, initial=True, label="Read it every minute")

    def __init__(self, *args: Any, companies: Any = None, mailbox: Mailbox | None = None, **kwargs: Any) -> None:
        if mailbox:
            kwargs["initial"] = {name: getattr(mailbox, name) for name in FIELDS}
        super().__init__(*args, **kwargs)
        if mailbox:
            del self.fields["company"]
            self.fields["password"].help_text = "Empty: the one that is kept stays."
            return
        self.fields["password"].required = True
        field: Any = self.fields["company"]
        field.queryset = companies
        if len(found := list(companies[:2])) == 1:
            field.initial = found[0]

    def clean_host(self) -> str:
        """A name or address, nothing else."""
        host: str = self.cleaned_data["host"].strip()
        if not re.fullmatch(r"[A-Za-z0-9._:-]+", host):
            raise forms.ValidationError("enter the name of the server alone, such as imap.example.com")
        return host

    def clean_purpose(self) -> str:
        """Remittance advices where nothing else is said."""
        return self.cleaned_data["purpose"] or Mailbox.Purpose.REMITTANCES

    def clean_sign_in(self) -> str:
        """By password where nothing else is said."""
        return self.cleaned_data["sign_in"] or Mailbox.SignIn.PASSWORD

    def given(self) -> Given:
        """What was typed, for the service."""
        data = self.cleaned_data
        return Given(
            name=data["name"].strip(), host=data["host"], port=data["port"], security=data["security"], username=data["username"].strip(),
            folder=data["folder"].strip(), is_active=data["is_active"], password=data["password"], purpose=data["purpose"],
            sign_in=data["sign_in"], client_id=data["client_id"], client_secret=data["client_secret"], tenant=data["tenant"],
        )  # fmt: skip
