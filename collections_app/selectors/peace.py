"""How long offers of plans leave what they cover in peace: whoever makes offer after offer doesn't keep a debt from being asked for.

Since the first request of ninety days that nobody signed in the end, an item is left in peace for twice the days that an offer stands.
Asked for, withdrawn, refused, lapsed and asked for again are one request then, whatever plans they were. Offers stand all the same, and may
be signed; what they cover is asked for and charged beside them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from collections_app.models import CollectionPolicy, PaymentPlan
from workflow.models import Approval

WITHIN = timedelta(days=90)
TIMES = 2
KINDS = ("payment_plan", "settlement")
About = tuple[str, int]
"""An item (`item`), or a running plan whose new schedule it is (`plan`), by its key."""


@dataclass(frozen=True, slots=True)
class Peace:
    """Days on which plans about something were asked for and not signed, and how many days an offer of a company stands."""

    asked: dict[About, list[date]] = field(default_factory=dict)
    stands: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, customers: Collection[int], companies: Iterable[int]) -> "Peace":
        """Read for these customers, in three queries."""
        found: dict[About, list[date]] = defaultdict(list)
        rows = Approval.objects.filter(kind__in=KINDS, customer_ref__in=customers).order_by().values_list("requested_on", "payload")
        signed = set(PaymentPlan.objects.filter(customer__in=customers, signed_on__isnull=False).values_list("pk", flat=True))
        for day, wanted in rows:
            if wanted.get("plan") not in signed:
                about = [("plan", wanted["replaces"])] if wanted.get("replaces") else [("item", row[0]) for row in wanted.get("items", ())]
                for key in about:
                    found[key].append(day)
        stands = CollectionPolicy.objects.filter(company__in=set(companies)).values_list("company", "offer_days")
        return cls(dict(found), dict(stands))

    def ends(self, about: About, company_id: int, asked: date | None, until: date) -> date:
        """The last day on which a plan that was `asked` for on a day and stands `until` another keeps it from being asked for."""
        if asked is None:
            return until
        first = min((day for day in self.asked.get(about, ()) if asked - WITHIN < day <= asked), default=asked)
        stands = self.stands.get(company_id, CollectionPolicy._meta.get_field("offer_days").default)
        return min(until, first + timedelta(days=TIMES * stands))
