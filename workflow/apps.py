from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class WorkflowConfig(AppConfig):
    name = "workflow"
    verbose_name = "Workflow"

    def ready(self) -> None:
        """Load every app's `tasks`: there the kinds of background work are registered. Hand the trail's writer to the floor below."""
        from org.audit import connect
        from workflow.services import record

        connect(record)
        autodiscover_modules("tasks")
