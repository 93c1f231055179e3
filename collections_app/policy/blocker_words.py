"""What a customer is told when a paper of theirs is missing, in the languages that letters are written in. Pure."""

REMINDER = {
    "en": (
        "{document} needed: {about}",
        "Dear {customer},\n\nwe are still waiting for your {document} ({about}), asked for on {since}.{money}\n\n"
        "Please send it in answer to this mail. If you sent it already, tell us when and to whom, and we will look for it.\n\n"
        "Kind regards\n{company}",
    ),
    "de": (
        "{document} fehlt: {about}",
        "Guten Tag {customer},\n\nuns fehlt noch: {document} ({about}), erbeten am {since}.{money}\n\n"
        "Bitte senden Sie es als Antwort auf diese Nachricht. Haben Sie es schon geschickt, sagen Sie uns bitte wann und an wen, "
        "dann suchen wir danach.\n\nFreundliche Grüße\n{company}",
    ),
}
"""Language → subject and text."""

MONEY = {"en": " Until it is here, {amount} can’t be settled.", "de": " Bis dahin können {amount} nicht ausgeglichen werden."}

NAMES = {
    "de": {"exemption": "Steuerbefreiung", "po_copy": "Kopie der Bestellung"},
    "en": {"exemption": "tax exemption certificate", "po_copy": "copy of the purchase order"},
}
"""Papers that customers give us, by language."""

MOST = 5
"""Reminders by mail of one paper; afterwards a person calls."""
