"""Addresses of the messaging pages."""

from django.urls import path

from messaging import views
from messaging.views import letters, mailboxes

app_name = "messaging"
urlpatterns = [
    path("", views.outbox, name="outbox"),
    path("<int:pk>/", views.message, name="message"),
    path("<int:pk>/files/<int:file_pk>/", views.attachment, name="attachment"),
    path("<int:pk>/cancel/", views.cancel, name="cancel"),
    path("<int:pk>/retry/", views.retry, name="retry"),
    path("<int:pk>/release/", views.release, name="release"),
    path("<int:pk>/posted/", views.posted, name="posted"),
    path("letters/", letters.index, name="letters"),
    path("letters/gather/", letters.gather, name="letters-gather"),
    path("letters/<int:pk>/", letters.batch, name="letter-batch"),
    path("letters/<int:pk>/printed/", letters.printed, name="letter-batch-printed"),
    path("letters/<int:pk>/posted/", letters.posted, name="letter-batch-posted"),
    path("letters/<int:pk>/<slug:what>/", letters.batch_file, name="letter-batch-file"),
    path("letters/one/<int:pk>/file/", letters.letter_file, name="letter-file"),
    path("letters/one/<int:pk>/spoil/", letters.spoil, name="letter-spoil"),
    path("mailboxes/", mailboxes.mailboxes, name="mailboxes"),
    path("mailboxes/new/", mailboxes.create, name="mailbox-new"),
    path("mailboxes/<int:pk>/", mailboxes.mailbox, name="mailbox"),
    path("mailboxes/<int:pk>/test/", mailboxes.test, name="mailbox-test"),
    path("mailboxes/<int:pk>/soon/", mailboxes.soon, name="mailbox-soon"),
]
