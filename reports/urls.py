"""Addresses of the reports pages."""

from django.urls import path

from reports.views import ageing, dashboard, item_timeline, search

app_name = "reports"
urlpatterns = [
    path("dashboard/", dashboard.dashboard_page, name="dashboard"),
    path("reports/aging/", ageing.aging, name="aging"),
    path("reports/items/", ageing.items, name="items"),
    path("reports/movements/", ageing.moved, name="movements"),
    path("reports/items/<int:pk>/timeline/", item_timeline.timeline, name="item-timeline"),
    path("search/", search.search_page, name="search"),
]
