"""Contracts: versions that are only added, milestones that are reached once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from arops.lib.bulk import copy_rows, take_ids
from arops.lib.rows import Problem
from customers.services import NotSaved, Saved
from orders.models import BillingStep, Contract, ContractPrice, ContractVersion, MilestoneReached
from orders.payload import CONTRACT
from orders.services.batch import Batch, save_rows
from orders.services.kinds import Change, Kind
from orders.services.single import save_one
from org.actors import Actor

VERSION_FIELDS = tuple(
    "number valid_from valid_to payment_terms tax_code billing freight fees_agreed sign_off_needed retainage_percent not_to_exceed "
    "escalator_percent escalator_months note".split()
)
PRICE_FIELDS = tuple("number sku description unit unit_price from_quantity valid_from valid_to".split())
STEP_FIELDS = tuple("code kind name amount planned_on until every_months".split())
WAY_OUT = "a version never changes: send the amendment under a new number"
Spoken = tuple[Any, ...]
"""A version as it was said: its own values, its prices, its steps."""


class Contracts(Kind):
    """Contracts."""

    name, words, prefix, model, shape = "contract", "contract", "ctr", Contract, CONTRACT
    references: ClassVar = {}

    def load(self, batch: Batch, records: Sequence[Any]) -> None:
        """Versions with all they say, and milestones reached, of contracts that are there."""
        keys = [record.pk for record in records]
        versions: dict[int, dict[int, Spoken]] = {key: {} for key in keys}
        reached: dict[int, dict[str, date]] = {key: {} for key in keys}
        batch.children = {"versions": versions, "reached": reached}
        if not keys:
            return
        parts: dict[int, tuple[list[Any], list[Any]]] = {}
        rows = list(ContractVersion.objects.filter(contract__in=keys).values_list("pk", "contract_id", *VERSION_FIELDS))
        parts = {row[0]: ([], []) for row in rows}
        for at, model, fields in ((0, ContractPrice, PRICE_FIELDS), (1, BillingStep, STEP_FIELDS)):
            found = model.objects.filter(version__in=list(parts)).order_by("version", fields[0])  # type: ignore[attr-defined]
            for version, *values in found.values_list("version_id", *fields):
                parts[version][at].append(tuple(values))
        for pk, contract, *values in rows:
            versions[contract][values[0]] = (tuple(values), *parts[pk])
        for contract, code, day in MilestoneReached.objects.filter(contract__in=keys).values_list("contract_id", "code", "reached_on"):
            reached[contract][code] = day

    def judge(self, change: Change, problems: list[Problem], batch: Batch) -> None:
        """Versions that are there stay as they are; milestones are of a version and reached once."""
        there = batch.children["versions"].get(change.record.pk, {})
        versions = change.values.get("versions", [])
        if change.is_new and not versions:
            problems.append(Problem("/versions", "required", "a contract has at least one version"))
        latest = max(there, default=0)
        for n, version in enumerate(versions):
            problems += _judge_version(version, f"/versions/{n}", there, latest)
        codes = {step[0] for spoken in there.values() for step in spoken[2] if step[1] == "milestone"}
        codes |= {step["code"] for version in versions for step in version["steps"] if step["kind"] == "milestone"}
        reached = batch.children["reached"].get(change.record.pk, {})
        for n, said in enumerate(change.values.get("milestones_reached", [])):
            if said["code"] not in codes:
                detail = f"no version of the contract has a milestone {said['code']}"
                problems.append(Problem(f"/milestones_reached/{n}/code", "missing_reference", detail))
            elif reached.get(said["code"], said["reached_on"]) != said["reached_on"]:
                detail = f"{said['code']} was reached on {reached[said['code']]}, said before: it is said once"
                problems.append(Problem(f"/milestones_reached/{n}", "already_reached", detail))

    def differences(self, change: Change, batch: Batch) -> None:
        """Versions and milestones that are new."""
        there = batch.children["versions"].get(change.record.pk, {})
        reached = batch.children["reached"].get(change.record.pk, {})
        added = [v for v in change.values.get("versions", []) if v["number"] not in there]
        milestones = [m for m in change.values.get("milestones_reached", []) if m["code"] not in reached]
        if added:
            change.before["versions"] = sorted(there)
            change.after["versions"] = [_summary(version) for version in added]
        if milestones:
            change.before["milestones_reached"] = sorted(reached)
            change.after["milestones_reached"] = {m["code"]: str(m["reached_on"]) for m in milestones}
        change.values["_added"], change.values["_milestones"] = added, milestones

    def verb(self, change: Change) -> str:
        """Amended, ended, a milestone reached: rather than updated."""
        if change.is_new:
            return "created"
        names = change.after.keys()
        return (
            "amended" if "versions" in names
            else "milestone_reached" if "milestones_reached" in names
            else "ended" if change.after.get("ended_on")
            else "updated"
        )  # fmt: skip

    def write(self, changes: Sequence[Change], batch: Batch) -> None:
        """Add versions with prices and steps, and milestones: a statement for each table."""
        added = [(change.record.pk, version) for change in changes for version in change.values["_added"]]
        ids = take_ids("orders_contractversion", len(added))
        said_by = batch.actor.label
        rows = ((pk, contract, *_values(version, VERSION_FIELDS), said_by) for pk, (contract, version) in zip(ids, added, strict=True))
        copy_rows("orders_contractversion", ["id", "contract_id", *VERSION_FIELDS, "created_by"], rows)
        for table, fields, name in (("contractprice", PRICE_FIELDS, "prices"), ("billingstep", STEP_FIELDS, "steps")):
            parts = ((pk, *_values(part, fields)) for pk, (_, version) in zip(ids, added, strict=True) for part in version[name])
            copy_rows(f"orders_{table}", ["version_id", *fields], parts)
        MilestoneReached.objects.bulk_create(
            MilestoneReached(contract_id=change.record.pk, said_by=batch.actor.label, **said)
            for change in changes for said in change.values["_milestones"]
        )  # fmt: skip
        for contract, version in added:
            batch.children["versions"].setdefault(contract, {})[version["number"]] = _spoken(version)
        for change in changes:
            known = batch.children["reached"].setdefault(change.record.pk, {})
            known |= {said["code"]: said["reached_on"] for said in change.values["_milestones"]}


KIND = Contracts()


def _judge_version(version: Mapping[str, Any], pointer: str, there: Mapping[int, Spoken], latest: int) -> Iterable[Problem]:
    number = version["number"]
    if number in there:
        if _spoken(version) != there[number]:
            yield Problem(pointer, "version_exists", f"version {number} is there and says something else; {WAY_OUT}")
        return
    if number < latest:
        yield Problem(f"{pointer}/number", "version_exists", f"version {latest} is there already: an amendment has a higher number")
    if version["valid_to"] and version["valid_to"] < version["valid_from"]:
        yield Problem(f"{pointer}/valid_to", "invalid_date", "valid_to lies before valid_from")
    for n, price in enumerate(version["prices"]):
        if price["valid_from"] and price["valid_to"] and price["valid_to"] < price["valid_from"]:
            yield Problem(f"{pointer}/prices/{n}/valid_to", "invalid_date", "valid_to lies before valid_from")
    for n, step in enumerate(version["steps"]):
        if step["kind"] == "recurring" and not step["planned_on"]:
            yield Problem(f"{pointer}/steps/{n}/planned_on", "required", "what recurs needs its first day, planned_on")
        elif step["planned_on"] and step["until"] and step["until"] < step["planned_on"]:
            yield Problem(f"{pointer}/steps/{n}/until", "invalid_date", "until lies before planned_on")


def _values(row: Mapping[str, Any], fields: Sequence[str]) -> Spoken:
    return tuple(row[name] for name in fields)


def _spoken(version: Mapping[str, Any]) -> Spoken:
    prices = sorted((_values(p, PRICE_FIELDS) for p in version["prices"]), key=lambda p: p[0])
    steps = sorted((_values(s, STEP_FIELDS) for s in version["steps"]), key=lambda s: s[0])
    return _values(version, VERSION_FIELDS), prices, steps


def _summary(version: Mapping[str, Any]) -> dict[str, Any]:
    return {"number": version["number"], "valid_from": str(version["valid_from"]), "prices": len(version["prices"]),
            "steps": [step["code"] for step in version["steps"]]}  # fmt: skip


def save_contracts(rows: Sequence[Any], *, actor: Actor, source_system: str, atomic: bool = False, dry_run: bool = False) -> list[Saved]:
    """Create or amend contracts by (company, source_system, external_id), else by number. One outcome a row."""
    return save_rows(KIND, rows, actor=actor, source_system=source_system, atomic=atomic, dry_run=dry_run)


def save_contract(
    *, actor: Actor, row: Mapping[str, Any], record: Contract | None = None, seen: int | None = None, source_system: str = "arops"
) -> Contract:
    """Make a contract by hand, or change its header. Raises NotAllowed, NotSaved."""
    found: Contract = save_one(KIND, row, actor=actor, source_system=source_system, record=record, seen=seen)
    return found


def amend_contract(*, actor: Actor, contract: Contract, version: Mapping[str, Any], seen: int | None = None) -> ContractVersion:
    """Add a version after the latest one; those before stay. Amounts as text in major units. Raises NotAllowed, NotSaved."""
    latest = contract.versions.order_by("-number").values_list("number", flat=True).first() or 0
    row = {"versions": [{**version, "number": latest + 1}]}
    save_one(KIND, row, actor=actor, record=contract, seen=seen)
    return contract.versions.get(number=latest + 1)


def reach_milestone(*, actor: Actor, contract: Contract, code: str, reached_on: date, note: str = "") -> MilestoneReached:
    """Say that a milestone is reached: once. Raises NotAllowed, NotSaved."""
    if contract.reached.filter(code=code).exists():
        raise NotSaved(f"{code} was said to be reached before: it is said once")
    said = {"code": code, "reached_on": reached_on.isoformat(), "note": note}
    save_one(KIND, {"milestones_reached": [said]}, actor=actor, record=contract)
    return contract.reached.get(code=code)


def end_contract(*, actor: Actor, contract: Contract, ended_on: date, reason: str) -> Contract:
    """End a contract early: it is not in force from that day on. Raises NotAllowed, NotSaved without a reason."""
    if not reason.strip():
        raise NotSaved("say why the contract ends")
    found: Contract = save_one(KIND, {"ended_on": ended_on.isoformat()}, actor=actor, record=contract, reason=reason.strip()[:300])
    return found
