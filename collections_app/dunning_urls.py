"""Addresses of the dunning pages, within the collections namespace."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
