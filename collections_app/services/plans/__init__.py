"""Payment plans and settlements: negotiated, asked for, offered, signed, running in the books, and how they end."""

from collections_app.services.plans.asking import ask_for_plan
from collections_app.services.plans.early import settle_early
from collections_app.services.plans.ending import cancel_plan
from collections_app.services.plans.errors import PlanError
from collections_app.services.plans.making import make_plan, reschedule_plan
from collections_app.services.plans.nightly import run_plans
from collections_app.services.plans.offering import send_offer
from collections_app.services.plans.signing import sign_plan

__all__ = [
    "PlanError", "ask_for_plan", "cancel_plan", "make_plan", "reschedule_plan", "run_plans", "send_offer", "settle_early", "sign_plan",
]  # fmt: skip
