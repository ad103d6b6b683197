"""Reports for donors: asked for with a reason, made by a worker, fetched by one owner, dead after a day."""

import uuid
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload

from eventhub.awards.dashboard_models import LIFE, SLOW, DonorReport, ReportKind
from eventhub.funding.models import Call
from eventhub.kit import audit, files
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.file_types import PDF, XLSX
from eventhub.kit.outbox import promise
from eventhub.kit.sealed import SealKey
from eventhub.people.models import Person

AT_ONCE = 6
"""Reports that one person may have in the making: one in each language."""
SHOWN = 20
SIZE = 20_000_000
"""The largest file, in bytes."""
PURPOSE = "awards.report"
TYPES = {ReportKind.PDF: PDF, ReportKind.XLSX: XLSX}


class TooManyAtOnce(DomainError):
    """Somebody asks for more than the printer should owe one person."""

    status = 429
    message = _l("Several papers are being made for you. Wait until they are ready.")


class ReasonNeeded(DomainError):
    """A report leaves the house for a reason (SAFETY.md property 6)."""

    status = 422
    field = "reason"
    message = _l("Say what you need it for")


def ask(actor: Person, call: Call, kind: ReportKind, language: str, *, reason: str) -> DonorReport:
    """Owe somebody a report. Raises ReasonNeeded, TooManyAtOnce."""
    if not reason.strip():
        raise ReasonNeeded
    # Who asks for many at once is counted as if they came one by one.
    db.session.execute(select(Person.id).where(Person.id == actor.id).with_for_update(key_share=True))
    made_now = [one for one in of_owner(actor, call) if one.made_at is None and now() - one.asked_at < SLOW]
    if len(made_now) >= AT_ONCE:
        raise TooManyAtOnce
    order = DonorReport(call_id=call.id, owner_id=actor.id, kind=kind, language=language)
    db.session.add(order)
    db.session.flush()
    audit.record(
        "awards.report_asked", call, actor=actor, scope_id=call.id, text=reason, kind=kind.value, language=language
    )
    promise("awards.make_report", order_id=order.id)
    return order


def of_owner(owner: Person, call: Call) -> list[DonorReport]:
    """What somebody asked for at a call within a day, newest first."""
    mine = DonorReport.owner_id == owner.id, DonorReport.call_id == call.id, DonorReport.asked_at > now() - LIFE
    rows = select(DonorReport).where(*mine).order_by(DonorReport.asked_at.desc(), DonorReport.id)
    return list(db.session.scalars(rows.limit(SHOWN)))


def fetch(owner: Person, call: Call, order_id: uuid.UUID) -> files.StoredFile:
    """The file of a report. Raises NotFound for everybody but its owner, before it is made, and after a day."""
    rows = (
        select(DonorReport)
        .join(DonorReport.file)
        .options(contains_eager(DonorReport.file))
        .where(
            DonorReport.id == order_id,
            DonorReport.call_id == call.id,
            DonorReport.owner_id == owner.id,
            DonorReport.asked_at > now() - LIFE,
        )
    )
    found = db.session.scalar(rows)
    if found is None or found.file is None:
        raise NotFound
    return found.file


def to_make(order_id: uuid.UUID) -> DonorReport | None:
    """A report that nobody made yet, locked; None when it is made or gone."""
    rows = (
        select(DonorReport)
        .join(DonorReport.call)
        .join(DonorReport.owner)
        .options(contains_eager(DonorReport.call), contains_eager(DonorReport.owner))
        .where(DonorReport.id == order_id, DonorReport.made_at.is_(None))
        .with_for_update(of=DonorReport)
        .execution_options(populate_existing=True)
    )
    return db.session.scalar(rows)


def keep(order: DonorReport, body: bytes, *, at: datetime) -> DonorReport:
    """Keep what was made, sealed for its owner. Raises what ``files.store`` raises."""
    media_type = TYPES[order.kind]
    order.file = files.store(
        body,
        name=f"report.{order.kind.value}",
        allowed=frozenset({media_type}),
        purpose=PURPOSE,
        owner_id=order.owner_id,
        key=db.session.get_one(SealKey, order.owner.seal_key_id),
        limit=SIZE,
    )
    order.made_at = at
    db.session.flush()
    return order


def drop_outdated(moment: datetime) -> int:
    """Give up reports whose day is over; how many."""
    return _drop(DonorReport.asked_at <= moment - LIFE)


def forget(person: Person) -> int:
    """After an erasure: give up all that the person asked for. How many."""
    return _drop(DonorReport.owner_id == person.id)


def _drop(where: object) -> int:
    rows = select(DonorReport).options(joinedload(DonorReport.file)).where(where)  # type: ignore[arg-type]
    found = list(db.session.scalars(rows.order_by(DonorReport.id).with_for_update(of=DonorReport, skip_locked=True)))
    for one in found:
        if one.file is not None:
            files.remove(one.file)
        db.session.delete(one)
    db.session.flush()
    return len(found)


def own_data(person: Person) -> list[dict[str, object]]:
    """The reports that somebody asked for, in plain values."""
    rows = select(DonorReport, Call.title).join(DonorReport.call).where(DonorReport.owner_id == person.id)
    return [
        {"call": title, "kind": one.kind.value, "language": one.language, "asked": one.asked_at, "made": one.made_at}
        for one, title in db.session.execute(rows.order_by(DonorReport.asked_at, DonorReport.id))
    ]
