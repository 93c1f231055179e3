"""The fixed words of an agreement about a payment plan, by language. Pure."""

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "plan": "Payment plan {number}", "settlement": "Settlement {number}", "covers": "What it covers", "item": "Item", "dated": "Dated",
        "due": "Due", "amount": "Amount", "schedule": "What is paid when", "quote_as": "Quote as", "by": "By", "debt": "Of the debt",
        "interest_head": "Interest", "pay": "Please pay", "sum": "Total", "account": "Account", "terms": "Terms", "place": "Place and day",
        "name": "Name in capitals", "signature": "Signature for {customer}", "ours": "For {company}",
        "pays": "{total} are open. They are paid by the instalments below, each on its own day; the old due dates rest while the plan is"
        " kept.",
        "settles": "{total} are open. When {pays} are paid as listed below, {waived} are given up; until then the whole amount is owed.",
        "interest": "What is left bears interest of {rate} per cent a year, by actual days of a year of 365; it is in the amounts below.",
        "free": "No interest is charged while the plan is kept.",
        "default": "If an instalment is not paid within {days} days of its day, the plan ends and all that is open falls due at once, at"
        " the old due dates.",
        "quote": "Please quote the number beside each instalment when you pay. You may pay earlier at any time.",
        "until": "This offer stands until {until}. It comes into force when we have it back, signed.",
        "mail": "Dear Sir or Madam,\n\nas agreed we enclose {number}, which says what is paid when. Please sign it and send it back by"
        " {until}.\n\nKind regards\n{company}\n",
    },
    "de": {
        "plan": "Ratenplan {number}", "settlement": "Vergleich {number}", "covers": "Was er umfasst", "item": "Beleg", "dated": "Datum",
        "due": "Fällig", "amount": "Betrag", "schedule": "Was wann gezahlt wird", "quote_as": "Verwendungszweck", "by": "Bis",
        "debt": "Von der Schuld", "interest_head": "Zinsen", "pay": "Bitte zahlen", "sum": "Summe", "account": "Konto",
        "terms": "Bedingungen",
        "place": "Ort und Datum", "name": "Name in Druckschrift", "signature": "Unterschrift für {customer}", "ours": "Für {company}",
        "pays": "{total} sind offen. Sie werden in den folgenden Raten gezahlt, jede zu ihrem Termin; die alten Fälligkeiten ruhen, "
        "solange der Plan eingehalten wird.",
        "settles": "{total} sind offen. Sind {pays} wie folgt gezahlt, werden {waived} erlassen; bis dahin wird der ganze Betrag"
        " geschuldet.",
        "interest": "Der Rest wird mit {rate} Prozent im Jahr verzinst, nach Tagen bei 365 Tagen im Jahr; die Zinsen sind in den Beträgen"
        " enthalten.",
        "free": "Solange der Plan eingehalten wird, fallen keine Zinsen an.",
        "default": "Wird eine Rate nicht binnen {days} Tagen nach ihrem Termin gezahlt, endet der Plan, und alles Offene ist sofort zu den"
        " alten Fälligkeiten zu zahlen.",
        "quote": "Bitte geben Sie bei jeder Zahlung die Nummer der Rate an. Sie können jederzeit früher zahlen.",
        "until": "Dieses Angebot gilt bis {until}. Es tritt in Kraft, wenn wir es unterschrieben zurückerhalten.",
        "mail": "Sehr geehrte Damen und Herren,\n\nwie besprochen erhalten Sie {number}, worin steht, was wann gezahlt wird. Bitte senden"
        " Sie die Vereinbarung bis {until} unterschrieben zurück.\n\nMit freundlichen Grüßen\n{company}\n",
    },
}  # fmt: skip
"""Language → words; braces are filled with the plan's numbers."""
