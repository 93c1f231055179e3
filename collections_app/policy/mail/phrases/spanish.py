"""What people write about bills in Spanish: an alternative a line."""

from collections_app.policy.mail.phrases.model import COPY, DISPUTE, PAID, PROMISE, STATEMENT, Phrase, say, wanting

NOT_YET = r"\b(no|nunca|será|serán|cuando|si|antes)\b"
NOT_SO = r"\b(no|cuando|en cuanto|si|hasta que)\b"
PROVIDED = r"\b(cuando|en cuanto|si (nos|ustedes|recib)|una vez|tras recibir)\b"
NOT_CONTESTED = r"sin disputa"

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
)  # fmt: skip

ASKING: tuple[Phrase, ...] = (
    say(
        COPY, "es",
        r"\b(copias?|duplicados?|pdf)\b.{0,40}\bfacturas?\b",
        r"\b(re)?(env[ií]\w+|mand\w+|remit\w+)\b.{0,40}\bfacturas?\b",
        r"\bno (hemos )?(recib\w+|tenemos|encontramos)\b.{0,40}\bfacturas?\b",
        unless=r"adjunt|estado de cuenta",
    ),
    say(
        STATEMENT, "es",
        r"\bestados? de cuentas?\b",
        r"\bextracto\b",
        r"\b(listado|relación|lista) de (las )?facturas",
        unless=r"bancario",
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
)  # fmt: skip

WANTED = r"(necesitamos|falta|faltan|enviar|envíe\w*|enviarnos|remitir|sin|por favor|rogamos|caducad\w*|requerimos)"
DOCUMENTS: tuple[Phrase, ...] = wanting(
    "es", WANTED,
    {
        "insurance": r"certificado de seguro",
        "bank_details": r"datos bancarios|certificado bancario|titularidad de (la )?cuenta",
        "proof_of_delivery": r"albar[aá]n(es)?|comprobante de entrega",
    },
)  # fmt: skip
