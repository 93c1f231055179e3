"""The texts of letters and mails, in French."""

DUNNING = {
    "friendly.subject": "Rappel : {total} à échéance dépassée, compte {number}",
    "friendly.body": (
        "Madame, Monsieur,\n\n"
        "Sauf erreur ou omission de notre part, les montants suivants restent impayés à ce jour, {day}, sur le compte de "
        "{customer} chez {company}.\n\n"
        "{items}\n\n"
        "Si votre règlement s'est croisé avec ce courrier, nous vous prions de ne pas en tenir compte. Pour toute "
        "question ou tout désaccord, écrivez-nous à {answer_to}.\n\n"
        "Cordialement,\n{company}"
    ),
    "firm.subject": "Deuxième relance : {total} à échéance dépassée, compte {number}",
    "firm.body": (
        "Madame, Monsieur,\n\n"
        "Malgré notre précédent rappel, nous n'avons pas reçu le règlement de {customer}. La pièce {oldest} accuse à "
        "présent {days} jours de retard. Nous vous remercions de régler les montants ci-dessous sous sept jours, ou de "
        "nous indiquer dès aujourd'hui à {answer_to} ce qui s'y oppose.\n\n"
        "{items}\n\n"
        "Cordialement,\n{company}"
    ),
    "final.subject": "Dernière relance avant recouvrement : {total}, compte {number}",
    "final.body": (
        "Madame, Monsieur,\n\n"
        "Malgré nos relances, les montants ci-dessous demeurent impayés ; la pièce la plus ancienne, {oldest}, accuse "
        "{days} jours de retard. Nous vous demandons de régler {total} sous sept jours. Passé ce délai, nous nous "
        "réservons le droit de suspendre les livraisons et de confier le dossier au recouvrement.\n\n"
        "{items}\n\n"
        "Si un règlement immédiat vous est impossible, écrivez-nous auparavant à {answer_to} afin de trouver une "
        "solution.\n\n"
        "Veuillez agréer, Madame, Monsieur, nos salutations distinguées.\n\n"
        "{company}"
    ),
    "soon.subject": "Échéance prochaine : {total}, compte {number}",
    "soon.body": (
        "Madame, Monsieur,\n\n"
        "Pour éviter tout oubli, nous vous rappelons que les montants suivants, au compte de {customer}, arrivent à "
        "échéance dans les prochains jours.\n\n"
        "{items}\n\n"
        "Si un point s'oppose au règlement, merci de nous le signaler à {answer_to}.\n\n"
        "Cordialement,\n{company}"
    ),
}
DOCUMENT = {
    "reminder.subject": "Document attendu : {document} ({about})",
    "reminder.body": (
        "Madame, Monsieur,\n\n"
        "Nous n'avons toujours pas reçu de {customer} le document suivant : {document} ({about}), demandé le "
        "{since}.{money}\n\n"
        "Merci de nous le transmettre en réponse à ce message. Si vous l'avez déjà envoyé, indiquez-nous quand et à qui, "
        "et nous le rechercherons.\n\n"
        "Cordialement,\n{company}"
    ),
    "money": " Dans cette attente, {amount} ne peuvent être régularisés.",
    "exemption": "attestation d'exonération de taxe",
    "po_copy": "copie du bon de commande",
}
INVOICE = {
    "invoice": "Facture",
    "debit_memo": "Note de débit",
    "credit_memo": "Avoir",
    "again": "duplicata",
    "dear": "Madame, Monsieur,",
    "owed": ("Veuillez trouver ci-joint le document suivant : {kind} {number} du {day}, d'un montant de {amount}, à échéance du {due}."),
    "credit": (
        "Veuillez trouver ci-joint le document suivant : {kind} {number} du {day} ; {amount} sont portés au crédit de votre compte."
    ),
    "po": "Votre bon de commande : {po}.",
    "regards": "Cordialement,",
}
REFUND = {
    "changed.subject": "Modification des coordonnées bancaires pour vos remboursements",
    "changed.body": (
        "Madame, Monsieur,\n\n"
        "À compter du {day}, les remboursements de {customer} seront versés sur un compte au nom de {holder} se "
        "terminant par {end}.\n\n"
        "Si vous n'êtes pas à l'origine de ce changement, prévenez-nous immédiatement par téléphone, à un numéro que "
        "vous connaissez, et non en réponse à un message à ce sujet.\n\n"
        "{company}\n"
    ),
}
DORMANT = {
    "letter.subject": "Un avoir {number} de {amount} est à votre disposition",
    "letter.body": (
        "Madame, Monsieur,\n\n"
        "Nous détenons en votre faveur un avoir de {amount} ({number} du {dated}). Depuis le {since}, nous n'avons reçu "
        "aucune instruction à ce sujet.\n\n"
        "Merci de nous indiquer s'il convient de l'imputer sur vos factures ou de vous le rembourser. Sans réponse de "
        "votre part, la loi peut nous obliger à le déclarer comme bien non réclamé{when}.\n\n"
        "Une brève réponse à ce message suffit.\n\n"
        "{company}\n"
    ),
    "from": "à compter du",
}
