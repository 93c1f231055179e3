"""Exchange rates by day, and number series without gaps."""

from django.db import models

from org.models import Company


class FxRate(models.Model):
    """Units of `base` that one unit of `currency` is worth from that day on, until the next rate."""

    currency = models.CharField(max_length=3)
    base = models.CharField(max_length=3)
    day = models.DateField()
    rate = models.DecimalField(max_digits=18, decimal_places=8)

    class Meta:
        ordering = ["currency", "base", "-day"]
        constraints = [
            models.UniqueConstraint(fields=["currency", "base", "day"], name="fx_rate_once"),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="fx_rate_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.day} 1 {self.currency} = {self.rate} {self.base}"


class NumberSeries(models.Model):
    """The next number of a kind of document in a company; taken last in a transaction, so that none is lost and none waits."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    prefix = models.CharField(max_length=20)
    next = models.BigIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "kind"], name="number_series_once"),
            models.CheckConstraint(condition=models.Q(next__gte=1), name="number_series_counts_up"),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}{self.next}"
