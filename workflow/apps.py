from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class WorkflowConfig(AppConfig):
    name = "workflow"
    verbose_name = "Workflow"

    def ready(self) -> None:
        """Load every app's `tasks`: there the kinds of background work are registered. Hand the trail's writer to the floor below."""
        from org.audit import connect
        from org.services.confirming import let_confirm
        from workflow.services import record
        from workflow.services.limits import LIMIT, LIMITS, confirm_limit, confirm_limits

        connect(record)
        let_confirm(LIMIT, "settings.manage", confirm_limit)
        let_confirm(LIMITS, "settings.manage", confirm_limits)
        autodiscover_modules("tasks")
