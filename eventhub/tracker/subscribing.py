"""Who gets mails about what changes: asked for, agreed to behind a mailed link, left with one press.

No account is needed. The words are the same whether a mailbox is known or not.
"""

import uuid
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Text,
    Uuid,
    and_,
    cast,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import joinedload, selectinload

from eventhub.commitments import queries
from eventhub.commitments.models import Commitment, Maker
from eventhub.kit import sealed
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, TooMany, or_not_found
from eventhub.kit.limits import count
from eventhub.kit.mail import Mail
from eventhub.kit.outbox import Promise, promise, promise_all
from eventhub.kit.sealed import SealKey, Unreadable, place
from eventhub.kit.tokens import blind, digest, new_salt, token
from eventhub.people import actions as people
from eventhub.people.models import Person
from eventhub.tracker import changes
from eventhub.tracker.changes import Change
from eventhub.tracker.models import Follow, Reader

PURPOSE = "tracker.reader"
EVERYWHERE = uuid.UUID(int=1)
"""The scope of marks: one mailbox is one reader."""
TO_ONE = {"limit": 4, "seconds": 24 * 3600}
"""Links that are mailed to one mailbox in a day, whoever asks for them."""
MOST = 50
"""So many commitments and makers one mailbox follows."""
TO_AGREE = timedelta(days=3)
"""So long it is known that somebody gave a mailbox and nobody agreed."""
FROM_HOUR = 5
"""The day’s mail goes out from this hour on, in UTC."""
SETTLED = timedelta(minutes=2)
"""What was written within the last minutes may not be seen yet by everybody: it is told the next day."""
BATCH = 1000
TASKS = ("tracker.follow_asked", "tracker.digest")


class LinkClosed(DomainError):
    """Whoever left is forgotten, and so is a link that nobody used."""

    status = 410
    message = _l("This link opens nothing any more. Ask for a new one on the page of a commitment.")


@dataclass(frozen=True)
class Told:
    """What a mailbox follows. ``commitment`` and ``maker`` are None where it is not public any more."""

    follow: Follow
    commitment: Commitment | None
    maker: str | None

    @property
    def is_agreed(self) -> bool:
        """Whether mails about it go out."""
        return self.follow.agreed_at is not None


def ask(commitment: Commitment, email: str, language: str, *, whole_maker: bool) -> None:
    """Mail a link to whoever has this mailbox; nothing else goes out before they agree. What goes beyond the limit of
    a mailbox is not sent, and nobody is told. ``whole_maker``: all that its leading maker promises.
    """
    lead = next((one.name for one in commitment.makers if one.is_lead), None)
    with suppress(TooMany):
        count("tracker.follow", email, **TO_ONE)
        reader = _reader(email, language)
        number = select(func.count()).select_from(Follow).where(Follow.reader_id == reader.id)
        if (db.session.scalar(number) or 0) < MOST:
            about = {"maker": lead} if whole_maker and lead else {"commitment_id": commitment.id}
            row = postgresql.insert(Follow).values(id=uuid.uuid4(), reader_id=reader.id, asked_at=now(), **about)
            db.session.execute(row.on_conflict_do_nothing())
        promise("tracker.follow_asked", reader_id=reader.id)


def link_token(reader: Reader) -> str:
    """The secret of a reader’s link: made anew for each mail, kept nowhere."""
    return token(PURPOSE, reader.id, reader.salt)


def behind(secret: str, *, lock: bool = False) -> Reader:
    """Whose link this is; ``lock`` holds it. Raises LinkClosed."""
    rows = select(Reader).where(Reader.token_hash == digest(secret))
    found = db.session.scalar(rows.with_for_update() if lock else rows)
    if found is None:
        raise LinkClosed
    return found


def followed(reader: Reader) -> list[Told]:
    """What a mailbox follows, what waits for a yes first. Four statements at the most."""
    rows = select(Follow).where(Follow.reader_id == reader.id)
    follows = db.session.scalars(rows.order_by(Follow.agreed_at.desc().nulls_first(), Follow.asked_at, Follow.id)).all()
    seen = select(Commitment).where(
        Commitment.id.in_([one.commitment_id for one in follows if one.commitment_id]), queries.is_public()
    )
    shown = seen.options(joinedload(Commitment.words), selectinload(Commitment.makers))
    known = {one.id: one for one in db.session.scalars(shown)}
    named = select(Maker.name).join(Commitment, Commitment.id == Maker.commitment_id)
    names = [one.maker for one in follows if one.maker]
    still = set(db.session.scalars(named.where(Maker.name.in_(names), queries.is_public()).distinct()))
    return [
        Told(
            one, known.get(one.commitment_id) if one.commitment_id else None, one.maker if one.maker in still else None
        )
        for one in follows
    ]


def agree(reader: Reader, language: str) -> Reader:
    """Yes to all that waits, to be told in the language of the page. Only what happens from now on is told. The caller
    holds the reader.
    """
    moment, reader.language = now(), language
    waiting = update(Follow).where(Follow.reader_id == reader.id, Follow.agreed_at.is_(None))
    db.session.execute(waiting.values(agreed_at=moment).execution_options(synchronize_session="fetch"))
    return reader


def stop(reader: Reader, follow_id: uuid.UUID) -> bool:
    """Follow one of them no more; whoever follows nothing is forgotten at once. True when anything is left. The caller
    holds the reader. Raises NotFound.
    """
    mine = select(Follow).where(Follow.reader_id == reader.id, Follow.id == follow_id)
    db.session.delete(or_not_found(db.session.scalar(mine)))
    db.session.flush()
    left = db.session.scalar(select(Follow.id).where(Follow.reader_id == reader.id).limit(1))
    if left is None:
        forget([reader])
    return left is not None


def leave(secret: str) -> None:
    """No more mails: the mailbox is forgotten. Whoever is known no more has left already. Safe to repeat."""
    with suppress(LinkClosed):
        forget([behind(secret, lock=True)])


def forget(readers: Collection[Reader]) -> None:
    """Nothing is known of these mailboxes any more."""
    for one in readers:
        key = db.session.get_one(SealKey, one.seal_key_id)
        db.session.delete(one)
        sealed.destroy(key)
    db.session.flush()


def address(reader: Reader) -> str | None:
    """Where mails go; None where the key is gone."""
    key = db.session.get_one(SealKey, reader.seal_key_id)
    try:
        return sealed.open_sealed(key, _place(reader), reader.sealed).decode()
    except Unreadable:
        return None


def news(reader: Reader, since: datetime | None = None, until: datetime | None = None) -> list[Change]:
    """What changed of what a mailbox follows since it agreed, newest first: only what everybody may read now."""

    def theirs(at: Any) -> ColumnElement[bool]:
        made = exists().where(Maker.commitment_id == Commitment.id, Maker.name == Follow.maker)
        made = made.correlate(Commitment, Follow)
        of_one = or_(Follow.commitment_id == Commitment.id, made)
        mine = exists().where(Follow.reader_id == reader.id, of_one, at > Follow.agreed_at)
        return mine if until is None else and_(mine, at <= until)

    return changes.newest(queries.Wanted(), now().date(), since=since, narrowing=theirs)


def tell_due(moment: datetime, limit: int = BATCH) -> int:
    """Owe the day’s mail to whoever follows something that changed. How many. Safe to repeat: one a day at most."""
    today, until = moment.date(), moment - SETTLED
    if moment.hour < FROM_HOUR:
        return 0
    not_yet = or_(Reader.told_on.is_(None), Reader.told_on < today)
    agreed = exists().where(Follow.reader_id == Reader.id, Follow.agreed_at.is_not(None))
    since = db.session.scalar(select(func.min(Reader.told_until)).where(not_yet, agreed))
    if since is None:
        return 0
    changed = _changed(changes.moments(since, today).subquery(), until)
    due = select(Reader.id).where(not_yet, agreed, Reader.id.in_(changed)).order_by(Reader.id).limit(limit)
    ids = db.session.scalars(due.with_for_update(skip_locked=True)).all()
    if not ids:
        return 0
    name = cast(Reader.id, Text)
    payload = func.jsonb_build_object(
        "reader_id", name, "since", cast(Reader.told_until, Text), "until", until.isoformat()
    )
    owed = select((literal(f"follow:{today}:") + name).label("key"), payload.label("payload"))
    promise_all("tracker.digest", owed.where(Reader.id.in_(ids)))
    told = update(Reader).where(Reader.id.in_(ids)).values(told_on=today, told_until=until)
    db.session.execute(told.execution_options(synchronize_session="fetch"))
    return len(ids)


def _changed(moved: Any, until: datetime) -> CompoundSelect[Any]:
    """Who follows something that changed and was not told yet: two joins, since an “or” would look at every pair."""
    fresh = and_(moved.c.at > func.greatest(Reader.told_until, Follow.agreed_at), moved.c.at <= until)
    rows = select(Follow.reader_id).join(Reader, Reader.id == Follow.reader_id).where(Follow.agreed_at.is_not(None))
    of_one = rows.join(moved, and_(moved.c.commitment_id == Follow.commitment_id, fresh))
    of_maker = rows.join(Maker, Maker.name == Follow.maker)
    of_maker = of_maker.join(moved, and_(moved.c.commitment_id == Maker.commitment_id, fresh))
    return union(of_one, of_maker)


def tidy(moment: datetime, limit: int = BATCH) -> int:
    """Forget who never agreed, and mailboxes from which mails came back. How many. Safe to repeat."""
    old = delete(Follow).where(Follow.agreed_at.is_(None), Follow.asked_at <= moment - TO_AGREE)
    db.session.execute(old.execution_options(synchronize_session=False))
    about = cast(Promise.payload["reader_id"].astext, Uuid)
    came_back = or_(Mail.bounced_at.is_not(None), and_(Promise.parked_at.is_not(None), Promise.problem.like("SMTP 5%")))
    back = (
        select(Promise.id)
        .outerjoin(Mail, Mail.promise_id == Promise.id)
        .where(Promise.task.in_(TASKS), about == Reader.id, came_back)
        .exists()
    )
    alone = ~exists().where(Follow.reader_id == Reader.id) & (Reader.made_at <= moment - timedelta(minutes=5))
    gone = select(Reader).where(or_(alone, back)).limit(limit).with_for_update(skip_locked=True)
    found = db.session.scalars(gone).all()
    forget(found)
    return len(found)


def own_data(person: Person) -> list[dict[str, Any]]:
    """What a person’s mailbox follows, for the copy of all data."""
    found = _marked({person.email} if person.email else set())
    told: list[dict[str, Any]] = []
    for reader in found:
        told += [
            {
                "asked": one.follow.asked_at,
                "agreed": one.follow.agreed_at,
                "commitment": one.commitment.reference if one.commitment else None,
                "maker": one.maker,
                "address": address(reader),
                "last_email": reader.told_on,
            }
            for one in followed(reader)
        ]
    return told


def erase(_person: Person, addresses: Collection[str]) -> None:
    """A person is erased, and with them what their mailboxes followed. Safe to repeat."""
    forget(_marked(set(addresses)))


def _marked(addresses: set[str]) -> Sequence[Reader]:
    marks = [blind(PURPOSE, EVERYWHERE, one) for one in sorted(addresses)]
    return db.session.scalars(select(Reader).where(Reader.mark.in_(marks)).order_by(Reader.id)).all() if marks else ()


def _reader(email: str, language: str) -> Reader:
    """The reader with a mailbox, held; made where there is none. Whoever comes second gets the first one’s."""
    mark = blind(PURPOSE, EVERYWHERE, email)
    mine = select(Reader).where(Reader.mark == mark).with_for_update()
    found = db.session.scalar(mine)
    if found is None:
        key = sealed.new_key()
        db.session.flush()
        moment = now()
        made = Reader(id=uuid.uuid4(), mark=mark, language=language, seal_key_id=key.id, salt=new_salt())
        row = {
            "id": made.id,
            "mark": mark,
            "language": language,
            "seal_key_id": key.id,
            "sealed": sealed.seal(key, _place(made), email),
            "salt": made.salt,
            "token_hash": digest(link_token(made)),
            "made_at": moment,
            "told_until": moment,
        }
        insert = postgresql.insert(Reader).values(**row).on_conflict_do_nothing(index_elements=["mark"])
        if db.session.scalar(insert.returning(Reader.id)) is None:
            db.session.delete(key)
        found = db.session.scalars(mine).one()
    return found


def _place(reader: Reader) -> sealed.Place:
    return place("tracker_reader", "sealed", reader.id)


people.LEAVING.append(erase)
