from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class WorkflowConfig(AppConfig):
    name = "workflow"
    verbose_name = "Workflow"

    def ready(self) -> None:
        """Load every app's `tasks`: there the kinds of background work are registered."""
        autodiscover_modules("tasks")
