"""How French writes days, amounts and what else stands within sentences."""

SPEECH = {
    "decimal": ",",
    "thousands": "\u202f",
    "day": "{d} {month} {y}",
    "short": "{dd}/{mm}/{y}",
    "first": "1er",
    "months": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "your_invoices": "vos factures",
    "and_more": "et {n} autres",
    "nothing": "néant",
    "said_amount": "de {amount}",
    "said_day": "du {day}",
    "said_on": "du {day}",
    "script": (
        "Bonjour, {company} à l'appareil. {oldest} est échue depuis {days} jours, {total} au total. Y a-t-il un point "
        "qui s'oppose au règlement ?"
    ),
    "sample_contact": "Camille Exemple",
    "sample_subject": "Question sur notre compte",
    "sample_words": "Ici figure ce qui a été écrit pour ce client.",
    "bucket": "{from}–{to} jours",
    "bucket_over": "plus de {from} jours",
}
