"""Companies, people and keys: made, changed, ended. Every change is in the audit trail."""

from org.services.companies import add_department, change_company, rename_department
from org.services.confirming import confirm_change, refuse_change, withdraw_change
from org.services.errors import NotForYourself, OrgError
from org.services.keys import UnknownCustomer, UnknownScope, create_api_key, hash_key, revoke_api_key, rotate_api_key
from org.services.people import (
    Grant,
    add_user,
    ask_new_password,
    change_user,
    choose_password,
    disable_user,
    enable_user,
    save_preferences,
    set_roles,
)

__all__ = [
    "Grant",
    "NotForYourself",
    "OrgError",
    "UnknownCustomer",
    "UnknownScope",
    "add_department",
    "add_user",
    "ask_new_password",
    "change_company",
    "change_user",
    "choose_password",
    "confirm_change",
    "create_api_key",
    "disable_user",
    "enable_user",
    "hash_key",
    "refuse_change",
    "rename_department",
    "revoke_api_key",
    "rotate_api_key",
    "save_preferences",
    "set_roles",
    "withdraw_change",
]  # fmt: skip
