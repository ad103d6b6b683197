"""Phone and paper are lost: an administrator clears the way for a new second factor, and another one agrees.

Two people, where there are two administrators of everything, or were within the last seven days: whoever holds
the mailbox of a colleague and the session of one administrator must not be enough. The person concerned and the other
administrators are told by mail.
"""

import uuid
from datetime import timedelta

from flask_babel import lazy_gettext as _l

from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.outbox import promise
from eventhub.people import queries, totp
from eventhub.people.access import holds
from eventhub.people.actions import revoke_other_sessions
from eventhub.people.models import Person, Role, SecondFactorReset

OPEN = timedelta(hours=24)
"""How long a request waits for the second administrator; our default, the life of any other link of ours."""


class AlreadyAsked(DomainError):
    """One request at a time."""

    message = _l("This has been asked already. Another administrator decides on it.")


class AnotherDecides(DomainError):
    """Two people, and neither of them is the one concerned."""

    status = 403
    message = _l("You asked for this yourself: another administrator decides on it.")


def ask_for_reset(actor: Person, person: Person, reason: str) -> SecondFactorReset:
    """Ask that somebody's second factor be cleared, for a reason in words. Where there is no other administrator, and
    was none within seven days, it is done at once. Raises NotFound for anybody but an administrator of everything, for
    oneself and where there is nothing to clear; AlreadyAsked.
    """
    _demand_admin(actor)
    alone = is_alone(actor, person, lock=True)
    if actor.id == person.id or totp.factor_of(person, lock=True) is None:
        raise NotFound
    moment, waiting = now(), queries.open_reset_of(person.id)
    if waiting is not None:
        if waiting.until > moment:
            raise AlreadyAsked
        waiting.closed_at = moment
        db.session.flush()
    row = SecondFactorReset(
        id=uuid.uuid4(),
        person_id=person.id,
        asked_by_id=actor.id,
        reason=reason,
        asked_at=moment,
        until=moment + OPEN,
    )
    db.session.add(row)
    db.session.flush()
    audit.record("person.second_factor_reset_asked", person, actor=actor, text=reason, request=row.id)
    if alone:
        _reset(row, person, actor)
        return row
    for admin in sorted(queries.admins_of_all() - {actor.id, person.id}):
        promise("people.second_factor_asked", reset_id=row.id, person_id=admin)
    return row


def is_alone(actor: Person, person: Person, *, lock: bool = False) -> bool:
    """Whether nobody but these two administers everything, or did within seven days."""
    return queries.admins_to_ask(lock=lock) <= {actor.id, person.id}


def agree_to_reset(actor: Person, row: SecondFactorReset) -> SecondFactorReset:
    """The second administrator agrees, and the second factor is gone. Raises NotFound for anybody but an administrator
    of everything, for the person concerned and for a request that is closed or whose author is no administrator any
    more; AnotherDecides.
    """
    _demand_admin(actor)
    _demand_open(row)
    if actor.id == row.person_id:
        raise NotFound
    if actor.id == row.asked_by_id:
        raise AnotherDecides
    _demand_admin(db.session.get_one(Person, row.asked_by_id))
    _reset(row, db.session.get_one(Person, row.person_id), actor)
    return row


def refuse_reset(actor: Person, row: SecondFactorReset) -> SecondFactorReset:
    """An administrator of everything says no, or takes the own request back. Raises NotFound as above."""
    _demand_admin(actor)
    _demand_open(row)
    row.closed_at = now()
    audit.record(
        "person.second_factor_reset_refused", db.session.get_one(Person, row.person_id), actor=actor, request=row.id
    )
    return row


def reset_by_hand(person: Person, reason: str) -> Person:
    """The same from the command line, whose owner holds the house anyway; recorded and told like the other. Raises
    NotFound where there is nothing to clear.
    """
    if totp.factor_of(person, lock=True) is None:
        raise NotFound
    waiting = queries.open_reset_of(person.id)
    if waiting is not None:
        waiting.closed_at = now()
    _clear(person, None, reason)
    return person


def _reset(row: SecondFactorReset, person: Person, actor: Person) -> None:
    row.closed_at = row.done_at = now()
    _clear(person, actor, row.reason)


def _clear(person: Person, actor: Person | None, reason: str) -> None:
    totp.drop(person)
    revoke_other_sessions(person, keep=None)
    audit.record("person.second_factor_reset", person, actor=actor, text=reason)
    promise("people.second_factor_reset", person_id=person.id)
    for admin in sorted(queries.admins_of_all() - {person.id, actor.id if actor else None}):
        promise("people.second_factor_was_reset", person_id=admin)


def _demand_admin(actor: Person) -> None:
    if not holds(queries.grants_of(actor.id), Role.ADMIN):
        raise NotFound


def _demand_open(row: SecondFactorReset) -> None:
    db.session.refresh(row, with_for_update=True)
    if row.closed_at is not None or row.until <= now():
        raise NotFound
