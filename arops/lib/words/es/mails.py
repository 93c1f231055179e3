"""The texts of letters and mails, in Spanish."""

DUNNING = {
    "friendly.subject": "Recordatorio de pago: {total} vencidos, cuenta {number}",
    "friendly.body": (
        "Estimados señores de {customer}:\n\n"
        "Salvo error u omisión por nuestra parte, a {day} figuran como vencidos y pendientes de pago en su cuenta con "
        "{company} los siguientes importes.\n\n"
        "{items}\n\n"
        "Si ya han realizado el pago, les rogamos que no tengan en cuenta esta carta. Para cualquier duda o "
        "discrepancia, pueden escribirnos a {answer_to}.\n\n"
        "Atentamente,\n{company}"
    ),
    "firm.subject": "Segundo requerimiento de pago: {total} vencidos, cuenta {number}",
    "firm.body": (
        "Estimados señores de {customer}:\n\n"
        "Pese a nuestro anterior recordatorio, no hemos recibido su pago. El documento {oldest} acumula ya {days} días "
        "de retraso. Les rogamos que abonen los importes siguientes en un plazo de siete días o que nos indiquen hoy "
        "mismo en {answer_to} el motivo del retraso.\n\n"
        "{items}\n\n"
        "Atentamente,\n{company}"
    ),
    "final.subject": "Último requerimiento de pago: {total}, cuenta {number}",
    "final.body": (
        "Estimados señores de {customer}:\n\n"
        "Pese a nuestros requerimientos, los importes siguientes continúan impagados; el documento más antiguo, "
        "{oldest}, acumula {days} días de retraso. Les requerimos el pago de {total} en un plazo de siete días. "
        "Transcurrido este plazo, nos reservamos el derecho de suspender los suministros y de encomendar el cobro a "
        "terceros.\n\n"
        "{items}\n\n"
        "Si no les es posible pagar de inmediato, escríbannos antes a {answer_to} para encontrar una solución.\n\n"
        "Atentamente,\n{company}"
    ),
    "soon.subject": "Próximo vencimiento: {total}, cuenta {number}",
    "soon.body": (
        "Estimados señores de {customer}:\n\n"
        "Para evitar cualquier olvido, les recordamos que los siguientes importes vencen en los próximos días.\n\n"
        "{items}\n\n"
        "Si algo impide el pago, les rogamos que nos lo comuniquen a {answer_to}.\n\n"
        "Atentamente,\n{company}"
    ),
}
DOCUMENT = {
    "reminder.subject": "Documento pendiente: {document} ({about})",
    "reminder.body": (
        "Estimados señores de {customer}:\n\n"
        "Seguimos a la espera del siguiente documento: {document} ({about}), solicitado el {since}.{money}\n\n"
        "Les rogamos que nos lo envíen en respuesta a este mensaje. Si ya lo han enviado, indíquennos cuándo y a quién, "
        "y lo buscaremos.\n\n"
        "Atentamente,\n{company}"
    ),
    "money": " Hasta recibirlo no podemos regularizar {amount}.",
    "exemption": "certificado de exención fiscal",
    "po_copy": "copia del pedido",
}
INVOICE = {
    "invoice": "Factura",
    "debit_memo": "Nota de cargo",
    "credit_memo": "Nota de abono",
    "again": "copia",
    "dear": "Estimados señores:",
    "owed": ("Adjuntamos el siguiente documento: {kind} {number} de {day} por importe de {amount}, con vencimiento el {due}."),
    "credit": "Adjuntamos el siguiente documento: {kind} {number} de {day}; abonamos {amount} en su cuenta.",
    "po": "Su pedido: {po}.",
    "regards": "Atentamente,",
}
REFUND = {
    "changed.subject": "Cambio de los datos bancarios para devoluciones",
    "changed.body": (
        "Estimados señores:\n\n"
        "A partir del {day}, las devoluciones a {customer} se abonarán en una cuenta a nombre de {holder} terminada en "
        "{end}.\n\n"
        "Si no han solicitado este cambio, avísennos de inmediato por teléfono, a un número que ya conozcan, y no "
        "respondiendo a un mensaje sobre este asunto.\n\n"
        "{company}\n"
    ),
}
DORMANT = {
    "letter.subject": "Tiene a su disposición un saldo a favor {number} de {amount}",
    "letter.body": (
        "Estimados señores:\n\n"
        "Mantenemos a su favor un saldo de {amount} ({number} de {dated}). Desde el {since} no hemos recibido "
        "instrucciones al respecto.\n\n"
        "Les rogamos que nos indiquen si debemos aplicarlo a sus facturas o devolvérselo. A falta de respuesta, la ley "
        "puede obligarnos a declararlo como saldo no reclamado{when}.\n\n"
        "Basta con una breve respuesta a este mensaje.\n\n"
        "{company}\n"
    ),
    "from": "a partir del",
}
