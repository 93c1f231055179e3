"""Bands set by measured precision: what the last trial of a draft bears out is taken over into it."""

from cashapp.models import RuleMatrix
from cashapp.selectors.bands import measured_by
from cashapp.selectors.rules import last_test
from cashapp.services.rules.errors import RuleRefused
from cashapp.services.rules.matrix import change_matrix
from org.actors import Actor


def take_over_bands(*, actor: Actor, matrix: RuleMatrix) -> RuleMatrix:
    """The bands that the last trial of a draft bears out become the draft's. Raises RuleRefused, StaleVersion, NotAllowed."""
    test = last_test(matrix)
    if test is None:
        raise RuleRefused("try it first: bands are set by what a trial measured")
    found = measured_by(test)
    if not found.enough and not found.customers:
        raise RuleRefused("too few answers to say: the bands stay as they are")
    customers = {str(c): {"post": s.threshold, "propose": min(found.propose.threshold, s.threshold)} for c, s in found.customers.items()}
    bands = {"post": found.post.threshold, "propose": found.propose.threshold} | ({"customers": customers} if customers else {})
    return change_matrix(actor=actor, matrix=matrix, seen=matrix.changed_at, bands=bands)
