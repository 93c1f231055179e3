"""The texts a policy starts with: friendly, firm, final; in English and German. People change them on the policy page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Level:
    """A level as it is first set up: its name, from how many days past due, and (subject, body) by language."""

    name: str
    days: int
    texts: dict[str, tuple[str, str]]


LEVELS = (
    Level(
        "Friendly reminder",
        5,
        {
            "en": (
                "Reminder: {total} past due, account {number}",
                "Dear {customer},\n\nperhaps this escaped you: as of {day} the following is past due on your account with {company}.\n\n"
                "{items}\n\nIf your payment is on its way, please disregard this letter. If something is unclear or wrong, tell us at "
                "{answer_to} and we will look into it.\n\nKind regards\n{company}",
            ),
            "de": (
                "Zahlungserinnerung: {total} überfällig, Konto {number}",
                "Guten Tag {customer},\n\nvielleicht ist es Ihnen entgangen: zum {day} sind auf Ihrem Konto bei {company} die "
                "folgenden Beträge überfällig.\n\n{items}\n\nSollte sich Ihre Zahlung mit diesem Schreiben gekreuzt haben, betrachten "
                "Sie es bitte als gegenstandslos. Ist etwas unklar oder falsch, schreiben Sie uns an {answer_to}.\n\n"
                "Mit freundlichen Grüßen\n{company}",
            ),
        },
    ),
    Level(
        "Firm reminder",
        20,
        {
            "en": (
                "Second reminder: {total} past due, account {number}",
                "Dear {customer},\n\nwe wrote to you before and have not seen your payment. {oldest} is now {days} days past due. "
                "Please pay the following within seven days, or tell us today at {answer_to} what holds it up.\n\n{items}\n\n"
                "Kind regards\n{company}",
            ),
            "de": (
                "Zweite Erinnerung: {total} überfällig, Konto {number}",
                "Guten Tag {customer},\n\nauf unsere Erinnerung haben wir keine Zahlung erhalten. {oldest} ist inzwischen {days} Tage "
                "überfällig. Bitte zahlen Sie binnen sieben Tagen, oder sagen Sie uns heute unter {answer_to}, woran es liegt.\n\n"
                "{items}\n\nMit freundlichen Grüßen\n{company}",
            ),
        },
    ),
    Level(
        "Final notice",
        40,
        {
            "en": (
                "Final notice: {total} past due, account {number}",
                "Dear {customer},\n\ndespite our reminders the following is unpaid; the oldest item, {oldest}, is {days} days past due. "
                "Please pay {total} within seven days. After that we may stop deliveries and hand the matter over for collection.\n\n"
                "{items}\n\nIf you can't pay at once, call us or write to {answer_to} before then, so that we find a way.\n\n"
                "Yours sincerely\n{company}",
            ),
            "de": (
                "Letzte Mahnung: {total} überfällig, Konto {number}",
                "Guten Tag {customer},\n\ntrotz unserer Erinnerungen ist Folgendes offen; der älteste Beleg, {oldest}, ist {days} Tage "
                "überfällig. Bitte zahlen Sie {total} binnen sieben Tagen. Danach behalten wir uns vor, Lieferungen auszusetzen und "
                "die Forderung zur Einziehung zu übergeben.\n\n{items}\n\nWenn Sie nicht sofort zahlen können, schreiben Sie uns "
                "vorher an {answer_to}, damit wir eine Lösung finden.\n\nMit freundlichen Grüßen\n{company}",
            ),
        },
    ),
)

GRACE_DAYS, QUIET_DAYS, MINIMUM_MAJOR = 3, 7, 25
"""Days of grace, quiet days, and the least amount asked for in whole units of the company's currency."""
