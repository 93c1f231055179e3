"""What people bring about promises."""

from typing import Any

from django import forms

MAX_BYTES = 10 * 1024 * 1024


class ListForm(forms.Form):
    """A list of promises."""

    file = forms.FileField(label="CSV or Excel file", max_length=255, widget=forms.FileInput(attrs={"autofocus": True}))

    def clean_file(self) -> Any:
        """No larger than lists of promises are."""
        given = self.cleaned_data["file"]
        if given.size > MAX_BYTES:
            raise forms.ValidationError(f"a list has at most {MAX_BYTES // 1024 // 1024} MB")
        return given
