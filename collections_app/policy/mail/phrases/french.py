"""What people write about bills in French: an alternative a line."""

from collections_app.policy.mail.phrases.model import COPY, DISPUTE, PAID, PROMISE, STATEMENT, Phrase, say, wanting

NOT_YET = r"\b(pas|jamais|sera|seront|serons|dès que|lorsque|quand|si|avant)\b"
NOT_SO = r"\b(pas|dès que|lorsque|quand|si vous|si nous|après réception)\b"
PROVIDED = r"\b(dès que|lorsque|quand|si (vous|nous)|après réception|à réception)\b"
NOT_CONTESTED = r"plus de litige"

PAYING: tuple[Phrase, ...] = (
    say(
        PAID, "fr",
        r"\b(avons|a|ont|est|sont|été|déjà) (\w+ )?(payée?s?|réglée?s?|virée?s?|soldée?s?|acquittée?s?)\b",
        r"\b(virement|paiement|règlement|chèque)( \S+){0,5} (effectué|émis|envoyé|exécuté|parti)",
        unless=NOT_YET,
    ),
    say(
        PROMISE, "fr",
        (r"\b(sera|seront|allons|vais|paierons|réglerons|virerons|effectuerons|procéderons|effectuerai|règlerons|"
         r"pourrons)\b.{0,70}?(pay\w+|réglé\w*|régler|règlement|paiement|virement|virer|effectué|.{0})"),
        unless=NOT_SO + r"|\b(envoy|transmis|adress|litige)", provided=PROVIDED,
    ),
)  # fmt: skip

ASKING: tuple[Phrase, ...] = (
    say(
        COPY, "fr",
        r"\b(copies?|duplicatas?|pdf)\b.{0,40}(\bfactures?\b)?",
        r"\b(renvoyer|envoyer|transmettre|adresser|faire parvenir)\b.{0,40}\bfactures?\b",
        r"\b(pas|jamais|rien) (bien )?reçu\b.{0,40}\bfactures?\b",
        unless=r"relevé|ci-joint|copie du (paiement|virement|chèque)",
    ),
    say(
        STATEMENT, "fr",
        r"\brelevés? (de|du|des) comptes?\b",
        r"\bétats? de compte\b",
        r"\bliste des factures (ouvertes|impayées|en attente|dues|échues)",
        unless=r"bancaire|votre relevé",
    ),
)  # fmt: skip

DISPUTES: tuple[Phrase, ...] = (
    say(
        DISPUTE, "fr",
        r"\bprix\b.{0,50}\b(erron|incorrect|trop élevé|différent|ne correspond)",
        r"\bécart de prix",
        r"\bsurfactur",
        about="price", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "fr",
        r"\bquantité\b.{0,40}\b(erron|incorrect|différ|ne correspond|manqu)",
        r"\blivraison (partielle|incomplète)",
        r"\bil manque\b",
        r"\bseulement (reçu|livré)",
        about="quantity", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "fr",
        (r"\b(marchandise|livraison|commande|matériel|prestation)\b.{0,40}\b(pas|jamais)\b.{0,20}\b(reçu|livr|effectu|"
         r"réalis|command)"),
        r"\b(pas|jamais) reçu (la |le |les )?(marchandise|livraison|commande|matériel)",
        about="not_delivered", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "fr",
        r"\b(endommagé|abîmé|défectueu|cassé)",
        about="damaged", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "fr",
        r"\b(facturé|facture)\b.{0,20}\b(deux fois|en double|double)",
        r"\bdoublon\b",
        about="duplicate", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "fr",
        r"\b(contestons|conteste|contestation|litige|pas d.accord|refusons|refuse)\b",
        r"\bfacture\b.{0,30}\b(erronée|incorrecte|fausse)",
        r"\bavoir\b.{0,20}\b(attente|manquant|promis)",
        about="other", unless=NOT_CONTESTED,
    ),
)  # fmt: skip

WANTED = r"(besoin|manque|manquant\w*|envoyer|fournir|transmettre|sans|merci de|veuillez|nécessaire|expiré\w*)"
DOCUMENTS: tuple[Phrase, ...] = wanting(
    "fr", WANTED,
    {
        "insurance": r"attestation d.assurance",
        "bank_details": r"\brib\b|coordonnées bancaires",
        "proof_of_delivery": r"bons? de livraison|preuves? de livraison",
    },
)  # fmt: skip
