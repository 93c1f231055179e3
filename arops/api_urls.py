"""The API's addresses, under one version. An app's api module gives the views, this file where they are."""

from django.urls import URLPattern, URLResolver, path, re_path

from arops.api.pages import docs, schema
from arops.api.resources import ApprovalDetail, Approvals, Companies, CompanyDetail, Events, JobDetail, Jobs
from arops.api.tasks import STEPS, TaskDetail, Tasks
from arops.api.views import ApiView, Nowhere
from cashapp import api as cashapp
from cashapp.api import remittances
from collections_app.api import charges, escalations, inquiries, letters, plans, promises, schedules, statements, work
from customers import api as customers
from disputes import api as disputes
from invoicing import api as invoicing
from ledger import api as ledger
from orders import api as orders
from reports import api as reports

app_name = "api"
EXTERNAL = "/by-external-id/<str:source>/<path:external_id>"
ONE = "/<str:public_id>"


def resource(name: str, **views: type[ApiView]) -> list[URLPattern]:
    """The addresses of a resource: `all`, `bulk`, `external`, `one`, those that it has."""
    ends = {"all": "", "bulk": "/bulk", "external": EXTERNAL, "one": ONE}
    return [path(name + end, views[which].as_view(), name=f"{name}-{which}") for which, end in ends.items() if which in views]


def memos(name: str, kind: str) -> list[URLPattern]:
    """The addresses of a kind of memo."""
    views = {"all": invoicing.Invoices, "bulk": invoicing.InvoicesBulk, "external": invoicing.InvoiceByExternalId,
             "one": invoicing.InvoiceDetail}  # fmt: skip
    return resource(name, **{which: invoicing.of_kind(view, kind) for which, view in views.items()})


urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", schema, name="schema"),
    path("docs/", docs, name="docs"),
    *resource("companies", all=Companies, one=CompanyDetail),
    *resource(
        "customers", all=customers.Customers, bulk=customers.CustomersBulk, external=customers.CustomerByExternalId,
        one=customers.CustomerDetail,
    ),
    path("customers/<str:public_id>/statement", reports.CustomerStatement.as_view(), name="customers-statement"),
    *resource(
        "contacts", all=customers.Contacts, bulk=customers.ContactsBulk, external=customers.ContactByExternalId,
        one=customers.ContactDetail,
    ),
    *resource(
        "customer-documents", all=customers.Documents, bulk=customers.DocumentsBulk, external=customers.DocumentByExternalId,
        one=customers.DocumentDetail,
    ),
    *resource(
        "tax-certificates", all=customers.Certificates, bulk=customers.CertificatesBulk, external=customers.CertificateByExternalId,
        one=customers.CertificateDetail,
    ),
    *resource("billing-requirements", all=customers.Requirements, bulk=customers.RequirementsBulk, one=customers.RequirementDetail),
    *resource("tax-rates", all=customers.TaxRates, bulk=customers.TaxRatesBulk, one=customers.TaxRateDetail),
    *(pattern for path_, made in orders.RESOURCES.items() for pattern in resource(path_, **orders.views(made))),
    *resource("price-lists", all=orders.PriceLists),
    *resource("unit-conversions", all=orders.UnitConversions, bulk=orders.UnitConversionsBulk, one=orders.UnitConversionDetail),
    *(path(f"imports/{name}", view.as_view(), name=f"imports-{name}") for name, view in orders.imports().items()),
    *resource(
        "invoices", all=invoicing.Invoices, bulk=invoicing.InvoicesBulk, external=invoicing.InvoiceByExternalId,
        one=invoicing.InvoiceDetail,
    ),
    *resource("drafts", all=invoicing.Drafts, one=invoicing.DraftDetail),
    path("unbilled", invoicing.Unbilled.as_view(), name="unbilled"),
    path("drafts/<str:public_id>/check", invoicing.DraftCheck.as_view(), name="drafts-check"),
    path("invoices/<str:public_id>/pdf", invoicing.InvoicePdf.as_view(), name="invoices-pdf"),
    path("invoices/<str:public_id>/xml", invoicing.InvoiceXml.as_view(), name="invoices-xml"),
    path("invoices/<str:public_id>/delivery-events", invoicing.DeliveryEvents.as_view(), name="invoices-delivery-events"),
    *memos("credit-memos", "credit_memo"),
    *memos("debit-memos", "debit_memo"),
    *resource("bank-accounts", all=cashapp.BankAccounts, one=cashapp.BankAccountDetail),
    *resource("receipts", all=cashapp.Receipts, bulk=cashapp.ReceiptsBulk, external=cashapp.ReceiptByExternalId, one=cashapp.ReceiptDetail),
    *resource("bank-files", all=cashapp.BankFiles),
    *resource(
        "remittances", all=remittances.Remittances, bulk=remittances.RemittancesBulk, external=remittances.RemittanceByExternalId,
        one=remittances.RemittanceDetail,
    ),
    *resource("remittance-files", all=remittances.RemittanceFiles),
    path("imports/invoices", invoicing.InvoicesImport.as_view(), name="imports-invoices"),
    path("imports/customers", customers.MasterImport.as_view(), name="imports-customers"),
    path("imports/contacts", customers.ContactsImport.as_view(), name="imports-contacts"),
    path("imports/customer-documents", customers.DocumentsImport.as_view(), name="imports-customer-documents"),
    path("imports/tax-rates", customers.TaxRatesImport.as_view(), name="imports-tax-rates"),
    *resource("open-items", all=ledger.OpenItems, one=ledger.OpenItemDetail),
    *resource(
        "disputes", all=disputes.Disputes, bulk=disputes.DisputesBulk, external=disputes.DisputeByExternalId, one=disputes.DisputeDetail,
    ),
    path("disputes/<str:public_id>/notes", disputes.DisputeNotes.as_view(), name="disputes-notes"),
    path("disputes/<str:public_id>/attachments", disputes.DisputeFiles.as_view(), name="disputes-attachments"),
    *resource("late-charges", all=charges.Charges, one=charges.ChargeDetail),
    *resource("payment-plans", all=plans.Plans, one=plans.PlanDetail),
    *resource("promises", all=promises.Promises, bulk=promises.PromisesBulk, one=promises.PromiseDetail),
    *resource("work-tasks", all=work.WorkTasks, one=work.WorkTaskDetail),
    *resource("inquiries", all=inquiries.Inquiries, one=inquiries.InquiryDetail),
    *resource("escalations", all=escalations.Escalations, one=escalations.EscalationDetail),
    *resource("dunning-letters", all=letters.Letters, one=letters.LetterDetail),
    path("dunning-letters/<str:public_id>/file", letters.LetterFile.as_view(), name="dunning-letters-file"),
    *resource("statement-schedules", all=schedules.Schedules, one=schedules.ScheduleDetail),
    *resource("sent-statements", all=statements.SentStatements, one=statements.SentStatementDetail),
    path("sent-statements/<str:public_id>/file", statements.SentStatementFile.as_view(), name="sent-statements-file"),
    *resource("fx-rates", all=ledger.Rates, bulk=ledger.RatesBulk, one=ledger.RateDetail),
    *resource("jobs", all=Jobs, one=JobDetail),
    *resource("approvals", all=Approvals, one=ApprovalDetail),
    *resource("tasks", all=Tasks, one=TaskDetail),
    *(path(f"tasks/<str:public_id>/{end}", step.as_view(), name=f"tasks-{end}") for end, step in STEPS.items()),
    *resource("events", all=Events),
    path("reports/aging", reports.Aging.as_view(), name="reports-aging"),
    path("reports/dso", reports.Dso.as_view(), name="reports-dso"),
    path("reports/collections-effectiveness", reports.CollectionsEffectiveness.as_view(), name="reports-collections-effectiveness"),
    path("reports/reconciliation", reports.Reconciliation.as_view(), name="reports-reconciliation"),
    re_path("", Nowhere.as_view(), name="nowhere"),
]  # fmt: skip
