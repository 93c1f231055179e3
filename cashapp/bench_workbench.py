"""`manage.py bench workbench`: every request of the workbench, over a company of many open items and waiting receipts, beside plain SQL."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db import connection, connections
from django.test import Client
from django.test.utils import override_settings
from django.urls import reverse

from cashapp import engine
from cashapp.bench_paint import first_paints
from cashapp.bench_world import ACTOR, Loaded, load, receive
from cashapp.engine.synthetic import Truth, make_receipts, make_world
from cashapp.models import MatchPolicy, MatchProposal, Receipt
from cashapp.readers.advice.model import Advice, AdviceLine
from cashapp.services import match_receipts
from cashapp.services.remittances.taking import take_advices
from ledger.models import OpenItem
from org.models import Membership, User

Write = Callable[[str], Any]

WAITING, ADVISED, ASKED, SEED = 1_000, 300, 100, 5
GOAL, PAINT = 0.100, 0.400
QUEUE = (
    "SELECT r.*, o.balance, c.name FROM cashapp_receipt r JOIN ledger_openitem o ON o.id = r.open_item_id LEFT JOIN customers_customer c"
    " ON c.id = r.customer_id WHERE o.balance < 0 AND NOT r.on_account ORDER BY r.score DESC, r.amount DESC LIMIT 200"
)
ONE = (
    "SELECT p.*, i.* FROM cashapp_matchproposal p JOIN cashapp_receipt r ON r.id = p.receipt_id LEFT JOIN ledger_openitem i"
    " ON i.customer_id = r.suggested_id AND i.balance > 0 WHERE p.receipt_id = %(receipt)s ORDER BY p.rank LIMIT 50"
)
FIND = "SELECT * FROM ledger_openitem WHERE balance <> 0 AND (number ILIKE %(q)s OR po_number ILIKE %(q)s) ORDER BY due_date LIMIT 12"
Answer = tuple[float, float, int]
"""Seconds by the clock, seconds of this process's own processor time, status."""


def run(write: Write, sizes: Sequence[int] = (10_000,)) -> None:
    """Build a company and measure each request over many receipts: the middle and the 95th in a hundred, goal 100 ms at p95."""
    size = max(sizes)
    loaded, rows = _world(size, write)
    user = _person(loaded)
    with override_settings(BUSINESS_DATE=rows[0].value_date, ALLOWED_HOSTS=[*settings.ALLOWED_HOSTS, "testserver"]):
        client = Client(headers={"HX-Request": "true"})
        client.force_login(user)
        plain = Client()
        plain.force_login(user)
        wanted = list(Receipt.objects.filter(company=loaded.company).to_clear().order_by("-score", "pk").values_list("pk", flat=True))
        write(
            f"  {len(wanted):,} receipts wait; each request asked {ASKED} times; server time in ms, p50 and p95 (goal 100), and plain SQL"
        )
        chosen = wanted[:: max(1, len(wanted) // ASKED)][:ASKED]
        _say_paint(write, plain, chosen)
        _measure_all(write, client, plain, chosen)


def _say_paint(write: Write, client: Client, receipts: Sequence[int]) -> None:
    paths = [reverse("cashapp:workbench"), *(f"{reverse('cashapp:workbench')}?receipt={pk}" for pk in receipts[:5])]
    found = first_paints(client, paths)
    if not found:
        write("  first paint: no browser here")
        return
    late = " OVER" if _at(found, 0.95) > PAINT else ""
    write(f"  first paint in a browser   p50 {_at(found, 0.5) * 1000:7.1f}   p95 {_at(found, 0.95) * 1000:7.1f}{late}   (goal 400)")


def _world(size: int, write: Write) -> tuple[Loaded, list[Receipt]]:
    world = make_world(SEED, open_items=size, customers=max(size // 25, 10))
    drawn, truths = zip(*make_receipts(world, WAITING, SEED), strict=True)
    loaded = load(world)
    MatchPolicy.objects.create(company=loaded.company, posts_alone=False)
    rows = receive(loaded, drawn)
    advices = [_advice(r, t, loaded, drawn) for r, t in zip(rows, truths, strict=True) if t.paid][:ADVISED]
    take_advices(actor=ACTOR, company=loaded.company, advices=advices, source="file")
    match_receipts(company=loaded.company, actor=ACTOR, today=world.today, post=False)
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    write(f"{size:,} open items, {len(rows):,} receipts, {len(advices):,} advices")
    return loaded, rows


def _advice(receipt: Receipt, truth: Truth, loaded: Loaded, drawn: Sequence[engine.Receipt]) -> Advice:
    items = OpenItem.objects.in_bulk([loaded.row_of[i] for i in truth.paid])
    lines = tuple(AdviceLine(reference=items[loaded.row_of[i]].number, paid=parts[0]) for i, parts in truth.paid.items())
    return Advice(receipt.currency, receipt.amount, lines, receipt.value_date, receipt.payer_name, receipt.payer_account)


def _person(loaded: Loaded) -> User:
    user = User.objects.create(email="clerk@bench.example", name="Clerk", password="!")
    Membership.objects.create(user=user, company=loaded.company, role="senior")
    return user


def _measure_all(write: Write, client: Client, plain: Client, receipts: Sequence[int]) -> None:
    numbers = list(OpenItem.objects.open().filter(kind="invoice").order_by("pk").values_list("number", flat=True)[: len(receipts)])
    _say(write, "list, first page", [_get(plain, reverse("cashapp:workbench")) for _ in receipts[:40]], QUEUE)
    _say(write, "list, a receipt in hand", [_get(plain, reverse("cashapp:workbench"), receipt=pk) for pk in receipts[:40]], QUEUE)
    _say(write, "list by payer", [_get(plain, reverse("cashapp:workbench"), q=q) for q in ("north", "har", "1250.00", "gmbh") * 10], QUEUE)
    _say(write, "panel", [_get(client, reverse("cashapp:panel", args=[pk])) for pk in receipts], ONE, receipt=receipts[0])
    _say(write, "find, by number", [_find(client, pk, n) for pk, n in zip(receipts, numbers, strict=False)], FIND, q=f"%{numbers[0]}%")
    _say(
        write,
        "find, as typed",
        [_find(client, pk, n[-3:]) for pk, n in zip(receipts, numbers, strict=False)],
        FIND,
        q=f"%{numbers[0][-3:]}%",
    )
    _say(
        write,
        "find, by amount or payer",
        [_find(client, pk, q) for pk in receipts[:25] for q in ("1250.00", "north", "co")],
        FIND,
        q="%nor%",
    )
    _say(write, "lease", [_post(client, reverse("cashapp:lease", args=[pk])) for pk in receipts], ONE, receipt=receipts[0])
    _say(
        write, "draft kept", [_post(client, reverse("cashapp:draft", args=[pk]), **_typed(pk)) for pk in receipts], ONE, receipt=receipts[0]
    )
    shown = [_post(client, reverse("cashapp:draft", args=[pk]), answer="1", version="0") for pk in receipts]
    _say(write, "another answer", shown, ONE, receipt=receipts[0])
    _say(
        write,
        "post and next",
        [_post(client, reverse("cashapp:post", args=[pk]), **_typed(pk)) for pk in receipts],
        ONE,
        receipt=receipts[0],
    )


def _typed(pk: int) -> dict[str, Any]:
    """The best answer as the form sends it; without one, all of it on account."""
    best = MatchProposal.objects.filter(receipt=pk, rank=1).first()
    data: dict[str, Any] = {"version": str(Receipt.objects.values_list("version", flat=True).get(pk=pk)), "rank": "1"}
    if best is None or not best.allocations:
        return data | {"rest": "on"}
    data |= {"use": [str(a["item"]) for a in best.allocations]} | ({"rest": "on"} if best.residual > 0 else {})
    for a in best.allocations:
        data |= {f"{part}-{a['item']}": f"{a[part] / 100:.2f}" for part in ("amount", "discount", "write_off", "short") if a[part]}
    return data


def _get(client: Client, address: str, **query: Any) -> Answer:
    return _timed(lambda: client.get(address, query))


def _find(client: Client, pk: int, text: str) -> Answer:
    return _get(client, reverse("cashapp:find", args=[pk]), q=text)


def _post(client: Client, address: str, **data: Any) -> Answer:
    return _timed(lambda: client.post(address, data))


def _timed(ask: Callable[[], Any]) -> Answer:
    start, own = time.perf_counter(), time.process_time()
    answer = ask()
    return time.perf_counter() - start, time.process_time() - own, answer.status_code


def _say(write: Write, name: str, answers: Iterable[Answer], sql: str, **given: Any) -> None:
    took, own, states = zip(*answers, strict=True)
    middle, high = _at(took, 0.5), _at(took, 0.95)
    plain = min(_plain(sql, given) for _ in range(3))
    odd = sum(state >= 400 for state in states)
    write(
        f"  {name:26} p50 {middle * 1000:7.1f}   p95 {high * 1000:7.1f}{' OVER' if high > GOAL else '     '}"
        f"   own p95 {_at(own, 0.95) * 1000:6.1f}"
        f"   SQL {plain * 1000:6.1f}   ratio {high / plain:6.1f}" + (f"   {odd} of {len(states)} refused" if odd else "")
    )


def _at(figures: Sequence[float], share: float) -> float:
    ordered = sorted(figures)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _plain(sql: str, given: dict[str, Any]) -> float:
    start = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        cursor.fetchall()
    return time.perf_counter() - start
