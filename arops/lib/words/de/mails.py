"""The texts of letters and mails, in German."""

DUNNING = {
    "friendly.subject": "Zahlungserinnerung: {total} überfällig, Konto {number}",
    "friendly.body": (
        "Guten Tag {customer},\n\n"
        "vielleicht ist es Ihnen entgangen: zum {day} sind auf Ihrem Konto bei {company} die folgenden Beträge "
        "überfällig.\n\n"
        "{items}\n\n"
        "Sollte sich Ihre Zahlung mit diesem Schreiben gekreuzt haben, betrachten Sie es bitte als gegenstandslos. Ist "
        "etwas unklar oder falsch, schreiben Sie uns an {answer_to}.\n\n"
        "Mit freundlichen Grüßen\n{company}"
    ),
    "firm.subject": "Zweite Erinnerung: {total} überfällig, Konto {number}",
    "firm.body": (
        "Guten Tag {customer},\n\n"
        "auf unsere Erinnerung haben wir keine Zahlung erhalten. {oldest} ist inzwischen {days} Tage überfällig. Bitte "
        "zahlen Sie binnen sieben Tagen, oder sagen Sie uns heute unter {answer_to}, woran es liegt.\n\n"
        "{items}\n\n"
        "Mit freundlichen Grüßen\n{company}"
    ),
    "final.subject": "Letzte Mahnung: {total} überfällig, Konto {number}",
    "final.body": (
        "Guten Tag {customer},\n\n"
        "trotz unserer Erinnerungen ist Folgendes offen; der älteste Beleg, {oldest}, ist {days} Tage überfällig. Bitte "
        "zahlen Sie {total} binnen sieben Tagen. Danach behalten wir uns vor, Lieferungen auszusetzen und die Forderung "
        "zur Einziehung zu übergeben.\n\n"
        "{items}\n\n"
        "Wenn Sie nicht sofort zahlen können, schreiben Sie uns vorher an {answer_to}, damit wir eine Lösung finden.\n\n"
        "Mit freundlichen Grüßen\n{company}"
    ),
    "soon.subject": "Bald fällig: {total}, Konto {number}",
    "soon.body": (
        "Guten Tag {customer},\n\n"
        "damit nichts übersehen wird: Folgendes wird in den nächsten Tagen fällig.\n\n"
        "{items}\n\n"
        "Steht der Zahlung etwas entgegen, schreiben Sie uns an {answer_to}.\n\n"
        "Mit freundlichen Grüßen\n{company}"
    ),
}
DOCUMENT = {
    "reminder.subject": "{document} fehlt: {about}",
    "reminder.body": (
        "Guten Tag {customer},\n\n"
        "uns fehlt noch: {document} ({about}), erbeten am {since}.{money}\n\n"
        "Bitte senden Sie es als Antwort auf diese Nachricht. Haben Sie es schon geschickt, sagen Sie uns bitte wann und "
        "an wen, dann suchen wir danach.\n\n"
        "Freundliche Grüße\n{company}"
    ),
    "money": " Bis dahin können {amount} nicht ausgeglichen werden.",
    "exemption": "Steuerbefreiung",
    "po_copy": "Kopie der Bestellung",
}
INVOICE = {
    "invoice": "Rechnung",
    "debit_memo": "Belastung",
    "credit_memo": "Gutschrift",
    "again": "Kopie",
    "dear": "Sehr geehrte Damen und Herren,",
    "owed": "anbei erhalten Sie {kind} {number} vom {day} über {amount}, fällig am {due}.",
    "credit": "anbei erhalten Sie {kind} {number} vom {day}: {amount} schreiben wir Ihrem Konto gut.",
    "po": "Ihre Bestellung: {po}.",
    "regards": "Mit freundlichen Grüßen",
}
REFUND = {
    "changed.subject": "Bankverbindung für Erstattungen wurde geändert",
    "changed.body": (
        "Sehr geehrte Damen und Herren,\n\n"
        "ab dem {day} zahlen wir Erstattungen für {customer} auf ein Konto von {holder}, das auf {end} endet.\n\n"
        "Haben Sie das nicht veranlasst, sagen Sie es uns bitte sofort, am Telefon und unter einer Ihnen bekannten "
        "Nummer, nicht als Antwort auf eine Nachricht dazu.\n\n"
        "{company}\n"
    ),
}
DORMANT = {
    "letter.subject": "Guthaben {number} über {amount} wartet auf Sie",
    "letter.body": (
        "Sehr geehrte Damen und Herren,\n\n"
        "wir führen für Sie ein Guthaben über {amount} ({number} vom {dated}). Seit dem {since} haben wir dazu nichts "
        "gehört.\n\n"
        "Bitte sagen Sie uns, ob wir es mit Ihren Rechnungen verrechnen oder auszahlen sollen. Ohne Antwort müssen wir "
        "es{when} unter Umständen als nicht beansprucht melden.\n\n"
        "Eine kurze Antwort genügt.\n\n"
        "{company}\n"
    ),
    "from": "ab dem",
}
