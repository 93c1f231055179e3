"""What is said about cases, in French."""

REASONS = {
    "price": "prix",
    "quantity": "quantité",
    "po_missing": "numéro de commande absent ou erroné",
    "not_delivered": "non livré ou non exécuté",
    "damaged": "endommagé ou défectueux",
    "duplicate": "facturé deux fois",
    "tax": "taxe",
    "terms": "conditions de paiement ou escompte",
    "freight": "port ou frais",
    "short_payment": "paiement partiel",
    "other": "autre",
}
OUTCOMES = {
    "credited": "nous créditons votre compte de {agreed}",
    "debited": "nous facturons {agreed} en complément",
    "rebilled": "nous annulons la facture et l'établissons à nouveau",
    "corrected": "nous vous adressons le document rectifié",
    "goodwill": "nous vous accordons {agreed} à titre commercial",
    "rejected": "nous ne pouvons pas accepter la réclamation",
    "paid": "le montant a été réglé entre-temps",
    "withdrawn": "vous avez retiré la réclamation",
}
CASE_TEXTS = {
    "dear": "Madame, Monsieur,\n\n",
    "regards": ("\n\nPour toute question, répondez à {answer_to} en rappelant {case}.\n\nCordialement,\n{owner}\n{company}"),
    "Case opened.subject": "{case} : nous examinons votre réclamation sur {invoice}",
    "Case opened.body": (
        "Nous avons ouvert le dossier {case} concernant {invoice} du {invoice_date} : {claimed}, "
        "{reason}. Vous recevrez une réponse au plus tard le {due}. D'ici là, nous ne vous relançons pas pour le montant "
        "contesté ; les autres sommes échues restent exigibles.\n\n"
        "{words}"
    ),
    "Short payment.subject": "{case} : il manque {claimed} sur {invoice}",
    "Short payment.body": (
        "Nous vous remercions de votre règlement. Il laisse un solde de {claimed} sur {invoice} du {invoice_date}, dont "
        "nous ignorons la raison. Merci de nous l'indiquer, avec un justificatif, afin que nous puissions régler ce "
        "point. Le dossier porte le numéro {case}.\n\n"
        "{words}"
    ),
    "Where we stand.subject": "{case} : où en est votre réclamation sur {invoice}",
    "Where we stand.body": (
        "Ce message concerne {invoice} et les {amount} que vous contestez.\n\n"
        "{words}\n\n"
        "Nous pensons pouvoir vous répondre au plus tard le {due}."
    ),
    "Settled.subject": "{case} : dossier clos, {invoice}",
    "Settled.body": (
        "Votre réclamation sur {invoice} du {invoice_date} est réglée : {outcome}. Vous contestiez {claimed} ; reste à "
        "payer : {remaining}.\n\n"
        "{words}"
    ),
    "Not allowed.subject": "{case} : notre réponse au sujet de {invoice}",
    "Not allowed.body": (
        "Nous avons examiné votre réclamation sur {invoice} du {invoice_date} ({claimed}, {reason}) et ne pouvons pas "
        "l'accepter.\n\n"
        "{words}\n\n"
        "Les pièces jointes en donnent les raisons. Merci de régler {remaining}, ou de nous indiquer ce qui nous aurait "
        "échappé."
    ),
    "Ask for proof.subject": "{case} : ce dont nous avons besoin au sujet de {invoice}",
    "Ask for proof.body": (
        "Pour examiner {claimed} de {invoice}, il nous faut un justificatif : une photographie, le bon de livraison "
        "portant vos réserves ou votre bon de commande avec le prix convenu. Nous poursuivrons dès réception."
    ),
    "Proof of delivery attached.subject": "{case} : preuve de livraison pour {invoice}",
    "Proof of delivery attached.body": (
        "Veuillez trouver ci-joint le bon de livraison signé relatif à {invoice} du {invoice_date}. Répond-il à votre "
        "question ? Sinon, merci de nous préciser en quoi il diffère de ce que vous avez reçu."
    ),
    "Purchase order needed.subject": "{case} : votre bon de commande pour {invoice}",
    "Purchase order needed.body": (
        "Vous nous avez signalé que le numéro de commande figurant sur {invoice} est absent ou erroné. Merci de nous "
        "communiquer ce numéro et, si possible, la commande elle-même, afin que nous puissions rectifier la facture."
    ),
    "Still working on it.subject": "{case} : toujours en cours",
    "Still working on it.body": (
        "L'examen de {invoice} demande un peu plus de temps qu'annoncé. Vous aurez de nos nouvelles au plus tard le {due}."
    ),
}
REJECTION = {
    "title": "Votre réclamation sur {item}",
    "case": "Dossier",
    "day": "Date",
    "account": "Votre compte",
    "opened": "Ouvert le",
    "about": "Objet",
    "of": "du {day}",
    "claimed": "Contesté",
    "reason": "Motif indiqué",
    "said": "Vous avez écrit",
    "opening": (
        "Nous avons examiné votre réclamation et rapproché notre facture des pièces qui la justifient. Nous ne pouvons "
        "pas l'accepter, pour les raisons suivantes :"
    ),
    "compared": "Ce que nous avons rapproché",
    "line": "Ligne",
    "purchase_order": "Votre commande",
    "contract": "Contrat",
    "work": "Ordre et exécution",
    "invoice": "Facture",
    "source": "Source",
    "enclosed": "Pièces jointes",
    "owed": ("Le montant est exigible. Merci de régler {amount} au titre de {item} et de rappeler {case} dans votre réponse."),
    "regards": "Cordialement,",
    "dear": "Madame, Monsieur,",
    "mail": "Veuillez trouver ci-joint notre réponse à votre réclamation sur {item} (dossier {case}).",
    "subject": "{case} : notre réponse à votre réclamation sur {item}",
    "page": "Page",
    "file": "reclamation",
}
