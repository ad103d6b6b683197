"""What people of the desk do with a mailing: write, copy, try, send, stop, send again to those not reached."""

import uuid
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from eventhub.kit import audit, outbox
from eventhub.kit.clock import now
from eventhub.kit.db import Texts, db, table_of
from eventhub.kit.errors import DomainError, Stale
from eventhub.kit.outbox import Promise, promise
from eventhub.kit.tokens import digest, new_salt, token
from eventhub.mailings import audience as audiences
from eventhub.mailings import sending
from eventhub.mailings.audience import Audience
from eventhub.mailings.models import (
    MOVES,
    NOT_REACHED,
    Kind,
    Mailing,
    MailingLine,
    MailPreference,
    Outcome,
    Stage,
)
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.registration.thread import kept_until

AHEAD = timedelta(days=366)
"""So far ahead a mailing can be scheduled."""


class NoDraft(DomainError):
    """Its sending was set or has begun meanwhile."""

    message = _l("This mailing is no draft any more. Open it again to see where it stands.")


class NoWay(DomainError):
    """The step does not follow on where it stands."""

    message = _l("This is not possible where the mailing stands now. Open it again to see.")


class NoText(DomainError):
    """The original language lacks words."""

    status = 422
    message = _l("Write the subject and the text first, at least in the original language.")


class Nobody(DomainError):
    """The filters leave nobody who could get it."""

    status = 422
    message = _l("Nobody would get this mailing. Look at the recipients again.")


class Past(DomainError):
    """Not a moment to come."""

    status = 422
    message = _l("Choose a day and time to come, within a year.")
    field = "send_at"


class NobodyLeft(DomainError):
    """Everybody was reached, or is still tried."""

    status = 422
    message = _l("There is nobody to send it to again.")


def create(actor: Person, event: Event, *, kind: Kind, language: str, copied: Mailing | None = None) -> Mailing:
    """Begin a mailing, empty or with the words of a former one. Recipients are chosen anew where that was for another
    event: its categories may not exist here.
    """
    same = copied is not None and copied.event_id == event.id
    mailing = Mailing(
        id=uuid.uuid4(),
        event_id=event.id,
        kind=copied.kind if copied else kind,
        original_language=copied.original_language if copied else language,
        subject=dict(copied.subject) if copied else {},
        text=dict(copied.text) if copied else {},
        audience=dict(copied.audience) if copied and same else Audience().plain(),
        created_by_id=actor.id,
        delete_after=kept_until(now(), event.last_day, event.time_zone),
    )
    db.session.add(mailing)
    db.session.flush()
    verb = "mailings.copied" if copied else "mailings.created"
    audit.record(verb, mailing, actor=actor, scope_id=event.id, of=copied.id if copied else None)
    return mailing


def edit_audience(actor: Person, mailing: Mailing, *, kind: Kind, audience: Audience, version: int) -> Mailing:
    """Say what it is about and to whom it goes. Raises NoDraft, Stale."""
    _demand_draft(mailing, version)
    if (mailing.kind, mailing.audience) != (kind, audience.plain()):
        mailing.kind, mailing.audience, mailing.changed_at = kind, audience.plain(), now()
        audit.record("mailings.audience", mailing, actor=actor, scope_id=mailing.event_id)
    return mailing


def edit_texts(actor: Person, mailing: Mailing, *, subject: Texts, text: Texts, language: str, version: int) -> Mailing:
    """Change what it says. Raises NoDraft, Stale."""
    _demand_draft(mailing, version)
    if (mailing.subject, mailing.text, mailing.original_language) != (subject, text, language):
        mailing.subject, mailing.text, mailing.original_language = subject, text, language
        mailing.changed_at = now()
        audit.record("mailings.texts", mailing, actor=actor, scope_id=mailing.event_id)
    return mailing


def drop(actor: Person, mailing: Mailing) -> Mailing:
    """Delete a draft. Raises NoDraft."""
    gone = delete(Mailing).where(Mailing.id == mailing.id, Mailing.stage == Stage.DRAFT)
    if db.session.execute(gone.returning(Mailing.id)).first() is None:
        raise NoDraft
    audit.record("mailings.dropped", mailing, actor=actor, scope_id=mailing.event_id)
    return mailing


def try_out(actor: Person, mailing: Mailing, language: str) -> Mailing:
    """Send it to oneself, in one language. Raises NoText."""
    _demand_text(mailing)
    promise("mailings.test", mailing_id=mailing.id, person_id=actor.id, language=language)
    audit.record("mailings.tried", mailing, actor=actor, scope_id=mailing.event_id, language=language)
    return mailing


def schedule(actor: Person, mailing: Mailing, event: Event, *, at: datetime | None, version: int) -> Mailing:
    """Send it: at that instant, or now, which is within a minute. Raises NoDraft, Stale, NoText, Nobody, Past."""
    _demand_draft(mailing, version)
    _demand_text(mailing)
    moment = now()
    if at is not None and not moment < at <= moment + AHEAD:
        raise Past
    if not audiences.count(mailing, event).reached:
        raise Nobody
    mailing.stage, mailing.send_at, mailing.changed_at = Stage.SCHEDULED, at or moment, moment
    # What is scheduled for after the event is kept as long after it went out.
    mailing.delete_after = max(mailing.delete_after, kept_until(at or moment, event.last_day, event.time_zone))
    verb = "mailings.scheduled" if at else "mailings.sent"
    audit.record(verb, mailing, actor=actor, scope_id=event.id)
    return mailing


def call_back(actor: Person, mailing: Mailing) -> Mailing:
    """Make what has not begun a draft again. The caller holds the row. Raises NoWay."""
    _move(mailing, Stage.DRAFT)
    mailing.send_at = None
    audit.record("mailings.called_back", mailing, actor=actor, scope_id=mailing.event_id)
    return mailing


def stop(actor: Person, mailing: Mailing) -> Mailing:
    """Hold back whatever has not gone out: mails that lie in the outbox are not written any more. The caller holds the
    row. Raises NoWay.
    """
    _move(mailing, Stage.STOPPED)
    audit.record("mailings.stopped", mailing, actor=actor, scope_id=mailing.event_id)
    return mailing


def go_on(actor: Person, mailing: Mailing) -> Mailing:
    """Send the rest after all. The caller holds the row. Raises NoWay."""
    if mailing.stage is not Stage.STOPPED:
        raise NoWay
    _move(mailing, Stage.SENDING)
    audit.record("mailings.gone_on", mailing, actor=actor, scope_id=mailing.event_id)
    return mailing


def send_again(actor: Person, mailing: Mailing) -> int:
    """Write once more to those whom it did not reach; how many. The caller holds the row. Raises NoWay, NobodyLeft.

    What was never sent keeps its promise and its Message-ID, so that a mail which arrived without our seeing it is the
    same mail; only what came back is written anew. What is held after a restore is for administrators.
    """
    if mailing.stage is not Stage.DONE and mailing.stage is not Stage.SENDING:
        raise NoWay
    rows = sending.with_promises(select(MailingLine, sending.NOW, Promise))
    rows = rows.where(
        MailingLine.mailing_id == mailing.id,
        sending.NOW.in_([one.value for one in NOT_REACHED]),
        Promise.problem.is_distinct_from(outbox.HELD),
    )
    number = 0
    for line, state, parked in db.session.execute(rows.with_for_update(of=MailingLine)).all():
        if state == Outcome.BOUNCED or parked is None:
            line.round, line.promised_at = line.round + 1, None
        else:
            held = db.session.get_one(Promise, parked.id, with_for_update=True)
            if held.parked_at is None:  # an administrator was first
                continue
            outbox.retry(held)
        line.state, line.moved_at, number = Outcome.WAITING, now(), number + 1
    if not number:
        raise NobodyLeft
    mailing.stage, mailing.ended_at = Stage.SENDING, None
    audit.record("mailings.sent_again", mailing, actor=actor, scope_id=mailing.event_id, number=number)
    db.session.flush()
    return number


def preference_of(person_id: uuid.UUID) -> MailPreference:
    """What a person wants of mails that may be stopped, made where nothing was said yet. Safe when two do so."""
    row = db.session.get(MailPreference, person_id)
    if row is not None:
        return row
    salt = new_salt()
    made = insert(MailPreference).values(
        person_id=person_id, salt=salt, token_hash=digest(_token(person_id, salt)), stopped_at=None
    )
    db.session.execute(made.on_conflict_do_nothing())
    return db.session.get_one(MailPreference, person_id)


def stop_token(row: MailPreference) -> str:
    """The secret of the link that stops mails."""
    return _token(row.person_id, row.salt)


def want(row: MailPreference, *, wanted: bool) -> MailPreference:
    """Stop mails that may be stopped, or take them again. Said twice it is the same."""
    if wanted:
        row.stopped_at = None
    else:
        row.stopped_at = row.stopped_at or now()
    return row


def renew_link(person_id: uuid.UUID) -> None:
    """The person has another mailbox: links in mails to the former one stop nothing any more."""
    row = db.session.get(MailPreference, person_id)
    if row is not None:
        row.salt = new_salt()
        row.token_hash = digest(_token(person_id, row.salt))


def _token(person_id: uuid.UUID, salt: bytes) -> str:
    return token("mailings.stop", person_id, salt)


def _demand_draft(mailing: Mailing, version: int) -> None:
    if mailing.stage is not Stage.DRAFT:
        raise NoDraft
    if mailing.version != version:
        raise Stale


def _demand_text(mailing: Mailing) -> None:
    original = mailing.original_language
    if not (mailing.subject.get(original) and mailing.text.get(original)):
        raise NoText


def _move(mailing: Mailing, to: Stage) -> None:
    if to not in MOVES[mailing.stage]:
        raise NoWay
    mailing.stage, mailing.changed_at = to, now()


def hold_back(line: MailingLine) -> None:
    """The mailing was stopped before this mail was written: it waits, for a promise of its own."""
    # Also one that a mail server had put off, so that it is handed over again when the mailing goes on.
    values = {"promised_at": None, "round": line.round + 1, "state": Outcome.WAITING, "why": None, "moved_at": now()}
    db.session.execute(update(table_of(MailingLine)).where(MailingLine.id == line.id).values(**values))
