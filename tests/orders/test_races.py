"""Two at once on the same record, and the history that the database keeps of it."""

import threading
from datetime import date
from typing import Any

import pytest
from django.db import connection, connections

from orders import services
from orders.models import SalesOrder, WorkOrder
from orders.services.single import ChangedMeanwhile, RowRefused
from org.actors import NotAllowed
from tests.factories import SYSTEM, make_company, make_customer, make_user
from tests.orders import rows

ERP: dict[str, Any] = {"actor": SYSTEM, "source_system": "erp"}


@pytest.mark.django_db(transaction=True)
def test_two_who_send_the_same_orders_make_them_once() -> None:
    customer = make_customer(make_company())
    many = [rows.order(customer, f"SO-{n}") for n in range(30)]
    barrier, found = threading.Barrier(2), []

    def send(batch: list[dict[str, Any]]) -> None:
        barrier.wait()
        try:
            found.append([s.outcome for s in services.save_orders(batch, **ERP)])
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=(batch,)) for batch in (many, many[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [["created"] * 30, ["unchanged"] * 30]
    assert SalesOrder.objects.count() == 30 and set(SalesOrder.objects.values_list("revision", flat=True)) == {1}


@pytest.mark.django_db
def test_by_hand_it_is_seen_that_someone_else_was_there() -> None:
    customer = make_customer(make_company())
    person, outsider = make_user("specialist", customer.company), make_user("sales", customer.company)
    row = {k: v for k, v in rows.order(customer).items() if k != "external_id"}
    order = services.save_order(actor=person, row=row)
    assert (order.source_system, order.created_by, order.revision) == ("arops", person.label, 1)
    changed = services.save_order(actor=person, row={"number": "SO-77"}, record=order, seen=1)
    assert (changed.number, changed.revision, changed.lines.count()) == ("SO-77", 2, 2)
    with pytest.raises(ChangedMeanwhile):
        services.save_order(actor=person, row={"state": "shipped"}, record=order, seen=1)
    with pytest.raises(NotAllowed):
        services.save_order(actor=outsider, row={"state": "shipped"}, record=order)
    with pytest.raises(RowRefused) as refused:
        services.save_order(actor=person, row={"state": "lost", "lines": [{"quantity": "x"}]}, record=order)
    assert {p.pointer for p in refused.value.problems} == {"/state", "/lines/0/quantity", "/lines/0/unit_price"}


@pytest.mark.django_db
def test_the_database_keeps_what_stood_there() -> None:
    customer = make_customer(make_company())
    services.save_orders([rows.order(customer)], **ERP)
    row = rows.order(customer, sales_representative="Mia")
    services.save_orders([{**row, "lines": row["lines"][:1]}], **ERP)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pgh_label, sales_representative FROM orders_salesorderevent ORDER BY pgh_id")
        assert cursor.fetchall() == [("insert", ""), ("update", "Mia")]
        cursor.execute("SELECT pgh_label, count(*) FROM orders_salesorderlineevent GROUP BY pgh_label ORDER BY pgh_label")
        assert cursor.fetchall() == [("delete", 2), ("insert", 3)]


@pytest.mark.django_db
def test_work_is_completed_and_signed_for() -> None:
    customer = make_customer(make_company())
    services.save_work_orders([rows.work_order(customer)], **ERP)
    job, day = WorkOrder.objects.get(), date(2026, 8, 9)
    with pytest.raises(services.NotSaved, match="isn't done yet"):
        services.sign_off(actor=SYSTEM, work_order=job, signed_off_by="J. Miller", signed_off_on=day)
    job = services.complete_work_order(actor=SYSTEM, work_order=job, completed_on=day, lines=[{"sku": "SRV", "quantity": "6"}])
    job = services.sign_off(actor=SYSTEM, work_order=job, signed_off_by="J. Miller", signed_off_on=day)
    assert (job.state, job.signed_off_by, job.revision, job.lines.get().quantity) == ("done", "J. Miller", 3, 6)
