"""How English writes days, amounts and what else stands within sentences."""

SPEECH = {
    "decimal": ".",
    "thousands": ",",
    "day": "{d} {month} {y}",
    "short": "{d} {mon} {y}",
    "first": "1",
    "months": "January February March April May June July August September October November December",
    "your_invoices": "your invoices",
    "and_more": "and {n} more",
    "nothing": "nothing",
    "said_amount": "of {amount}",
    "said_day": "of {day}",
    "said_on": "on {day}",
    "script": ("Good day, this is {company}. {oldest} has been due for {days} days, {total} in all. Is anything in the way?"),
    "sample_contact": "Robin Sample",
    "sample_subject": "Question about our account",
    "sample_words": "What was written for this customer stands here.",
    "bucket": "{from}–{to} days",
    "bucket_over": "over {from} days",
}
