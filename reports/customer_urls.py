"""Addresses of the customer pages."""

from django.urls import path

from reports.views import customers, statement

app_name = "customers"
urlpatterns = [
    path("", customers.index, name="list"),
    path("<int:pk>/", customers.detail, name="detail"),
    path("<int:pk>/statement/", statement.statement_page, name="statement"),
    path("<int:pk>/<slug:tab>/", customers.detail, name="tab"),
]
