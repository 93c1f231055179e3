"""The texts of letters and mails, in English."""

DUNNING = {
    "friendly.subject": "Reminder: {total} past due, account {number}",
    "friendly.body": (
        "Dear {customer},\n\n"
        "perhaps this escaped you: as of {day} the following is past due on your account with {company}.\n\n"
        "{items}\n\n"
        "If your payment is on its way, please disregard this letter. If something is unclear or wrong, tell us at "
        "{answer_to} and we will look into it.\n\n"
        "Kind regards\n{company}"
    ),
    "firm.subject": "Second reminder: {total} past due, account {number}",
    "firm.body": (
        "Dear {customer},\n\n"
        "we wrote to you before and have not seen your payment. {oldest} is now {days} days past due. Please pay the "
        "following within seven days, or tell us today at {answer_to} what holds it up.\n\n"
        "{items}\n\n"
        "Kind regards\n{company}"
    ),
    "final.subject": "Final notice: {total} past due, account {number}",
    "final.body": (
        "Dear {customer},\n\n"
        "despite our reminders the following is unpaid; the oldest item, {oldest}, is {days} days past due. Please pay "
        "{total} within seven days. After that we may stop deliveries and hand the matter over for collection.\n\n"
        "{items}\n\n"
        "If you can't pay at once, call us or write to {answer_to} before then, so that we find a way.\n\n"
        "Yours sincerely\n{company}"
    ),
    "soon.subject": "Due soon: {total}, account {number}",
    "soon.body": (
        "Dear {customer},\n\n"
        "so that nothing is overlooked: the following falls due within days.\n\n"
        "{items}\n\n"
        "If anything stands in the way of payment, tell us at {answer_to}.\n\n"
        "Kind regards\n{company}"
    ),
}
DOCUMENT = {
    "reminder.subject": "{document} needed: {about}",
    "reminder.body": (
        "Dear {customer},\n\n"
        "we are still waiting for your {document} ({about}), asked for on {since}.{money}\n\n"
        "Please send it in answer to this mail. If you sent it already, tell us when and to whom, and we will look for "
        "it.\n\n"
        "Kind regards\n{company}"
    ),
    "money": " Until it is here, {amount} can’t be settled.",
    "exemption": "tax exemption certificate",
    "po_copy": "copy of the purchase order",
}
INVOICE = {
    "invoice": "Invoice",
    "debit_memo": "Debit memo",
    "credit_memo": "Credit memo",
    "again": "copy",
    "dear": "Dear Sir or Madam,",
    "owed": "please find attached {kind} {number} of {day} over {amount}, due on {due}.",
    "credit": "please find attached {kind} {number} of {day}: {amount} are credited to your account.",
    "po": "Your purchase order: {po}.",
    "regards": "Kind regards",
}
REFUND = {
    "changed.subject": "Bank details for refunds were changed",
    "changed.body": (
        "Dear Sir or Madam,\n\n"
        "from {day} on we pay refunds for {customer} to an account of {holder} that ends in {end}.\n\n"
        "If you did not ask for this, tell us at once, by telephone and at a number that you know, not by reply to a "
        "mail about it.\n\n"
        "{company}\n"
    ),
}
DORMANT = {
    "letter.subject": "Credit {number} of {amount} is waiting for you",
    "letter.body": (
        "Dear Sir or Madam,\n\n"
        "we hold a credit of {amount} for you ({number} of {dated}). Since {since} we have heard nothing about it.\n\n"
        "Please tell us whether we should apply it to your invoices or pay it back. Without an answer the law may "
        "require us to report it as unclaimed property{when}.\n\n"
        "A short reply to this message is enough.\n\n"
        "{company}\n"
    ),
    "from": "from",
}
