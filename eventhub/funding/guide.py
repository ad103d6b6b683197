"""The eligibility guide: a few questions before anything else, answered at once with the reason. Nothing is kept.

Nothing here knows a person, a database or a request.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eventhub.funding.rules import GuideQuestion

YES, NO = "yes", "no"


@dataclass(frozen=True)
class Verdict:
    """What the answers lead to. ``stopped``: the questions whose answers end it; ``open``: those without an answer."""

    stopped: tuple[GuideQuestion, ...]
    open: tuple[GuideQuestion, ...]

    @property
    def may_apply(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.stopped and not self.open


def judge(questions: Sequence[GuideQuestion], answers: Mapping[str, str]) -> Verdict:
    """All reasons at once, so that nobody comes back three times. Whatever is not ``yes`` or ``no`` is no answer."""
    stops = {one.id: YES if one.stops_on else NO for one in questions}
    return Verdict(
        tuple(one for one in questions if answers.get(one.id) == stops[one.id]),
        tuple(one for one in questions if answers.get(one.id) not in {YES, NO}),
    )
