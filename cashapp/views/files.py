"""Bank files: brought, refused with line and reason, held until somebody decides, shown with what came of them."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import InputRefused, Refused
from cashapp.forms import BankFileForm, number, words
from cashapp.models import BankAccount, BankFile
from cashapp.selectors.files import SHOWN, figures_of, files_of, may_have_original, statements_of
from cashapp.selectors.queue import in_words
from cashapp.services.errors import AlreadyImported, StatementHeld, UnknownBankAccount
from cashapp.services.uploading import Taken, kept_file, take_bank_file
from org.access import allowed
from org.actors import NotAllowed
from org.selectors import actor_names

KEPT = "bank_files_kept"
"""Session key of the files that this person brought and that wait for a decision."""


@allowed("cash.view")
def files(request: HttpRequest) -> HttpResponse:
    """Files that were imported, and the place to bring another."""
    return _listed(request, None)


def _listed(request: HttpRequest, form: BankFileForm | None) -> HttpResponse:
    user: Any = request.user
    context = {
        "files": files_of(user)[:100], "form": form or BankFileForm(actor=user), "may_import": user.can("cash.import"),
        "any_account": BankAccount.objects.visible_to(user, "cash.view").exists(),
    }  # fmt: skip
    return page(request, "cashapp/files.html", context, status=422 if form else 200)


@require_POST
@allowed("cash.import")
def upload(request: HttpRequest) -> HttpResponse:
    """Import a file and match it at once; say what came of it, or why nothing did."""
    user: Any = request.user
    form = BankFileForm(request.POST, request.FILES, actor=user)
    if not form.is_valid():
        return _listed(request, form)
    file = form.cleaned_data["file"]
    return _take(request, file.read(), file.name, form.cleaned_data["bank_account"])


@require_POST
@allowed("cash.import")
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """A file that was kept aside: again, after an account was set up, or with the reason for which a gap is accepted."""
    user: Any = request.user
    kept = kept_file(actor=user, pk=pk, brought=brought(request))
    if kept is None:
        raise Http404
    accounts = BankAccount.objects.visible_to(user, "cash.import")
    account = accounts.filter(pk=max(0, number(request.POST.get("bank_account")))).first()
    reason = words(request.POST.get("reason"), 300)
    if "reason" in request.POST and not reason:
        return toast(request, redirect_htmx(request, reverse("cashapp:files")), "Say why the statement is accepted", tone="bad")
    return _take(request, bytes(kept.content), kept.name, account, reason)


def _take(request: HttpRequest, content: bytes, name: str, account: BankAccount | None, reason: str = "") -> HttpResponse:
    user: Any = request.user
    try:
        taken = take_bank_file(
            actor=user, content=content, name=name, today=clock.today(), now=clock.now(), bank_account=account, accept_gap=reason
        )
    except (Refused, InputRefused, NotAllowed) as error:
        return _refusal(request, name, error, account)
    response = redirect_htmx(request, reverse("cashapp:file", args=[taken.result.bank_file.pk]))
    return toast(request, response, _words(taken), tone="ok")


def _words(taken: Taken) -> str:
    if not taken.result.receipts:
        return "Imported: it brought no receipts"
    n = len(taken.result.receipts)
    return f"{n} receipt{'' if n == 1 else 's'}: {taken.run.words}" if taken.run.seen else f"{n} receipts, not matched yet"


def brought(request: HttpRequest) -> list[int]:
    """Files that were kept aside in this session."""
    kept: list[int] = request.session.get(KEPT, [])
    return kept


def _refusal(request: HttpRequest, name: str, error: Exception, account: BankAccount | None) -> HttpResponse:
    """The page that says what is wrong, and what can be done: nothing was changed."""
    user: Any = request.user
    kept = getattr(error, "stored_file_id", None)
    if kept:
        request.session[KEPT] = [*brought(request), kept][-20:]
    status = 403 if isinstance(error, NotAllowed) else 409 if isinstance(error, AlreadyImported) else 422
    context = {
        "name": name, "reason": getattr(error, "reason", str(error)), "line": getattr(error, "line", None), "account": account,
        "known": isinstance(error, AlreadyImported), "held": isinstance(error, StatementHeld),
        "unknown": error.accounts if isinstance(error, UnknownBankAccount) else None,
        "kept": kept, "may_accept": user.can("cash.reverse"),
        "accounts": BankAccount.objects.visible_to(user, "cash.import").filter(is_active=True),
    }  # fmt: skip
    return render(request, "cashapp/file_refused.html", context, status=status)


@allowed("cash.view")
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """A file: what became of its receipts, its statements with their balances, and every line."""
    user: Any = request.user
    found = _file(request, pk)
    figures = figures_of(user, found)
    context = {
        "file": found, "figures": figures, "sums": in_words(figures.sums), "statements": statements_of(user, found), "shown": SHOWN,
        "by": actor_names([found.imported_by]).get(found.imported_by, found.imported_by), "clear_url": f"{reverse('cashapp:workbench')}",
        "may_have_original": may_have_original(user, found),
    }  # fmt: skip
    return page(request, "cashapp/file.html", context)


@allowed("cash.view")
def download(request: HttpRequest, pk: int) -> HttpResponse:
    """The file as the bank sent it, as an attachment; 404 unless all that stands in it is in sight."""
    user: Any = request.user
    found = _file(request, pk)
    if not may_have_original(user, found):
        raise Http404
    response = HttpResponse(bytes(found.stored_file.content), content_type="application/octet-stream")
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._- ") else "_" for c in found.stored_file.name)
    response["Content-Disposition"] = f'attachment; filename="{plain}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _file(request: HttpRequest, pk: int) -> BankFile:
    user: Any = request.user
    return get_object_or_404(
        BankFile.objects.visible_to(user, "cash.view").select_related("stored_file").defer("stored_file__content"), pk=pk
    )
