from django.apps import AppConfig


class AropsConfig(AppConfig):
    name = "arops"
    verbose_name = "ArOps"

    def ready(self) -> None:
        """Register the deployment checks, and the Celery app that views ring through."""
        from arops import celery, checks  # noqa: F401
