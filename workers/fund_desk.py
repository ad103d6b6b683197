"""Mails of the fund's desk, and what it does by the clock."""

import uuid
from datetime import timedelta

from sqlalchemy.orm import joinedload

from eventhub.funding import desk, desk_history, desk_letters, duplicates, replying, thread
from eventhub.funding.desk_letters import Asked
from eventhub.funding.models import Application, Stand, State
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.mail import Letter
from workers.app import mails
from workers.upkeep import by_the_clock

LOOKED_AT = frozenset({State.SUBMITTED, State.INFO_REQUESTED})
"""While the mail waited the application may have moved on: a letter that is no longer true is not sent."""


@mails("funding.eligible")
def eligible(application_id: str) -> Letter | None:
    """The file goes on."""
    return _letter("eligible", application_id, frozenset({State.ELIGIBLE, State.UNDER_REVIEW}))


@mails("funding.ineligible")
def ineligible(application_id: str) -> Letter | None:
    """Why not, and what can be done."""
    return _letter("ineligible", application_id, frozenset({State.INELIGIBLE}))


@mails("funding.taken_up")
def taken_up(application_id: str) -> Letter | None:
    """Somebody looks at it again."""
    return _letter("taken_up", application_id, LOOKED_AT)


@mails("funding.asked")
def asked(message_id: str) -> Letter | None:
    """All that is missing, and by when. Nothing when it was answered or decided meanwhile: the page says so."""
    return _question("asked", message_id)


@mails("funding.asked_again")
def asked_again(message_id: str) -> Letter | None:
    """The day is near, and there is no answer."""
    return _question("asked_again", message_id)


@mails("funding.replied")
def replied(message_id: str) -> Letter | None:
    """What the desk wrote."""
    said = replying.replied(uuid.UUID(message_id))
    application = said and _application(said.message.application_id)
    if not said or not application:
        return None
    return desk_letters.letter("replied", application, application.call, person=application.person, text=said.text)


@mails("funding.merged")
def merged(pair_id: str) -> Letter | None:
    """Which of two applications goes on."""
    found = duplicates.told(uuid.UUID(pair_id))
    if found is None or found[0].state is not State.WITHDRAWN:
        return None
    dropped, kept = found
    return desk_letters.letter("merged", dropped, dropped.call, person=dropped.person, kept=kept.reference or "")


@by_the_clock("funding.find_duplicates", timedelta(minutes=5))
def find_duplicates() -> None:
    """Compare what is new at open calls."""
    for call_id in duplicates.to_compare():
        duplicates.compare(call_id)


@by_the_clock("funding.remind_asked", timedelta(hours=1))
def remind_asked() -> None:
    """Whose day is near, and who has not answered, is reminded once."""
    thread.remind(now())


@by_the_clock("funding.forget_desk", timedelta(hours=1))
def forget_desk() -> None:
    """Exchanges whose days are over, and what applications were compared by."""
    while thread.delete_expired(now()):
        db.session.flush()
    duplicates.forget(now())


def _letter(kind: str, application_id: str, stands: frozenset[State]) -> Letter | None:
    application = desk.with_person(uuid.UUID(application_id))
    if application is None or application.erased_at is not None or application.state not in stands:
        return None
    if application.call.stand is Stand.CANCELLED:
        return None
    words = desk_history.decision_words(application) if kind in {"eligible", "ineligible"} else None
    return desk_letters.letter(kind, application, application.call, person=application.person, text=words)


def _question(kind: str, message_id: str) -> Letter | None:
    said = thread.question_told(uuid.UUID(message_id), reminder=kind == "asked_again")
    if said is None:
        return None
    application = _application(said.message.application_id)
    if application is None or application.call.stand is Stand.CANCELLED:
        return None
    what = Asked(said.gaps, application.answer_set, said.message.due_at)
    return desk_letters.letter(
        kind, application, application.call, person=application.person, text=said.text, asked=what
    )


def _application(application_id: uuid.UUID) -> Application | None:
    with_all = [joinedload(Application.person), joinedload(Application.call), joinedload(Application.answer_set)]
    return db.session.get(Application, application_id, options=with_all)
