"""Addresses of the dunning pages, within the collections namespace."""

from django.urls import path

from collections_app.views import dunning, dunning_approval, dunning_preview

urlpatterns = [
    path("", dunning.index, name="dunning"),
    path("run/", dunning.run, name="dunning-run"),
    path("preview/", dunning_preview.preview, name="dunning-preview"),
    path("preview/look/", dunning_preview.look, name="dunning-look"),
    path("preview/<int:pk>/<str:currency>/", dunning_preview.draft, name="dunning-draft"),
    path("preview/<int:pk>/<str:currency>/file/", dunning_approval.draft_file, name="dunning-draft-file"),
    path("write/<int:pk>/", dunning_approval.write, name="dunning-write"),
    path("waiting/", dunning_approval.waiting, name="dunning-waiting"),
    path("waiting/allow/", dunning_approval.allow_all, name="dunning-allow-all"),
    path("letters/<int:pk>/allow/", dunning_approval.allow, name="dunning-allow"),
    path("letters/<int:pk>/decline/", dunning_approval.decline, name="dunning-decline"),
    path("letters/<int:pk>/", dunning.letter, name="dunning-letter"),
    path("letters/<int:pk>/file/", dunning.letter_file, name="dunning-file"),
]
