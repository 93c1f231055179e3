"""The order's life over the API."""

from orders.api.imports import RecordsImport, imports
from orders.api.lists import PriceLists, UnitConversionDetail, UnitConversions, UnitConversionsBulk
from orders.api.records import RESOURCES, views

__all__ = [
    "RESOURCES", "PriceLists", "RecordsImport", "UnitConversionDetail", "UnitConversions", "UnitConversionsBulk", "imports", "views",
]  # fmt: skip
