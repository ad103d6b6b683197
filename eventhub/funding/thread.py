"""What the fund's desk asks an applicant, with all gaps at once and a day, and what the applicant answers.

All words are sealed with the applicant's key, whoever wrote them; what colleagues note for each other is the audit's
and never stands here. Every message makes a new version of the application: whoever decides on what was there before
is shown it first. Nothing ends by itself when the day is past: a person decides.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import aliased, joinedload
from sqlalchemy.orm.attributes import flag_modified

from eventhub.funding import writing
from eventhub.funding.desk import PUBLIC_NAME
from eventhub.funding.desk_models import FundMessage
from eventhub.funding.file_check import Gap, read_gap
from eventhub.funding.file_check import gaps as gaps_of
from eventhub.funding.models import Application, Call, State
from eventhub.funding.moves import NotPossible, demand_as_seen, hold_rows, move
from eventhub.funding.nearness import demand_distance
from eventhub.funding.rules import Vouching
from eventhub.kit import audit, files
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.file_types import IMAGES, PDF
from eventhub.kit.files import StoredFile
from eventhub.kit.outbox import promise
from eventhub.kit.sealed import Place, SealKey, Unreadable, open_sealed, place, resealed, seal
from eventhub.kit.text import safe_file_name
from eventhub.people.models import Person
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.models import AnswerSet
from eventhub.questionnaires.uploads import Upload

PURPOSE = "funding.message"
ALLOWED = IMAGES | {PDF}
KEPT = timedelta(days=365)
"""How long an exchange is kept after it was written: an appeal of a decision needs it."""
REMINDED_BEFORE = timedelta(hours=24)
IN_A_ROW = 10
"""So many messages may wait for the desk."""
READ = "funding.answer_read"

ASKED_IN = frozenset({State.SUBMITTED, State.INFO_REQUESTED})
"""States in which the desk may ask."""


class ThreadEnded(DomainError):
    """The application was withdrawn or is over."""

    message = _l("Nothing more can be sent about this application. What you wrote is still on this page.")


class NotAsked(DomainError):
    """Nobody asked, and nothing is decided that one could appeal against."""

    message = _l("There is no question to answer here.")


class NobodyToAsk(DomainError):
    """There is no mailbox."""

    message = _l("This person has no email address, so nothing can be asked by mail.")
    field = "question"


class NothingSaid(DomainError):
    """Neither words nor a file, nor a gap."""

    status = 422
    message = _l("Write an answer, or choose a file")
    field = "text"


class NothingAsked(DomainError):
    """Neither words nor a gap."""

    status = 422
    message = _l("Write what you need, or mark what is missing")
    field = "question"


class AskedAlready(DomainError):
    """The very same was asked, and its answer is awaited."""

    message = _l("The same was asked by email already, and the answer is awaited. Change what you ask to write again.")
    field = "question"


class TooManyAtOnce(DomainError):
    """Many answers, and nobody has read them yet."""

    message = _l("You have sent many messages already. Please wait until the secretariat has read them.")
    field = "text"


@dataclass(frozen=True)
class Said:
    """A message with its words opened. ``text`` is None where the key is gone; ``name`` is what its file was called;
    ``author`` is the public name of who wrote it at the desk, None where it was the applicant.
    """

    message: FundMessage
    text: str | None
    gaps: tuple[Gap, ...]
    name: str
    file: StoredFile | None
    author: str | None


def ask(
    actor: Person,
    call: Call,
    application: Application,
    text: str,
    gaps: Sequence[Gap] = (),
    *,
    days: int,
    upload: Upload | None = None,
    seen: Mapping[uuid.UUID, int] | None = None,
) -> FundMessage:
    """Ask for all that is missing, in one letter, until the end of a day ``days`` from now where the call is.

    The application is loaded with its person and key. Raises OwnFile, Stale, NotPossible, NobodyToAsk, NothingAsked,
    AskedAlready, and what files.store raises.
    """
    demand_distance(actor, [application])
    hold_rows([application])
    demand_as_seen([application], seen)
    if application.state not in ASKED_IN:
        raise NotPossible
    if application.person.email is None:
        raise NobodyToAsk
    if not text.strip() and not gaps:
        raise NothingAsked
    key = application.person.seal_key
    if upload is None and _is_asked(application, key, text, gaps):
        raise AskedAlready
    due = due_after(call, days, now())
    message = add(actor, application, key, text, upload, gaps=gaps, due=due, by_desk=True)
    if application.state is State.INFO_REQUESTED:
        note("funding.asked", actor, application)
    else:
        move(application, State.INFO_REQUESTED, actor=actor)
    application.asked_at, application.due_at, application.answered_at = message.sent_at, due, None
    promise("funding.asked", message_id=message.id)
    return message


def answer(
    actor: Person, application: Application, key: SealKey, text: str, upload: Upload | None = None
) -> FundMessage:
    """What the applicant writes. Where something was asked the file goes back to the desk, unless the form itself still
    has gaps: those are filled in there, so the form stays open. Where the file was found not eligible nothing moves by
    itself. The desk sees the message in any case.

    The caller holds the application. Raises ThreadEnded, NotAsked, NothingSaid, TooManyAtOnce, and what files.store
    raises.
    """
    if writing.has_ended(application):
        raise ThreadEnded
    if not may_write(application):
        raise NotAsked
    if not text.strip() and upload is None:
        raise NothingSaid
    if _unread(application.id) >= IN_A_ROW:
        raise TooManyAtOnce
    message = add(actor, application, key, text, upload)
    if application.state is State.INFO_REQUESTED and not form_gaps(application):
        move(application, State.SUBMITTED, actor=actor, cause="answered")
    else:
        note("funding.answered", actor, application)
    application.answered_at = message.sent_at
    return message


def may_ask(application: Application) -> bool:
    """Whether the desk may ask now."""
    return application.state in ASKED_IN and application.person.email is not None


def may_write(application: Application) -> bool:
    """Whether the applicant may write now: who was asked, whom the fund has written to, who holds a grant or waits for
    one, and for a time whose application is over. Three statements at the most.
    """
    if writing.has_ended(application):
        return False
    asked = application.state is State.INFO_REQUESTED or writing.may_begin(application)
    return asked or is_there(application.id)


def form_gaps(application: Application) -> list[Gap]:
    """What the form itself still lacks: answers and papers. Two statements at the most."""
    answer_set = db.session.get(AnswerSet, application.answer_set_id) if application.answer_set_id else None
    if answer_set is None:
        return []
    definition = questionnaires.version(answer_set.version_id).definition
    return gaps_of(definition, given.load(answer_set), Vouching(), ())


def is_there(application_id: uuid.UUID) -> bool:
    """Whether anything was asked or written."""
    found = select(FundMessage.id).where(FundMessage.application_id == application_id).limit(1)
    return db.session.scalar(found) is not None


def messages(application_id: uuid.UUID, key: SealKey) -> list[Said]:
    """The whole exchange, the oldest first. One statement."""
    rows = (
        select(FundMessage, StoredFile, PUBLIC_NAME)
        .outerjoin(StoredFile, (StoredFile.id == FundMessage.file_id) & StoredFile.deleted_at.is_(None))
        .outerjoin(Person, Person.id == FundMessage.author_id)
        .where(FundMessage.application_id == application_id)
        .order_by(FundMessage.sent_at, FundMessage.id)
    )
    found = []
    for message, file, author in db.session.execute(rows):
        text, known, name = opened(message, key)
        found.append(Said(message, text, known, name, file, author if message.by_desk else None))
    return found


def is_awaited(application: Application) -> bool:
    """Whether the desk asked for something and nothing was answered yet."""
    asked, answered = application.asked_at, application.answered_at
    return application.state is State.INFO_REQUESTED and asked is not None and (answered is None or answered < asked)


def _is_asked(application: Application, key: SealKey, text: str, gaps: Sequence[Gap]) -> bool:
    """Whether the newest letter says the very same, and nobody answered it."""
    if not is_awaited(application):
        return False
    rows = select(FundMessage).where(FundMessage.application_id == application.id, FundMessage.by_desk)
    newest = db.session.scalar(rows.order_by(FundMessage.sent_at.desc(), FundMessage.id).limit(1))
    if newest is None or newest.file_id is not None:
        return False
    said, known, _name = opened(newest, key)
    return said == text.strip() and {one.code for one in known} == {one.code for one in gaps}


def file_of(application_id: uuid.UUID, message_id: uuid.UUID, key: SealKey) -> tuple[StoredFile, str, bool]:
    """The file of a message, what it was called, and whether the desk sent it. Raises NotFound."""
    rows = select(FundMessage, StoredFile).join(StoredFile, StoredFile.id == FundMessage.file_id)
    mine = FundMessage.id == message_id, FundMessage.application_id == application_id
    found = db.session.execute(rows.where(*mine, StoredFile.deleted_at.is_(None))).first()
    if found is None:
        raise NotFound
    return found[1], opened(found[0], key)[2], found[0].by_desk


def own(person: Person, reference: str, *, lock: bool = False) -> Application:
    """Somebody's own application that was sent, with call, organization and key. Raises NotFound."""
    mine = Application.reference == reference, Application.person_id == person.id
    if lock:
        db.session.execute(select(Application.id).where(*mine).with_for_update())
    rows = select(Application).where(*mine, Application.erased_at.is_(None))
    rows = rows.options(
        joinedload(Application.call).joinedload(Call.event),
        joinedload(Application.answer_set),
        joinedload(Application.person).joinedload(Person.seal_key),
    )
    found: Application | None = db.session.scalar(rows.execution_options(populate_existing=lock))
    if found is None:
        raise NotFound
    return found


def question_told(message_id: uuid.UUID, *, reminder: bool = False) -> Said | None:
    """A question with its words, for the mail about it; None where it is gone, answered, or another one came after it,
    and for a reminder where its day is past.
    """
    later = aliased(FundMessage)
    newer = select(later.id).where(
        later.application_id == FundMessage.application_id, later.sent_at > FundMessage.sent_at
    )
    rows = (
        select(FundMessage, SealKey)
        .join(Application, Application.id == FundMessage.application_id)
        .join(Person, Person.id == Application.person_id)
        .join(SealKey, SealKey.id == Person.seal_key_id)
        .where(FundMessage.id == message_id, Application.state == State.INFO_REQUESTED, ~newer.exists())
    )
    found = db.session.execute(rows).first()
    if found is None or (reminder and found[0].due_at is not None and found[0].due_at <= now()):
        return None
    text, gaps, name = opened(found[0], found[1])
    return Said(found[0], text, gaps, name, None, None) if text is not None else None


def remind(moment: datetime) -> int:
    """Promise one mail to everybody whose day is near and who has not answered; how many. Safe to repeat and when two
    run at once.
    """
    newest = aliased(FundMessage)
    newer = select(newest.id).where(
        newest.application_id == FundMessage.application_id, newest.sent_at > FundMessage.sent_at
    )
    due = (
        select(FundMessage)
        .join(Application, Application.id == FundMessage.application_id)
        .where(
            FundMessage.due_at > moment,
            FundMessage.due_at <= moment + REMINDED_BEFORE,
            FundMessage.sent_at < moment - REMINDED_BEFORE,
            FundMessage.reminded_at.is_(None),
            Application.state == State.INFO_REQUESTED,
            ~newer.exists(),
        )
        .order_by(FundMessage.due_at)
        .limit(500)
    )
    found = list(db.session.scalars(due.with_for_update(of=FundMessage, skip_locked=True)))
    for message in found:
        message.reminded_at = moment
        promise("funding.asked_again", message_id=message.id)
    return len(found)


def due_after(call: Call, days: int, moment: datetime) -> datetime:
    """The end of the day that comes so many days later where the call is: its last minute."""
    zone = ZoneInfo(call.time_zone)
    day = moment.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, time(23, 59), zone).astimezone(moment.tzinfo)


def own_data(application_id: uuid.UUID, key: SealKey) -> list[dict[str, Any]]:
    """The exchange in plain values, for the person's copy of all data."""
    return [
        {
            "at": one.message.sent_at,
            "from": "secretariat" if one.message.by_desk else "you",
            "text": one.text,
            "missing": [gap.code for gap in one.gaps],
            "until": one.message.due_at,
            "file": one.name if one.file else None,
        }
        for one in messages(application_id, key)
    ]


def erase(application_ids: Sequence[uuid.UUID]) -> int:
    """Delete the exchanges of these applications with their files; how many messages."""
    return _delete(list(db.session.scalars(select(FundMessage).where(FundMessage.application_id.in_(application_ids)))))


def delete_expired(moment: datetime, limit: int = 500) -> int:
    """Delete messages whose days are over; how many. Run until 0; safe when two run at once."""
    over = FundMessage.delete_after <= moment
    due = select(FundMessage).where(over).order_by(FundMessage.delete_after).limit(limit)
    found = list(db.session.scalars(due.with_for_update(skip_locked=True)))
    ids = {message.application_id for message in found}
    _delete(found)
    left = select(FundMessage.id).where(FundMessage.application_id == Application.id)
    quiet = update(Application).where(Application.id.in_(ids), Application.answered_at.is_not(None), ~left.exists())
    db.session.execute(quiet.values(answered_at=None).execution_options(synchronize_session=False))
    return len(found)


def _delete(found: Sequence[FundMessage]) -> int:
    ids = [message.file_id for message in found if message.file_id is not None]
    if ids:
        rows = select(StoredFile).where(StoredFile.id.in_(ids), StoredFile.deleted_at.is_(None))
        for file in db.session.scalars(rows):
            files.remove(file)
    if found:
        gone = delete(FundMessage).where(FundMessage.id.in_([message.id for message in found]))
        db.session.execute(gone.execution_options(synchronize_session="fetch"))
    return len(found)


def add(
    actor: Person,
    application: Application,
    key: SealKey,
    text: str,
    upload: Upload | None,
    *,
    gaps: Sequence[Gap] = (),
    due: datetime | None = None,
    by_desk: bool = False,
) -> FundMessage:
    """Keep one message, sealed. The application is held, and gets a new version. Raises what files.store raises."""
    moment = now()
    file = _stored(application, key, upload) if upload else None
    message = FundMessage(
        id=uuid.uuid4(),
        application_id=application.id,
        author_id=actor.id,
        by_desk=by_desk,
        file_id=file.id if file else None,
        sent_at=moment,
        due_at=due,
        delete_after=moment + KEPT,
    )
    said = {
        "text": text.strip(),
        "gaps": [gap.code for gap in gaps],
        "file": safe_file_name(upload.name) if upload else "",
    }
    message.sealed = seal(key, _place(message.id), json.dumps(said, ensure_ascii=False))
    db.session.add(message)
    # A new version, and no more: when it was changed tells since when somebody stands as she stands.
    flag_modified(application, "state")
    return message


def _stored(application: Application, key: SealKey, upload: Upload) -> StoredFile:
    try:
        # Its own name may say as much as the file: it is sealed with the words.
        return files.store(
            upload.data, name="file", allowed=ALLOWED, purpose=PURPOSE, owner_id=application.person_id, key=key
        )
    except DomainError as error:
        error.field = "file"
        raise


def hand_on(application_id: uuid.UUID, before: SealKey, after: SealKey, *, owner_id: uuid.UUID) -> None:
    """The application is somebody else's: messages are sealed for that person, those that do not open are deleted."""
    rows = select(FundMessage).where(FundMessage.application_id == application_id).order_by(FundMessage.id)
    for row in db.session.scalars(rows.with_for_update().execution_options(populate_existing=True)).all():
        sealed = resealed(before, after, _place(row.id), row.sealed)
        if sealed is None:
            db.session.delete(row)
            continue
        row.sealed, row.file_id = sealed, files.handed_over(row.file_id, owner_id, after)


def _unread(application_id: uuid.UUID) -> int:
    """How many messages of the applicant came after the desk last wrote, or said that it has read them."""
    mine = FundMessage.application_id == application_id
    written = select(func.max(FundMessage.sent_at)).where(mine, FundMessage.by_desk).scalar_subquery()
    read = select(func.max(audit.AuditEntry.at)).where(
        audit.AuditEntry.subject_kind == Application.__tablename__,
        audit.AuditEntry.subject_id == application_id,
        audit.AuditEntry.verb == READ,
    )
    since = func.coalesce(FundMessage.sent_at > func.greatest(written, read.scalar_subquery()), True)
    return db.session.scalar(select(func.count()).where(mine, FundMessage.by_desk.is_(False), since)) or 0


def opened(message: FundMessage, key: SealKey) -> tuple[str | None, tuple[Gap, ...], str]:
    """Words, gaps and the name of the file of a message; no words where the key is gone."""
    try:
        said = json.loads(open_sealed(key, _place(message.id), message.sealed))
    except Unreadable:
        return None, (), ""
    return said["text"], tuple(gap for code in said["gaps"] if (gap := read_gap(code)) is not None), said["file"]


def _place(message_id: uuid.UUID) -> Place:
    return place("fund_message", "sealed", message_id)


def note(verb: str, actor: Person, application: Application) -> None:
    """Write down what was done in an exchange."""
    audit.record(verb, application, actor=actor, scope_id=application.call_id)
