"""The investigation names what else draws on the same purchase order, and what is left of it after all of them."""

import pytest
from django.test import Client
from django.urls import reverse

from invoicing.models import Draft
from invoicing.selectors.drawing import drawing_on
from invoicing.services import issue_documents
from orders.models import PurchaseOrder
from tests.factories import DAY, SYSTEM, make_company, make_customer, make_user
from tests.invoicing.lives import invoice_row, life, policy

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def business_date(settings):
    settings.BUSINESS_DATE = DAY


def test_other_drafts_on_the_purchase_order_and_what_they_leave(django_assert_max_num_queries):
    company = make_company()
    policy(company)
    one = life(company)
    PurchaseOrder.objects.filter(pk=one["purchase"].pk).update(amount=5_000_00)

    def push(*rows):
        return issue_documents(list(rows), actor=SYSTEM, source_system="erp")

    push(invoice_row(one, "A", hours=4))
    push(invoice_row(one, "B", price="165.00"), invoice_row(one, "C", price="155.00"), invoice_row(life(company, 2), "D", price="165.00"))
    push(invoice_row(one, "E", price="170.00"))
    Draft.objects.filter(number="E").update(state="discarded")
    client = Client()
    client.force_login(make_user("specialist", company))
    draft = Draft.objects.get(number="B")
    with django_assert_max_num_queries(90):
        answer = client.get(reverse("invoicing:exception", args=[draft.pk]))
    (found,) = answer.context["drawing"]
    assert (found.number, found.value, found.billed, found.own) == ("PO-1", 5_000_00, 600_00, 1_650_00)
    assert [(d.name, d.amount) for d in found.others] == [("C", 1_550_00)] and found.after == 1_200_00
    body = answer.content.decode()
    assert reverse("invoicing:exception", args=[Draft.objects.get(number="C").pk]) in body and "1,200.00" in body
    PurchaseOrder.objects.filter(pk=one["purchase"].pk).update(amount=3_000_00)
    issued = Draft.objects.get(number="C").customer.invoices.get(number="A")
    answer = client.get(reverse("invoicing:investigate", args=[issued.pk]))
    (found,) = answer.context["drawing"]
    assert ([d.name for d in found.others], found.own, found.after) == (["B", "C"], 0, -800_00)
    assert 'data-tone="bad">(800.00' in answer.content.decode() or 'data-tone="bad">-800.00' in answer.content.decode()


def test_purchase_orders_of_nobody_and_drafts_out_of_sight_are_not_named():
    company = make_company()
    policy(company)
    one = life(company)
    issue_documents([invoice_row(one, "B", price="165.00")], actor=SYSTEM, source_system="erp")
    other = make_customer(make_company("OTHER"))
    stranger = make_user("specialist", other.company)
    assert drawing_on(stranger, [one["purchase"].pk], one["customer"].pk)[0].others == ()
    assert drawing_on(stranger, [one["purchase"].pk], other.pk) == []
