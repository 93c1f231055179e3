"""What people type about periods."""

from django import forms

from ledger.models import Period


class CloseForm(forms.Form):
    """Closing is confirmed by typing the period's name."""

    name = forms.CharField(label="Type the period's name to close it", max_length=20)

    def __init__(self, *args: object, period: Period, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.period = period

    def clean_name(self) -> str:
        """The very name."""
        name: str = self.cleaned_data["name"].strip()
        if name != self.period.name:
            raise forms.ValidationError(f"That is not {self.period.name}.")
        return name


class ReopenForm(CloseForm):
    """Opening again is confirmed the same way, and needs a reason."""

    name = forms.CharField(label="Type the period's name to open it again", max_length=20)
    reason = forms.CharField(label="Why it is opened again", max_length=300)
