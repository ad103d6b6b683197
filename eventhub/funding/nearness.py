"""On whose files somebody does not decide (SAFETY.md property 7)."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, func, or_, select

from eventhub.funding.models import Application, Endorsement, State
from eventhub.kit.db import db
from eventhub.kit.errors import Forbidden
from eventhub.people.affiliations import organisations_of, represents
from eventhub.people.models import Person
from eventhub.people.queries import mailboxes_of

AWAITING = (State.ELIGIBLE, State.UNDER_REVIEW, State.RECOMMENDED, State.RESERVE)
"""Whose applicants wait for word, though nothing is decided for a release."""


class Nearness(StrEnum):
    """Why somebody is too near to a file."""

    OWN = "own"
    FILED = "filed"
    VOUCHED = "vouched"
    ORGANISATION = "organisation"


class OwnFile(Forbidden):
    """Nobody decides on their own file or organization."""

    message = _l(
        "You cannot decide on your own application, on one of your own organization, or on one that you filled in or"
        " vouched for. Ask a colleague."
    )


class StillToCome(OwnFile):
    """Whoever is near to a file whose decision is still to come neither reads of the others what would tell it, nor
    decides on them: the places are known, and a number less all that somebody sees is the own one (SAFETY.md
    properties 2 and 7).
    """

    message = _l(
        "You have a tie to an application of this call whose decision is still to come. Until then, decisions that are"
        " not released are not shown to you, and a colleague takes care of them."
    )


class OwnRecord(Forbidden):
    """What colleagues note about somebody's application is not shown to that person at the desk."""

    message = _l("This is your own application. Colleagues look after it, and you see it on your own page.")


def too_near(actor: Person, applications: Collection[Application]) -> dict[uuid.UUID, Nearness]:
    """On which of the applications a person must not decide, and why. Three statements at the most.

    Whoever was asked to vouch at a mailbox that is or was their own is near, whatever was answered, also when it was
    disowned or somebody else stands in that place now.
    """
    organisations = {
        one for row in applications for one in (row.organisation_id, row.nominated_by_id) if one is not None
    }
    near = represents(actor.id, organisations)
    found = {row.id: Nearness.ORGANISATION for row in applications if near & {row.organisation_id, row.nominated_by_id}}
    if actor.email and applications:
        asked = select(Endorsement.application_id).where(
            Endorsement.application_id.in_([row.id for row in applications]), asked_at(actor.id, actor.email)
        )
        found |= dict.fromkeys(db.session.scalars(asked), Nearness.VOUCHED)
    found |= {row.id: Nearness.FILED for row in applications if row.filed_by_id == actor.id}
    return found | {row.id: Nearness.OWN for row in applications if row.person_id == actor.id}


def asked_at(person_id: uuid.UUID, email: str | None) -> ColumnElement[bool]:
    """Whether somebody was asked to vouch at a mailbox that this person has or had. One statement."""
    # Rows from before the digests have none.
    return or_(Endorsement.mailbox.in_(mailboxes_of([person_id])[person_id]), Endorsement.email == email)


@dataclass(frozen=True)
class Aside:
    """Who looks: what hangs on files that this person is too near to does not exist for them. ``waits``: one of these
    belongs to the call that is looked at, and its applicant waits for word.
    """

    person_id: uuid.UUID
    organisations: frozenset[uuid.UUID]
    vouched: ColumnElement[bool] | None
    waits: bool = False

    def others(self) -> ColumnElement[bool]:
        """The applications that this person is not near to."""
        mine = [
            Application.person_id == self.person_id,
            func.coalesce(Application.filed_by_id == self.person_id, False),
            *(
                func.coalesce(column.in_(self.organisations), False)
                for column in (Application.organisation_id, Application.nominated_by_id)
                if self.organisations
            ),
        ]
        if self.vouched is not None:
            asked = select(Endorsement.application_id).where(self.vouched)
            mine.append(Application.id.in_(asked))
        return ~or_(*mine)

    def waiting(self, call_ids: Collection[uuid.UUID]) -> frozenset[uuid.UUID]:
        """In which of these calls this person is too near to a file whose applicant waits for word. The answer is the
        same whether that file is decided already or not: else it would tell of the decision. One statement.
        """
        rows = select(Application.call_id).where(
            Application.call_id.in_(call_ids),
            or_(Application.outcome_seen.is_not(None), Application.state.in_(AWAITING)),
            Application.erased_at.is_(None),
            ~self.others(),
        )
        return frozenset(db.session.scalars(rows.distinct())) if call_ids else frozenset()


def aside_of(person: Person) -> Aside:
    """Who looks. Two statements."""
    vouched = asked_at(person.id, person.email) if person.email else None
    return Aside(person.id, frozenset(organisations_of([person.id])[person.id]), vouched)


def waits_near(person: Person, call_id: uuid.UUID) -> bool:
    """Whether somebody is too near to a file of a call whose applicant waits for word. Three statements."""
    return bool(aside_of(person).waiting([call_id]))


def demand_unconcerned(person: Person, call_id: uuid.UUID) -> None:
    """Raises StillToCome where ``waits_near`` says so."""
    if waits_near(person, call_id):
        raise StillToCome


def demand_distance(actor: Person, applications: Sequence[Application]) -> None:
    """Raises OwnFile."""
    if too_near(actor, applications):
        raise OwnFile
