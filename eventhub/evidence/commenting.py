"""Comments of others on a commitment, moderated before anybody reads them, and the maker's reply to each.

Who wrote a comment stands sealed; the maker and the public read a country or an alias. A moderator cuts out what says
who somebody is: that something was cut stays in sight, the words do not stay anywhere.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from eventhub.commitments import nearness
from eventhub.commitments import queries as commitments
from eventhub.commitments.models import Commitment
from eventhub.commitments.moves import NotPossible, deed
from eventhub.commitments.verifying import OwnMaker
from eventhub.evidence import naming, queries, reading, voices
from eventhub.evidence.models import SPOKEN, Comment, Reply, ShownAs, Voice, Word
from eventhub.evidence.voices import LinkClosed
from eventhub.kit import sealed
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, or_not_found
from eventhub.kit.outbox import promise
from eventhub.kit.sealed import SealKey, Unreadable, place
from eventhub.kit.tokens import digest, new_salt, token
from eventhub.people.models import Person

REPLY = "evidence.reply"
TO_REPLY = timedelta(days=60)
"""So long the link of a reply opens (default)."""
WAITING_AT_ONCE = 5
"""So many comments of one voice may wait."""


@dataclass(frozen=True)
class Said:
    """A comment as somebody sends it. ``disputes``: the claim of the maker is said to be wrong."""

    text: str
    language: str
    disputes: bool = False
    shown_as: ShownAs = ShownAs.PROTECTED
    alias: str = ""
    country: str | None = None
    name: str = ""
    organisation: str = ""


class TooManyWait(DomainError):
    """One voice sends more than somebody can read."""

    status = 422
    message = _l("Several things of yours still wait to be looked at. Send more when they have been.")
    field = "text"


class OfTheMaker(DomainError):
    """The maker has the right of reply, and does not comment."""

    message = _l("You speak for the maker. You may send evidence here, and reply to each comment by its own link.")


class ReasonNeeded(DomainError):
    """What is not shown says why."""

    status = 422
    message = _l("Say why")
    field = "reason"


class NotInText(DomainError):
    """What is to be cut does not stand there."""

    status = 422
    message = _l("These words do not stand in the text like this. Copy them from it, one part in a line.")
    field = "cut"


class NothingLeft(DomainError):
    """A comment without words."""

    status = 422
    message = _l("Nothing would be left of the text. Refuse it instead.")
    field = "cut"


def comment(voice: Voice, commitment: Commitment, said: Said) -> Comment:
    """Keep a comment, sealed until a moderator reads it. The caller holds both. Raises OfTheMaker, TooManyWait,
    TooMuchUnread, NotPossible.
    """
    if not queries.takes_words(commitment):
        raise NotPossible
    if voice.is_maker:
        raise OfTheMaker
    waiting = select(func.count()).where(Comment.voice_id == voice.id, Comment.standing == Word.WAITING)
    if (db.session.scalar(waiting) or 0) >= WAITING_AT_ONCE:
        raise TooManyWait
    voices.demand_room(voice, commitment, "text")
    voices.introduce(voice, name=said.name, organisation=said.organisation)
    made = Comment(
        id=uuid.uuid4(),
        commitment_id=commitment.id,
        voice_id=voice.id,
        disputes=said.disputes,
        shown_as=said.shown_as,
        alias=said.alias if said.shown_as is ShownAs.ALIAS else "",
        country=said.country,
        language=said.language,
        given_at=now(),
    )
    key = db.session.get_one(SealKey, voice.seal_key_id)
    made.sealed = sealed.seal(key, _place(made), said.text)
    db.session.add(made)
    deed(commitment, "comment_given", actor=None, hidden=True, comment=made.id)
    return made


def text_of(comment: Comment) -> str:
    """The words for those who check them: sealed while they wait, in clear once they are shown, else none."""
    return "" if comment.standing is Word.REFUSED else own_text(comment)


def own_text(comment: Comment) -> str:
    """The same for whoever wrote them, who reads what was refused unread by others too."""
    if comment.sealed is None:
        return comment.text
    voice = db.session.get_one(Voice, comment.voice_id)
    key = db.session.get_one(SealKey, voice.seal_key_id)
    try:
        return sealed.open_sealed(key, _place(comment), comment.sealed).decode()
    except Unreadable:
        return ""


def show(
    actor: Person, commitment: Commitment, comment: Comment, *, cut: Collection[str] = (), disputes: bool | None = None
) -> Comment:
    """Let everybody read a comment, without what is cut; the maker is asked for a reply. ``disputes``: whether it is
    taken as a dispute. The caller holds the commitment. Raises OwnMaker, NotPossible, NotInText, NothingLeft.
    """
    _demand_distance(actor, commitment)
    if Word.SHOWN not in SPOKEN[comment.standing]:
        raise NotPossible
    comment.text = _without(comment, text_of(comment), cut)
    comment.sealed = None
    if disputes is not None:
        comment.disputes = disputes
    _decide(actor, commitment, comment, Word.SHOWN)
    _ask_for_reply(commitment, comment)
    return comment


def redact(actor: Person, commitment: Commitment, comment: Comment, cut: Collection[str]) -> Comment:
    """Cut words out of a comment that is shown already. The caller holds the commitment. Raises NotPossible, NotInText,
    NothingLeft. Whoever is near to the maker may not.
    """
    _demand_distance(actor, commitment)
    if comment.standing is not Word.SHOWN:
        raise NotPossible
    comment.text = _without(comment, comment.text, cut)
    deed(commitment, "comment_cut", actor=actor, comment=comment.id, cuts=comment.cuts)
    return comment


def refuse(actor: Person, commitment: Commitment, comment: Comment, reason: str) -> Comment:
    """It is not shown, or not any more; whoever wrote it reads why. Words that were shown go at once; those that nobody
    else has read stay sealed for whoever wrote them, to be put right. The caller holds the commitment. Raises OwnMaker,
    NotPossible, ReasonNeeded.
    """
    _demand_distance(actor, commitment)
    if Word.REFUSED not in SPOKEN[comment.standing]:
        raise NotPossible
    if not reason:
        raise ReasonNeeded
    comment.reason, comment.text, comment.alias = reason, "", ""
    _decide(actor, commitment, comment, Word.REFUSED)
    return comment


def take_back(voice: Voice, commitment: Commitment, comment: Comment) -> Comment:
    """Whoever wrote it takes it back: the words go at once. Raises NotFound for what others wrote, NotPossible."""
    or_not_found(comment if comment.voice_id == voice.id else None)
    if Word.TAKEN_BACK not in SPOKEN[comment.standing]:
        raise NotPossible
    comment.text, comment.sealed, comment.alias = "", None, ""
    _decide(None, commitment, comment, Word.TAKEN_BACK)
    return comment


def read_identity(actor: Person, commitment: Commitment, comment: Comment, reason: str) -> dict[str, str]:
    """Who wrote it, for a reason, which is kept with who read it. Raises OwnMaker, ReasonNeeded, NotFound."""
    _demand_distance(actor, commitment)
    voice = or_not_found(db.session.get(Voice, comment.voice_id) if comment.voice_id else None)
    or_not_found(voice.sealed)
    if not reason:
        raise reading.ReasonNeeded
    reading.note(actor, commitment, reading.NAME, reason=reason, about=comment.id)
    return voices.identity(voice)


def hints(commitment: Commitment, text: str) -> list[str]:
    """What in a text may say who somebody is."""
    known = [commitment.speaker, *(one.name for one in commitment.contacts)]
    return naming.hints(text, known)


def reply_token(reply: Reply) -> str:
    """The secret of a reply's link: made anew for each mail, kept nowhere."""
    return token(REPLY, reply.id, reply.salt)


def reply_behind(secret: str, *, lock: bool = False) -> tuple[Reply, Comment, Commitment]:
    """What a maker may reply to; ``lock`` holds the commitment and the reply. Raises LinkClosed."""
    reply = queries.reply_behind(secret)
    if reply is None or reply.until <= now() or reply.standing not in {None, Word.WAITING, Word.REFUSED}:
        raise LinkClosed
    commitment = commitments.record(reply.commitment_id, lock=lock)
    if lock:
        reply = queries.reply_behind(secret, lock=True)
    found = db.session.get(Comment, reply.comment_id) if reply is not None else None
    if reply is None or found is None or found.standing is not Word.SHOWN or not queries.takes_words(commitment):
        raise LinkClosed
    if not any(one.id == reply.contact_id and one.email for one in commitment.contacts):
        raise LinkClosed
    return reply, found, commitment


def answer(secret: str, text: str, language: str) -> Reply:
    """The maker replies, or puts a reply right that nobody has read yet. Raises LinkClosed."""
    reply, found, commitment = reply_behind(secret, lock=True)
    if reply.standing not in {None, Word.WAITING, Word.REFUSED}:
        raise LinkClosed
    reply.text, reply.language = text, language
    reply.answered_at, reply.standing, reply.decided_at, reply.decided_by_id = now(), Word.WAITING, None, None
    deed(commitment, "replied", actor=None, hidden=True, comment=found.id)
    return reply


def decide_reply(
    actor: Person, commitment: Commitment, reply: Reply, standing: Word, *, cut: Collection[str] = ()
) -> Reply:
    """Let everybody read a reply, or not. The caller holds the commitment. Raises OwnMaker, NotPossible, NotInText."""
    _demand_distance(actor, commitment)
    if standing not in {Word.SHOWN, Word.REFUSED} or reply.standing is None or standing not in SPOKEN[reply.standing]:
        raise NotPossible
    text, _places, missing = naming.cut(reply.text, cut)
    if missing:
        raise NotInText
    reply.text = text if standing is Word.SHOWN else ""
    reply.standing, reply.decided_at, reply.decided_by_id = standing, now(), actor.id
    deed(commitment, f"reply_{standing.value}", actor=actor, comment=reply.comment_id)
    return reply


def _without(comment: Comment, text: str, parts: Collection[str]) -> str:
    rest, places, missing = naming.cut(text, parts)
    if missing:
        raise NotInText
    if not rest.replace(naming.CUT, "").strip():
        raise NothingLeft
    comment.cuts += places
    return rest


def _decide(actor: Person | None, commitment: Commitment, comment: Comment, standing: Word) -> None:
    comment.standing, comment.decided_at = standing, now()
    comment.decided_by_id = actor.id if actor else None
    deed(commitment, f"comment_{standing.value}", actor=actor, comment=comment.id, disputes=comment.disputes)


def _ask_for_reply(commitment: Commitment, comment: Comment) -> None:
    """One link for each comment, to the first mailbox that speaks for the maker."""
    contact = next((one for one in commitment.contacts if one.email), None)
    if contact is None:
        return
    moment = now()
    reply = Reply(
        id=uuid.uuid4(),
        commitment_id=commitment.id,
        comment_id=comment.id,
        contact_id=contact.id,
        salt=new_salt(),
        asked_at=moment,
        until=moment + TO_REPLY,
        language=contact.language,
    )
    reply.token_hash = digest(reply_token(reply))
    db.session.add(reply)
    db.session.flush()
    promise("evidence.reply_asked", reply_id=reply.id)


def _demand_distance(actor: Person, commitment: Commitment) -> None:
    if nearness.is_of_maker(actor, commitment):
        raise OwnMaker


def _place(comment: Comment) -> sealed.Place:
    return place("commitment_comment", "sealed", comment.id)
