"""Addresses of collections: the queue, calls, promises; dunning has its own list."""

from django.urls import include, path

from collections_app.views import (
    blockers,
    calls,
    effort,
    play,
    policy,
    portfolios,
    promises,
    queue,
    ranking,
    statements,
)
from collections_app.views.inquiries import answering, detail, inbox
from collections_app.views.inquiries import templates as answer_templates
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
    # papers that hold payments up
    path("blockers/", blockers.index, name="blockers"),
    path("blockers/<int:pk>/remind/", blockers.remind, name="blocker-remind"),
    path("blockers/<int:pk>/take/", blockers.take, name="blocker-take"),
    path("blockers/<int:pk>/pause/", blockers.pause, name="blocker-pause"),
    path("policy/", policy.first, name="policy-first"),
    path("policy/<int:pk>/", policy.policy, name="policy"),
    # Strategies.
    path("strategies/", include("collections_app.strategy_urls")),
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
    # Escalations and the ladder.
    path("escalations/", include("collections_app.escalation_urls")),
    # The inbox: inquiries, answers, templates.
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/mails/", inbox.upload, name="inbox-upload"),
    path("inbox/new/", inbox.new, name="inquiry-new"),
    path("inbox/others/", inbox.others, name="inbox-others"),
    path("inbox/others/<int:pk>/take/", inbox.take, name="inbox-take"),
    path("inbox/<int:pk>/", detail.inquiry, name="inquiry"),
    path("inbox/<int:pk>/next/", inbox.following, name="inquiry-next"),
    path("inbox/<int:pk>/assign/", detail.assign, name="inquiry-assign"),
    path("inbox/<int:pk>/customer/", detail.customer, name="inquiry-customer"),
    path("inbox/<int:pk>/note/", detail.note, name="inquiry-note"),
    path("inbox/<int:pk>/close/", detail.close, name="inquiry-close"),
    path("inbox/<int:pk>/reopen/", detail.reopen, name="inquiry-reopen"),
    path("inbox/<int:pk>/to-cash/", detail.to_cash, name="inquiry-to-cash"),
    path("inbox/<int:pk>/keep-sender/", detail.keep, name="inquiry-keep-sender"),
    path("inbox/<int:pk>/answer/", answering.answer, name="inquiry-answer"),
    path("inbox/<int:pk>/answer/words/", answering.words, name="inquiry-words"),
    path("inbox/<int:pk>/answer/preview/", answering.preview, name="inquiry-preview"),
    path("inbox/<int:pk>/unsend/<int:message_pk>/", answering.unsend, name="inquiry-unsend"),
    path("inbox/suggestions/<int:pk>/", answering.suggestion, name="suggestion"),
    path("inbox/suggestions/<int:pk>/confirm/", answering.confirm, name="suggestion-confirm"),
    path("inbox/suggestions/<int:pk>/dismiss/", answering.dismiss, name="suggestion-dismiss"),
    path("inbox/mails/<int:pk>/original/", detail.original, name="inbox-mail"),
    path("inbox/files/<int:pk>/", detail.part, name="inbox-file"),
    path("templates/", answer_templates.index, name="templates"),
    path("templates/new/", answer_templates.new, name="template-new"),
    path("templates/standard/", answer_templates.standard, name="templates-standard"),
    path("templates/preview/", answer_templates.preview, name="template-preview"),
    path("templates/papers/", answer_templates.paper, name="own-paper"),
    path("templates/papers/<int:pk>/", answer_templates.paper_file, name="own-paper-file"),
    path("templates/papers/<int:pk>/drop/", answer_templates.paper_drop, name="own-paper-drop"),
    path("templates/<int:pk>/", answer_templates.template, name="template"),
    # Dunning.
    path("dunning/", include("collections_app.dunning_urls")),
]
