"""Rules of cash: versions of the matrix, own rules, their trials, drafts, and the watch over them."""

from cashapp.services.rules.drafting import draft_from_work
from cashapp.services.rules.drift import close_alarm, watch_rules
from cashapp.services.rules.matrix import activate_matrix, change_matrix, discard_matrix, draft_matrix, return_to_published
from cashapp.services.rules.own import change_rule, discard_rule, draft_rule, refuse_rule, retire_rule, switch_on_rule
from cashapp.services.rules.testing import run_trial

__all__ = [
    "activate_matrix",
    "change_matrix",
    "change_rule",
    "close_alarm",
    "discard_matrix",
    "discard_rule",
    "draft_from_work",
    "draft_matrix",
    "draft_rule",
    "refuse_rule",
    "retire_rule",
    "return_to_published",
    "run_trial",
    "switch_on_rule",
    "watch_rules",
]
