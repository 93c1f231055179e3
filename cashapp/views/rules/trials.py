"""A trial: what would have been posted, proposed and asked, how much of it rightly, and every receipt that would go another way."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from arops.lib import clock
from arops.lib.http import filters_of, page
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from cashapp.models import BackTest, Receipt
from cashapp.selectors.bands import customers_of, measured_by
from cashapp.selectors.rules import content_of, tests_in_sight
from cashapp.views.rules.shared import frame, user_of
from disputes.policy.statistics import rounded, wilson
from org.access import allowed
from org.selectors import actor_names

SHOWN = 200
KINDS = (
    ("", "all"), ("0", "posted wrongly now"), ("1", "no longer posted wrongly"), ("2", "no longer posted"), ("3", "newly posted"),
    ("4", "otherwise"),
)  # fmt: skip
"""What a difference is (`trials.weight`) → its name."""
WAYS = {"post": "posted", "propose": "proposed", "ask": "asked"}


@allowed("cash.view")
def trial(request: HttpRequest, pk: int) -> HttpResponse:
    """The figures before and after, by rule, bands that are borne out, the differences row by row. Also as Excel and CSV."""
    user = user_of(request)
    tests = tests_in_sight(user).select_related("company", "matrix", "rule")
    test: BackTest = get_object_or_404(tests, pk=pk)
    asked = filters_of(request, kind="")
    rows, hidden = _differences(user, test)
    counts = {code: sum(1 for r in rows if code in ("", r["kind"])) for code, _ in KINDS}
    kind = asked["kind"] if asked["kind"] in counts else ""
    wanted = [r for r in rows if kind in ("", r["kind"])]
    if request.GET.get("format"):
        if not user.can("reports.export"):
            raise PermissionDenied("this needs the permission reports.export")
        cover = Cover(f"Trial {test.pk}", user.name, clock.today(), {"of": str(test.matrix or test.rule), "kind": dict(KINDS)[kind]})
        file = export_response(request, _table(wanted), cover)
        if file:
            return file
    subject: Any = test.matrix or test.rule
    found = measured_by(test) if test.matrix else None
    context = frame(request, test.company, "matrix" if test.matrix else "own") | {
        "test": test, "subject": subject, "subject_url": _url(test), "figures": test.figures, "ways": _ways(test.figures),
        "rules": _rules(test.figures), "rows": wanted[:SHOWN], "count": len(wanted), "hidden": hidden, "kind": kind,
        "kinds": [(code, label, counts[code]) for code, label in KINDS if counts[code] or not code],
        "stale": content_of(subject) != test.state_of,
        "heard": _heard(test.figures), "measured": found, "own_bands": customers_of(user, found)[:20] if found else [],
        "names": actor_names({test.run_by}), "more": max(0, test.figures["differences"] - len(test.differences)),
    }  # fmt: skip
    return page(request, "cashapp/rules/trial.html", context)


def _url(test: BackTest) -> str:
    if test.matrix_id:
        return reverse("cashapp:rules-version", args=[test.matrix_id])
    return reverse("cashapp:rules-own-rule", args=[test.rule_id])


def percent(part: int, of: int) -> str:
    """A share as people read it: 99.78 %; empty of nothing."""
    return f"{rounded(Decimal(100 * part) / Decimal(of), 2)} %" if of else ""


def interval(right: int, of: int) -> str:
    """The 95 % Wilson interval of a precision."""
    if not of:
        return ""
    found = wilson(right, of)
    return f"{rounded(100 * found.low, 2)} to {rounded(100 * found.high, 2)} %"


def _ways(figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row for each way: counts, shares, precision and money before and after."""
    found = []
    for way, label in WAYS.items():
        row: dict[str, Any] = {"way": way, "label": label}
        for side in ("before", "after"):
            tally = figures[side][way]
            row[side] = tally | {
                "share": percent(tally["count"], figures["receipts"]), "precision": percent(tally["right"], tally["count"]),
                "interval": interval(tally["right"], tally["count"]), "wrong": tally["count"] - tally["right"],
            }  # fmt: skip
        currencies = sorted({*figures["before"][way]["value"], *figures["after"][way]["value"]})
        row["money"] = [(c, figures["before"][way]["value"].get(c, 0), figures["after"][way]["value"].get(c, 0)) for c in currencies]
        found.append(row)
    return found


def _rules(figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """By rule: posted and proposed before and after, and the precision of what would be posted."""
    found = []
    for rule in sorted({*figures["before"]["rules"], *figures["after"]["rules"]}):
        before, after = figures["before"]["rules"].get(rule, {}), figures["after"]["rules"].get(rule, {})
        posted, right = after.get("post", (0, 0))
        found.append(
            {
                "rule": rule, "before": before.get("post", (0, 0))[0], "after": posted, "wrong": posted - right,
                "precision": percent(right, posted), "interval": interval(right, posted),
                "proposed_before": before.get("propose", (0, 0))[0], "proposed": after.get("propose", (0, 0))[0],
            }
        )  # fmt: skip
    return sorted(found, key=lambda r: (-int(r["after"]), -int(r["before"]), str(r["rule"])))


def _heard(figures: Mapping[str, Any]) -> list[tuple[str, int, int, str]]:
    """Of an own rule: what it had a part in, by way: count, right, interval; nothing of a version."""
    own = figures.get("own") or {}
    return [(WAYS[way], pair[0], pair[1], interval(pair[1], pair[0]) if way != "ask" else "") for way, pair in own.items() if pair[0]]


def _differences(user: Any, test: BackTest) -> tuple[list[dict[str, Any]], int]:
    """The differences whose receipts are in sight, and how many are not."""
    wanted = [d["receipt"] for d in test.differences]
    seen = Receipt.objects.visible_to(user, "cash.view").filter(pk__in=wanted).select_related("customer")
    receipts = {r.pk: r for r in seen}
    rows = [
        {"receipt": receipts[d["receipt"]], "kind": str(d["weight"]), "before": d["before"], "after": d["after"]}
        for d in test.differences
        if d["receipt"] in receipts
    ]
    return rows, len(wanted) - len(rows)


def _said(answer: Mapping[str, Any]) -> str:
    right = {True: "rightly", False: "wrongly", None: ""}[answer["right"]]
    told = f"{answer['rule']} {answer['score']}" if answer["way"] != "ask" else ""
    return ", ".join(filter(None, [f"{WAYS[answer['way']]} {right}".strip(), told]))


def _table(rows: Iterable[Mapping[str, Any]]) -> Table:
    columns = [
        Column("receipt", "Receipt", lambda r: r["receipt"].number),
        Column("day", "Day", lambda r: r["receipt"].value_date, kind="date"),
        Column("customer", "Customer", lambda r: r["receipt"].customer.name if r["receipt"].customer else "", grow=True),
        Column("amount", "Amount", lambda r: r["receipt"].amount, kind="money", total=True),
        Column("currency", "Currency", lambda r: r["receipt"].currency),
        Column("before", "With what is in force", lambda r: _said(r["before"]), grow=True),
        Column("after", "With what was tried", lambda r: _said(r["after"]), grow=True),
        Column("kind", "Difference", lambda r: dict(KINDS)[r["kind"]]),
    ]
    return Table(columns, rows, currency=lambda r: r["receipt"].currency, name="difference")
