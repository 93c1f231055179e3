"""The words of notices of late charges, in English."""

CHARGE = {
    "title": "Notice of late charges {number}",
    "account": "Account",
    "period": "Period",
    "to": "to",
    "opening": (
        "the following was paid late or is still unpaid. As agreed, and as the rules below allow, we charge {amount} for "
        "{period}, payable by {due}."
    ),
    "item": "Item",
    "due": "Due",
    "from": "From",
    "until": "To",
    "days": "Days",
    "base": "On",
    "rate": "% a year",
    "fee": "Fee",
    "charge": "Charge",
    "total": "Total",
    "waived": "Of this waived",
    "left": "To be paid",
    "policy": "Rule",
    "rate_basis": "interest by the day: what was open × the rate a year × days ÷ 365",
    "fee_basis": "a fee for each month in arrears",
    "fee_each_basis": "a fee for each invoice paid late, once",
    "grace": "Nothing is charged for what is paid within {n} days of its due date.",
    "source": "Legal source",
    "capped": "The legal maximum was applied ({source}).",
    "no_limit": "The agreed terms of payment; no legal maximum is on record for your place.",
    "disputed": "What is disputed was left out.",
    "credits": "Your credits were set off first.",
    "closing": "If you think this is wrong, tell us at {answer_to} within 14 days, naming {number}.",
    "dear": "Dear Sir or Madam,",
    "regards": "Kind regards",
    "subject": "{company}: notice of late charges {number}, {amount}",
    "body": (
        "please find attached the notice of late charges {number} of {day} over {amount}, for {period}, payable by "
        "{due}. It lists the items, the days and the rates that were applied.\n\n"
        "If you think this is wrong, please answer to this mail."
    ),
    "more": "and {n} more items",
    "file": "late-charges",
    "page": "Late charges",
}
