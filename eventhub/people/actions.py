"""What persons and administrators do: sign in, tell about themselves, consent, leave, give and take roles."""

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, or_, select, update

from eventhub.kit import audit, mail, outbox, sealed
from eventhub.kit.audit import AuditEntry, AuditText
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.erasures import note_erasure, read_erasures
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.mailboxes import mailbox_digest
from eventhub.kit.outbox import Promise, promise
from eventhub.kit.revisions import bump
from eventhub.kit.tokens import digest, new_salt, token
from eventhub.kit.web import absolute
from eventhub.people import passkeys, queries, roles, sign_in, totp
from eventhub.people.access import holds
from eventhub.people.models import (
    Affiliation,
    Channel,
    Consent,
    EmailChange,
    KeptPost,
    Passkey,
    Person,
    Role,
    RoleGrant,
    RoleOffer,
    SecondFactorReset,
    SignInRequest,
    WebSession,
)
from eventhub.people.sessions import revoke_other_sessions

EMAIL_CHANGE = timedelta(hours=24)
OLD, NEW = "old-address", "new-address"


class AddressTaken(DomainError):
    """Said only to somebody who holds both mailboxes."""

    message = _l("This address already belongs to another account. Write to us if both are yours.")


class SameAddress(DomainError):
    """The new address is the one that is kept already."""

    status = 422
    message = _l("This is your address already.")
    field = "email"


class LinkDead(DomainError):
    """The link was used, is too old, or was never one of ours."""

    status = 410
    message = _l("This link is no longer valid")


class SecondFactorNeeded(DomainError):
    """Staff prove themselves before they change how they prove themselves."""

    status = 403
    message = _l("Sign in with your second factor first.")


@dataclass(frozen=True)
class Details:
    """What a person tells about themselves on the profile page. Codes as in the code lists; empty is None."""

    name: str
    name_latin: str | None
    alias: str | None
    phone: str | None
    nationality: str | None
    residence: str | None
    language: str
    time_zone: str


# Signing in


def request_sign_in(
    email: str, language: str, *, browser: str | None = None, next_url: str | None = None, known_by: str = ""
) -> SignInRequest:
    """Owe a mail with a link and a code to a clean address, known or not. Promised above the ceiling too, where the
    task then sends nothing: nobody can tell by the time it takes.
    """
    row = sign_in.open_request(email, language, browser=browser, next_url=next_url, known_by=known_by)
    promise("people.sign_in", sign_in_id=row.id)
    return row


def one_time_link(person: Person) -> str:
    """A sign-in link handed over by hand, without a mail; it replaces any other open one of this person."""
    if person.email is None:
        raise NotFound
    row = sign_in.open_request(person.email, person.language)
    return absolute("people.sign_in_link", lang=row.language, token=sign_in.link_token(row))


def find_or_make_person(email: str, language: str = "en") -> Person:
    """The person with a clean address (kit.text.ascii_email), made now where there is none."""
    return sign_in.find_or_make(email, language)


# About oneself


def update_profile(actor: Person, details: Details) -> Person:
    """Keep what a person tells about themselves."""
    before = actor.public_name
    for name in Details.__dataclass_fields__:
        setattr(actor, name, getattr(details, name))
    if actor.public_name != before:
        _visibility_changed(actor)
    return actor


def choose_alias(actor: Person, alias: str) -> Person:
    """The public name alone, for somebody who has no time for the whole profile."""
    if actor.alias != alias:
        actor.alias = alias
        _visibility_changed(actor)
    return actor


def set_discreet(actor: Person, discreet: bool) -> Person:
    """Switch discreet mode on or off."""
    if actor.discreet != discreet:
        actor.discreet = discreet
        _visibility_changed(actor)
    return actor


def hide_now(actor: Person) -> Person:
    """Discreet mode on and every consent withdrawn, in one press."""
    actor.discreet = True
    _note_consents(actor, dict.fromkeys(Channel, False), None)
    _visibility_changed(actor)
    return actor


def set_consents(actor: Person, answers: Mapping[Channel, bool], *, event_id: uuid.UUID | None = None) -> Person:
    """Note each answer that differs from the one before, with its date.

    A no for all events also takes back every yes given for one event.
    """
    if _note_consents(actor, answers, event_id):
        _visibility_changed(actor)
    return actor


def _note_consents(actor: Person, answers: Mapping[Channel, bool], event_id: uuid.UUID | None) -> bool:
    # One after the other: a yes that is on its way while somebody hides is seen, and taken back, by whoever is later.
    db.session.execute(select(Person.id).where(Person.id == actor.id).with_for_update(key_share=True))
    moment, changed = now(), False
    given = {channel: actor.id in queries.consenting([actor.id], channel, event_id) for channel in answers}
    for channel, answer in answers.items():
        events = [event_id] if given[channel] != answer else []
        if not answer and event_id is None:
            events += queries.events_consented(actor.id, channel)
        for event in events:
            changed = True
            db.session.add(Consent(person_id=actor.id, channel=channel, event_id=event, given=answer, at=moment))
    db.session.flush()
    return changed


def revoke_session(actor: Person, session_id: uuid.UUID) -> WebSession:
    """Sign one of one's own browsers out, at once. Raises NotFound."""
    row = db.session.scalar(
        select(WebSession).where(
            WebSession.id == session_id, WebSession.person_id == actor.id, WebSession.revoked_at.is_(None)
        )
    )
    if row is None:
        raise NotFound
    row.revoked_at = now()
    return row


def request_email_change(actor: Person, new_email: str) -> EmailChange:
    """Ask both addresses whether they agree. Says nothing about who else has the new one. Raises SameAddress."""
    if new_email == actor.email:
        raise SameAddress
    moment = now()
    _end_email_changes(actor)
    row = EmailChange(
        id=uuid.uuid4(),
        person_id=actor.id,
        new_email=new_email,
        salt=new_salt(),
        created_at=moment,
        until=moment + EMAIL_CHANGE,
    )
    row.old_hash, row.new_hash = (digest(email_change_token(row, side)) for side in (OLD, NEW))
    db.session.add(row)
    db.session.flush()
    promise("people.email_change_old", change_id=row.id)
    promise("people.email_change_new", change_id=row.id)
    return row


def email_change_token(row: EmailChange, side: str) -> str:
    """The secret of one of the two links."""
    return token(f"email-change:{side}", row.id, row.salt)


def open_email_change(secret: str, *, lock: bool = False) -> tuple[EmailChange, str]:
    """The change behind a link and which side it asks. Raises LinkDead."""
    known = digest(secret)
    found = select(EmailChange).where(
        or_(EmailChange.old_hash == known, EmailChange.new_hash == known),
        EmailChange.done_at.is_(None),
        EmailChange.until > now(),
    )
    row = db.session.scalar(found.with_for_update() if lock else found)
    if row is None:
        raise LinkDead
    return row, OLD if row.old_hash == known else NEW


def agree_to_email_change(secret: str) -> EmailChange:
    """One side agrees; with the other one the address changes and every session ends. Raises LinkDead, AddressTaken."""
    row, side = open_email_change(secret, lock=True)
    moment = now()
    if side == OLD:
        row.old_agreed_at = row.old_agreed_at or moment
    else:
        row.new_agreed_at = row.new_agreed_at or moment
    if row.old_agreed_at and row.new_agreed_at:
        _change_email(db.session.get_one(Person, row.person_id), row)
    return row


def _end_email_changes(person: Person) -> None:
    mine = update(EmailChange).where(EmailChange.person_id == person.id, EmailChange.done_at.is_(None))
    db.session.execute(mine.values(until=now()))


def _change_email(person: Person, row: EmailChange) -> None:
    if queries.person_by_email(row.new_email) not in {None, person}:
        raise AddressTaken
    sign_in.close_requests(person.email or "", row.new_email)
    # What was offered to this person stays this person's, whoever has the old mailbox from now on.
    mine = update(RoleOffer).where(RoleOffer.email == person.email, RoleOffer.closed_at.is_(None))
    db.session.execute(mine.where(RoleOffer.belongs_to_id.is_(None)).values(belongs_to_id=person.id))
    row.old_mailbox = mailbox_digest(person.email) if person.email else None
    person.email, row.done_at = row.new_email, now()
    revoke_other_sessions(person, keep=None)
    audit.record("person.email_changed", person, actor=person)
    promise("people.address_changed", person_id=person.id)
    db.session.flush()


# The second factor


def begin_second_factor(actor: Person, session: WebSession, typed: str = "") -> Person:
    """Make a secret for the app on the phone, for this session alone; it counts once confirmed.

    ``typed``: the code by which the role was accepted, where that was in another session
    (``roles.asks_for_offer_code``). Raises WrongOfferCode. The caller counts the tries.
    """
    if roles.asks_for_offer_code(actor, session):
        roles.judge_offer_code(actor, typed)
    totp.begin(actor, session)
    return actor


def give_second_factor(actor: Person, session: WebSession, typed: str) -> bool:
    """Judge a code of the app or a recovery code; when it is right the session is whole. Never raises, so that a wrong
    try stays counted.
    """
    plain = "".join(sign for sign in typed if sign.isalnum())
    if totp.pending_of(session) is not None:
        return _confirm_second_factor(actor, session, plain)
    if plain.isdecimal() and totp.try_code(actor, sign_in.plain_digits(plain)):
        way = "app"
    elif not plain.isdecimal() and totp.try_recovery_code(actor, plain):
        way = "recovery_code"
    else:
        audit.record("person.second_factor_refused", actor, actor=actor)
        return False
    session.second_factor_at, session.is_half = now(), False
    audit.record("person.second_factor_given", actor, actor=actor, way=way)
    return True


def gives_passkey(actor: Person, session: WebSession, passkey: Passkey) -> bool:
    """A passkey that was recognised stands for the second factor, and the session is whole: where one is confirmed and
    a session that had given it made the passkey. Whether it does.
    """
    if not passkey.is_second_factor or totp.factor_of(actor) is None:
        return False
    session.second_factor_at, session.is_half = now(), False
    audit.record("person.second_factor_given", actor, actor=actor, way="passkey")
    return True


def _confirm_second_factor(actor: Person, session: WebSession, plain: str) -> bool:
    had_one = totp.factor_of(actor) is not None
    factor = totp.confirm(actor, session, sign_in.plain_digits(plain)) if plain.isdecimal() else None
    if factor is None:
        audit.record("person.second_factor_refused", actor, actor=actor)
        return False
    # Somebody's own wish (second_step.py). What was begun by the mailbox alone ends: sessions, changes of address.
    by_wish = not actor.asks_second_step and not queries.grants_of(actor.id)
    if by_wish:
        actor.asks_second_step = True
        _end_email_changes(actor)
    if by_wish or not had_one:
        passkeys.lower(actor.id)
        promise("people.second_factor_set_up", person_id=actor.id)
    if by_wish or had_one:
        # Whoever came in meanwhile with the old phone, or by the mailbox.
        revoke_other_sessions(actor, keep=session.id)
    session.second_factor_at, session.is_half = factor.confirmed_at, False
    audit.record("person.second_factor_given", actor, actor=actor, way="set_up")
    return True


def keep_recovery_codes(actor: Person) -> Person:
    """The person has written the codes down: they are not shown again."""
    factor = totp.factor_of(actor, lock=True)
    if factor is not None:
        factor.codes_kept_at = now()
    return actor


def renew_second_factor(actor: Person, session: WebSession) -> Person:
    """A new phone: a new set-up, which this session alone can end, and at once; the person is told by mail. The old
    secret and codes count until then, so that nobody else can set up a phone meanwhile. The caller has judged a code
    (``gives_fresh_code``). Raises SecondFactorNeeded.
    """
    if session.second_factor_at is None:
        raise SecondFactorNeeded
    totp.begin(actor, session, anew=True)
    revoke_other_sessions(actor, keep=session.id)
    session.second_factor_at, session.is_half = None, True
    audit.record("person.second_factor_renewed", actor, actor=actor)
    promise("people.second_factor_renewed", person_id=actor.id)
    return actor


def keep_second_factor(actor: Person, session: WebSession) -> bool:
    """The new phone is given up: this session forgets what it began and stays half a session, until a code of the old
    phone makes it whole. Whether there was something to give up.
    """
    kept = totp.give_up(actor, session)
    if kept:
        audit.record("person.second_factor_kept", actor, actor=actor)
    return kept


def gives_fresh_code(actor: Person, typed: str, *, recovery: bool = False) -> bool:
    """Judge a code of the actor's own app, asked once more for one grave deed: a page left open at an unlocked computer
    is not enough. ``recovery``: one of the codes on paper will do, where the phone may be lost. Never raises, so that a
    wrong try stays counted.
    """
    factor = totp.factor_of(actor)
    plain = "".join(sign for sign in typed if sign.isalnum())
    if factor is not None:
        if plain.isdecimal() and totp.try_code(actor, sign_in.plain_digits(plain)):
            return True
        if recovery and not plain.isdecimal() and totp.try_recovery_code(actor, plain):
            return True
    audit.record("person.second_factor_refused", actor, actor=actor)
    return False


# Work that was given up


def retry_promise(actor: Person, promise_id: int) -> Promise:
    """Let parked work be tried again. Raises NotFound for anybody but an administrator of everything."""
    if not holds(queries.grants_of(actor.id), Role.ADMIN):
        raise NotFound
    row = db.session.get(Promise, promise_id, with_for_update=True)
    if row is None or row.parked_at is None:
        raise NotFound
    outbox.retry(row)
    audit.record("promise.retried", "promise", actor=actor, promise=promise_id, task=row.task)
    return row


# One's own data


def note_data_copy(actor: Person, session: WebSession) -> AuditEntry:
    """A copy of everything is taken, the sealed answers opened: written down, so that the person sees when somebody
    else did it in her name.
    """
    return audit.record("person.data_copied", actor, actor=actor, session=session.id)


def note_copy_handed_over(actor: Person, person: Person, reason: str) -> AuditEntry:
    """An administrator saves the copy for somebody who has no account. Raises NotFound for anybody else."""
    if not holds(queries.grants_of(actor.id), Role.ADMIN):
        raise NotFound
    return audit.record("person.data_copied", person, actor=actor, text=reason)


# Leaving

LEAVING: list[Callable[[Person, Collection[str]], None]] = []
"""Features further up that keep mailboxes which somebody else named: they forget those of a person who is erased, while
the addresses are still known.
"""


def erase(actor: Person | None, person: Person, reason: str | None = None) -> Person:
    """Erase a person (SAFETY.md property 17): the key, the words, the ways in. Rows that others need stay, nameless.

    Other features erase theirs when the promise ``people.erased`` is kept. Raises LastAdmin, and NotFound for anybody
    but the person or an administrator of everything. Of administrators who leave at once the last one stays.
    ``reason``: what somebody else says who does it; it stays in the record.
    """
    admins = queries.admins_of_all(lock=True)
    if actor is not None and actor.id not in {person.id} | admins:
        raise NotFound
    if admins == {person.id}:
        raise roles.LastAdmin
    _erase(actor, person, reason)
    note_erasure(person.id)
    return person


def replay_erasures(lines: Iterable[str]) -> int:
    """After a restore: erase again whoever the file names and the backup brought back; how many."""
    count = 0
    for person_id in sorted(read_erasures(lines)):
        person = db.session.get(Person, person_id)
        if person is not None and person.erased_at is None:
            _erase(None, person)
            note_erasure(person_id)
            count += 1
    return count


def _erase(actor: Person | None, person: Person, reason: str | None = None) -> None:
    moment = now()
    mine = or_(SignInRequest.person_id == person.id, SignInRequest.email == person.email)
    former = db.session.scalars(delete(SignInRequest).where(mine).returning(SignInRequest.email))
    changed = db.session.scalars(select(EmailChange.new_email).where(EmailChange.person_id == person.id))
    addresses = {address for address in (person.email, *former, *changed) if address}
    mail.forget(addresses)
    for forget in LEAVING:
        forget(person, addresses)
    theirs = or_(RoleOffer.offered_by_id == person.id, RoleOffer.belongs_to_id == person.id)
    db.session.execute(delete(RoleOffer).where(or_(theirs, RoleOffer.email.in_(addresses))))
    sealed.destroy(db.session.get_one(sealed.SealKey, person.seal_key_id))
    totp.drop(person)
    passkeys.drop_all(person.id)
    for table in (EmailChange, KeptPost, Affiliation, SecondFactorReset):
        db.session.execute(delete(table).where(table.person_id == person.id))
    about = select(AuditEntry.id).where(
        or_(
            AuditEntry.actor_id == person.id,
            (AuditEntry.subject_kind == "person") & (AuditEntry.subject_id == person.id),
        )
    )
    db.session.execute(delete(AuditText).where(AuditText.entry_id.in_(about)))
    _note_consents(person, dict.fromkeys(Channel, False), None)
    db.session.execute(
        update(RoleGrant)
        .where(RoleGrant.person_id == person.id, RoleGrant.revoked_at.is_(None))
        .values(revoked_at=moment)
    )
    db.session.execute(
        update(WebSession)
        .where(WebSession.person_id == person.id)
        .values(revoked_at=func.coalesce(WebSession.revoked_at, moment), browser="")
    )
    blank: dict[str, Any] = dict.fromkeys(
        ("name_latin", "alias", "email", "phone", "nationality", "residence", "managed_by_id")
    )
    for name, value in (blank | {"name": "", "language": "en", "time_zone": "UTC", "discreet": False}).items():
        setattr(person, name, value)
    person.erased_at = moment
    audit.record("person.erased", person, actor=actor, text=reason)
    promise("people.erased", person_id=person.id)
    bump("programme")
    bump("people")
    db.session.flush()


def _visibility_changed(person: Person) -> None:
    bump("programme")
    bump("people")
    promise("people.visibility_changed", person_id=person.id)
