"""Addresses of the workflow pages: jobs, the audit trail, tasks, attachments."""

from django.urls import path

from workflow.views import audit, jobs

app_name = "workflow"
urlpatterns = [
    path("jobs/", jobs.index, name="jobs"),
    path("jobs/start/", jobs.start, name="job-start"),
    path("jobs/audit/", audit.trail, name="audit"),
    path("jobs/<int:pk>/", jobs.detail, name="job"),
    path("jobs/<int:pk>/cancel/", jobs.cancel, name="job-cancel"),
    path("jobs/<int:pk>/retry/", jobs.retry, name="job-retry"),
    path("jobs/<int:pk>/file/", jobs.file, name="job-file"),
]
