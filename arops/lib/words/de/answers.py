"""Answers to choose from, in German."""

ANSWERS = {
    "dear": "Guten Tag {contact},\n\n",
    "regards": "\n\nMit freundlichen Grüßen\n{owner}\n{company}",
    "Copies of invoices.subject": "Kopien von {invoices}",
    "Copies of invoices.body": "anbei wie gewünscht: {invoices}.\n\nDavon offen: {open}.",
    "Statement of account.subject": "Kontoauszug zu Ihrem Konto {number}",
    "Statement of account.body": (
        "anbei der Auszug Ihres Kontos {number} zum {day}. Insgesamt offen: {balance}.\n\n"
        "Falls etwas von Ihren Büchern abweicht, sagen Sie uns bitte Bescheid."
    ),
    "Paper attached.subject": "{subject}",
    "Paper attached.body": "anbei die gewünschte Unterlage. Fehlt Ihnen sonst noch etwas, damit Sie {invoices} zahlen können?",
    "Ask for the payment's details.subject": "Ihre Zahlung {said}",
    "Ask for the payment's details.body": (
        "danke für Ihre Nachricht. Ihre Zahlung {said} finden wir bisher nicht. Bitte senden Sie uns einen Beleg: die "
        "Bestätigung der Bank mit Tag, Betrag und Konto. Dann suchen wir sie sofort."
    ),
    "Payment found.subject": "Ihre Zahlung {said}",
    "Payment found.body": "Ihre Zahlung {said} ist eingegangen, vielen Dank. Von {invoices} offen: {open}.",
    "Promise confirmed.subject": "Ihre Zahlung {said}",
    "Promise confirmed.body": (
        "danke für Ihre Zusage: wir erwarten Ihre Zahlung {said} für {invoices}. Falls etwas dazwischenkommt, sagen Sie "
        "uns bitte vorher Bescheid."
    ),
    "We look into it.subject": "{subject}",
    "We look into it.body": (
        "danke für Ihren Hinweis zu {invoices}. Wir prüfen das und melden uns. Was an Ihrem Konto nicht strittig ist, "
        "bleibt wie vereinbart fällig."
    ),
    "Short answer.subject": "{subject}",
    "Short answer.body": "danke für Ihre Nachricht.",
}
