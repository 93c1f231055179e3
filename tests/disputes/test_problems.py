"""Problems from the first word to whether the fix worked, a quarter of days later."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from disputes.models import ProblemMeasure, Repeat
from disputes.selectors.problems import cases_of, counts_of, problems_in, tasks_of
from disputes.services.measuring import NotMeasured, measure_problem, measure_problems
from disputes.services.problems import (
    ProblemError,
    StaleProblem,
    ask_about_problem,
    change_problem,
    close_problem,
    raise_problem,
    raise_repeat,
    reopen_problem,
    start_acting,
    start_measuring,
)
from disputes.services.repeats import find_repeats
from messaging.models import Message
from messaging.services import queue_notices
from org.actors import NotAllowed
from org.models import Department
from tests.disputes.shop_of_causes import Shop, every
from tests.factories import SYSTEM, make_user
from workflow.models import Event
from workflow.services.tasks import answer_task

pytestmark = pytest.mark.django_db
ACTED = date(2026, 9, 1)


@pytest.fixture
def shop():
    return Shop()


def raised(shop, **fields):
    wanted = {"dimension": "product", "source": "FLT-20", "source_label": "Filter set"} | fields
    return raise_problem(actor=shop.senior, company=shop.company, cause=shop.cause(), today=ACTED, **wanted)


def mended(shop, problem, acted_on=ACTED, today=ACTED):
    """The corrective action is said, begun and done."""
    problem = change_problem(
        actor=shop.senior, problem=problem, version=problem.version, title=problem.title, findings="keyed by hand", owner=shop.senior,
        corrective_action="price list in the order form", department=problem.department, due_date=ACTED,
    )  # fmt: skip
    problem = start_acting(actor=shop.senior, problem=problem, version=problem.version)
    return start_measuring(actor=shop.senior, problem=problem, version=problem.version, acted_on=acted_on, today=today)


def history(shop, *, before, after, lag=5):
    """Two invoices a day of the product for 92 days on either side; every so manyeth is disputed."""
    first = shop.bill(shop.acme, every(1, ACTED - timedelta(days=92), 92) * 2)
    later = shop.bill(shop.other, every(1, ACTED, 91) * 2)
    for invoices, each in ((first, before), (later, after)):
        for invoice in invoices[::each] if each else []:
            shop.dispute(invoice, cause=shop.cause(), after=lag)
    return first, later


def test_a_quarter_later_the_fix_is_seen_to_have_worked(shop):
    """Found by the night, raised, mended on 1 September, measured by the nights of a quarter, closed with its outcome."""
    history(shop, before=6, after=30)
    shop.bill(shop.other, every(1, ACTED - timedelta(days=60), 60), sku="PMP-1")
    find_repeats(actor=SYSTEM, company=shop.company, day=ACTED)
    repeat = Repeat.objects.get(dimension="product")
    problem = mended(shop, raise_repeat(actor=shop.senior, repeat=repeat, today=ACTED))
    assert measure_problems(actor=SYSTEM, company=shop.company, day=ACTED) == {"measured": 1, "too_few": 1}
    for days in (1, 6):
        assert measure_problems(actor=SYSTEM, company=shop.company, day=ACTED + timedelta(days=days)) == {"measured": 0}
    assert measure_problems(actor=SYSTEM, company=shop.company, day=ACTED + timedelta(days=30))["measured"] == 1
    today = ACTED + timedelta(days=90)
    assert measure_problems(actor=SYSTEM, company=shop.company, day=today) == {"measured": 1, "worked": 1}
    last = ProblemMeasure.objects.latest("pk")
    assert (last.before_from, last.after_to, last.result["lag"]) == (date(2026, 6, 2), today - timedelta(days=5), 5)
    assert last.result["days"] == 86 and last.before_invoices == last.after_invoices == 172
    assert (last.before_cases, last.after_cases) == (28, 5)
    assert (last.before_amount, last.after_amount) == (28 * 40_00, 5 * 40_00)
    assert "look 3" in last.result["words"] and "it holds" in last.result["words"]
    closed = close_problem(actor=shop.senior, problem=problem, version=problem.version, today=today, note="Done.")
    assert closed.state == "closed" and closed.outcome.startswith("Done. Worked: 28 of 172 invoices (16.3 %) before, 5 of 172")
    assert closed.measures.count() == 3  # the night measured that day already
    told = set(Event.objects.filter(subject_type="disputes.problem").values_list("type", flat=True))
    assert told == {f"problem.{w}" for w in ("raised", "changed", "acting", "measuring", "measured", "closed")}


def test_what_is_too_young_to_be_disputed_is_left_out_on_both_sides(shop):
    """Cases of the last days say nothing about the youngest invoices, and the before side is seen as of its own last day."""
    first, _ = history(shop, before=6, after=0, lag=20)
    problem = mended(shop, raised(shop))
    shop.dispute(first[-1], cause=shop.cause(), after=40)  # dated within the window, disputed after the change: not seen before it
    measure = measure_problem(actor=shop.senior, problem=problem, today=ACTED + timedelta(days=60))
    assert measure.result["lag"] == 20
    assert measure.after_invoices == 2 * 41 and measure.before_invoices == 2 * 41
    assert measure.before_from == ACTED - timedelta(days=61)
    dated = [i for i in first[::6] if measure.before_from <= i.document_date <= ACTED - timedelta(days=21)]
    assert measure.before_cases == len(dated)


def test_cases_that_wait_for_a_finding_keep_the_verdict_open(shop):
    _, later = history(shop, before=6, after=30)
    problem = mended(shop, raised(shop))
    for invoice in later[1:60:3]:
        shop.dispute(invoice)
    measure = measure_problem(actor=shop.senior, problem=problem, today=ACTED + timedelta(days=90))
    assert measure.result["verdict"] == "too_few" and measure.result["unfound"] == 20


def test_no_change_and_few_cases_are_told_apart(shop):
    history(shop, before=2, after=2)
    measure = measure_problem(actor=shop.senior, problem=mended(shop, raised(shop)), today=ACTED + timedelta(days=90))
    assert measure.result["verdict"] == "no_difference"
    early = measure_problem(actor=shop.senior, problem=raised_everywhere(shop), today=ACTED + timedelta(days=12))
    assert early.result["verdict"] == "too_few" and "on either side are needed" in early.result["words"]


def raised_everywhere(shop):
    return mended(shop, raise_problem(actor=shop.senior, company=shop.company, cause=shop.cause(), today=ACTED))


def test_a_problem_is_open_once_and_goes_step_by_step(shop):
    problem = raised(shop)
    with pytest.raises(ProblemError, match="PRB-000001 is open about this already"):
        raised(shop)
    with pytest.raises(ProblemError, match="fill in first: “What is done about it”, “Done by”, and save"):
        start_acting(actor=shop.senior, problem=problem, version=0)
    with pytest.raises(ProblemError, match="doesn’t become"):
        start_measuring(actor=shop.senior, problem=problem, version=0, acted_on=ACTED, today=ACTED)
    with pytest.raises(NotMeasured, match="from which day"):
        measure_problem(actor=shop.senior, problem=problem, today=ACTED)
    with pytest.raises(ProblemError, match="never measured"):
        close_problem(actor=shop.senior, problem=problem, version=0, today=ACTED)
    with pytest.raises(StaleProblem):
        close_problem(actor=shop.senior, problem=problem, version=7, today=ACTED, note="no")
    closed = close_problem(actor=shop.senior, problem=problem, version=0, today=ACTED, note="a mistake of ours")
    second = raised(shop)
    assert second.number == "PRB-000002"
    with pytest.raises(ProblemError, match="PRB-000002 is open"):
        reopen_problem(actor=shop.senior, problem=closed, version=closed.version, reason="again")


def test_a_day_to_come_is_no_day_to_measure_from(shop):
    with pytest.raises(ProblemError, match="not here yet"):
        mended(shop, raised(shop), acted_on=ACTED + timedelta(days=1))
    with pytest.raises(ProblemError, match="five years"):
        mended(shop, raised(shop, source="PMP-1"), acted_on=date(1, 1, 1))


def test_it_is_seen_with_its_cases_and_tasks_and_when_it_is_late(shop):
    (invoice, *_) = shop.bill(shop.acme, [ACTED])
    case = shop.dispute(invoice, cause=shop.cause())
    shop.dispute(invoice, cause=shop.cause("unit_setup"))
    problem = raised(shop, due_date=ACTED)
    assert list(cases_of(problem, shop.senior)) == [case]
    sales = Department.objects.get(company=shop.company, code="sales")
    asked = {"question": "Which list holds?", "due_date": ACTED, "today": ACTED, "token": "t1"}
    task = ask_about_problem(actor=shop.senior, problem=problem, department=sales, **asked)
    answer_task(actor=SYSTEM, task=task, body="The one of May", today=ACTED)
    assert [t.notes.get().body for t in tasks_of(problem)] == ["The one of May"]
    assert list(problems_in(shop.specialist, "late", ACTED)) == []
    assert list(problems_in(shop.specialist, "late", ACTED + timedelta(days=1))) == [problem]
    assert counts_of(shop.senior, ACTED)["open"] == 1


def test_a_specialist_reads_problems_and_works_none(shop):
    with pytest.raises(NotAllowed):
        raise_problem(actor=shop.specialist, company=shop.company, cause=shop.cause(), today=ACTED)
    problem = raised(shop)
    for act in (
        lambda: close_problem(actor=shop.specialist, problem=problem, version=0, today=ACTED, note="x"),
        lambda: measure_problem(actor=shop.specialist, problem=problem, today=ACTED),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_the_owner_is_told_what_is_new_about_a_problem_once(shop):
    def told(day):
        before = set(Message.objects.values_list("pk", flat=True))
        queue_notices(now=timezone.now(), today=day)
        assert queue_notices(now=timezone.now(), today=day) == 0
        fresh = Message.objects.exclude(pk__in=before).order_by("pk")
        return [(m.subject.partition(":")[0], m.recipients) for m in fresh if "PRB-" in m.subject]

    history(shop, before=6, after=30)
    boss, owner = make_user("supervisor", shop.company), shop.senior
    problem = raise_problem(actor=boss, company=shop.company, cause=shop.cause(), today=ACTED, owner=owner, due_date=ACTED)
    assert told(ACTED) == [("Yours now", [owner.email])]
    assert told(ACTED + timedelta(days=1)) == [("Late", [owner.email])]
    mended(shop, problem)
    for days, expected in ((1, []), (90, [("Measured, worked", [owner.email])]), (97, [])):
        measure_problems(actor=SYSTEM, company=shop.company, day=ACTED + timedelta(days=days))
        assert told(ACTED + timedelta(days=days)) == expected
