"""Addresses of the disputes pages."""

from django.urls import path

from disputes.views import asking, binder, cases, queues, telling, texts

app_name = "disputes"
urlpatterns = [
    # Queues and the page of a case.
    path("", queues.index, name="list"),
    path("several/", queues.several, name="several"),
    path("<int:pk>/", cases.detail, name="detail"),
    path("<int:pk>/next/", queues.following, name="next"),
    path("<int:pk>/note/", cases.note, name="note"),
    path("<int:pk>/move/", cases.move, name="move"),
    path("<int:pk>/assign/", cases.assign, name="assign"),
    path("<int:pk>/hand-over/", cases.hand_over, name="hand-over"),
    path("<int:pk>/watch/", cases.watch, name="watch"),
    path("open/<int:item_pk>/", cases.create, name="open"),
    # The audit file of a case.
    path("<int:pk>/file/", binder.file, name="file"),
    # Asking departments.
    path("<int:pk>/ask/", asking.ask, name="ask"),
    # What is said to customers.
    path("<int:pk>/reply/", telling.reply, name="reply"),
    path("<int:pk>/reply/words/", telling.words, name="reply-words"),
    path("<int:pk>/reply/preview/", telling.preview, name="reply-preview"),
    path("<int:pk>/said/<int:message_pk>/take-back/", telling.unsend, name="unsend"),
    path("<int:pk>/said/<int:message_pk>/again/", telling.resend, name="resend"),
    path("texts/", texts.index, name="texts"),
    path("texts/new/", texts.new, name="text-new"),
    path("texts/preview/", texts.preview, name="text-preview"),
    path("texts/standard/", texts.standard, name="texts-standard"),
    path("texts/<int:pk>/", texts.detail, name="text"),
]
