"""The words of notices of late charges, in German."""

CHARGE = {
    "title": "Mitteilung über Verzugskosten {number}",
    "account": "Konto",
    "period": "Zeitraum",
    "to": "bis",
    "opening": (
        "die folgenden Beträge wurden verspätet oder noch nicht gezahlt. Wie vereinbart und nach den unten genannten "
        "Regeln berechnen wir Ihnen für {period} {amount}, zahlbar bis {due}."
    ),
    "item": "Beleg",
    "due": "Fällig",
    "from": "Von",
    "until": "Bis",
    "days": "Tage",
    "base": "Auf",
    "rate": "% im Jahr",
    "fee": "Gebühr",
    "charge": "Betrag",
    "total": "Summe",
    "waived": "Davon erlassen",
    "left": "Zu zahlen",
    "policy": "Regel",
    "rate_basis": "Zinsen nach Tagen: offener Betrag × Jahreszins × Tage ÷ 365",
    "fee_basis": "eine Gebühr für jeden Monat im Verzug",
    "fee_each_basis": "eine einmalige Gebühr je verspätet gezahlter Rechnung",
    "grace": "Was binnen {n} Tagen nach Fälligkeit gezahlt wird, bleibt frei.",
    "source": "Rechtsgrundlage",
    "capped": "Der gesetzliche Höchstsatz wurde angewandt ({source}).",
    "no_limit": "Die vereinbarten Zahlungsbedingungen; für Ihren Ort ist kein gesetzlicher Höchstsatz hinterlegt.",
    "disputed": "Strittige Beträge blieben außer Ansatz.",
    "credits": "Ihre Guthaben wurden zuerst verrechnet.",
    "closing": ("Halten Sie dies für unrichtig, schreiben Sie uns bitte binnen 14 Tagen an {answer_to} und nennen Sie {number}."),
    "dear": "Sehr geehrte Damen und Herren,",
    "regards": "Mit freundlichen Grüßen",
    "subject": "{company}: Mitteilung über Verzugskosten {number}, {amount}",
    "body": (
        "anbei erhalten Sie die Mitteilung über Verzugskosten {number} vom {day} über {amount} für {period}, zahlbar bis "
        "{due}. Sie nennt die Belege, die Tage und die angewandten Sätze.\n\n"
        "Halten Sie dies für unrichtig, antworten Sie bitte auf diese Mail."
    ),
    "more": "und {n} weitere Belege",
    "file": "verzugskosten",
    "page": "Verzugskosten",
}
