"""Doing what `arops.demo.work` tells, through the services that people's pages use."""

from collections.abc import Callable

from arops.demo.setup import World
from arops.demo.work import Act
from collections_app.services.activities import log_activity
from collections_app.services.promises import give_promise
from customers.models import Contact
from disputes.models import Dispute
from disputes.services import move_dispute, note_dispute, open_dispute, resolve_dispute
from ledger.models import OpenItem


class Deeds:
    """Acts done by whoever collects from the customer; what no longer fits (paid meanwhile) is left out, as people would."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ways: dict[str, Callable[[Act], None]] = {
            "call": self._call, "promise": self._promise, "dispute": self._dispute, "move": self._move, "settle": self._settle,
        }  # fmt: skip

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
            give_promise(
                actor=self.world.collector(act.customer), customer=self.world.customers[act.customer], items=items,
                amount=sum(i.balance for i in items), due_on=act.until, today=act.day, note=act.text,
            )  # fmt: skip
            self._call(act)

    def _dispute(self, act: Act) -> None:
        for item in self._items(act):
            amount = item.balance * act.share // 100
            open_dispute(
                actor=self.world.collector(act.customer), open_item=item, amount=amount, reason=act.word, today=act.day,
                source=f"demo:{item.number}", customer_words=act.text, owner=self.world.people["senior"],
            )  # fmt: skip

    def _move(self, act: Act) -> None:
        for dispute in self._disputes(act):
            note_dispute(actor=self.world.people["senior"], dispute=dispute, body=act.text)
            move_dispute(actor=self.world.people["senior"], dispute=dispute, state=act.word, version=dispute.version, today=act.day)

    def _settle(self, act: Act) -> None:
        for dispute in self._disputes(act):
            resolve_dispute(
                actor=self.world.people["senior"], dispute=dispute, resolution=act.word, today=act.day, version=dispute.version,
                note=act.text,
            )  # fmt: skip

    def _items(self, act: Act) -> list[OpenItem]:
        found = OpenItem.objects.filter(customer=self.world.customers[act.customer], number__in=act.invoices, kind="invoice")
        return [item for item in found if item.balance == item.amount]

    def _disputes(self, act: Act) -> list[Dispute]:
        return list(Dispute.objects.open().filter(source__in=[f"demo:{number}" for number in act.invoices]))
