"""The fixed words of papers, in French."""

LETTER = {
    "item": "Pièce",
    "dated": "Date",
    "due": "Échéance",
    "days": "Jours de retard",
    "open": "Restant dû",
    "held": "Contesté ou promis",
    "credits": "Avoirs et acomptes imputés",
    "asked": "À régler",
    "total": "Total",
    "account": "Compte",
    "statement": "Votre compte au",
    "balance": "Solde",
    "more": "et {n} autres pièces",
    "page": "Relance",
    "kind": "Nature",
    "amount": "Montant",
    "invoice": "facture",
    "debit_memo": "note de débit",
    "late_fee": "pénalité de retard",
    "credit_memo": "avoir",
    "receipt": "règlement",
    "instalment": "échéance",
    "without_pdf": "Le détail de votre compte figure sur la page jointe.",
    "enclosed": "Pièces jointes",
    "with_statement": "relevé de compte",
    "with_copy": "duplicata de la facture",
    "with_copies": "duplicatas de {n} factures",
}
STATEMENT = {
    "statement": "Relevé de compte",
    "as_of": "au",
    "account": "Compte",
    "date": "Date",
    "event": "Opération",
    "number": "Numéro",
    "amount": "Montant",
    "balance": "Solde",
    "forward": "Report à nouveau",
    "balance_on": "Solde au",
    "more_rows": "+ {n} autres ; le classeur Excel les contient tous",
    "open_items": "Postes ouverts",
    "item": "Pièce",
    "kind": "Nature",
    "dated": "Date",
    "due": "Échéance",
    "days": "Jours de retard",
    "open": "Restant dû",
    "disputed": "contesté",
    "credits": "Avoirs",
    "current": "non échu",
    "nothing": "Aucun poste ouvert en",
    "accounts": "Comptes du groupe",
    "past_due": "Échu",
    "total": "Total",
    "customer": "Client",
    "page": "Page",
    "subject": "{company} : relevé de compte {number}",
    "body": (
        "Madame, Monsieur,\n\n"
        "Veuillez trouver ci-joint le relevé de votre compte {number} arrêté au {day}.\n{sums}\n\n"
        "Si un élément ne correspond pas à vos écritures, merci de répondre à ce message.\n\n"
        "Cordialement,\n{company}"
    ),
    "owed": "Solde : {amount} {currency}, dont échu {late}.",
    "invoice": "facture",
    "debit_memo": "note de débit",
    "late_fee": "pénalité de retard",
    "credit_memo": "avoir",
    "receipt": "règlement",
    "retainage": "retenue de garantie",
    "instalment": "échéance",
}
EVENTS = {
    "invoice": "Facture",
    "credit_memo": "Avoir",
    "debit_memo": "Note de débit",
    "receipt": "Règlement reçu",
    "application": "Escompte ou écart accordé",
    "identification": "Règlement reçu",
    "write_off": "Passage en perte",
    "transfer": "Virement interne",
    "refund": "Remboursement",
    "late_fee": "Pénalité de retard",
    "retention": "Retenue de garantie",
    "release": "Libération de retenue",
    "bank_charge": "Frais bancaires",
    "payout": "Remboursement versé",
    "instalment": "Échelonnement",
    "reversal": "Annulation",
    "reversed": "{} (annulation)",
}
PLAN = {
    "plan": "Échéancier de paiement {number}",
    "settlement": "Accord transactionnel {number}",
    "covers": "Créances concernées",
    "item": "Pièce",
    "dated": "Date",
    "due": "Échéance",
    "amount": "Montant",
    "schedule": "Calendrier des versements",
    "quote_as": "Référence à rappeler",
    "by": "Au plus tard le",
    "debt": "Principal",
    "interest_head": "Intérêts",
    "pay": "À verser",
    "sum": "Total",
    "account": "Compte",
    "terms": "Conditions",
    "place": "Lieu et date",
    "name": "Nom en capitales",
    "signature": "Signature pour {customer}",
    "ours": "Pour {company}",
    "pays": (
        "Une somme de {total} reste due. Elle est réglée selon les échéances ci-dessous, chacune à sa date ; les "
        "échéances d'origine sont suspendues tant que l'échéancier est respecté."
    ),
    "settles": (
        "Une somme de {total} reste due. Une fois {pays} réglés selon le calendrier ci-dessous, {waived} sont abandonnés "
        "; jusque-là, la totalité demeure exigible."
    ),
    "interest": (
        "Le solde restant porte intérêt au taux de {rate} % l'an, calculé au nombre exact de jours sur une année de 365 "
        "jours ; les intérêts sont compris dans les montants ci-dessus."
    ),
    "free": "Aucun intérêt n'est dû tant que l'échéancier est respecté.",
    "default": (
        "À défaut de paiement d'une échéance dans les {days} jours suivant sa date, l'échéancier prend fin de plein "
        "droit et toutes les sommes restant dues deviennent immédiatement exigibles à leurs échéances d'origine."
    ),
    "quote": ("Merci de rappeler la référence de l'échéance à chaque versement. Vous pouvez à tout moment régler par anticipation."),
    "until": ("La présente proposition est valable jusqu'au {until}. Elle prend effet à réception de l'exemplaire signé."),
    "mail": (
        "Madame, Monsieur,\n\n"
        "Comme convenu, veuillez trouver ci-joint le document {number} précisant le calendrier des versements. Merci de "
        "nous le retourner signé au plus tard le {until}.\n\n"
        "Cordialement,\n{company}\n"
    ),
}
WORKBOOK = {
    "Rows": "Postes",
    "Account": "Compte",
    "About": "Informations",
    "View": "Contenu",
    "As of": "Arrêté au",
    "Made by": "Établi par",
    "Made at": "Établi le",
    "Total": "Total",
    "from": "à partir du",
    "accounts": "comptes",
}
