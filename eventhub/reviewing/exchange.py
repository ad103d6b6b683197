"""What asking.py and counting.py write to each other: one request, one answer, as JSON."""

from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter

from eventhub.reviewing.terms import Assigned, Calibration, Held, Panel, Refused, Score

NOT_UNDERSTOOD = 3
"""The request is not one, or contradicts itself."""
FAILED = 4
"""The counting itself failed, or its memory was at an end."""


@dataclass(frozen=True)
class Request:
    """One thing to count: ``panel`` for the first two (``held`` for the second), ``scores`` for the third."""

    do: Literal["assign", "reassign", "calibrate"]
    panel: Panel | None = None
    held: tuple[Held, ...] = ()
    scores: tuple[Score, ...] = ()


@dataclass(frozen=True)
class Answer:
    """One of the three is filled."""

    assigned: Assigned | None = None
    refused: Refused | None = None
    calibration: Calibration | None = None


REQUEST, ANSWER = TypeAdapter(Request), TypeAdapter(Answer)
