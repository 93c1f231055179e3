"""Mail to those whose cash waits too long: once when something new has become too old, and once a week while anything is."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import Min
from django.urls import reverse

from cashapp.models import Receipt
from cashapp.selectors.queue import in_words
from cashapp.selectors.unapplied import Cash, open_cash, sums_of
from org.actors import SystemActor
from org.models import Company, User
from org.selectors import people_with
from workflow.services.notices import Notice, register_notices, wants_mail

ACTOR = SystemActor("notices")


@register_notices("unapplied cash")
def cash_notices(now: datetime, today: date) -> Iterable[Notice]:
    """Cash that is older than the company's alert, to its owners; what is nobody's to those who give work."""
    oldest = dict(Receipt.objects.to_clear().order_by().values_list("company").annotate(day=Min("value_date")))
    for company in Company.objects.filter(pk__in=oldest).order_by("pk"):
        late: dict[User | None, list[Cash]] = defaultdict(list)
        for cash in open_cash(ACTOR, today, company.code):
            if cash.late:
                late[cash.owner].append(cash)
        for owner, rows in late.items():
            yield _notice(company, owner, rows, today)


def _notice(company: Company, owner: User | None, rows: list[Cash], today: date) -> Notice:
    """One mail with the sums; its key changes with the week, and with the last day on which something became too old."""
    crossed = max(cash.receipt.value_date + timedelta(days=cash.limit + 1) for cash in rows)
    people = [owner] if owner and owner.can("cash.view", company.pk) else list(people_with([company.pk], "work.assign"))
    who = f"{owner.name}, cash" if owner else "Cash that is nobody’s"
    subject = f"{who} in {company.code} waits too long: {len(rows)} receipt{'s' * (len(rows) > 1)}, {in_words(sums_of(rows))}"
    listed = "\n".join(
        f"{c.receipt.number}  {c.days} days  {in_words({c.currency: c.amount})}  {c.receipt.payer_name or 'no name'}" for c in rows[:20]
    )
    more = f"\nand {len(rows) - 20} more" if len(rows) > 20 else ""
    key = f"unapplied:{company.pk}:{owner.pk if owner else 0}:{today:%G-%V}:{crossed}"
    path = f"{reverse('cashapp:unapplied')}?company={company.code}&late=1&owner={owner.pk if owner else 'none'}"
    return Notice(key, company.pk, tuple(p.email for p in people if wants_mail(p)), subject[:200], f"{listed}{more}\n", path)
