"""Every address of the product; each app names its own."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from arops.help import index as help_index
from arops.help import show as help_page
from arops.views import DemoLogins, healthz, home, readyz

handler403 = "arops.views.forbidden"
handler404 = "arops.views.not_found"
handler500 = "arops.views.server_error"

urlpatterns = [
    path("", home, name="home"),
    path("login/", LoginView.as_view(redirect_authenticated_user=True, extra_context=DemoLogins()), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("queue/", include("collections_app.urls")),
    path("customers/", include("reports.customer_urls")),
    path("orders/", include("orders.urls")),
    path("invoices/", include("invoicing.urls")),
    path("cash/", include("cashapp.urls")),
    path("disputes/", include("disputes.urls")),
    path("messages/", include("messaging.urls")),
    path("ledger/", include("ledger.urls")),
    path("", include("workflow.urls")),
    path("settings/", include("org.urls")),
    path("help/", help_index, name="help"),
    path("help/<path:slug>/", help_page, name="help-page"),
    path("", include("reports.urls")),
    path("api/v1/", include("arops.api_urls")),
]
