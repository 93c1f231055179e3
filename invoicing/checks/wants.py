"""What a customer wants of its invoices besides numbers of purchase orders: data of customers.BillingRequirement, kind by kind.

| what is missing | rule | origin |
| --- | --- | --- |
| cost code: the work order has one | cost_code_missing | billing_output |
| … no document has one | cost_code_missing | order_entry |
| a document attached: sign-off, installation | attachment_missing | service_execution |
| … proof of delivery | attachment_missing | logistics |
| … purchase order, contract | attachment_missing | order_entry |
| … anything else | attachment_missing | billing_output |
| several work orders on one invoice | several_work_orders | billing_output |
| a second invoice of the month | not_consolidated | billing_output |
| lien release for this invoice | lien_release_missing | billing_output |
| delivery by portal: the master sends invoices another way | portal_upload | customer_master |
| billed too long after completion, signed for too late | billed_late | service_execution |
| … else | billed_late | billing_output |
"""

from collections.abc import Iterator
from datetime import date, timedelta

from invoicing.checks import saying
from invoicing.checks.case import Case
from invoicing.checks.facts import Requirement, WorkOrder
from invoicing.checks.saying import Hit, Link

ORIGIN_OF_ATTACHMENT = {
    "sign_off": "service_execution", "installation": "service_execution", "delivery": "logistics", "purchase_order": "order_entry",
    "contract": "order_entry",
}  # fmt: skip
"""Whose paper it is that is missing; anything else is for whoever makes the invoice."""


def cost_code(case: Case) -> Iterator[Hit]:
    """No cost code, or another than the work order's."""
    rule = next(case.requirements("cost_code"), None)
    if not rule:
        return
    works = [w for w in case.work_orders() if w.cost_code]
    billed = case.document.cost_code
    if billed and (not works or any(w.cost_code == billed for w in works)):
        return
    known = works[0].cost_code if works else ""
    links = [_wanted(case, rule, "cost code wanted")]
    links += [Link("work_order", known, saying.of_work(works[0], known))] if works else []
    links += [Link("order", "", saying.of_order(o, "no cost code")) for o in case.orders()[:1] if not works]
    links.append(Link("invoice", billed, saying.of_invoice(case, billed or "no cost code")))
    why = (
        f"The work order has {known}: it was lost on the invoice." if known
        else "It was never asked for when the order was taken: no document has one."
    )  # fmt: skip
    yield Hit(
        (), known or "cost code", billed or "none", 0, "billing_output" if known else "order_entry",
        f"The customer wants its cost code on invoices; this one bears {billed or 'none'}"
        f"{f', the work order has {known}' if known else ''}.",
        saying.walk(links, why), saying.sources(links),
    )  # fmt: skip


def attachment(case: Case) -> Iterator[Hit]:
    """A document that has to go with the invoice isn't attached to it, nor to what it bills."""
    for rule in case.requirements("attachment"):
        kind = str(rule.params.get("kind", ""))
        if not kind or kind in case.document.attachments or any(kind in o.attachments for o in case.orders()):
            continue
        works = case.work_orders()
        bare = [w for w in works if kind not in w.attachments]
        if works and not bare:
            continue
        name, origin = kind.replace("_", " "), ORIGIN_OF_ATTACHMENT.get(kind, "billing_output")
        links = [_wanted(case, rule, f"{name} wanted")]
        links += [Link("work_order", "", saying.of_work(w, f"no {name}")) for w in bare[:3]]
        links.append(Link("invoice", "", saying.of_invoice(case, f"no {name}")))
        where = f" to work order {', '.join(w.number for w in bare[:3])}" if bare else ""
        yield Hit(
            (), name, "not attached", 0, origin,
            f"The customer wants the {name} with the invoice; none is attached{where}.",
            saying.walk(links, f"The {name} is a paper of {_DESK[origin]}: there it is missing first."), saying.sources(links), kind,
        )  # fmt: skip


def several_work_orders(case: Case) -> Iterator[Hit]:
    """More than one work order, for a customer who wants an invoice for each."""
    rule, works = next(case.requirements("one_work_order"), None), case.work_orders()
    if not rule or len(works) < 2:
        return
    links = [_wanted(case, rule, "one invoice for each work order")]
    links.append(Link("invoice", len(works), saying.of_invoice(case, ", ".join(w.number for w in works[:4]))))
    yield Hit(
        (), "one work order", f"{len(works)} work orders", 0, "billing_output",
        f"The customer wants one invoice for each work order; this bills {len(works)}: {', '.join(w.number for w in works[:6])}.",
        saying.walk(links), saying.sources(links),
    )  # fmt: skip


def not_consolidated(case: Case) -> Iterator[Hit]:
    """Another invoice of the same month, for a customer who wants one for all."""
    rule = next(case.requirements("consolidated"), None)
    if not rule:
        return
    d = case.document
    known = (*case.facts.earlier.get(d.customer, ()), *case.tally.earlier.get(d.customer, ()))
    same = [e for e in known if _month(e.day) == _month(d.document_date) and e.key not in case.forgiven and e.key not in case.duplicates]
    if not same:
        return
    links = [_wanted(case, rule, "one invoice for all of a month")]
    links.append(Link("invoice", 2, saying.of_invoice(case, f"after {', '.join(e.number for e in same[:3])}")))
    yield Hit(
        (), "one invoice a month", f"{len(same) + 1} invoices", 0, "billing_output",
        f"The customer wants one invoice for all of a month; {same[0].number} of {saying.day(same[0].day)} is there already.",
        saying.walk(links), saying.sources(links),
    )  # fmt: skip


def lien_release(case: Case) -> Iterator[Hit]:
    """No lien release goes with the invoice."""
    rule, d = next(case.requirements("lien_release"), None), case.document
    if not rule or "lien_release" in d.attachments or any(_releases(case)):
        return
    asked = next(
        (p for p in (case.customer.papers if case.customer else ()) if p.kind.startswith("lien_") and p.state == "requested"), None
    )
    links = [_wanted(case, rule, "lien release wanted")]
    if asked:
        links.append(Link("lien_release", "", saying.Source("lien_release", asked.reference, asked.key, None, None, None, "requested")))
    links.append(Link("invoice", "", saying.of_invoice(case, "none for this invoice")))
    yield Hit(
        (), "lien release", "requested, not given" if asked else "none", 0, "billing_output",
        "The customer pays only with a lien release; none is on record for this invoice.",
        saying.walk(links, "The release is made with the invoice: there it is missing first."), saying.sources(links),
    )  # fmt: skip


def portal(case: Case) -> Iterator[Hit]:
    """The customer takes invoices in its portal alone, and the master sends them another way."""
    rule, customer = next(case.requirements("portal"), None), case.customer
    if not rule or not customer or customer.delivery == "pull":
        return
    links = [
        _wanted(case, rule, "upload to its portal"),
        Link("customer", customer.delivery, saying.of_customer(customer, f"sent by {customer.delivery}")),
    ]
    yield Hit(
        (), "upload to the portal", f"sent by {customer.delivery}", 0, "customer_master",
        f"The customer takes invoices only in its portal; its master sends them by {customer.delivery}.",
        saying.walk(links), saying.sources(links),
    )  # fmt: skip


def billed_late(case: Case) -> Iterator[Hit]:
    """Billed later after completion than the customer accepts."""
    day = case.document.document_date
    for rule in case.requirements("bill_within"):
        days = rule.params.get("days")
        works = [w for w in case.work_orders() if w.completed_on]
        if not isinstance(days, int) or not works:
            continue
        first = min(works, key=lambda w: w.completed_on or date.max)
        done = first.completed_on
        if done is None or day - done <= timedelta(days=days):
            continue
        late_paper = _signed_late(first, days)
        links = [
            _wanted(case, rule, f"within {days} days"),
            Link("work_order", None, saying.of_work(first, f"done {saying.day(done)}, signed {saying.day(first.signed_off_on)}")),
            Link("invoice", None, saying.of_invoice(case, f"billed {saying.day(day)}")),
        ]
        why = (
            "The work was signed for after that span already."
            if late_paper
            else "The work was ready in time: only the invoice came too late."
        )
        yield Hit(
            (), f"by {saying.day(done + timedelta(days=days))}", saying.day(day), 0,
            "service_execution" if late_paper else "billing_output",
            f"Work order {first.number} was done on {saying.day(done)} and is billed {(day - done).days} days later; {days} are accepted.",
            saying.walk(links, why), saying.sources(links), first.number,
        )  # fmt: skip


_DESK = {
    "service_execution": "service", "logistics": "logistics", "order_entry": "the order desk", "billing_output": "billing",
}  # fmt: skip


def _wanted(case: Case, rule: Requirement, value: str) -> Link:
    number = case.customer.number if case.customer else ""
    return Link("requirement", value, saying.Source("requirement", number, rule.key, None, rule.version, rule.valid_from, value))


def _month(day: date) -> tuple[int, int]:
    return day.year, day.month


def _signed_late(work: WorkOrder, days: int) -> bool:
    return bool(work.signed_off_on and work.completed_on and work.signed_off_on - work.completed_on > timedelta(days=days))


def _releases(case: Case) -> Iterator[bool]:
    """For each lien release on record, whether it covers this invoice: by its number, or its contract up to the day of the work."""
    numbers = {c.number for c in case.contracts()}
    last = max((s.day for s in case.strands if s.work), default=case.document.document_date)
    for p in case.customer.papers if case.customer else ():
        if p.kind.startswith("lien_") and p.state in ("sent", "received"):
            by_contract = p.contract_number in numbers and p.through_date is not None and p.through_date >= last
            yield p.invoice_number == case.document.number or by_contract
