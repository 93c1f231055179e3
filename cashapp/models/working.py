"""A confident band looked at by sample before it is posted at once: what was chosen, what was said of it, what came of it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from cashapp.querysets import MatchPolicyQuerySet
from org.models import Company


class BandReview(models.Model):
    """One person's review: `receipts` are those that would be posted, with the version looked at; `sample` those that must be looked at.

    Nothing is posted unless every receipt of the sample was judged right. Kept for good: it is the evidence that somebody looked.
    """

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(db_default=Now())
    day = models.DateField()
    percent = models.SmallIntegerField(help_text="Share of the band that is looked at.")
    receipts = models.JSONField(default=list, help_text="[[receipt, version]]")
    sample = models.JSONField(default=list, help_text="[receipt]")
    judged = models.JSONField(default=dict, help_text="{receipt: right or wrong}")
    failed_at = models.DateTimeField(null=True, help_text="When one of the sample was judged wrong.")
    posted_at = models.DateTimeField(null=True)
    posted = models.IntegerField(default=0)

    objects = MatchPolicyQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(percent__gte=0, percent__lte=100), name="band_review_percent"),
            models.CheckConstraint(condition=Q(posted_at=None) | Q(failed_at=None), name="band_review_failed_posts_nothing"),
        ]
        indexes = [models.Index(fields=["company", "opened_by", "day"], name="band_review_of_day")]

    def __str__(self) -> str:
        return f"review of {len(self.receipts)} receipts in {self.company.code}"

    @property
    def left(self) -> list[int]:
        """Receipts of the sample that nobody judged yet."""
        return [pk for pk in self.sample if str(pk) not in self.judged]

    @property
    def is_open(self) -> bool:
        """Whether it can be gone on with."""
        return self.failed_at is None and self.posted_at is None
