"""What was said behind a link as a file: asked for, made by a worker, fetched, dead after a day."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from eventhub.commitments.models import Commitment
from eventhub.commitments.queries import is_public
from eventhub.kit import files
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.file_types import PDF
from eventhub.kit.outbox import promise
from eventhub.rounds.models import RoundAnswer, RoundCopy, RoundItem, RoundLink

LIFE = timedelta(hours=24)
"""How long it can be fetched."""
SLOW = timedelta(minutes=10)
"""How long it may be in the making before it is asked for anew."""
PURPOSE = "rounds.copy"
NAME = "rounds.make_copy"
HIDDEN = ("commitments.held", "commitments.withdrawn")
"""What the audit calls the two ways in which a commitment is hidden."""


def of_link(link: RoundLink, language: str) -> RoundCopy | None:
    """The file in a language, made or in the making; none that may tell of what was hidden since."""
    rows = select(RoundCopy).where(RoundCopy.link_id == link.id, RoundCopy.language == language, ~_tells_too_much())
    return db.session.scalar(rows.options(joinedload(RoundCopy.file)))


def how_far(link: RoundLink, language: str) -> str:
    """How far the file is: to be asked for, in the making, or there."""
    found = of_link(link, language)
    if found is None or (found.made_at is None and now() - found.asked_at >= SLOW):
        return "ask"
    return "made" if found.made_at else "waits"


def ask(link: RoundLink, language: str) -> RoundCopy:
    """Owe the file. Asked for twice it is made once; one that was never made is asked for anew."""
    mine = (RoundCopy.link_id == link.id) & (RoundCopy.language == language)
    was_lost = (RoundCopy.made_at.is_(None)) & (RoundCopy.asked_at <= now() - SLOW)
    _drop(mine & or_(was_lost, _tells_too_much()))
    fresh = uuid.uuid4()
    made = insert(RoundCopy).values(id=fresh, link_id=link.id, language=language, asked_at=now())
    made = made.on_conflict_do_nothing(index_elements=["link_id", "language"])
    if db.session.scalar(made.returning(RoundCopy.id)) is not None:
        promise(NAME, copy_id=fresh)
    found = of_link(link, language)
    assert found is not None  # noqa: S101 (just written, by this press or another)
    return found


def fetch(link: RoundLink, language: str) -> files.StoredFile:
    """The file. Raises NotFound before it is made."""
    found = of_link(link, language)
    if found is None or found.file is None:
        raise NotFound
    return found.file


def to_make(copy_id: uuid.UUID) -> RoundCopy | None:
    """One that nobody made yet, held; None when it is made or gone."""
    rows = select(RoundCopy).where(RoundCopy.id == copy_id, RoundCopy.made_at.is_(None))
    rows = rows.options(joinedload(RoundCopy.link)).with_for_update(of=RoundCopy)
    return db.session.scalar(rows.execution_options(populate_existing=True))


def keep(copy: RoundCopy, body: bytes, *, at: datetime) -> RoundCopy:
    """Keep what was made. Raises what ``files.store`` raises."""
    copy.file = files.store(body, name="answers.pdf", allowed=frozenset({PDF}), purpose=PURPOSE)
    copy.made_at = at
    db.session.flush()
    return copy


def outdated(link: RoundLink) -> int:
    """Another answer was given: what was made before is given up. How many."""
    return _drop(RoundCopy.link_id == link.id)


def drop_outdated(moment: datetime) -> int:
    """Give up files whose day is over, and those that tell of what was hidden; how many."""
    return _drop(or_(RoundCopy.asked_at <= moment - LIFE, _tells_too_much()))


def _tells_too_much() -> ColumnElement[bool]:
    """A condition on RoundCopy: a commitment that stands in it was held, or withdrawn for safety, after it was asked
    for.
    """
    return exists().where(
        RoundAnswer.link_id == RoundCopy.link_id,
        RoundItem.id == RoundAnswer.item_id,
        Commitment.id == RoundItem.commitment_id,
        ~is_public(),
        AuditEntry.subject_kind == "commitment",
        AuditEntry.subject_id == Commitment.id,
        AuditEntry.verb.in_(HIDDEN),
        AuditEntry.at >= RoundCopy.asked_at,
    )


def _drop(where: ColumnElement[bool]) -> int:
    rows = select(RoundCopy).where(where).options(joinedload(RoundCopy.file)).order_by(RoundCopy.id)
    found = list(db.session.scalars(rows.with_for_update(of=RoundCopy)))
    for one in found:
        if one.file is not None:
            files.remove(one.file)
        db.session.delete(one)
    db.session.flush()
    return len(found)
