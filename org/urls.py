"""Addresses of the org pages."""

from django.urls import path

from org.views import changes, companies, keys, own, people

app_name = "org"
urlpatterns = [
    path("people/", people.people, name="users"),
    path("people/new/", people.person_new, name="user-new"),
    path("people/<int:pk>/", people.person, name="user"),
    path("people/<int:pk>/disable/", people.person_disable, name="user-disable"),
    path("people/<int:pk>/enable/", people.person_enable, name="user-enable"),
    path("people/<int:pk>/password/", people.person_password, name="user-password"),
    path("keys/", keys.keys, name="keys"),
    path("keys/new/", keys.key_new, name="key-new"),
    path("keys/<int:pk>/rotate/", keys.key_rotate, name="key-rotate"),
    path("keys/<int:pk>/revoke/", keys.key_revoke, name="key-revoke"),
    path("companies/", companies.companies, name="companies"),
    path("companies/<int:pk>/", companies.company, name="company"),
    path("departments/", companies.departments, name="departments"),
    path("departments/<int:pk>/", companies.department, name="department"),
    path("changes/", changes.changes, name="changes"),
    path("changes/<int:pk>/<str:verb>/", changes.change_decide, name="change-decide"),
    path("choose-password/<str:token>/", own.choose, name="choose-password"),
    path("me/", own.preferences, name="preferences"),
    path("me/password/", own.password, name="password"),
]
