"""What a company calls freight and fees, and how strict its check is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """What a company calls freight, fees and the release of retainage (articles), and how near a near-duplicate is in days.

    `tolerance` is by how many minor units a line may differ before it counts; 0 is the trade's rule: customers' systems have none.
    """

    freight_skus: frozenset[str] = frozenset({"FREIGHT", "SHIPPING"})
    fee_skus: frozenset[str] = frozenset({"FUEL", "SURCHARGE", "FEE", "ENV-FEE", "HANDLING"})
    release_skus: frozenset[str] = frozenset({"RETAINAGE"})
    near_days: int = 10
    tolerance: int = 0
