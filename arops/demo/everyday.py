"""What people of the demo did beside calling: statements by mail and on paper, letters printed and posted, tags, shared views, who is away,
papers that were asked for again, and the day's letters looked at before the night."""

from datetime import datetime, timedelta

from arops.demo.setup import SYSTEM, World
from arops.demo.times import Times
from arops.lib import pdf
from collections_app.selectors.statement import first_day, statements
from collections_app.services.absences import plan_absence
from collections_app.services.blockers import chase_documents
from collections_app.services.dunning_outlook import request_outlook
from collections_app.services.statements import send_statement
from collections_app.services.tags import tag_customers
from customers.models import Customer
from ledger.models import OpenItem
from messaging.models import LetterBatch, Message
from messaging.services.printing import gather_letters, lay_out, mark_printed, post_batch
from org.models import Company
from workflow.services.jobs import run_job
from workflow.services.limits import name_deputy
from workflow.services.tasks import open_task
from workflow.services.views import keep_view

CHASED = (20, 13, 6)
"""Days ago on which the night reminded of papers."""
POSTED, PRINTED = timedelta(days=12), timedelta(days=1)
"""How long ago one batch of letters was posted, and another laid out."""
PROOF = "Certificate of posting 4471, counter of the main post office"
TAGS = (("Pays on Fridays", 4), ("Site work", 3))
VIEWS = (
    ("specialist", "At risk, mine", "collections:queue", "bucket=at_risk&scope=mine", False),
    ("supervisor", "Everyone's broken promises", "collections:promises", "state=broken", True),
    ("supervisor", "At risk, everyone", "collections:queue", "bucket=at_risk&scope=all", True),
)


class Everyday:
    """Habits of the home company."""

    def __init__(self, world: World, times: Times, now: datetime) -> None:
        self.world, self.times, self.now, self.today = world, times, now, world.plan.today
        self.home = world.companies["US01"]

    def make(self) -> None:
        """Papers and statements first, since what was sent keeps letters away for some days."""
        for ago in CHASED:
            day = self.today - timedelta(days=ago)
            with self.times.on(day):
                chase_documents(actor=SYSTEM, company=self.home, day=day, now=self.now - timedelta(days=ago))
                self._sent(timedelta(days=ago), "document_reminder")
        if pdf.is_available():
            self._statements()
        self._marks()
        self._away()

    def look_ahead(self) -> None:
        """The preview of the night's letters, as the supervisor asked for it."""
        job = request_outlook(actor=self.world.people["supervisor"], company=self.home, day=self.today)
        run_job(job_id=job.pk, now=self.now)

    def _sent(self, ago: timedelta, kind: str) -> None:
        moment = self.now - ago
        waiting = Message.objects.filter(
            company=self.home, kind=kind, channel="email", state=Message.State.PENDING, not_before__lt=self.now
        )
        waiting.update(state=Message.State.SENT, sent_at=moment)

    def _statements(self) -> None:
        """A group's as one, and some on paper: of these one batch is posted and proved, one is printed, one letter waits."""
        group = Customer.objects.filter(company=self.home, is_active=True, children__is_active=True).order_by("pk").first()
        if group:
            self._statement([group, *group.children.filter(is_active=True).order_by("pk")], POSTED)
        paper = Customer.objects.filter(company=self.home, contacts=None).order_by("pk").distinct()
        more = Customer.objects.filter(company=self.home, delivery="print").order_by("-pk")
        unreached = list(dict.fromkeys([*paper, *more]))
        for customer in unreached[:2]:
            self._statement([customer], POSTED, on_paper=True)
        self._batch(POSTED, is_posted=True)
        for customer in unreached[2:3]:
            self._statement([customer], PRINTED, on_paper=True)
        self._batch(PRINTED, is_posted=False)
        for customer in unreached[3:4]:
            self._statement([customer], timedelta(0), on_paper=True)
        self._sent(POSTED, "statement")

    def _statement(self, family: list[Customer], ago: timedelta, on_paper: bool = False) -> None:
        day, moment, head = self.today - ago, self.now - ago, family[0]
        known = head.contacts.filter(is_active=True).exclude(email="").order_by("pk")
        to = [] if on_paper else list(known.values_list("email", flat=True)[:1])
        with self.times.on(day):
            send_statement(
                actor=self.world.people["senior"], made=statements(family, first_day(day), day), recipients=to,
                format="both" if len(family) > 1 else "pdf", dedupe_key=f"demo:statement:{head.pk}:{day}", now=moment,
            )  # fmt: skip

    def _batch(self, ago: timedelta, is_posted: bool) -> None:
        day, moment, sam = self.today - ago, self.now - ago, self.world.people["senior"]
        if not Message.objects.filter(company=self.home, channel="letter", state="pending", printed=None).exists():
            return
        with self.times.on(day):
            batch = gather_letters(actor=sam, company=self.home)
            LetterBatch.objects.filter(pk=batch.pk).update(created_at=moment)
            batch = lay_out(actor=sam, batch=batch, today=day, tell=lambda done, of: None)
            if is_posted:
                mark_printed(actor=sam, batch=batch, now=moment)
                post_batch(actor=sam, batch=batch, posted_on=day, today=day, now=moment, proof_note=PROOF)

    def _marks(self) -> None:
        """Tags, views, and a question of the supervisor to another department."""
        ana, eva = self.world.people["specialist"], self.world.people["supervisor"]
        late = OpenItem.objects.past_due(self.today).filter(company=self.home, customer__collector=ana).order_by("due_date", "pk")
        hers = list(dict.fromkeys(item.customer for item in late.select_related("customer__company")))
        for n, (name, count) in enumerate(TAGS):
            if some := [customer for customer in hers[n :: len(TAGS)][:count] if customer]:
                tag_customers(actor=ana, customers=some, name=name)
        for role, name, where, query, is_shared in VIEWS:
            keep_view(owner=self.world.people[role], page=where, name=name, query=query, is_shared=is_shared)
        open_task(
            actor=eva, company=self.home, kind="question", title="Who signs for deliveries in Tacoma?", today=self.today,
            due_date=self.today + timedelta(days=3), dedupe_key="demo:tacoma", department="logistics",
            question="Two customers say that nobody there has signed for weeks.",
        )  # fmt: skip

    def _away(self) -> None:
        """A colleague who is away this week, with a note for who covers; who decides for the collections manager next week."""
        people, began = self.world.people, self.today - timedelta(days=1)
        company: Company = self.world.companies["DE01"]
        plan_absence(
            actor=people["supervisor"], company=company, person=people["jonas"], cover=people["senior"], first=began,
            last=self.today + timedelta(days=4), today=began,
            note="Two plans were talked about and aren't written down yet: see the notes of the last calls.",
        )  # fmt: skip
        name_deputy(
            actor=people["collections_manager"], person=people["collections_manager"], deputy=people["controller"],
            first_day=self.today + timedelta(days=3), last_day=self.today + timedelta(days=10), note="At the trade fair", today=self.today,
        )  # fmt: skip
