"""Addresses of the invoicing pages."""

from django.urls import path

from invoicing.views import batches, deliveries, details, giving_up, imports, keying, letterheads, lists, memos, sending

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
    path("deliveries/", deliveries.index, name="deliveries"),
    path("deliveries/send/", deliveries.send, name="deliveries-send"),
    path("deliveries/print/", deliveries.print_all, name="print-all"),
    path("batches/", batches.index, name="batches"),
    path("batches/<int:pk>/", batches.detail, name="batch"),
    path("batches/<int:pk>/mailed/", batches.mailed, name="batch-mailed"),
    path("batches/<int:pk>/<str:what>/", batches.file, name="batch-file"),
    path("letterheads/", letterheads.index, name="letterheads"),
    path("letterheads/<int:pk>/", letterheads.detail, name="letterhead"),
    path("letterheads/<int:pk>/pdf/", letterheads.as_pdf, name="letterhead-pdf"),
    path("<int:pk>/send/", sending.send, name="send"),
    path("<int:pk>/answer/", sending.answer, name="answer"),
    path("<int:pk>/einvoice/<str:syntax>/", sending.as_xml, name="xml"),
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
