"""Companies, people and keys: made, changed, ended. Every change is in the audit trail."""

from org.services.companies import add_department, change_company, rename_department
from org.services.keys import UnknownScope, create_api_key, hash_key, revoke_api_key, rotate_api_key
from org.services.people import (
    Grant,
    NotForYourself,
    OrgError,
    add_user,
    change_user,
    disable_user,
    enable_user,
    reset_password,
    save_preferences,
    set_roles,
)

__all__ = [
    "Grant", "NotForYourself", "OrgError", "UnknownScope", "add_department", "add_user", "change_company", "change_user", "create_api_key",
    "disable_user", "enable_user", "hash_key", "rename_department", "reset_password", "revoke_api_key", "rotate_api_key",
    "save_preferences", "set_roles",
]  # fmt: skip
