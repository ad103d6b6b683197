"""How many grants one organization may have in a call (Limits.selected_per_organisation), for whoever steps in."""

import uuid
from collections import Counter

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from eventhub.awards import queries
from eventhub.funding.models import Application, State
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.people.affiliations import as_one
from eventhub.selecting.inputs import TAKEN


class HouseFull(DomainError):
    """The organization of a reserve has all the grants that it may have."""

    message = _l(
        "The organization of this person has all the grants that the rules of the call allow. Drop the proposal, and"
        " the next person is proposed."
    )


def full(call_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """Reserves of a call whose organization, their own or the one that nominates, has all the grants that it may have;
    whoever is recommended counts. Three statements at the most.
    """
    most = queries.rules_of(call_id).limits.selected_per_organisation
    if most is None:
        return frozenset()
    columns = (Application.id, Application.state, Application.organisation_id, Application.nominated_by_id)
    rows = db.session.execute(
        select(*columns).where(
            Application.call_id == call_id, Application.state.in_([*TAKEN, State.RECOMMENDED, State.RESERVE])
        )
    ).all()
    one_of = as_one({each for row in rows for each in row[2:] if each})
    theirs = {row.id: {one_of[each] for each in row[2:] if each} for row in rows}
    taken = Counter(each for row in rows if row.state is not State.RESERVE for each in theirs[row.id])
    return frozenset(
        row.id for row in rows if row.state is State.RESERVE and any(taken[each] >= most for each in theirs[row.id])
    )


def demand_room(application: Application) -> None:
    """Raises HouseFull for a reserve whose organization has all that it may have."""
    if application.id in full(application.call_id):
        raise HouseFull
