"""How Spanish writes days, amounts and what else stands within sentences."""

SPEECH = {
    "decimal": ",",
    "thousands": ".",
    "day": "{d} de {month} de {y}",
    "short": "{dd}/{mm}/{y}",
    "first": "1",
    "months": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "your_invoices": "sus facturas",
    "and_more": "y {n} más",
    "nothing": "nada",
    "said_amount": "de {amount}",
    "said_day": "del {day}",
    "said_on": "del {day}",
    "script": (
        "Buenos días, le llamo de {company}. {oldest} lleva {days} días vencida; en total son {total}. ¿Hay algo que impida el pago?"
    ),
    "sample_contact": "Alex Ejemplo",
    "sample_subject": "Consulta sobre nuestra cuenta",
    "sample_words": "Aquí figura lo que se escribió para este cliente.",
    "bucket": "{from}–{to} días",
    "bucket_over": "más de {from} días",
}
