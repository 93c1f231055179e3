"""Whose customers are whose: workload, rules, hand-overs, absences."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import number_of, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from collections_app.forms.portfolios import AbsenceForm, HandOverForm, RuleForm
from collections_app.models import Absence, PortfolioRule
from collections_app.policy.portfolios import shares
from collections_app.selectors import portfolios as read
from collections_app.services import absences, portfolios
from customers.models import Customer
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company, User

SHOWN = 300
"""Customers that a page shows to choose from, and moves that a preview lists."""


@allowed("collections.view")
def overview(request: HttpRequest) -> HttpResponse:
    """Who has how much to do, by what rules customers are given out, who is away, what was handed to the person."""
    user, today = _user(request), clock.today()
    company = _company(request)
    if company is None:
        return page(request, "collections_app/no_company.html", {})
    may = read.assigns_all(user, company.pk) and not user.only_reads
    rows = read.workload(company, today) if may else []
    share = shares({r.person.pk: r.minutes for r in rows if r.person})
    rules = PortfolioRule.objects.filter(company=company).prefetch_related("people").order_by("ordinal") if may else []
    waiting, uneven = read.moves_ahead(company, today) if may else (0, 0)
    context = _frame(request, company) | {
        "rows": [(r, share.get(r.person.pk, 0) if r.person else None) for r in rows], "rules": rules, "may": may,
        "waiting": waiting, "uneven": uneven,
        "absences": read.absences_in_sight(user, company), "may_absence": user.can("collections.work", company.pk) and not user.only_reads,
        "handed": list(read.handed_to(user)[:50]), "me": user.pk,
    }  # fmt: skip
    return page(request, "collections_app/portfolios.html", context)


@allowed("work.assign")
def moves(request: HttpRequest) -> HttpResponse:
    """What the rules would move (`even`: to share work fairly), before it is done; POST does it."""
    user, today, even = _user(request), clock.today(), bool(request.GET.get("even"))
    company = _company(request, "work.assign")
    if company is None:
        return page(request, "collections_app/no_company.html", {})
    _require_whole(user, company)
    if request.method == "POST":
        done = portfolios.apply_rules(actor=user, company=company, today=today, even_out=even)
        told = f"{done} customer{'' if done == 1 else 's'} went to somebody else"
        return toast(request, redirect_htmx(request, _home(company)), told, tone="ok")
    planned = read.moves_by_rules(company, today, even_out=even)
    people = User.objects.in_bulk({p for m in planned for p in (m.was, m.now) if p})
    customers = Customer.objects.in_bulk([m.customer_id for m in planned[:SHOWN]])
    loads = read.loads_after(company, planned)
    context = _frame(request, company) | {
        "even": even, "count": len(planned), "shown": SHOWN,
        "moves": [(customers[m.customer_id], people.get(m.was or 0), people[m.now]) for m in planned[:SHOWN]],
        "loads": [(people[p], *loads[p]) for p in sorted(loads, key=lambda p: -loads[p][1]) if p in people],
    }  # fmt: skip
    return page(request, "collections_app/portfolio_moves.html", context)


@allowed("work.assign")
def customers(request: HttpRequest) -> HttpResponse:
    """Customers of a person (`of`), of nobody (`none`) or all, to be handed over; POST hands the chosen ones over."""
    user, today = _user(request), clock.today()
    company = _company(request, "work.assign")
    if company is None:
        return page(request, "collections_app/no_company.html", {})
    people = read.collectors_of(company)
    if request.method == "POST":
        return _hand_over(request, company, people)
    rows = Customer.objects.visible_to(user, "work.assign").filter(company=company, is_active=True).select_related("collector")
    of, text = request.GET.get("of", ""), request.GET.get("q", "").replace("\x00", "").strip()[:80]
    if of == "none":
        rows = rows.filter(collector=None)
    elif collector := number_of(of):
        rows = rows.filter(collector=collector)
    if text:
        rows = rows.filter(name__icontains=text) | rows.filter(number__iexact=text)
    found = list(rows.order_by("name", "pk")[:SHOWN])
    owed = {a.customer_id: a for a in read.accounts_of(company, [c.pk for c in found])}
    context = _frame(request, company) | {
        "customers": [(c, owed.get(c.pk)) for c in found], "count": rows.count(), "shown": SHOWN, "people": people, "of": of, "q": text,
        "form": HandOverForm(people=people), "today": today,
    }  # fmt: skip
    return page(request, "collections_app/portfolio_customers.html", context, fragment="table")


def _hand_over(request: HttpRequest, company: Company, people: Any) -> HttpResponse:
    user = _user(request)
    form = HandOverForm(request.POST, people=people)
    keys = _keys(request)
    chosen = list(Customer.objects.visible_to(user, "work.assign").filter(company=company, pk__in=keys).select_related("company"))
    back = redirect_htmx(request, request.get_full_path())
    if not form.is_valid():
        return toast(request, back, "Choose somebody of the list", tone="bad")
    to, note = form.cleaned_data["to"], form.cleaned_data["note"]
    try:
        moved = portfolios.assign_customers(actor=user, customers=chosen, to=to, today=clock.today(), note=note)
    except Refused as error:
        return toast(request, back, str(error), tone="bad")
    return toast(request, back, f"{moved} handed to {to.name if to else 'nobody'}", tone="ok")


@allowed("work.assign")
def rule(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """A rule, new or changed."""
    user = _user(request)
    found = get_object_or_404(PortfolioRule.objects.visible_to(user, "work.assign"), pk=pk) if pk else None
    company = found.company if found else _company(request, "work.assign")
    if company is None:
        return page(request, "collections_app/no_company.html", {})
    _require_whole(user, company)
    form = RuleForm(request.POST or None, company=company, people=read.collectors_of(company), rule=found)
    if request.method == "POST" and form.is_valid():
        try:
            saved = portfolios.save_rule(actor=user, company=company, draft=form.for_service(), rule=found)
        except Refused as error:
            form.add_error(None, str(error))
        else:
            return toast(request, redirect_htmx(request, _home(company)), f"Rule {saved.name} stands", tone="ok")
    context = _frame(request, company) | {"form": form, "rule": found}
    return page(request, "collections_app/portfolio_rule.html", context, status=422 if form.errors else 200)


@require_POST
@allowed("work.assign")
def move_rule(request: HttpRequest, pk: int) -> HttpResponse:
    """A rule one place earlier or later."""
    user = _user(request)
    found = get_object_or_404(PortfolioRule.objects.visible_to(user, "work.assign").select_related("company"), pk=pk)
    _require_whole(user, found.company)
    portfolios.move_rule(actor=user, rule=found, up=request.POST.get("up") == "1")
    return redirect_htmx(request, _home(found.company))


@allowed("collections.work")
def absence(request: HttpRequest) -> HttpResponse:
    """Plan an absence: one's own, or for whoever assigns work anybody's."""
    user, today = _user(request), clock.today()
    company = _company(request, "collections.work")
    if company is None:
        return page(request, "collections_app/no_company.html", {})
    may_all = read.assigns_all(user, company.pk)
    form = AbsenceForm(
        request.POST or None, people=read.collectors_of(company), may_all=may_all, person=user, today=today,
        initial={"person": user.pk, "first": today},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            made = absences.plan_absence(actor=user, company=company, today=today, **form.cleaned_data)
        except (Refused, NotAllowed) as error:
            form.add_error(None, str(error))
        else:
            told = f"{made.person.name} is away {made.first:%-d %b} to {made.last:%-d %b}, {made.cover.name} covers"
            return toast(request, redirect_htmx(request, _home(company)), told, tone="ok")
    context = _frame(request, company) | {"form": form}
    return page(request, "collections_app/absence.html", context, status=422 if form.errors else 200)


@require_POST
@allowed("collections.work")
def absence_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody is back, or doesn't go."""
    user = _user(request)
    found = get_object_or_404(Absence.objects.visible_to(user, "collections.work").select_related("company", "person"), pk=pk)
    back = redirect_htmx(request, _home(found.company))
    try:
        absences.end_absence(actor=user, absence=found, today=clock.today())
    except (Refused, NotAllowed) as error:
        return toast(request, back, str(error), tone="bad")
    return toast(request, back, f"{found.person.name} has the customers back", tone="ok")


@require_POST
@allowed("collections.work")
def read_notes(request: HttpRequest) -> HttpResponse:
    """Hand-over notes were read."""
    portfolios.mark_read(person=_user(request), assignments=_keys(request), now=clock.now())
    return redirect_htmx(request, reverse("collections:portfolios"))


def _require_whole(user: User, company: Company) -> None:
    """Rules move customers of everybody: whoever sees a portfolio alone is shown none of them."""
    if not read.assigns_all(user, company.pk):
        raise PermissionDenied("this decides over all customers: it is for whoever assigns the work of the whole company")


def _keys(request: HttpRequest) -> list[int]:
    return [key for text in request.POST.getlist("keys")[:SHOWN] if (key := number_of(text))]


def _frame(request: HttpRequest, company: Company) -> dict[str, Any]:
    companies = list(Company.objects.visible_to(_user(request), "collections.view").order_by("code"))
    return {"company": company, "companies": companies, "currency": company.base_currency}


def _company(request: HttpRequest, permission: str = "collections.view") -> Company | None:
    """The company that the address names, else the first in sight."""
    seen = Company.objects.visible_to(_user(request), permission).order_by("code")
    return seen.filter(code=request.GET.get("company", "").replace("\x00", "")).first() or seen.first()


def _home(company: Company) -> str:
    return f"{reverse('collections:portfolios')}?company={company.code}"


def _user(request: HttpRequest) -> Any:
    return request.user
