"""Addresses of the workflow pages: jobs, the audit trail, tasks and links to them, approvals, attachments."""

from django.urls import path

from workflow.views import approvals, attachments, audit, authority, jobs, links, stored, tasks

app_name = "workflow"
urlpatterns = [
    path("jobs/", jobs.index, name="jobs"),
    path("jobs/start/", jobs.start, name="job-start"),
    path("jobs/audit/", audit.trail, name="audit"),
    path("jobs/<int:pk>/", jobs.detail, name="job"),
    path("jobs/<int:pk>/cancel/", jobs.cancel, name="job-cancel"),
    path("jobs/<int:pk>/retry/", jobs.retry, name="job-retry"),
    path("jobs/<int:pk>/file/", jobs.file, name="job-file"),
    path("tasks/", tasks.index, name="tasks"),
    path("tasks/count/", tasks.count, name="task-count"),
    path("tasks/new/", tasks.new, name="task-new"),
    path("tasks/<int:pk>/", tasks.detail, name="task"),
    path("tasks/<int:pk>/<slug:step>/", tasks.step, name="task-step"),
    path("answer/", links.question, name="answer"),
    path("answer/open/", links.open_by_code, name="answer-open"),
    path("answer/send/", links.send, name="answer-send"),
    path("answer/attach/", links.add_file, name="answer-attach"),
    path("answer/files/<int:pk>/", links.fetch, name="answer-file"),
    path("answer/leave/", links.leave, name="answer-leave"),
    path("approvals/", approvals.index, name="approvals"),
    path("approvals/deputies/", authority.deputies, name="deputies"),
    path("approvals/deputies/<int:pk>/end/", authority.deputy_end, name="deputy-end"),
    path("approvals/limits/", authority.authority, name="authority"),
    path("approvals/limits/set/", authority.limit, name="authority-set"),
    path("approvals/<int:pk>/", approvals.detail, name="approval"),
    path("approvals/<int:pk>/<slug:verb>/", approvals.decide, name="approval-decide"),
    path("views/keep/", stored.keep, name="view-keep"),
    path("views/<int:pk>/", stored.change, name="view-change"),
    path("attachments/<int:pk>/", attachments.fetch, name="attachment"),
    path("attachments/<int:pk>/remove/", attachments.remove, name="attachment-remove"),
    path("attachments/<str:subject>/<int:subject_pk>/", attachments.panel, name="attachments"),
]
