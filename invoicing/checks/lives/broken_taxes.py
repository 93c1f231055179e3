"""Faults of tax, certificates and arithmetic."""

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from invoicing.checks.lives.faults import after, fault, order_of, pick, recode, version, wants
from invoicing.checks.lives.model import CENT, PERCENT, Life, Maker, iso, money, sum_up

Answer = tuple[int, ...] | bool | None


def _taxed(life: Life, code: str = "TX-DAL") -> bool:
    if life.exempt:
        return False
    recode(life, code)
    return True


@fault("tax_code", "tax_setup", "tax", "goods", "service", "time", "project", "rent", "plain", "blanket")
def code_determined_wrongly(m: Maker, life: Life) -> Answer:
    """A code that no document has, or that isn't in the tables."""
    if not _taxed(life):
        return False
    code = m.dice.choice(("IL-CHI", "NY-NYC", "TX-OLD"))
    for line in life.lines:
        line["tax_code"] = code
    return None


@fault("tax_code", "order_entry", "tax", "goods", "service", "blanket")
def code_entered(m: Maker, life: Life) -> Answer:
    """The desk entered another code than the contract's."""
    one, order = version(life), order_of(life)
    if not one or not order or not _taxed(life):
        return False
    one["tax_code"] = "TX-DAL"
    order["tax_code"] = "NY-NYC"
    for line in life.lines:
        line["tax_code"] = "NY-NYC"
    return None


@fault("tax_code", "customer_master", "tax", "goods", "service", "time")
def code_of_the_master(m: Maker, life: Life) -> Answer:
    """The master has another code than the contract, and was taken."""
    one = version(life)
    if not one or not _taxed(life):
        return False
    one["tax_code"] = "TX-DAL"
    life.customer["tax_code"] = "IL-CHI"
    for line in life.lines:
        line["tax_code"] = "IL-CHI"
    return None


@fault("tax_amount", "tax_setup", "tax", "goods", "service", "time", "project", "plain", "blanket")
def old_rate(m: Maker, life: Life) -> Answer:
    """Taxed at the rate of last year, or not at all."""
    if not _taxed(life):
        return False
    percent = Decimal(m.dice.choice(("8.00", "0")))

    def act() -> None:
        for line in life.lines:
            line["tax_amount"] = money((Decimal(line["amount"]) * percent / 100).quantize(CENT, ROUND_HALF_UP))
        sum_up(life.invoice)

    after(life, act)
    return None


@fault("tax_amount", "billing_output", "tax", "goods", "service", "time", "project", "plain", "blanket")
def tax_out_of_nowhere(m: Maker, life: Life) -> Answer:
    """Tax on a line that no rate explains."""
    line = pick(m, life) if _taxed(life, m.dice.choice(("TX-DAL", "IL-CHI"))) else None
    if not line:
        return False

    def act() -> None:
        line["tax_amount"] = money(Decimal(line["tax_amount"]) + Decimal("3.17"))
        sum_up(life.invoice)

    after(life, act)
    return (line["number"],)


@fault("tax_forbidden", "customer_master", "tax", "goods", "service", "plain")
def taxed_by_the_master(m: Maker, life: Life) -> Answer:
    """The customer takes no tax, its master is taxed."""
    if not _taxed(life):
        return False
    wants(life, "no_tax_line")
    return None


@fault("tax_forbidden", "billing_output", "tax", "goods", "service", "plain")
def taxed_by_the_invoice(m: Maker, life: Life) -> Answer:
    """The customer takes no tax, its master is untaxed, the invoice is taxed."""
    if not _taxed(life):
        return False
    wants(life, "no_tax_line")
    life.customer["tax_code"] = "OR-ZERO"
    return None


@fault("exemption_ignored", "customer_master", "tax", "goods", "service", "time", "plain")
def certificate_not_set_up(m: Maker, life: Life) -> Answer:
    """A certificate came, the master kept its code."""
    if not _taxed(life):
        return False
    _certificate(m, life)
    return None


@fault("exemption_ignored", "tax_setup", "tax", "goods", "service", "time", "plain")
def taxed_against_the_master(m: Maker, life: Life) -> Answer:
    """Master and certificate say exempt, tax was charged."""
    if not _taxed(life):
        return False
    _certificate(m, life)
    life.customer["tax_code"] = "US-EX"
    return None


def _certificate(m: Maker, life: Life, **fields: object) -> None:
    life.documents.append(
        {
            "kind": "exemption", "state": "received", "jurisdiction": "", "reference": m.number("EX"),
            "valid_from": iso(life.day - timedelta(days=200)), "expires_on": iso(life.day + timedelta(days=90)),
        } | fields
    )  # fmt: skip


def _untaxed(m: Maker, life: Life, **paper: object) -> Answer:
    """Nothing is taxed, by a certificate that doesn't bear it out."""
    code = m.dice.choice(("US-EX", "TX-DAL"))
    recode(life, code)
    life.meta["exempt"] = True
    life.documents = [x for x in life.documents if x["kind"] != "exemption"]
    _certificate(m, life, **paper)
    return None


@fault("exemption_expired", "customer_master", "tax", "goods", "service", "time", "plain", "blanket")
def certificate_ran_out(m: Maker, life: Life) -> Answer:
    """The certificate ran out some days ago."""
    return _untaxed(m, life, expires_on=iso(life.day - timedelta(days=m.dice.randint(1, 60))))


@fault("exemption_missing", "customer_master", "tax", "goods", "service", "time", "plain", "blanket")
def certificate_never_came(m: Maker, life: Life) -> Answer:
    """The certificate was asked for and never came."""
    return _untaxed(m, life, state="requested", valid_from=None, expires_on=None)


@fault("arithmetic", "billing_output", "sums", "goods", "service", "plain", alone=True)
def line_not_its_product(m: Maker, life: Life) -> Answer:
    """A line's amount isn't quantity times price."""
    line = pick(m, life)
    if not line:
        return False

    def act() -> None:
        line["amount"] = money(Decimal(line["amount"]) + Decimal("5.00"))
        line["tax_amount"] = money(
            Decimal(0) if life.exempt else (Decimal(line["amount"]) * PERCENT[line["tax_code"]] / 100).quantize(CENT, ROUND_HALF_UP)
        )
        sum_up(life.invoice)

    after(life, act)
    life.raw = True
    return (line["number"],)


@fault("arithmetic", "billing_output", "sums", "goods", "service", "plain", alone=True)
def total_not_the_sum(m: Maker, life: Life) -> Answer:
    """The total isn't the sum."""

    def act() -> None:
        life.invoice["total"] = money(Decimal(life.invoice["total"]) + Decimal("10.00"))

    after(life, act)
    life.raw = True
    return ()
