"""Addresses of the cash pages."""

from django.urls import path

from cashapp.views import accounts, acts, files, policy, receipts, workbench

app_name = "cashapp"
urlpatterns = [
    path("", workbench.workbench, name="workbench"),
    path("ready/", workbench.ready, name="ready"),
    path("ready/undo/", workbench.ready_undo, name="ready-undo"),
    path("receipts/<int:pk>/", receipts.receipt, name="receipt"),
    path("receipts/<int:pk>/work/", workbench.panel, name="panel"),
    path("receipts/<int:pk>/find/", workbench.find, name="find"),
    path("receipts/<int:pk>/post/", acts.post, name="post"),
    path("receipts/<int:pk>/draft/", acts.draft, name="draft"),
    path("receipts/<int:pk>/lease/", acts.lease, name="lease"),
    path("receipts/<int:pk>/payer/", acts.identify, name="identify"),
    path("receipts/<int:pk>/unidentified/", acts.unidentify, name="unidentify"),
    path("receipts/<int:pk>/split/", acts.split, name="split"),
    path("receipts/<int:pk>/ask/", acts.ask, name="ask"),
    path("receipts/<int:pk>/answer/", acts.answer, name="answer"),
    path("receipts/<int:pk>/again/", acts.again, name="again"),
    path("receipts/<int:pk>/off-account/", acts.off_account, name="off-account"),
    path("receipts/<int:pk>/return/", receipts.bounce, name="return"),
    path("matches/<int:pk>/undo/", receipts.undo, name="match-undo"),
    path("matches/<int:pk>/reverse/", receipts.reverse_one, name="match-reverse"),
    path("returns/", receipts.returns, name="returns"),
    path("returns/<int:pk>/dismiss/", receipts.dismiss, name="return-dismiss"),
    path("files/", files.files, name="files"),
    path("files/upload/", files.upload, name="upload"),
    path("files/kept/<int:pk>/", files.decide, name="file-decide"),
    path("files/<int:pk>/", files.file, name="file"),
    path("files/<int:pk>/original/", files.download, name="file-download"),
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/new/", accounts.create, name="account-new"),
    path("accounts/<int:pk>/", accounts.account, name="account"),
    path("accounts/<int:pk>/lists/", accounts.mapping, name="mapping"),
    path("accounts/<int:pk>/lists/forget/", accounts.forget_mapping, name="mapping-forget"),
    path("policies/", policy.policies, name="policies"),
    path("policies/<int:pk>/", policy.policy, name="policy"),
]
