"""Loading the demo company: set-up, eighteen months of work, the months' closing, and bank files that wait."""

from datetime import date, datetime, timedelta
from pathlib import Path

from django.db import connection

from arops.demo.agreed import keep_lives
from arops.demo.along import Along
from arops.demo.approving import Requests, set_limits
from arops.demo.cases import Cases, set_up_cases
from arops.demo.cashdesk import CashDesk
from arops.demo.cashwork import add_oddities, keep_fees, save_dormancy_rules
from arops.demo.checked import Desk
from arops.demo.contests import make_contests
from arops.demo.dayfiles import write_day
from arops.demo.delivered import deliver, introduce
from arops.demo.everyday import Everyday
from arops.demo.ladder import Ladder
from arops.demo.letters import Letters
from arops.demo.lives import make_lives
from arops.demo.mistakes import make_mistakes
from arops.demo.months import Months
from arops.demo.plan import make_plan
from arops.demo.plans import Plans
from arops.demo.portfolios import share_customers
from arops.demo.problems import make_problems
from arops.demo.setup import SYSTEM, World, set_up
from arops.demo.statements import schedule_statements
from arops.demo.strategies import Strategies
from arops.demo.work import make_work
from ledger.models import Period
from ledger.services import close_period
from reports.services import take_snapshot

SNAPSHOTS = 6


def load(*, today: date, now: datetime, share: float = 1.0, folder: Path) -> World:
    """Load everything up to `today` into an empty database; the files that wait, and the ERP's key, go to `folder`."""
    plan = make_plan(today, share=share)
    keep_fees(plan)
    add_oddities(plan)
    lives = make_lives(plan)
    mistakes = make_mistakes(lives, plan)
    contests = make_contests(plan, {number for act in make_work(plan) for number in act.invoices})
    world = set_up(plan)
    introduce(world)
    set_limits(world)
    set_up_cases(world)
    save_dormancy_rules(world, today)
    keep_lives(world, lives)
    desk = Desk(world, lives, now)
    desk.prepare()
    cases = Cases(world, contests, mistakes, now)
    months = Months(world, lives, cases, now)
    along = Along(world, cases.times, now)
    along.set_up()
    for n, end in months.run():
        along.after(end)
        if n in (0, 2, 6):
            analyze()
    make_problems(world, cases.times, today)
    desk.work()
    Requests(world, today, now).make()
    deliver(world, today, now)
    CashDesk(world, today, now).make()
    Strategies(world, today, now).make()
    Plans(world, today, now).make()
    Ladder(world, today, now).make()
    Letters(world, today, now).make()
    everyday = Everyday(world, cases.times, now)
    everyday.make()
    schedule_statements(world, today)
    share_customers(world, today)
    everyday.look_ahead()
    _snapshots(world, today)
    _close(world, today, now)
    _leave_files(months, world, folder)
    return world


def analyze() -> None:
    """Tell the planner what the tables hold by now, which autovacuum can't see before we commit. Only their owner may."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user")
        if tables := [row[0] for row in cursor.fetchall()]:
            cursor.execute("ANALYZE " + ", ".join(tables))


def _snapshots(world: World, today: date) -> None:
    """The ageing at the ends of the last months, as the nights would have kept it."""
    end = today.replace(day=1)
    for _ in range(SNAPSHOTS):
        end -= timedelta(days=1)
        for company in world.companies.values():
            take_snapshot(company=company, day=end, actor=SYSTEM)
        end = end.replace(day=1)


def _close(world: World, today: date, now: datetime) -> None:
    """Close the months before the last one; that one stands open, ready to be closed."""
    last_month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    for period in Period.objects.filter(company__in=world.companies.values(), span__endswith__lte=last_month).order_by("span"):
        close_period(period=period, actor=world.people["controller"], at=now)


def _leave_files(months: Months, world: World, folder: Path) -> None:
    write_day(folder, world.plan.today, months.waiting())
    key = folder / "erp-key"
    key.touch(mode=0o600)
    key.write_text(world.secret + "\n")
