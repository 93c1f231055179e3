"""The words of a letter that rejects a claim, by language. Pure."""

import re

LETTER: dict[str, dict[str, str]] = {
    "en": {
        "title": "Your claim about {item}", "case": "Case", "day": "Date", "account": "Your account", "opened": "Opened", "about": "About",
        "of": "of {day}", "claimed": "Contested", "reason": "Reason given", "said": "You wrote",
        "opening": "we have looked into your claim and compared our invoice with the documents behind it. We can’t allow it. Our reasons:",
        "compared": "What we compared", "line": "Line", "purchase_order": "Your purchase order", "contract": "Contract",
        "work": "Order and work", "invoice": "Invoice", "source": "Source", "enclosed": "Enclosed",
        "owed": "The amount is due. Please pay {amount} of {item} and quote {case} if you answer.", "regards": "Kind regards",
        "dear": "Dear Sir or Madam,", "mail": "please find attached our answer to your claim about {item} (case {case}).",
        "subject": "{case}: our answer to your claim about {item}", "page": "Page", "file": "claim",
    },
    "de": {
        "title": "Ihr Einwand zu {item}", "case": "Vorgang", "day": "Datum", "account": "Ihr Konto", "opened": "Eröffnet",
        "about": "Betrifft", "of": "vom {day}", "claimed": "Beanstandet", "reason": "Angegebener Grund", "said": "Sie schrieben",
        "opening": "wir haben Ihren Einwand geprüft und unsere Rechnung mit den Unterlagen verglichen. Wir können ihn nicht anerkennen. "
        "Unsere Gründe:",
        "compared": "Was wir verglichen haben", "line": "Position", "purchase_order": "Ihre Bestellung", "contract": "Vertrag",
        "work": "Auftrag und Arbeit", "invoice": "Rechnung", "source": "Quelle", "enclosed": "Anlagen",
        "owed": "Der Betrag ist fällig. Bitte zahlen Sie {amount} auf {item} und nennen Sie bei Rückfragen {case}.",
        "regards": "Mit freundlichen Grüßen", "dear": "Sehr geehrte Damen und Herren,",
        "mail": "anbei erhalten Sie unsere Antwort auf Ihren Einwand zu {item} (Vorgang {case}).",
        "subject": "{case}: unsere Antwort auf Ihren Einwand zu {item}", "page": "Seite", "file": "Einwand",
    },
}  # fmt: skip
"""Language → part of the letter → its words."""

GERMAN: tuple[tuple[str, str], ...] = (
    (r"^(.+) × (.+) ordered$", r"\1 × \2 bestellt"),
    (r"^(.+) delivered, (.+) damaged$", r"\1 geliefert, \2 beschädigt"),
    (r"^(.+) delivered$", r"\1 geliefert"),
    (r"^(.+) done (\S+)$", r"\1 ausgeführt am \2"),
    (r"^done (\S+)$", r"ausgeführt am \1"),
    (r"^signed (\S+)$", r"unterschrieben am \1"),
    (r"^not signed$", "nicht unterschrieben"),
    (r"^(.+) per unit$", r"\1 je Einheit"),
    (r"^(.+) per (\S+)$", r"\1 je \2"),
    (r"^(.+) escalated (\d+)×$", r"\1, \2-mal angepasst"),
    (r"^(.+) of (.+) left$", r"\1 von \2 übrig"),
    (r"^(.+) billed before$", r"\1 zuvor berechnet"),
    (r"^by amount$", "nach Betrag"),
    (r"^no line of its own$", "keine eigene Position"),
    (r"^not in force on (\S+)$", r"am \1 nicht in Kraft"),
    (r"^not in force$", "nicht in Kraft"),
    (r"^no price$", "kein Preis"),
    (r"^freight included$", "Fracht enthalten"),
    (r"^freight billed$", "Fracht wird berechnet"),
    (r"^reached (\S+)$", r"erreicht am \1"),
    (r"^not reached$", "nicht erreicht"),
    (r"^recurring$", "wiederkehrend"),
    (r"^version (\S+) from (\S+)$", r"Fassung \1 ab \2"),
    (r"^retainage (.+)$", r"Einbehalt \1"),
    (r"^PO (\S+)$", r"Bestellung \1"),
    (r"^no PO number$", "keine Bestellnummer"),
    (r"^dated (\S+)$", r"vom \1"),
    (r"^open to (\S+)$", r"offen bis \1"),
    (r"^net (\d+)$", r"\1 Tage netto"),
    (r"^in (\S+)$", r"in \1"),
    (r"^exemption (.+)$", r"Befreiung \1"),
    (r"^no code$", "kein Steuerschlüssel"),
)
"""What the cells of the comparison say, as patterns → the same in German."""
TITLES: dict[str, dict[str, str]] = {
    "en": {}, "de": {"Terms": "Zahlungsbedingungen", "Tax": "Steuer", "Whole document": "Gesamtes Dokument"},
}  # fmt: skip
"""Language → the rows that are about the whole document."""
STATES_IN_GERMAN = {
    "open": "offen", "shipped": "versandt", "delivered": "geliefert", "done": "ausgeführt", "cancelled": "storniert",
    "closed": "geschlossen",
    "started": "begonnen", "planned": "geplant", "confirmed": "bestätigt", "billed": "berechnet",
}  # fmt: skip
_DAY = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_FIGURE = re.compile(r"(?<![\w.-])\d{1,3}(?:,\d{3})*(?:\.\d+)?(?![\w-])")


def said_in(text: str, language: str) -> str:
    """A cell of the comparison in a letter's language: its words, its days and figures. What isn't known stays as it is."""
    if language != "de":
        return text
    said = STATES_IN_GERMAN.get(text, text)
    for pattern, german in GERMAN:
        if re.search(pattern, said):
            said = re.sub(pattern, german, said)
            break
    if not said.startswith("Bestellung "):  # the customer's own number
        said = _FIGURE.sub(lambda found: found[0].translate(str.maketrans(",.", ".,")), said)
    return _DAY.sub(r"\3.\2.\1", said)


def cited_in(text: str, language: str) -> str:
    """Where a figure stands, in a letter's language."""
    return _DAY.sub(r"\3.\2.\1", text.replace(", l. ", ", Pos. ").replace(", rev. ", ", Rev. ")) if language == "de" else text
