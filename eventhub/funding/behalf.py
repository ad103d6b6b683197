"""Applying for somebody without an account, as helpers register people, and the takeover of it by the person's link.

Who may fill in for whom is helping's to say; here is what belongs to an application, and goes with it.
"""

import uuid
from collections.abc import Callable

from sqlalchemy import or_, select

from eventhub.funding import applying, duplicates, thread, traits, vouching
from eventhub.funding.models import Application, Call, Endorsement, State
from eventhub.helping import claiming
from eventhub.helping.models import Charge
from eventhub.kit import audit, files
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.sealed import SealKey, Unreadable
from eventhub.people.affiliations import affiliate
from eventhub.people.models import Organisation, Person
from eventhub.programme.models import Event
from eventhub.questionnaires.handing import hand_over
from eventhub.questionnaires.models import AnswerSet
from eventhub.registration import focal

GIVES_WAY = frozenset({State.DRAFT, State.EXPIRED, State.WITHDRAWN})
"""States of an application that gives way to one that was sent."""
HANDED_ON: list[Callable[[Application, SealKey, SealKey], None]] = []
"""Features further up that keep something sealed with an applicant's key: they seal it anew when somebody takes an
application over, before the former key is destroyed.
"""


def charge_of(
    actor: Person, charge_id: uuid.UUID, *, slug: str | None, reference: str | None, lock: bool = False
) -> tuple[Charge, Person]:
    """One of the actor's people who has not taken the link, and whose application it is, for a call of the same event.
    ``lock`` holds it, so that the link is not taken meanwhile. Raises NotFound for everything else.
    """
    call = Call.slug == slug if slug is not None else Application.reference == reference
    of_event = select(Call.event_id).outerjoin(Application, Application.call_id == Call.id).where(call)
    rows = (
        select(Charge, Person)
        .join(Person, Person.id == Charge.person_id)
        .where(
            Charge.id == charge_id,
            Charge.helper_id == actor.id,
            Charge.left_at.is_(None),
            Charge.claimed_at.is_(None),
            Charge.event_id.in_(of_event),
        )
    )
    if lock:
        rows = rows.with_for_update(of=Charge).execution_options(populate_existing=True)
    found = db.session.execute(rows).first()
    if found is None:
        raise NotFound
    return found[0], found[1]


def helper_of(application: Application) -> tuple[Person, Charge, str] | None:
    """Who registers the applicant and has a mailbox, until the link is taken: the helper, the place on the helper's
    list, and the slug of its event.
    """
    rows = (
        select(Person, Charge, Event.slug)
        .join(Charge, Charge.helper_id == Person.id)
        .join(Event, Event.id == Charge.event_id)
        .join(Call, Call.event_id == Charge.event_id)
        .where(
            Call.id == application.call_id,
            Charge.person_id == application.person_id,
            Charge.left_at.is_(None),
            Charge.claimed_at.is_(None),
            Person.email.is_not(None),
            Person.erased_at.is_(None),
        )
    )
    found = db.session.execute(rows).first()
    return None if found is None else (found[0], found[1], found[2])


def take_over(actor: Person, before: Person) -> list[Person]:
    """All applications of a person without an account become the actor's, sealed anew. Of two to one call the one stays
    that was sent, the actor's own where both were: the other is withdrawn with the person who is erased. Returns who is
    to be erased beside ``before``.
    """
    rows = (
        select(Application)
        .where(or_(Application.person_id == actor.id, Application.person_id == before.id))
        .order_by(Application.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = list(db.session.scalars(rows))
    mine = {one.call_id: one for one in found if one.person_id == actor.id}
    gone = []
    for one in found:
        if one.person_id == actor.id:
            continue
        own = mine.get(one.call_id)
        if own is not None:
            if own.state not in GIVES_WAY or one.state in GIVES_WAY:
                continue
            gone.append(_nobody(actor))
            _give(own, actor, gone[-1])
        _give(one, before, actor)
        audit.record("funding.claimed", one, actor=actor, scope_id=one.call_id)
    db.session.flush()
    return gone


claiming.TAKEN.append(take_over)


def _nobody(actor: Person) -> Person:
    nobody = focal.person_without_account(actor, "", actor.language, actor.time_zone)
    nobody.managed_by_id = None
    return nobody


def _give(application: Application, before: Person, after: Person) -> None:
    """The application is somebody else's, with all that is sealed in it."""
    old, new = (db.session.get_one(SealKey, one.seal_key_id) for one in (before, after))
    try:
        cells = traits.opened(application, old)
    except Unreadable:
        cells = []
    application.person_id = after.id
    if application.traits is not None:
        traits.keep(application, new, cells)
    answer_set = db.session.get(AnswerSet, application.answer_set_id) if application.answer_set_id else None
    if answer_set is not None:
        hand_over(answer_set, old, new, owner_id=after.id)
    letters = select(Endorsement).where(Endorsement.application_id == application.id).order_by(Endorsement.id)
    for row in db.session.scalars(letters.with_for_update().execution_options(populate_existing=True)).all():
        vouching.hand_on(row, old, new)
        row.file_id = files.handed_over(row.file_id, after.id, new)
    thread.hand_on(application.id, old, new, owner_id=after.id)
    # Digests of papers and births are made anew, with the new key, by the clock.
    duplicates.forget_digests(application.id)
    for hand_on in HANDED_ON:
        hand_on(application, old, new)
    application.registration_id = applying.registration_of(after.id, db.session.get_one(Call, application.call_id))
    for column in ("organisation_id", "nominated_by_id"):
        if (known := getattr(application, column)) is not None:
            named = db.session.get_one(Organisation, known)
            setattr(application, column, affiliate(after.id, named.name, country=named.country))
    db.session.flush()
