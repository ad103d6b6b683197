"""Questions about persons, their roles, consents and sessions."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, LargeBinary, func, null, or_, select, union
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased, contains_eager, selectinload

from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.mailboxes import mailbox_digest
from eventhub.people.models import (
    Affiliation,
    Channel,
    Consent,
    EmailChange,
    Passkey,
    Person,
    Role,
    RoleGrant,
    RoleOffer,
    ScopeKind,
    SecondFactor,
    SecondFactorReset,
    WebSession,
)

LATELY = timedelta(days=7)
"""How long an administrator whose role was taken away still counts as one who must be asked; our default."""


@dataclass(frozen=True)
class ChannelState:
    """What a person says to one channel, and since when; no answer is no."""

    channel: Channel
    given: bool
    since: datetime | None


@dataclass(frozen=True)
class DataCopy:
    """A copy of everything about a person: when it was taken, and in which browser, as far as that is still known."""

    at: datetime
    browser: str


@dataclass(frozen=True)
class AskedReset:
    """A request to clear somebody's second factor, with the public names of both."""

    reset: SecondFactorReset
    name: str
    asked_by: str


def person_by_email(email: str) -> Person | None:
    """The person with a clean address, or None."""
    return db.session.scalar(select(Person).where(Person.email == email))


def public_names(person_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What others see of these persons, without those who have no name any more. One statement, none for nobody."""
    if not person_ids:
        return {}
    name = func.coalesce(func.nullif(Person.alias, ""), Person.name)
    rows = select(Person.id, name).where(Person.id.in_(person_ids), name != "")
    return {row[0]: row[1] for row in db.session.execute(rows)}


def grants_of(person_id: uuid.UUID) -> list[RoleGrant]:
    """The roles a person holds now."""
    mine = select(RoleGrant).where(RoleGrant.person_id == person_id, RoleGrant.revoked_at.is_(None))
    return list(db.session.scalars(mine))


def open_grants() -> list[RoleGrant]:
    """Every role held by anybody, with its person, in the order of public names. One statement."""
    shown = func.coalesce(func.nullif(Person.alias, ""), Person.name)
    rows = (
        select(RoleGrant)
        .join(RoleGrant.person)
        .options(contains_eager(RoleGrant.person))
        .where(RoleGrant.revoked_at.is_(None))
        .order_by(shown, Person.email, RoleGrant.granted_at)
    )
    return list(db.session.scalars(rows))


def open_grant(grant_id: uuid.UUID) -> RoleGrant:
    """One role that is held. Raises NotFound."""
    found = db.session.scalar(
        select(RoleGrant)
        .join(RoleGrant.person)
        .options(contains_eager(RoleGrant.person))
        .where(RoleGrant.id == grant_id, RoleGrant.revoked_at.is_(None))
    )
    if found is None:
        raise NotFound
    return found


def is_held(email: str, role: Role, scope_kind: ScopeKind, scope_id: uuid.UUID | None) -> bool:
    """Whether somebody with this address holds exactly this role there."""
    held = (
        select(RoleGrant.id)
        .join(RoleGrant.person)
        .where(
            Person.email == email,
            RoleGrant.role == role,
            RoleGrant.scope_kind == scope_kind,
            RoleGrant.scope_id.is_not_distinct_from(scope_id),
            RoleGrant.revoked_at.is_(None),
        )
    )
    return db.session.scalar(select(held.exists())) or False


def is_offered(email: str, role: Role, scope_kind: ScopeKind, scope_id: uuid.UUID | None) -> bool:
    """Whether exactly this role has been offered to this address and waits for an answer."""
    same = (
        RoleOffer.email == email,
        RoleOffer.role == role,
        RoleOffer.scope_kind == scope_kind,
        RoleOffer.scope_id.is_not_distinct_from(scope_id),
    )
    return db.session.scalar(select(select(RoleOffer.id).where(*same, *_open(now())).exists())) or False


def open_offers() -> list[RoleOffer]:
    """Every offer that waits for an answer, by address. One statement, and no look at who has the address."""
    rows = select(RoleOffer).where(*_open(now())).order_by(RoleOffer.email, RoleOffer.offered_at)
    return list(db.session.scalars(rows))


def open_offer(offer_id: uuid.UUID) -> RoleOffer:
    """One of them, locked. Raises NotFound."""
    found = db.session.scalar(select(RoleOffer).where(RoleOffer.id == offer_id, *_open(now())).with_for_update())
    if found is None:
        raise NotFound
    return found


def own_offers(person: Person) -> list[RoleOffer]:
    """What waits for this person's answer."""
    rows = select(RoleOffer).where(_offered_to(person), *_open(now())).order_by(RoleOffer.offered_at)
    return list(db.session.scalars(rows))


def own_offer(person: Person, offer_id: uuid.UUID, *, lock: bool = False) -> RoleOffer | None:
    """One of them, or None."""
    rows = select(RoleOffer).where(RoleOffer.id == offer_id, _offered_to(person), *_open(now()))
    return db.session.scalar(rows.with_for_update() if lock else rows)


def _offered_to(person: Person) -> ColumnElement[bool]:
    by_address = (RoleOffer.email == person.email) & RoleOffer.belongs_to_id.is_(None)
    return or_(RoleOffer.belongs_to_id == person.id, by_address)


def _open(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    return (RoleOffer.closed_at.is_(None), RoleOffer.until > moment)


def admins_of_all(*, lock: bool = False) -> set[uuid.UUID]:
    """Who may administer everything. With ``lock`` nobody else takes one of these roles away until this is done."""
    rows = select(RoleGrant.person_id).where(
        RoleGrant.role == Role.ADMIN, RoleGrant.scope_kind == ScopeKind.ALL, RoleGrant.revoked_at.is_(None)
    )
    # In one order, so that two who lock at once wait for each other instead of for ever.
    return set(db.session.scalars(rows.order_by(RoleGrant.id).with_for_update() if lock else rows))


def admins_to_ask(*, lock: bool = False) -> set[uuid.UUID]:
    """Who counts when it is asked whether an administrator of everything is alone: those who are, and those who were
    less than seven days ago. Else whoever takes a colleague's role away would be alone at once.
    """
    lately = select(RoleGrant.person_id).where(
        RoleGrant.role == Role.ADMIN,
        RoleGrant.scope_kind == ScopeKind.ALL,
        RoleGrant.revoked_at > now() - LATELY,
    )
    return admins_of_all(lock=lock) | set(db.session.scalars(lately))


def consent_states(person_id: uuid.UUID) -> list[ChannelState]:
    """What a person says for all events, channel by channel."""
    newest = (
        select(Consent)
        .where(Consent.person_id == person_id, Consent.event_id.is_(None))
        .ext(distinct_on(Consent.channel))
        .order_by(Consent.channel, Consent.at.desc())
    )
    said = {row.channel: row for row in db.session.scalars(newest)}
    return [
        ChannelState(channel, said[channel].given, said[channel].at)
        if channel in said
        else ChannelState(channel, False, None)
        for channel in Channel
    ]


def events_consented(person_id: uuid.UUID, channel: Channel) -> list[uuid.UUID]:
    """Events for which a person said yes to a channel, each by a word of its own."""
    newest = (
        select(Consent.event_id, Consent.given)
        .where(Consent.person_id == person_id, Consent.channel == channel, Consent.event_id.is_not(None))
        .ext(distinct_on(Consent.event_id))
        .order_by(Consent.event_id, Consent.at.desc())
    )
    return [row.event_id for row in db.session.execute(newest) if row.given]


def consenting(person_ids: Iterable[uuid.UUID], channel: Channel, event_id: uuid.UUID | None = None) -> set[uuid.UUID]:
    """Who of these said yes to a channel: the newest word counts, for this event or for all. No word is no."""
    about = Consent.event_id.is_(None)
    newest = (
        select(Consent.person_id, Consent.given)
        .where(
            Consent.person_id.in_(list(person_ids)),
            Consent.channel == channel,
            about if event_id is None else about | (Consent.event_id == event_id),
        )
        .ext(distinct_on(Consent.person_id))
        .order_by(Consent.person_id, Consent.at.desc())
    )
    return {row.person_id for row in db.session.execute(newest) if row.given}


def agrees(channel: Channel, event_id: uuid.UUID) -> ColumnElement[bool]:
    """Whether the Person of a statement says yes to a channel for an event, in SQL: the same rule as ``consenting``."""
    newest = (
        select(Consent.given)
        .where(
            Consent.person_id == Person.id,
            Consent.channel == channel,
            Consent.event_id.is_(None) | (Consent.event_id == event_id),
        )
        # Of two words of the same moment the no counts.
        .order_by(Consent.at.desc(), Consent.given)
        .limit(1)
        .correlate(Person)
    )
    return newest.scalar_subquery()


def public_channels(person_id: uuid.UUID) -> set[Channel]:
    """The channels to which a person says yes, for all events or for at least one. One statement."""
    newest = (
        select(Consent.channel, Consent.given)
        .where(Consent.person_id == person_id)
        .ext(distinct_on(Consent.channel, Consent.event_id))
        .order_by(Consent.channel, Consent.event_id, Consent.at.desc(), Consent.given)
    )
    return {row.channel for row in db.session.execute(newest) if row.given}


def taken_back(person_id: uuid.UUID) -> dict[Channel, datetime]:
    """When a person last said no to each channel; a channel to which nobody ever said yes has no such word."""
    rows = (
        select(Consent.channel, func.max(Consent.at))
        .where(Consent.person_id == person_id, Consent.given.is_(False))
        .group_by(Consent.channel)
    )
    return {row[0]: row[1] for row in db.session.execute(rows)}


def consented(person_id: uuid.UUID, event_id: uuid.UUID) -> set[Channel]:
    """The channels to which a person's newest word is yes, said for this event or for all. One statement."""
    newest = (
        select(Consent.channel, Consent.given)
        .where(Consent.person_id == person_id, Consent.event_id.is_(None) | (Consent.event_id == event_id))
        .ext(distinct_on(Consent.channel))
        .order_by(Consent.channel, Consent.at.desc())
    )
    return {row.channel for row in db.session.execute(newest) if row.given}


def consent_history(person_id: uuid.UUID, limit: int = 200) -> list[Consent]:
    """Every word a person said about consent, newest first."""
    rows = select(Consent).where(Consent.person_id == person_id).order_by(Consent.at.desc()).limit(limit)
    return list(db.session.scalars(rows))


def live_session_count(person_id: uuid.UUID) -> int:
    """In how many browsers a person is signed in."""
    live = (WebSession.person_id == person_id, WebSession.revoked_at.is_(None), WebSession.until > now())
    return db.session.scalar(select(func.count()).select_from(WebSession).where(*live)) or 0


def open_email_change(person_id: uuid.UUID) -> EmailChange | None:
    """The change of address that still waits for an answer."""
    return db.session.scalar(
        select(EmailChange)
        .where(EmailChange.person_id == person_id, EmailChange.done_at.is_(None), EmailChange.until > now())
        .order_by(EmailChange.created_at.desc())
        .limit(1)
    )


def mailboxes_of(people: Collection[uuid.UUID]) -> dict[uuid.UUID, set[bytes]]:
    """By what the mailboxes are known again that people have or had (kit/mailboxes.py). One statement."""
    done = EmailChange.done_at.is_not(None), EmailChange.person_id.in_(people)
    rows: CompoundSelect[Any] = union(
        select(Person.id, Person.email, null().cast(LargeBinary)).where(Person.id.in_(people)),
        select(EmailChange.person_id, EmailChange.new_email, EmailChange.old_mailbox).where(*done),
    )
    found: dict[uuid.UUID, set[bytes]] = {one: set() for one in people}
    for person_id, email, former in db.session.execute(rows):
        found[person_id] |= {one for one in (mailbox_digest(email) if email else None, former) if one}
    return found


def _own_columns(person: Person) -> dict[str, Any]:
    """What stands on the person. Whoever was registered at a door left one way to be reached, and it may be an address
    for mail in the place of a telephone number: the copy calls it what it is.
    """
    found = {name: getattr(person, name) for name in OWN_COLUMNS}
    if person.phone and "@" in person.phone:
        found |= {"phone": None, "contact_email": person.phone}
    return found


def own_data(person: Person) -> dict[str, Any]:
    """Everything this feature keeps about a person, in plain values."""
    affiliations = db.session.scalars(
        select(Affiliation).where(Affiliation.person_id == person.id).options(selectinload(Affiliation.organisation))
    )
    grants = db.session.scalars(
        select(RoleGrant).where(RoleGrant.person_id == person.id).order_by(RoleGrant.granted_at)
    )
    sessions = db.session.scalars(
        select(WebSession).where(WebSession.person_id == person.id).order_by(WebSession.created_at)
    )
    passkeys = db.session.scalars(select(Passkey).where(Passkey.person_id == person.id).order_by(Passkey.made_at))
    return {
        "person": _own_columns(person),
        "organizations": [
            {
                "name": row.organisation.name,
                "role": row.role,
                "main": row.is_main,
                "since": row.since,
                "until": row.until,
            }
            for row in affiliations
        ],
        "consents": [
            {"channel": row.channel, "event": row.event_id, "given": row.given, "at": row.at}
            for row in reversed(consent_history(person.id, limit=10_000))
        ],
        "roles": [
            {
                "role": row.role,
                "scope": row.scope_kind,
                "of": row.scope_id,
                "from": row.granted_at,
                "to": row.revoked_at,
            }
            for row in grants
        ],
        "roles_offered": [
            {"role": row.role, "scope": row.scope_kind, "of": row.scope_id, "from": row.offered_at, "until": row.until}
            for row in own_offers(person)
        ],
        "devices": [
            {"browser": row.browser, "from": row.created_at, "last_seen": row.seen_at, "signed_out": row.revoked_at}
            for row in sessions
        ],
        "passkeys": [{"name": row.label, "from": row.made_at, "last_used": row.used_at} for row in passkeys],
        "copies": [{"at": row.at, "browser": row.browser} for row in data_copies(person)],
    }


def data_copies(person: Person) -> list[DataCopy]:
    """When copies of everything about a person were taken, newest first."""
    taken = [entry for entry, _text in audit.history(Person.__tablename__, person.id) if entry.verb == DATA_COPIED]
    rows = select(WebSession).where(WebSession.person_id == person.id)
    browsers = {str(row.id): row.browser for row in db.session.scalars(rows)} if taken else {}
    return [DataCopy(entry.at, browsers.get(str(entry.detail.get("session")), "")) for entry in taken]


def people_with_second_factor(but: uuid.UUID) -> list[Person]:
    """Those who have set one up, in the order of public names, without oneself."""
    shown = func.coalesce(func.nullif(Person.alias, ""), Person.name)
    rows = (
        select(Person)
        .join(SecondFactor, SecondFactor.person_id == Person.id)
        .where(SecondFactor.confirmed_at.is_not(None), Person.erased_at.is_(None), Person.id != but)
        .order_by(shown, Person.email)
    )
    return list(db.session.scalars(rows))


def person_with_second_factor(person_id: uuid.UUID, but: uuid.UUID) -> Person:
    """One of them. Raises NotFound."""
    found = (
        select(Person)
        .join(SecondFactor, SecondFactor.person_id == Person.id)
        .where(SecondFactor.confirmed_at.is_not(None))
    )
    person = db.session.scalar(found.where(Person.id == person_id, Person.id != but, Person.erased_at.is_(None)))
    if person is None:
        raise NotFound
    return person


def person_without_account(person_id: uuid.UUID) -> Person:
    """Somebody who has no page of her own: others erase her data and hand over a copy. Raises NotFound."""
    person = db.session.get(Person, person_id)
    if person is None or person.email is not None or person.erased_at is not None:
        raise NotFound
    return person


def open_resets() -> list[AskedReset]:
    """Requests to clear a second factor that wait for a second administrator, the oldest first."""
    return [AskedReset(*row) for row in db.session.execute(_asked_resets().order_by(SecondFactorReset.asked_at))]


def open_reset(reset_id: uuid.UUID, *, but: uuid.UUID) -> AskedReset:
    """One of them; for everybody but the person concerned. Raises NotFound."""
    mine = (SecondFactorReset.id == reset_id, SecondFactorReset.person_id != but)
    found = db.session.execute(_asked_resets().where(*mine)).first()
    if found is None:
        raise NotFound
    return AskedReset(*found)


def reset_about(person_id: uuid.UUID) -> AskedReset | None:
    """The request about one person, for that person."""
    found = db.session.execute(_asked_resets().where(SecondFactorReset.person_id == person_id)).first()
    return AskedReset(*found) if found else None


def open_reset_of(person_id: uuid.UUID) -> SecondFactorReset | None:
    """The request about one person that is not closed, locked; one that is too old as well."""
    rows = select(SecondFactorReset).where(
        SecondFactorReset.person_id == person_id, SecondFactorReset.closed_at.is_(None)
    )
    return db.session.scalar(rows.with_for_update())


def _asked_resets() -> Any:
    concerned, asker = aliased(Person), aliased(Person)
    return (
        select(
            SecondFactorReset,
            func.coalesce(func.nullif(concerned.alias, ""), func.nullif(concerned.name, ""), concerned.email),
            func.coalesce(func.nullif(asker.alias, ""), func.nullif(asker.name, ""), asker.email),
        )
        .join(concerned, concerned.id == SecondFactorReset.person_id)
        .join(asker, asker.id == SecondFactorReset.asked_by_id)
        .where(SecondFactorReset.closed_at.is_(None), SecondFactorReset.until > now())
    )


DATA_COPIED = "person.data_copied"

OWN_COLUMNS = (
    "id",
    "name",
    "name_latin",
    "alias",
    "email",
    "phone",
    "language",
    "time_zone",
    "nationality",
    "residence",
    "discreet",
    "created_at",
)
