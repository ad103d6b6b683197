"""What of the answers may be read. Only after the end: there is one look, and so no difference between two.

Steps are told in bands of five people at the least (bands.py). Words are told when five people at the least wrote some,
each by itself, in an order that says nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eventhub.evaluations import queries
from eventhub.evaluations.bands import Band, bands
from eventhub.evaluations.models import Answer, Evaluation
from eventhub.evaluations.preset import SCALE, Question, asked
from eventhub.kit.small_numbers import STEP


@dataclass(frozen=True)
class Result:
    """What of a question on the scale may be read; no bands where that is nothing."""

    question: Question
    bands: tuple[Band, ...]


def of(evaluation: Evaluation) -> list[Result]:
    """The results of the questions on the scale; empty while the evaluation is not closed."""
    if evaluation.closed_at is None:
        return []
    counted = queries.steps(evaluation.id)
    return [
        result(question, counted.get(question.code, {}))
        for question in asked(evaluation.questions)
        if not question.in_words
    ]


def result(question: Question, counted: Mapping[int, int]) -> Result:
    """One question."""
    return Result(question, bands([counted.get(step, 0) for step in SCALE]))


def words(evaluation: Evaluation) -> dict[str, Sequence[Answer]]:
    """The answers in words, by question, where five people at the least wrote some."""
    if evaluation.closed_at is None:
        return {}
    found = {one.code: queries.words(evaluation.id, one.code) for one in asked(evaluation.questions) if one.in_words}
    return {code: rows for code, rows in found.items() if len(rows) >= STEP}


def readable(evaluation: Evaluation) -> dict[str, list[str]]:
    """Of the answers in words what anybody may read: somebody looked for names in them."""
    return {code: [one.shown for one in rows if one.shown] for code, rows in words(evaluation).items()}


def rate(part: int, whole: int) -> int:
    """A share in per cent, rounded."""
    return round(100 * part / whole) if whole else 0
