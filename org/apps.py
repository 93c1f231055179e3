from django.apps import AppConfig


class OrganisationConfig(AppConfig):
    name = "org"
    verbose_name = "Organisation"
