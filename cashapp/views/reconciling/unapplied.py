"""Cash that isn't applied, by owner and age, and the rows behind each figure."""

from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import filters_of, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.rows import parse_day
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from cashapp.forms import number
from cashapp.models import Receipt
from cashapp.selectors.queue import in_words
from cashapp.selectors.unapplied import BUCKETS, KINDS, Asked, Cash, Owned, alert_days, by_owner, open_cash, sums_of
from cashapp.services import reconciling
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company, User
from org.selectors import people_with

SHOWN = 300


@allowed("cash.view")
def unapplied(request: HttpRequest) -> HttpResponse:
    """By owner and age as of a day; a figure opens into its rows below, which sum to it."""
    user: Any = request.user
    asked = _asked(request)
    cash = open_cash(user, asked.as_of, asked.company)
    rows = [c for c in cash if asked.takes(c)]
    file = _file(request, rows, cash, asked)
    if file:
        return file
    companies = list(Company.objects.visible_to(user, "cash.view").order_by("code"))
    chosen = [c for c in companies if c.code == asked.company] or companies
    context = {
        "asked": asked, "table": [(o, _cells(o, asked), _link(asked, o)) for o in by_owner(cash)], "labels": BUCKETS.labels, "kinds": KINDS,
        "rows": rows[:SHOWN], "count": len(rows), "more": max(0, len(rows) - SHOWN), "sums": in_words(sums_of(rows)),
        "sum_rows": sorted(sums_of(rows).items()), "all_sums": sorted(sums_of(cash).items()), "late": [c for c in cash if c.late],
        "late_sums": in_words(sums_of(c for c in cash if c.late)),
        "narrowed": any((asked.currency, asked.kind, asked.owner, asked.bucket, asked.late)),
        "companies": companies, "today": clock.today(), "may_apply": user.can("cash.apply"), "may_give": user.can("work.assign"),
        "people": people_with([c.pk for c in chosen], "cash.apply"), "user_can_export": user.can("reports.export"),
        "alerts": [(c, alert_days([c.pk])[c.pk]) for c in chosen if user.can("rules.edit", c.pk)],
        "limits": [(c, alert_days([c.pk])[c.pk]) for c in chosen],
    }  # fmt: skip
    return page(request, "cashapp/reconciling/unapplied.html", context, fragment="cash")


def _asked(request: HttpRequest) -> Asked:
    today = clock.today()
    given = filters_of(request, as_of="", company="", currency="", kind="", owner="", bucket="", late="")
    return Asked(
        min(parse_day(given["as_of"]) or today, today), given["company"], given["currency"][:3],
        given["kind"] if given["kind"] in KINDS else "", given["owner"][:20], given["bucket"][:2], given["late"] == "1",
    )  # fmt: skip


def _link(asked: Asked, owned: Owned, bucket: int | None = None) -> str:
    """The address of the rows behind a figure."""
    owner = str(owned.owner.pk) if owned.owner else "none"
    wanted = {
        "as_of": asked.as_of.isoformat(), "company": asked.company, "currency": owned.currency, "kind": owned.kind, "owner": owner,
        "bucket": "" if bucket is None else str(bucket),
    }  # fmt: skip
    return f"?{urlencode({k: v for k, v in wanted.items() if v})}#rows"


def _cells(owned: Owned, asked: Asked) -> list[tuple[int, str]]:
    return [(amount, _link(asked, owned, n) if amount else "") for n, amount in enumerate(owned.buckets)]


def _file(request: HttpRequest, rows: list[Cash], cash: list[Cash], asked: Asked) -> HttpResponse | None:
    user: Any = request.user
    if request.GET.get("format") in ("xlsx", "csv") and not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    facts = {"company": asked.company, "kind": KINDS.get(asked.kind, ""), "owner": asked.owner, "currency": asked.currency}
    cover = Cover("Unapplied cash", user.name, asked.as_of, facts)
    return export_response(request, _rows_table(rows), cover, {"By owner": _owner_table(by_owner(cash))})


def _rows_table(rows: list[Cash]) -> Table:
    columns = [
        Column("number", "Receipt", lambda c: c.receipt.number), Column("kind", "Kind", lambda c: KINDS[c.kind]),
        Column("company", "Company", lambda c: c.receipt.company.code),
        Column("payer", "Payer", lambda c: c.receipt.payer_name, grow=True),
        Column("customer", "Customer", lambda c: c.receipt.customer.name if c.receipt.customer else "", grow=True),
        Column("account", "Bank account", lambda c: c.receipt.bank_account.name),
        Column("value_date", "Value date", lambda c: c.receipt.value_date, kind="date"),
        Column("days", "Days", lambda c: c.days, kind="num"),
        Column("owner", "Owner", lambda c: c.owner.name if c.owner else ""), Column("late", "Too old", lambda c: "yes" if c.late else ""),
        Column("amount", "Open", lambda c: c.amount, kind="money", total=True),
    ]  # fmt: skip
    return Table(columns, rows, currency=lambda c: c.currency)


def _owner_table(rows: list[Owned]) -> Table:
    def bucket(index: int) -> Any:
        return lambda o: o.buckets[index]

    columns = [
        Column("owner", "Owner", lambda o: o.owner.name if o.owner else "nobody", grow=True),
        Column("kind", "Kind", lambda o: KINDS[o.kind]),
        *(Column(f"b{n}", f"{label} days", bucket(n), kind="money", total=True) for n, label in enumerate(BUCKETS.labels)),
        Column("total", "Total", lambda o: o.total, kind="money", total=True), Column("count", "Receipts", lambda o: o.count, kind="num"),
    ]  # fmt: skip
    return Table(columns, rows, currency=lambda o: o.currency)


@require_POST
@allowed("cash.apply")
def assign(request: HttpRequest) -> HttpResponse:
    """Give the receipts chosen to somebody."""
    user: Any = request.user
    back = request.POST.get("back", "")[:500]
    response = redirect_htmx(request, f"{reverse('cashapp:unapplied')}{back if back.startswith('?') else ''}")
    chosen = Receipt.objects.visible_to(user, "cash.apply").filter(pk__in=[number(k) for k in request.POST.getlist("receipts")[:1000]])
    wanted = request.POST.get("owner", "")
    owner = User.objects.filter(pk=number(wanted), is_active=True).first() if wanted else None
    if wanted and owner is None:
        return toast(request, response, "Choose whom to give them to", tone="bad")
    try:
        done = reconciling.assign_receipts(actor=user, receipts=chosen, owner=owner)
    except (Refused, NotAllowed) as error:
        return toast(request, response, str(error), tone="bad")
    return toast(request, response, f"{done} receipt{'' if done == 1 else 's'} given to {owner.name if owner else 'nobody'}")


@require_POST
@allowed("rules.edit")
def alerts(request: HttpRequest, pk: int) -> HttpResponse:
    """After how many days the owners are told."""
    user: Any = request.user
    company = get_object_or_404(Company.objects.visible_to(user, "rules.edit"), pk=pk)
    response = redirect_htmx(request, f"{reverse('cashapp:unapplied')}?company={company.code}")
    try:
        reconciling.set_alert_days(
            actor=user,
            company=company,
            unapplied=number(request.POST.get("unapplied")),
            unidentified=number(request.POST.get("unidentified")),
        )
    except (Refused, NotAllowed) as error:
        return toast(request, response, str(error), tone="bad")
    return toast(request, response, f"{company.code}: the days are changed")
