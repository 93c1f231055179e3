"""Lockboxes of a bank account: their numbers, where the bank's files say what, and what comes out of a sample."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import InputRefused, Refused
from cashapp.forms import MAX_FILE
from cashapp.forms.lockboxes import LockboxForm
from cashapp.models import BankAccount
from cashapp.readers.lockbox import LockboxProfile
from cashapp.services.accounts import profile_of, save_lockboxes
from cashapp.services.mapping import try_lockbox
from org.access import allowed

_SHOWN = 50


@allowed("cash.import")
def lockboxes(request: HttpRequest, pk: int) -> HttpResponse:
    """Numbers and layout; `try` reads a sample by what is typed and saves nothing."""
    user: Any = request.user
    found = get_object_or_404(BankAccount.objects.visible_to(user, "cash.import").select_related("company"), pk=pk)
    if not user.can("cash.import", found.company_id):
        raise Http404
    form = LockboxForm(request.POST or None, request.FILES or None, account=found, profile=profile_of(found))
    context: dict[str, Any] = {"account": found, "form": form}
    if form.is_bound and form.is_valid():
        sample = form.cleaned_data["sample"]
        if sample:
            context |= _tried(form, sample, form.profile())
        elif "try" in request.POST:
            form.add_error("sample", "choose a lockbox file")
        else:
            try:
                save_lockboxes(actor=user, account=found, numbers=form.cleaned_data["numbers"], profile=form.profile())
            except Refused as error:
                form.add_error("numbers", str(error))
            else:
                return toast(request, redirect_htmx(request, reverse("cashapp:accounts")), f"Lockboxes of {found.name} are saved")
    return page(request, "cashapp/lockboxes.html", context, status=422 if form.errors or context.get("refusal") else 200)


def _tried(form: LockboxForm, sample: Any, profile: LockboxProfile) -> dict[str, Any]:
    if sample.size > MAX_FILE:
        form.add_error("sample", "the file is too big")
        return {}
    try:
        file = try_lockbox(sample.read(), profile)
    except InputRefused as error:
        return {"refusal": error, "sample": sample.name}
    cheques = [entry for statement in file.statements for entry in statement.entries]
    return {"cheques": cheques[:_SHOWN], "count": len(cheques), "total": sum(c.amount for c in cheques), "sample": sample.name}
