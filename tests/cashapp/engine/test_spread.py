"""A batch shared by two processes has the answers of one; a process that fails is seen."""

import os

import pytest

from cashapp.engine import engine, match
from cashapp.engine.spread import spread
from cashapp.engine.synthetic import make_receipts, make_world


def test_two_processes_answer_as_one(monkeypatch) -> None:
    world = make_world(77, open_items=2_000, customers=80)
    receipts = [r for r, _ in make_receipts(world, 200, 77)]
    alone = match(receipts, world.items(), world.payers)
    monkeypatch.setattr(engine, "SPREAD_FROM", 50)
    assert match(receipts, world.items(), world.payers, processes=2) == alone


def test_rows_are_all_done_once_in_their_order() -> None:
    for count, processes in ((1, 2), (7, 2), (7, 3), (10, 5)):
        assert [x for part in spread(list, range(count), processes) for x in part] == list(range(count))


def test_what_a_child_cannot_do_is_done_again_where_it_shows() -> None:
    parent = os.getpid()

    def work(part) -> list[int]:
        if os.getpid() != parent:
            raise RuntimeError("in the child")
        return list(part)

    assert spread(work, range(4), 2) == [[0, 1], [2, 3]]

    def broken(part) -> list[int]:
        if 3 in part:
            raise ValueError("three")
        return list(part)

    with pytest.raises(ValueError, match="three"):
        spread(broken, range(4), 2)
