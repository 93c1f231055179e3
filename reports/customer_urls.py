"""Addresses of the customer pages."""

from django.urls import path

from customers.views import documents, imports, requirements, taxes
from reports.views import customers, editing, sending, statement

app_name = "customers"
urlpatterns = [
    path("", customers.index, name="list"),
    path("new/", editing.new, name="new"),
    path("documents/", documents.index, name="documents"),
    path("documents/import/", imports.papers, name="documents-import"),
    path("tax-rates/import/", imports.rates, name="tax-rates-import"),
    path("documents/<int:pk>/", documents.detail, name="document"),
    path("documents/<int:pk>/<slug:step>/", documents.step, name="document-step"),
    path("requirements/<int:pk>/", requirements.revise, name="requirement"),
    path("requirements/<int:pk>/end/", requirements.end, name="requirement-end"),
    path("tax-rates/", taxes.index, name="tax-rates"),
    path("tax-rates/new/", taxes.new, name="tax-rate-new"),
    path("tax-rates/<int:pk>/end/", taxes.end, name="tax-rate-end"),
    path("<int:pk>/", customers.detail, name="detail"),
    path("<int:pk>/statement/", statement.statement_page, name="statement"),
    path("<int:pk>/statement/send/", sending.send, name="statement-send"),
    path("<int:pk>/edit/", editing.edit, name="edit"),
    path("<int:pk>/hold/", editing.hold, name="hold"),
    path("<int:pk>/lift/", editing.lift, name="lift"),
    path("<int:pk>/note/", editing.add_note, name="note"),
    path("<int:pk>/write/", editing.write, name="write"),
    path("<int:pk>/write/<int:message_pk>/undo/", editing.unsend, name="unsend"),
    path("<int:pk>/addresses/<int:bounce_pk>/revive/", editing.revive, name="revive"),
    path("<int:pk>/contacts/new/", editing.contact, name="contact-new"),
    path("<int:pk>/contacts/<int:contact_pk>/", editing.contact, name="contact"),
    path("<int:pk>/documents/new/", documents.new, name="document-new"),
    path("<int:pk>/requirements/new/", requirements.new, name="requirement-new"),
    path("<int:pk>/<slug:tab>/", customers.detail, name="tab"),
]
