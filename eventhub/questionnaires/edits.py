"""Changes to a definition, one at a time, and what changed between two of them. Nothing is changed in place."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from difflib import SequenceMatcher
from functools import reduce
from typing import Any

from flask_babel import gettext

from eventhub.questionnaires.conditions import All, Answered, AnyOf, Compare, Condition, In, Not, changed
from eventhub.questionnaires.definition import Definition, Page, Question, new_id
from eventhub.questionnaires.kinds import KINDS

KEY_LIMIT = 40


@dataclass(frozen=True)
class TextPart:
    """A piece of a text that was kept (same), taken out (out) or put in (in)."""

    kind: str
    text: str


@dataclass(frozen=True)
class Change:
    """What happened to one page or question: added, removed, moved, changed; ``words`` show a changed text."""

    kind: str
    item: str
    label: str
    parts: tuple[str, ...] = ()
    words: tuple[tuple[str, tuple[TextPart, ...]], ...] = ()


def find(definition: Definition, item: str) -> Page | Question:
    """The page or question with this id. Raises KeyError."""
    for page in definition.pages:
        if page.id == item:
            return page
        for question in page.questions:
            if question.id == item:
                return question
    raise KeyError(item)


def page_of(definition: Definition, question_id: str) -> Page:
    """The page a question stands on. Raises KeyError."""
    for page in definition.pages:
        if any(question.id == question_id for question in page.questions):
            return page
    raise KeyError(question_id)


def earlier(definition: Definition, item: str) -> list[Question]:
    """The questions that a condition of a page or question may ask: those before it that are not sealed."""
    found: list[Question] = []
    for page in definition.pages:
        if page.id == item:
            break
        for question in page.questions:
            if question.id == item:
                return found
            if KINDS[question.kind].asks and not question.sealed:
                found.append(question)
    return found


def put_page(definition: Definition, page: Page) -> Definition:
    """The page in its place, or at the end when it is new."""
    known = any(one.id == page.id for one in definition.pages)
    pages = tuple(page if one.id == page.id else one for one in definition.pages)
    return replace(definition, pages=pages if known else (*pages, page))


def put_question(definition: Definition, page_id: str, question: Question) -> Definition:
    """The question in its place, or at the end of the page when it is new; conditions follow a changed key."""
    old = next((one for one in definition.questions() if one.id == question.id), None)
    if old is None:
        return _on_pages(
            definition,
            lambda page: replace(page, questions=(*page.questions, question)) if page.id == page_id else page,
        )
    definition = _each_question(definition, lambda one: question if one.id == question.id else one)
    if old.key == question.key:
        return definition

    def renamed(part: In | Answered | Compare) -> Condition:
        return replace(part, question=question.key) if part.question == old.key else part

    return _each_condition(definition, lambda condition: changed(condition, renamed))


def put_condition(definition: Definition, item: str, condition: Condition | None) -> Definition:
    """The condition of a page or question, or none."""
    definition = _each_question(definition, lambda one: replace(one, show_if=condition) if one.id == item else one)
    return _on_pages(definition, lambda page: replace(page, show_if=condition) if page.id == item else page)


def remove(definition: Definition, item: str) -> Definition:
    """Without a page (and all on it) or a question. Conditions that asked it stay, to be marked."""
    pages = tuple(
        replace(page, questions=tuple(one for one in page.questions if one.id != item))
        for page in definition.pages
        if page.id != item
    )
    return replace(definition, pages=pages)


def move(definition: Definition, item: str, step: int) -> Definition:
    """A page or question one place up (-1) or down (1); a question at the edge of its page goes to the next page."""
    pages = list(definition.pages)
    for number, page in enumerate(pages):
        if page.id == item:
            return replace(definition, pages=tuple(_swapped(pages, number, step)))
        position = next((place for place, one in enumerate(page.questions) if one.id == item), None)
        if position is None:
            continue
        if 0 <= position + step < len(page.questions):
            pages[number] = replace(page, questions=tuple(_swapped(list(page.questions), position, step)))
        elif 0 <= number + step < len(pages):
            question, target = page.questions[position], pages[number + step]
            pages[number] = replace(page, questions=tuple(one for one in page.questions if one.id != item))
            added = (*target.questions, question) if step < 0 else (question, *target.questions)
            pages[number + step] = replace(target, questions=added)
        return replace(definition, pages=tuple(pages))
    raise KeyError(item)


def duplicate(definition: Definition, question_id: str) -> Definition:
    """A second question like this one, right after it, with an id and key of its own."""

    def doubled(page: Page) -> Page:
        questions: list[Question] = []
        for one in page.questions:
            questions.append(one)
            if one.id == question_id:
                questions.append(replace(one, id=new_id("q"), key=free_key(definition, one.key)))
        return replace(page, questions=tuple(questions))

    return _on_pages(definition, doubled)


def free_key(definition: Definition, wish: str) -> str:
    """A key nobody has, made from a label or another key."""
    plain = unicodedata.normalize("NFKD", wish).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:KEY_LIMIT].strip("_")
    if not stem or not stem[0].isalpha():
        stem = f"question_{stem}".rstrip("_")
    taken = {question.key for question in definition.questions()}
    key, number = stem, 2
    while key in taken:
        key, number = f"{stem}_{number}", number + 1
    return key


def differences(old: Definition, new: Definition) -> list[Change]:
    """What publishing would change, in the order of the new definition; what is gone comes last."""
    before, after = _things(old), _things(new)
    changes: list[Change] = []
    kept = [item for item in after if item in before]
    order = {item: place for place, item in enumerate(item for item in before if item in after)}
    for item, (thing, where) in after.items():
        if item not in before:
            changes.append(Change("added", item, name_of(thing)))
            continue
        was, was_where = before[item]
        parts, words = _compared(was, thing)
        if parts or words:
            changes.append(Change("changed", item, name_of(thing), parts, words))
        elif where != was_where or order[item] != kept.index(item):
            changes.append(Change("moved", item, name_of(thing)))
    changes += [Change("removed", item, name_of(thing)) for item, (thing, _) in before.items() if item not in after]
    return changes


def describe(condition: Condition, definition: Definition, language: str) -> str:
    """A condition in words, for staff."""
    match condition:
        case In():
            question, answers = _asked(condition, definition, language)
            return str(gettext("“%(question)s” is: %(answers)s", question=question, answers=answers))
        case Answered():
            return str(gettext("“%(question)s” is answered", question=_asked(condition, definition, language)[0]))
        case Compare():
            return _describe_comparison(condition, definition, language)
        case Not(In() as part):
            question, answers = _asked(part, definition, language)
            return str(gettext("“%(question)s” is not: %(answers)s", question=question, answers=answers))
        case Not(Answered() as part):
            return str(gettext("“%(question)s” is not answered", question=_asked(part, definition, language)[0]))
        case Not(part):
            return str(gettext("Not: %(condition)s", condition=describe(part, definition, language)))
        case All(parts):
            said = _listed(parts, definition, language)
            return str(gettext("All of these: %(conditions)s", conditions=said))
        case AnyOf(parts):
            return str(
                gettext("At least one of these: %(conditions)s", conditions=_listed(parts, definition, language))
            )


def _listed(parts: Iterable[Condition], definition: Definition, language: str) -> str:
    said = (describe(part, definition, language) for part in parts)
    return reduce(lambda one, next_one: str(gettext("%(one)s; %(next)s", one=one, next=next_one)), said)


def parts_of(condition: Condition | None) -> tuple[Condition, ...]:
    """The parts an editor lists: those of the outermost "all" or "any", or the one there is."""
    if condition is None:
        return ()
    return condition.parts if isinstance(condition, All | AnyOf) else (condition,)


def joined(parts: Iterable[Condition], *, any_of: bool) -> Condition | None:
    """The opposite of ``parts_of``."""
    listed = tuple(parts)
    if len(listed) < 2:
        return listed[0] if listed else None
    return AnyOf(listed) if any_of else All(listed)


def _describe_comparison(condition: Compare, definition: Definition, language: str) -> str:
    question, value = _asked(condition, definition, language)
    said = {
        "at_least": gettext("“%(question)s” is %(value)s or more", question=question, value=value),
        "at_most": gettext("“%(question)s” is %(value)s or less", question=question, value=value),
        "more_than": gettext("“%(question)s” is more than %(value)s", question=question, value=value),
        "less_than": gettext("“%(question)s” is less than %(value)s", question=question, value=value),
    }
    return str(said[condition.how])


def _asked(part: In | Answered | Compare, definition: Definition, language: str) -> tuple[str, str]:
    try:
        question = definition.question(part.question)
    except KeyError:
        return part.question, ""
    values: tuple[Any, ...] = ()
    if isinstance(part, In):
        values = part.values
    elif isinstance(part, Compare):
        values = (part.value,)
    kind = KINDS["choice"] if question.kind == "choices" else KINDS[question.kind]
    shown = []
    for value in values:
        try:
            shown.append(str(kind.show(question, value, language)))
        except (KeyError, ValueError):
            shown.append(str(value))
    return str(question.label), ", ".join(shown)


def _on_pages(definition: Definition, change: Callable[[Page], Page]) -> Definition:
    return replace(definition, pages=tuple(change(page) for page in definition.pages))


def _each_question(definition: Definition, change: Callable[[Question], Question]) -> Definition:
    return _on_pages(definition, lambda page: replace(page, questions=tuple(change(one) for one in page.questions)))


def _each_condition(definition: Definition, change: Callable[[Condition], Condition]) -> Definition:
    definition = _each_question(
        definition, lambda one: replace(one, show_if=change(one.show_if)) if one.show_if else one
    )
    return _on_pages(definition, lambda page: replace(page, show_if=change(page.show_if)) if page.show_if else page)


def _swapped(things: list[Any], place: int, step: int) -> list[Any]:
    if 0 <= place + step < len(things):
        things[place], things[place + step] = things[place + step], things[place]
    return things


def _things(definition: Definition) -> dict[str, tuple[Page | Question, str]]:
    found: dict[str, tuple[Page | Question, str]] = {}
    for page in definition.pages:
        found[page.id] = (page, "")
        found |= {question.id: (question, page.id) for question in page.questions}
    return found


def name_of(thing: Page | Question) -> str:
    """What a page or question says first."""
    return str(thing.title if isinstance(thing, Page) else thing.label)


def _compared(
    old: Page | Question, new: Page | Question
) -> tuple[tuple[str, ...], tuple[tuple[str, tuple[TextPart, ...]], ...]]:
    parts: list[str] = []
    words: list[tuple[str, tuple[TextPart, ...]]] = []
    for one in fields(new):
        was, now = getattr(old, one.name, None), getattr(new, one.name)
        if one.name == "questions" or was == now:
            continue
        if one.name in ("label", "help", "title", "intro"):
            words.append((one.name, word_parts(str(was), str(now))))
        else:
            parts.append(one.name)
    return tuple(parts), tuple(words)


def word_parts(old: str, new: str) -> tuple[TextPart, ...]:
    """The words of two texts side by side."""
    left, right = re.findall(r"\S+\s*", old), re.findall(r"\S+\s*", new)
    found: list[TextPart] = []
    for verb, start, stop, begin, end in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if verb == "equal":
            found.append(TextPart("same", "".join(left[start:stop])))
            continue
        found += [TextPart("out", "".join(left[start:stop]))] if stop > start else []
        found += [TextPart("in", "".join(right[begin:end]))] if end > begin else []
    return tuple(found)
