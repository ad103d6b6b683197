"""A declared tie is lifted: one officer says why, another agrees. Nobody lifts an own tie or one to a file nearby."""

import uuid
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload

from eventhub.funding.models import Application
from eventhub.kit import audit
from eventhub.kit.audit import AuditEntry, AuditText
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, or_not_found
from eventhub.people.models import Person
from eventhub.reviewing import ties
from eventhub.reviewing.models import Tie
from eventhub.reviewing.queries import Reading


class OwnTie(DomainError):
    """Whoever declared a tie does not lift it."""

    status = 403
    message = _l("You declared this tie yourself. Two colleagues have to decide.")


class SameOfficer(DomainError):
    """Two people lift a tie."""

    status = 403
    message = _l("You asked for this yourself. Another officer has to agree.")


class NotAsked(DomainError):
    """Somebody decided a moment ago."""

    message = _l("Somebody decided on this tie a moment ago. Look again.")


@dataclass(frozen=True)
class Declared:
    """A tie with who declared it, and the number of the file it is about, if it is about one."""

    tie: Tie
    person: Person
    number: int | None


def declared(reading: Reading, visitor: Person) -> list[Declared]:
    """The ties that count in a call: declared, be they taken back, and not lifted. Without the visitor's own, and those
    to files that the visitor is near to. Two statements.
    """
    hidden = {file for file, _person in ties.conflicts([reading], [visitor.id])}
    rows = _whole().where(Tie.call_id == reading.call.id, Tie.person_id != visitor.id, Tie.lifted_at.is_(None))
    found = [Declared(*row) for row in db.session.execute(rows.order_by(Tie.made_at.desc(), Tie.id))]
    return [one for one in found if one.tie.application_id not in hidden]


def one_declared(reading: Reading, visitor: Person, tie_id: uuid.UUID, *, lock: bool = False) -> Declared:
    """One of them, also when it was lifted. Raises NotFound."""
    hidden = {file for file, _person in ties.conflicts([reading], [visitor.id])}
    rows = _whole().where(Tie.id == tie_id, Tie.call_id == reading.call.id, Tie.person_id != visitor.id)
    rows = rows.where(or_(Tie.application_id.is_(None), Tie.application_id.not_in(hidden)))
    if lock:
        rows = rows.with_for_update(of=Tie).execution_options(populate_existing=True)
    row = or_not_found(db.session.execute(rows).first())
    return Declared(*row)


def ask(actor: Person, tie: Tie, reason: str) -> Tie:
    """An officer says why a tie should count no more. The tie is held. Raises OwnTie, OwnFile, NotAsked."""
    _demand_far(actor, tie)
    if tie.lifted_at is not None or tie.lift_asked_at is not None:
        raise NotAsked
    tie.lift_asked_by_id, tie.lift_asked_at = actor.id, now()
    audit.record("reviewing.tie_lift_asked", tie, actor=actor, scope_id=tie.call_id, text=reason)
    return tie


def agree(actor: Person, tie: Tie) -> Tie:
    """Another officer agrees: the tie counts nowhere from now on. Files that went to others stay there. The tie is
    held. Raises OwnTie, OwnFile, SameOfficer, NotAsked.
    """
    _demand_far(actor, tie)
    if tie.lifted_at is not None or tie.lift_asked_by_id is None:
        raise NotAsked
    if tie.lift_asked_by_id == actor.id:
        raise SameOfficer
    tie.withdrawn_at = tie.withdrawn_at or now()
    tie.lifted_by_id, tie.lifted_at = actor.id, now()
    db.session.flush()
    audit.record("reviewing.tie_lifted", tie, actor=actor, scope_id=tie.call_id, kind=tie.kind.value)
    return tie


def refuse(actor: Person, tie: Tie) -> Tie:
    """The tie stays; whoever asked may take the own word back so. The tie is held. Raises OwnTie, OwnFile, NotAsked."""
    _demand_far(actor, tie)
    if tie.lifted_at is not None or tie.lift_asked_by_id is None:
        raise NotAsked
    tie.lift_asked_by_id = tie.lift_asked_at = None
    audit.record("reviewing.tie_lift_refused", tie, actor=actor, scope_id=tie.call_id)
    return tie


def history(tie: Tie) -> list[tuple[AuditEntry, str | None]]:
    """What was asked and decided about a tie, with the reasons, the newest first. One statement."""
    rows = (
        select(AuditEntry, AuditText.text)
        .outerjoin(AuditText, AuditText.entry_id == AuditEntry.id)
        .where(AuditEntry.subject_kind == Tie.__tablename__, AuditEntry.subject_id == tie.id)
        .where(AuditEntry.verb.like("reviewing.tie_lift%"))
    )
    return [(entry, text) for entry, text in db.session.execute(rows.order_by(AuditEntry.id.desc()))]


def _whole() -> Select[Tie, Person, int | None]:
    return (
        select(Tie, Person, Application.number)
        .join(Person, Person.id == Tie.person_id)
        .outerjoin(Application, Application.id == Tie.application_id)
        .where(Tie.derived.is_(False))
        .options(joinedload(Tie.organisation))
    )


def _demand_far(actor: Person, tie: Tie) -> None:
    if tie.person_id == actor.id:
        raise OwnTie
    ties.demand_far(actor, tie.call_id)
