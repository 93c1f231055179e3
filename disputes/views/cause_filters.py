"""What pages about causes share: the question that the query string asks, the filters that are drawn, the links that keep them."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import quote_plus, urlencode

from django.http import HttpRequest
from django.urls import reverse

from arops.lib import clock
from arops.lib.http import filters_of
from arops.lib.sheets import Cover
from disputes.forms.causes import PERIODS, USUAL, dimension_of, measure_of, question_of
from disputes.models import Cause, Dimension, Dispute, Problem, Repeat, Stage
from disputes.selectors.causes import in_order
from disputes.selectors.pareto import MEASURES, STATES, Question, portfolios_of
from org.models import Company, Department

NAMES = ("company", "period", "from", "to", "reason", "stage", "owner", "state", "portfolio", "by", "source_by")
NARROWING = ("reason", "stage", "owner", "state", "portfolio", "from")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the company and the causes it is about, and the words of the query string that make it."""

    request: HttpRequest
    words: dict[str, str]
    company: Company
    companies: list[Company]
    causes: list[Cause]
    question: Question
    measure: str
    dimension: str
    begun: dict[tuple[str, frozenset[str]], str] = field(default_factory=dict)
    """Links as far as they are the same for many: a page has hundreds of them."""

    def link(self, name: str, **changes: Any) -> str:
        """A page about causes under the same question, some of it changed."""
        key = name, frozenset(changes)
        if key not in self.begun:
            kept = {k: v for k, v in (self.words | {"company": self.company.code}).items() if v and k not in changes}
            self.begun[key] = f"{reverse(name)}?{urlencode(kept)}"
        return "&".join([self.begun[key], *(f"{k}={quote_plus(str(v))}" for k, v in changes.items() if v not in ("", None))])

    @property
    def narrowed(self) -> list[str]:
        """Filters in force."""
        return [n for n in NARROWING if self.words[n] and not (n == "state" and self.words[n] == "all")]

    def cover(self, title: str) -> Cover:
        """What a file says about itself."""
        user: Any = self.request.user
        span = self.question.span
        filters = {"company": self.company.code, "from": span.first.isoformat(), "to": span.last.isoformat()}
        filters |= {n: self.words[n] for n in ("reason", "stage", "owner", "state", "portfolio") if self.words[n]}
        return Cover(title, user.name, self.question.today, filters)


def asked_of(request: HttpRequest) -> Asked | None:
    """What the query string asks, in the company it names (else the first in sight); None where no company is in sight."""
    user: Any = request.user
    words = filters_of(request, **dict.fromkeys(NAMES, ""))
    companies = list(Company.objects.visible_to(user, "disputes.view").order_by("code"))
    if not companies:
        return None
    company = next((c for c in companies if c.code == words["company"]), companies[0])
    causes = in_order(Cause.objects.filter(company=company).select_related("owner"))
    question = question_of(words, company, clock.today())
    return Asked(request, words, company, companies, causes, question, measure_of(words), dimension_of(words))


def controls(asked: Asked) -> dict[str, Any]:
    """What the bar over a page about causes offers, and what is chosen."""
    user: Any = asked.request.user
    return {
        "asked": asked, "words": asked.words, "company": asked.company, "companies": asked.companies,
        "currency": asked.company.base_currency,
        "span": asked.question.span, "periods": PERIODS, "period": asked.words["period"] or USUAL, "reasons": Dispute.Reason.choices,
        "stages": Stage.choices, "states": STATES, "state": asked.question.state, "measures": MEASURES, "measure": asked.measure,
        "dimensions": Dimension.choices, "dimension": asked.dimension, "narrowed": asked.narrowed,
        "owners": [(str(d.pk), d.name) for d in Department.objects.filter(company=asked.company).order_by("name")],
        "clear": asked.link(str(asked.request.resolver_match and asked.request.resolver_match.view_name), **dict.fromkeys(NARROWING, "")),
        "portfolios": portfolios_of(asked.company.pk) if asked.company.pk not in user.reach("disputes.view").portfolios else [],
        "user_can_export": user.can("reports.export"), **tabs(user, asked.company),
    }  # fmt: skip


def tabs(user: Any, company: Company | None = None) -> dict[str, Any]:
    """How many repeats are offered and how many problems are open: what the tabs say."""
    repeats = Repeat.objects.visible_to(user, "disputes.view").filter(state=Repeat.State.OFFERED)
    problems = Problem.objects.visible_to(user, "disputes.view").exclude(state=Problem.State.CLOSED)
    return {"offered": repeats.count(), "open_problems": problems.count(), "kept": f"?company={company.code}" if company else ""}


def days_between(first: date, last: date) -> dict[str, str]:
    """Days as the query string names them."""
    return {"from": first.isoformat(), "to": last.isoformat()}
