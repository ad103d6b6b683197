"""The list as a table for files: the columns of a role, sealed answers never, in a constant number of statements."""

import uuid
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import pgettext

from eventhub.kit.codes import codes, label
from eventhub.kit.panels import gathered
from eventhub.programme.models import Event
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import kinds
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.access import may_see
from eventhub.questionnaires.definition import Question
from eventhub.questionnaires.kinds import KINDS
from eventhub.registration import access, desk, queries, shown
from eventhub.registration.access import Sight
from eventhub.registration.desk import Filters, Row


def table(event: Event, filters: Filters, seen: Sight, lang: str) -> tuple[list[str], list[list[object]]]:
    """Header and rows, read at once: the file is written when the database is no longer at hand."""
    rows = desk.rows(event.id, filters, seen, whole=True)
    questions, delegations = _questions(event, seen, lang), _delegations(event)
    version_of = queries.versions_of([row.answer_set_id for row in rows if row.answer_set_id])
    answers = given.load_many(version_of) if version_of else {}
    promised = {version_id: _may_read(version_id, seen) for version_id in set(version_of.values())}
    body = []
    for row in rows:
        mine = answers.get(row.answer_set_id, {}) if row.answer_set_id else {}
        if row.answer_set_id:
            mine = {key: value for key, value in mine.items() if key in promised[version_of[row.answer_set_id]]}
        cells = _cells(row, event, seen, lang)
        if delegations:
            cells.append(delegations.get(str(row.delegation_id)))
        body.append([*cells, *(_answer(question, mine.get(question.key), lang) for question in questions)])
    return [*_fixed(seen, delegations), *(str(question.label) for question in questions)], body


def header(event: Event, seen: Sight, lang: str) -> list[str]:
    """What the file will hold."""
    return [*_fixed(seen, _delegations(event)), *(str(question.label) for question in _questions(event, seen, lang))]


def words(question: Question, value: Any, lang: str) -> str:
    """An answer in words."""
    return "" if value is None else kinds.show(question, value, lang)


def _delegations(event: Event) -> dict[str, str]:
    """What the delegations of the event are called, by id: a feature above knows. Without any there is no column."""
    return gathered("registration.delegations", event.id, {})


def _fixed(seen: Sight, delegations: dict[str, str]) -> list[str]:
    legal = [_("Name"), _("Public name")] if seen is Sight.BADGES else [_("Public name")]
    return [
        _("Reference"),
        *legal,
        _("Organization"),
        _("Category"),
        _("Attendance"),
        _("Country"),
        _("Status"),
        _("Late"),
        pgettext("date", "Sent"),
        pgettext("date", "Decided"),
        _("Reason"),
        *([_("Delegation")] if delegations else []),
    ]


def _cells(row: Row, event: Event, seen: Sight, lang: str) -> list[object]:
    zone = ZoneInfo(event.time_zone)
    names: list[object] = [row.name, row.alias or row.name] if seen is Sight.BADGES else [row.name]
    return [
        row.reference,
        *names,
        row.organisation,
        shown.label("participant_category", row.category, lang),
        shown.label("attendance_mode", row.mode, lang),
        shown.country(row.country, lang),
        str(shown.STATES[row.state][0]),
        _("Yes") if row.late else _("No"),
        row.submitted_at.astimezone(zone),
        row.decided_at.astimezone(zone) if row.decided_at else None,
        label("decision_reason.registration", row.reason, lang) if row.reason in REASONS else None,
    ]


REASONS = frozenset(codes("decision_reason.registration"))


def _questions(event: Event, seen: Sight, lang: str) -> list[Question]:
    """The open questions of the newest version that this sight reaches."""
    setup = queries.setup_of(event.id)
    newest = questionnaires.newest_version(setup.questionnaire_id) if setup and setup.questionnaire_id else None
    if newest is None:
        return []
    definition = questionnaires.localised(newest, lang)
    who = access.viewers(seen)
    return [
        question
        for question in definition.questions()
        if KINDS[question.kind].asks and not question.sealed and may_see(question, who) and question.key not in COPIED
    ]


def _may_read(version_id: uuid.UUID, seen: Sight) -> set[str]:
    """The questions whose answers this sight reaches by the version they were given to: what was promised to those who
    answered holds, whatever a newer version says.
    """
    who = access.viewers(seen)
    return {one.key for one in questionnaires.version(version_id).definition.questions() if may_see(one, who)}


COPIED = frozenset({"category", "attendance_mode", "organisation"})
"""Answers that have a column of their own already."""


def _answer(question: Question, value: object, lang: str) -> object:
    if value is None or isinstance(value, given.Sealed):
        return None
    return kinds.export(question, value, lang)
