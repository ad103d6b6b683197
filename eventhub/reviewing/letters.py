"""What reviewers get by mail: files wait, a reminder, files went to somebody else. No mail names an applicant.

A discreet person's mail says that there is something to look at, and nothing about what (SAFETY.md property 13).
"""

import uuid
from collections.abc import Callable
from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from eventhub.funding.timing import event_of, read_by
from eventhub.kit.db import db
from eventhub.kit.i18n import in_language, show_own
from eventhub.kit.mail import Letter
from eventhub.kit.web import absolute
from eventhub.people.models import Person
from eventhub.reviewing import queries
from eventhub.reviewing.models import OPEN, Gate, Review
from eventhub.reviewing.queries import Reading

FOOT = _l("You get this mail because you read applications to this fund. Answers to this address are not read.")


def files_wait(gate_id: uuid.UUID) -> Letter | None:
    """New files wait behind a gate. None where they went to others meanwhile."""
    gate = db.session.get(Gate, gate_id)
    if gate is None or gate.declared_at is not None:
        return None
    rows = select(func.count()).select_from(Review).where(Review.gate_id == gate_id, Review.state.in_(OPEN))
    number = db.session.scalar(rows) or 0
    said = _l("Before they open we ask what ties you to the organizations and countries they come from.")
    return _letter(
        gate.call_id, gate.person_id, lambda title: gettext("Files to read: %(call)s", call=title), number, said
    )


def reminded(call_id: uuid.UUID, person_id: uuid.UUID) -> Letter | None:
    """Files have still to be handed in. None where all are in."""
    number = queries.waiting_of(person_id, call_id)
    said = _l("Everything that you typed is kept. If you cannot judge a file, abstain: that is not a zero.")
    return _letter(call_id, person_id, lambda title: gettext("A reminder: %(call)s", call=title), number, said)


def taken_back(call_id: uuid.UUID, person_id: uuid.UUID, number: int) -> Letter | None:
    """Somebody else reads some of the files."""
    person = db.session.get(Person, person_id)
    if person is None or person.email is None:
        return None
    return _made(
        queries.call_by_id(call_id),
        person,
        lambda title: gettext("Files went to somebody else: %(call)s", call=title),
        [
            _l("The secretariat has given some of your files to other readers. You need not do anything."),
            _Said(lambda: ngettext("%(num)s file left your list.", "%(num)s files left your list.", number)),
        ],
    )


def _letter(
    call_id: uuid.UUID, person_id: uuid.UUID, subject: Callable[[str], str], number: int, said: Any
) -> Letter | None:
    person = db.session.get(Person, person_id)
    if not number or person is None or person.email is None:
        return None
    return _made(
        queries.call_by_id(call_id),
        person,
        subject,
        [_Said(lambda: ngettext("%(num)s file waits for you.", "%(num)s files wait for you.", number)), said],
    )


class _Said:
    """Words that are made in the letter's own language."""

    def __init__(self, words: Callable[[], str]) -> None:
        self._words = words

    def __str__(self) -> str:
        return self._words()


def _made(reading: Reading, person: Person, subject: Callable[[str], str], paragraphs: list[Any]) -> Letter:
    lang, to = person.language, str(person.email)
    if person.discreet:
        return Letter(
            to,
            lang,
            lambda: gettext("There is news for you"),
            "delegations/neutral",
            {"url": absolute("reviewing.mine", neutral=True, lang=lang), "neutral": True},
            discreet=True,
        )
    call = reading.call
    title = str(in_language(call.title, lang, call.original_language).text)
    ends = read_by(event_of(call), call.closes_at, reading.rules)
    return Letter(
        to,
        lang,
        lambda: subject(title),
        "registration/letter",
        {
            "name": person.public_name,
            "paragraphs": paragraphs,
            "quote": None,
            "facts": [
                {"label": _l("Call"), "value": title},
                {"label": _l("To be read by"), "value": show_own(ends, person.time_zone, lang)},
            ],
            "buttons": [{"label": _l("Open my files"), "url": absolute("reviewing.mine", lang=lang)}],
            "foot": FOOT,
        },
    )
