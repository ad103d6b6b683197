"""Who stands aside for a file at the board: an officer lifts what was declared by mistake, before a slate is signed."""

import uuid
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from eventhub.funding.models import Application, Call
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, or_not_found
from eventhub.people.models import Person
from eventhub.reviewing import ties
from eventhub.reviewing.queries import Reading
from eventhub.selecting import queries
from eventhub.selecting.models import Recusal


class Signed(DomainError):
    """The slate was recommended with this member aside: its minutes say so."""

    message = _l(
        "The board has recommended a slate, and its minutes say who stood aside. Nothing is lifted after that."
    )


class OwnAside(DomainError):
    """Whoever stands aside does not lift it."""

    status = 403
    message = _l("You declared this yourself. A colleague has to decide.")


@dataclass(frozen=True)
class Aside:
    """A member and the number of the file that this member stands aside for; who lifted it, where somebody did."""

    row: Recusal
    person: Person
    number: int | None


def listed(reading: Reading, visitor: Person) -> list[Aside]:
    """What members declared, without the visitor's own, and without files that the visitor is near to. Three
    statements.
    """
    rows = _whole(reading, visitor).order_by(Recusal.lifted_at.desc().nulls_first(), Recusal.at.desc(), Recusal.id)
    return [Aside(*row) for row in db.session.execute(rows)]


def one(reading: Reading, visitor: Person, recusal_id: uuid.UUID, *, lock: bool = False) -> Aside:
    """One of them. Raises NotFound."""
    rows = _whole(reading, visitor).where(Recusal.id == recusal_id)
    if lock:
        rows = rows.with_for_update(of=Recusal).execution_options(populate_existing=True)
    return Aside(*or_not_found(db.session.execute(rows).first()))


def lift(actor: Person, found: Aside, *, reason: str) -> Recusal:
    """An officer lifts it: the file is there for the member again. The row is held, and so is the call, so that no
    slate is signed beside it. The same press again changes nothing. Raises OwnAside, OwnFile, Signed.
    """
    row = found.row
    if row.lifted_at is not None:
        return row
    if row.person_id == actor.id:
        raise OwnAside
    ties.demand_far(actor, row.call_id)
    db.session.execute(select(Call.id).where(Call.id == row.call_id).with_for_update())
    if queries.standing(row.call_id) is not None:
        raise Signed
    row.lifted_at, row.lifted_by_id = now(), actor.id
    audit.record("selecting.aside_lifted", row, actor=actor, scope_id=row.call_id, text=reason)
    db.session.flush()
    return row


def _whole(reading: Reading, visitor: Person) -> Select[Recusal, Person, int | None]:
    hidden = queries.aside(reading, [visitor.id])[visitor.id]
    return (
        select(Recusal, Person, Application.number)
        .join(Person, Person.id == Recusal.person_id)
        .join(Application, Application.id == Recusal.application_id)
        .where(
            Recusal.call_id == reading.call.id,
            Recusal.person_id != visitor.id,
            Recusal.application_id.not_in(hidden),
            Application.erased_at.is_(None),
        )
    )
