"""Addresses of strategies, their trials and experiments, within the collections namespace."""

from django.urls import path

from collections_app.views import experiments, strategies, strategy_changes, strategy_steps

urlpatterns = [
    path("", strategies.strategies, name="strategies"),
    path("standard/", strategies.standard, name="strategy-standard"),
    path("new/", strategy_steps.new, name="strategy-new"),
    path("<int:pk>/retire/", strategy_steps.retire, name="strategy-retire"),
    path("<int:pk>/draft/", strategies.draft, name="strategy-draft"),
    path("versions/<int:pk>/", strategies.version, name="strategy-version"),
    path("versions/<int:pk>/changes/", strategy_changes.compare, name="strategy-changes"),
    path("versions/<int:pk>/discard/", strategies.discard, name="strategy-discard"),
    path("versions/<int:pk>/try/", strategy_steps.attempt, name="strategy-try"),
    path("versions/<int:pk>/activate/", strategy_steps.activate, name="strategy-activate"),
    path("versions/<int:pk>/challenge/", experiments.start, name="experiment-start"),
    path("versions/<int:pk>/steps/<int:ordinal>/", strategy_steps.preview, name="strategy-preview"),
    path("trials/<int:pk>/", strategy_steps.trial, name="strategy-trial"),
    path("experiments/<int:pk>/", experiments.experiment, name="experiment"),
    path("experiments/<int:pk>/end/", experiments.end, name="experiment-end"),
]
