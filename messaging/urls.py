"""Addresses of the messaging pages."""

from django.urls import path

from messaging import views
from messaging.views import mailboxes

app_name = "messaging"
urlpatterns = [
    path("", views.outbox, name="outbox"),
    path("<int:pk>/", views.message, name="message"),
    path("<int:pk>/files/<int:file_pk>/", views.attachment, name="attachment"),
    path("<int:pk>/cancel/", views.cancel, name="cancel"),
    path("<int:pk>/retry/", views.retry, name="retry"),
    path("<int:pk>/release/", views.release, name="release"),
    path("<int:pk>/posted/", views.posted, name="posted"),
    path("mailboxes/", mailboxes.mailboxes, name="mailboxes"),
    path("mailboxes/new/", mailboxes.create, name="mailbox-new"),
    path("mailboxes/<int:pk>/", mailboxes.mailbox, name="mailbox"),
    path("mailboxes/<int:pk>/test/", mailboxes.test, name="mailbox-test"),
    path("mailboxes/<int:pk>/soon/", mailboxes.soon, name="mailbox-soon"),
]
