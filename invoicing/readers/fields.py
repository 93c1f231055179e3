"""What a column can mean, and the headings that people give it in English, German, French, Spanish, Italian, Dutch, Polish and Swedish."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from arops.lib.reading.headings import flat

__all__ = ["FIELDS", "LINE_MARK", "Field", "assign", "flat", "known", "meaning"]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a document or (`of_line`) of its lines. `kind` is text, day, amount, decimal, whole or word."""

    name: str
    label: str
    kind: str
    of_line: bool
    words: str


_ALL = (
    Field("number", "Number", "text", False,
          "number|no|invoice number|invoice no|invoice|invoice id|invoice #|inv no|inv number|inv|document number|document no|doc no|"
          "document|"
          "belegnummer|beleg|beleg nr|rechnungsnummer|rechnungs nr|rechnungsnr|rechnung nr|rechnung|numero de facture|n facture|facture|"
          "no facture|numero facture|numero de factura|factura|n factura|no factura|numero fattura|fattura|n fattura|factuurnummer|factuur|"
          "factuurnr|numer faktury|nr faktury|faktura|fakturanummer|faktura nr|fakturanr|billing document"),
    Field("kind", "Kind", "word", False,
          "kind|type|document type|doc type|invoice type|belegart|art|typ|type de document|tipo|tipo documento|tipo de documento|soort|"
          "documenttype|rodzaj"),
    Field("company", "Company", "text", False,
          "company|company code|entity|legal entity|buchungskreis|firma|mandant|societe|sociedad|empresa|societa|bedrijf|spolka|foretag"),
    Field("customer", "Customer number", "text", False,
          "customer|customer number|customer no|customer id|customer code|account number|account no|account|debtor|debtor number|sold to|"
          "bill to|bill to number|kunde|kundennummer|kunden nr|kundennr|debitor|debitorennummer|client|numero client|code client|n client|"
          "cliente|numero cliente|codigo cliente|codice cliente|klant|klantnummer|klantnr|debiteur|debiteurnummer|numer klienta|klient|"
          "kontrahent|kundnummer|kundnr|kund"),
    Field("customer_external", "Customer’s id in the other system", "text", False,
          "customer external id|external customer id|erp customer|erp customer id|partner id|sap customer"),
    Field("document_date", "Document date", "day", False,
          "date|document date|invoice date|doc date|billing date|issue date|issued|issued on|posting date|datum|belegdatum|rechnungsdatum|"
          "date de facture|date facture|date du document|fecha|fecha de factura|fecha factura|fecha emision|data|data fattura|"
          "data documento|factuurdatum|documentdatum|data wystawienia|fakturadatum"),
    Field("due_date", "Due date", "day", False,
          "due date|due|due on|net due date|payable by|falligkeit|fallig|fallig am|falligkeitsdatum|nettofalligkeit|zahlbar bis|"
          "date d echeance|echeance|date echeance|vencimiento|fecha de vencimiento|fecha vencimiento|scadenza|data scadenza|vervaldatum|"
          "vervaldag|termin platnosci|forfallodatum|forfallodag"),
    Field("payment_terms", "Payment terms", "text", False,
          "terms|payment terms|terms of payment|zahlungsbedingung|zahlungsbedingungen|conditions de paiement|condiciones de pago|"
          "condizioni di pagamento|betalingsconditie|betalingsvoorwaarden|warunki platnosci|betalningsvillkor"),
    Field("currency", "Currency", "text", False,
          "currency|currency code|ccy|curr|wahrung|wahr|devise|moneda|divisa|valuta|munt|waluta"),
    Field("po_number", "Purchase order", "text", False,
          "po|po number|po no|purchase order|purchase order number|customer po|customer order|customer reference|bestellnummer|"
          "bestellung|bestell nr|kundenreferenz|bon de commande|numero de commande|commande|pedido|orden de compra|numero de pedido|ordine|"
          "ordine di acquisto|inkooporder|bestelnummer|zamowienie|inkopsorder"),
    Field("order", "Sales order", "text", False,
          "order|order number|sales order|sales order number|so number|auftrag|auftragsnummer|commande client|orden de venta|"
          "ordine di vendita|verkooporder|ordernummer"),
    Field("refers_to", "Refers to invoice", "text", False,
          "refers to|original invoice|related invoice|credited invoice|reference invoice|bezug|bezugsrechnung|ursprungsrechnung|"
          "facture d origine|factura original|fattura originale|oorspronkelijke factuur"),
    Field("reason", "Reason", "text", False,
          "reason|credit reason|reason for credit|grund|gutschriftsgrund|motif|motivo|causale|reden|powod|orsak"),
    Field("external_id", "Id in the other system", "text", False, "external id|external key|source id|erp id|record id|uuid|guid"),
    Field("subtotal", "Net total", "amount", False,
          "subtotal|net total|total net|net amount|total excl tax|total excluding tax|nettobetrag|netto gesamt|summe netto|total ht|"
          "montant ht|base imponible|total neto|imponibile|totale imponibile|bedrag excl btw|totaal excl btw|kwota netto|nettobelopp"),
    Field("tax_total", "Tax total", "amount", False,
          "tax total|total tax|tax|vat|vat total|total vat|sales tax|tax amount|vat amount|gst|mwst|ust|umsatzsteuer|mehrwertsteuer|steuer|"
          "steuerbetrag|tva|montant tva|total tva|iva|total iva|importe iva|importo iva|btw|btw bedrag|kwota vat|moms|momsbelopp"),
    Field("total", "Total", "amount", False,
          "total|total amount|invoice total|grand total|invoice amount|gross|gross amount|gross total|total incl tax|total including tax|"
          "bruttobetrag|brutto|gesamtbetrag|rechnungsbetrag|endbetrag|summe|total ttc|montant ttc|importe total|total factura|totale|"
          "totale fattura|totale documento|totaal|totaalbedrag|bedrag incl btw|totaal incl btw|kwota brutto|razem|totalt|totalbelopp|"
          "bruttobelopp|open amount|balance"),
    Field("line_number", "Line", "whole", True,
          "line|line number|line no|line item|item no|pos|position|ligne|linea|riga|regel|pozycja|rad"),
    Field("sku", "Article", "text", True,
          "sku|article|article number|item|item code|item number|product|product code|part number|material|artikel|artikelnummer|"
          "artikel nr|reference article|articulo|codigo articulo|codice articolo|articolo|artikelcode|indeks|artikelnr"),
    Field("description", "Description", "text", True,
          "description|line description|item description|text|details|service|bezeichnung|beschreibung|leistung|designation|libelle|"
          "descripcion|concepto|descrizione|omschrijving|opis|beskrivning|benamning"),
    Field("quantity", "Quantity", "decimal", True,
          "quantity|qty|units|hours|menge|anzahl|stuck|quantite|qte|cantidad|cant|quantita|qta|aantal|hoeveelheid|ilosc|antal|kvantitet"),
    Field("unit", "Unit", "text", True, "unit|uom|unit of measure|einheit|me|unite|unidad|unita|um|eenheid|jm|jednostka|enhet"),
    Field("unit_price", "Unit price", "decimal", True,
          "unit price|price|price each|rate|unit cost|einzelpreis|stuckpreis|preis|prix unitaire|pu|prix|precio|precio unitario|prezzo|"
          "prezzo unitario|prijs|stukprijs|eenheidsprijs|cena|cena jednostkowa|pris|apris"),
    Field("amount", "Line amount", "amount", True,
          "amount|line amount|line total|net|extended amount|extended price|betrag|netto|positionsbetrag|montant|montant ligne|importe|"
          "importe linea|importo|importo riga|bedrag|regelbedrag|kwota|wartosc|belopp|radbelopp"),
    Field("tax_code", "Tax code", "text", True,
          "tax code|vat code|steuerkennzeichen|steuerschlussel|code tva|codigo iva|codice iva|btw code"),
    Field("tax_amount", "Line tax", "amount", True, "line tax|line tax amount|line vat|position tax|tax of line"),
    Field("po_line", "PO line", "whole", True, "po line|po item|purchase order line|bestellposition"),
    Field("order_line", "Order line", "whole", True, "order line|so line|auftragsposition"),
    Field("work_order", "Work order", "text", True,
          "work order|work order number|wo|service order|serviceauftrag|arbeitsauftrag|ordre de travail"),
    Field("contract", "Contract", "text", True, "contract|contract number|vertrag|vertragsnummer|contrat|contrato|contratto|umowa|avtal"),
    Field("gl_account", "G/L account", "text", True,
          "gl account|g l account|ledger account|revenue account|sachkonto|erloskonto|compte general"),
    Field("period_from", "Period from", "day", True,
          "period from|period start|service from|service start|service period from|service period start|billing period from|"
          "billing period start|leistung von|leistungszeitraum von|zeitraum von|leistungsbeginn|periode du|debut de periode|"
          "periodo desde|inicio periodo|periodo dal|inizio periodo|periode van|period fran"),
    Field("period_to", "Period to", "day", True,
          "period to|period end|period until|service to|service end|service until|service period to|service period end|"
          "billing period to|billing period end|leistung bis|leistungszeitraum bis|zeitraum bis|leistungsende|periode au|fin de periode|"
          "periodo hasta|fin periodo|periodo al|fine periodo|periode tot|period till"),
)  # fmt: skip

FIELDS: dict[str, Field] = {field.name: field for field in _ALL}
_BY_WORD = {word: field.name for field in _ALL for word in field.words.split("|")}
_WHOLES = frozenset(("subtotal", "tax total", "total tax", "net total", "total net"))
LINE_MARK = frozenset(field.name for field in _ALL if field.of_line)


def meaning(heading: str) -> str:
    """The field that a heading names; empty when it is none that we know."""
    said = flat(heading)
    name = said.replace(" ", "_")
    return _BY_WORD.get(said, "") or _labels().get(said, "") or (name if name in FIELDS else "")


@lru_cache(maxsize=1)
def _labels() -> dict[str, str]:
    """Our own names of the fields, as they stand in the sheet that we offer to fill in."""
    return {flat(field.label): field.name for field in _ALL}


def known(headings: Sequence[str]) -> int:
    """How many different fields the headings name: what makes a row look like a heading row."""
    return len({found for heading in headings if (found := meaning(heading))})


def assign(headings: Sequence[str]) -> dict[str, str]:
    """Field → heading, the first of two that say the same. An amount without a total beside it is the total, unless there are lines."""
    found: dict[str, str] = {}
    for heading in headings:
        name = meaning(heading)
        if name:
            found.setdefault(name, heading)
    if "amount" in found and "total" not in found and not {"quantity", "unit_price", "line_number", "sku"} & found.keys():
        found["total"] = found.pop("amount")
    if "quantity" in found or "unit_price" in found or "line_number" in found:
        _to_lines(found)
    return found


def _to_lines(found: dict[str, str]) -> None:
    """In a list of lines, net and tax belong to the line."""
    for whole, part in (("subtotal", "amount"), ("tax_total", "tax_amount")):
        if whole in found and part not in found and flat(found[whole]) not in _WHOLES:
            found[part] = found.pop(whole)
