"""Whoever wants to say something about a commitment gets a link of their own, by mail or, signed in, at once.

The words are the same whether a mailbox speaks for the maker or not, so the page tells nobody who does.
"""

import json
import uuid
from contextlib import suppress
from datetime import timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from eventhub.commitments import nearness
from eventhub.commitments import queries as commitments
from eventhub.commitments.models import Commitment
from eventhub.evidence import queries
from eventhub.evidence.models import Voice
from eventhub.kit import sealed
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, TooMany
from eventhub.kit.limits import count
from eventhub.kit.outbox import promise
from eventhub.kit.sealed import SealKey, Unreadable, place
from eventhub.kit.tokens import blind, digest, new_salt, token
from eventhub.people.models import Person
from eventhub.people.queries import person_by_email

PURPOSE = "evidence.voice"
EVERYWHERE = uuid.UUID(int=0)
"""The scope of marks: one person's voices are found again at all commitments."""
LASTS = timedelta(days=30)
"""So long a link opens (default)."""
UNREAD = 50
"""So much may wait unread about one commitment, comments and evidence together."""
TO_ONE = {"limit": 5, "seconds": 24 * 3600}
"""Links that are mailed to one mailbox in a day, whoever asks for them."""


class LinkClosed(DomainError):
    """The time of the link is over, or the commitment takes nothing any more."""

    status = 410
    message = _l("This link opens nothing any more. Ask for a new one on the page of the commitment.")


class TooMuchUnread(DomainError):
    """More about one commitment waits than somebody reads."""

    status = 422
    message = _l(
        "So much about this commitment waits to be read that nothing more is taken now. Send yours in some days."
    )


def demand_room(voice: Voice, commitment: Commitment, field: str) -> None:
    """Whether more may wait about a commitment; the caller holds it. The maker and all others have a ceiling each, so
    that neither keeps the other from speaking. Raises TooMuchUnread at ``field``.
    """
    if queries.unread(commitment.id, of_maker=voice.is_maker) >= UNREAD:
        error = TooMuchUnread()
        error.field = field
        raise error


class SpeaksNoMore(DomainError):
    """A mailbox that spoke for the maker does not any more: it was removed, or another maker took over."""

    status = 410
    message = _l("This mailbox does not speak for the maker any more, so nothing can be sent by this link.")


def ask(commitment: Commitment, email: str, language: str) -> None:
    """Mail a link to whoever has this mailbox. What goes beyond the limit of a mailbox is not sent, and nobody is told.
    Raises NotFound where nothing is taken.
    """
    queries.speakable(commitment.number)
    with suppress(TooMany):
        count("evidence.link", email, **TO_ONE)
        person = person_by_email(email)
        voice = _voice(commitment, person, email, language)
        promise("evidence.link_asked", voice_id=voice.id)


def own(person: Person, commitment: Commitment, language: str) -> Voice:
    """The voice of a signed-in person. Raises NotFound where nothing is taken."""
    queries.speakable(commitment.number)
    return _voice(commitment, person, person.email, language)


def of_mailbox(commitment: Commitment, email: str, language: str) -> Voice:
    """The voice of a mailbox that we know already, such as the maker's. The caller knows that something is taken."""
    return _voice(commitment, person_by_email(email), email, language)


def link_token(voice: Voice) -> str:
    """The secret of a link: made anew for each mail, kept nowhere."""
    return token(PURPOSE, voice.id, voice.salt)


def behind(secret: str, *, lock: bool = False, to_take_back: bool = False) -> tuple[Voice, Commitment]:
    """Who speaks behind an open link, and about what; ``lock`` holds both, the commitment first. ``to_take_back``: what
    was sent may be taken back as long as the commitment is shown. Raises LinkClosed, SpeaksNoMore.
    """
    voice = queries.voice_behind(secret)
    if voice is None or voice.sealed is None or voice.until <= now():
        raise LinkClosed
    commitment = commitments.record(voice.commitment_id, lock=lock)
    if not queries.takes_words(commitment) and not (to_take_back and commitment.is_shown):
        raise LinkClosed
    if lock:
        voice = queries.voice_behind(secret, lock=True)
    if voice is None or voice.sealed is None:
        raise LinkClosed
    if voice.is_maker and not _still_speaks(voice, commitment):
        raise SpeaksNoMore
    return voice, commitment


def identity(voice: Voice) -> dict[str, str]:
    """Who it is: ``email``, ``name``, ``organisation``; empty after an erasure. Showing it must be recorded."""
    if voice.sealed is None:
        return {}
    key = db.session.get_one(SealKey, voice.seal_key_id)
    try:
        found: dict[str, str] = json.loads(sealed.open_sealed(key, _place(voice), voice.sealed))
    except Unreadable:
        return {}
    return found


def introduce(voice: Voice, *, name: str, organisation: str) -> Voice:
    """Keep, sealed, how somebody calls themselves and for whom they speak."""
    _keep(voice, {"name": name, "organisation": organisation})
    db.session.flush()
    return voice


def marks(person: Person, addresses: set[str]) -> list[bytes]:
    """The marks under which a person may have spoken."""
    return [blind(PURPOSE, EVERYWHERE, one) for one in (str(person.id), *sorted(addresses))]


def forget(voice: Voice) -> None:
    """Nobody can tell any more who it was."""
    key = db.session.get_one(SealKey, voice.seal_key_id)
    sealed.destroy(key)
    voice.sealed = voice.mark = None


def _voice(commitment: Commitment, person: Person | None, email: str | None, language: str) -> Voice:
    """The voice of somebody, made where there is none. With as many statements for everybody: how long it takes tells
    nobody who has an account, who speaks for a maker, or who has spoken already.
    """
    commitment = commitments.record(commitment.id, lock=True)
    mark = blind(PURPOSE, EVERYWHERE, str(person.id) if person else str(email))
    moment = now()
    contacts = {one.email for one in commitment.contacts if one.email}
    represents = nearness.represents(person or Person(id=uuid.uuid4(), email=email), commitment)
    both = select(Voice, SealKey).join(SealKey, SealKey.id == Voice.seal_key_id)
    known = db.session.execute(both.where(Voice.commitment_id == commitment.id, Voice.mark == mark)).first()
    fresh = sealed.new_key()
    db.session.flush()
    found = known[0] if known else _new(commitment, mark, fresh, person)
    if identity(found).get("email") != (email or ""):
        # The mailbox is another one by now: what was mailed to the former one opens nothing any more.
        _keep(found, {"email": email or ""})
        _renew(found)
    if found.until <= moment:
        _renew(found)
    found.is_maker, found.language, found.until = email in contacts or represents, language, moment + LASTS
    db.session.add(found)
    db.session.flush()
    unused = delete(SealKey).where(SealKey.id == (fresh.id if known else uuid.uuid4()))
    db.session.execute(unused.execution_options(synchronize_session=False))
    return found


def _still_speaks(voice: Voice, commitment: Commitment) -> bool:
    """Whether the mailbox is one of the commitment's at this moment, or its person is of the maker."""
    email = identity(voice).get("email")
    if email and email in {one.email for one in commitment.contacts}:
        return True
    person = person_by_email(email) if email else None
    return person is not None and nearness.speaks_for(person, commitment)


def _new(commitment: Commitment, mark: bytes, key: SealKey, person: Person | None) -> Voice:
    made = Voice(id=uuid.uuid4(), commitment_id=commitment.id, mark=mark, seal_key_id=key.id, made_at=now())
    known = {"email": "", "name": person.name if person else "", "organisation": ""}
    made.sealed = sealed.seal(key, _place(made), json.dumps(known, ensure_ascii=False))
    made.until = made.made_at
    _renew(made)
    return made


def _keep(voice: Voice, told: dict[str, str]) -> None:
    key = db.session.get_one(SealKey, voice.seal_key_id)
    voice.sealed = sealed.seal(key, _place(voice), json.dumps(identity(voice) | told, ensure_ascii=False))


def _renew(voice: Voice) -> None:
    voice.salt = new_salt()
    voice.token_hash = digest(link_token(voice))


def _place(voice: Voice) -> sealed.Place:
    return place("evidence_voice", "sealed", voice.id)
