"""Writing customers: the master here; what they want of invoices, their papers and taxes in `requirements`, `documents`, `taxes`."""

from customers.services.master import (
    NotSaved,
    Saved,
    edit_customer,
    find_customer,
    hold_customer,
    lift_hold,
    save_contact,
    save_contacts,
    save_customers,
)

__all__ = [
    "NotSaved", "Saved", "edit_customer", "find_customer", "hold_customer", "lift_hold", "save_contact", "save_contacts", "save_customers",
]  # fmt: skip
