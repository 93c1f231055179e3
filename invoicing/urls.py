"""Addresses of the invoicing pages."""

from django.urls import path

from invoicing.views import details, giving_up, imports, keying, lists, memos

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
    path("<int:pk>/credit/", memos.credit, name="credit"),
    path("<int:pk>/debit/", memos.debit, name="debit"),
    path("<int:pk>/rebill/", memos.rebill, name="rebill"),
    path("<int:pk>/foresee/<str:kind>/", memos.foresee, name="memo-foresee"),
    path("small-balances/", giving_up.rule, name="small-balances"),
    path("items/<int:pk>/write-off/", giving_up.write_off, name="write-off"),
    path("items/<int:pk>/refund/", giving_up.refund, name="refund"),
    path("write-offs/<int:pk>/reverse/", giving_up.reverse_entry, name="write-off-reverse"),
    path("<int:pk>/pdf/", details.as_pdf, name="pdf"),
    path("<int:pk>/print/", details.as_paper, name="print"),
]
