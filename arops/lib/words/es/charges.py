"""The words of notices of late charges, in Spanish."""

CHARGE = {
    "title": "Aviso de recargos por mora {number}",
    "account": "Cuenta",
    "period": "Período",
    "to": "a",
    "opening": (
        "Los importes siguientes se pagaron con retraso o continúan impagados. Conforme a lo pactado y a las reglas que "
        "se indican más abajo, les cargamos {amount} por {period}, a pagar antes del {due}."
    ),
    "item": "Documento",
    "due": "Vencimiento",
    "from": "Desde",
    "until": "Hasta",
    "days": "Días",
    "base": "Base",
    "rate": "% anual",
    "fee": "Comisión",
    "charge": "Recargo",
    "total": "Total",
    "waived": "De ello condonado",
    "left": "A pagar",
    "policy": "Regla",
    "rate_basis": "interés por días: importe pendiente × tipo anual × días ÷ 365",
    "fee_basis": "una comisión por cada mes de retraso",
    "fee_each_basis": "una comisión única por cada factura pagada con retraso",
    "grace": "No se carga nada por lo que se paga en los {n} días siguientes al vencimiento.",
    "source": "Fundamento legal",
    "capped": "Se ha aplicado el máximo legal ({source}).",
    "no_limit": "Las condiciones de pago pactadas; no consta un máximo legal para su domicilio.",
    "disputed": "Se han excluido los importes en disputa.",
    "credits": "Sus abonos se han deducido en primer lugar.",
    "closing": ("Si consideran que es incorrecto, escríbannos en un plazo de 14 días a {answer_to} indicando {number}."),
    "dear": "Estimados señores:",
    "regards": "Atentamente,",
    "subject": "{company}: aviso de recargos por mora {number}, {amount}",
    "body": (
        "Adjuntamos el aviso de recargos por mora {number} de {day} por importe de {amount}, correspondiente a {period}, "
        "a pagar antes del {due}. En él se detallan los documentos, los días de retraso y los tipos aplicados.\n\n"
        "Si consideran que es incorrecto, les rogamos que respondan a este mensaje."
    ),
    "more": "y {n} documentos más",
    "file": "recargos-por-mora",
    "page": "Recargos por mora",
}
