"""The demo's problems: one that was mended five months ago and measured since, one mended lately, and what the night offers."""

from datetime import date, timedelta

from arops.demo.contests import MENDED, PANEL
from arops.demo.setup import SYSTEM, World
from arops.demo.times import Times
from disputes.models import Cause
from disputes.services.measuring import measure_problem
from disputes.services.problems import change_problem, raise_problem, start_acting, start_measuring
from disputes.services.repeats import find_repeats
from org.models import Department


def make_problems(world: World, times: Times, today: date) -> None:
    """Raised, mended and measured on their days; then the night looks for what keeps coming back."""
    _problem(
        world, times, "price_setup", "product", PANEL, "Control panel (CTL-PNL)", "sales", raised=today - timedelta(days=MENDED + 16),
        acted=today - timedelta(days=MENDED), findings="Panels were billed at last year's list price; contracts have 1,810.00.",
        action="The price list of panels is kept in the contract system alone; billing reads it from there.", today=today,
    )  # fmt: skip
    _problem(
        world, times, "work_proof", "technician", "Luis Ortega", "Luis Ortega", "service", raised=today - timedelta(days=70),
        acted=today - timedelta(days=60), findings="Reports come back without the site manager's signature, all from one van.",
        action="Sign-off on the tablet before the job can be closed.", today=today,
    )  # fmt: skip
    for company in world.companies.values():
        find_repeats(actor=SYSTEM, company=company, day=today)


def _problem(
    world: World, times: Times, cause: str, dimension: str, source: str, label: str, department: str,
    *, raised: date, acted: date, findings: str,
    action: str, today: date,
) -> None:  # fmt: skip
    company, sam, eva = world.companies["US01"], world.people["senior"], world.people["supervisor"]
    found = Cause.objects.get(company=company, code=cause)
    whose = Department.objects.get(company=company, code=department)
    with times.on(raised):
        problem = raise_problem(
            actor=sam, company=company, cause=found, today=raised, dimension=dimension, source=source, source_label=label,
            findings=findings, owner=eva, department=whose, due_date=acted,
        )  # fmt: skip
        problem = change_problem(
            actor=eva, problem=problem, version=problem.version, title=problem.title, findings=findings, corrective_action=action,
            owner=eva, department=whose, due_date=acted,
        )  # fmt: skip
        problem = start_acting(actor=eva, problem=problem, version=problem.version)
    with times.on(acted):
        start_measuring(actor=eva, problem=problem, version=problem.version, acted_on=acted, today=acted)
    measure_problem(actor=eva, problem=problem, today=today)
