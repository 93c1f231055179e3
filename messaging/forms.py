"""What people type in the outbox."""

import re

from django import forms


class RetryForm(forms.Form):
    """To whom a failed message is sent instead."""

    recipients = forms.CharField(max_length=2000, label="To", help_text="Addresses, one a line or parted by commas.", required=False,
                                 widget=forms.Textarea(attrs={"rows": 2}))  # fmt: skip

    def clean_recipients(self) -> list[str]:
        """The addresses; each is checked by the service."""
        return [part for part in re.split(r"[\s,;]+", self.cleaned_data["recipients"]) if part]
