"""Help in the product: the pages of `docs/`, drawn from their Markdown, searched, and found from the page one is on.

The files are our own, yet they are drawn as if they weren't: no HTML in them counts, and what comes out passes an allow-list.
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import nh3
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from markdown_it import MarkdownIt
from markdown_it.token import Token

from arops.lib.http import page
from org.access import anyone

DOCS = Path(settings.BASE_DIR) / "docs"
KINDS = {
    "tutorials": ("Learn", "A first day, step by step"),
    "how-to": ("Do", "How to get a thing done"),
    "reference": ("Look up", "Keys, permissions, settings, formulas"),
    "explanation": ("Understand", "Why it works as it does"),
}
"""Folder → its heading and what is in it."""

PAGES = {
    "invoicing:list": "how-to/invoices", "invoicing:detail": "how-to/invoices", "invoicing:new": "how-to/invoices#key-one-in",
    "invoicing:unbilled": "how-to/bill-work", "invoicing:drafts": "how-to/bill-work#issue-the-drafts",
    "invoicing:draft": "how-to/bill-work#issue-the-drafts", "invoicing:draft-edit": "how-to/bill-work#change-a-draft",
    "invoicing:progress-list": "how-to/bill-work#progress-and-retainage", "invoicing:progress": "how-to/bill-work#progress-and-retainage",
    "invoicing:retained": "how-to/bill-work#progress-and-retainage",
    "invoicing:credit": "how-to/memos#credit-an-invoice",
    "invoicing:print": "how-to/invoices", "invoicing:import": "how-to/import-invoices",
    **dict.fromkeys(("invoicing:deliveries", "invoicing:batches", "invoicing:batch"), "how-to/send-invoices"),
    "invoicing:letterheads": "how-to/send-invoices#the-paper", "invoicing:letterhead": "how-to/send-invoices#the-paper",
    "invoicing:xml": "reference/e-invoice",
    "invoicing:import-detail": "how-to/import-invoices", "reports:dashboard": "reference/metrics", "reports:aging": "explanation/as-of",
    "reports:items": "explanation/as-of", "reports:movements": "explanation/as-of", "customers:statement": "explanation/as-of",
    "customers:statement-send": "how-to/statements",
    "ledger:item": "explanation/ledger", "ledger:entry": "explanation/ledger", "ledger:periods": "explanation/ledger",
    "collections:queue": "explanation/work-list", "collections:call": "explanation/work-list#the-call-screen",
    **dict.fromkeys(("collections:rank-test", "collections:rank-test-items"), "explanation/work-list#held-against-what-came"),
    "collections:play": "explanation/work-list#play", "collections:ranking": "explanation/work-list#the-rank",
    **dict.fromkeys(
        ("collections:statements", "collections:statement-schedule", "collections:statement-schedule-new"), "how-to/statements"
    ),
    **dict.fromkeys(("messaging:letters", "messaging:letter-batch"), "how-to/letters"),
    "collections:dunning-waiting": "how-to/dunning#letters-that-wait-for-a-second-person",
    "disputes:list": "how-to/disputes#the-queues", "disputes:detail": "how-to/disputes#on-the-page-of-a-case",
    "disputes:open": "how-to/open-a-case", "disputes:amend": "how-to/open-a-case#change-what-is-contested",
    "disputes:levels": "how-to/open-a-case#service-levels",
    **dict.fromkeys(("collections:strategies", "collections:strategy-new", "collections:strategy-version"), "how-to/strategies"),
    "collections:strategy-preview": "how-to/strategies#draft-a-version", "collections:strategy-trial": "how-to/strategies#try-it",
    "collections:strategy-changes": "how-to/strategies#see-what-it-changes",
    "collections:experiment": "how-to/strategies#try-one-against-another",
    **dict.fromkeys(("collections:promises", "collections:promise"), "explanation/promises-and-disputes#promises"),
    **dict.fromkeys(("collections:promises-import", "collections:promises-checked"), "explanation/promises-and-disputes#by-list"),
    "collections:dunning": "how-to/dunning",
    **dict.fromkeys(("collections:portfolios", "collections:portfolio-moves", "collections:portfolio-customers"), "how-to/portfolios"),
    **dict.fromkeys(("collections:portfolio-rule", "collections:portfolio-rule-new"), "how-to/portfolios#rules"),
    "collections:blockers": "how-to/customer-documents#chase-what-is-missing", "collections:absence-new": "how-to/portfolios#absences",
    **dict.fromkeys(("collections:policy", "collections:policy-first"), "how-to/portfolios#how-you-collect"),
    **dict.fromkeys(("collections:effort", "collections:activities", "collections:effort-payments"), "how-to/portfolios#what-was-done"),
    **dict.fromkeys(("collections:team", "collections:team-done", "collections:team-moves"), "how-to/portfolios#the-team"),
    **dict.fromkeys(("collections:charges", "collections:charge", "collections:charges-preview"), "how-to/late-charges"),
    **dict.fromkeys(("collections:charge-policies", "collections:charge-policy-new"), "how-to/late-charges#what-late-payment-costs"),
    **dict.fromkeys(("collections:escalations", "collections:escalation", "collections:escalation-new"), "how-to/escalate"),
    **dict.fromkeys(("collections:ladder", "collections:rung", "collections:rung-new"), "how-to/escalate#the-ladder"),
    **dict.fromkeys(("collections:plans", "collections:plan"), "how-to/payment-plans"),
    **dict.fromkeys(("collections:plan-new", "collections:plan-change", "collections:plan-reschedule"), "how-to/payment-plans#negotiate"),
    "collections:legal-limit-new": "how-to/late-charges#the-legal-maximum",
    **dict.fromkeys(("cashapp:files", "cashapp:upload", "cashapp:file", "cashapp:file-decide", "cashapp:mapping"), "how-to/bank-files"),
    **dict.fromkeys(("cashapp:accounts", "cashapp:account", "cashapp:account-new", "cashapp:lockboxes"), "how-to/bank-files"),
    **dict.fromkeys(("cashapp:rules", "cashapp:rules-version"), "how-to/rules#change-the-matrix"),
    "cashapp:rules-trial": "explanation/rules#a-trial",
    **dict.fromkeys(("cashapp:rules-own", "cashapp:rules-own-new", "cashapp:rules-own-rule"), "how-to/rules#write-a-rule-of-your-own"),
    "cashapp:rules-watch": "how-to/rules#when-an-alarm-is-raised",
    **dict.fromkeys(("cashapp:policies", "cashapp:policy", "cashapp:policy-change"), "how-to/clear-cash#what-the-engine-may-do-alone"),
    **dict.fromkeys(("cashapp:remittances", "cashapp:remittances-upload", "cashapp:advice-layouts"), "how-to/remittances"),
    "cashapp:remittance": "how-to/remittances#on-the-page-of-an-advice", "cashapp:remittance-new": "how-to/remittances#key-an-advice",
    "cashapp:remittance-read": "how-to/remittances#lists-and-pdfs",
    **dict.fromkeys(("cashapp:cheques", "cashapp:cheque-batch"), "how-to/remittances#key-cheques"),
    **dict.fromkeys(("cashapp:bank-days", "cashapp:bank-day"), "how-to/bank-reconciliation"),
    **dict.fromkeys(("cashapp:refunds", "cashapp:refund", "cashapp:refund-new", "cashapp:refund-exports"), "how-to/refunds"),
    **dict.fromkeys(("cashapp:payouts", "cashapp:payout", "cashapp:payout-new"), "how-to/refunds#bank-details"),
    **dict.fromkeys(
        (
            "cashapp:payers", "cashapp:payer-relation-new", "cashapp:payer-relation", "cashapp:payer-graph", "cashapp:payer-aliases",
            "cashapp:payer-alias", "cashapp:payer-changes", "cashapp:payer-change",
        ),
        "how-to/payers",
    ),
    "cashapp:codes": "how-to/deductions",
    **dict.fromkeys(("cashapp:figures", "cashapp:figures-receipts"), "reference/cash-figures"),
    **dict.fromkeys(("cashapp:mails", "cashapp:mail", "cashapp:mail-part"), "how-to/mails"),
    **dict.fromkeys(("messaging:mailboxes", "messaging:mailbox", "messaging:mailbox-new"), "how-to/mails#name-the-mailbox"),
    "cashapp:unapplied": "how-to/unapplied-cash",
    **dict.fromkeys(("cashapp:dormant", "cashapp:dormant-letter", "cashapp:dormancy-rules"), "how-to/unapplied-cash#dormant-credits"),
    **dict.fromkeys(("org:keys", "org:key-new"), "how-to/connect-an-erp"),
    **dict.fromkeys(("org:changes", "org:choose-password"), "explanation/people#two-persons-for-more-rights"),
    "workflow:audit": "explanation/ledger#the-audit-chain",
    **dict.fromkeys(("workflow:tasks", "workflow:task", "workflow:task-new", "workflow:task-step"), "how-to/tasks"),
    "disputes:ask": "how-to/tasks#ask-about-a-case", "disputes:settle": "how-to/settle-a-dispute",
    **dict.fromkeys(("disputes:sign-offs", "disputes:sign-off", "disputes:sign-off-rules"), "how-to/settle-a-dispute#sign-offs"),
    **dict.fromkeys(("disputes:investigate", "disputes:finding-record"), "how-to/investigate"),
    **dict.fromkeys(("workflow:approvals", "workflow:approval"), "how-to/approvals"),
    "workflow:deputies": "how-to/approvals#when-you-are-away", "workflow:authority": "how-to/approvals#set-the-limits",
    "invoicing:debit": "how-to/memos#bill-more", "invoicing:rebill": "how-to/memos#cancel-and-bill-again",
    "invoicing:write-off": "how-to/memos#write-off", "invoicing:write-off-reverse": "how-to/memos#write-off",
    "invoicing:small-balances": "how-to/memos#many-small-balances", 
    "invoicing:reasons": "how-to/memos#reasons",
    **dict.fromkeys(("disputes:causes", "disputes:heat", "disputes:cause-cases"), "how-to/root-causes#see-what-costs-most"),
    **dict.fromkeys(("disputes:taxonomy", "disputes:cause", "disputes:cause-new", "disputes:cause-rules"), "how-to/root-causes"),
    "disputes:repeats": "how-to/root-causes#take-up-what-repeats",
    **dict.fromkeys(("disputes:problems", "disputes:problem", "disputes:problem-new"), "how-to/root-causes#work-a-problem"),
    "workflow:attachments": "how-to/tasks#files", "customers:documents": "how-to/customer-documents#papers",
    **dict.fromkeys(("customers:document", "customers:document-new", "customers:document-step"), "how-to/customer-documents#papers"),
    **dict.fromkeys(("customers:requirement", "customers:requirement-new"), "how-to/customer-documents#rules"),
    **dict.fromkeys(("customers:tax-rates", "customers:tax-rate-new"), "how-to/customer-documents#tax-rates-and-exemptions"),
    **dict.fromkeys(("invoicing:exceptions", "invoicing:exception-peek"), "how-to/exceptions#the-queue"),
    **dict.fromkeys(("invoicing:exception", "invoicing:exception-mend"), "how-to/exceptions#look-into-one"),
    "invoicing:investigate": "how-to/exceptions#issued-ones",
    **dict.fromkeys(("invoicing:check-policies", "invoicing:check-policy"), "how-to/exceptions#what-is-held"),
    **dict.fromkeys(("customers:documents-import", "customers:tax-rates-import"), "how-to/customer-documents#by-api-and-by-file"),
    "invoicing:blocked": "how-to/customer-documents#payable-or-not",
    **dict.fromkeys(("orders:contract", "orders:contract-amend", "orders:contract-end"), "how-to/orders-by-hand#contracts"),
    **dict.fromkeys(("orders:contracts", "orders:contracts-new", "orders:contract-milestone"), "how-to/orders-by-hand#contracts"),
    **dict.fromkeys(("orders:list-import", "orders:contracts-import", "orders:orders-import"), "how-to/orders-by-hand#from-a-list"),
    "orders:units": "how-to/orders-by-hand#units",
    **dict.fromkeys(("disputes:texts", "disputes:text", "disputes:text-new"), "how-to/dispute-texts#the-texts"),
    "disputes:reply": "how-to/dispute-texts#answer-a-customer",
    **dict.fromkeys(("disputes:service", "disputes:service-cases"), "reference/metrics#service-on-cases"),
    **dict.fromkeys(("collections:inbox", "collections:inquiry", "collections:inquiry-new", "collections:inbox-others"), "how-to/inbox"),
    "collections:inquiry-answer": "how-to/inbox#answer", "collections:suggestion": "how-to/inbox#what-it-says",
    **dict.fromkeys(
        ("collections:templates", "collections:template", "collections:template-new"), "how-to/inbox#templates-and-papers"
    ),
    "reports:item-timeline": "how-to/inbox#the-timeline",
}  # fmt: skip
"""Name of a screen's address → the page about it, with the heading where there is one."""
AREAS = {
    "cashapp": "how-to/clear-cash", "collections": "explanation/work-list", "customers": "explanation/work-list",
    "disputes": "how-to/disputes", "invoicing": "how-to/invoices", "ledger": "explanation/ledger",
    "messaging": "how-to/dunning", "orders": "how-to/orders-by-hand", "org": "reference/permissions",
    "reports": "reference/metrics", "workflow": "explanation/jobs",
}  # fmt: skip
"""An app's name → the page for those of its screens that have none of their own."""

_TAGS = set("h1 h2 h3 h4 p ul ol li a strong em code pre blockquote table thead tbody tr th td hr br s div".split())
_ATTRIBUTES = {"a": {"href"}, "table": {"class"}, "div": {"class"}, **{f"h{n}": {"id"} for n in (1, 2, 3, 4)}}
_LINK = re.compile(r"https?://|mailto:|#|/")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a page and its anchor."""

    text: str
    anchor: str
    level: int


@dataclass(frozen=True, slots=True)
class Doc:
    """A page: `slug` is its path under docs without the ending."""

    slug: str
    title: str
    html: str
    text: str
    headings: tuple[Heading, ...]

    @property
    def kind(self) -> str:
        """The folder it is in."""
        return self.slug.partition("/")[0]

    @property
    def url(self) -> str:
        """Its address."""
        return reverse("help-page", args=[self.slug])


@dataclass(frozen=True, slots=True)
class Hit:
    """A page that a search found, and the headings that fit."""

    doc: Doc
    headings: tuple[Heading, ...]
    score: int


def docs() -> dict[str, Doc]:
    """All pages by their slug, in the order of kinds and titles."""
    found = [
        _read(path, path.stat().st_mtime_ns) for kind in KINDS for path in sorted((DOCS / kind).glob("*.md")) if path.is_file()
    ]  # fmt: skip
    return {doc.slug: doc for doc in sorted(found, key=lambda d: (list(KINDS).index(d.kind), d.title.casefold()))}


@lru_cache(maxsize=256)
def _read(path: Path, changed: int) -> Doc:
    slug = path.relative_to(DOCS).with_suffix("").as_posix()
    return draw(slug, path.read_text("utf-8"))


def draw(slug: str, source: str) -> Doc:
    """A page from its Markdown: headings get anchors, links between pages lead to the help, everything else is cleaned."""
    md = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    tokens = md.parse(source)
    headings = tuple(_headings(tokens))
    for token in _flat(tokens):
        _adapt(token, slug)
    html = nh3.clean(md.renderer.render(tokens, md.options, {}), tags=_TAGS, attributes=_ATTRIBUTES, link_rel="noopener")
    text = " ".join(t.content for t in tokens if t.type in ("inline", "fence"))
    title = next((h.text for h in headings if h.level == 1), slug.rpartition("/")[2])
    return Doc(slug, title, html, text, headings)


def _headings(tokens: list[Token]) -> Iterator[Heading]:
    seen: set[str] = set()
    for token, inline in pairwise(tokens):
        if token.type != "heading_open":
            continue
        text = "".join(part.content for part in inline.children or () if part.type in ("text", "code_inline"))
        anchor = plain = re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-") or "part"
        again = 2
        while anchor in seen:
            anchor, again = f"{plain}-{again}", again + 1
        seen.add(anchor)
        token.attrSet("id", anchor)
        yield Heading(text, anchor, int(token.tag[1]))


def _flat(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from token.children or ()


def _adapt(token: Token, slug: str) -> None:
    if token.type == "table_open":
        token.attrSet("class", "table plain flow")
    elif token.type == "link_open":
        token.attrSet("href", _href(str(token.attrGet("href") or ""), slug))
    elif token.type == "image":
        token.type, token.tag, token.nesting = "text", "", 0


def _href(href: str, slug: str) -> str:
    """Where a link leads: another page of the help, the web, or (a file that the help doesn't show) the list of pages."""
    if _LINK.match(href):
        return href
    path, _, anchor = href.partition("#")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(slug), path))
    if not target.endswith(".md") or target.partition("/")[0] not in KINDS or not (DOCS / target).is_file():
        return reverse("help")
    return reverse("help-page", args=[target.removesuffix(".md")]) + (f"#{anchor}" if anchor else "")


def search(text: str) -> list[Hit]:
    """Pages that hold every word: in their title before their headings before their text."""
    words = text.casefold().split()
    hits = []
    for doc in docs().values() if words else ():
        title, body = doc.title.casefold(), doc.text.casefold()
        fitting = tuple(h for h in doc.headings if h.level > 1 and any(word in h.text.casefold() for word in words))
        whole = " ".join([title, body, *(h.text.casefold() for h in doc.headings)])
        if all(word in whole for word in words):
            score = sum(10 * (word in title) + (word in body) for word in words) + 3 * len(fitting)
            hits.append(Hit(doc, fitting[:5], score))
    return sorted(hits, key=lambda hit: -hit.score)


def help_for(view_name: str) -> str:
    """The address of the help about a screen, by the name of its own address; the list of pages where there is none."""
    for wanted in (PAGES.get(view_name, ""), AREAS.get(view_name.partition(":")[0], "")):
        slug, _, anchor = wanted.partition("#")
        if slug and (DOCS / f"{slug}.md").is_file():
            return reverse("help-page", args=[slug]) + (f"#{anchor}" if anchor else "")
    return reverse("help")


@anyone
def index(request: HttpRequest) -> HttpResponse:
    """The pages by kind, or those that a search finds."""
    text = request.GET.get("q", "").strip()[:100]
    found = docs().values()
    kinds = [(label, about, [d for d in found if d.kind == kind]) for kind, (label, about) in KINDS.items()]
    context = {"q": text, "hits": search(text), "kinds": [k for k in kinds if k[2]]}
    return page(request, "help/index.html", context, fragment="found")


@anyone
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """A page, with its headings and its neighbours."""
    found = docs()
    if slug not in found:
        raise Http404("no such page")
    doc = found[slug]
    context = {
        "doc": doc, "kind": KINDS[doc.kind][0], "parts": [h for h in doc.headings if h.level == 2],
        "neighbours": [d for d in found.values() if d.kind == doc.kind],
    }  # fmt: skip
    return page(request, "help/page.html", context)
