"""`manage.py bench collections`: the night of collections for a big company: promises judged, payment plans, late charges, experiments and
steps of strategies, papers chased, letters queued, the ladder, work ranked; then how many letters a minute are laid out.

Peer: Tryton makes 1,080 dunnings a second in process, without letters.
"""

import os
import resource
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from arops.lib import clock
from collections_app.bench_world import ACTOR, TODAY, World, build
from collections_app.models import DunningLetter, PlannedStep, Rung, Strategy, StrategyTrial, StrategyVersion
from collections_app.policy.charges import Tier
from collections_app.policy.strategy import StepDraft, VersionDraft
from collections_app.selectors.charges import month_before
from collections_app.selectors.strategies import draft_of
from collections_app.services.blockers import chase_documents
from collections_app.services.charges.policies import NewPolicy, save_policy
from collections_app.services.charges.running import run_charges
from collections_app.services.dunning import start_run
from collections_app.services.dunning_freeing import free_levels
from collections_app.services.dunning_layout import lay_out_letter
from collections_app.services.dunning_queue import queue_letters
from collections_app.services.escalation.raising import propose_escalations
from collections_app.services.experiments import enter_experiments
from collections_app.services.judging import decide_promises
from collections_app.services.likelihood import measure_likelihood
from collections_app.services.planned import plan_steps
from collections_app.services.plans import run_plans
from collections_app.services.ranking import rank
from collections_app.services.strategies import change_version, create_standard_strategy, create_strategy
from collections_app.services.trials import try_version

Write = Callable[[str], Any]
NIGHT, MEMORY = 300.0, 1_024
"""Goals: seconds for the steps of `NAMED`, megabytes of the process."""
NAMED = ("promises judged", "plans judged", "late charges", "experiments entered", "steps planned", "letters freed", "letters queued")
"""Strategies, promises, charges and letters: what the goal is for. The rest of the night is told beside it."""
MONTH = month_before(TODAY)
"""The month whose late charges are assessed: a night in thirty has that work, too."""
LAID_OUT = 60
"""Letters that are laid out to tell how many a minute are."""


def run(write: Write, sizes: Sequence[int] = (100_000,)) -> None:
    """Build a company of the largest size and let it be night."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    began = time.monotonic()
    world = build(max(sizes), say=lambda said: write(f"{said}, {time.monotonic() - began:,.0f} s"))
    _strategies(world)
    _night(write, world)
    _lay_out(write, world)


def _strategies(world: World) -> None:
    """The standard strategy, one for contractors that calls before it writes, and interest on what is late."""
    create_standard_strategy(actor=ACTOR, company=world.company)
    version = create_strategy(actor=ACTOR, company=world.company, name="Contractors", segment="contractors")
    base = draft_of(version)
    steps = (StepDraft("call", 4, "Ring", minutes=6), *base.steps)
    draft = VersionDraft(base.grace_days, base.quiet_days, base.minimum, steps, ("plan", "inquiry"))
    changed = change_version(actor=ACTOR, version=version, draft=draft, seen=version.revision)
    StrategyTrial.objects.create(version=changed, day=TODAY, content_hash=changed.content_hash, made_by=ACTOR.label)
    StrategyVersion.objects.filter(pk=changed.pk).update(state="active", valid_from=TODAY, activated_by="user:0")
    Rung.objects.create(company=world.company, code="manager", name="Manager", ordinal=1, role="supervisor", days_past_due=60)
    wanted = NewPolicy("Interest", "rate", (Tier(0, Decimal(12)),), MONTH.first, grace_days=10, minimum_charge=5_00)
    save_policy(actor=ACTOR, company=world.company, wanted=wanted, today=MONTH.first)


def _night(write: Write, world: World) -> None:
    company, now = world.company, clock.now()
    run_, _ = start_run(company=company, day=TODAY, actor=ACTOR)
    parts: list[tuple[str, Callable[[], Any]]] = [
        ("promises judged", lambda: decide_promises(company=company, today=TODAY, actor=ACTOR)),
        ("plans judged", lambda: run_plans(actor=ACTOR, company=company, day=TODAY)),
        ("late charges", lambda: run_charges(company=company, period=MONTH, day=TODAY.replace(day=1), actor=ACTOR, now=now)),
        ("experiments entered", lambda: enter_experiments(company=company, day=TODAY, actor=ACTOR)),
        ("steps planned", lambda: plan_steps(company=company, day=TODAY, actor=ACTOR)),
        ("papers chased", lambda: chase_documents(actor=ACTOR, company=company, day=TODAY, now=now)),
        ("letters freed", lambda: free_levels(run=run_)),
        ("letters queued", lambda: queue_letters(run=run_, actor=ACTOR, now=now, tell=lambda done, total: None)),
        ("ladder climbed", lambda: propose_escalations(actor=ACTOR, company=company, day=TODAY)),
        ("likelihood measured", lambda: measure_likelihood(company=company, day=TODAY)),
        ("work ranked", lambda: rank(company=company, day=TODAY, now=now)),
    ]
    took = {name: _timed(write, name, do) for name, do in parts}
    named, whole = sum(took[name] for name in NAMED), sum(took.values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    letters = DunningLetter.objects.filter(run=run_, reason="").count()
    looked = DunningLetter.objects.filter(run=run_).count()
    write(
        f"  {'the night':22} {whole:6.1f} s, of it strategies, promises, charges and letters {named:.1f} s"
        f" (goal {NIGHT:.0f}{', OVER' if named > NIGHT else ''}), memory at most {peak:,} MB"
        f" (goal {MEMORY:,}{', OVER' if peak > MEMORY else ''}): {looked:,} accounts decided, {letters:,} letters queued,"
        f" {PlannedStep.objects.count():,} steps planned"
    )


def _timed(write: Write, name: str, do: Callable[[], Any]) -> float:
    start, own = time.perf_counter(), time.process_time()
    came = do()
    took, own = time.perf_counter() - start, time.process_time() - own
    write(f"  {name:22} {took:6.1f} s, own processor time {own:6.1f} s   {came if came is not None else ''}")
    return took


def _lay_out(write: Write, world: World) -> None:
    """Letters with their pages, and a strategy tried on the whole book."""
    waiting = DunningLetter.objects.filter(company=world.company, reason="", pdf=None).order_by("pk")
    keys, start = list(waiting.values_list("pk", flat=True)[:LAID_OUT]), time.perf_counter()
    for pk in keys:
        lay_out_letter(pk=pk, actor=ACTOR, now=clock.now())
    if keys:
        write(f"  {'letters laid out':22} {len(keys) * 60 / (time.perf_counter() - start):,.0f} a minute and process")
    strategy = Strategy.objects.get(company=world.company, segment="contractors")
    _timed(write, "a strategy tried", lambda: _tried(strategy))


def _tried(strategy: Strategy) -> str:
    version = strategy.versions.get()
    result = try_version(actor=ACTOR, version=version, day=TODAY).result
    return f"{result['accounts']:,} accounts, {result['differences']:,} would be treated otherwise"
