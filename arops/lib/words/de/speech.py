"""How German writes days, amounts and what else stands within sentences."""

SPEECH = {
    "decimal": ",",
    "thousands": ".",
    "day": "{dd}.{mm}.{y}",
    "short": "{dd}.{mm}.{y}",
    "first": "1",
    "months": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "your_invoices": "Ihre Rechnungen",
    "and_more": "und {n} weitere",
    "nothing": "nichts",
    "said_amount": "über {amount}",
    "said_day": "vom {day}",
    "said_on": "vom {day}",
    "script": ("Guten Tag, hier ist {company}. {oldest} ist seit {days} Tagen fällig, insgesamt {total}. Steht der Zahlung etwas im Wege?"),
    "sample_contact": "Robin Muster",
    "sample_subject": "Frage zu unserem Konto",
    "sample_words": "Hier steht, was für diesen Kunden geschrieben wurde.",
    "bucket": "{from}–{to} Tage",
    "bucket_over": "über {from} Tage",
}
