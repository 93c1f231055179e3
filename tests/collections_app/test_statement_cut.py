"""A statement on paper is cut to what a web process can set, and says so."""

from collections_app.services.statement_paper import FEWEST, ROWS, longest


def test_short_tables_are_whole_and_long_ones_share_what_is_left():
    assert longest([]) == longest([10, 20]) == ROWS
    assert longest([20_000, 0]) == ROWS and longest([20_000, 20_000]) == ROWS // 2
    assert longest([100, 20_000, 9_000]) == (ROWS - 100) // 2
    assert longest([50] * 5_000) == FEWEST, "each account shows something"
    assert all(sum(min(n, longest(rows)) for n in rows) <= ROWS for rows in ([ROWS, 1], [7, 8, 9000], [ROWS // 3] * 4))
