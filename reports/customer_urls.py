"""Addresses of the customer pages."""

from django.urls import path

from reports.views import customers, editing, statement

app_name = "customers"
urlpatterns = [
    path("", customers.index, name="list"),
    path("new/", editing.new, name="new"),
    path("<int:pk>/", customers.detail, name="detail"),
    path("<int:pk>/statement/", statement.statement_page, name="statement"),
    path("<int:pk>/edit/", editing.edit, name="edit"),
    path("<int:pk>/hold/", editing.hold, name="hold"),
    path("<int:pk>/lift/", editing.lift, name="lift"),
    path("<int:pk>/note/", editing.add_note, name="note"),
    path("<int:pk>/write/", editing.write, name="write"),
    path("<int:pk>/write/<int:message_pk>/undo/", editing.unsend, name="unsend"),
    path("<int:pk>/contacts/new/", editing.contact, name="contact-new"),
    path("<int:pk>/contacts/<int:contact_pk>/", editing.contact, name="contact"),
    path("<int:pk>/<slug:tab>/", customers.detail, name="tab"),
]
