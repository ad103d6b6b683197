"""The categories of an event: what each asks, and a questionnaire as its rules make it.

A questionnaire stays as it was published. What is asked of whom is put together here, from the event's rules: the
question ``category`` offers the categories that are open, the questions for papers are asked of those who must give
them, nobody is asked to speak who may not, and no way of taking part is offered that the event does not have.
"""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, false, func, select

from eventhub.kit import codes
from eventhub.kit.db import db
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import conditions
from eventhub.questionnaires.conditions import All, Answered, Condition, In, Not
from eventhub.questionnaires.definition import Definition, Page, Question
from eventhub.registration import ways
from eventhub.registration.eligibility import Paper
from eventhub.registration.models import (
    ModePlaces,
    Registration,
    RegistrationCategory,
    RegistrationSetup,
    SeatAt,
)

LIST = "participant_category"
"""The code list of categories."""
QUESTION = "category"
"""The key of the question that asks for one."""
SPEAKING = "wishes_to_speak"
"""The key of the question whether somebody would like to speak."""


@dataclass(frozen=True)
class Rule:
    """One category of an event. ``accreditation``, ``security``, ``opens_at`` and ``closes_at`` are None where the
    event's own hold.

    ``is_open`` may be narrowed to one moment (windows.standing); ``is_taken`` then says what the organizers said.
    """

    code: str
    is_open: bool = True
    quota: int | None = None
    papers: tuple[Paper, ...] = ()
    accreditation: bool | None = None
    may_speak: bool = True
    security: bool | None = None
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    is_taken: bool = True

    @property
    def has_a_choice(self) -> bool:
        """Whether an attestation does in place of the letter: a village has no letterhead."""
        return {Paper.LETTER, Paper.ATTESTATION} <= set(self.papers)

    @classmethod
    def of(cls, row: RegistrationCategory) -> "Rule":
        """The rule that a row holds."""
        papers = tuple(_papers(row.asks_letter, row.asks_attestation, row.asks_identity))
        own = row.security, row.opens_at, row.closes_at, row.is_open
        return cls(row.code, row.is_open, row.quota, papers, row.accreditation, row.may_speak, *own)


Rules = tuple[Rule, ...]
NO_RULES: Rules = ()

_CATEGORIES: ColumnElement[Any] = (
    select(
        func.jsonb_agg(
            func.jsonb_build_array(
                RegistrationCategory.code,
                RegistrationCategory.is_open,
                RegistrationCategory.quota,
                RegistrationCategory.asks_letter,
                RegistrationCategory.asks_attestation,
                RegistrationCategory.asks_identity,
                RegistrationCategory.accreditation,
                RegistrationCategory.may_speak,
                RegistrationCategory.security,
                RegistrationCategory.opens_at,
                RegistrationCategory.closes_at,
            )
        )
    )
    .where(RegistrationCategory.event_id == RegistrationSetup.event_id)
    .correlate(RegistrationSetup)
    .scalar_subquery()
)
_COUNTED: ColumnElement[Any] = (
    select(func.jsonb_agg(ModePlaces.code))
    .where(ModePlaces.event_id == RegistrationSetup.event_id)
    .correlate(RegistrationSetup)
    .scalar_subquery()
)
AS_JSON: ColumnElement[Any] = func.jsonb_build_array(_CATEGORIES, _COUNTED)
"""The rules of an event as one column, for statements that read its setup anyway (``read``, ``counted``)."""


def counted(found: list[Any]) -> frozenset[str]:
    """The ways of taking part that have a limit of their own, of such a column."""
    return frozenset(found[1] or ())


def read(found: list[Any] | None) -> Rules:
    """The rules of such a column, in the order of the code list."""
    order = {code: place for place, code in enumerate(codes.codes(LIST))}
    rules = [
        Rule(
            code,
            is_open,
            quota,
            tuple(_papers(*papers)),
            accreditation,
            may_speak,
            security,
            _instant(opens_at),
            _instant(closes_at),
            is_open,
        )
        for code, is_open, quota, *papers, accreditation, may_speak, security, opens_at, closes_at in (
            (found or [None])[0] or ()
        )
    ]
    return tuple(sorted(rules, key=lambda rule: (order.get(rule.code, len(order)), rule.code)))


def rules_of(event_id: uuid.UUID) -> Rules:
    """The rules of an event; none where it has no categories of its own. One statement."""
    return read(db.session.scalar(select(AS_JSON).where(RegistrationSetup.event_id == event_id)))


def rows_of(event_id: uuid.UUID) -> dict[str, RegistrationCategory]:
    """The rows behind them, by code. One statement."""
    rows = select(RegistrationCategory).where(RegistrationCategory.event_id == event_id)
    return {row.code: row for row in db.session.scalars(rows.execution_options(populate_existing=True))}


def rule_of(rules: Rules, code: str | None) -> Rule | None:
    """The rule of one category."""
    return next((rule for rule in rules if rule.code == code), None)


def is_looked_at(setup: RegistrationSetup, rule: Rule | None) -> bool:
    """Whether somebody of this category needs a decision: by the category's rule, else by the event's. Whom security is
    asked about by the category's own rule needs one in any case.
    """
    if rule is not None and rule.security:
        return True
    return setup.needs_accreditation if rule is None or rule.accreditation is None else rule.accreditation


def needs_security(setup: RegistrationSetup, rule: Rule | None) -> bool:
    """Whether security is asked before somebody of this category is accredited; the event's rule holds where the desk
    decides at all.
    """
    if rule is not None and rule.security is not None:
        return rule.security
    return setup.needs_security and is_looked_at(setup, rule)


def are_looked_at(setup: RegistrationSetup, rules: Rules, *codes: str | None) -> bool:
    """Whether any of these categories needs a decision."""
    return any(is_looked_at(setup, rule_of(rules, code)) for code in codes)


def seats_at_once(setup: RegistrationSetup, rule: Rule | None) -> bool:
    """Whether somebody of this category takes a seat when registering, and not when accredited."""
    return not (is_looked_at(setup, rule) and setup.seat_at is SeatAt.ACCREDITATION)


def is_mixed(setup: RegistrationSetup, rules: Rules) -> bool:
    """Whether some are looked at and others are not."""
    return len({is_looked_at(setup, rule) for rule in rules if rule.is_open}) > 1


def unlisted(event_id: uuid.UUID) -> ColumnElement[bool]:
    """Whose category does not stand on the list of participants, for statements about registrations."""
    return (
        select(RegistrationCategory.code)
        .where(
            RegistrationCategory.event_id == event_id,
            RegistrationCategory.code == Registration.category,
            RegistrationCategory.is_listed == false(),
        )
        .exists()
    )


def asks_for_one(definition: Definition | None) -> bool:
    """Whether a questionnaire asks for the category at all: without that no rule of a category can hold."""
    return definition is not None and any(_is_the_question(one) for one in definition.questions())


def offered(definition: Definition | None, rules: Rules) -> tuple[str, ...]:
    """The categories somebody can choose: those of the question that are open."""
    if definition is None:
        return ()
    fitting = fitted(definition, rules)
    return tuple(option.id for one in fitting.questions() if _is_the_question(one) for option in one.options)


def papers_missing_from(definition: Definition | None, rules: Rules) -> list[Paper]:
    """Papers that a rule asks for and the questionnaire has no file question for (after the category's)."""
    known: set[str] = set()
    begun = False
    for question in definition.questions() if definition else ():
        begun = begun or _is_the_question(question)
        if begun and _is_paper(question):
            known.add(question.key)
    wanted = {paper for rule in rules if rule.is_open for paper in rule.papers}
    return [paper for paper in Paper if paper in wanted and paper not in known]


@lru_cache(maxsize=500)
def fitted(
    definition: Definition, rules: Rules, keep: str | None = None, gone: frozenset[str] = frozenset()
) -> Definition:
    """The questionnaire as the rules make it; the same object for the same rules. ``keep``: a category that stands on
    a registration already, offered to it though it is closed by now. ``gone``: ways of taking part not to be offered.
    """
    if not rules and not gone:
        return definition
    order = [Paper(one.key) for one in definition.questions() if _is_paper(one)]
    pages = [
        replace(page, questions=tuple(_fit(question, rules, keep, gone, order) for question in page.questions))
        for page in definition.pages
    ]
    return Definition(tuple(pages), definition.language)


def gaps(definition: Definition, rules: Rules, answers: Mapping[str, object]) -> list[tuple[Page, Question]]:
    """What is missing before a fitted questionnaire can be sent: required answers, a category that was closed since it
    was chosen, and the papers of the category.
    """
    found = given.complete(definition, answers)
    papers = _missing_papers(definition, rule_of(rules, _text(answers.get(QUESTION))), answers)
    more = [pair for pair in [*_not_offered(definition, answers, rules), *papers] if pair not in found]
    order = {question.id: place for place, question in enumerate(definition.questions())}
    return sorted([*found, *more], key=lambda pair: order[pair[1].id])


def _not_offered(definition: Definition, answers: Mapping[str, object], rules: Rules) -> list[tuple[Page, Question]]:
    """A category that is closed by now, a way of taking part that the event has no more."""
    return [
        (page, question)
        for page, question in given.visible_questions(definition, answers)
        if ((rules and _is_the_question(question)) or _asks_for_way(question))
        and (chosen := answers.get(question.key))
        and chosen not in {one.id for one in question.options}
    ]


def _missing_papers(
    definition: Definition, rule: Rule | None, answers: Mapping[str, object]
) -> list[tuple[Page, Question]]:
    asked = [pair for pair in given.visible_questions(definition, answers) if _is_paper(pair[1])]
    shown = {question.key for _page, question in asked if given.is_answered(question, answers.get(question.key))}
    needed = set(rule.papers) if rule else set()
    if rule and rule.has_a_choice and shown & {Paper.LETTER, Paper.ATTESTATION}:
        needed -= {Paper.LETTER, Paper.ATTESTATION}
    elif rule and rule.has_a_choice:
        # One is enough, so one is named: the last of the two that this questionnaire asks for.
        pair = [question.key for _page, question in asked if question.key != Paper.IDENTITY]
        needed -= {Paper(key) for key in pair[:-1]}
    return [pair for pair in asked if pair[1].key in needed - shown]


def _fit(question: Question, rules: Rules, keep: str | None, gone: frozenset[str], order: list[Paper]) -> Question:
    if gone and _asks_for_way(question):
        left = tuple(one for one in question.options if one.id not in gone)
        # A form that offers nothing else was written for another kind of event: it is left as it is.
        return replace(question, options=left) if left else question
    if not rules:
        return question
    if _is_the_question(question):
        open_now = {rule.code for rule in rules if rule.is_open} | ({keep} if keep else set())
        return replace(question, options=tuple(one for one in question.options if one.id in open_now))
    if question.key == SPEAKING:
        silent = tuple(rule.code for rule in rules if not rule.may_speak)
        return replace(question, show_if=_both(question.show_if, Not(In(QUESTION, silent)))) if silent else question
    return _ask_for(question, Paper(question.key), rules, order) if _is_paper(question) else question


def _ask_for(question: Question, paper: Paper, rules: Rules, order: list[Paper]) -> Question:
    """A paper is asked of the categories whose rule says so, and needed. Of a letter and an attestation one is enough:
    the first on the form may be left out, then the other one is needed.
    """
    asked = [rule for rule in rules if paper in rule.papers]
    shown: Condition = In(QUESTION, tuple(rule.code for rule in asked))
    other = {Paper.LETTER: Paper.ATTESTATION, Paper.ATTESTATION: Paper.LETTER}.get(paper)
    free = tuple(rule.code for rule in asked if rule.has_a_choice)
    required = True
    if free and other in order and order.index(paper) < order.index(other):
        # Where others need it, ``gaps`` says so: a question is required of everybody or of nobody.
        required = False
    elif free and other in order:
        shown = All((shown, Not(All((In(QUESTION, free), Answered(str(other)))))))
    return replace(question, show_if=_both(_without_category(question.show_if), shown), required=required)


def _is_paper(question: Question) -> bool:
    """A copy of a passport is never kept open: a question that is not sealed is none of these."""
    is_one = question.kind == "file" and question.key in {paper.value for paper in Paper}
    return is_one and (question.sealed or question.key != Paper.IDENTITY)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _is_the_question(question: Question) -> bool:
    return question.key == QUESTION and question.kind == "choice"


def _asks_for_way(question: Question) -> bool:
    return question.key == ways.QUESTION and question.kind == "choice"


def _instant(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


def _both(one: Condition | None, other: Condition) -> Condition:
    return other if one is None else All((one, other))


def _without_category(condition: Condition | None) -> Condition | None:
    """What a questionnaire says of categories itself gives way to the rules of the event."""
    return None if QUESTION in set(_asked(condition)) else condition


def _asked(condition: Condition | None) -> Iterator[str]:
    for part in conditions.asked(condition):
        yield part.question


def _papers(letter: bool, attestation: bool, identity: bool) -> Iterator[Paper]:
    asked = {Paper.LETTER: letter, Paper.ATTESTATION: attestation, Paper.IDENTITY: identity}
    yield from (paper for paper in Paper if asked[paper])
