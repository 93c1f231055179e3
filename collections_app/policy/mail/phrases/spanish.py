"""What people write about bills in Spanish: an alternative a line."""

from collections_app.policy.mail.phrases.model import BANK, COPY, DISPUTE, PAID, PROMISE, STATEMENT, Phrase, say, wanting

NOT_YET = r"\b(no|nunca|será|serán|cuando|si|antes)\b|¿"
NOT_SO = r"\b(no|cuando|en cuanto|si|hasta que)\b"
PROVIDED = r"\b(cuando|en cuanto|si (nos|ustedes|recib)|una vez|tras recibir)\b"
NOT_CONTESTED = r"sin disputa|\bno (impugn|disput|rechaz|reclam)"

PAYING: tuple[Phrase, ...] = (
    say(
        PAID, "es",
        (r"\b(hemos|ha sido|han sido|fue|fueron|está|están|ya)( \w+){0,2} (pagad[oa]s?|pagado|abonad[oa]s?|"
         r"transferid[oa]s?|liquidad[oa]s?)\b"),
        r"\b(pago|transferencia)( \S+){0,5} (realizad[oa]|efectuad[oa]|enviad[oa]|hech[oa])\b",
        r"\b(pagamos el|se pagó|abonamos el)\b",
        unless=NOT_YET,
    ),
    say(
        PROMISE, "es",
        (r"\b(será|serán|pagaremos|abonaremos|realizaremos|haremos|efectuaremos|vamos a|transferiremos|pagaré)\b.{0,70}"
         r"?(pag\w+|abon\w+|transfer\w+|.{0})"),
        unless=NOT_SO + r"|\b(enviad|remitid|disput)", provided=PROVIDED,
    ),
    say(
        PAID, "es",
        r"\b(pago|transferencia|dinero) (ya )?(salió|se realizó|se efectuó|se hizo)\b",
        r"\b(transferimos|pagué|transferí|aboné)\b",
        unless=NOT_YET,
    ),
    say(
        PROMISE, "es",
        r"\b(pago|transferencia) se (realizará|efectuará|hará)\b",
        r"\b(pago|transferencia) está (previst|programad|planificad)",
        r"\b(haré|haremos) (la|el) (transferencia|pago)\b",
        r"\brecibirán? (el|su|nuestro) (pago|dinero)\b",
        unless=r"\b(no|cuando|si|en cuanto)\b", provided=PROVIDED,
    ),
)  # fmt: skip

ASKING: tuple[Phrase, ...] = (
    say(
        COPY, "es",
        r"\b(copias?|duplicados?|pdf)\b.{0,40}\bfacturas?\b",
        r"\b(re)?(env[ií](a(r\w*|n)?|e(n|s)?|o)|mand\w+|remit\w+)\b(?! ahora).{0,40}\bfacturas?\b",
        r"\bno (hemos )?(recib\w+|tenemos|encontramos)\b.{0,40}\bfacturas?\b",
        unless=r"adjunt|estado de cuenta",
    ),
    say(
        STATEMENT, "es",
        r"\bestados? de cuentas?\b",
        r"\bextracto\b",
        r"\b(listado|relación|lista) de (las )?facturas",
        unless=r"bancario|recibido",
    ),
    say(
        COPY, "es",
        r"\bfactura\b.{0,20}\bnunca\b.{0,10}\b(llegó|recib)",
        r"\bnos falta\b.{0,10}\bfacturas?\b",
    ),
    say(
        STATEMENT, "es",
        r"\bqué facturas\b.{0,20}\b(pendientes|abiertas|impagadas)",
        r"\b(cuál es|confirm\w+) nuestro saldo\b",
    ),
)  # fmt: skip

DISPUTES: tuple[Phrase, ...] = (
    say(
        DISPUTE, "es",
        r"\bprecios?\b.{0,50}\b(incorrect|equivocad|más alto|diferente|no coincide|superior)",
        r"\bdiferencia de precio",
        r"\bcobrad\w+ de más",
        about="price", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "es",
        r"\bcantidad\w*\b.{0,40}\b(incorrect|no coincide|menor|falt)",
        r"\bsolo (recibimos|hemos recibido)",
        r"\bfaltan? \d+",
        about="quantity", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "es",
        r"\bno (hemos )?recib\w+.{0,20}\b(mercanc|pedido|material|entrega|servicio)",
        r"\b(mercanc\w+|pedido|material|servicio)\b.{0,30}\bno\b.{0,20}\b(lleg|recib|entreg|realiz)",
        about="not_delivered", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "es",
        r"\b(dañad|defectuos|rot[oa]s?\b|averiad)",
        about="damaged", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "es",
        r"\b(facturad\w+|cobrad\w+) (dos veces|por duplicado)",
        r"\bfactura duplicada",
        about="duplicate", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "es",
        r"\b(disputamos|impugnamos|rechazamos|reclamamos|reclamación|no estamos de acuerdo|disconform)",
        r"\bfactura\b.{0,30}\b(incorrecta|errónea|equivocada)",
        about="other", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "es",
        r"\bfaltan? (una?|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|varias?|algun[oa]s) ",
        about="quantity", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "es",
        r"\bno (pedimos|hemos pedido|encargamos)\b",
        about="not_delivered", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "es",
        r"\bfactura está duplicada\b",
        about="duplicate", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "es",
        r"\bfalta\b.{0,15}\bnúmero de pedido\b",
        about="po_missing", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "es",
        r"\biva\b.{0,25}\b(incorrect|erróne|equivocad)",
        about="tax", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "es",
        r"\b(esperando|esperamos|falta)\b.{0,15}\b(nota de crédito|abono)\b",
        about="other", unless=NOT_CONTESTED,
    ),
)  # fmt: skip

WANTED = r"(necesitamos|falta|faltan|enviar|envíe\w*|enviarnos|remitir|sin|por favor|rogamos|caducad\w*|requerimos|rellenen)"
DOCUMENTS: tuple[Phrase, ...] = wanting(
    "es", WANTED,
    {
        "insurance": r"certificado de seguro",
        "vendor_form": r"formulario de (proveedor|alta)",
        "exemption": r"corriente con hacienda|certificado fiscal",
        "bank_details": r"datos bancarios|certificado bancario|titularidad de (la )?cuenta",
        "proof_of_delivery": r"albar[aá]n(es)?|comprobante de entrega",
    },
)  # fmt: skip

CHANGING: tuple[Phrase, ...] = (
    say(
        BANK, "es",
        r"\bdatos bancarios\b.{0,20}\b(cambiado|nuevos|modificado)",
        r"\b(nuev[oa]s?|cambio de|actuali\w+)\b.{0,25}\b(cuenta( bancaria)?|iban|datos bancarios)\b",
        r"\bcambiado de banco\b",
    ),
)  # fmt: skip
