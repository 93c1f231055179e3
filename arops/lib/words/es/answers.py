"""Answers to choose from, in Spanish."""

ANSWERS = {
    "dear": "Hola, {contact}:\n\n",
    "regards": "\n\nUn cordial saludo,\n{owner}\n{company}",
    "Copies of invoices.subject": "Copias: {invoices}",
    "Copies of invoices.body": "Adjuntamos lo que nos ha solicitado: {invoices}.\n\nPendiente de pago: {open}.",
    "Statement of account.subject": "Extracto de su cuenta {number}",
    "Statement of account.body": (
        "Adjuntamos el extracto de su cuenta {number} a {day}. Total pendiente: {balance}.\n\n"
        "Si algún dato difiere de sus registros, le rogamos que nos lo comunique."
    ),
    "Paper attached.subject": "{subject}",
    "Paper attached.body": "Adjuntamos el documento solicitado. ¿Hay algo más que impida el pago de {invoices}?",
    "Ask for the payment's details.subject": "Su pago {said}",
    "Ask for the payment's details.body": (
        "Gracias por su mensaje. Todavía no localizamos su pago {said}. Le rogamos que nos envíe un justificante: el "
        "comprobante del banco con fecha, importe y cuenta, o el número del cheque. Lo buscaremos de inmediato."
    ),
    "Payment found.subject": "Su pago {said}",
    "Payment found.body": "Hemos recibido su pago {said}, muchas gracias. Pendiente de {invoices}: {open}.",
    "Promise confirmed.subject": "Su pago {said}",
    "Promise confirmed.body": (
        "Gracias por su compromiso: esperamos su pago {said} por {invoices}. Si surge algún inconveniente, le rogamos "
        "que nos avise antes de esa fecha."
    ),
    "We look into it.subject": "{subject}",
    "We look into it.body": (
        "Gracias por informarnos del problema con {invoices}. Lo estamos revisando y le daremos respuesta. Los importes "
        "de su cuenta que no están en disputa siguen siendo exigibles según lo acordado."
    ),
    "Short answer.subject": "{subject}",
    "Short answer.body": "Gracias por su mensaje.",
}
