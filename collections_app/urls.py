"""Addresses of collections: the queue, calls, promises; dunning has its own list."""

from django.urls import include, path

from collections_app.views import calls, promises, queue, strategies

app_name = "collections"
urlpatterns = [
    path("", queue.queue, name="queue"),
    path("task/<str:key>/", queue.peek, name="peek"),
    path("task/<str:key>/done/", queue.done, name="done"),
    path("task/<str:key>/snooze/", queue.snooze, name="snooze"),
    path("play/", queue.play, name="play"),
    path("bulk/", queue.bulk, name="bulk"),
    path("restore/", queue.restore, name="restore"),
    path("call/<int:pk>/", calls.call, name="call"),
    path("call/<int:pk>/draft/", calls.draft, name="call-draft"),
    path("promises/", promises.promises, name="promises"),
    path("promises/<int:pk>/cancel/", promises.cancel, name="promise-cancel"),
    # Strategies: list, editor of a version.
    path("strategies/", strategies.strategies, name="strategies"),
    path("strategies/standard/", strategies.standard, name="strategy-standard"),
    path("strategies/<int:pk>/draft/", strategies.draft, name="strategy-draft"),
    path("strategies/versions/<int:pk>/", strategies.version, name="strategy-version"),
    path("strategies/versions/<int:pk>/discard/", strategies.discard, name="strategy-discard"),
    # Dunning.
    path("dunning/", include("collections_app.dunning_urls")),
]
