"""Customers whom mail doesn't reach: whose address it came back from."""

from collections.abc import Collection

from collections_app.models import Inquiry
from customers.models import Contact, Customer
from customers.reaching import Reach
from messaging.selectors import dead_addresses, reach_of


def bounced_of(ids: Collection[int]) -> dict[int, str]:
    """Customer → the address of a contact of theirs that mail came back from, where nobody looks for a better one yet in the inbox."""
    asked = Inquiry.objects.filter(customer__in=ids, kind=Inquiry.Kind.BOUNCE).exclude(state=Inquiry.State.CLOSED)
    asked_about = set(asked.values_list("customer", flat=True))
    dead = {key: key[1] for key in dead_addresses(ids) if key[0] not in asked_about}
    known = Contact.objects.filter(customer__in={customer for customer, _ in dead}, is_active=True).values_list("customer", "email")
    return {customer: email for customer, email in known if (customer, email.lower()) in dead}


def unreached(customer: Customer, way: Reach) -> str:
    """Why a letter is held, in words: the people there may not get it, and paper would have no address to be posted to. Empty where it
    goes; also where there is just no address for mail, or a dead one: then it is printed."""
    return "" if not way.unwanted or customer.address.strip() else f"{way.why}, and there is no address to post a letter to"[:200]


def held_of(ids: Collection[int]) -> dict[int, str]:
    """Customer → why its reminders are held, of those whom neither mail nor paper reaches though there are people to reach."""
    homeless = Customer.objects.filter(pk__in=ids, address="").only("pk", "address")
    customers = {one.pk: one for one in homeless}
    ways = reach_of(customers, "dunning")
    return {pk: why for pk, one in customers.items() if (why := unreached(one, ways[pk]))}
