"""Phone and paper are lost: an administrator clears the way for a new second factor, and another one agrees.

Two people, where there are two administrators of everything, or were within the last seven days: whoever holds
the mailbox of a colleague and the session of one administrator must not be enough. The person concerned and the other
administrators are told by mail. Of two administrators, neither clears the other's phone at once: the one concerned has
a day to sign in and say no, which whoever has lost the phone cannot do.
"""

import uuid
from datetime import timedelta

from flask_babel import lazy_gettext as _l

from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.outbox import promise
from eventhub.people import passkeys, queries, totp
from eventhub.people.access import holds
from eventhub.people.models import Person, Role, SecondFactorReset
from eventhub.people.sessions import revoke_other_sessions

OPEN = timedelta(hours=24)
"""How long a request waits for the second administrator; our default, the life of any other link of ours."""

NOTICE = timedelta(hours=24)
"""How long an administrator has to say no before the only other one may go on alone; our default."""
ALONE = NOTICE + timedelta(hours=48)
"""How long such a request is open: two days are left to go on."""


class TooEarly(DomainError):
    """The person concerned may still say no."""

    status = 403
    message = _l("You can go on alone 24 hours after asking: until then the person concerned may say no.")


class TooNew(DomainError):
    """An administrator made just now, perhaps by whoever asks."""

    status = 403
    message = _l(
        "You became an administrator less than 24 hours ago. Until that day is over another administrator must agree."
    )


class AlreadyAsked(DomainError):
    """One request at a time."""

    message = _l("This has been asked already. Another administrator decides on it.")


class AnotherDecides(DomainError):
    """Two people, and neither of them is the one concerned."""

    status = 403
    message = _l("You asked for this yourself: another administrator decides on it.")


def ask_for_reset(actor: Person, person: Person, reason: str) -> SecondFactorReset:
    """Ask that somebody's second factor be cleared, for a reason in words. Where there is no other administrator, and
    was none within seven days, it is done at once; where the only other one is the person concerned, after ``NOTICE``
    (``agree_to_reset``). An administrator concerned is told by mail. Raises NotFound for anybody but an administrator
    of everything, for oneself and where there is nothing to clear; AlreadyAsked.
    """
    _demand_admin(actor)
    alone, notice = is_alone(actor, person, lock=True), counts_as_admin(person)
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
        until=moment + (ALONE if alone and notice else OPEN),
    )
    db.session.add(row)
    db.session.flush()
    audit.record("person.second_factor_reset_asked", person, actor=actor, text=reason, request=row.id)
    if notice:
        promise("people.second_factor_at_stake", reset_id=row.id, person_id=person.id)
    elif alone:
        _reset(row, person, actor)
        return row
    for admin in sorted(queries.admins_of_all() - {actor.id, person.id}):
        promise("people.second_factor_asked", reset_id=row.id, person_id=admin)
    return row


def is_alone(actor: Person, person: Person, *, lock: bool = False) -> bool:
    """Whether nobody but these two administers everything, or did within seven days."""
    return queries.admins_to_ask(lock=lock) <= {actor.id, person.id}


def counts_as_admin(person: Person) -> bool:
    """Whether the person administers everything, or did within seven days: then there is notice before one
    administrator clears the second factor alone.
    """
    return person.id in queries.admins_to_ask()


def may_go_on_alone(actor: Person, row: SecondFactorReset, *, lock: bool = False) -> bool:
    """Whether whoever asked may clear it without another: nobody else is there to agree, and the person concerned was
    given notice and has not said no.
    """
    noticed = row.until - row.asked_at >= ALONE and row.asked_at + NOTICE <= now()
    return noticed and is_alone(actor, db.session.get_one(Person, row.person_id), lock=lock)


def agree_to_reset(actor: Person, row: SecondFactorReset) -> SecondFactorReset:
    """The second administrator agrees, or the only one after the notice, and the second factor is gone. Raises NotFound
    for anybody but an administrator of everything, for the person concerned and for a request that is closed or whose
    author is no administrator any more; AnotherDecides, TooEarly, TooNew: all administrators are told of a new
    one, who agrees to nothing for a day, or whoever asks would bring the second one along.
    """
    _demand_admin(actor)
    _demand_open(row)
    if actor.id == row.person_id:
        raise NotFound
    if actor.id == row.asked_by_id and not may_go_on_alone(actor, row, lock=True):
        raise TooEarly if row.until - row.asked_at >= ALONE else AnotherDecides
    if actor.id != row.asked_by_id and not _may_agree(actor):
        raise TooNew
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


def object_to_reset(actor: Person) -> SecondFactorReset:
    """The person concerned, signed in with that second factor, says no. Raises NotFound where nobody asks."""
    row = queries.open_reset_of(actor.id)
    if row is None or row.until <= now():
        raise NotFound
    row.closed_at = now()
    audit.record("person.second_factor_reset_refused", actor, actor=actor, request=row.id)
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
    passkeys.drop_all(person.id)
    person.first_phone_offer_id = None
    person.asks_second_step = False
    revoke_other_sessions(person, keep=None)
    audit.record("person.second_factor_reset", person, actor=actor, text=reason)
    promise("people.second_factor_reset", person_id=person.id)
    for admin in sorted(queries.admins_of_all() - {person.id, actor.id if actor else None}):
        promise("people.second_factor_was_reset", person_id=admin)


def _demand_admin(actor: Person) -> None:
    if not holds(queries.grants_of(actor.id), Role.ADMIN):
        raise NotFound


def _may_agree(actor: Person) -> bool:
    """Whether this administrator has been one long enough for the others to have read of it."""
    return holds([one for one in queries.grants_of(actor.id) if one.granted_at + NOTICE <= now()], Role.ADMIN)


def _demand_open(row: SecondFactorReset) -> None:
    db.session.refresh(row, with_for_update=True)
    if row.closed_at is not None or row.until <= now():
        raise NotFound
