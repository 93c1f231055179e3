"""Where letters go: the addresses of those who get them, without those from which mail came back."""

from collections import defaultdict
from collections.abc import Collection

from collections_app.models import Inquiry
from customers.models import Contact
from messaging.models import Bounce


def recipients_of(ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Customer → the addresses of those who get letters, each once; an address that mail came back from isn't used until it is changed
    or said to work again."""
    people = Contact.objects.filter(customer__in=ids, is_active=True, receives_letters=True).exclude(email="").order_by("role", "pk")
    dead = dead_addresses(ids)
    found: dict[int, dict[str, None]] = defaultdict(dict)
    for customer, email in people.values_list("customer", "email"):
        if (customer, email.lower()) not in dead:
            found[customer][email] = None
    return {customer: tuple(emails) for customer, emails in found.items()}


def dead_addresses(ids: Collection[int]) -> set[tuple[int, str]]:
    """Customer and address, in small letters, of those that mail came back from."""
    rows = Bounce.objects.filter(customer__in=ids, closed_on=None).values_list("customer", "address")
    return {(customer, address.lower()) for customer, address in rows}


def bounced_of(ids: Collection[int]) -> dict[int, str]:
    """Customer → the address of a contact of theirs that mail came back from, where nobody looks for a better one yet in the inbox."""
    asked = Inquiry.objects.filter(customer__in=ids, kind=Inquiry.Kind.BOUNCE).exclude(state=Inquiry.State.CLOSED)
    asked_about = set(asked.values_list("customer", flat=True))
    dead = {key: key[1] for key in dead_addresses(ids) if key[0] not in asked_about}
    known = Contact.objects.filter(customer__in={customer for customer, _ in dead}, is_active=True).values_list("customer", "email")
    return {customer: email for customer, email in known if (customer, email.lower()) in dead}
