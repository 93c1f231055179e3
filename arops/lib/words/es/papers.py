"""The fixed words of papers, in Spanish."""

LETTER = {
    "item": "Documento",
    "dated": "Fecha",
    "due": "Vencimiento",
    "days": "Días de retraso",
    "open": "Pendiente",
    "held": "En disputa o prometido",
    "credits": "Abonos y pagos a cuenta deducidos",
    "asked": "A pagar",
    "total": "Total",
    "account": "Cuenta",
    "statement": "Su cuenta a",
    "balance": "Saldo",
    "more": "y {n} documentos más",
    "page": "Recordatorio",
    "kind": "Tipo",
    "amount": "Importe",
    "invoice": "factura",
    "debit_memo": "nota de cargo",
    "late_fee": "recargo por mora",
    "credit_memo": "nota de abono",
    "receipt": "pago",
    "instalment": "cuota",
    "without_pdf": "El detalle de su cuenta figura en la página adjunta.",
    "enclosed": "Documentos adjuntos",
    "with_statement": "extracto de cuenta",
    "with_copy": "copia de la factura",
    "with_copies": "copias de {n} facturas",
}
STATEMENT = {
    "statement": "Extracto de cuenta",
    "as_of": "a",
    "account": "Cuenta",
    "date": "Fecha",
    "event": "Concepto",
    "number": "Número",
    "amount": "Importe",
    "balance": "Saldo",
    "forward": "Saldo anterior",
    "balance_on": "Saldo a",
    "more_rows": "+ {n} más; el libro de Excel los contiene todos",
    "open_items": "Partidas pendientes",
    "item": "Documento",
    "kind": "Tipo",
    "dated": "Fecha",
    "due": "Vencimiento",
    "days": "Días de retraso",
    "open": "Pendiente",
    "disputed": "en disputa",
    "credits": "Abonos",
    "current": "no vencido",
    "nothing": "No hay partidas pendientes en",
    "accounts": "Cuentas del grupo",
    "past_due": "Vencido",
    "total": "Total",
    "customer": "Cliente",
    "page": "Página",
    "subject": "{company}: extracto de cuenta {number}",
    "body": (
        "Estimados señores:\n\n"
        "Adjuntamos el extracto de su cuenta {number} a {day}.\n{sums}\n\n"
        "Si algún dato no coincide con sus registros, les rogamos que respondan a este mensaje.\n\n"
        "Atentamente,\n{company}"
    ),
    "owed": "Saldo: {amount} {currency}, del que {late} está vencido.",
    "invoice": "factura",
    "debit_memo": "nota de cargo",
    "late_fee": "recargo por mora",
    "credit_memo": "nota de abono",
    "receipt": "pago",
    "retainage": "retención de garantía",
    "instalment": "cuota",
}
EVENTS = {
    "invoice": "Factura",
    "credit_memo": "Nota de abono",
    "debit_memo": "Nota de cargo",
    "receipt": "Pago recibido",
    "application": "Descuento o diferencia admitida",
    "identification": "Pago recibido",
    "write_off": "Baja por incobrable",
    "transfer": "Traspaso",
    "refund": "Devolución",
    "late_fee": "Recargo por mora",
    "retention": "Retención de garantía",
    "release": "Liberación de la retención",
    "bank_charge": "Comisión bancaria",
    "payout": "Devolución abonada",
    "instalment": "Aplazamiento en cuotas",
    "reversal": "Anulación",
    "reversed": "{} (anulación)",
}
PLAN = {
    "plan": "Plan de pagos {number}",
    "settlement": "Acuerdo transaccional {number}",
    "covers": "Deudas incluidas",
    "item": "Documento",
    "dated": "Fecha",
    "due": "Vencimiento",
    "amount": "Importe",
    "schedule": "Calendario de pagos",
    "quote_as": "Referencia",
    "by": "Antes del",
    "debt": "Principal",
    "interest_head": "Intereses",
    "pay": "A pagar",
    "sum": "Total",
    "account": "Cuenta",
    "terms": "Condiciones",
    "place": "Lugar y fecha",
    "name": "Nombre en mayúsculas",
    "signature": "Firma por {customer}",
    "ours": "Por {company}",
    "pays": (
        "Queda pendiente un importe de {total}, que se abonará en las cuotas que se indican a continuación, cada una en "
        "su fecha; los vencimientos originales quedan en suspenso mientras se cumpla el plan."
    ),
    "settles": (
        "Queda pendiente un importe de {total}. Una vez abonados {pays} según el calendario siguiente, se condonan "
        "{waived}; hasta entonces se adeuda la totalidad."
    ),
    "interest": (
        "El saldo pendiente devenga un interés del {rate} % anual, calculado por días naturales sobre un año de 365 "
        "días; los intereses están incluidos en los importes anteriores."
    ),
    "free": "Mientras se cumpla el plan no se devengan intereses.",
    "default": (
        "Si una cuota no se abona en los {days} días siguientes a su fecha, el plan queda sin efecto y todo lo pendiente "
        "será exigible de inmediato según sus vencimientos originales."
    ),
    "quote": ("Les rogamos que indiquen en cada pago la referencia de la cuota. Pueden pagar anticipadamente en cualquier momento."),
    "until": "Esta oferta es válida hasta el {until}. Entra en vigor cuando la recibamos firmada.",
    "mail": (
        "Estimados señores:\n\n"
        "Conforme a lo acordado, adjuntamos el documento {number} con el calendario de pagos. Les rogamos que nos lo "
        "devuelvan firmado antes del {until}.\n\n"
        "Atentamente,\n{company}\n"
    ),
}
WORKBOOK = {
    "Rows": "Partidas",
    "Account": "Cuenta",
    "About": "Información",
    "View": "Contenido",
    "As of": "A fecha de",
    "Made by": "Elaborado por",
    "Made at": "Elaborado el",
    "Total": "Total",
    "from": "desde",
    "accounts": "cuentas",
}
