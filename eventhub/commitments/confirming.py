"""The maker's word: asked by a mailed link and given without an account within seven days; then the next is asked.

Looking changes nothing: mail scanners open links. What a maker confirms is one version; that the wording is confirmed
is a fact of the record, and whether it goes on is the secretariat's decision (verifying.py).
"""

import uuid
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from eventhub.commitments import queries
from eventhub.commitments.capturing import Words, amend
from eventhub.commitments.models import Answer, Asking, Commitment, Contact, Note, State
from eventhub.commitments.moves import NotPossible, deed, move
from eventhub.commitments.queries import Behind
from eventhub.commitments.telling import speaker_of
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.kit.limits import count
from eventhub.kit.outbox import promise
from eventhub.kit.tokens import digest, new_salt, token
from eventhub.people.models import Person

PURPOSE = "commitment"
TO_CONFIRM = timedelta(days=7)
"""So long a maker may take (default)."""
REMINDED_BEFORE = timedelta(days=2)
"""So long before the end a reminder goes out."""
TO_ONE = {"limit": 20, "seconds": 24 * 3600}
"""Mails of this kind that go to one mailbox in a day, whoever causes them."""
ASKED_IN = frozenset({State.DRAFT, State.AWAITING_MAKER, State.CLARIFICATION, State.LAPSED})
QUESTIONED_IN = frozenset({State.AWAITING_MAKER, State.CLARIFICATION, State.VERIFIED})
"""While the maker reads questions of the secretariat behind the link that confirms."""


class NobodyToAsk(DomainError):
    """No mailbox is left that was not asked or did not refuse."""

    status = 422
    message = _l("There is no mailbox to ask. Add one first.")


class LinkClosed(DomainError):
    """The link was answered, replaced, or its time is over."""

    status = 410
    message = _l(
        "This link opens nothing any more: it was answered, replaced by a newer one, or its seven days are over. Write"
        " to the secretariat if your answer is still missing."
    )


class Changed(DomainError):
    """The secretariat corrected the words while the page was open."""

    message = _l("The words were changed while you were reading. Look at them again before you answer.")


def link_token(asking: Asking) -> str:
    """The secret of a link: made anew for each mail, kept nowhere."""
    return token(PURPOSE, asking.id, asking.salt)


def ask(actor: Person | None, commitment: Commitment, contact: Contact | None = None) -> Asking:
    """Ask a contact to confirm the words that hold; without one, the first who was not asked yet, else the first. The
    link before opens nothing from now on. The caller holds the commitment. Raises NotPossible, NobodyToAsk, TooMany.
    """
    if commitment.state not in ASKED_IN:
        raise NotPossible
    chosen = contact or _next(commitment) or _first(commitment)
    if chosen is None or chosen.email is None:
        raise NobodyToAsk
    asking = _open(commitment, chosen)
    if commitment.state is not State.AWAITING_MAKER:
        move(commitment, State.AWAITING_MAKER, actor=actor)
    deed(commitment, "asked", actor=actor, hidden=True, contact=chosen.id)
    promise("commitments.asked", asking_id=asking.id)
    return asking


def question(actor: Person, commitment: Commitment, text: str) -> Note:
    """Ask the maker something before the wording is verified: it stands in the thread, and a new link goes out. The
    caller holds the commitment. Raises NotPossible, NobodyToAsk, TooMany.
    """
    chosen = speaker_of(commitment)
    if chosen is None or chosen.email is None:
        raise NobodyToAsk
    if commitment.state not in QUESTIONED_IN:
        raise NotPossible
    note = Note(commitment_id=commitment.id, author_id=actor.id, to_maker=True, text=text)
    db.session.add(note)
    asking = _open(commitment, chosen)
    if commitment.state is not State.CLARIFICATION:
        move(commitment, State.CLARIFICATION, actor=actor)
    deed(commitment, "questioned", actor=actor, hidden=True)
    promise("commitments.questioned", asking_id=asking.id)
    return note


def is_open(found: Behind, moment: datetime) -> bool:
    """Whether a link still takes an answer."""
    return (
        found.asking.closed_at is None
        and moment < found.asking.until
        and found.commitment.state in {State.AWAITING_MAKER, State.CLARIFICATION}
    )


def confirm(secret: str, *, seen: int, text: str = "") -> Commitment:
    """These are our words. ``seen``: the version that the page showed; ``text``: what the maker adds.

    Raises LinkClosed, Changed.
    """
    found = _held(secret, seen)
    _close(found.asking, Answer.CONFIRMED)
    _note(found.commitment, text)
    _confirmed(found.commitment)
    deed(found.commitment, "confirmed_by_maker", actor=None, number=seen)
    return found.commitment


def correct(secret: str, words: Words, *, seen: int, reason: str) -> Commitment:
    """These were not quite our words. They are kept as a new version, which the maker has confirmed; the secretariat
    looks at what was changed. Raises LinkClosed, Changed, and what ``amend`` raises.
    """
    found = _held(secret, seen)
    commitment = found.commitment
    amend(None, commitment, words, reason=reason, by_maker=True)
    _close(found.asking, Answer.CORRECTED)
    _confirmed(commitment)
    if commitment.state is State.AWAITING_MAKER:
        move(commitment, State.CLARIFICATION, actor=None)
    return commitment


def refuse(secret: str) -> Commitment:
    """Not me: the mailbox is forgotten, and the next one is asked. Where there is none the record lapses. Raises
    LinkClosed.
    """
    found = queries.behind(secret, lock=True)
    if found is None or found.asking.closed_at is not None:
        raise LinkClosed
    _close(found.asking, Answer.NOT_ME)
    found.contact.email, found.contact.name, found.contact.refused_at = None, "", now()
    deed(found.commitment, "refused", actor=None, hidden=True)
    _go_on(found.commitment)
    return found.commitment


def forget(actor: Person, commitment: Commitment, contact: Contact) -> Contact:
    """A mailbox speaks for the maker no more, perhaps since it was mistyped: it is forgotten, its link opens nothing,
    and the next one is asked where an answer was awaited. The caller holds the commitment. Raises NotPossible.
    """
    if contact.email is None:
        raise NotPossible
    asking = queries.open_asking(commitment)
    contact.email, contact.name = None, ""
    deed(commitment, "contact_forgotten", actor=actor, hidden=True)
    if asking is not None and asking.contact_id == contact.id:
        _close(asking, Answer.EXPIRED)
        _go_on(commitment)
    return contact


def follow_links(moment: datetime, limit: int = 200) -> int:
    """Remind of links that end soon, and go on where one has ended: the next mailbox, or the record lapses. How many.
    Safe to repeat: what was done is not due any more.
    """
    due = (
        select(Asking.commitment_id)
        .where(
            Asking.closed_at.is_(None),
            (Asking.until <= moment) | (Asking.reminded_at.is_(None) & (Asking.until - REMINDED_BEFORE <= moment)),
        )
        .order_by(Asking.until, Asking.commitment_id)
        .limit(limit)
    )
    done = 0
    for commitment_id in db.session.scalars(due).all():
        commitment = queries.record(commitment_id, lock=True)
        asking = queries.open_asking(commitment)
        if asking is None:
            continue
        if asking.until <= moment:
            _close(asking, Answer.EXPIRED)
            deed(commitment, "not_answered", actor=None, hidden=True)
            _go_on(commitment)
        elif asking.reminded_at is None:
            asking.reminded_at = moment
            promise("commitments.reminded", asking_id=asking.id)
        done += 1
    db.session.flush()
    return done


def _held(secret: str, seen: int) -> Behind:
    """What stands behind an open link, locked. Raises LinkClosed, Changed."""
    found = queries.behind(secret, lock=True)
    if found is None or not is_open(found, now()):
        raise LinkClosed
    if seen != found.commitment.newest:
        raise Changed
    return found


def _confirmed(commitment: Commitment) -> None:
    commitment.confirmed, commitment.confirmed_at = commitment.newest, now()
    db.session.flush()


def _note(commitment: Commitment, text: str) -> None:
    if text:
        db.session.add(Note(commitment_id=commitment.id, by_maker=True, text=text))


def _open(commitment: Commitment, contact: Contact) -> Asking:
    count("commitments.asked", str(contact.email), **TO_ONE)
    before = queries.open_asking(commitment)
    if before is not None:
        _close(before, Answer.REPLACED)
    moment = now()
    asking = Asking(
        id=uuid.uuid4(),
        commitment_id=commitment.id,
        contact_id=contact.id,
        number=commitment.newest,
        salt=new_salt(),
        asked_at=moment,
        until=moment + TO_CONFIRM,
    )
    asking.token_hash = digest(link_token(asking))
    db.session.add(asking)
    db.session.flush()
    return asking


def _close(asking: Asking, answer: Answer) -> None:
    asking.answer, asking.closed_at = answer, now()
    db.session.flush()


def _go_on(commitment: Commitment) -> None:
    """Nobody has answered for the maker: the next mailbox, else the record lapses. A question waits for staff."""
    if commitment.state is not State.AWAITING_MAKER:
        return
    if (after := _next(commitment)) is not None:
        ask(None, commitment, after)
    else:
        move(commitment, State.LAPSED, actor=None)


def _next(commitment: Commitment) -> Contact | None:
    """The first contact to whom no link about the present words went."""
    asked = {one.contact_id for one in queries.askings_of(commitment)}
    return next((one for one in commitment.contacts if one.email and one.id not in asked), None)


def _first(commitment: Commitment) -> Contact | None:
    return next((one for one in commitment.contacts if one.email), None)
