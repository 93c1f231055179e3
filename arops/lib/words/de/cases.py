"""What is said about cases, in German."""

REASONS = {
    "price": "Preis",
    "quantity": "Menge",
    "po_missing": "Bestellnummer fehlt oder ist falsch",
    "not_delivered": "nicht geliefert oder nicht ausgeführt",
    "damaged": "beschädigt oder mangelhaft",
    "duplicate": "doppelt berechnet",
    "tax": "Steuer",
    "terms": "Zahlungsbedingungen oder Skonto",
    "freight": "Fracht oder Gebühren",
    "short_payment": "Minderzahlung",
    "other": "Sonstiges",
}
OUTCOMES = {
    "credited": "wir schreiben Ihrem Konto {agreed} gut",
    "debited": "wir berechnen {agreed} nach",
    "rebilled": "wir stornieren die Rechnung und stellen sie neu aus",
    "corrected": "wir senden Ihnen den berichtigten Beleg",
    "goodwill": "wir erlassen Ihnen {agreed} aus Kulanz",
    "rejected": "wir können den Einwand nicht anerkennen",
    "paid": "der Betrag wurde inzwischen bezahlt",
    "withdrawn": "Sie haben den Einwand zurückgezogen",
}
CASE_TEXTS = {
    "dear": "Guten Tag {customer},\n\n",
    "regards": ("\n\nBei Fragen antworten Sie bitte an {answer_to} und nennen {case}.\n\nMit freundlichen Grüßen\n{owner}\n{company}"),
    "Case opened.subject": "{case}: wir prüfen Ihren Einwand zu {invoice}",
    "Case opened.body": (
        "zu {invoice} vom {invoice_date} haben wir den Vorgang {case} angelegt: {claimed}, {reason}. Sie erhalten bis "
        "zum {due} eine Antwort. Bis dahin mahnen wir den strittigen Betrag nicht an; was sonst fällig ist, bleibt "
        "fällig.\n\n"
        "{words}"
    ),
    "Short payment.subject": "{case}: zu {invoice} fehlen {claimed}",
    "Short payment.body": (
        "vielen Dank für Ihre Zahlung. Von {invoice} vom {invoice_date} blieben {claimed} offen, und der Grund ist uns "
        "nicht bekannt. Bitte teilen Sie ihn uns mit, möglichst mit einem Beleg. Der Vorgang hat die Nummer {case}.\n\n"
        "{words}"
    ),
    "Where we stand.subject": "{case}: Zwischenstand zu {invoice}",
    "Where we stand.body": (
        "es geht um {invoice} und die von Ihnen bestrittenen {amount}.\n\n{words}\n\nWir rechnen bis zum {due} mit einer Antwort."
    ),
    "Settled.subject": "{case}: erledigt, {invoice}",
    "Settled.body": (
        "Ihr Einwand zu {invoice} vom {invoice_date} ist erledigt: {outcome}. Strittig waren {claimed}; davon noch zu "
        "zahlen: {remaining}.\n\n"
        "{words}"
    ),
    "Not allowed.subject": "{case}: unsere Antwort zu {invoice}",
    "Not allowed.body": (
        "wir haben Ihren Einwand zu {invoice} vom {invoice_date} ({claimed}, {reason}) geprüft und können ihn nicht "
        "anerkennen.\n\n"
        "{words}\n\n"
        "Die Anlagen zeigen, warum. Bitte zahlen Sie {remaining}, oder sagen Sie uns, was wir übersehen haben."
    ),
    "Ask for proof.subject": "{case}: was wir von Ihnen zu {invoice} brauchen",
    "Ask for proof.body": (
        "um {claimed} aus {invoice} zu prüfen, brauchen wir einen Beleg: ein Foto, den Lieferschein mit der vermerkten "
        "Abweichung oder Ihre Bestellung mit dem vereinbarten Preis. Sobald er vorliegt, geht es weiter."
    ),
    "Proof of delivery attached.subject": "{case}: Liefernachweis zu {invoice}",
    "Proof of delivery attached.body": (
        "anbei der unterschriebene Liefernachweis zu {invoice} vom {invoice_date}. Ist Ihre Frage damit beantwortet? "
        "Falls nicht, sagen Sie uns bitte, was von Ihrer Lieferung abweicht."
    ),
    "Purchase order needed.subject": "{case}: Ihre Bestellung zu {invoice}",
    "Purchase order needed.body": (
        "Sie haben uns mitgeteilt, dass die Bestellnummer auf {invoice} fehlt oder falsch ist. Bitte nennen Sie uns die "
        "Nummer und senden Sie uns möglichst die Bestellung, damit wir die Rechnung berichtigen können."
    ),
    "Still working on it.subject": "{case}: noch in Arbeit",
    "Still working on it.body": ("wir prüfen {invoice} noch und brauchen etwas länger als angekündigt. Sie hören bis zum {due} von uns."),
}
REJECTION = {
    "title": "Ihr Einwand zu {item}",
    "case": "Vorgang",
    "day": "Datum",
    "account": "Ihr Konto",
    "opened": "Eröffnet",
    "about": "Betrifft",
    "of": "vom {day}",
    "claimed": "Beanstandet",
    "reason": "Angegebener Grund",
    "said": "Sie schrieben",
    "opening": (
        "wir haben Ihren Einwand geprüft und unsere Rechnung mit den Unterlagen verglichen. Wir können ihn nicht anerkennen. Unsere Gründe:"
    ),
    "compared": "Was wir verglichen haben",
    "line": "Position",
    "purchase_order": "Ihre Bestellung",
    "contract": "Vertrag",
    "work": "Auftrag und Arbeit",
    "invoice": "Rechnung",
    "source": "Quelle",
    "enclosed": "Anlagen",
    "owed": "Der Betrag ist fällig. Bitte zahlen Sie {amount} auf {item} und nennen Sie bei Rückfragen {case}.",
    "regards": "Mit freundlichen Grüßen",
    "dear": "Sehr geehrte Damen und Herren,",
    "mail": "anbei erhalten Sie unsere Antwort auf Ihren Einwand zu {item} (Vorgang {case}).",
    "subject": "{case}: unsere Antwort auf Ihren Einwand zu {item}",
    "page": "Seite",
    "file": "Einwand",
}
