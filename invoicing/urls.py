"""Addresses of the invoicing pages."""

from django.urls import path

from invoicing.views import details, imports, keying, lists

app_name = "invoicing"
urlpatterns = [
    path("", lists.index, name="list"),
    path("new/", keying.new, name="new"),
    path("import/", imports.start, name="import"),
    path("import/template.xlsx", imports.template, name="import-template"),
    path("import/<int:pk>/", imports.detail, name="import-detail"),
    path("import/<int:pk>/check/", imports.check, name="import-check"),
    path("import/<int:pk>/confirm/", imports.confirm, name="import-confirm"),
    path("import/<int:pk>/again/", imports.again, name="import-again"),
    path("import/<int:pk>/cancel/", imports.cancel, name="import-cancel"),
    path("import/<int:pk>/refused.xlsx", imports.rejected, name="import-refused"),
    path("<int:pk>/", details.detail, name="detail"),
    path("<int:pk>/credit/", keying.credit, name="credit"),
    path("<int:pk>/pdf/", details.as_pdf, name="pdf"),
    path("<int:pk>/print/", details.as_paper, name="print"),
]
