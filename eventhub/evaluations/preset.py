"""What an evaluation asks: a preset of questions. Pure: codes and words."""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

SCALE = (1, 2, 3, 4, 5)
STEPS: dict[int, Any] = {
    1: _l("Not at all"),
    2: _l("A little"),
    3: _l("Partly"),
    4: _l("Mostly"),
    5: _l("Fully"),
}
"""How far somebody agrees."""
LONGEST = 1500
"""Characters of an answer in words."""


@dataclass(frozen=True)
class Question:
    """One question. With ``in_words`` the answer is a text, else a step of SCALE."""

    code: str
    label: Any
    in_words: bool = False


PRESET: dict[str, Question] = {
    one.code: one
    for one in (
        Question("overall", _l("All in all, it was a good event.")),
        Question("useful", _l("It was useful for my work or my community.")),
        Question("access", _l("Interpretation and accessibility let me follow and take part.")),
        Question("safe", _l("I felt safe to say what I think.")),
        Question("organisation", _l("It was well organized: information, registration, the days themselves.")),
        Question("missing", _l("What was missing?"), in_words=True),
    )
}
"""By code, in the order in which they are asked."""


def asked(codes: list[str]) -> list[Question]:
    """The questions of an evaluation; what a later release does not know is left out."""
    return [question for code, question in PRESET.items() if code in codes]
