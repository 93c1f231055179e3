"""What the terms of a plan come to, as they are typed: the schedule, its sums, who would approve it, money by week."""

from datetime import date
from typing import Any

from django.http import HttpRequest

from arops.lib.refusal import Refused
from collections_app.forms.plan_rows import Rows, ShownRow, shown
from collections_app.forms.plans import NegotiateForm
from collections_app.policy.plans import Due, percent_of
from collections_app.selectors.plans import dues_of, effect_of, effect_of_change, open_principal
from collections_app.services.plans.limits import Given, asking
from collections_app.services.plans.making import check_terms, renewed
from customers.models import Customer


def seen_of(request: HttpRequest, customer: Customer, form: NegotiateForm) -> dict[str, Any]:
    """What the terms come to; or why they make no plan."""
    if not form.is_valid():
        return {"refused": next((str(errors[0]) for errors in form.errors.values()), "")}
    try:
        dues, waived = terms_of(customer, form)
    except Refused as error:
        return {"refused": str(error)}
    user: Any = request.user
    total = form.total
    given = Given(customer.company, customer.pk, form.currency, total - waived, waived)
    effect = _effect(customer, form, dues, waived)
    return {
        "dues": dues, "total": total, "waived": waived, "share": percent_of(waived, total) if waived else None,
        "items": len(form.free if form.running else form.cleaned_data["items"]), "pays": total - waived, "interest": effect.interest,
        "all": sum(due.total for due in dues), "seen": asking(actor=user, given=given, today=form.today).seen, "effect": effect,
        "currency": form.currency, "by_hand": bool(form.rows),
    }  # fmt: skip


def terms_of(customer: Customer, form: NegotiateForm) -> tuple[tuple[Due, ...], int]:
    """The instalments of a form without errors, and what they give up. Raises PlanError."""
    if form.running is None:
        return check_terms(customer.company, form.total, form.terms(), form.cleaned_data["pays"])
    _, dues, waived = renewed(form.running, form.terms(), form.today)
    return dues, waived


def _effect(customer: Customer, form: NegotiateForm, dues: tuple[Due, ...], waived: int) -> Any:
    if form.running is not None:
        old = open_principal(form.running)
        return effect_of_change(old, dues_of(form.running.instalments.all()), dues, waived, form.today)  # type: ignore[attr-defined]
    chosen = [(item.due_date, form.free[item.pk]) for item in form.cleaned_data["items"]]
    return effect_of(customer, chosen, dues, waived, form.today)


def rows_then(form: NegotiateForm, then: str) -> NegotiateForm:
    """The form after a button of its rows: `rows` writes the schedule of the terms out, `plain` goes back to terms, others change it."""
    rows, currency = form.rows, form.currency
    if then == "plain":
        rows = Rows()
    elif then == "rows" and not rows:
        rows = _written_out(form)
    elif rows:
        pays = _pays(form)
        rows.changed(then, pays, currency, form.today, _rhythm(form))
    made = NegotiateForm(
        form.data, customer=form.customer, items=form.items_free, currency=currency, today=form.today, running=form.running, rows=rows
    )
    return made


def _rhythm(form: NegotiateForm) -> str:
    form.is_valid()
    return str(form.cleaned_data.get("rhythm") or "monthly")


def _pays(form: NegotiateForm) -> int:
    """What is paid in all, as far as the form says it."""
    form.is_valid()
    if form.running is not None:
        return form.total - form.waived_before
    return form.cleaned_data.get("pays") or form.total


def _written_out(form: NegotiateForm) -> Rows:
    """The schedule that the terms make, as rows; one row of all where they make none."""
    dues: list[tuple[date, int]] = []
    if form.is_valid():
        try:
            dues = [(due.due_on, due.amount) for due in terms_of(form.customer, form)[0]]
        except Refused:
            dues = []
    return Rows.written(dues or [(form.cleaned_data.get("first") or form.today, max(1, _pays(form)))], form.currency)


def shown_rows(form: NegotiateForm, seen: dict[str, Any]) -> list[ShownRow]:
    """The rows of a schedule written by hand, with what each comes to."""
    return shown(form.rows, seen.get("dues", ()))
