"""How the work list is ranked: when it was, and what each company's books say about acting on debts of each age."""

from django.http import HttpRequest, HttpResponse

from arops.lib.http import page
from collections_app.models import Ranking
from collections_app.policy.chances import Chances
from collections_app.policy.worklist import KINDS
from collections_app.selectors.chances import Gained, chances_of, gains_of
from collections_app.selectors.likelihood import Band, bands_of, odds_of
from collections_app.selectors.rank_tests import PERMISSION
from collections_app.views.listing import BUCKETS, LABELS, person
from org.access import allowed


@allowed("collections.view")
def ranking(request: HttpRequest) -> HttpResponse:
    """The figures behind the list, a company each."""
    seen = Ranking.objects.visible_to(person(request), "collections.view").select_related("company").order_by("company__code")
    kinds = [(LABELS[code], kind.weight, kind.minutes, BUCKETS.get(kind.bucket, "by the account")) for code, kind in KINDS.items()]
    return page(
        request,
        "collections_app/ranking.html",
        {"rankings": [_figures(r) for r in seen], "kinds": kinds, "user_can_test": person(request).can(PERMISSION)},
    )


def _figures(ranked: Ranking) -> tuple[Ranking, list[Band], Chances, list[Gained]]:
    """What stands behind a company's ranks."""
    known = chances_of(ranked.company)
    return ranked, bands_of(ranked.company), known, gains_of(known, odds_of(ranked.company)) if known.is_enough else []
