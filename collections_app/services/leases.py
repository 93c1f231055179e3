"""Who works on an account: a lease that one person has, for minutes. It is no lock: others may read, and take it over."""

from datetime import datetime, timedelta

from django.db import connection

from collections_app.models import WorkLease
from customers.models import Customer
from org.actors import require
from org.models import User

MINUTES = 10
"""How long a lease holds from the last sign of life."""


def take_lease(*, user: User, customer: Customer, now: datetime, takes_over: bool = False) -> bool:
    """Whether the account is the person's to work on: it was free, theirs already, run out, or they take it over. Renews it."""
    require(user, "collections.work", customer.company_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO collections_app_worklease AS l (customer_id, user_id, until) VALUES (%(customer)s, %(user)s, %(until)s)"
            " ON CONFLICT (customer_id) DO UPDATE SET user_id = excluded.user_id, until = excluded.until"
            " WHERE l.user_id = excluded.user_id OR l.until <= %(now)s OR %(force)s",
            {"customer": customer.pk, "user": user.pk, "until": now + timedelta(minutes=MINUTES), "now": now, "force": takes_over},
        )
        return bool(cursor.rowcount)


def give_back(*, user: User, customer: Customer) -> None:
    """The account is free again."""
    WorkLease.objects.filter(customer=customer, user=user).delete()
