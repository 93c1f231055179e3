"""What rows of cases name, looked up once for all of them and in the actor's sight: items, lines of documents, people, departments."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Q

from arops.lib.rows import Problem, Reference, read_reference
from disputes.selectors.listing import disputed_by_item
from invoicing.models import Invoice, InvoiceLine
from ledger.models import OpenItem
from org.actors import Actor
from org.models import Department, User

_NONE = "there is no such document, or you may not contest it"


class Named:
    """Items that rows name by `invoice` or `open_item`, and what else they name by codes."""

    def __init__(self, rows: Iterable[Any], *, actor: Actor, source_system: str) -> None:
        self.source_system = source_system
        given = [row for row in rows if isinstance(row, Mapping)]
        named = [found for row in given if (found := read_reference(row.get("invoice")))]
        documents = self._documents(actor, named)
        seen = OpenItem.objects.visible_to(actor, "disputes.open").select_related("company")
        keys = {key for row in given if (key := _key("itm_", row.get("open_item"))) is not None}
        self._items = {i.pk: i for i in seen.filter(pk__in=keys | {d.open_item_id for d in documents})}
        self._contested = disputed_by_item(list(self._items)) if self._items else {}
        self._documents_by: dict[Any, list[Invoice]] = {}
        for d in documents:
            for name in (f"inv_{d.pk}", d.number, (d.source_system, d.external_id)):
                self._documents_by.setdefault(name, []).append(d)
        self._lines: dict[int, dict[int, tuple[int, int]]] = {}
        numbered = {self._items[k].pk for k in self._items} if any(row.get("lines") for row in given) else set()
        self._load_lines(numbered)
        self._people = {u.email.lower(): u for u in User.objects.filter(email__in=_texts(given, "owner"), is_active=True)}
        self._departments = {(d.company_id, d.code): d for d in Department.objects.filter(code__in=_texts(given, "department"))}

    def _documents(self, actor: Actor, named: Sequence[Reference]) -> list[Invoice]:
        texts, externals = {r.id for r in named if r.id}, {r.external_id for r in named if r.external_id}
        keys = {key for text in texts if (key := _key("inv_", text)) is not None}
        seen = Invoice.objects.visible_to(actor, "disputes.open").select_related("company")
        found: list[Invoice] = list(seen.filter(Q(pk__in=keys) | Q(number__in=texts) | Q(external_id__in=externals))) if named else []
        return found

    def _load_lines(self, item_ids: Collection[int]) -> None:
        rows = InvoiceLine.objects.filter(invoice__open_item__in=item_ids).order_by("number")
        for item, pk, number, amount, tax in rows.values_list("invoice__open_item_id", "pk", "number", "amount", "tax_amount"):
            self._lines.setdefault(item, {})[number] = (pk, amount + tax)

    def item(self, row: Mapping[str, Any]) -> OpenItem | Problem | None:
        """The item of a row; a problem where there is none in sight or several; None where the row names none."""
        code, reference = row.get("company"), read_reference(row.get("invoice"))
        if reference is not None:
            name = (reference.source_system or self.source_system, reference.external_id) if reference.external_id else reference.id
            found = [self._items.get(d.open_item_id) for d in self._documents_by.get(name, []) if code in (None, "", d.company.code)]
            pointer = "/invoice"
        elif isinstance(row.get("open_item"), str):
            one = self._items.get(_key("itm_", row["open_item"]) or 0)
            found, pointer = [one] if one and code in (None, "", one.company.code) else [], "/open_item"
        else:
            return None
        items = [item for item in found if item]
        if len(items) > 1:
            return Problem("/company", "ambiguous", "several companies have this document: name the company")
        return items[0] if items else Problem(pointer, "missing_reference", _NONE)

    def free(self, item: OpenItem) -> int:
        """What of the item is open and not contested by open cases."""
        return max(0, item.balance - self._contested.get(item.pk, 0))

    def lines(self, item_id: int, wanted: Sequence[tuple[int, int | None]]) -> list[tuple[int, int]] | Problem:
        """Lines by their numbers: key and amount, all that the line is worth where no amount is named."""
        there, found = self._lines.get(item_id, {}), []
        for n, (number, amount) in enumerate(wanted):
            if number not in there:
                return Problem(f"/lines/{n}/number", "missing_reference", f"the document has no line {number}")
            pk, worth = there[number]
            found.append((pk, worth if amount is None else amount))
        return found

    def owner(self, email: str | None, company_id: int) -> User | Problem | None:
        """The person with this address who works cases of the company."""
        if not email:
            return None
        found = self._people.get(email.lower())
        if found is None or not found.can("disputes.work", company_id):
            return Problem("/owner", "missing_reference", "nobody with this address works cases of this company")
        return found

    def department(self, code: str | None, company_id: int) -> Department | Problem | None:
        """The department of the company with this code."""
        if not code:
            return None
        return self._departments.get((company_id, code)) or Problem(
            "/department", "missing_reference", "the company has no such department"
        )


def _texts(rows: Sequence[Mapping[str, Any]], name: str) -> set[str]:
    return {row[name] for row in rows if isinstance(row.get(name), str) and "\x00" not in row[name] and len(row[name]) <= 254}


def _key(prefix: str, text: Any) -> int | None:
    digits = text.removeprefix(prefix) if isinstance(text, str) and text.startswith(prefix) else ""
    return int(digits) if digits.isdecimal() and digits.isascii() and len(digits) < 19 else None
