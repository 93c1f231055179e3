"""What is said about cases, in Spanish."""

REASONS = {
    "price": "precio",
    "quantity": "cantidad",
    "po_missing": "número de pedido ausente o erróneo",
    "not_delivered": "no entregado o no realizado",
    "damaged": "dañado o defectuoso",
    "duplicate": "facturado dos veces",
    "tax": "impuestos",
    "terms": "condiciones de pago o descuento",
    "freight": "portes o gastos",
    "short_payment": "pago parcial",
    "other": "otro",
}
OUTCOMES = {
    "credited": "abonamos {agreed} en su cuenta",
    "debited": "facturamos {agreed} adicionales",
    "rebilled": "anulamos la factura y la emitimos de nuevo",
    "corrected": "les enviamos el documento corregido",
    "goodwill": "les concedemos {agreed} como gesto comercial",
    "rejected": "no podemos aceptar la reclamación",
    "paid": "el importe se pagó entretanto",
    "withdrawn": "ustedes retiraron la reclamación",
}
CASE_TEXTS = {
    "dear": "Estimados señores de {customer}:\n\n",
    "regards": ("\n\nPara cualquier pregunta, respondan a {answer_to} indicando {case}.\n\nAtentamente,\n{owner}\n{company}"),
    "Case opened.subject": "{case}: estudiamos su reclamación sobre {invoice}",
    "Case opened.body": (
        "Hemos abierto el expediente {case} sobre {invoice} de {invoice_date}: {claimed}, {reason}. Recibirán respuesta "
        "antes del {due}. Hasta entonces no les reclamaremos el importe en disputa; lo demás que esté vencido sigue "
        "siendo exigible.\n\n"
        "{words}"
    ),
    "Short payment.subject": "{case}: faltan {claimed} en el pago de {invoice}",
    "Short payment.body": (
        "Les agradecemos su pago. Dejó pendientes {claimed} de {invoice} de {invoice_date} y desconocemos el motivo. Les "
        "rogamos que nos lo indiquen, con algún justificante, para poder resolverlo. El asunto lleva el número {case}.\n\n"
        "{words}"
    ),
    "Where we stand.subject": "{case}: estado de su reclamación sobre {invoice}",
    "Where we stand.body": (
        "Este mensaje se refiere a {invoice} y a los {amount} que ustedes impugnan.\n\n"
        "{words}\n\n"
        "Esperamos poder responderles antes del {due}."
    ),
    "Settled.subject": "{case}: resuelto, {invoice}",
    "Settled.body": (
        "Su reclamación sobre {invoice} de {invoice_date} está resuelta: {outcome}. Ustedes impugnaban {claimed}; queda "
        "por pagar: {remaining}.\n\n"
        "{words}"
    ),
    "Not allowed.subject": "{case}: nuestra respuesta sobre {invoice}",
    "Not allowed.body": (
        "Hemos estudiado su reclamación sobre {invoice} de {invoice_date} ({claimed}, {reason}) y no podemos aceptarla.\n\n"
        "{words}\n\n"
        "Los documentos adjuntos muestran el porqué. Les rogamos que paguen {remaining} o nos indiquen qué hemos pasado "
        "por alto."
    ),
    "Ask for proof.subject": "{case}: qué necesitamos de ustedes sobre {invoice}",
    "Ask for proof.body": (
        "Para estudiar {claimed} de {invoice} necesitamos un justificante: una fotografía, el albarán con la diferencia "
        "anotada o su pedido con el precio acordado. En cuanto lo recibamos, continuaremos."
    ),
    "Proof of delivery attached.subject": "{case}: justificante de entrega de {invoice}",
    "Proof of delivery attached.body": (
        "Adjuntamos el albarán firmado correspondiente a {invoice} de {invoice_date}. ¿Responde a su pregunta? Si no es "
        "así, les rogamos que nos indiquen qué difiere de lo recibido."
    ),
    "Purchase order needed.subject": "{case}: su pedido correspondiente a {invoice}",
    "Purchase order needed.body": (
        "Nos han comunicado que el número de pedido de {invoice} falta o es erróneo. Les rogamos que nos faciliten el "
        "número y, si es posible, el propio pedido, para poder corregir la factura."
    ),
    "Still working on it.subject": "{case}: seguimos en ello",
    "Still working on it.body": (
        "Seguimos estudiando {invoice} y necesitamos algo más de tiempo del previsto. Tendrán noticias nuestras antes del {due}."
    ),
}
REJECTION = {
    "title": "Su reclamación sobre {item}",
    "case": "Expediente",
    "day": "Fecha",
    "account": "Su cuenta",
    "opened": "Abierto el",
    "about": "Asunto",
    "of": "de {day}",
    "claimed": "Impugnado",
    "reason": "Motivo indicado",
    "said": "Ustedes escribieron",
    "opening": (
        "Hemos estudiado su reclamación y cotejado nuestra factura con los documentos que la respaldan. No podemos "
        "aceptarla, por los siguientes motivos:"
    ),
    "compared": "Lo que hemos cotejado",
    "line": "Línea",
    "purchase_order": "Su pedido",
    "contract": "Contrato",
    "work": "Orden y ejecución",
    "invoice": "Factura",
    "source": "Fuente",
    "enclosed": "Documentos adjuntos",
    "owed": ("El importe es exigible. Les rogamos que paguen {amount} de {item} e indiquen {case} en su respuesta."),
    "regards": "Atentamente,",
    "dear": "Estimados señores:",
    "mail": "Adjuntamos nuestra respuesta a su reclamación sobre {item} (expediente {case}).",
    "subject": "{case}: nuestra respuesta a su reclamación sobre {item}",
    "page": "Página",
    "file": "reclamacion",
}
