"""Made-up names for the demo company; any likeness is chance."""

FIRST = (
    "Nordia Hart Kestrel Alder Brook Calder Dunmore Elmfield Fairlake Garnet Halden Ivory Juniper Kingsley Larch Marlow Norwood Oakridge "
    "Pinecrest Quarry Redfern Sterling Thornton Underhill Vesper Westbay Yarrow Zephyr Amber Birch Cobalt Delta Ember "
    "Falcon Granite Harbor Iris "
    "Jasper Keystone Linden"
).split()
SECOND = (
    "Logistics Foods Textiles Instruments Works Packaging Dairy Motors Clinics Hotels Energy Marine Controls Systems Printing Glass".split()
)
LEGAL = {
    "US": ("Inc", "LLC", "Corp", "Co"),
    "DE": ("GmbH", "AG", "KG", "GmbH & Co. KG"),
    "SE": ("AB",),
    "FR": ("SA", "SARL"),
    "NL": ("BV",),
}
CITIES = {
    "US": ("Dallas, TX", "Columbus, OH", "Tacoma, WA", "Raleigh, NC", "Denver, CO"), "DE": ("Köln", "Leipzig", "Bremen", "Ulm"),
    "SE": ("Malmö",), "FR": ("Nantes", "Lille"), "NL": ("Utrecht",),
}  # fmt: skip
STREETS = ("Mill Road", "Station Street", "Harbour Lane", "Foundry Way", "Orchard Avenue", "Canal Street", "Market Square")
PEOPLE = (
    "Eva Lund", "Tom Reyes", "Mia Schulz", "Noah Brandt", "Zoe Carter", "Liam Ferris", "Ada Nowak", "Hugo Blanc", "Nina Vogt", "Omar Said",
    "Rosa Klein", "Paul Jansen", "Ines Duarte", "Karl Weiss", "Lucy Frost", "Marc Petit",
)  # fmt: skip
GOODS = (
    ("SRV-HR", "Field service, hours", "HUR", "142.50"),
    ("SRV-EM", "Emergency call-out", "EA", "385.00"),
    ("PRT-FLT", "Filter set", "EA", "64.20"),
    ("PRT-CMP", "Compressor unit", "EA", "2480.00"),
    ("INS-KIT", "Installation kit", "EA", "318.75"),
    ("MNT-QTR", "Quarterly maintenance", "EA", "1150.00"),
    ("CTL-PNL", "Control panel", "EA", "1895.00"),
    ("CBL-M", "Cable, per metre", "MTR", "4.35"),
    ("TRN-DAY", "Operator training, day", "DAY", "980.00"),
    ("FRT", "Freight", "EA", "95.00"),
)
