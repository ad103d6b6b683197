"""Conditions as data: when a question is shown. Never evaluated as code (SAFETY.md property 23).

In JSON: ``{"question": key, "in": [values]}``, ``{"question": key, "answered": true}``, ``{"question": key,
"at_least": 3}`` (also at_most, more_than, less_than; numbers or ISO dates), ``{"all": […]}``, ``{"any": […]}``,
``{"not": …}``. A question without an answer fulfils nothing but a negation.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Any, TypeAlias

DEPTH = 6
PARTS = 30
VALUE_LIMIT = 200

Answers: TypeAlias = Mapping[str, object]
Value: TypeAlias = str | int | float | bool

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {"at_least": ge, "at_most": le, "more_than": gt, "less_than": lt}


@dataclass(frozen=True)
class In:
    """The answer is one of the values; of several choices, at least one is."""

    question: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Answered:
    """There is an answer."""

    question: str


@dataclass(frozen=True)
class Compare:
    """A number or an ISO date compared with a fixed one; ``how`` is a key of COMPARISONS."""

    question: str
    how: str
    value: int | float | str


@dataclass(frozen=True)
class All:
    """Every part holds (also when there is none)."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    part: "Condition"


Condition: TypeAlias = In | Answered | Compare | All | AnyOf | Not


class ConditionWrong(ValueError):
    """Not a condition; the message says what is wrong, for the log of an import or a test."""


def parse(data: object, depth: int = 0) -> Condition:
    """A condition from JSON. Raises ConditionWrong."""
    if depth > DEPTH:
        raise ConditionWrong("nested too deeply")
    if not isinstance(data, dict):
        raise ConditionWrong("not an object")
    keys = set(data)
    if keys == {"all"}:
        return All(_parts(data["all"], depth))
    if keys == {"any"}:
        return AnyOf(_parts(data["any"], depth))
    if keys == {"not"}:
        return Not(parse(data["not"], depth + 1))
    if "question" in keys and len(keys) == 2:
        return _about_question(data["question"], str(next(iter(keys - {"question"}))), data)
    raise ConditionWrong("unknown form")


def to_json(condition: Condition) -> dict[str, Any]:
    """The condition as JSON, which ``parse`` reads back."""
    match condition:
        case In(question, values):
            return {"question": question, "in": list(values)}
        case Answered(question):
            return {"question": question, "answered": True}
        case Compare(question, how, value):
            return {"question": question, how: value}
        case All(parts):
            return {"all": [to_json(part) for part in parts]}
        case AnyOf(parts):
            return {"any": [to_json(part) for part in parts]}
        case Not(part):
            return {"not": to_json(part)}


def holds(condition: Condition | None, answers: Answers) -> bool:
    """Whether the condition holds for these answers (by question key); no condition always holds."""
    match condition:
        case None:
            return True
        case In(question, values):
            given = answers.get(question)
            return any(_same(one, value) for one in _several(given) for value in values)
        case Answered(question):
            return answered(answers.get(question))
        case Compare(question, how, value):
            return _compared(answers.get(question), how, value)
        case All(parts):
            return all(holds(part, answers) for part in parts)
        case AnyOf(parts):
            return any(holds(part, answers) for part in parts)
        case Not(part):
            return not holds(part, answers)


def settle(condition: Condition | None, answers: Answers, still_open: Collection[str]) -> Condition | bool:
    """What is left to ask once the answers outside ``still_open`` are fixed: True, False, or a smaller condition.

    ``holds(settle(c, a, o), a) == holds(c, a)`` for every set of open questions.
    """
    match condition:
        case None:
            return True
        case In() | Answered() | Compare():
            return condition if condition.question in still_open else holds(condition, answers)
        case Not(part):
            rest = settle(part, answers, still_open)
            return not rest if isinstance(rest, bool) else Not(rest)
        case All(parts) | AnyOf(parts):
            return _settle_parts(condition, [settle(part, answers, still_open) for part in parts])


def asked(condition: Condition | None) -> Iterator[In | Answered | Compare]:
    """Every question a condition looks at, with what it wants of it."""
    match condition:
        case None:
            return
        case In() | Answered() | Compare():
            yield condition
        case Not(part):
            yield from asked(part)
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from asked(part)


def changed(condition: Condition, change: Callable[[In | Answered | Compare], Condition]) -> Condition:
    """The condition with every question it asks put through ``change``."""
    match condition:
        case In() | Answered() | Compare():
            return change(condition)
        case Not(part):
            return Not(changed(part, change))
        case All(parts):
            return All(tuple(changed(part, change) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(changed(part, change) for part in parts))


def answered(value: object) -> bool:
    """Whether a value is an answer: not nothing, not an empty text or list. A consent not given is an answer too."""
    return value is not None and value not in ("", [])


def _settle_parts(condition: All | AnyOf, parts: list[Condition | bool]) -> Condition | bool:
    decisive = isinstance(condition, AnyOf)
    if any(part is decisive for part in parts):
        return decisive
    rest = tuple(part for part in parts if not isinstance(part, bool))
    if not rest:
        return not decisive
    return rest[0] if len(rest) == 1 else type(condition)(rest)


def _parts(data: object, depth: int) -> tuple[Condition, ...]:
    if not isinstance(data, list) or not 0 < len(data) <= PARTS:
        raise ConditionWrong(f"not a list of 1 to {PARTS} conditions")
    return tuple(parse(part, depth + 1) for part in data)


def _about_question(question: object, verb: str, data: dict[str, Any]) -> Condition:
    if not isinstance(question, str) or not question:
        raise ConditionWrong("no question")
    value = data[verb]
    if verb == "in":
        if not isinstance(value, list) or not 0 < len(value) <= PARTS * 10 or not all(_is_value(one) for one in value):
            raise ConditionWrong("not a list of values")
        return In(question, tuple(value))
    if verb == "answered" and value is True:
        return Answered(question)
    if verb in COMPARISONS and _is_value(value) and not isinstance(value, bool):
        return Compare(question, verb, value)
    raise ConditionWrong("unknown comparison")


def _is_value(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= VALUE_LIMIT
    return isinstance(value, bool | int) or (isinstance(value, float) and value - value == 0)


def _several(given: object) -> list[object]:
    if isinstance(given, list | tuple):
        return list(given)
    return [given] if given is not None else []


def _same(given: object, value: Value) -> bool:
    # True == 1 in Python, but a tick is not a number.
    return isinstance(given, bool) == isinstance(value, bool) and given == value


def _compared(given: object, how: str, value: int | float | str) -> bool:
    if isinstance(given, bool):
        return False
    if isinstance(given, str) and isinstance(value, str):
        return answered(given) and COMPARISONS[how](given, value)
    if isinstance(given, int | float) and not isinstance(value, str):
        return COMPARISONS[how](given, value)
    return False
