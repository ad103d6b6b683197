"""What of the answers may be read. Only after the end: there is one look, and so no difference between two.

Steps are told as all counts of people are (kit.small_numbers): rounded down to five, fewer than five hidden with enough
others. Words are told when five people at the least wrote some, each by itself, in an order that says nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eventhub.evaluations import queries
from eventhub.evaluations.models import Answer, Evaluation
from eventhub.evaluations.preset import SCALE, Question, asked
from eventhub.kit.small_numbers import STEP, told

NO_ANSWER = "none"


@dataclass(frozen=True)
class Result:
    """What of a question on the scale may be read: at least how many chose each step, None where that is not told.
    ``is_hidden``: fewer than five answered it, and nothing is.
    """

    question: Question
    steps: Mapping[int, int | None]
    without: int | None
    is_hidden: bool


def of(evaluation: Evaluation) -> list[Result]:
    """The results of the questions on the scale; empty while the evaluation is not closed."""
    if evaluation.closed_at is None:
        return []
    counted = queries.steps(evaluation.id)
    return [
        result(question, counted.get(question.code, {}), evaluation.answered)
        for question in asked(evaluation.questions)
        if not question.in_words
    ]


def result(question: Question, counted: Mapping[int, int], people: int) -> Result:
    """One question. Whoever left it out is a cell like the others: readers know how many people answered in all."""
    number = sum(counted.values())
    known = {str(step): counted.get(step, 0) for step in SCALE} | {NO_ANSWER: people - number}
    shown = told(known) if number >= STEP else dict.fromkeys(known)
    return Result(question, {step: shown[str(step)] for step in SCALE}, shown[NO_ANSWER], number < STEP)


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
