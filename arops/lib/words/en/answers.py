"""Answers to choose from, in English."""

ANSWERS = {
    "dear": "Dear {contact},\n\n",
    "regards": "\n\nKind regards\n{owner}\n{company}",
    "Copies of invoices.subject": "Copies of {invoices}",
    "Copies of invoices.body": "please find attached what you asked for: {invoices}.\n\nOpen of it: {open}.",
    "Statement of account.subject": "Statement of your account {number}",
    "Statement of account.body": (
        "please find attached the statement of your account {number} as of {day}. Open in all: {balance}.\n\n"
        "If anything in it differs from your books, please tell us."
    ),
    "Paper attached.subject": "{subject}",
    "Paper attached.body": (
        "please find attached what you need from us. Is there anything else that stands between you and the payment of {invoices}?"
    ),
    "Ask for the payment's details.subject": "Your payment {said}",
    "Ask for the payment's details.body": (
        "thank you for telling us. We don't find your payment {said} yet. Please send us what shows it: the bank's "
        "confirmation with day, amount and account, or the number of the cheque. Then we will look for it at once."
    ),
    "Payment found.subject": "Your payment {said}",
    "Payment found.body": "your payment {said} is here, thank you. Open of {invoices}: {open}.",
    "Promise confirmed.subject": "Your payment {said}",
    "Promise confirmed.body": (
        "thank you for your word: we expect your payment {said} for {invoices}. If anything comes in between, please "
        "tell us before that day."
    ),
    "We look into it.subject": "{subject}",
    "We look into it.body": (
        "thank you for telling us what is wrong with {invoices}. We look into it and come back to you. What isn't "
        "contested of the account stays due as agreed."
    ),
    "Short answer.subject": "{subject}",
    "Short answer.body": "thank you for your message.",
}
