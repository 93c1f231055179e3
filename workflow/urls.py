"""Addresses of the workflow pages: jobs, and the audit trail."""

from django.urls import path

from workflow.views import audit, jobs

app_name = "workflow"
urlpatterns = [
    path("", jobs.index, name="jobs"),
    path("start/", jobs.start, name="job-start"),
    path("audit/", audit.trail, name="audit"),
    path("<int:pk>/", jobs.detail, name="job"),
    path("<int:pk>/cancel/", jobs.cancel, name="job-cancel"),
    path("<int:pk>/retry/", jobs.retry, name="job-retry"),
    path("<int:pk>/file/", jobs.file, name="job-file"),
]
