"""Keeping the customer master: upserts from ERPs, edits by people. Every change is kept by the database with before and after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from arops.lib.refusal import Refused
from customers import payload
from customers.models import Contact, Customer
from customers.payload import Problem
from customers.selectors import group_fault
from org.actors import Actor, require
from org.models import Company, User
from workflow.models import Event
from workflow.services import record, record_many


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a row: created, updated, unchanged or rejected."""

    index: int
    external_id: str | None
    outcome: str
    pk: int | None = None
    problems: tuple[Problem, ...] = ()


class NotSaved(Refused):
    """A change that can't be made; the message says why."""


class _Race(Exception):
    """A number or id was taken by someone else between our look and our write."""


class _Undo(Exception):
    """Rolls a dry run or a broken atomic call back."""


def save_customers(rows: Sequence[Any], *, actor: Actor, source_system: str, atomic: bool = False, dry_run: bool = False) -> list[Saved]:
    """Create or update customers by (company, source_system, external_id), else by (company, number). One outcome a row."""
    for _ in range(2):
        try:
            return _save(rows, _save_customer, _Batch(actor, source_system), atomic, dry_run)
        except _Race:  # someone made one of them meanwhile: look again, and judge by what stands now
            continue
    raise NotSaved("someone else writes the same customers at the same time: send them again")


def save_contacts(rows: Sequence[Any], *, actor: Actor, source_system: str, atomic: bool = False, dry_run: bool = False) -> list[Saved]:
    """Create or update contacts by (customer, source_system, external_id). One outcome a row."""
    return _save(rows, _save_contact, _Batch(actor, source_system), atomic, dry_run)


def _save(rows: Sequence[Any], save_one: Any, batch: "_Batch", atomic: bool, dry_run: bool) -> list[Saved]:
    saved: list[Saved] = []
    try:
        with transaction.atomic():
            if save_one is _save_customer:
                batch.look_up(rows)
            for index, row in enumerate(rows):
                saved.append(_guarded(index, row, save_one, batch))
            batch.flush()
            saved = [replace(s, pk=batch.made[s.index]) if s.index in batch.made else s for s in saved]
            if dry_run or (atomic and any(s.outcome == "rejected" for s in saved)):
                raise _Undo
    except _Undo:
        if not dry_run:
            kept = Problem("", "not_applied", "the row is good, but another row of this atomic call is not")
            saved = [s if s.outcome == "rejected" else Saved(s.index, s.external_id, "rejected", None, (kept,)) for s in saved]
    return saved


def _guarded(index: int, row: Any, save_one: Any, batch: "_Batch") -> Saved:
    """A row whose writes are a savepoint of their own, so that a bad one doesn't take its neighbours along."""
    try:
        found: Saved = save_one(index, row, batch)
        return found
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
        pointer = "/number" if "number" in name else "/parent" if "parent" in name else "/external_id"
        external = row.get("external_id") if isinstance(row, Mapping) else None
        batch.flush()
        batch.look_up_again()  # what was about to be changed looks changed in memory
        return Saved(index, external, "rejected", None, (Problem(pointer, "conflict", "another record holds this already"),))


class _Batch:
    """What many rows of customers are held against, looked up once for all of them; those that exist are locked, in the order of keys."""

    def __init__(self, actor: Actor, source_system: str) -> None:
        self.actor, self.source_system = actor, source_system
        self.pending: list[tuple[int, Customer]] = []
        self.made: dict[int, int] = {}
        self.companies = {c.code: c for c in Company.objects.visible_to(actor, "customers.edit")}
        self.people: dict[tuple[int, str], User | None] = {}
        self.wanted: tuple[set[str], set[str]] = set(), set()

    def look_up(self, rows: Sequence[Any]) -> None:
        """Find the customers that rows may be about."""
        for row in rows:
            if isinstance(row, Mapping):
                for name, texts in zip(("external_id", "number"), self.wanted, strict=True):
                    text = row.get(name)
                    if isinstance(text, str) and "\x00" not in text:
                        texts.add(text.strip())
        self.look_up_again()

    def look_up_again(self) -> None:
        """Read them anew."""
        externals, numbers = self.wanted
        base = Customer.objects.select_for_update(of=("self",), no_key=True).filter(company__in=self.companies.values())
        found = list(
            base.filter(Q(external_id__in=externals) | Q(number__in=numbers))
            .select_related("company", "collector", "parent")
            .order_by("pk")
        )
        mine = Customer.objects.visible_to(self.actor, "customers.edit").filter(pk__in=[c.pk for c in found])
        self.in_sight = set(mine.values_list("pk", flat=True))
        self.by_external = {(c.company_id, c.source_system, c.external_id): c for c in found}
        self.by_number = {(c.company_id, c.number): c for c in found}

    def find(self, company: Company, source: str, external: str | None, number: str | None) -> Customer | None:
        """By the sender's id; by number where the row has none."""
        found = self.by_external.get((company.pk, source, external)) if external else self.numbered(company, number)
        if found and found.pk is None:
            self.flush()
        return found

    def numbered(self, company: Company, number: str | None) -> Customer | None:
        """Whoever has the number."""
        found = self.by_number.get((company.pk, number)) if number else None
        return found if found and found.number == number else None

    def create(self, index: int, customer: Customer) -> None:
        """Make one with the next that are made: many rows in one statement."""
        self.pending.append((index, customer))
        self.add(customer)

    def flush(self) -> None:
        """Write those that wait, and tell of them. Raises _Race."""
        if not self.pending:
            return
        made, self.pending = self.pending, []
        try:
            Customer.objects.bulk_create([customer for _, customer in made], batch_size=1_000)
        except IntegrityError as error:
            raise _Race from error
        record_many(
            Event(company_id=c.company_id, type="customer.created", actor=self.actor.label, subject_type="customers.customer",
                  subject_id=c.pk, customer_ref=c.pk, data={"before": {}, "after": {}})
            for _, c in made
        )  # fmt: skip
        self.made |= {index: customer.pk for index, customer in made}
        self.in_sight |= {customer.pk for _, customer in made}

    def add(self, customer: Customer) -> None:
        """Later rows see this one."""
        self.by_external[customer.company_id, customer.source_system, customer.external_id] = customer
        self.by_number[customer.company_id, customer.number] = customer

    def person(self, company: Company, email: str) -> User | None:
        """A colleague of the company by e-mail address."""
        key = (company.pk, email.lower())
        if key not in self.people:
            at_work = User.objects.filter(memberships__company=company, is_active=True)
            self.people[key] = at_work.filter(email__iexact=email[:254].replace("\x00", "")).first()
        return self.people[key]


def _save_customer(index: int, row: Any, batch: _Batch) -> Saved:
    also = frozenset({"company", "parent", "collector", "credit_limit"})
    values, problems = payload.read_row(row, payload.CUSTOMER, also)
    external, code = values.get("external_id"), row.get("company") if isinstance(row, Mapping) else None
    company = batch.companies.get(code) if isinstance(code, str) else None
    if company is None:
        problems.append(Problem("/company", "missing_reference", "there is no such company, or you may not change its records"))
        return Saved(index, external, "rejected", None, tuple(problems))
    source = values.setdefault("source_system", batch.source_system) or batch.source_system
    customer = batch.find(company, source, external, values.get("number"))
    if customer and customer.pk not in batch.in_sight:
        problems.append(Problem("/external_id" if external else "/number", "conflict", "another record holds this already"))
    elif customer is None:
        told = {p.pointer for p in problems}
        missing = [name for name in ("number", "name", "currency") if name not in values and f"/{name}" not in told]
        problems += [Problem(f"/{name}", "required", f"{name} is needed") for name in missing]
        if batch.numbered(company, values.get("number")):
            problems.append(Problem("/number", "conflict", "another record holds this already"))
    _read_references(row, company, values, problems, values.get("currency") or (customer.currency if customer else ""), source, batch)
    _keep_portfolio(company, values, problems, batch.actor, is_new=customer is None)
    problems += [
        Problem(f"/{name}", "forbidden", f"{name} is set by those who decide on credit")
        for name in _credit_changed(customer or Customer(company=company), values, batch.actor)
    ]
    if not problems and (wrong := _wrong_parent(customer, values)):
        problems.append(Problem("/parent", "invalid", wrong))
    if problems:
        return Saved(index, external, "rejected", None, tuple(problems))
    if customer:
        saved = _update(index, external, customer, values, batch.actor, "customer.updated")
        batch.add(customer)
        return saved
    batch.create(index, Customer(company=company, **values))
    return Saved(index, external, "created")


def _keep_portfolio(company: Company, values: dict[str, Any], problems: list[Problem], actor: Actor, *, is_new: bool) -> None:
    """Whoever works on a portfolio alone makes customers for it, and hands none away."""
    reach = actor.reach("customers.edit")
    if reach.everything or company.pk in reach.companies:
        return
    if reach.customers is not None:
        if is_new:
            problems.append(Problem("/number", "forbidden", "this key is limited to chosen customers and makes no others"))
        if "collector" in values or "parent" in values:
            problems.append(Problem("/collector", "forbidden", "this key is limited to chosen customers: it hands none over or together"))
        return
    if is_new and values.get("collector") is None:
        values["collector"] = User.objects.filter(pk=reach.person_id or 0).first()
    if "collector" in values and (values["collector"] is None or values["collector"].pk != reach.person_id):
        problems.append(Problem("/collector", "forbidden", "customers of your portfolio stay with you: your supervisor hands them over"))


def _credit_changed(customer: Customer, values: Mapping[str, Any], actor: Actor) -> list[str]:
    """Limit and risk, where a person who may not decide on credit would change them. The ERP's own key may."""
    if not actor.label.startswith("user:") or actor.can("credit.decide", customer.company_id):
        return []
    return [name for name in ("credit_limit", "risk") if name in values and values[name] != getattr(customer, name)]


def _read_references(
    row: Mapping[str, Any], company: Company, values: dict[str, Any], problems: list[Problem], currency: str, source: str, batch: _Batch
) -> None:
    if "credit_limit" in row and currency:
        try:
            values["credit_limit"] = payload.credit_limit(row["credit_limit"], currency)
        except payload.Wrong as error:
            problems.append(Problem("/credit_limit", "invalid", f"credit_limit {error}"))
    if row.get("collector") is not None:
        values["collector"] = batch.person(company, str(row["collector"]))
        if values["collector"] is None:
            problems.append(Problem("/collector", "missing_reference", "there is no such person in this company"))
    if row.get("parent") is not None:
        batch.flush()
        values["parent"] = find_customer(row["parent"], Customer.objects.filter(company=company), source)
        if values["parent"] is None:
            problems.append(Problem("/parent", "missing_reference", "there is no such customer in this company"))


def _wrong_parent(customer: Customer | None, values: Mapping[str, Any]) -> str:
    """Why the new parent can't be one; groups of the company are changed one after another, or two could close a circle together."""
    parent = values.get("parent")
    if parent is None or (customer and customer.parent_id == parent.pk):
        return ""
    if parent == customer:
        return "a customer is not its own parent"
    Company.objects.select_for_update(of=("self",), no_key=True).get(pk=parent.company_id)
    return group_fault(customer, parent)


def find_customer(reference: Any, among: Any, source_system: str) -> Customer | None:
    """A customer by `cus_7`, by number, or by {"external_id": …, "source_system": …}; None when there is none."""
    if isinstance(reference, Mapping) and isinstance(reference.get("external_id"), str):
        source = reference.get("source_system") or source_system
        external = reference["external_id"]
        if not isinstance(source, str) or "\x00" in source + external:
            return None
        found: Customer | None = among.filter(external_id=external, source_system=source).first()
        return found
    if not isinstance(reference, str) or "\x00" in reference:
        return None
    digits = reference.removeprefix("cus_")
    if digits != reference and digits.isdecimal() and digits.isascii() and len(digits) < 19:
        return among.filter(pk=int(digits)).first()  # type: ignore[no-any-return]
    return among.filter(number=reference).first()  # type: ignore[no-any-return]


def _save_contact(index: int, row: Any, batch: _Batch) -> Saved:
    values, problems = payload.read_row(row, payload.CONTACT, frozenset({"customer"}))
    external = values.get("external_id")
    source = values.setdefault("source_system", batch.source_system) or batch.source_system
    mine = Customer.objects.visible_to(batch.actor, "customers.edit")
    customer = find_customer(row.get("customer"), mine, source) if isinstance(row, Mapping) else None
    if customer is None:
        problems.append(Problem("/customer", "missing_reference", "there is no such customer, or you may not change its records"))
        return Saved(index, external, "rejected", None, tuple(problems))
    contact = Contact.objects.filter(customer=customer, source_system=source, external_id=external).first() if external else None
    if contact is None and "name" not in values and not problems:
        problems.append(Problem("/name", "required", "name is needed"))
    if problems:
        return Saved(index, external, "rejected", None, tuple(problems))
    if contact is None:
        with transaction.atomic():
            contact = Contact.objects.create(customer=customer, **values)
            record(actor=batch.actor, type="contact.created", company_id=customer.company_id, subject=contact, customer_id=customer.pk)
        return Saved(index, external, "created", contact.pk)
    return _update(index, external, contact, values, batch.actor, "contact.updated")


def _update(index: int, external: str | None, row: Any, values: dict[str, Any], actor: Actor, event: str) -> Saved:
    """Write what differs; what arrives late (an older source_version) changes nothing and says so."""
    version = values.get("source_version")
    if version is not None and row.source_version is not None and version < row.source_version:
        late = Problem("/source_version", "stale", f"version {row.source_version} was received already")
        return Saved(index, external, "rejected", row.pk, (late,))
    before = {name: getattr(row, name) for name in values if getattr(row, name) != values[name]}
    if not before:
        return Saved(index, external, "unchanged", row.pk)
    for name, value in values.items():
        setattr(row, name, value)
    with transaction.atomic():
        row.save(update_fields=[*values, "updated_at"])
        _tell(actor, event, row, before)
    return Saved(index, external, "updated", row.pk)


@transaction.atomic
def edit_customer(*, actor: Actor, customer: Customer, **fields: Any) -> Customer:
    """Change master data by hand. Raises NotAllowed, NotSaved."""
    require(actor, "customers.edit", customer.company_id)
    if wrong := _wrong_parent(customer, fields):
        raise NotSaved(wrong)
    if changed := _credit_changed(customer, fields, actor):
        raise NotSaved(f"{' and '.join(changed).replace('_', ' ')}: set by those who decide on credit")
    outcome = _update(0, None, customer, fields, actor, "customer.updated")
    if outcome.problems:
        raise NotSaved(outcome.problems[0].detail)
    return customer


@transaction.atomic
def hold_customer(*, actor: Actor, customer: Customer, reason: str, until: date | None = None) -> Customer:
    """Stop reminders and calls, until a day or until lifted. Raises NotAllowed, NotSaved without a reason."""
    require(actor, "customers.hold", customer.company_id)
    if not reason.strip():
        raise NotSaved("say why the account is put on hold")
    fields = {"dunning_hold": True, "dunning_hold_until": until, "dunning_hold_reason": reason.strip()[:200]}
    _update(0, None, customer, fields, actor, "customer.held")
    return customer


@transaction.atomic
def lift_hold(*, actor: Actor, customer: Customer) -> Customer:
    """Chase the account again."""
    require(actor, "customers.hold", customer.company_id)
    fields = {"dunning_hold": False, "dunning_hold_until": None, "dunning_hold_reason": ""}
    _update(0, None, customer, fields, actor, "customer.hold_lifted")
    return customer


@transaction.atomic
def save_contact(*, actor: Actor, customer: Customer, contact: Contact | None = None, **fields: Any) -> Contact:
    """Add a contact by hand, or change one."""
    require(actor, "customers.edit", customer.company_id)
    if contact is None:
        contact = Contact.objects.create(customer=customer, **fields)
        record(actor=actor, type="contact.created", company_id=customer.company_id, subject=contact, customer_id=customer.pk)
        return contact
    _update(0, None, contact, fields, actor, "contact.updated")
    return contact


def _tell(actor: Actor, type: str, row: Any, before: Mapping[str, Any]) -> None:
    customer = row.customer if isinstance(row, Contact) else row
    record(
        actor=actor, type=type, company_id=customer.company_id, subject=row, customer_id=customer.pk,
        before={name: str(value) for name, value in before.items()}, after={name: str(getattr(row, name)) for name in before},
    )  # fmt: skip
