"""Prices in force, and units: small lists beside the records."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.utils.functional import cached_property
from rest_framework.request import Request
from rest_framework.response import Response

from arops.api import schemas
from arops.api.ids import private, public
from arops.api.lists import DetailView, ListView, RecordView
from arops.api.problems import invalid
from arops.api.writes import WriteView
from arops.lib import clock
from arops.lib.rows import parse_day
from customers.services import Saved
from orders.api.shapes import plain
from orders.models import ContractPrice, UnitConversion
from orders.selectors.prices import prices_in_force
from orders.services import save_unit_conversions
from orders.terms import escalated


class PriceLists(ListView):
    """Prices in force on a day."""

    permission, kind, stamp = "orders.view", "price", ""
    filters: ClassVar = {
        "company": "version__contract__company__code", "customer": "version__contract__customer_id", "contract": "version__contract_id",
        "sku": "sku",
    }  # fmt: skip

    @property
    def parameters(self) -> frozenset[str]:  # type: ignore[override]
        """Those of lists, and the day."""
        return super().parameters | {"on"}

    @cached_property
    def day(self) -> date:
        """The day that is asked for; today without one."""
        text = self.request.query_params.get("on")
        day = parse_day(text) if text else clock.today()
        if day is None:
            raise invalid("?on", "invalid", "on is a day such as 2026-10-31")
        return day

    def rows(self) -> models.QuerySet[Any]:
        """Price lines in force, of contracts in sight."""
        return prices_in_force(self.actor, self.day)

    def filter_value(self, name: str, value: str) -> Any:
        """Ids as keys."""
        return private(name, value) if name in ("customer", "contract") else value

    def shape(self, row: ContractPrice) -> dict[str, Any]:
        """A price on the day."""
        version, contract = row.version, row.version.contract
        until = [day for day in (row.valid_to, version.valid_to) if day]
        return {
            "id": public("price", row.pk), "contract": public("contract", contract.pk), "contract_number": contract.number,
            "customer": public("customer", contract.customer_id), "version": version.number, "sku": row.sku,
            "description": row.description, "unit": row.unit, "currency": contract.currency,
            "unit_price": plain(escalated(row.unit_price, version, self.day)), "unit_price_as_agreed": plain(row.unit_price),
            "from_quantity": plain(row.from_quantity),
            "valid_from": max(row.valid_from or version.valid_from, version.valid_from).isoformat(),
            "valid_to": min(until).isoformat() if until else None, "on": self.day.isoformat(),
        }  # fmt: skip

    @schemas.reads(
        "price_lists_list", schemas.page("Price"),
        schemas.page_parameters(
            "company", "customer", updated_since=False, contract=(schemas.ANY, "Our id of a contract, such as ctr_7."),
            sku=(schemas.ANY, ""), on=({"type": "string", "format": "date"}, "The day; without it, today."),
        ),
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of the prices in force on a day, with every rise up to it."""
        return super().get(request, *args, **kwargs)


class ConversionRecords(WriteView, RecordView):
    """Unit conversions of companies in sight."""

    permission, write_permission, kind = "orders.view", "orders.edit", "unit_conversion"
    of_company = True

    def rows(self) -> models.QuerySet[Any]:
        """Conversions in sight."""
        return UnitConversion.objects.visible_to(self.actor, "orders.view").select_related("company")

    def shape(self, row: UnitConversion) -> dict[str, Any]:
        """A conversion."""
        return {
            "id": public("unit_conversion", row.pk), "company": row.company.code, "sku": row.sku, "from_unit": row.from_unit,
            "to_unit": row.to_unit, "factor": plain(row.factor),
        }  # fmt: skip

    def save(self, rows: list[Any], *, atomic: bool = False, dry_run: bool = False) -> list[Saved]:
        """By save_unit_conversions."""
        return save_unit_conversions(rows, actor=self.actor, atomic=atomic, dry_run=dry_run)


class UnitConversions(ConversionRecords, ListView):
    """GET the conversions; POST one."""

    stamp = ""
    filters: ClassVar[Mapping[str, str]] = {"company": "company__code", "sku": "sku", "from_unit": "from_unit"}

    @schemas.reads(
        "unit_conversions_list", schemas.page("UnitConversion"),
        schemas.page_parameters("company", updated_since=False, sku=(schemas.ANY, ""), from_unit=(schemas.ANY, "")),
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of unit conversions."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("unit_conversions_create", schemas.ref("UnitConversionIn"), schemas.written("UnitConversion"))
    def post(self, request: Request) -> Response:
        """Keep one conversion: the factor of its company, article and units."""
        return self.create(request)


class UnitConversionDetail(ConversionRecords, DetailView):
    """One conversion by our id."""

    @schemas.reads("unit_conversions_get", schemas.found("UnitConversion"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A conversion by id."""
        return super().get(request, *args, **kwargs)


class UnitConversionsBulk(ConversionRecords):
    """Many conversions at once."""

    @schemas.writes("unit_conversions_bulk", schemas.bulk("UnitConversionIn"), schemas.bulk_answer())
    def post(self, request: Request) -> Response:
        """Keep up to 5,000 conversions."""
        return self.many(request)
