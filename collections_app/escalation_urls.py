"""Addresses of the ladder and the accounts on it, within the collections namespace."""

from django.urls import path

from collections_app.views import escalation, escalation_acts, ladder

urlpatterns = [
    path("", escalation.cases, name="escalations"),
    path("<int:pk>/", escalation.case, name="escalation"),
    path("<int:pk>/summary/", escalation.summary, name="escalation-summary"),
    path("<int:pk>/pack/", escalation.pack, name="escalation-pack"),
    path("new/<int:pk>/", escalation.new, name="escalation-new"),
    path("<int:pk>/edit/", escalation_acts.edit, name="escalation-edit"),
    path("<int:pk>/step/<str:move>/", escalation_acts.step, name="escalation-step"),
    path("<int:pk>/decide/", escalation_acts.decide, name="escalation-decide"),
    path("<int:pk>/take/", escalation_acts.take, name="escalation-take"),
    path("<int:pk>/close/", escalation_acts.close, name="escalation-close"),
    path("<int:pk>/outside/<str:way>/", escalation_acts.outside, name="escalation-outside"),
    path("ladder/", ladder.ladder, name="ladder"),
    path("ladder/<int:pk>/standard/", ladder.standard, name="ladder-standard"),
    path("ladder/<int:pk>/new/", ladder.rung_new, name="rung-new"),
    path("ladder/rungs/<int:pk>/", ladder.rung, name="rung"),
    path("ladder/rungs/<int:pk>/move/", ladder.move, name="rung-move"),
]
