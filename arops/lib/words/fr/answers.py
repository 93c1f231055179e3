"""Answers to choose from, in French."""

ANSWERS = {
    "dear": "Bonjour {contact},\n\n",
    "regards": "\n\nCordialement,\n{owner}\n{company}",
    "Copies of invoices.subject": "Duplicata : {invoices}",
    "Copies of invoices.body": "Veuillez trouver ci-joint, comme demandé : {invoices}.\n\nReste dû à ce titre : {open}.",
    "Statement of account.subject": "Relevé de votre compte {number}",
    "Statement of account.body": (
        "Veuillez trouver ci-joint le relevé de votre compte {number} arrêté au {day}. Solde total : {balance}.\n\n"
        "Si un élément diffère de vos écritures, merci de nous le signaler."
    ),
    "Paper attached.subject": "{subject}",
    "Paper attached.body": (
        "Veuillez trouver ci-joint le document demandé. Y a-t-il autre chose qui s'oppose au règlement de {invoices} ?"
    ),
    "Ask for the payment's details.subject": "Votre règlement {said}",
    "Ask for the payment's details.body": (
        "Merci de votre message. Nous ne retrouvons pas encore votre règlement {said}. Merci de nous adresser un "
        "justificatif : l'avis de votre banque indiquant la date, le montant et le compte, ou le numéro du chèque. Nous "
        "le rechercherons aussitôt."
    ),
    "Payment found.subject": "Votre règlement {said}",
    "Payment found.body": "Votre règlement {said} nous est bien parvenu, merci. Reste dû sur {invoices} : {open}.",
    "Promise confirmed.subject": "Votre règlement {said}",
    "Promise confirmed.body": (
        "Merci de votre engagement : nous attendons votre règlement {said} pour {invoices}. En cas d'empêchement, merci "
        "de nous prévenir avant cette date."
    ),
    "We look into it.subject": "{subject}",
    "We look into it.body": (
        "Merci de nous avoir signalé le problème concernant {invoices}. Nous l'examinons et revenons vers vous. Les "
        "sommes de votre compte qui ne sont pas contestées restent exigibles comme convenu."
    ),
    "Short answer.subject": "{subject}",
    "Short answer.body": "Merci de votre message.",
}
