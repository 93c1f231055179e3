"""Credits that nobody claims: the company's rules, letters to the owners, what they answer. Nothing is ever written off here."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models.functions import Now

from arops.lib.merging import day_in, language_of, merge, sum_in
from arops.lib.words import by_language
from cashapp.models import CreditWord, DormancyRule
from cashapp.selectors.dormant import KIND, Credit
from cashapp.services.errors import CashError
from ledger.models import OpenItem
from messaging.models import Message
from messaging.selectors import reach_one
from messaging.services import RESTS, queue_message
from org.actors import Actor, NotAllowed, require
from org.models import Company
from workflow.services import record


class DormancyRefused(CashError):
    """What can't be kept or written so; the message says why."""


@transaction.atomic
def save_rule(
    *, actor: Actor, company: Company, country: str, region: str, months: int, notice_months: int, basis: str
) -> DormancyRule:  # fmt: skip
    """Keep the company's rule for a country, or one of its regions. Raises DormancyRefused, NotAllowed."""
    require(actor, "rules.edit", company.pk)
    country, region = country.strip().upper(), region.strip().upper()
    if len(country) != 2 or not country.isascii() or not country.isalpha():
        raise DormancyRefused("name the country by its two letters, such as US or DE")
    if not 1 <= months <= 600 or not 0 <= notice_months < months:
        raise DormancyRefused("months are 1 to 600, and the owner is written to before they are over")
    if not basis.strip():
        raise DormancyRefused("say which law or rule it comes from")
    values = {
        "months": months,
        "notice_months": notice_months,
        "basis": basis.strip()[:200],
        "changed_by": actor.label,
        "changed_at": Now(),
    }
    rule, _ = DormancyRule.objects.update_or_create(company=company, country=country, region=region[:10], defaults=values)
    rule.refresh_from_db()
    record(
        actor=actor, type="dormancy_rule.saved", company_id=company.pk, subject=rule, country=country, region=rule.region, months=months,
        notice_months=notice_months, basis=rule.basis,
    )  # fmt: skip
    return rule


@transaction.atomic
def drop_rule(*, actor: Actor, rule: DormancyRule) -> None:
    """Do away with a rule. Raises NotAllowed."""
    require(actor, "rules.edit", rule.company_id)
    record(
        actor=actor, type="dormancy_rule.dropped", company_id=rule.company_id, subject=rule, country=rule.country, region=rule.region,
        months=rule.months, basis=rule.basis,
    )  # fmt: skip
    rule.delete()


@transaction.atomic
def note_word(*, actor: Actor, item: OpenItem, day: date, words: str, today: date) -> CreditWord:
    """Keep a word of the owner on a credit: the months begin anew on that day. Raises DormancyRefused, NotAllowed."""
    require(actor, "cash.apply", item.company_id)
    if not words.strip():
        raise DormancyRefused("say what the owner said")
    if not item.document_date <= day <= today:
        raise DormancyRefused(f"the day lies between {item.document_date} and today")
    word = CreditWord.objects.create(open_item=item, day=day, words=words.strip()[:300], by=actor.label)
    record(
        actor=actor, type="credit.owner_spoke", company_id=item.company_id, subject=item, customer_id=item.customer_id, number=item.number,
        day=day.isoformat(), words=word.words,
    )  # fmt: skip
    return word


def letter_for(credit: Credit) -> tuple[str, str]:
    """Subject and text of the letter to a credit's owner, in the customer's language."""
    item = credit.item
    language = language_of(item.customer.language if item.customer else "en")
    letter = LETTERS[language]
    fields = {
        "number": item.number, "amount": sum_in(credit.amount, item.currency, language),
        "when": f" {letter['from']} {day_in(credit.clock.dormant_on, language)}" if credit.clock else "", "company": item.company.name,
        "since": day_in(credit.quiet_since, language), "dated": day_in(item.document_date, language),
    }  # fmt: skip
    return merge(letter["letter.subject"], fields), merge(letter["letter.body"], fields)


@transaction.atomic
def write_to_owner(
    *, actor: Actor, credit: Credit, today: date, now: datetime, subject: str = "", body: str = ""
) -> tuple[Message, bool]:  # fmt: skip
    """Write to the owner of a credit, once a day at most: by e-mail, or as a letter to print where there is no address. Raises
    DormancyRefused (nobody knows whose it is), NotAllowed."""
    item = credit.item
    require(actor, "messages.send", item.company_id)
    if item.customer is None:
        raise DormancyRefused(f"nobody knows whose {item.number} is: identify the payer first")
    usual = letter_for(credit)
    to = list(reach_one(item.customer, "payment").to)
    message, created = queue_message(
        actor=actor, company=item.company, customer=item.customer, kind=KIND, dedupe_key=f"dormant:{item.pk}:{today}", recipients=to,
        subject=subject.strip() or usual[0], body=body.strip() or usual[1], channel="email" if to else "letter", not_before=now + RESTS,
    )  # fmt: skip
    if created:
        record(
            actor=actor, type="credit.owner_told", company_id=item.company_id, subject=item, customer_id=item.customer_id,
            number=item.number, amount=credit.amount, currency=item.currency, message=message.pk,
        )  # fmt: skip
    return message, created


def write_to_owners(*, actor: Actor, credits: Iterable[Credit], today: date, now: datetime) -> tuple[int, list[str]]:
    """Write to several, each by itself: how many letters are new, and why others are not."""
    done, refused = 0, []
    for credit in credits:
        try:
            done += write_to_owner(actor=actor, credit=credit, today=today, now=now)[1]
        except (DormancyRefused, NotAllowed) as error:
            refused.append(str(error))
    return done, refused


LETTERS = by_language("dormant")
"""Subject and text by language. They ask for no bank details: those are proposed and approved on their own page."""
