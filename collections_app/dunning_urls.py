"""Addresses of the dunning pages, within the collections namespace."""

from django.urls import path

from collections_app.views import dunning

urlpatterns = [
    path("", dunning.index, name="dunning"),
    path("run/", dunning.run, name="dunning-run"),
    path("preview/", dunning.preview, name="dunning-preview"),
    path("preview/<int:pk>/<str:currency>/", dunning.draft, name="dunning-draft"),
    path("letters/<int:pk>/", dunning.letter, name="dunning-letter"),
    path("letters/<int:pk>/file/", dunning.letter_file, name="dunning-file"),
]
