"""The words of notices of late charges, in French."""

CHARGE = {
    "title": "Avis de pénalités de retard {number}",
    "account": "Compte",
    "period": "Période",
    "to": "au",
    "opening": (
        "Les montants ci-dessous ont été réglés en retard ou demeurent impayés. Conformément à nos conditions de "
        "paiement et aux règles rappelées ci-après, nous vous facturons {amount} au titre de {period}, à régler au plus "
        "tard le {due}."
    ),
    "item": "Pièce",
    "due": "Échéance",
    "from": "Du",
    "until": "Au",
    "days": "Jours",
    "base": "Assiette",
    "rate": "% l'an",
    "fee": "Forfait",
    "charge": "Pénalité",
    "total": "Total",
    "waived": "Dont remise accordée",
    "left": "À payer",
    "policy": "Règle",
    "rate_basis": "intérêts au jour le jour : montant restant dû × taux annuel × jours ÷ 365",
    "fee_basis": "un forfait par mois de retard",
    "fee_each_basis": "un forfait unique par facture réglée en retard",
    "grace": "Aucune pénalité n'est due pour un règlement intervenu dans les {n} jours suivant l'échéance.",
    "source": "Fondement juridique",
    "capped": "Le plafond légal a été appliqué ({source}).",
    "no_limit": ("Les conditions de paiement convenues ; aucun plafond légal n'est enregistré pour votre lieu d'établissement."),
    "disputed": "Les montants contestés n'ont pas été pris en compte.",
    "credits": "Vos avoirs ont été imputés en premier.",
    "closing": "Si vous estimez cet avis erroné, écrivez-nous sous 14 jours à {answer_to} en rappelant {number}.",
    "dear": "Madame, Monsieur,",
    "regards": "Cordialement,",
    "subject": "{company} : avis de pénalités de retard {number}, {amount}",
    "body": (
        "Veuillez trouver ci-joint l'avis de pénalités de retard {number} du {day}, d'un montant de {amount}, au titre "
        "de {period}, à régler au plus tard le {due}. Il détaille les pièces, les jours de retard et les taux "
        "appliqués.\n\n"
        "Si vous l'estimez erroné, merci de répondre à ce message."
    ),
    "more": "et {n} autres pièces",
    "file": "penalites-de-retard",
    "page": "Pénalités de retard",
}
