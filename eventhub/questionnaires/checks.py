"""What keeps a questionnaire from being published: parts that are missing, that clash, or that nobody could answer."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from flask_babel import lazy_gettext as _l

from eventhub.questionnaires import conditions
from eventhub.questionnaires.conditions import Answered, Compare, Condition, In
from eventhub.questionnaires.definition import (
    AUTOCOMPLETE,
    QUESTIONS,
    Definition,
    DefinitionWrong,
    Limits,
    Problem,
    Question,
    is_limit_date,
    read,
)
from eventhub.questionnaires.kinds import KINDS
from eventhub.questionnaires.typed import days_from_today


def parse(data: object, language: str = "en") -> Definition:
    """A definition that may be published. Raises DefinitionWrong with every problem."""
    definition = read(data, language)
    problems = check(definition)
    if problems:
        raise DefinitionWrong(problems)
    return definition


def check(definition: Definition) -> list[Problem]:
    """Everything that keeps a definition from being published."""
    problems: list[Problem] = []
    if not definition.pages:
        problems.append(Problem("pages", _l("There is no page yet.")))
    if sum(1 for _ in definition.questions()) > QUESTIONS:
        problems.append(Problem("pages", _l("There are more than %(limit)s questions.", limit=QUESTIONS)))
    problems += _repeated(definition)
    earlier: dict[str, Question] = {}
    for number, page in enumerate(definition.pages):
        place = f"pages[{number}]"
        if not page.title:
            problems.append(Problem(f"{place}.title", _l("This page has no title."), page.id))
        if not page.questions:
            problems.append(Problem(f"{place}.questions", _l("This page has no question."), page.id))
        problems += _check_condition(page.show_if, earlier, f"{place}.show_if", page.id)
        for position, question in enumerate(page.questions):
            where = f"{place}.questions[{position}]"
            problems += _check_question(question, where)
            problems += _check_condition(question.show_if, earlier, f"{where}.show_if", question.id)
            earlier[question.key] = question
    return problems


def _repeated(definition: Definition) -> list[Problem]:
    problems: list[Problem] = []
    ids: set[str] = set()
    keys: set[str] = set()
    for page in definition.pages:
        for item in (page.id, *(question.id for question in page.questions)):
            if item in ids:
                problems.append(Problem(item, _l("Two parts have the same identifier."), item))
            ids.add(item)
        for question in page.questions:
            if question.key in keys:
                problems.append(
                    Problem(
                        f"{question.key}.key",
                        _l("The name “%(key)s” is used by two questions.", key=question.key),
                        question.id,
                    )
                )
            keys.add(question.key)
    return problems


def _check_question(question: Question, place: str) -> list[Problem]:
    kind = KINDS[question.kind]
    limits = question.limits
    unknown = [
        one.name
        for one in fields(Limits)
        if getattr(limits, one.name) not in (None, ()) and one.name not in kind.limits
    ]
    option_ids = [option.id for option in question.options]
    found: list[tuple[bool, str, Any]] = [
        (not question.label, "label", _l("This question has no text.")),
        (bool(kind.has_options and len(option_ids) < 2), "options", _l("Give at least two answers to choose from.")),
        (
            bool(not kind.has_options and option_ids),
            "options",
            _l("This kind of question has no answers to choose from."),
        ),
        (len(set(option_ids)) < len(option_ids), "options", _l("Two answers have the same identifier.")),
        (any(not option.label for option in question.options), "options", _l("An answer has no text.")),
        (bool(unknown), "limits", _l("This limit does not fit this kind of question.")),
        (_crossed(limits), "limits", _l("The smallest value is larger than the largest one.")),
        (question.variant not in kind.variants, "variant", _l("Choose one of the forms of this kind.")),
        (question.sealed and not kind.may_seal, "sealed", _l("This kind of question cannot be sealed.")),
        (
            question.autocomplete not in AUTOCOMPLETE | {""},
            "autocomplete",
            _l("No browser knows this kind of personal detail."),
        ),
        (not kind.asks and question.required, "required", _l("A text cannot be required: there is nothing to answer.")),
        (
            question.kind == "consent" and question.required,
            "required",
            _l("A consent cannot be a condition: take away “Must be answered”."),
        ),
    ]
    return [Problem(f"{place}.{part}", message, question.id) for wrong, part, message in found if wrong]


def _check_condition(
    condition: Condition | None, earlier: Mapping[str, Question], place: str, item: str
) -> Iterator[Problem]:
    for part in conditions.asked(condition):
        question = earlier.get(part.question)
        if question is None:
            message = _l("The condition asks “%(key)s”, which does not come before.", key=part.question)
        elif question.sealed:
            message = _l(
                "The condition asks “%(key)s”, which is sealed: it would give the answer away.", key=part.question
            )
        elif not _fits(part, question):
            message = _l("The condition wants an answer that “%(key)s” cannot have.", key=part.question)
        else:
            continue
        yield Problem(place, message, item)


def _fits(part: In | Answered | Compare, question: Question) -> bool:
    """Whether a question can ever give the answer that a condition waits for."""
    kind = KINDS[question.kind]
    if not kind.asks:
        return False
    match part:
        case Answered():
            return True
        case In():
            return all(kind.can_be(question, value) for value in part.values)
        case Compare():
            is_date = isinstance(part.value, str) and days_from_today(part.value) is None and is_limit_date(part.value)
            return is_date if question.kind == "date" else question.kind == "number" and not isinstance(part.value, str)


def _crossed(limits: Limits) -> bool:
    pairs: list[tuple[Any, Any]] = [
        (limits.min_length, limits.max_length),
        (limits.min_number, limits.max_number),
    ]
    low, high = limits.min_date, limits.max_date
    if low and high and (days_from_today(low) is None) == (days_from_today(high) is None):
        pairs.append((low, high) if days_from_today(low) is None else (days_from_today(low), days_from_today(high)))
    return any(low is not None and high is not None and low > high for low, high in pairs)
