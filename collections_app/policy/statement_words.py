"""The words of statements of account, by language; what the events of an account are called. Pure."""

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "statement": "Statement of account", "as_of": "as of", "account": "Account", "date": "Date", "event": "Event", "number": "Number",
        "amount": "Amount", "balance": "Balance", "forward": "Brought forward", "balance_on": "Balance as of", "open_items": "Open items",
        "item": "Item", "kind": "Kind", "dated": "Dated", "due": "Due", "days": "Days past due", "open": "Open", "disputed": "disputed",
        "credits": "Credits", "current": "current", "nothing": "Nothing is open in", "accounts": "Accounts of the group",
        "past_due": "Past due", "total": "Total", "customer": "Customer", "page": "Page",
        "subject": "{company}: statement of account {number}",
        "body": "Dear Sir or Madam,\n\nplease find the statement of account {number} as of {day} attached.\n{sums}\n\n"
        "If anything in it is not as you have it, please answer to this mail.\n\nKind regards,\n{company}",
        "owed": "Balance {currency} {amount}, of it past due {late}.",
        "invoice": "invoice", "debit_memo": "debit memo", "late_fee": "late fee", "credit_memo": "credit memo", "receipt": "payment",
        "retainage": "retainage", "instalment": "instalment",
    },
    "de": {
        "statement": "Kontoauszug", "as_of": "zum", "account": "Konto", "date": "Datum", "event": "Vorgang", "number": "Nummer",
        "amount": "Betrag", "balance": "Saldo", "forward": "Saldovortrag", "balance_on": "Saldo zum", "open_items": "Offene Posten",
        "item": "Beleg", "kind": "Art", "dated": "Datum", "due": "Fällig", "days": "Tage überfällig", "open": "Offen",
        "disputed": "strittig", "credits": "Gutschriften", "current": "nicht fällig", "nothing": "Nichts offen in",
        "accounts": "Konten der Gruppe", "past_due": "Überfällig", "total": "Summe", "customer": "Kunde", "page": "Seite",
        "subject": "{company}: Kontoauszug {number}",
        "body": "Guten Tag,\n\nbeigefügt finden Sie den Auszug des Kontos {number} zum {day}.\n{sums}\n\n"
        "Wenn etwas davon nicht mit Ihren Büchern übereinstimmt, antworten Sie bitte auf diese Mail.\n\nFreundliche Grüße\n{company}",
        "owed": "Saldo {currency} {amount}, davon überfällig {late}.",
        "invoice": "Rechnung", "debit_memo": "Belastung", "late_fee": "Mahngebühr", "credit_memo": "Gutschrift", "receipt": "Zahlung",
        "retainage": "Einbehalt", "instalment": "Rate",
    },
}  # fmt: skip
"""Language → the fixed words of a statement and of the mail it goes with."""

EVENTS: dict[str, dict[str, str]] = {
    "en": {
        "invoice": "Invoice", "credit_memo": "Credit memo", "debit_memo": "Debit memo", "receipt": "Payment received",
        "application": "Discount or difference allowed", "identification": "Payment received", "write_off": "Write-off",
        "transfer": "Transfer", "refund": "Refund", "late_fee": "Late fee", "retention": "Retainage held back",
        "release": "Retainage released", "bank_charge": "Bank charge", "payout": "Refund paid out",
        "instalment": "Moved to instalments", "reversal": "Reversal",
    },
    "de": {
        "invoice": "Rechnung", "credit_memo": "Gutschrift", "debit_memo": "Belastung", "receipt": "Zahlungseingang",
        "application": "Skonto oder Differenz", "identification": "Zahlungseingang", "write_off": "Ausbuchung",
        "transfer": "Umbuchung", "refund": "Rückzahlung", "late_fee": "Mahngebühr", "retention": "Einbehalt",
        "release": "Einbehalt fällig gestellt", "bank_charge": "Bankgebühr", "payout": "Rückzahlung ausgeführt",
        "instalment": "In Raten umgestellt", "reversal": "Storno",
    },
}  # fmt: skip
"""Language → what an event is called by its kind."""
REVERSED = {"en": "{} reversed", "de": "{} (Storno)"}


def event_words(code: str, language: str) -> str:
    """An event in words: `Payment received`; of a reversal (`-receipt`) what it takes back: `Receipt reversed`."""
    names = EVENTS[language]
    kind = code.removeprefix("-")
    if not code.startswith("-"):
        return names.get(kind, kind.replace("_", " ").capitalize())
    plain = {"receipt": "Receipt", "application": "Application", "identification": "Payment"} if language == "en" else {}
    return REVERSED[language].format(plain.get(kind, names.get(kind, kind.replace("_", " ").capitalize())))


def kind_words(kind: str, language: str) -> str:
    """A kind of item in words: `credit memo`."""
    return WORDS[language].get(kind, kind.replace("_", " "))
