"""The words of a letter that rejects a claim, by language. Pure."""

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
