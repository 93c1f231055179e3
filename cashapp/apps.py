from django.apps import AppConfig


class CashApplicationConfig(AppConfig):
    name = "cashapp"
    verbose_name = "Cash application"
