"""Addresses of the cashapp pages."""

from django.urls import URLPattern

app_name = "cashapp"
urlpatterns: list[URLPattern] = []
