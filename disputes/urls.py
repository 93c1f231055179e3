"""Addresses of the disputes pages."""

from django.urls import path

from disputes.views import (
    asking,
    binder,
    cases,
    investigating,
    levels,
    opening,
    problems,
    queues,
    repeats,
    service,
    settling,
    signing,
    taxonomy,
    telling,
    texts,
)
from disputes.views import causes as roots

app_name = "disputes"
urlpatterns = [
    # Queues and the page of a case.
    path("", queues.index, name="list"),
    path("several/", queues.several, name="several"),
    path("<int:pk>/", cases.detail, name="detail"),
    path("<int:pk>/next/", queues.following, name="next"),
    path("<int:pk>/note/", cases.note, name="note"),
    path("<int:pk>/move/", cases.move, name="move"),
    path("<int:pk>/assign/", cases.assign, name="assign"),
    path("<int:pk>/hand-over/", cases.hand_over, name="hand-over"),
    path("<int:pk>/watch/", cases.watch, name="watch"),
    # Opening by hand.
    path("open/<int:item_pk>/", opening.create, name="open"),
    path("<int:pk>/amend/", opening.amend, name="amend"),
    # Service levels and policy.
    path("levels/", levels.index, name="levels"),
    path("levels/set/", levels.level, name="level"),
    path("levels/policy/", levels.policy, name="policy"),
    path("levels/standard/", levels.standard, name="levels-standard"),
    path("levels/<int:pk>/remove/", levels.remove, name="level-remove"),
    # The service report.
    path("service/", service.report, name="service"),
    path("service/cases/", service.behind, name="service-cases"),
    # The audit file of a case.
    path("<int:pk>/file/", binder.file, name="file"),
    # Asking departments.
    path("<int:pk>/ask/", asking.ask, name="ask"),
    path("<int:pk>/escalate/", asking.escalate, name="escalate"),
    # What is said to customers.
    path("<int:pk>/reply/", telling.reply, name="reply"),
    path("<int:pk>/reply/words/", telling.words, name="reply-words"),
    path("<int:pk>/reply/preview/", telling.preview, name="reply-preview"),
    path("<int:pk>/said/<int:message_pk>/take-back/", telling.unsend, name="unsend"),
    path("<int:pk>/said/<int:message_pk>/again/", telling.resend, name="resend"),
    path("texts/", texts.index, name="texts"),
    path("texts/new/", texts.new, name="text-new"),
    path("texts/preview/", texts.preview, name="text-preview"),
    path("texts/standard/", texts.standard, name="texts-standard"),
    path("texts/<int:pk>/", texts.detail, name="text"),
    # Settling, and sign-offs.
    path("<int:pk>/settle/", settling.settle, name="settle"),
    path("<int:pk>/settle/foresee/", settling.foreseen, name="settle-foresee"),
    path("<int:pk>/settle/letter/", settling.letter, name="letter"),
    path("<int:pk>/settlements/<int:settlement_pk>/take-back/", settling.withdraw, name="settlement-withdraw"),
    path("sign-offs/", signing.index, name="sign-offs"),
    path("sign-offs/count/", signing.count, name="sign-off-count"),
    path("sign-offs/<int:pk>/", signing.detail, name="sign-off"),
    path("sign-offs/<int:pk>/files/<int:attachment_pk>/", signing.evidence, name="sign-off-file"),
    path("sign-off-rules/", signing.rules, name="sign-off-rules"),
    path("sign-off-rules/<int:pk>/remove/", signing.remove_rule, name="sign-off-rule-remove"),
    # Looking into a case.
    path("<int:pk>/investigate/", investigating.investigate, name="investigate"),
    path("<int:pk>/investigate/record/", investigating.record, name="finding-record"),
    # Root causes: counted, set up, found to repeat, raised as problems.
    path("causes/", roots.index, name="causes"),
    path("causes/by-source/", roots.by_source, name="heat"),
    path("causes/cases/", roots.cases, name="cause-cases"),
    path("causes/taxonomy/", taxonomy.index, name="taxonomy"),
    path("causes/taxonomy/<int:pk>/", taxonomy.detail, name="cause"),
    path("causes/taxonomy/<int:pk>/use/", taxonomy.use, name="cause-use"),
    path("causes/taxonomy/new/<int:company_pk>/", taxonomy.new, name="cause-new"),
    path("causes/taxonomy/rules/<int:company_pk>/", taxonomy.rules, name="cause-rules"),
    path("causes/taxonomy/standard/<int:company_pk>/", taxonomy.standard, name="causes-standard"),
    path("causes/repeats/", repeats.index, name="repeats"),
    path("causes/repeats/<int:pk>/raise/", repeats.raised, name="repeat-raise"),
    path("causes/repeats/<int:pk>/put-aside/", repeats.dismiss, name="repeat-dismiss"),
    path("causes/repeats/<int:pk>/again/", repeats.again, name="repeat-again"),
    path("causes/problems/", problems.index, name="problems"),
    path("causes/problems/new/<int:company_pk>/", problems.new, name="problem-new"),
    path("causes/problems/<int:pk>/", problems.detail, name="problem"),
    path("causes/problems/<int:pk>/change/", problems.change, name="problem-change"),
    path("causes/problems/<int:pk>/ask/", problems.ask, name="problem-ask"),
    path("causes/problems/<int:pk>/<slug:step>/", problems.step, name="problem-step"),
]
