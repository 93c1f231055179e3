"""Saving many records of the order's life: looked up together, judged row by row, written by few statements.

One path for all of them: the API's bulk calls, imports, the demo, and (as a batch of one) what people type.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Q

from arops.lib.bulk import copy_rows, take_ids, update_rows
from arops.lib.rows import Problem, Reference, read_reference
from customers.models import Customer
from customers.services import NotSaved, Saved
from orders.payload import Identity, identity, read
from orders.services.finding import Finder
from orders.services.kinds import Change, Kind, told
from org.actors import Actor
from org.models import Company
from workflow.models import Event
from workflow.services import record_many

PERMISSION = "orders.edit"
ATTEMPTS = 5
_OWN = frozenset({"company", "lines", "versions", "milestones_reached"})


class _Race(Exception):
    """A number or id was taken by someone else between our look and our write."""


class ChangedMeanwhile(NotSaved):
    """Someone else changed the record between the look and the write."""


class _Undo(Exception):
    """Rolls a dry run or a broken atomic call back."""


def save_rows(
    kind: Kind, rows: Sequence[Any], *, actor: Actor, source_system: str, atomic: bool = False, dry_run: bool = False,
    known: Mapping[int, Any] | None = None, reason: str = "", seen: int | None = None,
) -> list[Saved]:  # fmt: skip
    """Create or update by (company, source_system, external_id), else by number. One outcome a row, in order.

    `known`: rows that are about a record already at hand, by their place. `reason` goes to the audit trail; `seen` is the
    revision of those at hand that was on screen (raises ChangedMeanwhile when it is another by now).
    """
    for _ in range(ATTEMPTS):
        try:
            return _attempt(Batch(kind, actor, source_system, rows, known or {}, reason, seen), atomic, dry_run)
        except _Race:  # someone made one of them meanwhile: look again, and judge by what stands now
            continue
    raise NotSaved(f"someone else writes the same {kind.words}s at the same time: send them again")


def _attempt(batch: "Batch", atomic: bool, dry_run: bool) -> list[Saved]:
    saved: list[Saved] = []
    try:
        with transaction.atomic():
            batch.look_up()
            saved = [batch.save(index, row) for index, row in enumerate(batch.rows)]
            batch.flush()
            saved = [replace(s, pk=batch.made[s.index]) if s.index in batch.made else s for s in saved]
            if dry_run or (atomic and any(s.outcome == "rejected" for s in saved)):
                raise _Undo
    except _Undo:
        if not dry_run:
            kept = Problem("", "not_applied", "the row is good, but another row of this atomic call is not")
            saved = [s if s.outcome == "rejected" else Saved(s.index, s.external_id, "rejected", None, (kept,)) for s in saved]
        saved = [replace(s, pk=None) if s.index in batch.made else s for s in saved]
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", "") == "40P01":  # a deadlock with another batch: this one steps back
            raise _Race from error
        raise
    return saved


class Batch:
    """What the rows are held against, and what is to be written."""

    def __init__(
        self, kind: Kind, actor: Actor, source_system: str, rows: Sequence[Any], known: Mapping[int, Any], reason: str = "",
        seen: int | None = None,
    ) -> None:  # fmt: skip
        self.seen = seen
        self.kind, self.actor, self.source_system, self.rows, self.known = kind, actor, source_system, rows, known
        self.reason = {"reason": reason} if reason else {}
        self.identities = [identity(row, source_system) for row in rows]
        self.pending: list[Change] = []
        self.touched: set[int] = set()
        self.made: dict[int, int] = {}
        self.lines: dict[int, list[tuple[Any, ...]]] = {}
        self.children: dict[str, dict[int, Any]] = {}

    # looking up

    def look_up(self) -> None:
        """Everything the rows name: companies, customers, records that are there, records referred to."""
        codes = {i.company for i in self.identities}
        found = Company.objects.visible_to(self.actor, PERMISSION).filter(code__in=codes)
        self.companies = {company.code: company for company in found}
        ids = [company.pk for company in self.companies.values()]
        self.customers = Finder(Customer.objects.visible_to(self.actor, PERMISSION).filter(company__in=ids), "cus")
        self.customers.look_up(self._references("customer"))
        self.finders: dict[str, Finder] = {}
        for name, (model, prefix) in self.kind.references.items():
            rows = model.objects.visible_to(self.actor, PERMISSION).filter(company__in=ids).select_related("customer")
            self.finders[name] = Finder(rows, prefix)
            self.finders[name].look_up(self._references(name))
        self._existing(ids)

    def _references(self, name: str) -> list[Reference]:
        said = (row.get(name) for row in self.rows if isinstance(row, Mapping))
        return [found for value in said if value is not None and (found := read_reference(value))]

    def _existing(self, companies: Sequence[int]) -> None:
        externals = {i.external_id for i in self.identities if i.external_id}
        numbers = {i.number for i in self.identities if i.number}
        named = Q(external_id__in=externals) | Q(number__in=numbers) | Q(pk__in=[r.pk for r in self.known.values()])
        locked = self.kind.model.objects.select_for_update(of=("self",), no_key=True)
        beside = ("company", "customer", *self.kind.references)
        found = list(locked.filter(named, company__in=companies).select_related(*beside).order_by("pk"))
        keys = [record.pk for record in found]
        mine = self.kind.model.objects.visible_to(self.actor, PERMISSION).filter(pk__in=keys) if keys else ()
        self.in_sight = {record.pk for record in mine}
        self.by_external: dict[tuple[int, str, str], Any] = {}
        self.by_number: dict[tuple[int, str], list[Any]] = {}
        self.by_key = {record.pk: record for record in found}
        for record in found:
            self._remember(record)
        self.kind.load(self, found)

    def _remember(self, record: Any) -> None:
        if record.external_id:
            self.by_external[record.company_id, record.source_system, record.external_id] = record
        numbered = self.by_number.setdefault((record.company_id, record.number), [])
        if record not in numbered:
            numbered.append(record)

    def numbered(self, company_id: int, number: str, customer_id: int | None) -> Any:
        """Whoever has the number: in the company, or of the customer where numbers are the customer's own."""
        for record in self.by_number.get((company_id, number), []):
            if record.number == number and (not self.kind.by_customer or customer_id is None or record.customer_id == customer_id):
                return record
        return None

    # judging

    def save(self, index: int, row: Any) -> Saved:
        """Judge a row; what is good waits to be written."""
        who = self.identities[index]
        company = self.companies.get(who.company)
        if company is None:
            _, problems = read(row, self.kind.shape, who.currency, is_new=False)
            if not any(p.pointer in ("/company", "") for p in problems):
                problems.append(Problem("/company", "missing_reference", "there is no such company, or you may not change its records"))
            return _rejected(index, who, problems)
        customer = self._customer(row, company, who)
        found = self._find(index, who, company, customer)
        if (found is not None and found.pk is None) or (found is not None and found.pk in self.touched):
            self.flush()  # an earlier row of this call was about it: that one first
        if found is not None and found.pk not in self.in_sight:
            return _rejected(index, who, [_held(who)])
        change, problems = self._read(index, row, who, company, customer, found)
        if not problems:
            self._judge(change, problems, who)
        return _rejected(index, who, problems) if problems else self._settle(change, who)

    def _find(self, index: int, who: Identity, company: Company, customer: Customer | None) -> Any:
        if index in self.known:
            record = self.by_key.get(self.known[index].pk)
            if record is not None and self.seen not in (None, record.revision):  # it is locked by now
                raise ChangedMeanwhile(f"{record.number} was changed by someone else meanwhile: look at it again")
            return record
        if who.external_id:
            return self.by_external.get((company.pk, who.source_system, who.external_id))
        return self.numbered(company.pk, who.number, customer.pk if customer else None) if who.number else None

    def _customer(self, row: Any, company: Company, who: Identity) -> Customer | None:
        said = read_reference(row.get("customer")) if isinstance(row, Mapping) and row.get("customer") is not None else None
        found: Customer | None = self.customers.find(company.pk, said, who.source_system) if said else None
        return found

    def _read(
        self, index: int, row: Any, who: Identity, company: Company, customer: Customer | None, found: Any
    ) -> tuple[Change, list[Problem]]:
        """The row's values in the currency of the record, with what they refer to found."""
        owner = found or self._first_reference(row, company, who) or customer
        code = who.currency or (owner.currency if owner else "")
        values, problems = read(row, self.kind.shape, code, is_new=found is None)
        values.pop("company", None)
        values["source_system"] = who.source_system
        if found is None:
            values["currency"] = code
        elif code != found.currency:
            problems.append(Problem("/currency", "conflict", f"{found.number} is in {found.currency}: another currency is another record"))
        if isinstance(values.get("customer"), Reference):
            values["customer"] = customer
            if customer is None:
                problems.append(Problem("/customer", "missing_reference", "there is no such customer, or you may not change its records"))
        record = found if found is not None else self.kind.model(company=company, created_by=self.actor.label)
        change = Change(index, record, found is None, values)
        self._resolve(change, company, who, problems)
        return change, problems

    def _first_reference(self, row: Any, company: Company, who: Identity) -> Any:
        """Where a new row names no customer, the record it hangs on says whose and in which currency it is."""
        for name, finder in self.finders.items():
            said = read_reference(row.get(name)) if isinstance(row, Mapping) and row.get(name) is not None else None
            if said and (found := finder.find(company.pk, said, who.source_system)):
                return found
        return None

    def _resolve(self, change: Change, company: Company, who: Identity, problems: list[Problem]) -> None:
        """Turn references into records: of the same company, and of the same customer."""
        owner = change.values.get("customer") or (None if change.is_new else change.record.customer)
        for name, finder in self.finders.items():
            said = change.values.get(name)
            if not isinstance(said, Reference):
                continue
            found = finder.find(company.pk, said, who.source_system, owner.pk if owner else None)
            change.values[name] = found
            if found is None:
                problems.append(Problem(f"/{name}", "missing_reference", f"there is no such {name.replace('_', ' ')} in {company.code}"))
            elif owner and found.customer_id != owner.pk:
                problems.append(Problem(f"/{name}", "other_customer", f"{found.number} is of another customer"))

    def _judge(self, change: Change, problems: list[Problem], who: Identity) -> None:
        record, values = change.record, change.values
        version = values.get("source_version")
        if version is not None and record.source_version is not None and version < record.source_version:
            problems.append(Problem("/source_version", "stale", f"version {record.source_version} was received already"))
            return
        self.kind.judge(change, problems, self)
        if not change.is_new and "customer" in values and values["customer"].pk != record.customer_id:
            problems.append(Problem("/customer", "conflict", f"{record.number} is of another customer: cancel it and send a new one"))
        number = values.get("number", record.number)
        if change.is_new or number != record.number:
            holder = self.numbered(record.company_id, number, change.customer_id)
            if holder is not None and holder is not record:
                problems.append(Problem("/number", "conflict", f"another {self.kind.words} bears the number {number}"))

    # writing

    def _settle(self, change: Change, who: Identity) -> Saved:
        """Note what differs; the record takes its new values, and waits."""
        record, values = change.record, change.values
        fields = {name: value for name, value in values.items() if name not in _OWN}
        if change.is_new:
            self.kind.differences(change, self)
            for name, value in fields.items():
                setattr(record, name, value)
            self._remember(record)
            self.pending.append(change)
            return Saved(change.index, who.external_id or None, "created")
        was = {name: getattr(record, name) for name in fields}
        changed = [name for name, value in fields.items() if was[name] != value and not (name == "source_system" and not who.external_id)]
        change.before = {name: told(was[name]) for name in changed if name != "source_version"}
        change.after = {name: told(fields[name]) for name in change.before}
        self.kind.differences(change, self)
        for name in changed:
            setattr(record, name, fields[name])
        change.values["_fields"] = changed
        if changed or change.after:
            record.revision += bool(change.after)
            self._remember(record)
            self.pending.append(change)
            self.touched.add(record.pk)
        return Saved(change.index, who.external_id or None, "updated" if change.after else "unchanged", record.pk)

    def flush(self) -> None:
        """Write what waits, and tell of it. Raises _Race."""
        changes, self.pending = self.pending, []
        if not changes:
            return
        try:
            with transaction.atomic():
                self._write(changes)
        except IntegrityError as error:
            raise _Race from error
        self.touched.clear()

    def _write(self, changes: Sequence[Change]) -> None:
        made = sorted((c for c in changes if c.is_new), key=lambda c: (c.record.company_id, c.record.external_id or "", c.record.number))
        self._insert([c.record for c in made])
        self.made |= {c.index: c.record.pk for c in made}
        self.in_sight |= {c.record.pk for c in made}
        self.by_key |= {c.record.pk: c.record for c in made}
        changed = [c for c in changes if not c.is_new]
        names = {name for c in changed for name in c.values["_fields"]}
        for change in changed:
            self._stamp(change.record)
        update_rows([c.record for c in changed], [*sorted(names), "revision", "updated_at"])
        self.kind.write(changes, self)
        record_many(self._event(c) for c in changes if c.is_new or c.after)

    def _insert(self, records: Sequence[Any]) -> None:
        """Add records by one COPY: a third of the time of an INSERT with as many parameters."""
        meta = self.kind.model._meta
        names = [f.attname for f in meta.concrete_fields if f.name != "created_at"]
        for record, pk in zip(records, take_ids(meta.db_table, len(records)), strict=True):
            record.pk, record._state.adding = pk, False
            self._stamp(record)
        copy_rows(meta.db_table, names, ([getattr(record, name) for name in names] for record in records))

    def _stamp(self, record: Any) -> None:
        self.kind.model._meta.get_field("updated_at").pre_save(record, False)

    def _event(self, change: Change) -> Event:
        record = change.record
        return Event(
            company_id=record.company_id, type=f"{self.kind.name}.{self.kind.verb(change)}", actor=self.actor.label,
            subject_type=self.kind.model._meta.label_lower, subject_id=record.pk, customer_ref=record.customer_id,
            data={"number": record.number, "revision": record.revision, "before": change.before,
                  "after": {} if change.is_new else change.after, **self.reason},
        )  # fmt: skip


def _held(who: Identity) -> Problem:
    return Problem("/external_id" if who.external_id else "/number", "conflict", "another record holds this already")


def _rejected(index: int, who: Identity, problems: Sequence[Problem]) -> Saved:
    return Saved(index, who.external_id or None, "rejected", None, tuple(problems))
