"""Collections: strategies, dunning, contacts, promises and plans, charges, inquiries, escalation, portfolios, the work list."""

from collections_app.models.activity import Activity, Snooze
from collections_app.models.blocker import DocumentChase
from collections_app.models.charge import Charge, ChargedItem, ChargePolicy, ChargeRun, ChargeTier, LegalLimit
from collections_app.models.dunning import DunningLetter, DunningOutlook, DunningRun, OutlookRow
from collections_app.models.escalation import Escalation, PlacedItem, Rung
from collections_app.models.inquiry import AnswerTemplate, Inquiry, InquiryEntry, InquiryItem, OwnPaper, Suggestion
from collections_app.models.plan import Instalment, PaymentPlan, PlanItem
from collections_app.models.portfolio import Absence, Assignment, PortfolioRule
from collections_app.models.promise import Promise, PromiseInstalment, PromiseItem
from collections_app.models.settings import CollectionPolicy
from collections_app.models.statement import SentStatement, StatementSchedule
from collections_app.models.strategy import (
    Experiment,
    ExperimentMember,
    PlannedStep,
    Strategy,
    StrategyStep,
    StrategyText,
    StrategyTrial,
    StrategyVersion,
)
from collections_app.models.tag import CustomerTag, Tag
from collections_app.models.work import Chance, CustomerChance, Likelihood, Ranking, WorkLease, WorkTask

__all__ = [
    "Absence",
    "Activity",
    "AnswerTemplate",
    "Assignment",
    "Chance",
    "Charge",
    "ChargePolicy",
    "ChargeRun",
    "ChargeTier",
    "ChargedItem",
    "CollectionPolicy",
    "CustomerChance",
    "CustomerTag",
    "DocumentChase",
    "DunningLetter",
    "DunningOutlook",
    "DunningRun",
    "Escalation",
    "Experiment",
    "ExperimentMember",
    "Inquiry",
    "InquiryEntry",
    "InquiryItem",
    "Instalment",
    "LegalLimit",
    "Likelihood",
    "OutlookRow",
    "OwnPaper",
    "PaymentPlan",
    "PlacedItem",
    "PlanItem",
    "PlannedStep",
    "PortfolioRule",
    "Promise",
    "PromiseInstalment",
    "PromiseItem",
    "Ranking",
    "Rung",
    "SentStatement",
    "Snooze",
    "StatementSchedule",
    "Strategy",
    "StrategyStep",
    "StrategyText",
    "StrategyTrial",
    "StrategyVersion",
    "Suggestion",
    "Tag",
    "WorkLease",
    "WorkTask",
]
