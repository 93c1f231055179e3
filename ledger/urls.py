"""Addresses of the ledger pages."""

from django.urls import path

from ledger import views

app_name = "ledger"
urlpatterns = [
    path("items/<int:pk>/", views.item, name="item"),
    path("entries/<int:pk>/", views.entry, name="entry"),
    path("rates/", views.rates, name="rates"),
    path("periods/", views.periods, name="periods"),
    path("periods/<int:pk>/close/", views.period_close, name="period-close"),
    path("periods/<int:pk>/reopen/", views.period_reopen, name="period-reopen"),
]
