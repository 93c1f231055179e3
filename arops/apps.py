from django.apps import AppConfig


class AropsConfig(AppConfig):
    name = "arops"
    verbose_name = "ArOps"

    def ready(self) -> None:
        """Register the deployment checks."""
        from arops import checks  # noqa: F401
