"""Experiments: begun by another person than who made the challenger, entered at night by lot, ended with the figures of the day."""

import secrets
from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from collections_app.models import Experiment, ExperimentMember, StrategyVersion
from collections_app.policy.experiment import draws_challenger
from collections_app.policy.strategy import fingerprint
from collections_app.selectors.dunning import debits_of, late_customers
from collections_app.selectors.experiments import experiment_report
from collections_app.selectors.strategies import StrategyBook, draft_of, version_on
from collections_app.services.activating import approved_draft, follow_on
from collections_app.services.strategies import StrategyError, require_whole
from collections_app.services.trials import fresh_trial
from customers.models import Customer
from org.actors import Actor, require
from org.models import Company
from workflow.services import record

State = StrategyVersion.State
BATCH = 2_000


@transaction.atomic
def start_experiment(*, actor: Actor, challenger: StrategyVersion, share: int, horizon_days: int, today: date, now: datetime) -> Experiment:
    """Try a draft on a random share of its strategy's customers from today on, beside what is in force. `share` is in per cent.

    Customers enter at night as they fall past due, by lot, and stay in their arm. Raises StrategyError, MakerIsNotChecker, NotAllowed.
    """
    held = approved_draft(actor, challenger)
    if not 1 <= share <= 99 or not 7 <= horizon_days <= 180:
        raise StrategyError("the share is between 1 and 99 per cent, the days to pay between 7 and 180")
    champion = version_on(held.strategy, today)
    if champion is None:
        raise StrategyError("nothing of this strategy is in force yet that could be challenged: put the draft in force itself")
    if fingerprint(draft_of(held)) == fingerprint(draft_of(champion)):
        raise StrategyError(
            f"version {held.number} says word for word what version {champion.number}, in force, says: nothing is to be found out; change"
            " the draft, or throw it away"
        )
    if champion.valid_to:
        raise StrategyError(f"another version follows on {champion.valid_to:%-d %b %Y}: try the draft against that one then")
    if Experiment.objects.filter(champion__strategy=held.strategy, state=Experiment.State.RUNNING).exists():
        raise StrategyError("an experiment runs on this strategy: end it first")
    fresh_trial(held, today)
    StrategyVersion.objects.filter(pk=held.pk).update(state=State.CHALLENGER, activated_by=actor.label, activated_at=now)
    made = Experiment.objects.create(
        company=held.strategy.company, champion=champion, challenger=held, share=share, seed=secrets.token_hex(16),
        horizon_days=horizon_days, starts_on=today, made_by=actor.label,
    )  # fmt: skip
    record(
        actor=actor, type="experiment.started", company_id=made.company_id, subject=held.strategy, experiment=made.pk, share=share,
        champion=champion.number, challenger=held.number, seed=made.seed, horizon_days=horizon_days,
    )  # fmt: skip
    return made


def enter_experiments(*, company: Company, day: date, actor: Actor) -> int:
    """Let customers who are past due into the company's running experiments, each once and by lot: how many accounts entered.

    Safe to repeat; a transaction a batch. Raises NotAllowed.
    """
    require(actor, "dunning.run", company.pk)
    running = Experiment.objects.filter(company=company, state=Experiment.State.RUNNING, starts_on__lte=day)
    return sum(_enter(experiment, day) for experiment in running.select_related("company"))


def _enter(experiment: Experiment, day: date) -> int:
    there = set(experiment.members.order_by().values_list("customer", flat=True))
    waiting = [pk for pk in late_customers(experiment.company, day) if pk not in there]
    book = StrategyBook(experiment.company, day)
    return sum(_batch(experiment, book, waiting[n : n + BATCH], day) for n in range(0, len(waiting), BATCH))


def _batch(experiment: Experiment, book: StrategyBook, ids: Sequence[int], day: date) -> int:
    customers = Customer.objects.filter(pk__in=ids, is_active=True, dunning_hold=False).in_bulk()
    mine = [pk for pk, c in customers.items() if (version := book.version_of(c)) and version.pk == experiment.champion_id]
    rows = []
    for (pk, currency), debits in debits_of(mine).items():
        late = [d for d in debits if d.due_date < day and d.chaseable]
        if late:
            rows.append(
                ExperimentMember(
                    experiment=experiment, company_id=experiment.company_id, customer_id=pk, currency=currency, entered_on=day,
                    is_challenger=draws_challenger(experiment.seed, pk, experiment.share), past_due=sum(d.chaseable for d in late),
                    items=[{"id": d.item_id, "open": d.chaseable} for d in late],
                )
            )  # fmt: skip
    return len(ExperimentMember.objects.bulk_create(rows, ignore_conflicts=True))


@transaction.atomic
def end_experiment(*, actor: Actor, experiment: Experiment, adopt: bool, today: date) -> Experiment:
    """End an experiment with what its figures say on the day: with the challenger in force for all from today on, or with the champion.

    Raises StrategyError, NotAllowed.
    """
    require_whole(actor, "strategies.approve", experiment.company_id)
    Company.objects.select_for_update().get(pk=experiment.company_id)
    held = Experiment.objects.select_for_update(of=("self",)).select_related("company", "challenger__strategy").get(pk=experiment.pk)
    if held.state != Experiment.State.RUNNING:
        raise StrategyError("the experiment has ended")
    if adopt and held.challenger.made_by == actor.label:
        raise StrategyError("you made the challenger: somebody else puts it in force for all")
    words = experiment_report(held, today).verdict.words
    if adopt:
        follow_on(held.challenger.strategy, today)
        StrategyVersion.objects.filter(pk=held.challenger_id).update(state=State.ACTIVE, valid_from=today)
    else:
        StrategyVersion.objects.filter(pk=held.challenger_id).update(state=State.RETIRED, valid_from=today, valid_to=today)
    held.state, held.ends_on, held.outcome = Experiment.State.ENDED, today, words[:300]
    held.save(update_fields=["state", "ends_on", "outcome"])
    record(
        actor=actor, type="experiment.adopted" if adopt else "experiment.ended", company_id=held.company_id,
        subject=held.challenger.strategy, experiment=held.pk, outcome=words[:300],
    )  # fmt: skip
    return held
