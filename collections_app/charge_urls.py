"""Addresses of late charges, within the collections namespace."""

from django.urls import path

from collections_app.views import charge_notices, charge_policies, charges

urlpatterns = [
    path("", charges.charges, name="charges"),
    path("<int:pk>/", charges.charge, name="charge"),
    path("<int:pk>/notice/", charge_notices.send, name="charge-notice"),
    path("<int:pk>/notice.pdf", charge_notices.paper, name="charge-paper"),
    path("<int:pk>/waive/", charges.waive, name="charge-waive"),
    path("<int:pk>/waive/back/", charges.withdraw, name="charge-waive-back"),
    path("preview/<int:pk>/", charges.preview, name="charges-preview"),
    path("preview/<int:pk>/run/", charges.run, name="charges-run"),
    path("policies/", charge_policies.policies, name="charge-policies"),
    path("policies/new/<int:pk>/", charge_policies.policy_new, name="charge-policy-new"),
    path("policies/<int:pk>/end/", charge_policies.policy_end, name="charge-policy-end"),
    path("limits/new/<int:pk>/", charge_policies.limit_new, name="legal-limit-new"),
]
