"""Doing what `arops.demo.work` tells, through the services that people's pages use."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date

from arops.demo.setup import World
from arops.demo.work import Act
from collections_app.services.activities import log_activity
from collections_app.services.promises import PromiseError, give_promise
from customers.models import Contact
from ledger.models import OpenItem
from org.models import User


class Deeds:
    """Acts done by whoever collects from the customer; what no longer fits (paid meanwhile) is left out, as people would."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ways: dict[str, Callable[[Act], None]] = {"call": self._call, "promise": self._promise}

    def do(self, act: Act) -> None:
        """Do it."""
        self.ways[act.kind](act)

    def _call(self, act: Act) -> None:
        customer = self.world.customers[act.customer]
        contact = Contact.objects.filter(customer=customer).first()
        log_activity(
            actor=self.world.collector(act.customer), customer=customer, kind="call", outcome=act.word, body=act.text, today=act.day,
            contact=contact, seconds=60 + len(act.text) * 3,
        )  # fmt: skip

    def _promise(self, act: Act) -> None:
        items = self._items(act)
        if items and act.until:
            try:
                self._give(self.world.collector(act.customer), act, items, act.until)
            except PromiseError:  # they broke too many: somebody senior takes it, unless a part is in dispute by now
                with suppress(PromiseError):
                    self._give(self.world.people["supervisor"], act, items, act.until)
            self._call(act)

    def _give(self, actor: User, act: Act, items: list[OpenItem], until: date) -> None:
        give_promise(
            actor=actor, customer=self.world.customers[act.customer], items=items, amount=sum(i.balance for i in items), due_on=until,
            today=act.day, note=act.text,
        )  # fmt: skip

    def _items(self, act: Act) -> list[OpenItem]:
        found = OpenItem.objects.filter(customer=self.world.customers[act.customer], number__in=act.invoices, kind="invoice")
        return [item for item in found if item.balance == item.amount]
