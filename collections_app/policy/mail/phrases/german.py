"""What people write about bills in German: an alternative a line."""

from collections_app.policy.mail.phrases.model import COPY, DISPUTE, PAID, PROMISE, STATEMENT, Phrase, say, wanting

NOT_YET = r"\b(nicht|nie|kein\w*|wird|werden|werde|sobald|wenn|falls|bevor|soll\w*|muss|noch)\b"
NOT_SO = r"\b(nicht|erst (wenn|nach)|sobald|falls|wenn|kein\w*)\b"
PROVIDED = r"\b(sobald|erst wenn|wenn (sie|wir|uns)|falls|nach (erhalt|eingang))\b"
NOT_CONTESTED = r"\bnicht (mehr )?(bestreit|falsch)"

PAYING: tuple[Phrase, ...] = (
    say(
        PAID, "de",
        r"\b(bezahlt|überwiesen|ueberwiesen|beglichen|angewiesen|ausgeglichen)\b",
        r"\bzahlung( \S+){0,5} (erfolgt|veranlasst|ausgeführt|raus|getätigt)\b",
        r"\b(überwiesen wir|zahlten wir)\b",
        unless=NOT_YET,
    ),
    say(
        PROMISE, "de",
        (r"\b(werde|werden|wird|wollen|können|kann)\b.{0,90}?\b(zahlen|bezahlen|überweisen|begleichen|anweisen|ausgleichen|"
         r"bezahlt|überwiesen|beglichen|angewiesen|ausgeglichen|erfolgen|veranlassen|veranlasst)\b"),
        r"\b(zahlen|überweisen|begleichen) (wir|ich)\b",
        r"\bzahlung (erfolgt|geht)( \w+)? (am|bis|zum|nächste|kommende|ende)\b",
        r"\bzahlung ist (für|zum)\b",
        r"\b(nächste\w*|kommende\w*) zahl(ungs)?lauf\b",
        unless=NOT_SO, provided=PROVIDED,
    ),
)  # fmt: skip

ASKING: tuple[Phrase, ...] = (
    say(
        COPY, "de",
        r"\brechnungs(kopien?|doppel)\b",
        r"\b(kopien?|duplikate?|doppel|pdfs?)\b.{0,40}\w*rechnung(en)?\b",
        (r"\w*rechnung(en)?\b.{0,50}\b(nicht|nie|noch nicht)\b.{0,30}\b(erhalten|vor|vorliegen\w*|bekommen|angekommen|"
         r"eingegangen|auffindbar)\b"),
        r"\b(senden|schicken|mailen)\b.{0,40}\w*rechnung(en)?\b",
        r"\b(keine|nie eine){1} \w*rechnung(en)?\b.{0,20}\b(erhalten|bekommen|vor)",
        r"\w*rechnung(en)?\b.{0,40}\b(zusenden|zuschicken|übersenden|zukommen|erneut)\b",
        unless=r"\banbei\b|\bgeschickt\b|\bzahlungsavis\b",
    ),
    say(
        STATEMENT, "de",
        r"\bkontoauszug\b",
        r"\bkontoauszüge\b",
        r"\bsaldenbestätigung\b",
        r"\bsaldenliste\b",
        r"\b(op|offene.posten).?liste\b",
        r"\b(liste|übersicht|aufstellung) (aller|der|über|unserer).{0,20}offen",
        unless=r"unser(e[rsn]?)? bank|ihre[nm]? kontoauszug|bankauszug",
    ),
)  # fmt: skip

DISPUTES: tuple[Phrase, ...] = (
    say(
        DISPUTE, "de",
        r"\b(einzel|stück)?preise?\b.{0,50}\b(falsch|zu hoch|weich\w*|stimm\w* nicht|nicht vereinbart|höher)",
        r"\bpreisabweichung",
        r"\bpreisdifferenz",
        r"\bzu viel berechnet",
        r"\bzu hoch berechnet",
        about="price", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "de",
        r"\bmengen?\b.{0,40}\b(falsch|weich\w*|stimm\w* nicht|zu wenig)",
        r"\bmengenabweichung",
        r"\bzu wenig (geliefert|erhalten)",
        r"\bfehlmenge",
        r"\bnur \d+.{0,30}\b(erhalten|geliefert)",
        r"\bminderlieferung",
        about="quantity", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "de",
        (r"\b(ware|lieferung|material|leistung|arbeiten|artikel)\b.{0,50}\b(nicht|nie)\b.{0,20}\b(erhalten|geliefert|"
         r"angekommen|erbracht|ausgeführt|eingetroffen|bestellt)"),
        about="not_delivered", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "de",
        r"\b(beschädigt\w*|defekt\w*|mangelhaft\w*|schadhaft\w*|mängelrüge|reklamation|reklamieren)\b",
        about="damaged", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "de",
        r"\bdoppelt (berechnet|in rechnung|fakturiert)",
        r"\bzweimal (berechnet|fakturiert)",
        r"\bdoppelte rechnung",
        about="duplicate", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "de",
        r"\b(bestellnummer|bestell-?nr|bestellung)\b.{0,40}\b(fehlt|falsch|fehlend\w*)",
        r"\b(fehlend\w*|falsch\w*|ohne) bestell(nummer|-?nr)",
        about="po_missing", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "de",
        r"\b(umsatz|mehrwert)?steuer\b.{0,40}\b(falsch|zu unrecht|nicht)\b",
        about="tax", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "de",
        r"\b(fracht|versandkosten|mahngebühr\w*|verzugszins\w*)\b.{0,50}\b(nicht|falsch|zu unrecht|stornier)",
        about="freight", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "de",
        r"\b(bestreiten|widersprechen|widerspruch|beanstand\w*|strittig|nicht einverstanden)\b",
        r"\brechnung\b.{0,40}\b(ist|nicht) (falsch|fehlerhaft|korrekt|richtig)\b",
        r"\bgutschrift\b.{0,30}\b(fehlt|steht|erwarten|offen)",
        about="other", unless=NOT_CONTESTED,
    ),
)  # fmt: skip

WANTED = r"(benötig\w*|brauch\w*|fehl\w*|senden|schicken|zusenden|übersenden|bitte|ohne|erst|abgelaufen|erforder\w*)"
DOCUMENTS: tuple[Phrase, ...] = wanting(
    "de", WANTED,
    {
        "w9": r"\bw-? ?9\b|steuerliche ansässigkeit|freistellungsbescheinigung",
        "insurance": r"versicherungs(nachweis|bestätigung|bescheinigung)",
        "vendor_form": r"lieferantenstammblatt|kreditorenstamm\w*|lieferantenselbstauskunft|lieferantenformular",
        "bank_details": r"bankverbindung|bankbestätigung|bankdaten",
        "proof_of_delivery": r"liefer(schein|nachweis)e?|abliefer(ungs)?nachweis|stundenzettel|leistungsnachweise?",
    },
)  # fmt: skip
