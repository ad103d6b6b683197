"""What the fund has follows when two records of one organization become one (people/merging.py)."""

import uuid
from collections.abc import Collection
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, update

from eventhub.funding.desk_models import DebarProposal
from eventhub.funding.models import Application, Debt, Endorsement
from eventhub.kit.db import db
from eventhub.people.merging import Count, Follower, follow, held_all
from eventhub.people.models import Organisation, Person

COLUMNS: tuple[tuple[Any, Any], ...] = (
    (Application, Application.organisation_id),
    (Application, Application.nominated_by_id),
    (Endorsement, Endorsement.organisation_id),
    (Debt, Debt.organisation_id),
    (DebarProposal, DebarProposal.organisation_id),
)


def _hold(ids: Collection[uuid.UUID], _kept_id: uuid.UUID) -> bool:
    return all(held_all(kind.id, column.in_(ids)) for kind, column in COLUMNS)


def _count(ids: Collection[uuid.UUID], _kept_id: uuid.UUID) -> list[Count]:
    either = Application.organisation_id.in_(ids) | Application.nominated_by_id.in_(ids)
    files = select(func.count()).select_from(Application).where(either)
    debts = select(func.count()).select_from(Debt).where(Debt.organisation_id.in_(ids), Debt.cleared_at.is_(None))
    return [
        Count(_l("Applications to a fund"), db.session.scalar(files) or 0),
        Count(_l("What it owes to a fund"), db.session.scalar(debts) or 0),
    ]


def _move(_actor: Person, before: uuid.UUID, after: Organisation) -> None:
    """What one record owed the other owes too: whoever merges takes nobody's debt away."""
    for kind, column in COLUMNS:
        moved = update(kind).where(column == before).values({column.key: after.id})
        db.session.execute(moved.execution_options(synchronize_session=False))


follow(
    Follower(
        (
            "fund_application.organisation_id",
            "fund_application.nominated_by_id",
            "fund_endorsement.organisation_id",
            "fund_debt.organisation_id",
            "fund_debar_proposal.organisation_id",
        ),
        _hold,
        _count,
        _move,
    )
)
