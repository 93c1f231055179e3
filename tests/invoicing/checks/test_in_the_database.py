"""The same lives out of the database: written by the services of the API, read by the check's own loader, judged alike."""

from datetime import date
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invoicing.bench_lives import load_lives, placed
from invoicing.checks import check_batch
from invoicing.checks.lives import FAULTS, facts_of, make_broken, make_lives
from invoicing.checks.lives.measure import measure
from invoicing.selectors.batch import Batch
from invoicing.selectors.chain import Chain
from invoicing.selectors.facts import load
from org.actors import SystemActor
from tests.factories import make_company

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)


def test_every_fault_is_found_out_of_the_database_as_out_of_the_rows() -> None:
    company = make_company()
    broken = [make_broken(Random(n), n, fault, company=company.code, more=False) for n, fault in enumerate(FAULTS, 1)]
    clean = list(make_lives(21, 40, company=company.code, clean=1, first=501))
    lives = [life for life in (*broken, *clean) if not life.raw]
    load_lives(lives, company=company, actor=SystemActor("test"), today=TODAY)
    documents = placed(lives, company)
    with CaptureQueriesContext(connection) as queries:
        billed, facts = load(Batch(documents, Chain(documents)))
    assert len(queries) <= 30, "a fixed number, whatever the size of the batch"
    found = check_batch(billed, facts)
    assert measure(zip(lives, found, strict=True)).mistakes == []
    for life, ours in zip(lives, found, strict=True):
        document, own_facts = facts_of(life)
        (rows,) = check_batch([document], own_facts)
        assert [(f.rule, f.origin, f.lines, f.effect, f.words) for f in ours] == [
            (f.rule, f.origin, f.lines, f.effect, f.words) for f in rows
        ]
