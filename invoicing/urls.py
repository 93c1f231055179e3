"""Addresses of the invoicing pages."""

from django.urls import URLPattern

app_name = "invoicing"
urlpatterns: list[URLPattern] = []
