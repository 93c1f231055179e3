"""Bank accounts: the list, new ones, changes, and how a bank's lists are read."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import InputRefused, Refused
from cashapp.forms import BankAccountForm, BankFileForm, MappingForm, number
from cashapp.models import BankAccount
from cashapp.selectors.files import accounts_of
from cashapp.selectors.mapping import preview
from cashapp.services.accounts import change_bank_account, create_bank_account, save_mapping
from cashapp.services.mapping import keep_sample, propose, try_out
from cashapp.services.uploading import kept_file
from cashapp.views.files import brought
from org.access import allowed
from org.actors import NotAllowed


@allowed("cash.view")
def accounts(request: HttpRequest) -> HttpResponse:
    """Accounts in sight, with how far their statements reach."""
    user: Any = request.user
    return page(request, "cashapp/accounts.html", {"accounts": accounts_of(user), "may_import": user.can("cash.import")})


@allowed("cash.import")
def create(request: HttpRequest) -> HttpResponse:
    """A new account; the address may bring its number, and the file that waits for it."""
    user: Any = request.user
    given = {name: request.GET.get(name, "")[:60] for name in ("identifiers", "currency")}
    form = BankAccountForm(request.POST or None, actor=user, initial={k: v for k, v in given.items() if v})
    waiting = kept_file(actor=user, pk=max(0, number(request.POST.get("file") or request.GET.get("file"))), brought=brought(request))
    if request.method == "POST" and form.is_valid():
        try:
            account = create_bank_account(actor=user, **form.cleaned_data)
        except (Refused, NotAllowed) as error:
            form.add_error(None, str(error))
        else:
            there = reverse("cashapp:account", args=[account.pk]) + (f"?file={waiting.pk}" if waiting else "")
            return toast(request, redirect_htmx(request, there), f"{account.name} is set up")
    context = {"form": form, "account": None, "waiting": waiting}
    return page(request, "cashapp/account.html", context, status=422 if form.errors else 200)


@allowed("cash.import")
def account(request: HttpRequest, pk: int) -> HttpResponse:
    """An account's particulars, and the way to its lists' layout."""
    user: Any = request.user
    found = _account(request, pk)
    initial = {n: getattr(found, n) for n in ("name", "receipts_from", "is_active")}
    initial |= {"identifiers": "\n".join(found.identifiers), "card_payers": "\n".join(found.card_payers)}
    form = BankAccountForm(request.POST or None, actor=user, account=found, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            change_bank_account(actor=user, account=found, **form.cleaned_data)
        except (Refused, NotAllowed) as error:
            form.add_error(None, str(error))
        else:
            return toast(request, redirect_htmx(request, reverse("cashapp:accounts")), f"{found.name} is changed")
    waiting = kept_file(actor=user, pk=max(0, number(request.GET.get("file"))), brought=brought(request))
    context = {"form": form, "account": found, "waiting": waiting}
    return page(request, "cashapp/account.html", context, status=422 if form.errors else 200)


@allowed("cash.import")
def mapping(request: HttpRequest, pk: int) -> HttpResponse:
    """How an account's lists are read: a sample, its columns, what comes out of them; then saved."""
    user: Any = request.user
    found = _account(request, pk)
    if request.method == "POST" and request.FILES.get("file"):
        return _sample(request, found)
    sample = kept_file(actor=user, pk=max(0, number(request.POST.get("sample") or request.GET.get("sample"))))
    if sample is None:
        return page(request, "cashapp/mapping.html", {"account": found, "form": None, "upload": BankFileForm(actor=user)})
    try:
        proposal = propose(bytes(sample.content), sample.name)
    except InputRefused:
        raise Http404 from None
    form = MappingForm(request.POST or None, proposal=proposal)
    chosen = form.mapping() if form.is_bound and form.is_valid() else proposal.mapping
    outcome, refusal = None, None
    if form.is_bound and form.is_valid():
        try:
            outcome = try_out(bytes(sample.content), sample.name, chosen, clock.today())
        except InputRefused as error:
            refusal = error
        if request.POST.get("save") and outcome:
            save_mapping(actor=user, account=found, mapping=chosen)
            return toast(request, redirect_htmx(request, reverse("cashapp:accounts")), f"Lists of {found.name} are read so from now on")
    context = {
        "account": found, "sample": sample, "form": form, "proposal": proposal, "rows": preview(proposal, chosen), "outcome": outcome,
        "refusal": refusal, "entries": sum(len(s.entries) for s in outcome.statements) if outcome else 0,
    }  # fmt: skip
    return page(request, "cashapp/mapping.html", context, status=422 if refusal or form.errors else 200)


def _sample(request: HttpRequest, found: BankAccount) -> HttpResponse:
    user: Any = request.user
    form = BankFileForm(request.POST, request.FILES, actor=user)
    if not form.is_valid():
        return page(request, "cashapp/mapping.html", {"account": found, "form": None, "upload": form}, status=422)
    file = form.cleaned_data["file"]
    try:
        stored, _ = keep_sample(actor=user, account=found, name=file.name, content=file.read())
    except InputRefused as error:
        form.add_error("file", str(error))
        return page(request, "cashapp/mapping.html", {"account": found, "form": None, "upload": form}, status=422)
    return redirect_htmx(request, f"{reverse('cashapp:mapping', args=[found.pk])}?sample={stored.pk}")


@require_POST
@allowed("cash.import")
def forget_mapping(request: HttpRequest, pk: int) -> HttpResponse:
    """Each list is worked out anew again."""
    user: Any = request.user
    found = _account(request, pk)
    save_mapping(actor=user, account=found, mapping=None)
    return toast(request, redirect_htmx(request, reverse("cashapp:mapping", args=[pk])), "The saved layout is dropped")


def _account(request: HttpRequest, pk: int) -> BankAccount:
    user: Any = request.user
    found = get_object_or_404(BankAccount.objects.visible_to(user, "cash.import").select_related("company", "ledger_account"), pk=pk)
    if not user.can("cash.import", found.company_id):
        raise Http404
    return found
