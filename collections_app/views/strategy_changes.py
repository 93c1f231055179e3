"""Two versions of a strategy beside one another: what one changes in the other, field by field and word by word."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from arops.lib import clock, money
from arops.lib.http import filters_of, number_of, page
from arops.lib.merging import LANGUAGES
from collections_app.models import PlannedStep, Rung, StrategyStep, StrategyVersion
from collections_app.policy.strategy import StepDraft, when_words
from collections_app.policy.strategy_changes import Change, changes, words_changed
from collections_app.selectors.strategies import draft_of, gone_steps, standing_of, version_on
from collections_app.views.strategies import find_version
from org.access import allowed

FIELDS = {
    "grace_days": "Days of grace", "quiet_days": "Quiet days", "minimum": "Least amount", "stops": "No step is taken while",
    "channel": "How", "days": "When", "name": "Name", "tone": "Tone", "signer": "Signed by", "signed_by": "Name that signs",
    "with_statement": "Statement with it", "with_copies": "Copies with it", "needs_approval": "A person allows each",
    "escalate_to": "Rung of the ladder", "minutes": "Expected minutes",
}  # fmt: skip
CHOICES = {"channel": StrategyStep.Channel.choices, "tone": StrategyStep.Tone.choices, "signer": StrategyStep.Signer.choices}


@allowed("collections.view")
def compare(request: HttpRequest, pk: int) -> HttpResponse:
    """What a version changes against another of its strategy: the one asked for, else the one in force, else the one before it."""
    version, today = find_version(request, pk), clock.today()
    asked = filters_of(request, against="")["against"]
    against = _other(version, asked) if asked else _usual(version)
    found = changes(draft_of(against), draft_of(version)) if against else []
    context = {
        "version": version, "strategy": version.strategy, "against": against, "count": len(found), "groups": _groups(version, found),
        "waiting": _waiting(request, against, version) if against else 0,
        "others": [(v, standing_of(v, today)) for v in version.strategy.versions.all() if v.pk != version.pk],
    }  # fmt: skip
    return page(request, "collections_app/strategy_changes.html", context)


def _waiting(request: HttpRequest, against: StrategyVersion, version: StrategyVersion) -> int:
    """Open steps of the older version, of customers in sight, that the newer one no longer has."""
    if version.number < against.number:
        return 0
    user: Any = request.user
    seen: Any = PlannedStep.objects.visible_to(user, "collections.view")
    return int(seen.filter(step__in=gone_steps(against, version), state=PlannedStep.State.OPEN).count())


def _other(version: StrategyVersion, asked: str) -> StrategyVersion:
    found = version.strategy.versions.filter(pk=number_of(asked) or 0).first()
    if found is None:
        raise Http404
    return found


def _usual(version: StrategyVersion) -> StrategyVersion | None:
    """For a draft what is in force, for others the version before."""
    in_force = version_on(version.strategy, clock.today())
    if version.state == StrategyVersion.State.DRAFT and in_force:
        return in_force
    return version.strategy.versions.filter(number__lt=version.number).first()


def _groups(version: StrategyVersion, found: list[Change]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The changes under a heading each: rules first, then the steps by number."""
    groups: dict[int, list[dict[str, Any]]] = {}
    say = _Words(version)
    for change in found:
        groups.setdefault(change.step, []).extend(say.rows(change))
    return [(f"Step {step}" if step else "Whom and when", rows) for step, rows in sorted(groups.items())]


class _Words:
    """Changes in the words of the screen."""

    def __init__(self, version: StrategyVersion) -> None:
        company = version.strategy.company
        self.currency = company.base_currency
        self.codes = {name: dict(choices) for name, choices in CHOICES.items()} | {"stops": dict(StrategyVersion.Stop.choices)}
        self.codes["escalate_to"] = dict(Rung.objects.filter(company=company).values_list("code", "name"))

    def rows(self, change: Change) -> list[dict[str, Any]]:
        """The lines of a change: texts are told word by word, subject and body apart, and those of a new step whole."""
        was, now = change.before, change.after
        if change.field.startswith("text:"):
            return self._texts(change.field[5:], was, now)
        if change.field != "step":
            return [{"what": FIELDS[change.field], "before": self._value(change.field, was), "after": self._value(change.field, now)}]
        old, new = (step.texts if isinstance(step, StepDraft) else {} for step in (was, now))
        rows = [{"what": "The step", "before": self._step(was), "after": self._step(now)}]
        return rows + [row for code in sorted({*old, *new}) for row in self._texts(code, old.get(code), new.get(code))]

    def _texts(self, language: str, before: object, after: object) -> list[dict[str, Any]]:
        was, now = (side if isinstance(side, tuple) else ("", "") for side in (before, after))
        sides = [("Subject", was[0], now[0]), ("Text", was[1], now[1])]
        name = LANGUAGES.get(language, language)
        return [{"what": f"{what}, {name}", "pieces": words_changed(old, new)} for what, old, new in sides if old != new]

    def _step(self, step: object) -> str:
        if not isinstance(step, StepDraft):
            return "none"
        name = f", “{step.name}”" if step.name else ""
        return f"{self.codes['channel'][step.channel]}, {when_words(step.days)}{name}"

    def _value(self, field: str, value: object) -> str:
        if isinstance(value, bool):
            return "yes" if value else "no"
        if field == "minimum" and isinstance(value, int):
            return f"{money.format(value, self.currency)} {self.currency}"
        if field == "days" and isinstance(value, int):
            return when_words(value)
        codes = self.codes.get(field, {})
        said = [codes.get(one, str(one)) for one in value] if isinstance(value, tuple) else [codes.get(str(value), str(value))]
        return "; ".join(said) or "nothing"
