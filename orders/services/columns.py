"""What a column of a list of records can mean: the API's field names, their words, and the headings people give them."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from arops.lib.reading.headings import flat
from orders import payload
from orders.readers import headings

Sort = Literal["text", "day", "number", "whole", "yes_no"]

SHAPES: dict[str, payload.Shape] = {
    "contracts": payload.CONTRACT, "purchase-orders": payload.PURCHASE_ORDER, "orders": payload.ORDER, "deliveries": payload.DELIVERY,
    "work-orders": payload.WORK_ORDER,
}  # fmt: skip
"""As in the list's address → what its rows hold."""
_DAYS = ("_on", "valid_from", "valid_to", "_until")
_NUMBERS = frozenset(
    "quantity unit_price amount damaged from_quantity freight_amount not_to_exceed retainage_percent escalator_percent".split()
)
_WHOLES = frozenset("source_version po_line order_line escalator_months every_months".split())
_YES_NO = frozenset("is_blanket is_service is_billable fees_agreed sign_off_needed".split())
_PREFIXES = ("line_", "version_", "price_", "step_", "milestone_")
_SPOKEN = {
    "company": "company code|entity|legal entity|buchungskreis|firma",
    "customer": "customer number|customer no|customer id|account|account number|sold to|kunde|kundennummer|client|cliente|klant",
    "external_id": "id|erp id|external key|record id",
    "currency": "curr|cur|wahrung|devise|moneda",
    "payment_terms": "terms|zahlungsbedingungen|conditions de paiement",
    "bill_to": "billing address|bill to address|rechnungsadresse",
    "ship_to": "delivery address|ship to address|lieferadresse",
    "contract": "contract number|contract no|agreement|vertrag|contrat|contrato",
    "purchase_order": "purchase order number|po|po number|customer po|bestellung|bestellnummer",
    "order": "order number|order no|sales order|sales order number|auftrag|auftragsnummer|so",
    "state": "status",
    "line_number": "line|line no|pos|position|item no",
    "line_sku": "sku|article|item|item number|part number|material|product|artikel|artikelnummer",
    "line_description": "description|text|item description|bezeichnung|beschreibung|designation|descripcion",
    "line_quantity": "quantity|qty|menge|anzahl|quantite|cantidad|aantal|delivered quantity",
    "line_unit": "unit|uom|unit of measure|einheit|unite|unidad",
    "line_unit_price": "unit price|price|rate|einzelpreis|preis|prix unitaire|precio",
    "line_amount": "line amount|line total|net amount|betrag",
    "line_order_line": "order line|so line|auftragsposition",
    "line_po_line": "po line|purchase order line",
    "line_damaged": "damaged quantity|broken",
    "line_kind": "line type|type of line",
    "price_sku": "sku|article|item|item number|part number|artikel",
    "price_unit_price": "price|rate|unit price|preis",
    "price_unit": "unit|uom|einheit",
    "price_description": "description|bezeichnung",
    "price_from_quantity": "from quantity|minimum quantity|from",
    "version_number": "version|amendment",
    "version_valid_from": "valid from|effective from|start date|gultig ab",
    "version_valid_to": "valid to|effective to|end date|gultig bis",
}
_NUMBER = {
    "contracts": "contract number|contract no|contract|agreement number|vertragsnummer|vertrag",
    "purchase-orders": "purchase order|purchase order number|po number|po no|po|bestellnummer|bestellung",
    "orders": "order number|order no|order|sales order|sales order number|so|auftragsnummer|auftrag",
    "deliveries": "delivery number|delivery no|delivery|delivery note|shipment|lieferschein|lieferschein nr",
    "work-orders": "work order|work order number|work order no|wo|job|job number|service order|serviceauftrag",
}
_DATES = {
    "contracts": {"signed_on": "date|datum|signed|contract date|signature date"},
    "purchase-orders": {
        "issued_on": "date|datum|issued|po date|order date|issue date|bestelldatum", "expires_on": "expires|expiry|expiry date|valid until",
    },
    "orders": {
        "ordered_on": "date|datum|ordered|order date|auftragsdatum|bestelldatum",
        "requested_on": "requested|wanted|requested date|required date",
    },
    "deliveries": {"shipped_on": "date|datum|shipped|ship date|shipping date|lieferdatum", "delivered_on": "delivered|received on"},
    "work-orders": {
        "ordered_on": "date|datum|ordered|order date", "scheduled_on": "scheduled|planned|scheduled date",
        "completed_on": "completed|done|completion date", "signed_off_on": "signed|sign off date|signed off",
        "signed_off_by": "signed by|customer signature",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """A field that a column may hold: the name in the API, in words, and how its cells are read."""

    name: str
    label: str
    sort: Sort


@cache
def columns(kind: str) -> dict[str, Column]:
    """The fields of a kind of record by name, those of the record before those of its lines."""
    return {name: Column(name, _label(name), _sort(name)) for name in headings(SHAPES[kind])}


@cache
def words(kind: str) -> dict[str, str]:
    """Flat heading → field: the API's names, our own labels, and what people write."""
    known = columns(kind)
    found: dict[str, str] = {}
    spoken = {"number": _NUMBER[kind]} | _DATES[kind] | {name: text for name, text in _SPOKEN.items() if name in known}
    for name in known:
        for word in (name.replace("_", " "), known[name].label):
            found.setdefault(flat(word), name)
    for name, text in spoken.items():
        for word in text.split("|"):
            found.setdefault(word, name)
    return found


def needed(kind: str) -> tuple[str, ...]:
    """Fields without which no record of the kind can be made."""
    return tuple(name for name in SHAPES[kind].required if name in columns(kind))


def _bare(name: str) -> str:
    return next((name.removeprefix(p) for p in _PREFIXES if name.startswith(p)), name)


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize().replace("Po ", "PO ").replace(" po ", " PO ").replace("sku", "article")


def _sort(name: str) -> Sort:
    bare = _bare(name)
    if bare in _YES_NO:
        return "yes_no"
    if bare in _WHOLES or (bare == "number" and name != "number"):
        return "whole"
    if bare in _NUMBERS:
        return "number"
    return "day" if name.endswith(_DAYS) else "text"
