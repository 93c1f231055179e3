"""Reading people."""

from collections.abc import Callable, Collection, Iterable

from django.db.models import QuerySet

from org.actors import Actor
from org.models import AccessChange, ApiKey, User
from org.policy import ROLES

Namer = Callable[[Iterable[int]], dict[int, str]]
_others: dict[str, Namer] = {}


def name_others(kind: str, namer: Namer) -> None:
    """Say who knows the names of other actors, such as `link:5`, whom an app above knows."""
    _others[kind] = namer


def people_with(companies: Collection[int], *permissions: str) -> QuerySet[User]:
    """Active people whose role in one of these companies holds one of the permissions, by name."""
    roles = [code for code, (_, held) in ROLES.items() if held.intersection(permissions)]
    found = User.objects.filter(memberships__company__in=companies, memberships__role__in=roles, is_active=True)
    return found.distinct().order_by("name", "pk")


def actor_names(labels: Iterable[str]) -> dict[str, str]:
    """What `user:3`, `key:7` and `system:nightly` are called: the person's name, the key's, `System, nightly`."""
    wanted = set(labels)
    ids: dict[str, set[int]] = {kind: set() for kind in ("user", "key", *_others)}
    for label in wanted:
        kind, _, key = label.partition(":")
        if kind in ids and key.isascii() and key.isdigit():
            ids[kind].add(int(key))
    names = {f"user:{pk}": name for pk, name in User.objects.filter(pk__in=ids["user"]).values_list("pk", "name")} if ids["user"] else {}
    if ids["key"]:
        names |= {f"key:{pk}": name for pk, name in ApiKey.objects.filter(pk__in=ids["key"]).values_list("pk", "name")}
    for kind in _others:
        if ids[kind]:
            names |= {f"{kind}:{pk}": name for pk, name in _others[kind](ids[kind]).items()}
    return names | {label: f"System, {label[7:]}" for label in wanted if label.startswith("system:")}


def changes_in_sight(actor: Actor) -> QuerySet[AccessChange]:
    """More rights that were asked for, all of whose companies the actor may confirm in."""
    reach = actor.reach("access.confirm")
    found = AccessChange.objects.select_related("person", "key")
    return found if reach.everything else found.filter(companies__contained_by=sorted(reach.companies))
