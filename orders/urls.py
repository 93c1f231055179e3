"""Addresses of the order's life."""

from django.urls import path

from orders.views import details, keying, lists, steps

app_name = "orders"
urlpatterns = [
    path("", lists.index, name="index"),
    path("contracts/", lists.contracts, name="contracts"),
    path("contracts/new/", keying.contract_new, name="contracts-new"),
    path("contracts/<int:pk>/", details.contract, name="contract"),
    path("contracts/<int:pk>/edit/", keying.contract_edit, name="contract-edit"),
    path("contracts/<int:pk>/amend/", keying.amend, name="contract-amend"),
    path("contracts/<int:pk>/end/", steps.end_contract, name="contract-end"),
    path("contracts/<int:pk>/milestone/", steps.milestone, name="contract-milestone"),
    path("purchase-orders/", lists.purchase_orders, name="purchase-orders"),
    path("purchase-orders/new/", keying.purchase_order_new, name="purchase-orders-new"),
    path("purchase-orders/<int:pk>/", details.purchase_order, name="purchase-order"),
    path("purchase-orders/<int:pk>/edit/", keying.purchase_order_edit, name="purchase-order-edit"),
    path("purchase-orders/<int:pk>/close/", steps.close_purchase_order, name="purchase-order-close"),
    path("orders/", lists.orders, name="orders"),
    path("orders/new/", keying.order_new, name="orders-new"),
    path("orders/<int:pk>/", details.order, name="order"),
    path("orders/<int:pk>/edit/", keying.order_edit, name="order-edit"),
    path("deliveries/", lists.deliveries, name="deliveries"),
    path("deliveries/new/", keying.delivery_new, name="deliveries-new"),
    path("deliveries/<int:pk>/", details.delivery, name="delivery"),
    path("deliveries/<int:pk>/edit/", keying.delivery_edit, name="delivery-edit"),
    path("work-orders/", lists.work_orders, name="work-orders"),
    path("work-orders/new/", keying.work_order_new, name="work-orders-new"),
    path("work-orders/<int:pk>/", details.work_order, name="work-order"),
    path("work-orders/<int:pk>/edit/", keying.work_order_edit, name="work-order-edit"),
    path("work-orders/<int:pk>/complete/", steps.complete_work_order, name="work-order-complete"),
    path("work-orders/<int:pk>/sign-off/", steps.sign_off, name="work-order-sign-off"),
]
