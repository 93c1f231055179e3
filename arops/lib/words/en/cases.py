"""What is said about cases, in English."""

REASONS = {
    "price": "price",
    "quantity": "quantity",
    "po_missing": "purchase order missing or wrong",
    "not_delivered": "not delivered or not done",
    "damaged": "damaged or defective",
    "duplicate": "billed twice",
    "tax": "tax",
    "terms": "payment terms or discount",
    "freight": "freight or fees",
    "short_payment": "short payment",
    "other": "other",
}
OUTCOMES = {
    "credited": "we credit {agreed} to your account",
    "debited": "we bill {agreed} in addition",
    "rebilled": "we cancel the invoice and bill it again",
    "corrected": "we send you the corrected document",
    "goodwill": "we allow {agreed} as a gesture of goodwill",
    "rejected": "we can't allow the claim",
    "paid": "the amount was paid meanwhile",
    "withdrawn": "you withdrew the claim",
}
CASE_TEXTS = {
    "dear": "Dear {customer},\n\n",
    "regards": ("\n\nIf you have questions, answer to {answer_to} and name {case}.\n\nKind regards\n{owner}\n{company}"),
    "Case opened.subject": "{case}: we look into your question about {invoice}",
    "Case opened.body": (
        "we have opened case {case} about {invoice} of {invoice_date}: {claimed}, {reason}. We will answer by {due}. "
        "Until then we don't ask you for the contested amount; whatever else is due stays due.\n\n"
        "{words}"
    ),
    "Short payment.subject": "{case}: your payment of {invoice} was {claimed} short",
    "Short payment.body": (
        "thank you for your payment. It left {claimed} of {invoice} of {invoice_date} open, and we don't know why. "
        "Please tell us the reason, with whatever shows it, so that we can settle it. The matter has the number {case}.\n\n"
        "{words}"
    ),
    "Where we stand.subject": "{case}: where your question about {invoice} stands",
    "Where we stand.body": (
        "this is about {invoice} and the {amount} that you contest.\n\n{words}\n\nWe expect to have an answer by {due}."
    ),
    "Settled.subject": "{case}: settled, {invoice}",
    "Settled.body": (
        "your question about {invoice} of {invoice_date} is settled: {outcome}. You had contested {claimed}; still due "
        "of it: {remaining}.\n\n"
        "{words}"
    ),
    "Not allowed.subject": "{case}: our answer about {invoice}",
    "Not allowed.body": (
        "we have looked into what you contest on {invoice} of {invoice_date} ({claimed}, {reason}) and can't allow it.\n\n"
        "{words}\n\n"
        "What is attached shows why. Please pay {remaining}, or tell us what we have overlooked."
    ),
    "Ask for proof.subject": "{case}: what we need from you about {invoice}",
    "Ask for proof.body": (
        "to look into {claimed} of {invoice} we need what shows it: a photograph, the delivery note with the difference "
        "marked, or your purchase order with the agreed price. As soon as it is here we go on."
    ),
    "Proof of delivery attached.subject": "{case}: proof of delivery for {invoice}",
    "Proof of delivery attached.body": (
        "please find attached the signed proof of delivery for {invoice} of {invoice_date}. Does this answer your "
        "question? If not, please tell us what differs from what you received."
    ),
    "Purchase order needed.subject": "{case}: your purchase order for {invoice}",
    "Purchase order needed.body": (
        "you told us that the purchase order on {invoice} is missing or wrong. Please send us its number, and the order "
        "itself if you can, so that we can correct the invoice."
    ),
    "Still working on it.subject": "{case}: still in progress",
    "Still working on it.body": (
        "we are still looking into {invoice} and need a little longer than we said. You will hear from us by {due}."
    ),
}
REJECTION = {
    "title": "Your claim about {item}",
    "case": "Case",
    "day": "Date",
    "account": "Your account",
    "opened": "Opened",
    "about": "About",
    "of": "of {day}",
    "claimed": "Contested",
    "reason": "Reason given",
    "said": "You wrote",
    "opening": ("we have looked into your claim and compared our invoice with the documents behind it. We can’t allow it. Our reasons:"),
    "compared": "What we compared",
    "line": "Line",
    "purchase_order": "Your purchase order",
    "contract": "Contract",
    "work": "Order and work",
    "invoice": "Invoice",
    "source": "Source",
    "enclosed": "Enclosed",
    "owed": "The amount is due. Please pay {amount} of {item} and quote {case} if you answer.",
    "regards": "Kind regards",
    "dear": "Dear Sir or Madam,",
    "mail": "please find attached our answer to your claim about {item} (case {case}).",
    "subject": "{case}: our answer to your claim about {item}",
    "page": "Page",
    "file": "claim",
}
