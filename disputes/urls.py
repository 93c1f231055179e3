"""Addresses of the disputes pages."""

from django.urls import path

from disputes.views import cases as views

app_name = "disputes"
urlpatterns = [
    path("", views.index, name="list"),
    path("<int:pk>/", views.detail, name="detail"),
    path("open/<int:item_pk>/", views.create, name="open"),
    path("<int:pk>/note/", views.note, name="note"),
    path("<int:pk>/move/", views.move, name="move"),
    path("<int:pk>/assign/", views.assign, name="assign"),
    path("<int:pk>/resolve/", views.resolve, name="resolve"),
]
