"""On whose files somebody does not decide (SAFETY.md property 7)."""

import uuid
from collections.abc import Collection, Sequence
from enum import StrEnum

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, or_, select

from eventhub.funding.models import Application, Endorsement
from eventhub.kit.db import db
from eventhub.kit.errors import Forbidden
from eventhub.people.affiliations import represents
from eventhub.people.models import Person
from eventhub.people.queries import mailboxes_of


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


def demand_distance(actor: Person, applications: Sequence[Application]) -> None:
    """Raises OwnFile."""
    if too_near(actor, applications):
        raise OwnFile
