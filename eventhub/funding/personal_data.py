"""What the fund keeps about a person: the person's copy, erasure, and how long it stays."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import load_only

from eventhub.funding import debarring, duplicates, own, thread, traits, vouching
from eventhub.funding.models import MOVES, Application, Call, Debt, Endorsement, Stand, State, Vouch, Voucher
from eventhub.funding.moves import move
from eventhub.kit import files
from eventhub.kit.audit import AuditEntry, AuditText
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.files import StoredFile
from eventhub.kit.mailboxes import mailbox_digest
from eventhub.kit.sealed import Unreadable
from eventhub.people import actions as people
from eventhub.people import affiliations
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.questionnaires import answers as given
from eventhub.questionnaires.actions import erase_answers, retain_anew
from eventhub.registration.queries import EVENT_COLUMNS

KEPT = timedelta(days=30)
"""How long after a call has ended the names and mailboxes of those who vouched are kept."""
LONGEST = timedelta(days=365)
"""So long after its event, else its deadline, a call has ended whatever is still open."""
OVER = (
    *(State.INELIGIBLE, State.NOT_RECOMMENDED, State.CLOSED, State.DECLINED_BY_APPLICANT),
    *(State.CANCELLED, State.WITHDRAWN, State.EXPIRED),
)
"""States in which nothing more comes."""
UNTIL_THE_EVENT = (State.RESERVE, State.LAPSED)
"""States in which something may come as long as somebody can travel."""


def own_data(person: Person) -> list[dict[str, Any]]:
    """Every application of a person with its answers, the sealed ones opened, in plain values. What others wrote for
    those who decide is theirs, and not among it; that they were asked is.
    """
    found = []
    for one in own.mine(person):
        application = one.application
        assert application is not None  # noqa: S101 (own.mine gives none without)
        found.append(
            {
                "call": one.call.title,
                "reference": application.reference,
                "number": application.number,
                "state": (application.outcome_seen or application.state).value,
                "late": application.late,
                "begun": application.created_at,
                "sent": application.submitted_at,
                "asked_amount": application.asked_amount,
                "currency": one.call.currency,
                "counted_as": _cells(one),
                "answers": given.opened(one.answer_set, one.key) if one.answer_set else {},
                "questions": thread.own_data(application.id, one.key),
                "vouched_by": [
                    {
                        "as": row.role.value,
                        "name": row.name,
                        "email": row.email if "@" in row.email else None,
                        "asked": row.asked_at,
                        "answer": row.outcome.value if row.outcome else None,
                        "answered": row.answered_at,
                    }
                    for row in own.vouchers(application.id)
                ],
            }
        )
    return found


def erase(person_id: uuid.UUID) -> int:
    """Take a person out of all applications; how many. The rows stay as counts without a name: answers, files, words
    of those who vouched and the sealed cells are gone, and what could be withdrawn is. Safe to repeat.
    """
    erase_answers(db.session.get_one(Person, person_id))
    debarring.erase(person_id)
    mine = list(
        db.session.scalars(
            select(Application).where(Application.person_id == person_id).order_by(Application.id).with_for_update()
        )
    )
    ids = [application.id for application in mine]
    thread.erase(ids)
    duplicates.erase(ids)
    about = select(AuditEntry.id).where(
        AuditEntry.subject_kind == Application.__tablename__, AuditEntry.subject_id.in_(ids)
    )
    db.session.execute(delete(AuditText).where(AuditText.entry_id.in_(about)))
    db.session.execute(delete(Endorsement).where(Endorsement.application_id.in_(ids)))
    letters = StoredFile.owner_id == person_id, StoredFile.purpose == vouching.PURPOSE, StoredFile.deleted_at.is_(None)
    for file in db.session.scalars(select(StoredFile).where(*letters)):
        files.remove(file)
    db.session.execute(update(Application).where(Application.filed_by_id == person_id).values(filed_by_id=None))
    organisations = {one for row in mine for one in (row.organisation_id, row.nominated_by_id) if one}
    for application in mine:
        decided = application.state is State.NOT_RECOMMENDED
        if application.erased_at is None and State.WITHDRAWN in MOVES[application.state] and not decided:
            move(application, State.WITHDRAWN, actor=None, reason="erased")
        application.traits = application.asked_amount = application.outcome_seen = None
        application.origin = application.residence = application.nationality = application.region = None
        application.organisation_id = application.nominated_by_id = application.registration_id = None
        application.first_time = application.answered_at = application.due_at = None
        application.erased_at = application.erased_at or now()
    db.session.flush()
    affiliations.forget_unused(organisations)
    return len(mine)


def forget_mailbox(_person: Person, addresses: Collection[str]) -> None:
    """A person is erased whom applicants named as somebody who vouches: nothing is mailed there any more."""
    if not addresses:
        return
    # A tag after a plus sign leads to the same mailbox; rows from before the digests have none.
    theirs = or_(Endorsement.mailbox.in_({mailbox_digest(one) for one in addresses}), Endorsement.email.in_(addresses))
    rows = select(Endorsement).where(theirs).order_by(Endorsement.id).with_for_update()
    nominated = set()
    for row in db.session.scalars(rows.execution_options(populate_existing=True)).all():
        row.email, row.name, row.mailbox = "", "", None
        if row.outcome is None:
            row.outcome, row.answered_at = Vouch.NOT_ME, now()
        if row.role is Voucher.NOMINATOR:
            nominated.add(row.application_id)
    db.session.flush()
    vouching.mailbox_gone(nominated)


people.LEAVING.append(forget_mailbox)


def follow_end(call_id: uuid.UUID) -> None:
    """The deadline of a call, or its event, moved: what is deleted so long after its end is so after the new one. Safe
    to repeat.
    """
    row = db.session.scalars(select(Application).where(Application.call_id == call_id).limit(1)).first()
    if row is None:
        return
    call = db.session.get_one(Call, call_id)
    person = db.session.get_one(Person, row.person_id)
    ends = own.intake(call.slug, person).ends
    sets = select(Application.answer_set_id).where(
        Application.call_id == call_id, Application.answer_set_id.is_not(None)
    )
    retain_anew(sets, ends)


def follow_clock(moment: datetime) -> int:
    """Note when calls have ended: their deadline with its grace is past, and nothing more comes for anybody who
    applied. A call that was extended, or whose file was taken up again, has not. How many changed. Safe to repeat.
    """
    mine = select(Application.id).where(Application.call_id == Call.id, Application.erased_at.is_(None)).correlate(Call)
    untold = Application.outcome_seen.is_not(None)
    is_open = mine.where(or_(Application.state.not_in([*OVER, *UNTIL_THE_EVENT]), untold)).exists()
    may_come = mine.where(Application.state.in_(UNTIL_THE_EVENT)).exists()
    rows = select(Call, Event, is_open, may_come).outerjoin(Event, Event.id == Call.event_id)
    rows = rows.options(load_only(*EVENT_COLUMNS, raiseload=True))
    standing = rows.where(Call.stand.in_([Stand.OPEN, Stand.SETTLED])).order_by(Call.id)
    turned: dict[uuid.UUID, tuple[datetime, bool]] = {}
    for call, event, goes_on, waits in db.session.execute(standing):
        ends, closed = own.ends_of(call, event), own.ends_of(call, None) <= moment
        is_past = event is not None and ends <= moment
        has_ended = (closed and not goes_on and (is_past or not waits)) or ends + LONGEST <= moment
        if has_ended != (call.ended_at is not None):
            turned[call.id] = call.closes_at, has_ended
    changing = select(Call).where(Call.id.in_(turned), Call.stand != Stand.CANCELLED).order_by(Call.id)
    held = changing.with_for_update(of=Call, key_share=True, skip_locked=True)
    changed = 0
    for call in db.session.scalars(held.execution_options(populate_existing=True)):
        closes_at, has_ended = turned[call.id]
        if call.closes_at == closes_at:
            call.ended_at = moment if has_ended else None
            changed += 1
    db.session.flush()
    return changed


def forget_vouchers(moment: datetime, limit: int = 500) -> int:
    """Of calls that ended so long ago forget the names and mailboxes of those who vouched, and of those whom nobody
    asks any more; how many. Safe to repeat.
    """
    ended = select(Application.id).join(Call, Call.id == Application.call_id).where(Call.ended_at <= moment - KEPT)
    over = Endorsement.application_id.in_(ended), or_(Endorsement.name != "", Endorsement.email.like("%@%"))
    due = select(Endorsement.id).where(*over).order_by(Endorsement.id).limit(limit).with_for_update(skip_locked=True)
    ids = list(db.session.scalars(due))
    rows = list(db.session.scalars(select(Endorsement).where(Endorsement.id.in_(ids)).order_by(Endorsement.id)))
    for row in rows:
        # By this digest whoever vouched stays near to the file; rows from before the digests have none yet.
        if row.mailbox is None and "@" in row.email:
            row.mailbox = mailbox_digest(row.email)
        row.name = row.email = ""
    db.session.flush()
    vouching.mailbox_gone({row.application_id for row in rows if row.role is Voucher.NOMINATOR})
    return len(rows)


def still_named(ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these organizations stand in the fund's tables."""
    columns = (
        Application.organisation_id,
        Application.nominated_by_id,
        Endorsement.organisation_id,
        Debt.organisation_id,
    )
    rows = [select(column).where(column.in_(ids)) for column in columns]
    return {one for one in db.session.scalars(rows[0].union(*rows[1:])) if one}


affiliations.STILL_NAMED.append(still_named)


def _cells(found: own.Intake) -> list[str]:
    if found.application is None:
        return []
    try:
        return traits.opened(found.application, found.key)
    except Unreadable:
        return []
