"""What administrators type about people, keys and companies, and everybody about themselves."""

from datetime import UTC, datetime, time
from typing import Any

from django import forms
from stdnum import iban

from org import policy
from org.actors import Actor
from org.models import Company, Department, Membership, User
from org.services import Grant, chosen
from org.services.people import PREFERENCES

ROLE_CHOICES = [(code, name) for code, (name, _) in policy.ROLES.items()]


class PersonForm(forms.Form):
    """Name and login."""

    name = forms.CharField(max_length=150)
    email = forms.EmailField(label="E-mail", max_length=254, help_text="It is also the login.")


class RolesForm(forms.Form):
    """A row a company and role: held or not, and over what. `grants` reads them back."""

    def __init__(self, *args: Any, companies: list[Company], person: User | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.companies = companies
        held = {(m.company_id, m.role): m for m in person.memberships.all()} if person else {}
        for company in companies:
            departments = Department.objects.filter(company=company)
            for code, name in ROLE_CHOICES:
                self._add(company, code, name, held.get((company.pk, code)), departments)

    def _add(self, company: Company, role: str, name: str, held: Membership | None, departments: Any) -> None:
        key = f"{company.pk}-{role}"
        self.fields[f"role-{key}"] = forms.BooleanField(required=False, label=name, initial=held is not None)
        scope = forms.ChoiceField(
            choices=Membership.Scope.choices, required=False, initial=held.scope if held else "company", label=f"What {name} sees"
        )
        scope.widget.attrs["aria-label"] = f"What {name} of {company.code} sees"
        self.fields[f"scope-{key}"] = scope
        if role == "collaborator":
            self.fields[f"department-{key}"] = forms.ModelChoiceField(
                departments, required=False, initial=held.department if held else None, empty_label="no department", label="Department"
            )

    def groups(self) -> list[tuple[Company, list[dict[str, Any]]]]:
        """Per company its rows: the box, the scope, and for collaborators the department."""
        return [(company, [self._row(company, code) for code, _ in ROLE_CHOICES]) for company in self.companies]

    def _row(self, company: Company, role: str) -> dict[str, Any]:
        key = f"{company.pk}-{role}"
        department = self[f"department-{key}"] if f"department-{key}" in self.fields else None
        return {"held": self[f"role-{key}"], "scope": self[f"scope-{key}"], "department": department, "code": role}

    def grants(self) -> list[Grant]:
        """What was ticked."""
        data = self.cleaned_data
        return [
            Grant(company, role, data[f"scope-{company.pk}-{role}"] or "company", data.get(f"department-{company.pk}-{role}"))
            for company in self.companies
            for role, _ in ROLE_CHOICES
            if data[f"role-{company.pk}-{role}"]
        ]


class KeyForm(forms.Form):
    """A new key of the API."""

    name = forms.CharField(max_length=100, help_text="What it is for, such as Invoices from the ERP.")
    source_system = forms.RegexField(
        r"^[a-z0-9_-]{1,40}$", initial="erp", help_text="Small letters: names the sender where a record doesn't.",
        error_messages={"invalid": "Small letters, digits, - and _, at most 40."},
    )  # fmt: skip
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in sorted(policy.SCOPES)], widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one scope."},
    )  # fmt: skip
    companies = forms.ModelMultipleChoiceField(
        Company.objects.none(), widget=forms.CheckboxSelectMultiple, required=False, help_text="None: all companies, also later ones."
    )
    customers = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 3}), label="Customers",
        help_text="Their numbers, one a line (US01 C-100 where companies share one): the key sees and writes theirs alone. None: all.",
    )  # fmt: skip
    expires_on = forms.DateField(
        required=False, widget=forms.DateInput(attrs={"type": "date"}), label="Works until", help_text="Empty: until it is revoked."
    )

    def __init__(self, *args: Any, companies: Any, today: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today, self.actor = today, actor
        self.fields["companies"].queryset = companies  # type: ignore[attr-defined]

    def clean_customers(self) -> list[int]:
        """The keys of the customers named."""
        words = [word.strip() for word in self.cleaned_data["customers"].replace(",", "\n").splitlines() if word.strip()]
        found, unclear = chosen.by_words(self.actor, words)
        if unclear:
            raise forms.ValidationError(f"No customer in your sight, or several, with the number {', '.join(unclear[:5])}.")
        return [one.key for one in found]

    def clean_expires_on(self) -> datetime | None:
        """The end of that day; it lies ahead."""
        day = self.cleaned_data["expires_on"]
        if day and day <= self.today:
            raise forms.ValidationError("Choose a day ahead.")
        return datetime.combine(day, time.max, tzinfo=UTC) if day else None


class RotateForm(forms.Form):
    """How long the old key works beside the new one."""

    days = forms.IntegerField(min_value=0, max_value=90, initial=7, label="Days both keys work")


class CompanyForm(forms.Form):
    """A company's particulars."""

    name = forms.CharField(max_length=200)
    address = forms.CharField(
        max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 4}), help_text="As it stands on letters."
    )
    country = forms.RegexField(r"^[A-Z]{2}$", required=False, error_messages={"invalid": "An ISO 3166 code such as US."})
    email = forms.EmailField(required=False, label="E-mail", help_text="Where customers' answers go.")
    phone = forms.CharField(max_length=40, required=False)
    vat_id = forms.CharField(max_length=20, required=False, label="VAT id", help_text="With its country, such as DE123456789.")
    tax_number = forms.CharField(max_length=40, required=False, help_text="Such as an EIN; where there is no VAT id.")
    registration = forms.CharField(max_length=60, required=False, help_text="Number in the commercial register.")
    legal_note = forms.CharField(max_length=300, required=False, help_text="What the law wants on letters: legal form, seat, directors.")
    peppol_id = forms.RegexField(
        r"^\d{4}:[^\s:]{1,50}$", required=False, label="Peppol id", help_text="Scheme and id, such as 9930:DE123456789.",
        error_messages={"invalid": "Four digits of the scheme, a colon, the id: 9930:DE123456789."},
    )  # fmt: skip
    bank_name = forms.CharField(max_length=100, required=False, label="Bank")
    bank_account = forms.CharField(max_length=40, required=False, label="Account", help_text="IBAN or account number that invoices name.")
    bank_bic = forms.RegexField(
        r"^[A-Z0-9]{8}([A-Z0-9]{3})?$", required=False, label="BIC", error_messages={"invalid": "Eight or eleven letters and digits."}
    )
    bank_routing = forms.CharField(max_length=20, required=False, label="Routing number", help_text="ABA routing number or sort code.")

    def clean_vat_id(self) -> str:
        """In capitals without blanks, with two letters of the country before it."""
        value = self.cleaned_data["vat_id"].replace(" ", "").upper()
        if value and not (value[:2].isalpha() and value[2:].isalnum()):
            raise forms.ValidationError("A VAT id begins with its country, such as DE123456789; other numbers are tax numbers.")
        return value

    def clean_bank_account(self) -> str:
        """An IBAN is checked by its digits; what doesn't begin like one is an account number."""
        value = self.cleaned_data["bank_account"].replace(" ", "").upper()
        if value[:2].isalpha() and value[2:4].isdigit() and not iban.is_valid(value):
            raise forms.ValidationError("This is no valid IBAN: its check digits don't fit.")
        return value


class DepartmentForm(forms.Form):
    """A new department."""

    company = forms.ModelChoiceField(Company.objects.none(), empty_label=None)
    code = forms.RegexField(r"^[a-z0-9_-]{1,30}$", error_messages={"invalid": "Small letters, digits, - and _, at most 30."})
    name = forms.CharField(max_length=100)

    def __init__(self, *args: Any, companies: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["company"].queryset = companies  # type: ignore[attr-defined]


class RenameForm(forms.Form):
    """A department's name."""

    name = forms.CharField(max_length=100)


class PreferencesForm(forms.Form):
    """What the person's own pages look like."""

    theme = forms.ChoiceField(choices=[("", "as the system"), ("light", "light"), ("dark", "dark")], required=False, label="Colours")
    density = forms.ChoiceField(choices=[(d, d) for d in PREFERENCES["density"]], label="Rows")
    keys = forms.BooleanField(required=False, label="Single-letter keys", help_text="Such as j and k. Ctrl and arrow keys work always.")
    notices = forms.BooleanField(
        required=False, label="Mail about what waits for me", help_text="When my department is asked, or what I asked is answered."
    )
