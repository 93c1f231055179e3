"""What people write about bills in German: an alternative a line."""

from collections_app.policy.mail.phrases.model import BANK, COPY, DISPUTE, PAID, PROMISE, STATEMENT, Phrase, say, wanting

NOT_YET = r"\b(nicht|nie|kein\w*|wird|werden|werde|sobald|wenn|falls|bevor|soll\w*|muss|noch|bezahlt werden)\b"
NOT_YET += r"|^(ist|sind|wurden?|war(en)?) (die|der|das|diese|unsere|ihre)\b"
NOT_SO = r"\b(nicht|erst (wenn|nach)|sobald|falls|wenn|kein\w*)\b"
PROVIDED = r"\b(sobald|erst wenn|wenn (sie|wir|uns)|falls|nach (erhalt|eingang))\b"
NOT_CONTESTED = r"\bnicht (mehr )?(bestreit|falsch)"

PAYING: tuple[Phrase, ...] = (
    say(
        PAID, "de",
        r"\b(bezahlt(?! werden)|überwiesen|ueberwiesen|beglichen|angewiesen|ausgeglichen)\b",
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
    say(
        PAID, "de",
        r"\b(überweisung|zahlung)\b.{0,20}\b(ging|ist)\b.{0,25}\b(an sie|raus|ausgeführt|unterwegs)",
        r"\bhaben\b.{0,40}\bgezahlt\b",
        r"\b(unserem|vom) konto\b.{0,30}\b(belastet|abgebucht)\b",
        r"\bzahlung erfolgte\b",
        r"\bmit (der|unserer) zahlung vom\b",
        unless=r"\b(nicht|kein\w*|noch|wenn|falls|sobald|sollten)\b",
    ),
    say(
        PROMISE, "de",
        (r"\b(wir|ich) (zahlen|zahle|überweisen|überweise|begleichen|begleiche|bezahlen)\b.{0,50}\b(am|bis|zum|morgen|heute|"
         r"nächste\w*|kommende\w*|diese\w*|montag|dienstag|mittwoch|donnerstag|freitag|im)\b"),
        r"\bsie (erhalten|bekommen) (das|ihr) geld\b",
        r"\bbezahlt werden sie\b",
        r"\b(überweisung|zahlung|ausgleich) erfolgt (am|bis|zum|in|nächste\w*|kommende\w*|morgen)\b",
        r"\bmit (dem|ihrem) (zahlungseingang|geldeingang)\b.{0,30}\brechnen\b",
        unless=r"\b(nicht|erst|wenn|falls|sobald|kein\w*|wann)\b", provided=PROVIDED,
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
        unless=r"^ihr\w*|unser(e[rsn]?)? bank|ihre[nm]? kontoauszug|bankauszug",
    ),
    say(
        COPY, "de",
        r"\b(uns|hier) fehl(t|en)\b.{0,20}\brechnung(en)?\b",
        r"\brechnungsduplikat",
        unless=r"bestell|gutschrift",
    ),
    say(
        STATEMENT, "de",
        r"\bwelche rechnungen\b.{0,20}\boffen\b",
        r"\bwie hoch\b.{0,20}\b(saldo|kontostand)\b",
        r"\bbestätigen\b.{0,20}\bsaldo\b",
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
        r"\bvereinbart (waren|war|sind)\b.{0,60}\bnicht\b",
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
        r"\bdoppelt (berechnet|in rechnung|fakturiert|gestellt|erhalten)",
        r"\bzweimal (berechnet|fakturiert)",
        r"\bdoppelte rechnung",
        about="duplicate", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "de",
        r"\b(bestellnummer|bestell-?nr|bestellung)\b.{0,40}\b(fehlt|falsch|fehlend\w*)",
        r"\b(fehlt|fehlen)\b.{0,30}\b(bestellnummer|bestell-?nr)",
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
        r"\b(bestreiten(?!.{0,40}\bnicht\b)|widersprechen(?!.{0,40}\bnicht\b)|widerspruch|beanstand\w*|strittig|nicht einverstanden)\b",
        r"\brechnung\b.{0,40}\b(ist|nicht) (falsch|fehlerhaft|korrekt|richtig)\b",
        r"\bgutschrift\b.{0,30}\b(fehlt|steht|erwarten|offen)",
        r"\b(steht|fehlt|warten)\b.{0,30}\bgutschrift",
        about="other", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "de",
        r"\b(das|dies|diese|ware|artikel)\b.{0,20}\b(nicht|nie) bestellt\b",
        about="not_delivered", unless=NOT_CONTESTED,
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

CHANGING: tuple[Phrase, ...] = (
    say(
        BANK, "de",
        r"\b(bankverbindung|bankdaten|kontodaten|kontoverbindung|iban)\b.{0,40}\b(geändert|neu\w*|wechsel\w*|aktualisier\w*|umgestellt)\b",
        r"\b(neue[nsr]?|geänderte[nr]?|aktualisier\w*|änderung)\b.{0,40}\b(bankverbindung|bankdaten|kontodaten|kontoverbindung|iban|bankkonto)\b",
        r"\bbank gewechselt\b",
        r"\bneue[sn]? (bank)?konto\b",
    ),
)  # fmt: skip
