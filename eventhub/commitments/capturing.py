"""What is said in the room, written down at once; undone, put right, and described afterwards."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from eventhub.commitments import phones, queries
from eventhub.commitments.models import (
    UNSETTLED,
    Asking,
    Commitment,
    Contact,
    Indicator,
    Maker,
    Milestone,
    Recommendation,
    State,
    Translation,
    Version,
)
from eventhub.commitments.moves import NotPossible, deed, demand_distance, move
from eventhub.commitments.telling import News, tell
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound, Stale
from eventhub.people.affiliations import meant_by
from eventhub.people.models import Organisation, Person
from eventhub.programme.models import Event, Session

UNDO = timedelta(hours=24)
"""So long what was captured can be taken back without a trace on the list."""
SHIFT = timedelta(hours=12)
"""Today's list goes back so far at least: a session may run past midnight."""
CONTACTS = 5
"""So many mailboxes speak for one commitment at the most."""


class DaysWrong(DomainError):
    """It would end before it begins."""

    status = 422
    message = _l("The last day is before the first one")
    field = "due_on"


class ReasonNeeded(DomainError):
    """Words that others have seen are changed."""

    status = 422
    message = _l("Say why: everybody reads the reason beside the change")
    field = "reason"


class NothingChanged(DomainError):
    """A new version would say the same."""

    status = 422
    message = _l("Nothing is different from the words before")
    field = "wording"


class NotUndone(DomainError):
    """A draft that was sent, or is a day old, is withdrawn and not undone."""

    message = _l("This cannot be undone any more. Withdraw it instead.")


class KnownContact(DomainError):
    """The mailbox speaks for it already."""

    status = 422
    message = _l("This mailbox is on the list already")
    field = "email"


class TooManyContacts(DomainError):
    """The list of mailboxes is full."""

    status = 422
    message = _l("Five mailboxes are enough. Remove one of them first.")
    field = "email"


@dataclass(frozen=True)
class Words:
    """What a version says."""

    wording: str
    title: str = ""
    start_on: date | None = None
    due_on: date | None = None
    amount: Decimal | None = None
    currency: str | None = None
    beneficiaries: str = ""


@dataclass(frozen=True)
class MadeBy:
    """A maker as it was typed."""

    name: str
    kind: str
    country: str | None = None


@dataclass(frozen=True)
class Step:
    """A milestone as it was typed."""

    text: str
    due_on: date | None = None
    done_on: date | None = None


@dataclass(frozen=True)
class Described:
    """What the record says beside the words: the makers (the first one leads), what it is about and how it is seen."""

    makers: Sequence[MadeBy]
    kind: str | None = None
    speaker: str = ""
    themes: Sequence[str] = ()
    groups: Sequence[str] = ()
    sdgs: Sequence[str] = ()
    countries: Sequence[str] = ()
    recommendations: Sequence[tuple[str, str]] = ()
    indicators: Sequence[tuple[str, Decimal | None, Decimal | None]] = ()
    milestones: Sequence[Step] = ()


def capture(
    actor: Person,
    event: Event,
    *,
    session: Session | None,
    made_by: MadeBy,
    words: Words,
    language: str,
    speaker: str = "",
    email: str | None = None,
) -> Commitment:
    """Write down what was just said. Raises DaysWrong, NotFound for a session of another event."""
    if session is not None and session.event_id != event.id:
        raise NotFound
    moment = now()
    commitment = Commitment(
        id=uuid.uuid4(),
        event_id=event.id,
        session_id=session.id if session else None,
        language=language,
        said_at=moment,
        captured_at=moment,
        speaker=speaker,
        captured_by_id=actor.id,
        countries=[made_by.country] if made_by.country else [],
    )
    db.session.add(commitment)
    db.session.flush()
    version = _version(commitment, 1, words, actor=actor)
    makers = _made(commitment, [made_by])
    if email:
        db.session.add(Contact(commitment_id=commitment.id, position=1, email=email, language=language))
    commitment.plain = queries.searched(version, makers)
    deed(commitment, "captured", actor=actor)
    return commitment


def undo(actor: Person, commitment: Commitment) -> Commitment:
    """Take back what was captured: it leaves nothing but the audit. The caller holds it. Raises NotUndone."""
    asked = db.session.scalar(select(select(Asking.id).where(Asking.commitment_id == commitment.id).exists()))
    if commitment.state is not State.DRAFT or asked or now() - commitment.captured_at > UNDO:
        raise NotUndone
    audit.record("commitments.undone", commitment, actor=actor, scope_id=commitment.event_id)
    db.session.execute(delete(Commitment).where(Commitment.id == commitment.id))
    db.session.expunge(commitment)
    return commitment


def amend(
    actor: Person | None,
    commitment: Commitment,
    words: Words,
    *,
    reason: str = "",
    by_maker: bool = False,
    seen: int | None = None,
    knew: bool = True,
) -> Version:
    """The words are others from now on; the former ones stay as they were. The caller holds it.

    ``seen``: the version that the page showed; ``knew``: it showed that the maker has confirmed it. Where the maker was
    waited for and nobody is asked any more, the new words are to be clarified. Raises DaysWrong, ReasonNeeded where
    others have read the words before, NothingChanged, NotPossible, Stale, and OwnMaker once it was published.
    """
    if seen is not None and (seen != commitment.newest or (commitment.confirmed == seen and not knew)):
        raise Stale
    if commitment.state not in UNSETTLED | {State.PUBLISHED, State.HELD}:
        raise NotPossible
    if actor is not None and commitment.published_at is not None:
        demand_distance(actor, commitment)
    before = commitment.words
    if words == words_of(before):
        raise NothingChanged
    if commitment.state is not State.DRAFT and not by_maker and not reason:
        raise ReasonNeeded
    told = "" if commitment.state is State.DRAFT else reason
    version = _version(commitment, commitment.newest + 1, words, actor=actor, reason=told, by_maker=by_maker)
    commitment.newest = version.number
    commitment.plain = queries.searched(version, commitment.makers)
    deed(commitment, "amended", actor=actor, number=version.number, by_maker=by_maker)
    if not by_maker and commitment.state is State.AWAITING_MAKER and queries.open_asking(commitment) is None:
        move(commitment, State.CLARIFICATION, actor=actor)
    db.session.refresh(commitment, ["words", "versions"])
    if not by_maker:
        tell(commitment, News.AMENDED)
    return version


def words_of(version: Version) -> Words:
    """A version as it was typed."""
    return Words(
        version.wording,
        version.title,
        version.start_on,
        version.due_on,
        version.amount,
        version.currency,
        version.beneficiaries,
    )


def describe(actor: Person, commitment: Commitment, said: Described, *, seen: int | None = None) -> Commitment:
    """What the record says beside the words. The caller holds it. ``seen``: the lock that the page showed. Milestones
    keep their places. Raises Stale, NotPossible when it is over, OwnMaker: whoever is near to a maker lets none go,
    and once it was published changes nothing.
    """
    if seen is not None and seen != commitment.lock:
        raise Stale
    if commitment.state in {State.WITHDRAWN, State.SUPERSEDED}:
        raise NotPossible
    before = [(one.name, one.kind) for one in commitment.makers]
    gone = {one.name for one in commitment.makers} - {one.name for one in said.makers}
    if commitment.published_at is not None or gone:
        demand_distance(actor, commitment)
    commitment.kind, commitment.speaker = said.kind, said.speaker
    commitment.themes, commitment.groups = list(said.themes), list(said.groups)
    commitment.sdgs, commitment.countries = list(said.sdgs), list(said.countries)
    for table in (Maker, Recommendation, Indicator):
        db.session.execute(delete(table).where(table.commitment_id == commitment.id))
    makers = _made(commitment, said.makers)
    for place, (symbol, paragraph) in enumerate(said.recommendations, 1):
        db.session.add(Recommendation(commitment_id=commitment.id, position=place, symbol=symbol, paragraph=paragraph))
    for place, (name, baseline, target) in enumerate(said.indicators, 1):
        db.session.add(
            Indicator(commitment_id=commitment.id, position=place, name=name, baseline=baseline, target=target)
        )
    _steps(commitment, said.milestones)
    commitment.plain = queries.searched(commitment.words, makers)
    deed(commitment, "described", actor=actor)
    db.session.refresh(commitment, ["makers", "recommendations", "indicators", "milestones"])
    if [(one.name, one.kind) for one in commitment.makers] != before:
        tell(commitment, News.MAKERS)
    return commitment


def translate(actor: Person, commitment: Commitment, language: str, *, wording: str, title: str = "") -> Translation:
    """The words that hold, in another language; renewed where they were translated before. Raises NotFound for their
    own language, OwnMaker once it was published.
    """
    if language == commitment.language:
        raise NotFound
    if commitment.published_at is not None:
        demand_distance(actor, commitment)
    key = (commitment.id, commitment.newest, language)
    row = db.session.get(Translation, key)
    if row is None:
        row = Translation(commitment_id=commitment.id, number=commitment.newest, language=language)
        db.session.add(row)
    row.wording, row.title, row.translated_at = wording, title, now()
    deed(commitment, "translated", actor=actor, language=language)
    return row


def add_contact(
    actor: Person, commitment: Commitment, email: str, *, name: str, language: str, phone: str = ""
) -> Contact:
    """One more mailbox that speaks for the maker, asked after those before it; a ``phone`` of one that is known is kept
    beside it. Raises KnownContact, TooManyContacts.
    """
    known = next((one for one in commitment.contacts if one.email == email), None)
    if known is not None and phone:
        phones.keep(known, phone)
        deed(commitment, "contact_phone_kept", actor=actor, hidden=True)
        return known
    if known is not None:
        raise KnownContact
    standing = [one for one in commitment.contacts if one.email]
    if len(standing) >= CONTACTS:
        raise TooManyContacts
    place = max((one.position for one in commitment.contacts), default=0) + 1
    contact = Contact(
        id=uuid.uuid4(), commitment_id=commitment.id, position=place, email=email, name=name, language=language
    )
    db.session.add(contact)
    deed(commitment, "contact_added", actor=actor, hidden=True)
    if phone:
        phones.keep(contact, phone)
    db.session.refresh(commitment, ["contacts"])
    return contact


def _version(
    commitment: Commitment,
    number: int,
    words: Words,
    *,
    actor: Person | None,
    reason: str = "",
    by_maker: bool = False,
) -> Version:
    if words.start_on and words.due_on and words.due_on < words.start_on:
        raise DaysWrong
    version = Version(
        commitment_id=commitment.id,
        number=number,
        reason=reason,
        by_maker=by_maker,
        written_by_id=actor.id if actor else None,
        **vars(replace(words)),
    )
    db.session.add(version)
    db.session.flush()
    return version


def _steps(commitment: Commitment, steps: Sequence[Step]) -> None:
    """The rows that stand are changed in place, since others may point to them."""
    standing = list(commitment.milestones)
    for row in standing[len(steps) :]:
        db.session.delete(row)
    for row, step in zip(standing, steps, strict=False):
        row.text, row.due_on, row.done_on = step.text, step.due_on, step.done_on
    first = max((row.position for row in standing), default=0) + 1
    for place, step in enumerate(steps[len(standing) :], first):
        db.session.add(Milestone(id=uuid.uuid4(), commitment_id=commitment.id, position=place, **vars(step)))
    db.session.flush()


def _made(commitment: Commitment, makers: Sequence[MadeBy]) -> list[Maker]:
    """The makers, the first one leads. A name that a confirmed organization bears alone is tied to it."""
    rows = []
    for place, one in enumerate(makers, 1):
        known = list(db.session.scalars(select(Organisation.id).where(meant_by(one.name)).limit(2)))
        rows.append(
            Maker(
                id=uuid.uuid4(),
                commitment_id=commitment.id,
                position=place,
                name=one.name,
                kind=one.kind,
                country=one.country,
                organisation_id=known[0] if len(known) == 1 else None,
                is_lead=place == 1,
            )
        )
    db.session.add_all(rows)
    db.session.flush()
    return rows
