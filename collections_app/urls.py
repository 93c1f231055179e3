"""Addresses of collections: the queue, calls, promises; dunning has its own list."""

from django.urls import include, path

from collections_app.views import calls, effort, play, policy, portfolios, promises, queue, ranking, statements, strategies
from collections_app.views.plans import lists as plans
from collections_app.views.plans import negotiating as plan_terms
from collections_app.views.plans import plan

app_name = "collections"
urlpatterns = [
    path("", queue.queue, name="queue"),
    path("task/<str:key>/", queue.peek, name="peek"),
    path("task/<str:key>/done/", queue.done, name="done"),
    path("task/<str:key>/snooze/", queue.snooze, name="snooze"),
    path("play/", play.play, name="play"),
    path("play/take-over/<int:pk>/", play.take_over, name="take-over"),
    path("ranking/", ranking.ranking, name="ranking"),
    path("bulk/", queue.bulk, name="bulk"),
    path("restore/", queue.restore, name="restore"),
    path("call/<int:pk>/", calls.call, name="call"),
    path("call/<int:pk>/draft/", calls.draft, name="call-draft"),
    path("promises/", promises.promises, name="promises"),
    path("promises/<int:pk>/", promises.promise, name="promise"),
    path("promises/<int:pk>/cancel/", promises.cancel, name="promise-cancel"),
    # portfolios, and what people's work brought
    path("portfolios/", portfolios.overview, name="portfolios"),
    path("portfolios/moves/", portfolios.moves, name="portfolio-moves"),
    path("portfolios/customers/", portfolios.customers, name="portfolio-customers"),
    path("portfolios/rules/new/", portfolios.rule, name="portfolio-rule-new"),
    path("portfolios/rules/<int:pk>/", portfolios.rule, name="portfolio-rule"),
    path("portfolios/rules/<int:pk>/move/", portfolios.move_rule, name="portfolio-rule-move"),
    path("portfolios/absences/new/", portfolios.absence, name="absence-new"),
    path("portfolios/absences/<int:pk>/end/", portfolios.absence_end, name="absence-end"),
    path("portfolios/notes/read/", portfolios.read_notes, name="notes-read"),
    path("effort/", effort.report, name="effort"),
    path("effort/activities/", effort.activities, name="activities"),
    path("effort/payments/", effort.payments, name="effort-payments"),
    path("policy/", policy.first, name="policy-first"),
    path("policy/<int:pk>/", policy.policy, name="policy"),
    # Strategies: list, editor of a version.
    path("strategies/", strategies.strategies, name="strategies"),
    path("strategies/standard/", strategies.standard, name="strategy-standard"),
    path("strategies/<int:pk>/draft/", strategies.draft, name="strategy-draft"),
    path("strategies/versions/<int:pk>/", strategies.version, name="strategy-version"),
    path("strategies/versions/<int:pk>/discard/", strategies.discard, name="strategy-discard"),
    # Statements by schedule.
    path("statements/", statements.statements, name="statements"),
    path("statements/new/", statements.new, name="statement-schedule-new"),
    path("statements/<int:pk>/", statements.schedule, name="statement-schedule"),
    path("statements/<int:pk>/end/", statements.end, name="statement-schedule-end"),
    # Payment plans and settlements.
    path("plans/", plans.plans, name="plans"),
    path("plans/new/<int:pk>/", plan_terms.new, name="plan-new"),
    path("plans/<int:pk>/", plan.plan, name="plan"),
    path("plans/<int:pk>/change/", plan_terms.change, name="plan-change"),
    path("plans/<int:pk>/ask/", plan.ask, name="plan-ask"),
    path("plans/<int:pk>/send/", plan.send, name="plan-send"),
    path("plans/<int:pk>/sign/", plan.sign, name="plan-sign"),
    path("plans/<int:pk>/early/", plan.early, name="plan-early"),
    path("plans/<int:pk>/cancel/", plan.cancel, name="plan-cancel"),
    path("plans/<int:pk>/paper/", plan.paper, name="plan-paper"),
    path("plans/<int:pk>/signed/", plan.signed, name="plan-signed"),
    # Late charges.
    path("charges/", include("collections_app.charge_urls")),
    # Dunning.
    path("dunning/", include("collections_app.dunning_urls")),
]
