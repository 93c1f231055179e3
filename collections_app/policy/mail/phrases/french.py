"""What people write about bills in French: an alternative a line."""

from collections_app.policy.mail.phrases.model import BANK, COPY, DISPUTE, PAID, PROMISE, STATEMENT, Phrase, say, wanting

NOT_YET = r"\b(pas|jamais|sera|seront|serons|dès que|lorsque|quand|si|avant|partira)\b|-t-(elle|il)\b"
NOT_SO = r"\b(pas|dès que|lorsque|quand|si vous|si nous|après réception)\b"
PROVIDED = r"\b(dès que|lorsque|quand|si (vous|nous)|après réception|à réception)\b"
NOT_CONTESTED = r"plus de litige|\bne contest"

PAYING: tuple[Phrase, ...] = (
    say(
        PAID, "fr",
        r"\b(avons|a|ont|est|sont|été|déjà) (\w+ )?(payée?s?|réglée?s?|virée?s?|soldée?s?|acquittée?s?)\b",
        r"\b(virement|paiement|règlement|chèque)( \S+){0,5} (effectué|émis|envoyé|exécuté|parti\b)",
        unless=NOT_YET,
    ),
    say(
        PROMISE, "fr",
        (r"\b(sera|seront|allons|vais|paierons|réglerons|virerons|effectuerons|procéderons|effectuerai|règlerons|"
         r"pourrons)\b.{0,70}?(pay\w+|réglé\w*|régler|règlement|paiement|virement|virer|effectué)"),
        unless=NOT_SO + r"|\b(envoy|transmis|adress|litige)", provided=PROVIDED,
    ),
    say(
        PAID, "fr",
        r"\b(virement|paiement|règlement)\b.{0,10}\b(a|ont) été fait\b",
        r"\bj.ai (payé|réglé|viré)\b",
        unless=NOT_YET,
    ),
    say(
        PROMISE, "fr",
        r"\b(virement|paiement|règlement) (est|sont) (prévu|programmé|planifié)",
        r"\bvous serez payé",
        r"\brecevrez (le|votre|notre) (paiement|virement|règlement)",
        r"\b(paiement|virement|règlement) partira\b",
        r"\b(paierons|réglerons|règlerons|virerons|paierai|réglerai)\b",
        unless=r"\b(pas|jamais|dès que|lorsque|quand|si)\b", provided=PROVIDED,
    ),
)  # fmt: skip

ASKING: tuple[Phrase, ...] = (
    say(
        COPY, "fr",
        r"\b(copies?|duplicatas?|pdf)\b.{0,40}(\bfactures?\b)?",
        r"\b(renvoyer|envoyer|transmettre|adresser|faire parvenir)\b.{0,40}\bfactures?\b",
        r"\b(pas|jamais|rien) (bien )?reçu\b.{0,40}\bfactures?\b",
        unless=r"relevé|liste|ci-joint|copie du (paiement|virement|chèque)",
    ),
    say(
        STATEMENT, "fr",
        r"\brelevés? (de|du|des) comptes?\b",
        r"\bétats? de compte\b",
        r"\bliste des factures (ouvertes|impayées|en attente|dues|échues)",
        unless=r"bancaire|votre relevé",
    ),
    say(
        COPY, "fr",
        r"\b(ne|n.) ?(\w+ )?(trouvons|retrouvons|trouve|avons) (pas|plus)\b.{0,20}\bfactures?\b",
        r"\bfacture\b.{0,30}\bjamais (parvenue|arrivée)",
        r"\bnous manque\b.{0,10}\bfactures?\b",
    ),
    say(
        STATEMENT, "fr",
        r"\bquelles factures\b.{0,30}\b(ouvertes|impayées|dues)",
        r"\b(quel est|confirmer|connaître) (notre|le) solde\b",
        r"\brelevé à jour\b",
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
    say(
        DISPUTE, "fr",
        r"\bpas commandé\b",
        about="not_delivered", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "fr",
        r"\b(numéro de|bon de) commande\b.{0,20}\b(manqu|absent|erroné)",
        about="po_missing", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "fr",
        r"\btva\b.{0,30}\b(incorrecte|erronée|fausse|à tort)",
        about="tax", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "fr",
        r"\b(attendons|attend|attente d.)\b.{0,10}\bavoir\b",
        about="other", unless=NOT_CONTESTED,
    ),
)  # fmt: skip

WANTED = r"(besoin|manque|manquant\w*|envoyer|fournir|transmettre|sans|merci de|veuillez|nécessaire|expiré\w*|remplir)"
DOCUMENTS: tuple[Phrase, ...] = wanting(
    "fr", WANTED,
    {
        "insurance": r"attestation d.assurance",
        "bank_details": r"\brib\b|coordonnées bancaires",
        "vendor_form": r"(formulaire|fiche) fournisseur",
        "exemption": r"attestation (de vigilance|fiscale)",
        "proof_of_delivery": r"bons? de livraison|preuves? de livraison",
    },
)  # fmt: skip

CHANGING: tuple[Phrase, ...] = (
    say(
        BANK, "fr",
        r"\bcoordonnées bancaires\b.{0,30}\b(changé|modifié|nouvelles)",
        (r"\b(nouve(au|l|lles?)|changement|modification|mettre à jour|mise à jour)\b.{0,30}"
         r"\b(rib|iban|compte( bancaire)?|coordonnées bancaires)\b"),
        r"\bchangé de banque\b",
    ),
)  # fmt: skip
