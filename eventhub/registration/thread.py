"""Questions of the desk about a registration, and what the person answers.

All words are sealed with the registrant's key, whoever wrote them, so that erasing the person destroys them; what
colleagues note for each other is the audit's and never stands here. Every message makes a new version of the
registration: whoever decides on what was there before is shown it first.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import aliased
from sqlalchemy.orm.attributes import flag_modified

from eventhub.kit import audit, files
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db, table_of
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.file_types import IMAGES, PDF
from eventhub.kit.files import StoredFile
from eventhub.kit.outbox import promise
from eventhub.kit.sealed import Place, SealKey, Unreadable, open_sealed, place, seal
from eventhub.kit.text import safe_file_name
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.questionnaires.actions import TO_PUT_RIGHT
from eventhub.questionnaires.uploads import Upload
from eventhub.registration.cancelling import demand_taking_place
from eventhub.registration.models import Message, Registration, State
from eventhub.registration.moves import NotPossible, demand_as_seen, demand_distance, hold_rows, move, way
from eventhub.registration.queries import Intake

PURPOSE = "registration.message"
ALLOWED = IMAGES | {PDF}
KEPT = timedelta(days=30)
"""How long after the event the exchange is kept: as long as copies of papers are (DOMAIN.md rule 7)."""
READ = "registration.answer_read"
IN_A_ROW = 10
"""So many answers may wait for the desk."""

ASKED_IN = frozenset({State.SUBMITTED, State.UNDER_REVIEW, State.INFO_REQUESTED})
"""States in which the desk may ask: nothing is decided yet."""

ENDED = frozenset({State.DRAFT, State.WITHDRAWN, State.EXPIRED, State.ATTENDED, State.NO_SHOW})
"""States in which nothing more is written."""

APPEALED = frozenset({State.DECLINED, State.REVOKED})
"""States in which the person may write without having been asked: an appeal, a late paper."""


class ThreadEnded(DomainError):
    """The registration was withdrawn, or the event is over for this person."""

    message = _l("Nothing more can be sent about this registration. What you wrote is still on this page.")


class NotAsked(DomainError):
    """Nobody asked, and nothing is decided that one could appeal against."""

    message = _l("There is no question to answer here.")


class NobodyToAsk(DomainError):
    """Somebody who was registered at a door: there is no mailbox to ask, and no page to answer on."""

    message = _l("This person was registered at the door and has no account, so no question can be sent.")
    field = "question"


class NothingSaid(DomainError):
    """Neither words nor a file."""

    status = 422
    message = _l("Write an answer, or choose a file")
    field = "text"


class TooManyAtOnce(DomainError):
    """Many answers, and nobody has read them yet."""

    message = _l("You have sent many messages already. Please wait until the secretariat has read them.")
    field = "text"


@dataclass(frozen=True)
class Said:
    """A message with its words opened. ``text`` is None where the key is gone; ``name`` is what its file was called."""

    message: Message
    text: str | None
    name: str
    file: StoredFile | None
    author: str | None
    """The public name of who wrote it at the desk; None where it was the registrant."""


def ask(
    actor: Person,
    registration: Registration,
    key: SealKey,
    text: str,
    upload: Upload | None = None,
    *,
    seen: Mapping[uuid.UUID, int] | None = None,
) -> Message:
    """Ask the registrant something: information is requested, and a mail says so. Somebody may be asked more than once.

    ``key`` is the registrant's. Raises OwnFile, Stale (a colleague asked or decided, or the person answered since
    ``seen``), NotPossible, NobodyToAsk, NotAnyMore, and what files.store raises.
    """
    demand_distance(actor, [registration])
    demand_taking_place(registration.event_id)
    hold_rows([registration])
    demand_as_seen([registration], seen)
    if registration.state not in ASKED_IN:
        raise NotPossible
    if db.session.scalar(select(Person.email).where(Person.id == registration.person_id)) is None:
        raise NobodyToAsk
    message = _add(actor, registration, key, text, upload, by_desk=True)
    if registration.state is State.INFO_REQUESTED:
        _note("registration.asked", actor, registration)
    else:
        move(registration, *way(registration.state, State.INFO_REQUESTED), actor=actor)
    registration.answered_at = None
    promise("registration.asked", message_id=message.id)
    return message


def answer(actor: Person, found: Intake, text: str, upload: Upload | None = None) -> Message:
    """What the registrant writes. Where an answer was awaited the registration is looked at again; where something was
    decided meanwhile nothing moves, and the desk sees the answer all the same.

    The caller holds the registration. Raises ThreadEnded, NotAsked, NothingSaid, TooManyAtOnce, and what files.store
    raises.
    """
    registration = found.registration
    if registration is None:
        raise NotAsked
    if registration.state in ENDED:
        raise ThreadEnded
    if not may_write(registration):
        raise NotAsked
    if not text.strip() and upload is None:
        raise NothingSaid
    if _unread(registration.id) >= IN_A_ROW:
        raise TooManyAtOnce
    message = _add(actor, registration, found.key, text, upload, by_desk=False)
    if registration.state is State.INFO_REQUESTED:
        move(registration, State.UNDER_REVIEW, actor=actor, cause="answered")
    else:
        _note("registration.answered", actor, registration)
    registration.answered_at = message.sent_at
    return message


def tell(actor: Person, found: Intake, text: str) -> Message:
    """What the registrant tells the desk without having been asked (a visa was refused): it waits to be read like an
    answer, and the exchange is open from then on.

    The caller holds the registration. Raises ThreadEnded, NothingSaid, TooManyAtOnce.
    """
    registration = found.registration
    if registration is None or registration.state in ENDED:
        raise ThreadEnded
    if not text.strip():
        raise NothingSaid
    if _unread(registration.id) >= IN_A_ROW:
        raise TooManyAtOnce
    message = _add(actor, registration, found.key, text, None, by_desk=False)
    _note("registration.answered", actor, registration)
    registration.answered_at = message.sent_at
    return message


def mark_read(
    actor: Person, registration: Registration, *, seen: Mapping[uuid.UUID, int] | None = None
) -> Registration:
    """An answer that needs nothing more leaves the list of those that wait to be read. Raises OwnFile, Stale,
    NotPossible.
    """
    demand_distance(actor, [registration])
    hold_rows([registration])
    demand_as_seen([registration], seen)
    if registration.answered_at is None:
        raise NotPossible
    registration.answered_at = None
    _note(READ, actor, registration)
    return registration


def may_ask(registration: Registration) -> bool:
    """Whether the desk may ask now: nothing is decided, and there is a mailbox to ask."""
    return registration.state in ASKED_IN and registration.person.email is not None


def may_write(registration: Registration) -> bool:
    """Whether the registrant may write now: who was asked, and who was refused. One statement at the most."""
    if registration.state in ENDED:
        return False
    return registration.state in APPEALED | {State.INFO_REQUESTED} or is_there(registration.id)


def is_there(registration_id: uuid.UUID) -> bool:
    """Whether anything was asked or written."""
    found = select(Message.id).where(Message.registration_id == registration_id).limit(1)
    return db.session.scalar(found) is not None


def messages(registration: Registration, key: SealKey) -> list[Said]:
    """The whole exchange, the oldest first. One statement."""
    shown = func.coalesce(func.nullif(Person.alias, ""), Person.name)
    rows = (
        select(Message, StoredFile, shown)
        .outerjoin(StoredFile, (StoredFile.id == Message.file_id) & StoredFile.deleted_at.is_(None))
        .outerjoin(Person, Person.id == Message.author_id)
        .where(Message.registration_id == registration.id)
        .order_by(Message.sent_at, Message.id)
    )
    found = []
    for message, file, author in db.session.execute(rows):
        text, name = _opened(message, key)
        found.append(Said(message, text, name, file, author if message.by_desk else None))
    return found


def file_of(registration: Registration, message_id: uuid.UUID, key: SealKey) -> tuple[StoredFile, str, bool]:
    """The file of a message of this registration, what it was called, and whether the desk sent it. Raises NotFound."""
    rows = select(Message, StoredFile).join(StoredFile, StoredFile.id == Message.file_id)
    found = db.session.execute(
        rows.where(
            Message.id == message_id, Message.registration_id == registration.id, StoredFile.deleted_at.is_(None)
        )
    ).first()
    if found is None:
        raise NotFound
    return found[1], _opened(found[0], key)[1], found[0].by_desk


def question_told(message_id: uuid.UUID) -> tuple[Message, str] | None:
    """A question and its words, for the mail about it; None where it is gone or has been answered."""
    later = aliased(Message)
    answered = exists().where(
        later.registration_id == Message.registration_id, later.by_desk.is_(False), later.sent_at > Message.sent_at
    )
    rows = select(Message, SealKey).join(Registration, Registration.id == Message.registration_id)
    rows = rows.join(Person, Person.id == Registration.person_id).join(SealKey, SealKey.id == Person.seal_key_id)
    found = db.session.execute(rows.where(Message.id == message_id, ~answered)).first()
    if found is None:
        return None
    text = _opened(found[0], found[1])[0]
    return (found[0], text) if text is not None else None


def own_data(registration: Registration, key: SealKey) -> list[dict[str, Any]]:
    """The exchange in plain values, for the person's copy of all data."""
    return [
        {
            "at": one.message.sent_at,
            "from": "secretariat" if one.message.by_desk else "you",
            "text": one.text,
            "file": one.name if one.file else None,
        }
        for one in messages(registration, key)
    ]


def sealed_words(key: SealKey, message_id: uuid.UUID, text: str, file: str = "") -> bytes:
    """What a message says, as it is kept: its words and what its file is called."""
    return seal(key, _place(message_id), json.dumps({"text": text, "file": file}, ensure_ascii=False))


def kept_until(moment: datetime, last_day: date, time_zone: str) -> datetime:
    """When a message of this moment is deleted: its days count from the midnight that ends the event."""
    return max(moment, ends(last_day, time_zone)) + KEPT


def ends(last_day: date, time_zone: str) -> datetime:
    """The midnight that ends an event, from which all days of retention count."""
    return datetime.combine(last_day + timedelta(days=1), time(), ZoneInfo(time_zone)).astimezone(UTC)


def follow_days(event_id: uuid.UUID) -> int:
    """The event's days moved: what was asked and answered is kept as long after its end as before; how many messages.

    What falls due sooner than it did stays a week yet, so that a day typed wrong destroys nothing. Safe to repeat.
    """
    day, zone = _days(event_id)
    table, moment = table_of(Message), now()
    due = func.greatest(table.c.sent_at, ends(day, zone)) + KEPT
    mine = select(Registration.id).where(Registration.event_id == event_id)
    renewed = update(table).values(
        delete_after=func.greatest(due, func.least(table.c.delete_after, moment + TO_PUT_RIGHT))
    )
    return len(db.session.execute(renewed.where(table.c.registration_id.in_(mine)).returning(table.c.id)).all())


def erase(registration_ids: Sequence[uuid.UUID]) -> int:
    """Delete the exchanges of these registrations with their files; how many messages."""
    return _delete(list(db.session.scalars(select(Message).where(Message.registration_id.in_(registration_ids)))))


def delete_expired(moment: datetime, limit: int = 500) -> int:
    """Delete messages whose days are over; how many. Each registration gets a record of it. Run until 0; safe when two
    run at once.
    """
    over = Message.delete_after <= moment
    ids = db.session.scalars(
        select(Message.registration_id).where(over).order_by(Message.delete_after).limit(limit)
    ).all()
    # Registrations before their messages, like everybody else who changes both.
    rows = select(Registration).where(Registration.id.in_(ids)).order_by(Registration.id)
    held = list(db.session.scalars(rows.with_for_update(skip_locked=True).execution_options(populate_existing=True)))
    due = select(Message).where(over, Message.registration_id.in_([one.id for one in held]))
    found = list(db.session.scalars(due.with_for_update(skip_locked=True)))
    numbers: dict[uuid.UUID, int] = {}
    for message in found:
        numbers[message.registration_id] = numbers.get(message.registration_id, 0) + 1
    _delete(found)
    for registration in held:
        if registration.id not in numbers:
            continue
        if registration.answered_at is not None and not is_there(registration.id):
            registration.answered_at = None
        audit.record(
            "registration.messages_expired",
            registration,
            actor=None,
            scope_id=registration.event_id,
            reason="retention",
            number=numbers[registration.id],
        )
    return len(found)


def _delete(found: Sequence[Message]) -> int:
    ids = [message.file_id for message in found if message.file_id is not None]
    if ids:
        for file in db.session.scalars(
            select(StoredFile).where(StoredFile.id.in_(ids), StoredFile.deleted_at.is_(None))
        ):
            files.remove(file)
    if found:
        gone = delete(Message).where(Message.id.in_([message.id for message in found]))
        db.session.execute(gone.execution_options(synchronize_session="fetch"))
    return len(found)


def _add(
    actor: Person, registration: Registration, key: SealKey, text: str, upload: Upload | None, *, by_desk: bool
) -> Message:
    moment = now()
    file = _stored(registration, key, upload) if upload else None
    message = Message(
        id=uuid.uuid4(),
        registration_id=registration.id,
        author_id=actor.id,
        by_desk=by_desk,
        file_id=file.id if file else None,
        sent_at=moment,
        delete_after=kept_until(moment, *_days(registration.event_id)),
    )
    message.sealed = sealed_words(key, message.id, text.strip(), safe_file_name(upload.name) if upload else "")
    db.session.add(message)
    # A new version, and no more: when it was changed tells doors since when somebody stands as she stands.
    flag_modified(registration, "state")
    return message


def _stored(registration: Registration, key: SealKey, upload: Upload) -> StoredFile:
    try:
        # Its own name may say as much as the file: it is sealed with the words.
        return files.store(
            upload.data, name="file", allowed=ALLOWED, purpose=PURPOSE, owner_id=registration.person_id, key=key
        )
    except DomainError as error:
        error.field = "file"
        raise


def _unread(registration_id: uuid.UUID) -> int:
    """How many messages of the registrant came after the desk's last one, and after the desk last said that it has
    read them.
    """
    mine = Message.registration_id == registration_id
    written = select(func.max(Message.sent_at)).where(mine, Message.by_desk).scalar_subquery()
    read = select(func.max(AuditEntry.at)).where(
        AuditEntry.subject_kind == Registration.__tablename__,
        AuditEntry.subject_id == registration_id,
        AuditEntry.verb == READ,
    )
    # Of nothing and a moment, the later one is the moment.
    since = func.coalesce(Message.sent_at > func.greatest(written, read.scalar_subquery()), True)
    return db.session.scalar(select(func.count()).where(mine, Message.by_desk.is_(False), since)) or 0


def _opened(message: Message, key: SealKey) -> tuple[str | None, str]:
    try:
        said = json.loads(open_sealed(key, _place(message.id), message.sealed))
    except Unreadable:
        return None, ""
    return said["text"], said["file"]


def _place(message_id: uuid.UUID) -> Place:
    return place("registration_message", "sealed", message_id)


def _days(event_id: uuid.UUID) -> tuple[date, str]:
    day, zone = db.session.execute(select(Event.last_day, Event.time_zone).where(Event.id == event_id)).one()
    return day, zone


def _note(verb: str, actor: Person, registration: Registration) -> None:
    audit.record(verb, registration, actor=actor, scope_id=registration.event_id)
