"""The fixed words of papers, in German."""

LETTER = {
    "item": "Beleg",
    "dated": "Datum",
    "due": "Fällig",
    "days": "Tage überfällig",
    "open": "Offen",
    "held": "Strittig oder zugesagt",
    "credits": "Verrechnete Gutschriften",
    "asked": "Bitte zahlen",
    "total": "Summe",
    "account": "Konto",
    "statement": "Ihr Konto zum",
    "balance": "Saldo",
    "more": "und {n} weitere Belege",
    "page": "Zahlungserinnerung",
    "kind": "Art",
    "amount": "Betrag",
    "invoice": "Rechnung",
    "debit_memo": "Belastung",
    "late_fee": "Mahngebühr",
    "credit_memo": "Gutschrift",
    "receipt": "Zahlung",
    "instalment": "Rate",
    "without_pdf": "Ihr Konto ist auf der beigefügten Seite aufgeführt.",
    "enclosed": "Anlagen",
    "with_statement": "Kontoauszug",
    "with_copy": "Rechnungskopie",
    "with_copies": "{n} Rechnungskopien",
}
STATEMENT = {
    "statement": "Kontoauszug",
    "as_of": "zum",
    "account": "Konto",
    "date": "Datum",
    "event": "Vorgang",
    "number": "Nummer",
    "amount": "Betrag",
    "balance": "Saldo",
    "forward": "Saldovortrag",
    "balance_on": "Saldo zum",
    "more_rows": "+ {n} weitere; die Excel-Datei enthält alle",
    "open_items": "Offene Posten",
    "item": "Beleg",
    "kind": "Art",
    "dated": "Datum",
    "due": "Fällig",
    "days": "Tage überfällig",
    "open": "Offen",
    "disputed": "strittig",
    "credits": "Gutschriften",
    "current": "nicht fällig",
    "nothing": "Nichts offen in",
    "accounts": "Konten der Gruppe",
    "past_due": "Überfällig",
    "total": "Summe",
    "customer": "Kunde",
    "page": "Seite",
    "subject": "{company}: Kontoauszug {number}",
    "body": (
        "Guten Tag,\n\n"
        "beigefügt finden Sie den Auszug des Kontos {number} zum {day}.\n{sums}\n\n"
        "Wenn etwas davon nicht mit Ihren Büchern übereinstimmt, antworten Sie bitte auf diese Mail.\n\n"
        "Freundliche Grüße\n{company}"
    ),
    "owed": "Saldo {currency} {amount}, davon überfällig {late}.",
    "invoice": "Rechnung",
    "debit_memo": "Belastung",
    "late_fee": "Mahngebühr",
    "credit_memo": "Gutschrift",
    "receipt": "Zahlung",
    "retainage": "Einbehalt",
    "instalment": "Rate",
}
EVENTS = {
    "invoice": "Rechnung",
    "credit_memo": "Gutschrift",
    "debit_memo": "Belastung",
    "receipt": "Zahlungseingang",
    "application": "Skonto oder Differenz",
    "identification": "Zahlungseingang",
    "write_off": "Ausbuchung",
    "transfer": "Umbuchung",
    "refund": "Rückzahlung",
    "late_fee": "Mahngebühr",
    "retention": "Einbehalt",
    "release": "Einbehalt fällig gestellt",
    "bank_charge": "Bankgebühr",
    "payout": "Rückzahlung ausgeführt",
    "instalment": "In Raten umgestellt",
    "reversal": "Storno",
    "reversed": "{} (Storno)",
}
PLAN = {
    "plan": "Ratenplan {number}",
    "settlement": "Vergleich {number}",
    "covers": "Was er umfasst",
    "item": "Beleg",
    "dated": "Datum",
    "due": "Fällig",
    "amount": "Betrag",
    "schedule": "Was wann gezahlt wird",
    "quote_as": "Verwendungszweck",
    "by": "Bis",
    "debt": "Von der Schuld",
    "interest_head": "Zinsen",
    "pay": "Bitte zahlen",
    "sum": "Summe",
    "account": "Konto",
    "terms": "Bedingungen",
    "place": "Ort und Datum",
    "name": "Name in Druckschrift",
    "signature": "Unterschrift für {customer}",
    "ours": "Für {company}",
    "pays": (
        "{total} sind offen. Sie werden in den folgenden Raten gezahlt, jede zu ihrem Termin; die alten Fälligkeiten "
        "ruhen, solange der Plan eingehalten wird."
    ),
    "settles": ("{total} sind offen. Sind {pays} wie folgt gezahlt, werden {waived} erlassen; bis dahin wird der ganze Betrag geschuldet."),
    "interest": (
        "Der Rest wird mit {rate} Prozent im Jahr verzinst, nach Tagen bei 365 Tagen im Jahr; die Zinsen sind in den Beträgen enthalten."
    ),
    "free": "Solange der Plan eingehalten wird, fallen keine Zinsen an.",
    "default": (
        "Wird eine Rate nicht binnen {days} Tagen nach ihrem Termin gezahlt, endet der Plan, und alles Offene ist sofort "
        "zu den alten Fälligkeiten zu zahlen."
    ),
    "quote": "Bitte geben Sie bei jeder Zahlung die Nummer der Rate an. Sie können jederzeit früher zahlen.",
    "until": "Dieses Angebot gilt bis {until}. Es tritt in Kraft, wenn wir es unterschrieben zurückerhalten.",
    "mail": (
        "Sehr geehrte Damen und Herren,\n\n"
        "wie besprochen erhalten Sie {number}, worin steht, was wann gezahlt wird. Bitte senden Sie die Vereinbarung bis "
        "{until} unterschrieben zurück.\n\n"
        "Mit freundlichen Grüßen\n{company}\n"
    ),
}
WORKBOOK = {
    "Rows": "Posten",
    "Account": "Konto",
    "About": "Angaben",
    "View": "Inhalt",
    "As of": "Stand",
    "Made by": "Erstellt von",
    "Made at": "Erstellt am",
    "Total": "Summe",
    "from": "ab",
    "accounts": "Konten",
}
